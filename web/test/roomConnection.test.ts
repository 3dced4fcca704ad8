import { expect, it } from 'vitest';
import {
  BEHIND_MS,
  closedConnection,
  delayBefore,
  MOST_PENDING,
  PAUSE_MS,
  PING_MS,
  restored,
  SILENT_MS,
  step,
  type Connection,
  type Effect,
  type Input,
} from '@/room/connection';
import { canonical, foldAll, NEW } from '@/room/fold';
import { parse, type RoomEvent, type ServerMessage } from '@/room/protocol';

const EPOCH = 'e1';

function chat(seq: number, text: string, more: Partial<RoomEvent> = {}): ServerMessage & RoomEvent {
  return { t: 'ev', seq, epoch: EPOCH, at: 1000 + seq, by: 'p1', k: 'chat.msg', d: { text }, ...more };
}

function welcome(head: number, more: Record<string, unknown> = {}): ServerMessage {
  const said = { t: 'welcome', session: 's1', epoch: EPOCH, head, you: { role: 'expert', gen: 3, waiting: false }, mode: 'fresh', server_ms: 5000, ...more };
  const parsed = parse(JSON.stringify(said));
  if (parsed === undefined) throw new Error('no welcome');
  return parsed;
}

/** Drives the machine and collects what it does. */
class Driven {
  state: Connection = closedConnection('tab', 'csrf');
  effects: Effect[] = [];
  now = 1000;
  feed(input: Input): readonly Effect[] {
    const [state, effects] = step(this.state, input);
    this.state = state;
    this.effects.push(...effects);
    return effects;
  }
  hear(message: ServerMessage): readonly Effect[] {
    return this.feed({ kind: 'message', message, now: this.now });
  }
  do(cid: string, text = cid): readonly Effect[] {
    return this.feed({ kind: 'do', cid, k: 'chat.msg', d: { text }, now: this.now });
  }
  tick(ms: number): readonly Effect[] {
    this.now += ms;
    return this.feed({ kind: 'tick', now: this.now });
  }
  close(code = 1006): readonly Effect[] {
    return this.feed({ kind: 'closed', code, now: this.now, random: 1 });
  }
  live(seq = 0): this {
    this.feed({ kind: 'open', now: this.now });
    this.feed({ kind: 'opened', now: this.now });
    this.hear(welcome(seq));
    this.hear({ t: 'snapshot', seq, epoch: EPOCH, state: { ...NEW, seq } });
    this.effects = [];
    return this;
  }
  again(): readonly Effect[] {
    return this.feed({ kind: 'opened', now: this.now });
  }
}

function sent(effects: readonly Effect[]): unknown[] {
  return effects.flatMap((one) => (one.kind === 'send' ? [one.message] : []));
}

function kinds(effects: readonly Effect[]): string[] {
  return effects.map((one) => one.kind);
}

it('says hello with nothing to resume, then shows the snapshot', () => {
  const page = new Driven();
  expect(page.feed({ kind: 'open', now: 1000 })).toEqual([{ kind: 'connect' }]);
  expect(sent(page.feed({ kind: 'opened', now: 1000 }))).toEqual([
    { t: 'hello', v: 1, token: 'csrf', device: 'tab', gen: 0, caps: [], t0: 1000 },
  ]);
  page.hear(welcome(4));
  page.hear({ t: 'snapshot', seq: 4, epoch: EPOCH, state: { ...NEW, seq: 4 } });
  expect(page.state).toMatchObject({ phase: 'live', gen: 3, room: { seq: 4 }, behindSince: undefined, offset: 4000 });
});

it('folds what follows and ignores what it has', () => {
  const page = new Driven().live();
  const events = [chat(1, 'a'), chat(2, 'b')];
  for (const one of events) page.hear(one);
  page.hear(chat(1, 'a'));
  expect(canonical(page.state.room)).toBe(canonical(foldAll(events)));
});

it('keeps an own step pending until the log has it, whichever of ok and event comes first', () => {
  for (const okFirst of [true, false]) {
    const page = new Driven().live();
    expect(sent(page.do('c1'))).toEqual([{ t: 'cmd', cid: 'c1', k: 'chat.msg', d: { text: 'c1' } }]);
    expect(page.state.outbox).toHaveLength(1);
    const answers: ServerMessage[] = [{ t: 'ok', cid: 'c1', seq: 1 }, chat(1, 'c1', { device: 'tab', cid: 'c1' })];
    for (const one of okFirst ? answers : answers.toReversed()) page.hear(one);
    expect(page.state.outbox).toEqual([]);
    expect(page.effects.filter((one) => one.kind === 'confirmed')).toEqual([{ kind: 'confirmed', cid: 'c1', seq: 1 }]);
    expect(page.state.room.chat.last.map((one) => one.text)).toEqual(['c1']);
  }
});

it('does not take another tab for itself', () => {
  const page = new Driven().live();
  page.do('c1');
  page.hear(chat(1, 'x', { device: 'other', cid: 'c1' }));
  expect(page.state.outbox).toHaveLength(1);
});

it('withdraws a refused step and says why', () => {
  const page = new Driven().live();
  page.do('c1');
  const msg = { zh: '旧', en: 'old' };
  page.hear({ t: 'err', cid: 'c1', code: 'stale-version', head: 0, msg, facts: {} });
  expect(page.effects.at(-1)).toEqual({ kind: 'withdrawn', cid: 'c1', k: 'chat.msg', d: { text: 'c1' }, code: 'stale-version', msg });
  expect(page.state.outbox).toEqual([]);
});

it('tries again by itself what the server could not take just now', () => {
  const page = new Driven().live();
  page.do('c1');
  page.hear({ t: 'err', cid: 'c1', code: 'server-busy', head: 0, msg: { zh: '', en: '' }, facts: {} });
  expect(sent(page.tick(PAUSE_MS - 1))).toEqual([]);
  expect(sent(page.tick(1))).toEqual([{ t: 'cmd', cid: 'c1', k: 'chat.msg', d: { text: 'c1' } }]);
  expect(sent(page.tick(1))).toEqual([]);
});

it('sends again after a lost connection what was not confirmed, in order, with the same cid', () => {
  const page = new Driven().live();
  page.do('c1');
  page.do('c2');
  page.hear({ t: 'ok', cid: 'c1', seq: 1 });
  expect(page.close()).toEqual([{ kind: 'reconnect', afterMs: 250 }]);
  expect(page.do('c3')).toEqual([]);
  page.again();
  expect(sent(page.hear(welcome(2, { mode: 'replay' })))).toEqual([
    { t: 'cmd', cid: 'c2', k: 'chat.msg', d: { text: 'c2' } },
    { t: 'cmd', cid: 'c3', k: 'chat.msg', d: { text: 'c3' } },
  ]);
  page.hear(chat(1, 'c1', { device: 'tab', cid: 'c1' }));
  page.hear(chat(2, 'c2', { device: 'tab', cid: 'c2' }));
  expect(page.state.outbox.map((one) => one.cid)).toEqual(['c3']);
});

it('resumes where it stood, with its generation', () => {
  const page = new Driven().live(4);
  page.hear(chat(5, 'a'));
  page.close();
  expect(page.state.phase).toBe('reconnecting');
  expect(sent(page.again())).toEqual([
    { t: 'hello', v: 1, token: 'csrf', device: 'tab', gen: 3, caps: [], t0: 1000, resume: { session: 's1', epoch: EPOCH, seq: 5 } },
  ]);
});

it('asks at once for what is missing and folds nothing out of order', () => {
  const page = new Driven().live();
  expect(sent(page.hear(chat(3, 'c')))).toEqual([{ t: 'replay', after: 0 }]);
  expect(page.hear(chat(4, 'd'))).toEqual([]);
  expect(page.state.room.seq).toBe(0);
  const whole = [chat(1, 'a'), chat(2, 'b'), chat(3, 'c'), chat(4, 'd')];
  for (const one of whole) page.hear(one);
  expect(canonical(page.state.room)).toBe(canonical(foldAll(whole)));
  expect(page.state.behindSince).toBeUndefined();
});

it('asks for events when it has been behind the head for two seconds', () => {
  const page = new Driven().live();
  page.hear({ t: 'ping', t0: 1, head: 2 });
  expect(sent(page.tick(BEHIND_MS - 1))).toEqual([]);
  expect(sent(page.tick(1))).toEqual([{ t: 'replay', after: 0 }]);
  expect(sent(page.tick(BEHIND_MS - 1))).toEqual([]);
  page.hear(chat(1, 'a'));
  page.hear(chat(2, 'b'));
  expect(sent(page.tick(BEHIND_MS)).filter((one) => (one as { t: string }).t === 'replay')).toEqual([]);
});

it('folds nothing of another life of the room', () => {
  const page = new Driven().live();
  page.hear(chat(1, 'a', { epoch: 'e2' }));
  expect(page.state.room.seq).toBe(0);
  page.hear({ t: 'bye', code: 4010, reason: 'lease-lapsed', retry_ms: 0 });
  expect(page.close(4010)).toEqual([{ kind: 'reconnect', afterMs: 0 }]);
  expect(sent(page.again())[0]).not.toHaveProperty('resume');
});

it.each([4003, 4008, 4009, 1008, 1000])('does not come back by itself after %i, and withdraws what waits', (code) => {
  const page = new Driven().live();
  page.do('c1');
  page.hear({ t: 'bye', code, reason: 'superseded', retry_ms: null });
  expect(kinds(page.close(code))).toEqual(['withdrawn', 'ended']);
  expect(page.state).toMatchObject({ phase: 'ended', ended: { code, reason: 'superseded' }, outbox: [] });
  expect(kinds(page.do('c2'))).toEqual(['withdrawn']);
  expect(page.tick(60_000)).toEqual([]);
});

it('keeps what waits for who only has to sign in again', () => {
  const page = new Driven().live();
  page.do('c1');
  page.hear({ t: 'bye', code: 4001, reason: 'session-ended', retry_ms: null });
  expect(kinds(page.close(4001))).toEqual(['ended']);
  page.feed({ kind: 'open', now: page.now });
  expect(sent(page.again())[0]).toMatchObject({ gen: 0 });
  expect(sent(page.hear(welcome(0)))).toMatchObject([{ cid: 'c1' }]);
});

it.each([
  [4013, 0],
  [4015, 1500],
])('comes back after %i when it was told to', (code, retryMs) => {
  const page = new Driven().live();
  page.hear({ t: 'bye', code, reason: 'x', retry_ms: retryMs });
  expect(page.close(code)).toEqual([{ kind: 'reconnect', afterMs: retryMs * 1.25 }]);
});

it('waits in the lobby without saying anything, and speaks when it is let in', () => {
  const page = new Driven();
  page.feed({ kind: 'open', now: 0 });
  page.again();
  page.hear(welcome(9, { you: { role: 'guest', gen: 1, waiting: true } }));
  expect(page.state.phase).toBe('waiting');
  expect(page.do('c1')).toEqual([]);
  expect(page.feed({ kind: 'pass', k: 'ptr', d: {} })).toEqual([]);
  expect(sent(page.hear({ t: 'snapshot', seq: 10, epoch: EPOCH, state: { ...NEW, seq: 10 } }))).toMatchObject([{ cid: 'c1' }]);
  expect(page.state.phase).toBe('live');
});

it('tells what was painted until the server has it', () => {
  const page = new Driven().live();
  const images = Array.from({ length: 250 }, (_, n) => [`1.2.${String(n)}`, 1] as const);
  expect(sent(page.feed({ kind: 'painted', study: '1.2', images }))).toMatchObject([{ n: 1 }, { n: 2 }]);
  page.hear({ t: 'seen', n: 1 });
  page.close();
  page.again();
  expect(sent(page.hear(welcome(0, { mode: 'replay' })))).toMatchObject([{ t: 'seen', n: 2, images: images.slice(200) }]);
});

it('drops a socket that has gone silent, and asks now and then', () => {
  const page = new Driven().live();
  expect(sent(page.tick(PING_MS))).toEqual([{ t: 'ping', t0: 1000 + PING_MS }]);
  expect(kinds(page.tick(SILENT_MS - PING_MS))).toEqual(['drop']);
});

it('does not store without end what cannot be sent', () => {
  const page = new Driven().live();
  page.close();
  for (let n = 0; n < MOST_PENDING; n += 1) page.do(`c${String(n)}`);
  expect(page.do('one-more')).toMatchObject([{ kind: 'withdrawn', code: 'too-much' }]);
});

it('sends after a reload what was stored', () => {
  const first = new Driven().live();
  first.do('c1');
  const second = new Driven();
  second.state = restored(second.state, first.state.outbox);
  second.feed({ kind: 'open', now: 0 });
  second.again();
  expect(sent(second.hear(welcome(0)))).toMatchObject([{ cid: 'c1' }]);
});

it('comes back later and later, never all at once', () => {
  expect([1, 2, 3, 20].map((one) => delayBefore(one, 1))).toEqual([250, 500, 1000, 10_000]);
  expect(delayBefore(20, 0)).toBe(2500);
});

it.each(['', 'null', '[]', '{"t":"later"}', '{"t":"__proto__"}', '{"t":"ev","seq":"1"}', '{"t":"welcome","session":"s"}', '{"t":"snapshot","seq":1,"epoch":"e","state":null}'])(
  'ignores %s',
  (frame) => {
    expect(parse(frame)).toBeUndefined();
  },
);

it('says that its line is thin once it is let in, again on every connection, and when that changes', () => {
  const page = new Driven();
  expect(page.feed({ kind: 'line', thin: true })).toEqual([]);
  page.feed({ kind: 'open', now: page.now });
  page.again();
  expect(sent(page.hear(welcome(0)))).toEqual([{ t: 'line', thin: true }]);
  expect(page.feed({ kind: 'line', thin: true })).toEqual([]);
  page.close();
  page.again();
  expect(sent(page.hear(welcome(0)))).toContainEqual({ t: 'line', thin: true });
  expect(sent(page.feed({ kind: 'line', thin: false }))).toEqual([{ t: 'line', thin: false }]);
});

it('says nothing of a line that is good', () => {
  const page = new Driven().live();
  page.close();
  page.again();
  expect(sent(page.hear(welcome(0)))).toEqual([]);
});
