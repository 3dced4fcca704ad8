import { expect, it } from 'vitest';
import { GONE_MS, readHello, seating, still, type InCall } from '@/call/presence';

const inCall = (since: number, heardAt = 0): InCall => ({ call: true, since, muted: false, camera: true, screen: false, moved: false, knows: true, heardAt });

it('reads what somebody in a call says and nothing else', () => {
  expect(readHello({ call: true, since: 5, muted: true })).toEqual({ call: true, since: 5, muted: true, camera: false, screen: false, moved: false, knows: false });
  expect(readHello({ call: true, since: 5, moved: true })?.moved).toBe(true);
  for (const other of [{}, { call: 1, since: 5 }, { call: true }, { call: true, since: 1.5 }, { signal: '{}' }]) expect(readHello(other)).toBeUndefined();
});

it('lets go whoever is in the room and says nothing of the call for long, or has left the room', () => {
  const others = new Map([['a', inCall(1)]]);
  expect([...still(others, () => 'present', true, GONE_MS - 1).keys()]).toEqual(['a']);
  expect([...still(others, () => 'present', true, GONE_MS).keys()]).toEqual([]);
  for (const st of ['left', 'absent', 'denied', 'knocking', undefined]) expect(still(others, () => st, true, 1).size).toBe(0);
});

it('misses nobody while either side is coming back to the room, and then counts from there', () => {
  const late = 10 * GONE_MS;
  const others = new Map([['a', inCall(1)]]);
  for (const [st, live] of [['present', false], ['left', false], ['reconnecting', true]] as const) {
    const kept = still(others, () => st, live, late);
    expect(kept.get('a')?.heardAt).toBe(late);
    expect(still(kept, () => 'present', true, late + GONE_MS - 1).size).toBe(1);
    expect(still(kept, () => 'present', true, late + GONE_MS).size).toBe(0);
  }
});

it('seats everybody in the order of joining, and those of one moment by their names', () => {
  const others = new Map([['c', inCall(1)], ['a', inCall(2)], ['b', inCall(3)]]);
  expect(seating(others, 'd', 2)).toEqual(['c', 'a', 'd', 'b']);
});
