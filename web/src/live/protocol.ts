/** The event stream as a pure state machine: what arrived in, new state and what to do out. No socket, no clock. */

export interface LiveEvent {
  readonly cursor: string;
  readonly kind: string;
  readonly subject: string;
  readonly topics: readonly string[];
  readonly at: string;
  readonly ids: Readonly<Record<string, string | number>>;
}

export type ServerMessage =
  | { readonly type: 'hello'; readonly epoch: string; readonly head: string }
  | { readonly type: 'replay'; readonly events: readonly LiveEvent[] }
  | { readonly type: 'live'; readonly cursor: string }
  | { readonly type: 'events'; readonly events: readonly LiveEvent[] }
  | { readonly type: 'reset' };

export interface Subscribe {
  readonly type: 'subscribe';
  readonly topics: readonly string[];
  readonly epoch?: string;
  readonly after?: string;
}

/** 连接中 (never live yet) / 在线 / 重连中 / 离线 */
export type Link = 'connecting' | 'online' | 'reconnecting' | 'offline';

export interface LiveState {
  readonly link: Link;
  readonly topics: readonly string[];
  /** Of the server's event log; changes when the county is restored from a backup. */
  readonly epoch: string | undefined;
  readonly cursor: string | undefined;
  /** Attempts since the last time it was live. */
  readonly attempts: number;
  /** The socket is open and the server has said hello. */
  readonly greeted: boolean;
}

export type LiveInput =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'closed' }
  | { readonly kind: 'network-lost' }
  | { readonly kind: 'topics'; readonly topics: readonly string[] };

export type LiveEffect =
  | { readonly kind: 'send'; readonly message: Subscribe }
  | { readonly kind: 'deliver'; readonly events: readonly LiveEvent[] }
  /** Everything shown may be old: load it again. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'reconnect'; readonly attempt: number };

export const INITIAL: LiveState = {
  link: 'connecting',
  topics: [],
  epoch: undefined,
  cursor: undefined,
  attempts: 0,
  greeted: false,
};

/** After this many failed attempts the page says 离线 instead of 连接中 or 重连中. */
export const OFFLINE_AFTER = 4;

function subscribe(state: LiveState): Subscribe {
  if (state.epoch === undefined || state.cursor === undefined) return { type: 'subscribe', topics: state.topics };
  return { type: 'subscribe', topics: state.topics, epoch: state.epoch, after: state.cursor };
}

/** Cursors are "xid.id", both decimal; a replay after a reconnect may repeat the last ones. */
export function isAfter(cursor: string, other: string | undefined): boolean {
  if (other === undefined) return true;
  const [xid = '0', id = '0'] = cursor.split('.');
  const [otherXid = '0', otherId = '0'] = other.split('.');
  const left = BigInt(xid);
  const right = BigInt(otherXid);
  return left === right ? BigInt(id) > BigInt(otherId) : left > right;
}

function withEvents(state: LiveState, events: readonly LiveEvent[]): readonly [LiveState, readonly LiveEffect[]] {
  const fresh = events.filter((event) => isAfter(event.cursor, state.cursor));
  const last = fresh.at(-1);
  if (last === undefined) return [state, []];
  return [{ ...state, cursor: last.cursor }, [{ kind: 'deliver', events: fresh }]];
}

export function step(state: LiveState, input: LiveInput): readonly [LiveState, readonly LiveEffect[]] {
  switch (input.kind) {
    case 'topics': {
      const next = { ...state, topics: input.topics };
      return [next, state.greeted ? [{ kind: 'send', message: subscribe(next) }] : []];
    }
    case 'closed': {
      const attempts = state.attempts + 1;
      const trying: Link = state.link === 'connecting' ? 'connecting' : 'reconnecting';
      const link: Link = state.link === 'offline' || attempts >= OFFLINE_AFTER ? 'offline' : trying;
      return [{ ...state, link, attempts, greeted: false }, [{ kind: 'reconnect', attempt: attempts }]];
    }
    case 'network-lost':
      return [{ ...state, link: 'offline' }, []];
    case 'message':
      return onMessage(state, input.message);
  }
}

function onMessage(state: LiveState, message: ServerMessage): readonly [LiveState, readonly LiveEffect[]] {
  switch (message.type) {
    case 'hello': {
      const restored = state.epoch !== undefined && state.epoch !== message.epoch;
      // First contact starts at the head: the page has just loaded its lists. A new epoch voids the old cursor.
      const known = state.cursor !== undefined && !restored;
      const next: LiveState = {
        ...state,
        greeted: true,
        epoch: message.epoch,
        cursor: known ? state.cursor : message.head,
      };
      const effects: LiveEffect[] = restored ? [{ kind: 'reset' }] : [];
      effects.push({ kind: 'send', message: subscribe(next) });
      return [next, effects];
    }
    case 'replay':
    case 'events':
      return withEvents(state, message.events);
    case 'live': {
      const cursor = isAfter(message.cursor, state.cursor) ? message.cursor : state.cursor;
      return [{ ...state, link: 'online', attempts: 0, cursor }, []];
    }
    case 'reset':
      // The server does not know where we were; it goes on live from its head, so the lists are loaded again.
      return [{ ...state, cursor: undefined }, [{ kind: 'reset' }]];
  }
}

/** Full jitter (0.25–1 of a doubling ceiling): a county of browsers does not return in the same second. */
export function delayBefore(attempt: number, random: number): number {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.min(attempt - 1, 10));
  return Math.round(ceiling * (0.25 + 0.75 * random));
}

/** Reads one frame; anything unknown is undefined, so that a newer server does not break an open page. */
export function parse(frame: string): ServerMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  const message = value as ServerMessage;
  switch (message.type) {
    case 'hello':
      return typeof message.epoch === 'string' && typeof message.head === 'string' ? message : undefined;
    case 'replay':
    case 'events':
      return Array.isArray(message.events) ? message : undefined;
    case 'live':
      return typeof message.cursor === 'string' ? message : undefined;
    case 'reset':
      return message;
    default:
      return undefined;
  }
}
