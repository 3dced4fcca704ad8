/** A trend as it is drawn: members by shape, the band of each issuing laboratory, the span of both axes. */
import type { components } from '@/api/schema';
import { readableUnit } from '@/ui/unit';

export type Trend = components['schemas']['TrendAnswer'];
export type TrendPoint = components['schemas']['TrendPoint'];

/** Shapes on a square of 12 around 0 0, as an SVG path: told apart without any colour. */
export const MARKERS = [
  'M0-5A5 5 0 1 0 0 5A5 5 0 1 0 0-5Z',
  'M-4.4-4.4H4.4V4.4H-4.4Z',
  'M0-5.6L5.4 4.2H-5.4Z',
  'M0-5.8L5.8 0L0 5.8L-5.8 0Z',
  'M0 5.6L-5.4-4.2H5.4Z',
  'M-1.8-5.4H1.8V-1.8H5.4V1.8H1.8V5.4H-1.8V1.8H-5.4V-1.8H-1.8Z',
] as const;
/** Names of tokens; more members than colours begin again, with other shapes. */
export const TONES = ['brand', 'violet', 'blue', 'green', 'grey'] as const;

export interface Member {
  readonly id: string;
  readonly name: string;
  readonly marker: string;
  readonly tone: (typeof TONES)[number];
  /** Its own reference intervals as issued, each once, the newest first. */
  readonly references: readonly string[];
}

/** The members in the order in which they first measured. */
export function membersOf(points: readonly TrendPoint[]): Member[] {
  const ids = [...new Set(points.map((one) => one.organization_id))];
  return ids.map((id, place) => {
    const mine = points.filter((one) => one.organization_id === id);
    return {
      id,
      name: mine.at(-1)?.organization ?? '',
      marker: MARKERS[place % MARKERS.length] ?? MARKERS[0],
      tone: TONES[place % TONES.length] ?? TONES[0],
      references: [...new Set([...mine].reverse().flatMap((one) => (one.issued_reference === '' ? [] : [`${one.issued_reference} ${readableUnit(one.issued_unit)}`.trim()])))],
    };
  });
}

export interface Band {
  readonly member: string;
  /** Seconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** null: open on that side. */
  readonly low: number | null;
  readonly high: number | null;
}

const seconds = (at: string): number => Date.parse(at) / 1000;
const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));

/** Each laboratory's interval from its first result with it to its last; a change of interval begins another band. */
export function bandsOf(points: readonly TrendPoint[]): Band[] {
  const found: Band[] = [];
  for (const { id } of membersOf(points)) {
    let last: Band | undefined;
    for (const point of points.filter((one) => one.organization_id === id)) {
      const [low, high, at] = [numberOf(point.low), numberOf(point.high), seconds(point.at)];
      if (low === null && high === null) {
        last = undefined;
        continue;
      }
      if (last?.low === low && last.high === high) {
        found.pop();
        last = { ...last, to: at };
      } else {
        last = { member: id, from: at, to: at, low, high };
      }
      found.push(last);
    }
  }
  return found;
}

export interface Span {
  readonly min: number;
  readonly max: number;
}

/** Everything that is drawn with a margin; a single value or day gets one too. */
export function spanOf(values: readonly number[], margin = 0.08): Span {
  const finite = values.filter((one) => Number.isFinite(one));
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (finite.length === 0) return { min: 0, max: 1 };
  const size = high - low || Math.abs(high) || 1;
  return { min: low - size * margin, max: high + size * margin };
}

export function valueSpan(points: readonly TrendPoint[]): Span {
  const ends = bandsOf(points).flatMap((one) => [one.low, one.high]);
  const span = spanOf([...points.map((one) => Number(one.value)), ...ends.flatMap((one) => one ?? [])]);
  return points.every((one) => Number(one.value) >= 0) ? { ...span, min: Math.max(0, span.min) } : span;
}

const DAY = 86_400;
export function timeSpan(points: readonly TrendPoint[]): Span {
  const span = spanOf(points.map((one) => seconds(one.at)), 0.05);
  const short = DAY - (span.max - span.min);
  return short > 0 || points.length < 2 ? { min: seconds(points[0]?.at ?? '1970-01-01T00:00:00Z') - DAY, max: seconds(points.at(-1)?.at ?? '1970-01-01T00:00:00Z') + DAY } : span;
}

export const timesOf = (points: readonly TrendPoint[]): number[] => points.map((one) => seconds(one.at));

const decimals = (text: string): number => text.split('.')[1]?.length ?? 0;

/** A value as it is read: one that was converted with as many decimals as those that were not, two where all were. */
export function readable(point: TrendPoint, points: readonly TrendPoint[]): string {
  if (point.factor === '1') return point.value;
  const issued = points.filter((one) => one.factor === '1');
  return Number(point.value).toFixed(issued.length === 0 ? 2 : Math.max(...issued.map((one) => decimals(one.value))));
}

/** Which point lies nearest to a place, by the squares of the distances on the screen; -1 for none within reach. */
export function nearest(places: readonly { readonly x: number; readonly y: number }[], x: number, y: number, reach = 32): number {
  let best = -1;
  let shortest = reach * reach;
  places.forEach((place, at) => {
    const distance = (place.x - x) ** 2 + (place.y - y) ** 2;
    if (distance <= shortest) [best, shortest] = [at, distance];
  });
  return best;
}
