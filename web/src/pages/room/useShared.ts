/** One view for all: the presenter's goes out, the others' viewports take it on, everybody says what is painted. */
import { computed, onScopeDispose, ref, shallowReactive, shallowRef, watch, type ComputedRef, type Ref } from 'vue';
import type { Passing } from '@/room/protocol';
import type { RoomSession } from '@/room/session';
import { asked, factsOf, Pace, sameSlice, seeing, type Asked, type Look, type Seeing, type Slice } from '@/room/shared';
import type { Frame } from '@/viewer/dicom';
import type { Pane } from '@/viewer/pane';

/** What the page's viewer can do. */
export interface Showing {
  readonly bring: (series: string) => Promise<Pane | undefined>;
  /** Over a thin line: a compressed picture of it; false where the image itself is to be shown. */
  readonly bringSketch: (asked: Asked) => Promise<boolean>;
}

/** The server takes five acknowledgements a second. */
const TELL_MS = 250;

export interface Shared {
  /** Whether this person lets the presenter lead. */
  readonly following: Ref<boolean>;
  readonly follows: ComputedRef<boolean>;
  readonly presents: ComputedRef<boolean>;
  readonly seeing: ComputedRef<Seeing>;
  readonly presented: ComputedRef<Slice | undefined>;
  /** Shows what was shown last, though nobody presents. */
  readonly goToAsked: () => void;
  /** Whoever is here moves the image themselves. */
  readonly stay: () => void;
  readonly heard: (one: Passing) => void;
  readonly onLook: (pane: Pane) => void;
  readonly onPainted: (frame: Frame) => void;
  readonly onSketched: (frame: Frame, look: Look | undefined) => void;
  /** Who of those that see the image has a compressed picture of it. */
  readonly sketching: ComputedRef<readonly string[]>;
}

export function useShared(room: RoomSession, me: () => string, study: Ref<string | undefined>, studies: () => readonly string[], viewer: () => Showing | null): Shared {
  const following = ref(true);
  const painted = shallowReactive(new Map<string, Slice>());
  /** Whose last image is a compressed picture: it counts for the room, and never for what an expert has seen. */
  const sketches = shallowReactive(new Set<string>());
  const own = shallowRef<Look>();
  /** What is to be shown here next, and what is shown of it. */
  const wanted = shallowRef<Asked>();
  let done: Asked | undefined;
  let applying = false;
  let runs = 0;
  /** The presenter who comes back goes on where they were, before anything of theirs goes out. */
  let restored = false;
  /** What was shown last is on its way to this screen; once by itself, for whoever comes when nobody presents. */
  let returning = false;
  let came = false;

  const state = computed(() => room.connection.value.room);
  const presenter = computed(() => state.value.presenter);
  const live = computed(() => room.connection.value.phase === 'live');
  const presents = computed(() => presenter.value.person === me());
  const follows = computed(() => presenter.value.person !== '' && !presents.value && following.value);
  const presented = computed<Slice | undefined>(() => (presents.value ? own.value : presenter.value.person === '' ? undefined : wanted.value));

  const led = (): boolean => (returning && presenter.value.person === '') || follows.value || (presents.value && !restored);
  function take(d: Asked | undefined): void {
    if (d === undefined) return;
    wanted.value = d;
    if (led()) void apply();
  }
  function goToAsked(): void {
    if (asked(state.value.viewer) === undefined) return;
    returning = true;
    done = undefined;
    take(asked(state.value.viewer));
  }

  async function apply(): Promise<void> {
    if (applying) return;
    applying = true;
    const mine = ++runs;
    try {
      while (mine === runs && wanted.value !== undefined && wanted.value !== done && led()) {
        const next: Asked = wanted.value;
        if (next.study !== study.value) {
          // The viewer of the other study tells of its first image, and this goes on from there.
          if (studies().includes(next.study)) study.value = next.study;
          return;
        }
        const sketched = await viewer()?.bringSketch(next);
        if (mine !== runs) return;
        if (sketched === true) {
          done = next;
          restored = true;
          returning = false;
          continue;
        }
        const pane = await viewer()?.bring(next.series);
        if (pane === undefined || !(await pane.lookAs(next)) || mine !== runs) return;
        done = next;
        restored = true;
        returning = false;
      }
    } finally {
      if (mine === runs) applying = false;
    }
  }
  /** Whoever moves the image takes it out of the hands of what was being shown; one who presents shows that from here on. */
  function stay(): void {
    returning = false;
    // A viewport that is sent elsewhere never says that it has come where it was sent before.
    runs += 1;
    applying = false;
    if (presents.value) restored = true;
  }

  const pace = new Pace<Look>(
    (look) => {
      if (mayShow()) room.pass('viewer.live', factsOf(look, presenter.value.pe));
    },
    (look) => {
      if (mayShow()) room.act('viewer.key', factsOf(look, presenter.value.pe));
    },
  );
  const mayShow = (): boolean => presents.value && live.value && restored;
  function show(): void {
    if (own.value !== undefined && mayShow()) pace.take(own.value);
  }

  // The log speaks first when somebody comes in, and again whenever something has settled.
  watch(() => state.value.viewer, (key) => {
    const first = !came;
    came ||= live.value;
    if (key === null || (presents.value && restored)) return;
    if (first && presenter.value.person === '') goToAsked();
    else take(asked(key));
  });
  watch([presents, live], ([is, there]) => {
    if (!is || !there) {
      pace.stop();
      return;
    }
    if (restored) show();
    else if (state.value.viewer === null) {
      restored = true;
      show();
    } else take(asked(state.value.viewer));
  });
  watch(follows, (is) => {
    if (!is) return;
    done = undefined;
    void apply();
  });

  function heard(one: Passing): void {
    if (one.k === 'seen' && typeof one.d['sop'] === 'string' && typeof one.d['frame'] === 'number') {
      painted.set(one.by, { sop: one.d['sop'], frame: one.d['frame'] });
      sketches.delete(one.by);
    } else if (one.k === 'quality' && typeof one.d['sop'] === 'string' && typeof one.d['frame'] === 'number') {
      painted.set(one.by, { sop: one.d['sop'], frame: one.d['frame'] });
      sketches.add(one.by);
    } else if (one.k === 'viewer.live' && one.by === presenter.value.person && one.d['pe'] === presenter.value.pe) {
      take(asked(one.d));
    }
  }

  function onLook(pane: Pane): void {
    const look = pane.look;
    if (look === undefined) return;
    own.value = look;
    if (applying) return;
    // Somebody who presents without ever having been shown anything has nothing to go back to.
    if (!presents.value && !follows.value) restored = true;
    if (presents.value) show();
  }

  let waiting: (readonly [string, number])[] = [];
  let last: Frame | undefined;
  let telling: ReturnType<typeof setTimeout> | undefined;
  function tellSoon(frame: Frame): void {
    waiting.push([frame.sopInstanceUid, frame.frame]);
    telling ??= setTimeout(() => {
      telling = undefined;
      const all = waiting;
      waiting = [];
      room.painted(frame.studyUid, all);
    }, TELL_MS);
  }
  function onPainted(frame: Frame): void {
    if (frame.studyUid !== study.value) return;
    last = frame;
    // The image itself has come: it is looked at as it was shown.
    if (lastSketch !== undefined) done = undefined;
    lastSketch = undefined;
    painted.set(me(), { sop: frame.sopInstanceUid, frame: frame.frame });
    sketches.delete(me());
    tellSoon(frame);
    if (wanted.value !== undefined && wanted.value !== done) void apply();
  }
  let lastSketch: Frame | undefined;
  const tellSketch = (frame: Frame): void => room.pass('quality', { sop: frame.sopInstanceUid, frame: frame.frame, preview: 1 });
  function onSketched(frame: Frame, look: Look | undefined): void {
    if (frame.studyUid !== study.value) return;
    lastSketch = frame;
    painted.set(me(), { sop: frame.sopInstanceUid, frame: frame.frame });
    sketches.add(me());
    tellSketch(frame);
    if (!applying && look !== undefined) {
      own.value = look;
      if (!presents.value && !follows.value) restored = true;
      if (presents.value) show();
    }
    if (wanted.value !== undefined && wanted.value !== done) void apply();
  }
  // Who comes in has heard of nobody's screen yet.
  const here = computed(() => Object.entries(state.value.members).flatMap(([person, one]) => (one.st === 'present' ? [`${person} ${String(one.gen)}`] : [])).join());
  watch(here, () => {
    if (!live.value) return;
    if (lastSketch !== undefined) tellSketch(lastSketch);
    else if (last !== undefined) tellSoon(last);
  });

  onScopeDispose(() => {
    pace.stop();
    clearTimeout(telling);
  });

  return {
    following,
    follows,
    presents,
    seeing: computed(() => seeing(state.value.members, painted, presented.value)),
    presented,
    goToAsked,
    stay,
    heard,
    onLook,
    onPainted,
    onSketched,
    sketching: computed(() => [...sketches].filter((person) => sameSlice(presented.value, painted.get(person)))),
  };
}
