/**
 * Marks in images, between a viewer's own numbers and a room's whole ones. Pure.
 *
 * A mark says where it is twice: in the image (thousandths of a pixel) and in the world (micrometres). Its figures are
 * text as its author saw them, so that nobody's screen rounds them anew.
 */
import type { MeasuredValue, MeasurementKind } from '@/viewer/measurement';
import type { Data, Mark } from './protocol';
import type { Vector3 } from './shared';

export type Pixel = readonly [x: number, y: number];

/** How lengths were measured: of the patient, of the detector, or in pixels alone. */
export type Calibration = 'pixel-spacing' | 'imager' | 'none';

/** A mark as the viewer has it: millimetres and pixels. */
export interface Drawn {
  readonly id: string;
  readonly study: string;
  readonly series: string;
  readonly sop: string;
  readonly frame: number;
  readonly kind: MeasurementKind;
  readonly points: readonly Vector3[];
  readonly pixels: readonly Pixel[];
  /** M1 */
  readonly label: string;
  readonly values: readonly MeasuredValue[];
  readonly calib: Calibration;
}

const KINDS: ReadonlySet<string> = new Set<MeasurementKind>(['length', 'angle', 'roi']);
const DIGITS: Readonly<Record<MeasuredValue['name'], number>> = { length: 1, angle: 1, mean: 0, sd: 0, area: 0 };
const BETWEEN = ' · ';

/** -0 has no spelling in the log. */
const whole = (value: number): number => Math.round(value * 1000) + 0;

/** The digits of a value; what rounds to nothing has no sign. */
function digits({ name, value }: MeasuredValue): string {
  const spelt = value.toFixed(DIGITS[name]);
  return Number(spelt) === 0 ? spelt.replace('-', '') : spelt;
}

function rest(value: MeasuredValue): string {
  if (value.name === 'sd') return `SD ${digits(value)}`;
  return `${digits(value)} ${value.unit}`.trim();
}

/** The data of `anno.upd`: a mark as it is after a change. */
export function changeOf(drawn: Drawn): Data {
  const [first, ...others] = drawn.values;
  return {
    id: drawn.id,
    geom: drawn.pixels.flatMap(([x, y]) => [whole(x), whole(y)]),
    world: drawn.points.flatMap((point) => point.map(whole)),
    label: [drawn.label, ...others.map(rest)].join(BETWEEN).slice(0, 200),
    value: first === undefined ? '' : digits(first),
    unit: (first?.unit ?? '').slice(0, 16),
    calib: drawn.calib,
  };
}

/** The data of `anno.add`. */
export function factsOfMark(drawn: Drawn): Data {
  const { study, series, sop, frame, kind } = drawn;
  return { ...changeOf(drawn), study, series, sop, frame, tool: kind };
}

/** undefined for a tool that this page does not know. */
export function kindOf(mark: Pick<Mark, 'tool'>): MeasurementKind | undefined {
  return KINDS.has(mark.tool) ? (mark.tool as MeasurementKind) : undefined;
}

/** Millimetres of the world, for a viewport to draw. */
export function pointsOf(mark: Pick<Mark, 'world'>): readonly Vector3[] {
  const { world } = mark;
  return Array.from({ length: Math.floor(world.length / 3) }, (_, at): Vector3 => {
    const from = (by: number): number => (world[3 * at + by] ?? 0) / 1000;
    return [from(0), from(1), from(2)];
  });
}

/** What stands beside a mark: M1 19.2 mm · R1 均值 50 HU，SD 30，155 mm² */
export function saidOf(mark: Pick<Mark, 'tool' | 'label' | 'value' | 'unit'>, words: { mean: string; comma: string }): string {
  const [label = '', ...others] = mark.label.split(BETWEEN);
  const figure = mark.unit === '°' ? `${mark.value}°` : `${mark.value} ${mark.unit}`.trim();
  const first = mark.tool === 'roi' && mark.value !== '' ? `${words.mean} ${figure}` : figure;
  return `${label} ${[first, ...others].filter((part) => part !== '').join(words.comma)}`.trim();
}

/** M1, without its figures. */
export const labelOf = (mark: Pick<Mark, 'label'>): string => mark.label.split(BETWEEN)[0] ?? '';

const LABEL = /^([A-Z]*)([0-9]*)/;

/**
 * The marks of a room in an order that everybody has: by label, M2 before M10, then by id. The state's own is of no use:
 * whoever was there has them as they came, whoever comes later by id.
 */
export function inOrder<M extends Pick<Mark, 'label'>>(marks: Readonly<Record<string, M>>): readonly (readonly [id: string, mark: M])[] {
  const parts = (mark: M): readonly [string, number] => {
    const [, letters = '', figures = ''] = LABEL.exec(labelOf(mark)) ?? [];
    return [letters, Number(figures)];
  };
  return Object.entries(marks).sort(([a, one], [b, other]) => {
    const [letters, number] = parts(one);
    const [otherLetters, otherNumber] = parts(other);
    if (letters !== otherLetters) return letters < otherLetters ? -1 : 1;
    return number === otherNumber ? (a < b ? -1 : 1) : number - otherNumber;
  });
}

const alike = (a: readonly number[], b: unknown): boolean =>
  Array.isArray(b) && a.length === b.length && a.every((value, at) => value === b[at]);

/** Whether a mark stands where these data put it; its figures follow from that. */
export const standsAt = (mark: Pick<Mark, 'world'>, data: Data): boolean => alike(mark.world, data['world']);
