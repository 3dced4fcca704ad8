/** One shape for everything that can go wrong between this page and the server. */
import { en } from '@/i18n/en/ui';
import { type Bilingual, pick } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/ui';

export type FailureKind =
  | 'offline' // nothing came back: network, server down, time-out
  | 'signed-out' // 401
  | 'locked' // 423: the screen is locked on the server
  | 'forbidden' // 403
  | 'missing' // 404
  | 'conflict' // 409, 412: someone else was first
  | 'invalid' // 400, 422: what was sent is wrong
  | 'unavailable' // 429, 503: later
  | 'broken'; // anything else

export class Failure extends Error {
  override readonly name = 'Failure';
  constructor(
    readonly kind: FailureKind,
    /** 0 when there was no answer. */
    readonly status: number,
    /** Stable kebab-case word of the server's errors. */
    readonly code: string,
    readonly text: Bilingual,
    /** To read out on the phone; empty when there was no answer. */
    readonly requestId: string,
    readonly facts: Readonly<Record<string, string | number>> = {},
  ) {
    super(`${code} (${status})`);
  }

  /** The sentence in the reader's language. */
  get sentence(): string {
    return pick(this.text);
  }

  /** Worth trying the same thing again. */
  get retryable(): boolean {
    return this.kind === 'offline' || this.kind === 'unavailable' || this.kind === 'broken';
  }
}

function own(key: keyof typeof zh.failure): Bilingual {
  return { zh: zh.failure[key], en: en.failure[key] };
}

const KINDS: Readonly<Record<number, FailureKind>> = {
  400: 'invalid',
  401: 'signed-out',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  412: 'conflict',
  413: 'invalid',
  415: 'invalid',
  422: 'invalid',
  423: 'locked',
  429: 'unavailable',
  502: 'offline',
  503: 'unavailable',
  504: 'offline',
};

const OWN_WORDS: Readonly<Record<FailureKind, keyof typeof zh.failure>> = {
  offline: 'offline',
  'signed-out': 'signedOut',
  locked: 'signedOut',
  forbidden: 'refused',
  missing: 'missing',
  conflict: 'stale',
  invalid: 'unreadable',
  unavailable: 'timeout',
  broken: 'broken',
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads problem+json (RFC 9457 with code, zh, en, request_id); anything unreadable still becomes a sentence. */
export function failureOf(status: number, problem: unknown, requestIdHeader: string | null): Failure {
  const kind = KINDS[status] ?? 'broken';
  const words = own(OWN_WORDS[kind]);
  const body = isRecord(problem) ? problem : {};
  const string = (key: string): string | undefined => {
    const value = body[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const facts: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(isRecord(body['facts']) ? body['facts'] : {})) {
    if (typeof value === 'string' || typeof value === 'number') facts[key] = value;
  }
  return new Failure(
    kind,
    status,
    string('code') ?? `http-${status}`,
    { zh: string('zh') ?? words.zh, en: string('en') ?? words.en },
    string('request_id') ?? requestIdHeader ?? '',
    facts,
  );
}

export function unreachable(): Failure {
  return new Failure('offline', 0, 'no-connection', own('offline'), '');
}

export function tooSlow(): Failure {
  return new Failure('offline', 0, 'timeout', own('timeout'), '');
}

export function unreadable(status: number, requestId: string): Failure {
  return new Failure('broken', status, 'unreadable-answer', own('unreadable'), requestId);
}

/** For catch blocks: what is no Failure is a fault of this page and is shown as one. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('broken', 0, 'page-fault', own('broken'), '');
}
