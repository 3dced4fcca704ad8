/** The letters at the edges of an image, and where they come from. Pure. */
import { dot, type Vector } from '@/viewer/dicom';

export type Source = 'geometry' | 'label' | 'unknown';

export interface Edges {
  readonly source: Source;
  readonly top: string;
  readonly right: string;
  readonly bottom: string;
  readonly left: string;
}

const OPPOSITE: Readonly<Record<string, string>> = { R: 'L', L: 'R', A: 'P', P: 'A', H: 'F', F: 'H' };

export function opposite(letters: string): string {
  return [...letters].map((letter) => OPPOSITE[letter] ?? '').join('');
}

/** A direction in the patient (x left, y posterior, z head) as letters, the strongest first, small parts left out. */
export function letters(direction: Vector): string {
  const [x = 0, y = 0, z = 0] = direction;
  const length = Math.hypot(x, y, z);
  if (length === 0) return '';
  return [
    { part: Math.abs(x), letter: x > 0 ? 'L' : 'R' },
    { part: Math.abs(y), letter: y > 0 ? 'P' : 'A' },
    { part: Math.abs(z), letter: z > 0 ? 'H' : 'F' },
  ]
    .filter((axis) => axis.part / length > 0.25)
    .sort((a, b) => b.part - a.part)
    .slice(0, 2)
    .map((axis) => axis.letter)
    .join('');
}

/** `right` and `down` of the screen in the patient: the image has position and orientation. */
export function fromGeometry(right: Vector, down: Vector): Edges {
  const east = letters(right);
  const south = letters(down);
  return { source: 'geometry', right: east, left: opposite(east), bottom: south, top: opposite(south) };
}

/**
 * A projection (DR) says only (0020,0020): the letters of its rows and columns.
 * `right` and `down` of the screen are given in the image's own rows (x) and columns (y), flips and turns included.
 */
export function fromLabel(row: string, column: string, right: Vector, down: Vector): Edges {
  const known = /^[RLAPHF]{1,3}$/;
  if (!known.test(row) || !known.test(column)) return UNKNOWN;
  const along = (direction: Vector): string => {
    const x = dot(direction, [1, 0, 0]);
    const y = dot(direction, [0, 1, 0]);
    if (Math.abs(x) >= Math.abs(y)) return x >= 0 ? row : opposite(row);
    return y >= 0 ? column : opposite(column);
  };
  const east = along(right);
  const south = along(down);
  return { source: 'label', right: east, left: opposite(east), bottom: south, top: opposite(south) };
}

export const UNKNOWN: Edges = { source: 'unknown', top: '', right: '', bottom: '', left: '' };
