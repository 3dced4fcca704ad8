/** Viewports that scroll together from the moment on which they are linked. */
import { ref, type Ref } from 'vue';
import { along } from '@/viewer/dicom';
import { follow, linkAt, type Link, type StackPlace } from '@/viewer/linked';
import type { Pane } from '@/viewer/pane';

export interface Linked {
  readonly on: Ref<boolean>;
  readonly toggle: () => void;
  /** Links anew from where every viewport is now. */
  readonly anew: () => void;
  /** The others go where this viewport has gone. */
  readonly scrolled: (from: number) => void;
  readonly end: () => void;
}

function placeOf(pane: Pane): StackPlace {
  return { positions: pane.frames.map(along), frameOfReference: pane.frames[0]?.frameOfReference ?? '' };
}

/** panes: by their place. current: the one in hand. */
export function useLinked(panes: ReadonlyMap<number, Pane>, current: () => Pane | undefined): Linked {
  const on = ref(false);
  const links = new Map<number, Link>();

  function anew(): void {
    links.clear();
    const source = current();
    if (source === undefined || !on.value) return;
    for (const [at, pane] of panes) {
      if (pane !== source) links.set(at, linkAt(placeOf(source), source.index, placeOf(pane), pane.index));
    }
  }
  function scrolled(from: number): void {
    const source = panes.get(from);
    if (source === undefined || !on.value) return;
    for (const [at, pane] of panes) {
      const link = links.get(at);
      if (at === from || link === undefined) continue;
      const target = follow(placeOf(source), source.index, placeOf(pane), link);
      if (target !== undefined) void pane.goTo(target);
    }
  }
  function toggle(): void {
    on.value = !on.value;
    anew();
  }
  function end(): void {
    links.clear();
    on.value = false;
  }
  return { on, toggle, anew, scrolled, end };
}
