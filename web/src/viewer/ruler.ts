/** A ruler of a round length that fits. Pure. */
export interface Ruler {
  readonly pixels: number;
  readonly label: string;
  /** Parts between the ends. */
  readonly ticks: number;
}

const LENGTHS: readonly (readonly [mm: number, label: string, ticks: number])[] = [
  [200, '20 cm', 4],
  [100, '10 cm', 10],
  [50, '5 cm', 5],
  [20, '2 cm', 4],
  [10, '1 cm', 10],
  [5, '5 mm', 5],
  [2, '2 mm', 4],
  [1, '1 mm', 2],
];

/** The longest that takes at most `room` pixels; none without a scale. */
export function ruler(mmPerPixel: number, room: number): Ruler | undefined {
  if (!Number.isFinite(mmPerPixel) || mmPerPixel <= 0) return undefined;
  for (const [mm, label, ticks] of LENGTHS) {
    const pixels = mm / mmPerPixel;
    if (pixels <= room) return { pixels, label, ticks };
  }
  return undefined;
}
