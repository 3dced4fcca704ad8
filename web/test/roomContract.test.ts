import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { canonical, fold, foldAll, NEW } from '@/room/fold';
import type { RoomEvent, RoomState } from '@/room/protocol';

interface Fixture {
  readonly name: string;
  readonly states: Readonly<Record<string, string>>;
  readonly events: readonly RoomEvent[];
}

const FOLDER = resolve(__dirname, '../../tests/contract/room');
const fixtures = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(resolve(FOLDER, name), 'utf-8')) as Fixture);

it('has logs to fold', () => {
  expect(fixtures.length).toBeGreaterThan(5);
});

it.each(fixtures)('$name folds to the bytes that the server writes', ({ events, states }) => {
  for (const [length, expected] of Object.entries(states)) {
    expect(canonical(foldAll(events.slice(0, Number(length))))).toBe(expected);
  }
});

it.each(fixtures)('$name is the same from a snapshot at any point', ({ events }) => {
  const whole = canonical(foldAll(events));
  for (let at = 0; at <= events.length; at += 7) {
    const snapshot = JSON.parse(canonical(foldAll(events.slice(0, at)))) as RoomState;
    expect(canonical(foldAll(events.slice(at), snapshot))).toBe(whole);
  }
});

it('leaves the state before as it was', () => {
  for (const { events } of fixtures.slice(0, 2)) {
    let state = NEW;
    for (const event of events) {
      const before = canonical(state);
      const next = fold(state, event);
      expect(canonical(state)).toBe(before);
      state = next;
    }
  }
});

it('has no spelling for a fraction', () => {
  expect(() => canonical({ a: 0.5 })).toThrow(TypeError);
  expect(() => canonical({ a: undefined })).toThrow(TypeError);
});
