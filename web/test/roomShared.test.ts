import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { canonical } from '@/room/fold';
import { asked, factsOf, KEY_MS, LIVE_MS, Pace, seeing, SETTLE_MS, type Asked, type Look, type Vector3 } from '@/room/shared';

/** A slice that lies askew, turned by 30° on the screen. */
const ACROSS: Vector3 = [0.8, 0.6, 0];
const DOWN: Vector3 = [0, 0, -1];
const turned = (by: number): { right: Vector3; up: Vector3 } => {
  const mix = (a: Vector3, x: number, b: Vector3, y: number): Vector3 => [a[0] * x + b[0] * y, a[1] * x + b[1] * y, a[2] * x + b[2] * y];
  return { right: mix(ACROSS, Math.cos(by), DOWN, Math.sin(by)), up: mix(ACROSS, Math.sin(by), DOWN, -Math.cos(by)) };
};
const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

function look(more: Partial<Look> = {}): Look {
  const { right, up } = turned(Math.PI / 6);
  return {
    study: '1.2', series: '1.2.3', sop: '1.2.3.4', frame: 2, lower: -160.5, upper: 239.5, inverted: false, mirrored: false,
    middle: [12.3456, -78.9, 1024.001], up, normal: cross(right, up), half: 60, whole: 150, ...more,
  };
}
function told(one: Look): Asked {
  const found = asked(JSON.parse(JSON.stringify(factsOf(one, 3))) as Record<string, unknown>);
  if (found === undefined) throw new Error('not a whole view');
  return found;
}

/** Where a point of a screen lies in the world, as a parallel projection has it. */
function world(view: { middle: Vector3; up: Vector3; normal: Vector3; half: number }, height: number, fromMiddle: readonly [number, number]): Vector3 {
  const right = cross(view.up, view.normal);
  const mm = (2 * view.half) / height;
  const at = (axis: 0 | 1 | 2): number => view.middle[axis] + mm * (fromMiddle[0] * right[axis] - fromMiddle[1] * view.up[axis]);
  return [at(0), at(1), at(2)];
}

it.each([[false], [true]])('shows the same place of the world on screens of different size (mirrored: %s)', (mirrored) => {
  const mine = look({ mirrored, ...(mirrored ? { normal: look().normal.map((one) => -one) as unknown as Vector3 } : {}) });
  const theirs = told(mine);
  const there = { ...theirs, half: mine.whole / theirs.zoom };
  for (const [x, y] of [[0, 0], [0.25, -0.4], [-0.5, 0.5]] as const) {
    const here = world(mine, 900, [900 * x, 900 * y]);
    world(there, 480, [480 * x, 480 * y]).forEach((value, axis) => expect(value).toBeCloseTo(here[axis] ?? NaN, 1));
  }
  expect(theirs.mirrored).toBe(mirrored);
});

it('keeps the image, the window and the zoom', () => {
  const { lower, upper, inverted, sop, frame, zoom } = told(look({ inverted: true }));
  expect({ lower, upper, inverted, sop, frame, zoom }).toEqual({ lower: -160.5, upper: 239.5, inverted: true, sop: '1.2.3.4', frame: 2, zoom: 2.5 });
});

it('says nothing that has no one spelling', () => {
  expect(() => canonical(factsOf(look({ up: [0, -1e-9, -1], normal: [-0, 1, 0] }), 1))).not.toThrow();
  expect(Object.values(factsOf(look({ up: [0, -1e-9, -1] }), 1)).flat().some((one) => Object.is(one, -0))).toBe(false);
});

it.each([[null], [{}], [{ ...factsOf(look(), 1), mpr: [1, 2] }], [{ ...factsOf(look(), 1), zoom: 0 }], [{ ...factsOf(look(), 1), wl: ['a', 2] }]])('takes nothing from half a view: %j', (d) => {
  expect(asked(d)).toBeUndefined();
});

it('counts who sees this very image of those who are there', () => {
  const one = { role: 'expert', since: 0, gen: 1, adm: 1 };
  const members = { a: { ...one, st: 'present' }, b: { ...one, st: 'present' }, c: { ...one, st: 'reconnecting' }, d: { ...one, st: 'present' } };
  const painted = new Map([['a', { sop: '1', frame: 1 }], ['b', { sop: '1', frame: 2 }], ['c', { sop: '1', frame: 1 }]]);
  expect(seeing(members, painted, { sop: '1', frame: 1 })).toEqual({ see: ['a'], not: ['b', 'd'] });
  expect(seeing(members, painted, undefined).see).toEqual([]);
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('sends a drag at most thirty times a second and what has settled once', () => {
  const live: number[] = [];
  const settled: number[] = [];
  const pace = new Pace<number>((one) => live.push(one), (one) => settled.push(one), () => Date.now());
  for (let at = 0; at < 200; at += 1) {
    pace.take(at);
    vi.advanceTimersByTime(5);
  }
  vi.advanceTimersByTime(SETTLE_MS + LIVE_MS);
  expect(live.length).toBeLessThanOrEqual(31);
  expect(live.length).toBeGreaterThan(20);
  expect(live.at(-1)).toBe(199);
  expect(settled).toEqual([199]);
});

it('writes no more keys than the server takes', () => {
  const at: number[] = [];
  const pace = new Pace<number>(() => undefined, () => at.push(Date.now()), () => Date.now());
  for (let n = 0; n < 10; n += 1) {
    pace.take(n);
    vi.advanceTimersByTime(SETTLE_MS + 10);
  }
  vi.advanceTimersByTime(KEY_MS);
  for (let n = 1; n < at.length; n += 1) expect((at[n] ?? 0) - (at[n - 1] ?? 0)).toBeGreaterThanOrEqual(KEY_MS);
});
