/** Measuring by keyboard: a cursor in the active viewport, whose places become the points of a measurement. */
import { shallowRef, type ShallowRef } from 'vue';
import { drawByPoints, POINTS, type Point } from '@/viewer/annotations';
import type { MeasurementKind } from '@/viewer/measurement';
import type { Pane } from '@/viewer/pane';

const STEP = 5; // pixels of the screen a key

export interface Points {
  readonly cursor: ShallowRef<Point | undefined>;
  readonly start: () => void;
  /** Sets a point where the cursor is; the last one draws. */
  readonly set: () => void;
  /** False where there is no cursor to move. */
  readonly move: (x: -1 | 0 | 1, y: -1 | 0 | 1) => boolean;
  readonly end: () => void;
}

/** kind: what is measured by the tool in hand; undefined where it measures nothing. */
export function usePoints(current: () => Pane | undefined, kind: () => MeasurementKind | undefined): Points {
  const cursor = shallowRef<Point>();
  let points: Point[] = [];

  function start(): void {
    const pane = current();
    if (pane === undefined) return;
    const [width, height] = pane.size;
    points = [];
    cursor.value = [Math.round(width / 2), Math.round(height / 2)];
  }
  function set(): void {
    const measured = kind();
    const at = cursor.value;
    const pane = current();
    if (measured === undefined || at === undefined || pane === undefined) return;
    points.push(at);
    if (points.length < POINTS[measured]) return;
    drawByPoints(measured, pane, points);
    points = [];
  }
  function move(x: -1 | 0 | 1, y: -1 | 0 | 1): boolean {
    const at = cursor.value;
    if (at === undefined) return false;
    cursor.value = [at[0] + STEP * x, at[1] + STEP * y];
    return true;
  }
  function end(): void {
    cursor.value = undefined;
    points = [];
  }
  return { cursor, start, set, move, end };
}
