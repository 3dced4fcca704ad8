/** A page over a bad link: frames cut off, answers lost, events twice. What was granted is there once; the rest is withdrawn. */
import { expect, it } from 'vitest';
import { closedConnection, step, type Connection, type Effect, type Input } from '@/room/connection';
import { canonical, foldAll, NEW } from '@/room/fold';
import type { ClientMessage, RoomEvent, ServerMessage } from '@/room/protocol';

/** A seeded generator (mulberry32), so that a failure can be seen again. */
function random(seed: number): () => number {
  let at = seed;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class Server {
  readonly log: RoomEvent[] = [];
  append(k: string, text: string, by: string, device?: string, cid?: string): RoomEvent {
    const command = device === undefined || cid === undefined ? {} : { device, cid };
    const event: RoomEvent = { seq: this.log.length + 1, epoch: 'e', at: this.log.length, by, k, d: { text }, ...command };
    this.log.push(event);
    return event;
  }
  /** What the server says to one frame. */
  answer(message: ClientMessage): ServerMessage[] {
    switch (message.t) {
      case 'hello': {
        const after = message.resume?.seq;
        const you = { role: 'expert', gen: message.gen + 1, waiting: false };
        const mode = after === undefined ? 'fresh' : 'replay';
        const welcome: ServerMessage = { t: 'welcome', session: 's', epoch: 'e', head: this.log.length, you, mode, server_ms: 0 };
        if (after === undefined) return [welcome, { t: 'snapshot', seq: this.log.length, epoch: 'e', state: foldAll(this.log) }];
        return [welcome, ...this.after(after)];
      }
      case 'cmd': {
        const before = this.log.find((one) => one.device === 'tab' && one.cid === message.cid);
        if (before !== undefined) return [{ t: 'ok', cid: message.cid, seq: before.seq }];
        if (message.cid.endsWith('7')) {
          return [{ t: 'err', cid: message.cid, code: 'stale-version', head: this.log.length, msg: { zh: '旧', en: 'old' }, facts: {} }];
        }
        const event = this.append(message.k, String(message.d.text), 'me', 'tab', message.cid);
        return [{ t: 'ev', ...event }, { t: 'ok', cid: message.cid, seq: event.seq }];
      }
      case 'replay':
        return this.after(message.after);
      default:
        return [];
    }
  }
  after(seq: number): ServerMessage[] {
    return this.log.slice(seq).map((one): ServerMessage => ({ t: 'ev', ...one }));
  }
}

it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('seed %i: nothing is lost, nothing is done twice', (seed) => {
  const chance = random(seed);
  const server = new Server();
  let state: Connection = closedConnection('tab', '');
  let [open, now, calm] = [false, 0, false];
  const confirmed: string[] = [];
  const withdrawn: string[] = [];
  const waiting: Input[] = [];

  function cut(): void {
    if (!open) return;
    open = false;
    waiting.push({ kind: 'closed', code: 1006, now, random: chance() });
  }
  function hear(message: ServerMessage): void {
    if (!open) return;
    if (!calm && chance() < 0.06) cut();
    else waiting.push({ kind: 'message', message, now });
    if (!calm && message.t === 'ev' && chance() < 0.1) waiting.push({ kind: 'message', message, now });
  }
  function perform(effect: Effect): void {
    if (effect.kind === 'confirmed') confirmed.push(effect.cid);
    if (effect.kind === 'withdrawn') withdrawn.push(effect.cid);
    if (effect.kind === 'drop') cut();
    if (effect.kind === 'connect' || effect.kind === 'reconnect') {
      open = true;
      waiting.push({ kind: 'opened', now });
    }
    if (effect.kind !== 'send' || !open) return;
    if (!calm && chance() < 0.06) cut();
    else server.answer(effect.message).forEach(hear);
  }
  function feed(input: Input): void {
    waiting.push(input);
    while (waiting.length > 0) {
      const next = waiting.shift();
      if (next === undefined) return;
      // What a broken socket still had to say is not heard.
      if (next.kind === 'message' && !open) continue;
      const [following, effects] = step(state, next);
      state = following;
      effects.forEach(perform);
    }
  }

  feed({ kind: 'open', now });
  const wanted: string[] = [];
  for (let n = 0; n < 120; n += 1) {
    now += 300;
    const happening = chance();
    if (happening < 0.5) {
      wanted.push(`c${String(n)}`);
      feed({ kind: 'do', cid: `c${String(n)}`, k: 'chat.msg', d: { text: `t${String(n)}` }, now });
    } else if (happening < 0.8) {
      const event = server.append('chat.msg', 'theirs', 'them');
      if (chance() < 0.8) hear({ t: 'ev', ...event });
    } else if (happening < 0.9) cut();
    feed({ kind: 'tick', now });
  }
  calm = true;
  for (let n = 0; n < 20; n += 1) {
    now += 2500;
    hear({ t: 'ping', t0: now, head: server.log.length });
    feed({ kind: 'tick', now });
  }
  const own = server.log.flatMap((one) => (one.cid === undefined ? [] : [one.cid]));
  expect(new Set(own).size).toBe(own.length);
  expect([...confirmed].sort()).toEqual([...own].sort());
  expect([...own, ...withdrawn].sort()).toEqual([...wanted].sort());
  expect(state.outbox).toEqual([]);
  expect(canonical(state.room)).toBe(canonical(foldAll(server.log, NEW)));
});
