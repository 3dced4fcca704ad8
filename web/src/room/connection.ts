/**
 * A page's side of a room as a pure state machine: what arrived in, new state and what to do out. No socket, no clock.
 *
 * What a person does is pending until the server's log has it, and is withdrawn with a reason where it never will.
 * The state shown is the server's alone: it comes as a snapshot or by folding events without a gap.
 */
import { fold, NEW } from './fold';
import { CLOSE, type ClientMessage, type Data, type Painted, type Passing, type Resume, type RoomState, type ServerMessage, type Words } from './protocol';

/** A command that the log does not have yet. logged: the seq that the server has given it. */
export interface Pending {
  readonly cid: string;
  readonly k: string;
  readonly d: Data;
  readonly base: number | undefined;
  readonly sent: boolean;
  readonly logged: number | undefined;
  /** Not before: the server asked for a pause. */
  readonly after: number;
}

interface Telling {
  readonly n: number;
  readonly study: string;
  readonly images: readonly Painted[];
}

/** 连接中 / 在等候 / 在会诊室 / 重连中 / 已结束 */
export type Phase = 'idle' | 'connecting' | 'waiting' | 'live' | 'reconnecting' | 'ended';

export interface Ended {
  readonly code: number;
  readonly reason: string;
}

export interface Connection {
  readonly phase: Phase;
  readonly device: string;
  readonly token: string;
  readonly gen: number;
  readonly session: string | undefined;
  readonly epoch: string | undefined;
  /** The server's state, unmixed with what is pending; NEW before the first snapshot. */
  readonly room: RoomState;
  readonly outbox: readonly Pending[];
  readonly telling: readonly Telling[];
  readonly tellings: number;
  /** The furthest seq that the server has named. */
  readonly head: number;
  /** Since when the page has been behind the head; undefined while it is not. */
  readonly behindSince: number | undefined;
  readonly heardAt: number;
  readonly pingedAt: number;
  readonly attempts: number;
  /** What the server said before it closed. */
  readonly bye: { readonly code: number; readonly reason: string; readonly retryMs: number | null } | undefined;
  readonly ended: Ended | undefined;
  /** Milliseconds to add to the own clock to get the server's; for display alone. */
  readonly offset: number;
  /** Whether the line carries little: the server then spaces what passes. */
  readonly thin: boolean;
}

export type Input =
  | { readonly kind: 'open'; readonly now: number }
  | { readonly kind: 'opened'; readonly now: number }
  | { readonly kind: 'message'; readonly message: ServerMessage; readonly now: number }
  | { readonly kind: 'closed'; readonly code: number; readonly now: number; readonly random: number }
  | { readonly kind: 'do'; readonly cid: string; readonly k: string; readonly d: Data; readonly base?: number; readonly now: number }
  | { readonly kind: 'pass'; readonly k: string; readonly d: Data; readonly to?: string }
  | { readonly kind: 'line'; readonly thin: boolean }
  | { readonly kind: 'painted'; readonly study: string; readonly images: readonly Painted[] }
  | { readonly kind: 'tick'; readonly now: number };

export type Effect =
  | { readonly kind: 'connect' }
  | { readonly kind: 'send'; readonly message: ClientMessage }
  /** Close the socket: it has been silent for too long. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'reconnect'; readonly afterMs: number }
  | { readonly kind: 'confirmed'; readonly cid: string; readonly seq: number }
  | { readonly kind: 'withdrawn'; readonly cid: string; readonly k: string; readonly d: Data; readonly code: string; readonly msg: Words }
  | { readonly kind: 'passing'; readonly one: Passing }
  | { readonly kind: 'ended'; readonly ended: Ended };

type Step = readonly [Connection, readonly Effect[]];

export const BEHIND_MS = 2000;
export const SILENT_MS = 15_000;
export const PING_MS = 10_000;
export const PAUSE_MS = 1000;
export const MOST_PENDING = 500;
export const MOST_TOLD = 200;

/** Closed for a reason that coming back by itself does not mend. */
const FINAL: ReadonlySet<number> = new Set([CLOSE.left, CLOSE.malformed, CLOSE.token, CLOSE.forbidden, CLOSE.superseded, CLOSE.upgrade]);
/** Refused for now: the server is asked again. */
const LATER: ReadonlySet<string> = new Set(['server-busy', 'too-fast']);

const NEVER_SENT: Words = {
  zh: '会诊室连接已结束，这一步未送出，未作任何改动。',
  en: 'The connection to the room has ended; this step was not sent, nothing was changed.',
};
const TOO_MUCH: Words = {
  zh: '等待发送的内容过多，这一步未保留。请等连接恢复。',
  en: 'Too much waits to be sent; this step was not kept. Wait for the connection.',
};

/** device: of this tab alone. token: the session's CSRF token. */
export function closedConnection(device: string, token: string): Connection {
  return {
    phase: 'idle',
    device,
    token,
    gen: 0,
    session: undefined,
    epoch: undefined,
    room: NEW,
    outbox: [],
    telling: [],
    tellings: 0,
    head: 0,
    behindSince: undefined,
    heardAt: 0,
    pingedAt: 0,
    attempts: 0,
    bye: undefined,
    ended: undefined,
    offset: 0,
    thin: false,
  };
}

/** What the outbox would say again after a reload of the page: kept by whoever stores it (IndexedDB). */
export function restored(connection: Connection, outbox: readonly Pending[]): Connection {
  return { ...connection, outbox: outbox.map((one) => ({ ...one, sent: false, logged: undefined })) };
}

export function step(state: Connection, input: Input): Step {
  switch (input.kind) {
    case 'open':
      // A person comes in: on this device from here on, whatever other one there is.
      if (state.phase !== 'idle' && state.phase !== 'ended') return [state, []];
      return [{ ...state, phase: 'connecting', gen: 0, ended: undefined, bye: undefined, attempts: 0, heardAt: input.now }, [{ kind: 'connect' }]];
    case 'opened':
      return [{ ...state, heardAt: input.now, bye: undefined }, [{ kind: 'send', message: hello(state, input.now) }]];
    case 'closed':
      return onClosed(state, input.code, input.random);
    case 'do':
      return onDo(state, input);
    case 'pass':
      if (state.phase !== 'live') return [state, []];
      return [state, [{ kind: 'send', message: passing(input.k, input.d, input.to) }]];
    case 'line':
      if (state.thin === input.thin) return [state, []];
      return [{ ...state, thin: input.thin }, greets(state.phase) ? [line(input.thin)] : []];
    case 'painted':
      return onPainted(state, input.study, input.images);
    case 'tick':
      return onTick(state, input.now);
    case 'message':
      return onMessage({ ...state, heardAt: input.now }, input.message, input.now);
  }
}

function passing(k: string, d: Data, to: string | undefined): ClientMessage {
  return to === undefined ? { t: 'eph', k, d } : { t: 'eph', k, d, to };
}

/** Whether the server has let this connection in. */
const greets = (phase: Phase): boolean => phase === 'live' || phase === 'waiting';
const line = (thin: boolean): Effect => ({ kind: 'send', message: { t: 'line', thin } });

function hello(state: Connection, now: number): ClientMessage {
  const { session, epoch } = state;
  const resume: Resume | undefined =
    session === undefined || epoch === undefined || state.room.seq === 0 ? undefined : { session, epoch, seq: state.room.seq };
  const said = { t: 'hello', v: 1, token: state.token, device: state.device, gen: state.gen, caps: [], t0: now } as const;
  return resume === undefined ? said : { ...said, resume };
}

function command(one: Pending): ClientMessage {
  return one.base === undefined ? { t: 'cmd', cid: one.cid, k: one.k, d: one.d } : { t: 'cmd', cid: one.cid, k: one.k, d: one.d, base: one.base };
}

function onDo(state: Connection, input: Extract<Input, { kind: 'do' }>): Step {
  const refused = (code: string, msg: Words): Step => [state, [{ kind: 'withdrawn', cid: input.cid, k: input.k, d: input.d, code, msg }]];
  if (state.phase === 'ended' || state.phase === 'idle') return refused('not-connected', NEVER_SENT);
  if (state.outbox.length >= MOST_PENDING) return refused('too-much', TOO_MUCH);
  const one: Pending = { cid: input.cid, k: input.k, d: input.d, base: input.base, sent: state.phase === 'live', logged: undefined, after: input.now };
  const effects: Effect[] = one.sent ? [{ kind: 'send', message: command(one) }] : [];
  return [{ ...state, outbox: [...state.outbox, one] }, effects];
}

function onPainted(state: Connection, study: string, images: readonly Painted[]): Step {
  if (state.phase === 'ended' || state.phase === 'idle' || images.length === 0) return [state, []];
  const told: Telling[] = [];
  for (let at = 0; at < images.length; at += MOST_TOLD) {
    told.push({ n: state.tellings + told.length + 1, study, images: images.slice(at, at + MOST_TOLD) });
  }
  const next = { ...state, telling: [...state.telling, ...told], tellings: state.tellings + told.length };
  return [next, state.phase === 'live' ? told.map(tell) : []];
}

function tell(one: Telling): Effect {
  return { kind: 'send', message: { t: 'seen', n: one.n, study: one.study, images: one.images } };
}

/** Everything that the server may not have, in order; it knows a command that comes again by its cid. */
function flushed(state: Connection): Step {
  const effects: Effect[] = state.outbox.filter((one) => one.logged === undefined).map((one) => ({ kind: 'send', message: command(one) }));
  const outbox = state.outbox.map((one) => ({ ...one, sent: true }));
  return [{ ...state, outbox }, [...effects, ...state.telling.map(tell)]];
}

function onClosed(state: Connection, socketCode: number, random: number): Step {
  if (state.phase === 'ended' || state.phase === 'idle') return [state, []];
  const code = state.bye?.code ?? socketCode;
  if (FINAL.has(code) && (state.bye !== undefined || code !== CLOSE.left)) return finished(state, { code, reason: state.bye?.reason ?? '' });
  const attempts = state.attempts + 1;
  const told = state.bye?.retryMs ?? null;
  const afterMs = told === null ? delayBefore(attempts, random) : jittered(told, random);
  const again: Connection = {
    ...state,
    phase: state.room.seq === 0 ? 'connecting' : 'reconnecting',
    epoch: code === CLOSE.snapshot ? undefined : state.epoch,
    attempts,
    behindSince: undefined,
    bye: undefined,
    outbox: state.outbox.map((one) => ({ ...one, sent: false })),
  };
  return [again, [{ kind: 'reconnect', afterMs }]];
}

/** What was sent may have been taken, so it is withdrawn only where the server can no longer say so. */
function finished(state: Connection, ended: Ended): Step {
  const keeps = ended.code === CLOSE.token;
  const lost: Effect[] = keeps
    ? []
    : state.outbox
        .filter((one) => one.logged === undefined)
        .map(({ cid, k, d }) => ({ kind: 'withdrawn', cid, k, d, code: ended.reason === '' ? 'ended' : ended.reason, msg: NEVER_SENT }));
  const outbox = keeps ? state.outbox.map((one) => ({ ...one, sent: false })) : [];
  return [{ ...state, phase: 'ended', ended, outbox, behindSince: undefined }, [...lost, { kind: 'ended', ended }]];
}

function onTick(state: Connection, now: number): Step {
  if (!greets(state.phase)) return [state, []];
  if (now - state.heardAt >= SILENT_MS) return [{ ...state, heardAt: now }, [{ kind: 'drop' }]];
  const effects: Effect[] = [];
  let next = state;
  if (now - state.pingedAt >= PING_MS) {
    effects.push({ kind: 'send', message: { t: 'ping', t0: now } });
    next = { ...next, pingedAt: now };
  }
  if (next.behindSince !== undefined && now - next.behindSince >= BEHIND_MS) {
    effects.push({ kind: 'send', message: { t: 'replay', after: next.room.seq } });
    next = { ...next, behindSince: now };
  }
  const due = next.phase === 'live' ? next.outbox.filter((one) => !one.sent && one.logged === undefined && one.after <= now) : [];
  if (due.length > 0) {
    effects.push(...due.map((one): Effect => ({ kind: 'send', message: command(one) })));
    next = { ...next, outbox: next.outbox.map((one) => (due.includes(one) ? { ...one, sent: true } : one)) };
  }
  return [next, effects];
}

/** The server has named a seq; being behind it is borne for BEHIND_MS, then asked about. */
function heardHead(state: Connection, head: number, now: number): Connection {
  const furthest = Math.max(state.head, head);
  const behind = state.phase === 'live' && state.room.seq < furthest;
  return { ...state, head: furthest, behindSince: behind ? (state.behindSince ?? now) : undefined };
}

function onMessage(state: Connection, message: ServerMessage, now: number): Step {
  switch (message.t) {
    case 'welcome': {
      const phase = message.you.waiting ? 'waiting' : 'live';
      const greeted = { ...state, gen: message.you.gen, session: message.session, epoch: message.epoch, attempts: 0, pingedAt: now };
      const welcomed: Connection = { ...greeted, phase, head: message.head, offset: message.server_ms - now };
      const told = state.thin ? [line(true)] : [];
      if (phase === 'waiting') return [welcomed, told];
      const [sent, effects] = flushed(heardHead(welcomed, message.head, now));
      return [sent, [...told, ...effects]];
    }
    case 'snapshot': {
      const admitted = state.phase === 'waiting';
      const head = Math.max(message.seq, state.head);
      const shown: Connection = { ...state, phase: 'live', epoch: message.epoch, room: message.state, head };
      const [settled, confirmed] = confirmedUpTo(heardHead(shown, message.seq, now));
      if (!admitted) return [settled, confirmed];
      const [sent, effects] = flushed(settled);
      return [sent, [...confirmed, ...effects]];
    }
    case 'ev':
      return onEvent(state, message, now);
    case 'ok': {
      const logged = { ...state, outbox: state.outbox.map((one) => (one.cid === message.cid ? { ...one, logged: message.seq } : one)) };
      return confirmedUpTo(heardHead(logged, message.seq, now));
    }
    case 'err':
      return onRefused(heardHead(state, message.head, now), message, now);
    case 'eph':
      return [heardHead(state, message.head, now), [{ kind: 'passing', one: message }]];
    case 'seen':
      return [{ ...state, telling: state.telling.filter((one) => one.n !== message.n) }, []];
    case 'ping':
      return [heardHead(state, message.head, now), [{ kind: 'send', message: { t: 'pong', t0: message.t0 } }]];
    case 'pong':
      return [{ ...heardHead(state, message.head, now), offset: Math.round(message.t1 - (message.t0 + now) / 2) }, []];
    case 'bye':
      return [{ ...state, bye: { code: message.code, reason: message.reason, retryMs: message.retry_ms } }, []];
  }
}

function onEvent(state: Connection, message: Extract<ServerMessage, { t: 'ev' }>, now: number): Step {
  if (message.seq <= state.room.seq) return [state, []];
  // What does not follow is not folded: the missing ones are asked for, at once the first time.
  if (message.seq !== state.room.seq + 1 || message.epoch !== state.epoch) {
    const ask: Effect[] = state.behindSince === undefined ? [{ kind: 'send', message: { t: 'replay', after: state.room.seq } }] : [];
    return [heardHead({ ...state, behindSince: state.behindSince ?? now }, message.seq, now), ask];
  }
  const folded = { ...state, room: fold(state.room, message) };
  const own = message.device === state.device && message.cid !== undefined;
  const logged = own ? folded.outbox.map((one) => (one.cid === message.cid ? { ...one, logged: message.seq } : one)) : folded.outbox;
  return confirmedUpTo(heardHead({ ...folded, outbox: logged, behindSince: undefined }, message.seq, now));
}

/** A command is done when the state that is shown has it. */
function confirmedUpTo(state: Connection): Step {
  const done = state.outbox.filter((one) => one.logged !== undefined && one.logged <= state.room.seq);
  if (done.length === 0) return [state, []];
  const effects = done.map(({ cid, logged }): Effect => ({ kind: 'confirmed', cid, seq: logged ?? 0 }));
  return [{ ...state, outbox: state.outbox.filter((one) => !done.includes(one)) }, effects];
}

function onRefused(state: Connection, message: Extract<ServerMessage, { t: 'err' }>, now: number): Step {
  const refused = state.outbox.find((one) => one.cid === message.cid);
  if (refused === undefined) return [state, []];
  if (LATER.has(message.code)) {
    const later = { ...refused, sent: false, after: now + PAUSE_MS };
    return [{ ...state, outbox: state.outbox.map((one) => (one === refused ? later : one)) }, []];
  }
  const { cid, k, d } = refused;
  const outbox = state.outbox.filter((one) => one !== refused);
  return [{ ...state, outbox }, [{ kind: 'withdrawn', cid, k, d, code: message.code, msg: message.msg }]];
}

/** Full jitter (0.25–1 of a doubling ceiling): a room does not return in the same moment. */
export function delayBefore(attempt: number, random: number): number {
  const ceiling = Math.min(10_000, 250 * 2 ** Math.min(attempt - 1, 10));
  return Math.round(ceiling * (0.25 + 0.75 * random));
}

function jittered(ms: number, random: number): number {
  return Math.round(ms * (1 + 0.25 * random));
}
