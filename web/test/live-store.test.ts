import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useHeldList } from '@/live/held';
import { useLive } from '@/live/store';

class Socket extends EventTarget {
  static readonly OPEN = 1;
  static all: Socket[] = [];
  readyState = 1;
  sent: string[] = [];
  constructor(readonly url: URL) {
    super();
    Socket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event('close'));
  }
  say(message: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  }
}
function last(): Socket {
  const socket = Socket.all.at(-1);
  if (socket === undefined) throw new Error('no socket');
  return socket;
}
function event(cursor: string, topic: string): unknown {
  return { cursor, kind: 'x', subject: 's', topics: [topic], at: '', ids: {} };
}

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  vi.stubGlobal('WebSocket', Socket);
  setActivePinia(createPinia());
});
afterEach(() => {
  useLive().stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('tells each listener of its own topics and of a reset', () => {
  const live = useLive();
  const heard: string[] = [];
  live.subscribe(['worklist'], (events) => heard.push(`w${String(events.length)}`), () => heard.push('reset'));
  const leave = live.subscribe(['study/1'], (events) => heard.push(`s${String(events.length)}`), () => undefined);
  live.start();
  last().say({ type: 'hello', epoch: 'e', head: '1.1' });
  expect(JSON.parse(last().sent[0] ?? '')).toMatchObject({ topics: ['study/1', 'worklist'], epoch: 'e', after: '1.1' });
  last().say({ type: 'live', cursor: '1.1' });
  last().say({ type: 'events', events: [event('2.1', 'worklist'), event('2.2', 'study/1'), event('2.3', 'worklist')] });
  leave();
  last().say({ type: 'events', events: [event('3.1', 'study/1')] });
  last().say({ type: 'reset' });
  expect(heard).toEqual(['w2', 's1', 'reset']);
  expect(live.link).toBe('online');
});

it('comes back by itself, and closes a socket that has gone silent', () => {
  const live = useLive();
  live.start();
  last().say({ type: 'hello', epoch: 'e', head: '1.1' });
  last().say({ type: 'live', cursor: '1.1' });
  expect(Socket.all).toHaveLength(1);
  vi.advanceTimersByTime(46_000);
  expect(live.link).toBe('reconnecting');
  vi.advanceTimersByTime(600);
  expect(Socket.all).toHaveLength(2);
});

it('a stopped stream stays stopped', () => {
  const live = useLive();
  live.start();
  live.stop();
  vi.advanceTimersByTime(120_000);
  expect(Socket.all).toHaveLength(1);
});

it('a held list shows nothing new before it is asked, and loads once for a burst', async () => {
  let server = [{ id: 'a', state: 1 }];
  const load = vi.fn(() => Promise.resolve(server));
  const list = useHeldList(['worklist'], load, {
    key: (row) => row.id,
    same: (a, b) => a.state === b.state,
    urgent: (row) => row.state === 9,
  });
  await list.reload();
  useLive().start();
  last().say({ type: 'hello', epoch: 'e', head: '1.1' });
  last().say({ type: 'live', cursor: '1.1' });
  server = [
    { id: 'b', state: 9 },
    { id: 'a', state: 2 },
  ];
  for (const cursor of ['2.1', '2.2', '2.3']) last().say({ type: 'events', events: [event(cursor, 'worklist')] });
  await vi.runOnlyPendingTimersAsync();
  expect(load).toHaveBeenCalledTimes(3); // first, burst, one more for what came meanwhile
  expect(list.rows.value).toEqual([{ id: 'a', state: 1 }]);
  expect(list.waiting.value).toEqual({ added: 1, changed: 1, removed: 0, urgent: 1 });
  list.apply();
  expect(list.rows.value.map((row) => row.id)).toEqual(['b', 'a']);
  expect(list.count.value).toBe(0);
});
