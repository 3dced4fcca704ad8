/** The presenter's pointer: where a hand points in the image, in its pixels, so that every screen shows the same spot. */
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue';
import type { Passing } from '@/room/protocol';
import type { RoomSession } from '@/room/session';
import type { Point } from '@/viewer/annotations';
import type { Pane } from '@/viewer/pane';

/** Of an image; x and y in thousandths of its pixels. */
export interface Pointed {
  readonly sop: string;
  readonly frame: number;
  readonly x: number;
  readonly y: number;
}

export interface Pointer {
  readonly on: Ref<boolean>;
  readonly mayPoint: ComputedRef<boolean>;
  readonly toggle: () => void;
  /** Where the presenter points; undefined while they do not. */
  readonly shown: ComputedRef<Pointed | undefined>;
  /** Of the mouse, in CSS pixels of the window. */
  readonly moved: (x: number, y: number) => void;
  readonly heard: (one: Passing) => void;
}

/** A hand is followed well enough by ten a second, and each is 150 bytes of a thin line. */
const PACE_MS = 100;
/** A hand that rests is said again, for whoever has come meanwhile. */
const REST_MS = 2000;
export const GONE_MS = 5000;

/** What the data of `ptr` say; undefined where they say no place. */
export function pointed({ sop, frame, x, y }: Passing['d']): Pointed | undefined {
  if (typeof sop !== 'string' || typeof frame !== 'number' || typeof x !== 'number' || typeof y !== 'number') return undefined;
  return Number.isFinite(x) && Number.isFinite(y) ? { sop, frame, x, y } : undefined;
}

/** cursor: of whoever points by keyboard, in CSS pixels of the active viewport. */
export function usePointer(room: RoomSession, presents: () => boolean, pane: () => Pane | undefined, cursor: () => Point | undefined): Pointer {
  const on = ref(false);
  const shown = shallowRef<Pointed>();
  let own: Pointed | undefined;
  let sending: number | undefined;
  let sentAt = -Infinity;
  let heardAt = -Infinity;

  const presenter = computed(() => room.connection.value.room.presenter);
  const mayPoint = computed(() => presents() && room.connection.value.phase === 'live');

  function say(): void {
    sending = undefined;
    if (!on.value || own === undefined || !mayPoint.value) return;
    sentAt = performance.now();
    room.pass('ptr', { pe: presenter.value.pe, ...own });
  }
  function point(x: number, y: number): void {
    const here = pane();
    const frame = here?.painted;
    const [column, row] = here?.toPixels(here.toWorld(x, y)) ?? [];
    if (frame === undefined || column === undefined || row === undefined) return;
    own = { sop: frame.sopInstanceUid, frame: frame.frame, x: Math.round(column * 1000) + 0, y: Math.round(row * 1000) + 0 };
    sending ??= window.setTimeout(say, Math.max(0, PACE_MS - (performance.now() - sentAt)));
  }
  function moved(x: number, y: number): void {
    const box = on.value ? pane()?.place.getBoundingClientRect() : undefined;
    if (box !== undefined && x >= box.left && x < box.right && y >= box.top && y < box.bottom) point(x - box.left, y - box.top);
  }
  function end(): void {
    window.clearTimeout(sending);
    sending = own = undefined;
    if (on.value && mayPoint.value) room.pass('ptr', { pe: presenter.value.pe });
    on.value = false;
  }
  function toggle(): void {
    if (on.value) end();
    else on.value = mayPoint.value;
  }
  watch(cursor, (at) => {
    if (on.value && at !== undefined) point(at[0], at[1]);
  });
  watch(presents, (is) => {
    if (!is) end();
  });
  // Whoever presents next has pointed at nothing yet.
  watch(() => presenter.value.pe, () => (shown.value = undefined));

  function heard(one: Passing): void {
    if (one.k !== 'ptr' || one.by !== presenter.value.person || one.d['pe'] !== presenter.value.pe) return;
    shown.value = pointed(one.d);
    heardAt = performance.now();
  }

  const clock = window.setInterval(() => {
    if (performance.now() - sentAt >= REST_MS) say();
    if (performance.now() - heardAt >= GONE_MS) shown.value = undefined;
  }, REST_MS / 2);
  onScopeDispose(() => {
    window.clearInterval(clock);
    window.clearTimeout(sending);
  });
  return { on, mayPoint, toggle, shown: computed(() => shown.value), moved, heard };
}
