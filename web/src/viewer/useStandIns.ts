/** Compressed pictures that stand in for images over a thin line, until an image itself is asked for or the line is good. */
import { ref, watch, type Ref } from 'vue';
import { asFailure } from '@/api/failure';
import { announce } from '@/ui/announce';
import { startOf, type Series } from '@/viewer/dicom';
import { isLoaded } from '@/viewer/engine';
import { isThin, line } from '@/viewer/line';
import type { Pane } from '@/viewer/pane';
import type { VoiRange } from '@/viewer/presets';
import { ownRange, useSketches, type Sketched } from '@/viewer/sketch';

export interface StandIns {
  readonly sketch: ReturnType<typeof useSketches>;
  /** The image whose own data were asked for. */
  readonly original: Ref<string | undefined>;
  /** Whether a picture is shown instead of this image now. */
  readonly standsIn: (series: Series, index: number) => boolean;
  readonly show: (series: Series, index: number, range?: VoiRange, inverted?: boolean) => Promise<void>;
  /** The first picture of a series, unless one of it stands there already. */
  readonly open: (series: Series) => void;
  /** Another image of the series that stands here as a picture: itself where it is there, else its picture; false where none does. */
  readonly step: (to: (index: number) => number) => boolean;
  readonly look: (range: VoiRange) => boolean;
  readonly loadOriginal: () => void;
}

/** on: whether pictures may stand in at all. attach: what a pane needs that shows a series anew. */
export function useStandIns(on: () => boolean, current: () => Pane | undefined, attach: (pane: Pane, series: Series, index: number) => void): StandIns {
  const sketch = useSketches();
  const original = ref<string>();
  const here = (): Sketched | undefined => sketch.wanted.value ?? sketch.shown.value;

  const standsIn = (series: Series, index: number): boolean => {
    const frame = series.frames[index];
    return on() && frame !== undefined && !isLoaded(frame.imageId) && original.value !== frame.imageId && isThin();
  };
  function show(series: Series, index: number, range?: VoiRange, inverted = false): Promise<void> {
    const frame = series.frames[index];
    const known = here();
    const same = known?.series === series ? known : undefined;
    const looked = range ?? same?.range ?? (frame === undefined ? undefined : ownRange(frame));
    return sketch.show({ series, index, range: looked, inverted: range === undefined ? (same?.inverted ?? false) : inverted });
  }
  function open(series: Series): void {
    if (sketch.wanted.value?.series !== series && sketch.shown.value?.series !== series) void show(series, startOf(series));
  }
  function step(to: (index: number) => number): boolean {
    const known = here();
    if (known === undefined) return false;
    const index = Math.min(known.series.frames.length - 1, Math.max(0, to(known.index)));
    if (index === known.index) return true;
    if (standsIn(known.series, index)) void show(known.series, index);
    else void showOriginal(known.series, index);
    return true;
  }
  function look(range: VoiRange): boolean {
    const known = here();
    if (known === undefined) return false;
    void sketch.show({ ...known, range });
    return true;
  }
  async function showOriginal(series: Series, index: number): Promise<void> {
    const frame = series.frames[index];
    const pane = current();
    if (frame === undefined || pane === undefined) return;
    original.value = frame.imageId;
    try {
      if (pane.seriesUid === series.uid) await pane.goTo(index);
      else {
        await pane.show(series, index);
        attach(pane, series, index);
      }
      if (sketch.shown.value?.frame === frame || !isThin()) sketch.end();
    } catch (error) {
      announce(asFailure(error).sentence, 'red');
    } finally {
      if (original.value === frame.imageId) original.value = undefined;
    }
  }
  function loadOriginal(): void {
    const shown = sketch.shown.value;
    if (shown !== undefined && original.value === undefined) void showOriginal(shown.series, shown.index);
  }
  watch(line.thin, (is) => {
    if (!is) loadOriginal();
  });
  return { sketch, original, standsIn, show, open, step, look, loadOriginal };
}
