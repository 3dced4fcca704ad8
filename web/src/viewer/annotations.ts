/** Measurements drawn on the images, as the report side sees them. */
import { eventTarget } from '@cornerstonejs/core';
import { AngleTool, annotation, EllipticalROITool, Enums, LengthTool, utilities } from '@cornerstonejs/tools';
import type { Frame, Series } from '@/viewer/dicom';
import { nextLabel, sentence, valuesOf, type CachedStats, type Measurement, type MeasurementKind } from '@/viewer/measurement';
import type { Pane } from '@/viewer/pane';

const KINDS: Readonly<Record<string, MeasurementKind>> = {
  [LengthTool.toolName]: 'length',
  [AngleTool.toolName]: 'angle',
  [EllipticalROITool.toolName]: 'roi',
};
const { Events } = Enums;

interface Drawn {
  readonly annotationUID?: string;
  readonly metadata: { readonly toolName: string; readonly referencedImageId?: string };
  readonly data: {
    label?: string;
    cachedStats?: Readonly<Record<string, CachedStats>>;
    /** The text of a mark that a room has: its author's, not reckoned anew. */
    readonly said?: string;
  };
  invalidated?: boolean;
}

export interface Where {
  readonly frame: Frame;
  readonly series: Series;
  readonly index: number;
}

export interface Words {
  readonly mean: () => string;
  readonly comma: () => string;
}

function statsOf(data: Drawn['data'], targetId?: string): CachedStats {
  const all = data.cachedStats ?? {};
  return (targetId === undefined ? Object.values(all)[0] : all[targetId]) ?? {};
}

/** The text beside a drawing: M1 19.2 mm */
export function textLines(words: Words): (data: unknown, targetId: string) => string[] {
  return (data, targetId) => {
    const drawn = data as Drawn['data'];
    if (drawn.said !== undefined) return [drawn.said];
    const stats = statsOf(drawn, targetId);
    const kind = guess(stats);
    const values = valuesOf(kind, stats);
    if (values.length === 0) return [];
    return [`${drawn.label ?? ''} ${sentence({ kind, values }, { mean: words.mean(), comma: words.comma() })}`.trim()];
  };
}

function guess(stats: CachedStats): MeasurementKind {
  if (stats.angle !== undefined) return 'angle';
  return stats.length === undefined ? 'roi' : 'length';
}

export class Annotations {
  private readonly mine = new Map<string, Measurement>();
  private readonly labels: string[] = [];

  constructor(
    private readonly where: (imageId: string) => Where | undefined,
    private readonly viewportIds: () => readonly string[],
    private readonly onChange: (measurements: readonly Measurement[]) => void,
  ) {
    eventTarget.addEventListener(Events.ANNOTATION_ADDED, this.added);
    eventTarget.addEventListener(Events.ANNOTATION_COMPLETED, this.changed);
    eventTarget.addEventListener(Events.ANNOTATION_MODIFIED, this.changed);
    eventTarget.addEventListener(Events.ANNOTATION_REMOVED, this.removed);
  }

  /** Drawings end with the viewer: on a shared PC the next person must not meet them. */
  dispose(): void {
    eventTarget.removeEventListener(Events.ANNOTATION_ADDED, this.added);
    eventTarget.removeEventListener(Events.ANNOTATION_COMPLETED, this.changed);
    eventTarget.removeEventListener(Events.ANNOTATION_MODIFIED, this.changed);
    eventTarget.removeEventListener(Events.ANNOTATION_REMOVED, this.removed);
    for (const id of this.mine.keys()) annotation.state.removeAnnotation(id);
  }

  private drawnOf(event: Event): Drawn {
    return (event as CustomEvent<{ annotation: Drawn }>).detail.annotation;
  }

  private readonly added = (event: Event): void => {
    const drawn = this.drawnOf(event);
    const kind = KINDS[drawn.metadata.toolName];
    if (kind === undefined || (drawn.data.label ?? '') !== '') return;
    drawn.data.label = nextLabel(kind, this.labels);
    this.labels.push(drawn.data.label);
    // What was set by keyboard comes without statistics and would not announce them.
    drawn.data.cachedStats ??= {};
    drawn.invalidated = true;
  };

  private readonly changed = (event: Event): void => {
    const drawn = this.drawnOf(event);
    const kind = KINDS[drawn.metadata.toolName];
    const place = drawn.metadata.referencedImageId === undefined ? undefined : this.where(drawn.metadata.referencedImageId);
    if (kind === undefined || place === undefined || drawn.annotationUID === undefined || drawn.data.said !== undefined) return;
    const values = valuesOf(kind, statsOf(drawn.data));
    if (values.length === 0) return;
    this.mine.set(drawn.annotationUID, {
      id: drawn.annotationUID,
      label: drawn.data.label ?? '',
      kind,
      studyUid: place.series.studyUid,
      seriesUid: place.series.uid,
      seriesNumber: place.series.number,
      sopInstanceUid: place.frame.sopInstanceUid,
      frame: place.frame.frame,
      imageNumber: place.index + 1,
      values,
    });
    this.tell();
  };

  private readonly removed = (event: Event): void => {
    const id = this.drawnOf(event).annotationUID;
    if (id !== undefined && this.mine.delete(id)) this.tell();
  };

  private tell(): void {
    this.onChange([...this.mine.values()]);
  }

  /** Labels that others have given are not given again. */
  reserve(labels: readonly string[]): void {
    for (const label of labels) if (!this.labels.includes(label)) this.labels.push(label);
  }

  removeLast(): string | undefined {
    const last = [...this.mine.keys()].at(-1);
    if (last !== undefined) this.remove(last);
    return last;
  }

  remove(id: string): void {
    if (!this.mine.has(id)) return;
    annotation.state.removeAnnotation(id);
    utilities.triggerAnnotationRenderForViewportIds([...this.viewportIds()]);
  }
}

/** Points a keyboard needs for a drawing. */
export const POINTS: Readonly<Record<MeasurementKind, number>> = { length: 2, angle: 3, roi: 2 };

export type Point = readonly [x: number, y: number];

/** The four ends of the ellipse in the box of two corners, as the tool wants them: bottom, top, left, right. */
export function ellipseEnds(a: Point, b: Point): readonly Point[] {
  const [left, right] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [top, bottom] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return [
    [x, bottom],
    [x, top],
    [left, y],
    [right, y],
  ];
}

/** Draws by points set with the keyboard, given on the canvas; an ellipse by two corners of its box. */
export function drawByPoints(kind: MeasurementKind, pane: Pane, points: readonly Point[]): void {
  const [a, b] = points;
  const ends = kind === 'roi' && a !== undefined && b !== undefined ? ellipseEnds(a, b) : points;
  const world = ends.map(([x, y]) => pane.toWorld(x, y));
  if (kind === 'length') LengthTool.hydrate(pane.id, world);
  else if (kind === 'angle') AngleTool.hydrate(pane.id, world);
  else EllipticalROITool.hydrate(pane.id, world);
}
