/** The shapes that say a state besides its colour and word, drawn on a 16 × 16 grid. */

export interface Shape {
  /** Stroked outlines. */
  readonly line?: string;
  /** Filled areas. */
  readonly fill?: string;
  /** Lines in the colour of the ground, over a filled area. */
  readonly cut?: string;
}

const RING = 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 1 0 8 2.2z';
const DISC = 'M8 1.5a6.5 6.5 0 1 0 0 13A6.5 6.5 0 1 0 8 1.5z';
const TRIANGLE = 'M8 2.2 14.6 13.6H1.4z';
const TICK = 'M3 8.5 6.5 12 13 4.5';

export const SHAPES = {
  ring: { line: RING },
  'half-disc': { line: RING, fill: 'M8 2.2a5.8 5.8 0 0 0 0 11.6z' },
  diamond: { line: 'M8 1.8 14.2 8 8 14.2 1.8 8z' },
  'disc-tick': { fill: DISC, cut: 'M4.8 8.2 7.2 10.6 11.4 5.8' },
  'double-tick': { line: 'M1 8.5 4 11.5 9.5 5M7 11 7.5 11.5 15 4.5' },
  tick: { line: TICK },
  return: { line: 'M6 3 2.5 6.5 6 10M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7' },
  triangle: { line: 'M8 2.6 14 13.2H2z' },
  alarm: { fill: TRIANGLE, cut: 'M8 6.4v3.4M8 11.2v1.2' },
  hourglass: { line: 'M4 2h8M4 14h8M5 2v2.6L8 8l3-3.4V2M5 14v-2.6L8 8l3 3.4V14' },
  dash: { line: 'M4 8h8' },
  clock: { line: `${RING}M8 4.6V8l2.4 1.6` },
  cross: { line: 'M4 4l8 8M12 4l-8 8' },
  'ring-info': { line: `${RING}M8 7.2v4M8 4.6v1` },
  'ring-slash': { line: `${RING}M12 4 4 12` },
  'bars-3': { fill: 'M2 10h2.6v4H2zM6.6 6.5h2.6V14H6.6zM11.2 3h2.6v11h-2.6z' },
  'bars-2': { fill: 'M2 10h2.6v4H2zM6.6 6.5h2.6V14H6.6z', line: 'M11.7 3.5h1.6v10h-1.6z' },
  'bars-1': { fill: 'M2 10h2.6v4H2z', line: 'M7.1 7h1.6v6.5H7.1zM11.7 3.5h1.6v10h-1.6z' },
  cut: { line: 'M4.5 12.5a3 3 0 0 1-.3-6A4 4 0 0 1 12 7.2a2.7 2.7 0 0 1-.3 5.3zM2 14.5 14 2' },
  up: { line: 'M8 13.5V3M3.8 7 8 2.8 12.2 7' },
  down: { line: 'M8 2.5V13M3.8 9 8 13.2 12.2 9' },
  right: { line: 'M6 3l5 5-5 5' },
  left: { line: 'M10 3 5 8l5 5' },
  caret: { line: 'M4 6l4 4 4-4' },
  search: { line: 'M7 2.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 1 0 0-9.6zM10.5 10.5 14.2 14.2' },
  flag: { fill: 'M3.5 2h9L10.8 5l1.7 3h-8v6H3.5z' },
  lock: { line: 'M3.5 7h9v7h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2' },
  person: { line: 'M8 2a2.8 2.8 0 1 0 0 5.6A2.8 2.8 0 1 0 8 2zM2.5 14a5.5 5.5 0 0 1 11 0' },
  phone: { line: 'M3 2.5h3L7.2 6 5.5 7.3a8 8 0 0 0 3.4 3.4L10.2 9l3.4 1.2v3C7.5 13.8 2.4 8.6 3 2.5z' },
  printer: { line: 'M4.5 6V2h7v4M4.5 11H2V6h12v5h-2.5M4.5 9.5h7V14h-7z' },
  link: { line: 'M6.5 9.5l3-3M7 4.5 8.6 2.9a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5l-1.6 1.6a2.8 2.8 0 0 1-4-4L5 7.5' },
  plus: { line: 'M8 3v10M3 8h10' },
  gear: { line: 'M8 5.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 1 0 0-4.8zM8 1.6v2M8 12.4v2M1.6 8h2M12.4 8h2M3.5 3.5l1.4 1.4M11.1 11.1l1.4 1.4M12.5 3.5l-1.4 1.4M4.9 11.1l-1.4 1.4' },
} as const satisfies Readonly<Record<string, Shape>>;

export type ShapeName = keyof typeof SHAPES;
export type Tone = 'red' | 'amber' | 'green' | 'blue' | 'violet' | 'grey' | 'brand' | 'ink';

/** A state on the screen: word, colour, shape. */
export interface StateLook {
  readonly zh: string;
  readonly en: string;
  readonly tone: Tone;
  readonly shape: ShapeName;
}
