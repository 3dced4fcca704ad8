/** What is said between a page and a room (telemed/consultation/room/protocol.py). Numbers are whole. */

export type Data = Readonly<Record<string, unknown>>;

/** One line of the log. at: milliseconds of the server's clock. */
export interface RoomEvent {
  readonly seq: number;
  readonly epoch: string;
  readonly at: number;
  readonly by: string;
  readonly k: string;
  readonly d: Data;
  readonly device?: string;
  readonly cid?: string;
  readonly h?: string;
}

export type Role = 'moderator' | 'expert' | 'participant' | 'audience' | 'guest';
export type Standing = 'absent' | 'knocking' | 'present' | 'reconnecting' | 'left' | 'denied';

export interface Member {
  readonly role: string;
  readonly st: string;
  readonly since: number;
  readonly gen: number;
  readonly adm: number;
}

export interface Presenter {
  readonly person: string;
  readonly pe: number;
  readonly since: number;
  readonly requests: readonly string[];
}

export interface Mark {
  readonly ver: number;
  readonly author: string;
  readonly at: number;
  readonly study: string;
  readonly series: string;
  readonly sop: string;
  readonly frame: number;
  readonly tool: string;
  readonly geom: readonly number[];
  readonly world: readonly number[];
  readonly label: string;
  readonly value: string;
  readonly unit: string;
  readonly calib: string;
  readonly gone: number;
}

export interface Line {
  readonly seq: number;
  readonly at: number;
  readonly by: string;
  readonly text: string;
}

export interface RoomFile {
  readonly at: number;
  readonly by: string;
  readonly name: string;
  readonly media: string;
  readonly size: number;
  readonly sha256: string;
}

export interface Consent {
  readonly given: number;
  readonly who: string;
  readonly note: string;
  readonly by: string;
  readonly at: number;
}

export interface Piece {
  readonly n: number;
  readonly at: number;
  readonly ms: number;
  readonly size: number;
  readonly sha256: string;
}

/** off: when it ended, 0 before. why, person: how it ended, and by or because of whom. */
export interface Recording {
  readonly on: number;
  readonly by: string;
  readonly at: number;
  readonly off: number;
  readonly why: string;
  readonly person: string;
  readonly n: number;
  readonly ms: number;
  readonly size: number;
  readonly last: readonly Piece[];
}

export interface Vital {
  readonly seq: number;
  readonly at: number;
  readonly by: string;
  readonly code: string;
  readonly value: string;
  readonly unit: string;
  readonly note: string;
}

export interface Signature {
  readonly by: string;
  readonly at: number;
  readonly ver: number;
  readonly sha256: string;
}

export interface RoomState {
  readonly v: number;
  readonly seq: number;
  readonly at: number;
  readonly st: string;
  readonly kind: string;
  readonly host: string;
  readonly mode: string;
  readonly why: string;
  readonly members: Readonly<Record<string, Member>>;
  readonly presenter: Presenter;
  readonly viewer: Data | null;
  readonly marks: Readonly<Record<string, Mark>>;
  readonly gone: number;
  readonly chat: { readonly n: number; readonly last: readonly Line[] };
  readonly files: Readonly<Record<string, RoomFile>>;
  readonly consents: Readonly<Record<string, Consent>>;
  readonly recordings: Readonly<Record<string, Recording>>;
  readonly vitals: { readonly n: number; readonly last: readonly Vital[] };
  readonly minutes: { readonly rev: number; readonly text: string; readonly by: string; readonly at: number };
  readonly opinion: {
    readonly ver: number;
    readonly text: string;
    readonly by: string;
    readonly at: number;
    readonly signatures: readonly Signature[];
    readonly addenda: readonly Line[];
  };
}

/** In both languages of the county. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

export interface Resume {
  readonly session: string;
  readonly epoch: string;
  readonly seq: number;
}

export type Painted = readonly [sop: string, frame: number];

export type ClientMessage =
  | {
      readonly t: 'hello';
      readonly v: 1;
      readonly token: string;
      readonly device: string;
      readonly gen: number;
      readonly caps: readonly string[];
      readonly resume?: Resume;
      readonly t0: number;
    }
  | { readonly t: 'cmd'; readonly cid: string; readonly k: string; readonly d: Data; readonly base?: number }
  | { readonly t: 'eph'; readonly k: string; readonly d: Data; readonly to?: string }
  | { readonly t: 'seen'; readonly n: number; readonly study: string; readonly images: readonly Painted[] }
  | { readonly t: 'ack'; readonly seq: number }
  | { readonly t: 'line'; readonly thin: boolean }
  | { readonly t: 'ping'; readonly t0: number }
  | { readonly t: 'pong'; readonly t0: number }
  | { readonly t: 'replay'; readonly after: number };

export interface Welcome {
  readonly t: 'welcome';
  readonly session: string;
  readonly epoch: string;
  readonly head: number;
  readonly you: { readonly role: string; readonly gen: number; readonly waiting: boolean };
  readonly mode: 'fresh' | 'replay' | 'snapshot';
  readonly server_ms: number;
}

export interface Passing {
  readonly t: 'eph';
  readonly k: string;
  readonly by: string;
  readonly d: Data;
  readonly head: number;
}

export type ServerMessage =
  | Welcome
  | { readonly t: 'snapshot'; readonly seq: number; readonly epoch: string; readonly state: RoomState }
  | ({ readonly t: 'ev' } & RoomEvent)
  | { readonly t: 'ok'; readonly cid: string; readonly seq: number }
  | { readonly t: 'err'; readonly cid: string; readonly code: string; readonly head: number; readonly msg: Words; readonly facts: Data }
  | Passing
  | { readonly t: 'seen'; readonly n: number }
  | { readonly t: 'ping'; readonly t0: number; readonly head: number }
  | { readonly t: 'pong'; readonly t0: number; readonly t1: number; readonly head: number }
  | { readonly t: 'bye'; readonly code: number; readonly reason: string; readonly retry_ms: number | null };

/** Why a connection ends, as WebSocket close codes. */
export const CLOSE = {
  left: 1000,
  malformed: 1008,
  token: 4001,
  forbidden: 4003,
  superseded: 4008,
  upgrade: 4009,
  snapshot: 4010,
  tooSlow: 4013,
  draining: 4015,
} as const;

const NEEDED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  welcome: { session: 'string', epoch: 'string', head: 'number', you: 'object', mode: 'string', server_ms: 'number' },
  snapshot: { seq: 'number', epoch: 'string', state: 'object' },
  ev: { seq: 'number', epoch: 'string', at: 'number', by: 'string', k: 'string', d: 'object' },
  ok: { cid: 'string', seq: 'number' },
  err: { cid: 'string', code: 'string', head: 'number', msg: 'object' },
  eph: { k: 'string', by: 'string', d: 'object', head: 'number' },
  seen: { n: 'number' },
  ping: { t0: 'number', head: 'number' },
  pong: { t0: 'number', t1: 'number', head: 'number' },
  bye: { code: 'number', reason: 'string' },
};

/** Reads one frame; anything unknown is undefined, so that a newer server does not break an open page. */
export function parse(frame: string): ServerMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const message = value as Record<string, unknown>;
  const needed = typeof message.t === 'string' && Object.hasOwn(NEEDED, message.t) ? NEEDED[message.t] : undefined;
  if (needed === undefined) return undefined;
  for (const [name, type] of Object.entries(needed)) {
    if (typeof message[name] !== type || message[name] === null) return undefined;
  }
  return value as ServerMessage;
}
