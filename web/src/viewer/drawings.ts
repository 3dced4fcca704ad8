/** Marks of a room on the images: what is drawn here is told, what others drew is drawn. */
import { eventTarget } from '@cornerstonejs/core';
import { AngleTool, annotation, EllipticalROITool, Enums, LengthTool, utilities, type Types } from '@cornerstonejs/tools';
import type { Calibration, Drawn } from '@/room/marks';
import type { Vector3 } from '@/room/shared';
import type { Frame } from '@/viewer/dicom';
import { valuesOf, type CachedStats, type MeasurementKind } from '@/viewer/measurement';
import { spacingOf, type Pane } from '@/viewer/pane';

const TOOLS: Readonly<Record<MeasurementKind, string>> = {
  length: LengthTool.toolName,
  angle: AngleTool.toolName,
  roi: EllipticalROITool.toolName,
};
const CALIBRATION: Readonly<Record<ReturnType<typeof spacingOf>['kind'], Calibration>> = { patient: 'pixel-spacing', detector: 'imager', none: 'none' };
const { Events } = Enums;
/** A drag says many times where it is; the log gets where it ends. */
const SETTLE_MS = 150;

interface Annotated {
  readonly annotationUID?: string;
  readonly highlighted?: boolean;
  readonly metadata: { readonly toolName: string; readonly referencedImageId?: string };
  readonly data: {
    label?: string;
    cachedStats?: Readonly<Record<string, CachedStats>>;
    handles?: { points?: readonly (readonly number[])[] };
    /** From the room: the text that stands beside it. */
    said?: string;
  };
}

/** A mark of the room for a viewport to draw. */
export interface Given {
  readonly id: string;
  readonly kind: MeasurementKind;
  readonly frame: Frame;
  readonly points: readonly Vector3[];
  readonly label: string;
  readonly said: string;
  /** Whoever may not change it cannot take hold of it. */
  readonly locked: boolean;
}

export class Drawings {
  private readonly drawn = new Set<string>();
  private readonly finished = new Set<string>();
  private readonly moved = new Set<string>();
  private own = false;
  private pressed = false;
  private settle: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly pane: () => Pane | undefined,
    private readonly onChange: (drawn: Drawn) => void,
    private readonly onErased: (id: string) => void,
    /** No drawing is held any more. */
    private readonly onReleased: () => void,
  ) {
    eventTarget.addEventListener(Events.ANNOTATION_ADDED, this.added);
    eventTarget.addEventListener(Events.ANNOTATION_COMPLETED, this.completed);
    eventTarget.addEventListener(Events.ANNOTATION_MODIFIED, this.modified);
    eventTarget.addEventListener(Events.ANNOTATION_REMOVED, this.removed);
    window.addEventListener('pointerdown', this.down, true);
    window.addEventListener('pointerup', this.up, true);
  }

  dispose(): void {
    clearTimeout(this.settle);
    eventTarget.removeEventListener(Events.ANNOTATION_ADDED, this.added);
    eventTarget.removeEventListener(Events.ANNOTATION_COMPLETED, this.completed);
    eventTarget.removeEventListener(Events.ANNOTATION_MODIFIED, this.modified);
    eventTarget.removeEventListener(Events.ANNOTATION_REMOVED, this.removed);
    window.removeEventListener('pointerdown', this.down, true);
    window.removeEventListener('pointerup', this.up, true);
    for (const id of [...this.drawn]) this.erase(id);
  }

  private readonly down = (): void => {
    this.pressed = true;
  };
  private readonly up = (): void => {
    this.pressed = false;
    if (this.moved.size > 0) this.soon();
    this.onReleased();
  };
  /** A drawing under somebody's hand is not drawn anew. */
  get held(): boolean {
    return this.pressed;
  }

  private idOf(event: Event): string {
    return this.annotatedOf(event).annotationUID ?? '';
  }
  private annotatedOf(event: Event): Annotated {
    return (event as CustomEvent<{ annotation: Annotated }>).detail.annotation;
  }

  private readonly added = (event: Event): void => {
    const one = this.annotatedOf(event);
    // One drawn by mouse says when it is done; one set by keyboard is done when it is there.
    if (!this.own && one.highlighted !== true) this.finished.add(one.annotationUID ?? '');
  };
  private readonly completed = (event: Event): void => {
    this.finished.add(this.idOf(event));
    this.touch(this.idOf(event));
  };
  private readonly modified = (event: Event): void => this.touch(this.idOf(event));
  private readonly removed = (event: Event): void => {
    const id = this.idOf(event);
    this.drawn.delete(id);
    this.moved.delete(id);
    if (!this.own && this.finished.has(id)) this.onErased(id);
  };

  private touch(id: string): void {
    if (!this.finished.has(id)) return;
    this.moved.add(id);
    this.soon();
  }
  private soon(): void {
    clearTimeout(this.settle);
    this.settle = setTimeout(this.tell, SETTLE_MS);
  }

  private readonly tell = (): void => {
    if (this.pressed) return;
    const moved = [...this.moved];
    this.moved.clear();
    for (const id of moved) {
      const drawn = this.read(id);
      if (drawn !== undefined) this.onChange(drawn);
    }
  };

  private read(id: string): Drawn | undefined {
    const one = annotation.state.getAnnotation(id) as unknown as Annotated | undefined;
    const pane = this.pane();
    const frame = pane?.frames.find((it) => it.imageId === one?.metadata.referencedImageId);
    const kind = (Object.keys(TOOLS) as MeasurementKind[]).find((it) => TOOLS[it] === one?.metadata.toolName);
    if (one === undefined || pane === undefined || frame === undefined || kind === undefined) return undefined;
    const values = valuesOf(kind, Object.values(one.data.cachedStats ?? {})[0] ?? {});
    const points = (one.data.handles?.points ?? []).map(([x = 0, y = 0, z = 0]): Vector3 => [x, y, z]);
    const pixels = points.flatMap((point) => {
      const at = pane.toPixels(point);
      return at === undefined ? [] : [at];
    });
    if (values.length === 0 || points.length === 0 || pixels.length !== points.length) return undefined;
    return {
      id,
      study: frame.studyUid,
      series: frame.seriesUid,
      sop: frame.sopInstanceUid,
      frame: frame.frame,
      kind,
      points,
      pixels,
      label: one.data.label ?? '',
      values,
      calib: CALIBRATION[spacingOf(frame).kind],
    };
  }

  has(id: string): boolean {
    return annotation.state.getAnnotation(id) !== undefined;
  }

  get all(): readonly string[] {
    return [...this.drawn];
  }

  /** Draws a mark as the room has it, in place of what is drawn of it. */
  draw(given: Given, pane: Pane): void {
    this.erase(given.id);
    const made = {
      annotationUID: given.id,
      highlighted: false,
      autoGenerated: false,
      invalidated: true,
      isLocked: given.locked,
      isVisible: true,
      metadata: { ...pane.reference, toolName: TOOLS[given.kind], referencedImageId: given.frame.imageId },
      data: {
        label: given.label,
        said: given.said,
        cachedStats: {},
        handles: {
          points: given.points.map((point) => [...point]),
          activeHandleIndex: null,
          textBox: { hasMoved: false, worldPosition: [0, 0, 0], worldBoundingBox: { topLeft: [0, 0, 0], topRight: [0, 0, 0], bottomLeft: [0, 0, 0], bottomRight: [0, 0, 0] } },
        },
        initialRotation: 0,
      },
    };
    this.finished.add(given.id);
    this.quietly(() => {
      annotation.state.addAnnotation(made as unknown as Types.Annotation, pane.place);
      annotation.locking.setAnnotationLocked(given.id, given.locked);
    });
    this.drawn.add(given.id);
    this.render();
  }

  /** What is drawn already gets the room's words; one that waits for the log looks so. */
  look(id: string, said: string | undefined, pending: boolean): void {
    const one = annotation.state.getAnnotation(id) as unknown as Annotated | undefined;
    if (one === undefined) return;
    if (said === undefined) delete one.data.said;
    else one.data.said = said;
    this.drawn.add(id);
    annotation.config.style.setAnnotationStyles(id, pending ? { lineDash: '6,4' } : {});
    this.render();
  }

  erase(id: string): void {
    this.drawn.delete(id);
    this.moved.delete(id);
    this.quietly(() => annotation.state.removeAnnotation(id));
    this.render();
  }

  private quietly(does: () => void): void {
    this.own = true;
    try {
      does();
    } finally {
      this.own = false;
    }
  }

  private render(): void {
    const pane = this.pane();
    if (pane !== undefined) utilities.triggerAnnotationRenderForViewportIds([pane.id]);
  }
}
