/** The WebSocket and the clock around a page's side of a room (connection.ts). */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import { line, watchLine } from '@/viewer/line';
import { closedConnection, restored, step, type Connection, type Effect, type Input } from './connection';
import { browserPlace, KeptOutbox } from './kept';
import { parse, type Data, type Painted, type Passing, type Words } from './protocol';

const TICK_MS = 500;
const DEVICE = 'telemed.room.device';

export interface RoomSession {
  readonly connection: ShallowRef<Connection>;
  /** Whether what waits to be sent outlives this page. */
  readonly keeps: ShallowRef<boolean>;
  /** Comes in on this device from here on, whatever other one there is. */
  readonly open: () => void;
  readonly act: (k: string, d: Data, base?: number) => string;
  readonly pass: (k: string, d: Data, to?: string) => void;
  readonly painted: (study: string, images: readonly Painted[]) => void;
}

export interface Heard {
  readonly passing: (one: Passing) => void;
  readonly withdrawn: (k: string, d: Data, why: Words) => void;
}

/** Of this tab, and the same after a reload. */
function device(): string {
  const known = window.sessionStorage.getItem(DEVICE) ?? crypto.randomUUID();
  window.sessionStorage.setItem(DEVICE, known);
  return known;
}

/**
 * token: the session's as it is when it is asked; a new sign-in has another one.
 * person: whose outbox outlives the page; undefined for somebody who leaves nothing on this device.
 */
export function useRoom(room: string, token: () => string, heard: Heard, person?: string): RoomSession {
  const connection = shallowRef(closedConnection(device(), token()));
  const keeps = shallowRef(person !== undefined);
  const kept = person === undefined ? undefined : new KeptOutbox(browserPlace, { room, person, device: connection.value.device }, () => (keeps.value = false));
  let loading: Promise<void> | undefined;
  let left = false;
  let socket: WebSocket | undefined;
  let again: number | undefined;

  function feed(input: Input): void {
    const [next, effects] = step(connection.value, input);
    const changed = next.outbox !== connection.value.outbox;
    connection.value = next;
    if (changed) kept?.follow(next.outbox);
    for (const effect of effects) run(effect);
  }

  function run(effect: Effect): void {
    switch (effect.kind) {
      case 'connect':
        connect();
        return;
      case 'send':
        if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(effect.message));
        return;
      case 'drop':
        gone(1006);
        return;
      case 'reconnect':
        again = window.setTimeout(connect, effect.afterMs);
        return;
      case 'passing':
        heard.passing(effect.one);
        return;
      case 'withdrawn':
        heard.withdrawn(effect.k, effect.d, effect.msg);
        return;
      case 'ended':
        hangUp();
        return;
      case 'confirmed':
    }
  }

  function connect(): void {
    window.clearTimeout(again);
    again = undefined;
    hangUp();
    const url = new URL(`/api/rooms/${encodeURIComponent(room)}/socket`, window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const mine = new WebSocket(url);
    socket = mine;
    mine.addEventListener('open', () => {
      if (mine === socket) feed({ kind: 'opened', now: Date.now() });
    });
    mine.addEventListener('message', (message: MessageEvent<unknown>) => {
      const parsed = mine === socket && typeof message.data === 'string' ? parse(message.data) : undefined;
      if (parsed !== undefined) feed({ kind: 'message', message: parsed, now: Date.now() });
    });
    // An error is always followed by close.
    mine.addEventListener('close', (event) => {
      if (mine === socket) gone(event.code);
    });
  }

  function hangUp(): void {
    const old = socket;
    socket = undefined;
    old?.close();
  }

  function gone(code: number): void {
    hangUp();
    feed({ kind: 'closed', code, now: Date.now(), random: Math.random() });
  }

  function offline(): void {
    if (socket !== undefined) gone(1006);
  }
  function online(): void {
    if (again !== undefined) connect();
  }

  watchLine();
  watch(line.thin, (thin) => feed({ kind: 'line', thin }), { immediate: true });
  const clock = window.setInterval(() => feed({ kind: 'tick', now: Date.now() }), TICK_MS);
  window.addEventListener('offline', offline);
  window.addEventListener('online', online);
  onScopeDispose(() => {
    left = true;
    window.clearInterval(clock);
    window.clearTimeout(again);
    window.removeEventListener('offline', offline);
    window.removeEventListener('online', online);
    hangUp();
  });

  /** What the page before this one could not send goes first. */
  async function restore(): Promise<void> {
    const waiting = (await kept?.load()) ?? [];
    if (waiting.length > 0) connection.value = restored(connection.value, waiting);
  }
  function enter(): void {
    if (left) return;
    connection.value = { ...connection.value, token: token() };
    feed({ kind: 'open', now: Date.now() });
  }

  return {
    connection,
    keeps,
    open: () => {
      if (kept !== undefined && loading === undefined) void (loading = restore()).then(enter);
      else enter();
    },
    act: (k, d, base) => {
      const cid = crypto.randomUUID();
      feed(base === undefined ? { kind: 'do', cid, k, d, now: Date.now() } : { kind: 'do', cid, k, d, base, now: Date.now() });
      return cid;
    },
    pass: (k, d, to) => feed(to === undefined ? { kind: 'pass', k, d } : { kind: 'pass', k, d, to }),
    painted: (study, images) => feed({ kind: 'painted', study, images }),
  };
}
