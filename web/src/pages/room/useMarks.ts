/** The marks of a room on this screen: what is drawn here goes into the log, what the log has is drawn here. */
import { computed, onScopeDispose, reactive, ref, watch, type ComputedRef } from 'vue';
import type { Pending } from '@/room/connection';
import { changeOf, factsOfMark, inOrder, kindOf, labelOf, pointsOf, saidOf, standsAt, type Drawn } from '@/room/marks';
import type { Data, Mark } from '@/room/protocol';
import type { RoomSession } from '@/room/session';
import { Drawings } from '@/viewer/drawings';
import type { Frame } from '@/viewer/dicom';
import { hasWebGl2 } from '@/viewer/engine';
import type { Pane } from '@/viewer/pane';

export interface Marking {
  readonly current: () => Pane | undefined;
  readonly bring: (series: string) => Promise<Pane | undefined>;
  readonly reserve: (labels: readonly string[]) => void;
}

/** One line of the list of marks. waits: what of it the log does not have yet. */
export interface Listed {
  readonly id: string;
  readonly mark: Mark;
  readonly said: string;
  readonly waits: '' | 'pending' | 'removing';
  readonly hidden: boolean;
  readonly mine: boolean;
}

export interface Marks {
  readonly list: ComputedRef<readonly Listed[]>;
  readonly toggle: (id: string) => void;
  readonly remove: (id: string) => void;
  /** One's own newest on the image that is looked at. */
  readonly removeLast: () => void;
  readonly goTo: (id: string) => Promise<boolean>;
  /** A viewport shows another image or series than before. */
  readonly onPainted: () => void;
}

const MARKS: ReadonlySet<string> = new Set(['anno.add', 'anno.upd', 'anno.del']);
export const isMark = (k: string): boolean => MARKS.has(k);
const idIn = (d: Data): string => (typeof d['id'] === 'string' ? d['id'] : '');

export interface MarkTexts {
  readonly mean: () => string;
  readonly comma: () => string;
  /** What was drawn and cannot be kept. */
  readonly lost: (why: 'mayNot' | 'offline') => void;
}

export function useMarks(room: RoomSession, me: () => string, viewer: () => Marking | null, texts: MarkTexts): Marks {
  const hidden = reactive(new Set<string>());
  /** Changes that wait for the one before them, so that each says what it starts from. */
  const later = new Map<string, Drawn>();
  const shownVersion = new Map<string, string>();
  const painted = ref(0);

  const connection = computed(() => room.connection.value);
  const state = computed(() => connection.value.room);
  const role = computed(() => state.value.members[me()]?.role ?? '');
  const marks = computed(() => state.value.marks);
  const waiting = computed(() => connection.value.outbox.filter((one) => isMark(one.k)));
  const waitsFor = (id: string): Pending | undefined => waiting.value.find((one) => idIn(one.d) === id);

  const mayMark = (): boolean => role.value === 'moderator' || role.value === 'expert' || role.value === 'participant';
  const mayEdit = (mark: Mark): boolean => mayMark() && (mark.author === me() || role.value === 'moderator');
  const said = (mark: Pick<Mark, 'tool' | 'label' | 'value' | 'unit'>): string => saidOf(mark, { mean: texts.mean(), comma: texts.comma() });

  const drawings = hasWebGl2() ? new Drawings(() => viewer()?.current(), onChange, onErased, () => sync()) : undefined;

  function onChange(drawn: Drawn): void {
    const mark = marks.value[drawn.id];
    const waits = waitsFor(drawn.id);
    const change = changeOf(drawn);
    if (waits !== undefined) {
      if (!standsAt({ world: Array.isArray(waits.d['world']) ? (waits.d['world'] as readonly number[]) : [] }, change)) later.set(drawn.id, drawn);
      return;
    }
    if (mark === undefined) {
      const { phase } = connection.value;
      if (!mayMark() || phase === 'ended' || phase === 'idle' || state.value.st === 'closed') {
        drawings?.erase(drawn.id);
        texts.lost(mayMark() ? 'offline' : 'mayNot');
        return;
      }
      drawings?.look(drawn.id, undefined, true);
      room.act('anno.add', factsOfMark(drawn));
      return;
    }
    if (mark.gone !== 0 || standsAt(mark, change)) return;
    if (mayEdit(mark)) {
      drawings?.look(drawn.id, undefined, true);
      room.act('anno.upd', change, mark.ver);
    } else {
      shownVersion.delete(drawn.id);
      sync();
    }
  }

  function onErased(id: string): void {
    later.delete(id);
    shownVersion.delete(id);
    remove(id);
    sync();
  }

  function remove(id: string): void {
    const mark = marks.value[id];
    if (mark !== undefined && mark.gone === 0 && mayEdit(mark) && waitsFor(id) === undefined) room.act('anno.del', { id }, mark.ver);
  }

  function removeLast(): void {
    const here = viewer()?.current()?.painted;
    const own = Object.entries(marks.value).filter(([, mark]) => mark.gone === 0 && mark.author === me() && mark.sop === here?.sopInstanceUid && mark.frame === here.frame);
    const last = own.sort(([, one], [, other]) => one.at - other.at).at(-1);
    if (last !== undefined) remove(last[0]);
  }

  const frameOf = (pane: Pane, mark: Pick<Mark, 'series' | 'sop' | 'frame'>): Frame | undefined =>
    pane.seriesUid === mark.series ? pane.frames.find((one) => one.sopInstanceUid === mark.sop && one.frame === mark.frame) : undefined;

  /** Draws what the room has and this viewport can show; takes away what it has no more. */
  function sync(): void {
    const pane = viewer()?.current();
    if (drawings === undefined || drawings.held || pane === undefined || pane.seriesUid === undefined || painted.value === 0) return;
    const stays = new Set(waiting.value.filter((one) => one.k !== 'anno.del').map((one) => idIn(one.d)));
    for (const [id, mark] of Object.entries(marks.value)) {
      const kind = kindOf(mark);
      const frame = frameOf(pane, mark);
      if (mark.gone !== 0 || hidden.has(id) || kind === undefined || frame === undefined) continue;
      // Somebody's hand is still on it: what they make of it comes as a change of its own.
      if (stays.has(id)) continue;
      stays.add(id);
      const version = `${pane.id} ${pane.seriesUid} ${String(mark.ver)} ${said(mark)} ${String(mayEdit(mark))}`;
      if (shownVersion.get(id) === version && drawings.has(id)) continue;
      shownVersion.set(id, version);
      drawings.draw({ id, kind, frame, points: pointsOf(mark), label: labelOf(mark), said: said(mark), locked: !mayEdit(mark) }, pane);
      drawings.look(id, said(mark), false);
    }
    for (const id of drawings.all) {
      if (stays.has(id)) continue;
      shownVersion.delete(id);
      drawings.erase(id);
    }
    viewer()?.reserve(Object.values(marks.value).map(labelOf).filter((label) => label !== ''));
  }

  function sendLater(): void {
    for (const [id, drawn] of [...later]) {
      if (waitsFor(id) !== undefined) continue;
      later.delete(id);
      onChange(drawn);
    }
  }

  watch([marks, waiting, role, hidden, painted], () => {
    sendLater();
    sync();
  });
  onScopeDispose(() => drawings?.dispose());

  const list = computed((): readonly Listed[] => {
    const known = inOrder(marks.value).flatMap(([id, mark]): Listed[] => {
      if (mark.gone !== 0) return [];
      const waits = waitsFor(id);
      const how = waits === undefined ? '' : waits.k === 'anno.del' ? 'removing' : 'pending';
      return [{ id, mark, said: said(mark), waits: how, hidden: hidden.has(id), mine: mayEdit(mark) }];
    });
    const fresh = waiting.value.flatMap((one): Listed[] => {
      const id = idIn(one.d);
      if (one.k !== 'anno.add' || Object.hasOwn(marks.value, id)) return [];
      const mark = { ver: 0, author: me(), at: 0, gone: 0, ...one.d } as unknown as Mark;
      return [{ id, mark, said: said(mark), waits: 'pending', hidden: false, mine: false }];
    });
    return [...known, ...fresh];
  });

  return {
    list,
    toggle: (id) => {
      if (!hidden.delete(id)) hidden.add(id);
    },
    remove,
    removeLast,
    goTo: async (id) => {
      const mark = marks.value[id];
      if (mark === undefined) return false;
      const pane = await viewer()?.bring(mark.series);
      const frame = pane === undefined ? undefined : frameOf(pane, mark);
      if (pane === undefined || frame === undefined) return false;
      await pane.goTo(pane.frames.indexOf(frame));
      return true;
    },
    onPainted: () => (painted.value += 1),
  };
}
