import { expect, it } from 'vitest';
import { closedConnection, restored, step, type Connection, type Pending } from '@/room/connection';
import { forget, KEPT_MS, KeptOutbox, MOST_KEPT, type Kept, type Place } from '@/room/kept';

/** As IndexedDB behaves, with everything done at once. */
class Shelf implements Place {
  readonly rows = new Map<string, Kept>();
  broken = false;
  all = (): Promise<readonly Kept[]> => (this.broken ? Promise.reject(new Error('no database')) : Promise.resolve([...this.rows.values()]));
  put = (one: Kept): Promise<void> => {
    if (this.broken) return Promise.reject(new Error('no database'));
    this.rows.set(one.cid, one);
    return Promise.resolve();
  };
  drop = (cids: readonly string[]): Promise<void> => {
    for (const cid of cids) this.rows.delete(cid);
    return Promise.resolve();
  };
}

const WHOSE = { room: 'r1', person: 'p1', device: 'tab' };
const pending = (cid: string, more: Partial<Pending> = {}): Pending => ({ cid, k: 'chat.msg', d: { text: cid }, base: undefined, sent: true, logged: undefined, after: 0, ...more });
const outboxOf = (shelf: Shelf, whose = WHOSE, now = 1000): KeptOutbox => new KeptOutbox(shelf, whose, () => undefined, () => now);

it('says after a reload what was not in the log, in its order, with its cid and from its device', async () => {
  const shelf = new Shelf();
  const before = outboxOf(shelf);
  await before.load();
  before.follow([pending('b'), pending('a', { k: 'anno.upd', base: 3 })]);
  const waiting = await outboxOf(shelf).load();
  expect(waiting.map(({ cid, k, base }) => [cid, k, base])).toEqual([['b', 'chat.msg', undefined], ['a', 'anno.upd', 3]]);

  let state: Connection = restored(closedConnection('tab', 'csrf'), waiting);
  const said: unknown[] = [];
  const welcome = { t: 'welcome', session: 's', epoch: 'e', head: 0, you: { role: 'expert', gen: 1, waiting: false }, mode: 'fresh', server_ms: 1 } as const;
  for (const input of [{ kind: 'open', now: 1 }, { kind: 'opened', now: 2 }, { kind: 'message', message: welcome, now: 3 }] as const) {
    const [next, effects] = step(state, input);
    state = next;
    for (const effect of effects) if (effect.kind === 'send' && effect.message.t !== 'hello') said.push(effect.message);
  }
  expect(said).toEqual([
    { t: 'cmd', cid: 'b', k: 'chat.msg', d: { text: 'b' } },
    { t: 'cmd', cid: 'a', k: 'anno.upd', d: { text: 'a' }, base: 3 },
  ]);
});

it('goes on behind what an earlier page had kept', async () => {
  const shelf = new Shelf();
  outboxOf(shelf).follow([pending('1'), pending('2')]);
  const again = outboxOf(shelf);
  const waiting = await again.load();
  again.follow([...waiting, pending('3')]);
  expect((await outboxOf(shelf).load()).map((one) => one.cid)).toEqual(['1', '2', '3']);
});

it('keeps nothing that the log has, that was withdrawn, or that was meant for that moment alone', async () => {
  const shelf = new Shelf();
  const outbox = outboxOf(shelf);
  outbox.follow([pending('mine'), pending('gone'), pending('look', { k: 'viewer.key' }), pending('leave', { k: 'member.left' }), pending('take', { k: 'presenter.take', base: 1 })]);
  expect([...shelf.rows.keys()]).toEqual(['mine', 'gone']);
  outbox.follow([pending('mine', { logged: 7 })]);
  expect(await outboxOf(shelf).load()).toEqual([]);
});

it.each([
  ['another person', { ...WHOSE, person: 'p2' }],
  ['another room', { ...WHOSE, room: 'r2' }],
  ['another tab', { ...WHOSE, device: 'other' }],
])('gives %s nothing', async (_, whose) => {
  const shelf = new Shelf();
  outboxOf(shelf).follow([pending('a')]);
  expect(await outboxOf(shelf, whose).load()).toEqual([]);
  expect(shelf.rows.size).toBe(1);
});

it('does not say after a shift what nobody may mean any more', async () => {
  const shelf = new Shelf();
  outboxOf(shelf).follow([pending('a')]);
  expect(await outboxOf(shelf, { ...WHOSE, person: 'p2' }, 1001 + KEPT_MS).load()).toEqual([]);
  expect(shelf.rows.size).toBe(0);
});

it('is bounded', () => {
  const shelf = new Shelf();
  outboxOf(shelf).follow(Array.from({ length: MOST_KEPT + 5 }, (_, at) => pending(String(at))));
  expect(shelf.rows.size).toBe(MOST_KEPT);
});

it('leaves nothing to the next at this PC, and to the same person what is theirs', async () => {
  const shelf = new Shelf();
  outboxOf(shelf).follow([pending('a')]);
  outboxOf(shelf, { ...WHOSE, person: 'p2' }).follow([pending('b')]);
  await forget(shelf, 'p1');
  expect([...shelf.rows.keys()]).toEqual(['a']);
  await forget(shelf);
  expect(shelf.rows.size).toBe(0);
});

it('says that it cannot keep, and the room goes on', async () => {
  const shelf = new Shelf();
  shelf.broken = true;
  const failures: unknown[] = [];
  const outbox = new KeptOutbox(shelf, WHOSE, (error) => failures.push(error));
  expect(await outbox.load()).toEqual([]);
  outbox.follow([pending('a')]);
  await Promise.resolve();
  expect(failures).toHaveLength(2);
  await forget(shelf);
});
