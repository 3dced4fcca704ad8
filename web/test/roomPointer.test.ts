import { effectScope, nextTick, ref, shallowRef } from 'vue';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GONE_MS, pointed, usePointer, type Pointer } from '@/pages/room/usePointer';
import { closedConnection, type Connection } from '@/room/connection';
import type { Data } from '@/room/protocol';
import type { RoomSession } from '@/room/session';
import type { Point } from '@/viewer/annotations';
import type { Pane } from '@/viewer/pane';

const PLACE = { sop: '1.2.3', frame: 1, x: 1500, y: 2500 };

describe('a place that is pointed at', () => {
  it('is whole or none', () => {
    expect(pointed(PLACE)).toEqual(PLACE);
    for (const key of Object.keys(PLACE)) expect(pointed({ ...PLACE, [key]: undefined } as unknown as Data)).toBeUndefined();
    expect(pointed({ ...PLACE, x: Infinity })).toBeUndefined();
  });
});

describe('the presenter’s pointer', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function standing(presenter: string): Connection {
    const start = closedConnection('tab', 'token');
    return { ...start, phase: 'live', room: { ...start.room, presenter: { ...start.room.presenter, person: presenter, pe: 3 } } };
  }
  /** A page of `me`; what it sends, and where its keyboard cursor is. */
  function page(me: string, presenter = 'P'): { pointer: Pointer; sent: Data[]; cursor: { value: Point | undefined }; connection: { value: Connection } } {
    const connection = shallowRef(standing(presenter));
    const sent: Data[] = [];
    const cursor = shallowRef<Point>();
    const pane = {
      painted: { sopInstanceUid: '1.2.3', frame: 1 },
      toWorld: (x: number, y: number) => [x, y, 0],
      toPixels: ([x, y]: readonly number[]) => [(x ?? 0) / 10, (y ?? 0) / 10],
      place: { getBoundingClientRect: () => ({ left: 100, top: 50, right: 300, bottom: 250 }) },
    } as unknown as Pane;
    const room = { connection, keeps: ref(true), open: () => undefined, act: () => '', painted: () => undefined, pass: (_k: string, d: Data) => sent.push(d) } as unknown as RoomSession;
    const scope = effectScope();
    const pointer = scope.run(() => usePointer(room, () => connection.value.room.presenter.person === me, () => pane, () => cursor.value));
    if (pointer === undefined) throw new Error('no scope');
    return { pointer, sent, cursor, connection };
  }

  it('says where the hand is in the image, at most ten times a second, and again while it rests', () => {
    const { pointer, sent } = page('P');
    pointer.toggle();
    for (let x = 0; x < 50; x += 1) pointer.moved(150 + x, 150);
    vi.advanceTimersByTime(100);
    expect(sent).toEqual([{ pe: 3, sop: '1.2.3', frame: 1, x: 9900, y: 10_000 }]);
    vi.advanceTimersByTime(4_000);
    expect(sent.length).toBeGreaterThan(1);
  });
  it('says nothing of a hand outside the image, of one that points at nothing, or of who does not present', () => {
    const { pointer, sent } = page('P');
    pointer.moved(150, 150);
    pointer.toggle();
    pointer.moved(99, 150);
    vi.advanceTimersByTime(200);
    expect(sent).toEqual([]);
    const other = page('A');
    other.pointer.toggle();
    other.pointer.moved(150, 150);
    vi.advanceTimersByTime(200);
    expect([other.pointer.on.value, other.sent]).toEqual([false, []]);
  });
  it('follows the keyboard’s cursor', async () => {
    const { pointer, sent, cursor } = page('P');
    pointer.toggle();
    cursor.value = [20, 30];
    await nextTick();
    vi.advanceTimersByTime(200);
    expect(sent).toEqual([{ pe: 3, sop: '1.2.3', frame: 1, x: 2000, y: 3000 }]);
  });
  it('ends for everybody by the same key, and with presenting', async () => {
    const { pointer, sent, connection } = page('P');
    pointer.toggle();
    pointer.moved(150, 150);
    vi.advanceTimersByTime(100);
    pointer.toggle();
    expect(sent.at(-1)).toEqual({ pe: 3 });
    pointer.toggle();
    connection.value = standing('A');
    await nextTick();
    expect(pointer.on.value).toBe(false);
  });
  it('is shown from the presenter alone, as this presenter, and goes when nothing more is heard', () => {
    const { pointer } = page('A');
    const say = (by: string, pe: number): void => pointer.heard({ t: 'eph', k: 'ptr', by, d: { pe, ...PLACE }, head: 0 } as Parameters<Pointer['heard']>[0]);
    say('X', 3);
    say('P', 2);
    expect(pointer.shown.value).toBeUndefined();
    say('P', 3);
    expect(pointer.shown.value).toEqual(PLACE);
    vi.advanceTimersByTime(GONE_MS - 1_000);
    expect(pointer.shown.value).toEqual(PLACE);
    vi.advanceTimersByTime(2_000);
    expect(pointer.shown.value).toBeUndefined();
  });
});
