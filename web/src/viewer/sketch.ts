/** Compressed pictures instead of images, while the line is thin: one at a time, the newest that is wanted. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import type { Look, Vector3 } from '@/room/shared';
import { number, numbers, TAG, type Frame, type Series } from '@/viewer/dicom';
import { renderedUrl, SKETCH } from '@/viewer/dicomweb';
import { rangeOf, windowOf, type VoiRange } from '@/viewer/presets';

export interface Sketched {
  readonly series: Series;
  readonly index: number;
  readonly range: VoiRange | undefined;
  readonly inverted: boolean;
}
export interface Shown extends Sketched {
  readonly frame: Frame;
  /** Where it came from, and where it is kept. */
  readonly source: string;
  readonly url: string;
}

/** The window that the image itself names. */
export function ownRange(frame: Frame): VoiRange | undefined {
  const width = number(frame.metadata, TAG.windowWidth);
  const center = number(frame.metadata, TAG.windowCenter);
  return width === undefined || center === undefined || width < 1 ? undefined : rangeOf(width, center);
}

export function sketchUrl(frame: Frame, range: VoiRange | undefined): string {
  const window = range === undefined ? undefined : windowOf(range);
  const whole = window === undefined ? undefined : { width: Math.max(1, Math.round(window.width)), center: Math.round(window.center) };
  return renderedUrl(frame, SKETCH.side, whole, SKETCH.quality);
}

const scaled = (by: number, [x, y, z]: Vector3): Vector3 => [x * by, y * by, z * by];
const sum = (...all: readonly Vector3[]): Vector3 => all.reduce(([a, b, c], [x, y, z]) => [a + x, b + y, c + z], [0, 0, 0]);
const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const three = (values: readonly number[], from: number, otherwise: Vector3): Vector3 =>
  values.length < from + 3 ? otherwise : [values[from] ?? 0, values[from + 1] ?? 0, values[from + 2] ?? 0];

/** How a viewport would look at the whole of an image that is not there yet; undefined without its size or window. */
export function lookAtWhole({ series, index, range, inverted }: Sketched): Look | undefined {
  const frame = series.frames[index];
  if (frame === undefined || range === undefined) return undefined;
  const meta = frame.metadata;
  const rows = number(meta, TAG.rows);
  const columns = number(meta, TAG.columns);
  if (rows === undefined || columns === undefined) return undefined;
  const spacing = numbers(meta, TAG.spacing);
  const imager = numbers(meta, TAG.imagerSpacing);
  const [down = 1, across = down] = spacing.length > 0 ? spacing : imager;
  const orientation = frame.orientation ?? [];
  const row = three(orientation, 0, [1, 0, 0]);
  const column = three(orientation, 3, [0, 1, 0]);
  const corner = three(frame.position ?? [], 0, [0, 0, 0]);
  const half = (rows * down) / 2;
  return {
    study: frame.studyUid,
    series: frame.seriesUid,
    sop: frame.sopInstanceUid,
    frame: frame.frame,
    lower: range.lower,
    upper: range.upper,
    inverted,
    mirrored: false,
    middle: sum(corner, scaled((across * (columns - 1)) / 2, row), scaled((down * (rows - 1)) / 2, column)),
    up: scaled(-1, column),
    normal: scaled(-1, cross(row, column)),
    half,
    whole: half,
  };
}

export interface Sketches {
  readonly shown: ShallowRef<Shown | undefined>;
  /** What is still on its way. */
  readonly wanted: ShallowRef<Sketched | undefined>;
  readonly failed: Ref<boolean>;
  /** Ends when the newest that was wanted is there, or did not come. */
  readonly show: (one: Sketched) => Promise<void>;
  readonly end: () => void;
}

export function useSketches(): Sketches {
  const shown = shallowRef<Shown>();
  const wanted = shallowRef<Sketched>();
  const failed = ref(false);
  let running: Promise<void> | undefined;
  let life = new AbortController();

  async function run(): Promise<void> {
    const { signal } = life;
    for (let one = wanted.value; one !== undefined && !signal.aborted; one = wanted.value === one ? undefined : wanted.value) {
      const frame = one.series.frames[one.index];
      if (frame === undefined) break;
      const source = sketchUrl(frame, one.range);
      if (shown.value?.source === source) {
        shown.value = { ...shown.value, ...one };
        continue;
      }
      try {
        const answer = await fetch(source, { headers: { Accept: 'image/jpeg' }, signal });
        if (!answer.ok) throw new Error(String(answer.status));
        const url = URL.createObjectURL(await answer.blob());
        if (shown.value !== undefined) URL.revokeObjectURL(shown.value.url);
        shown.value = { ...one, frame, source, url };
        failed.value = false;
      } catch {
        // The next that is wanted is asked for; this one is said to be missing.
        if (!signal.aborted) failed.value = true;
      }
    }
    if (!signal.aborted) wanted.value = undefined;
  }

  function end(): void {
    life.abort();
    life = new AbortController();
    running = undefined;
    wanted.value = undefined;
    failed.value = false;
    if (shown.value !== undefined) URL.revokeObjectURL(shown.value.url);
    shown.value = undefined;
  }
  onScopeDispose(end);

  return {
    shown,
    wanted,
    failed,
    show: (one) => {
      wanted.value = one;
      if (running === undefined) {
        const mine = run().finally(() => {
          if (running === mine) running = undefined;
        });
        running = mine;
      }
      return running;
    },
    end,
  };
}
