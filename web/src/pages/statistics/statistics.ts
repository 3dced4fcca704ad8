/** How figures are written: a rate with both its numbers, money in yuan, what is hidden or missing in words. */
import type { components } from '@/api/schema';
import type { Bilingual } from '@/i18n/texts';
import type { StateLook } from '@/ui/shapes';

export type Statistics = components['schemas']['Statistics'];
export type Line = components['schemas']['LineSaid'];
export type Figure = components['schemas']['FigureSaid'];
export type Indicator = components['schemas']['IndicatorSaid'];
export type MonthState = components['schemas']['MonthSaid'];
export type Cut = 'member' | 'item' | 'doctor';

/** Beside the official rate stand the figures that say whether it is honest, each as large. */
export const HEADLINES = [
  'recognition-rate',
  'existing',
  'response-rate',
  'ignored-rate',
  'accept-then-reorder',
  'reordered-elsewhere',
  'savings-gross',
  'savings-net',
] as const;

export const BUREAU = [
  'remote-readings',
  'township-coverage',
  'report-time',
  'on-time',
  'double-signed',
  'grade-a',
  'returned',
  'critical-closed',
] as const;

const UNITS: Readonly<Record<string, Bilingual>> = {
  pieces: { zh: '份', en: 'results' },
  cards: { zh: '张', en: 'cards' },
  items: { zh: '项', en: 'items' },
  cases: { zh: '例', en: 'cases' },
  people: { zh: '人', en: 'people' },
  places: { zh: '家', en: 'places' },
  fen: { zh: '元', en: 'yuan' },
  microsievert: { zh: 'mSv', en: 'mSv' },
  trips: { zh: '次', en: 'trips' },
  kilometres: { zh: '公里', en: 'km' },
  millibits: { zh: '比特', en: 'bit' },
};
export const unitOf = (one: Indicator): Bilingual => UNITS[one.unit] ?? { zh: '', en: '' };

/** A span of time in the largest unit that says enough. */
export function span(milliseconds: number): Bilingual {
  const seconds = milliseconds / 1000;
  if (seconds < 90) return { zh: `${String(Math.round(seconds * 10) / 10)} 秒`, en: `${String(Math.round(seconds * 10) / 10)} s` };
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return { zh: `${String(minutes)} 分钟`, en: `${String(minutes)} min` };
  const hours = Math.round(minutes / 6) / 10;
  return { zh: `${String(hours)} 小时`, en: `${String(hours)} h` };
}

const plain = (text: string): Bilingual => ({ zh: text, en: text });
const grouped = (value: number, digits = 0): string => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** The figure itself; `—` where it is hidden or cannot be had. */
export function written(figure: Figure, one: Indicator): Bilingual {
  const { value, of } = figure;
  if (value === null) return plain('—');
  if (one.is_rate) return plain(of === null || of === 0 ? '—' : `${grouped((100 * value) / of, 1)}%`);
  if (one.is_mean) {
    if (of === null || of === 0) return plain('—');
    return one.unit === 'seconds' ? span((1000 * value) / of) : plain(grouped(value / of, 2));
  }
  switch (one.unit) {
    case 'fen':
      return plain(grouped(value / 100, 2));
    case 'milliseconds':
      return span(value);
    case 'microsievert':
      return plain(grouped(value / 1000, 1));
    case 'millibits':
      return plain(grouped(value / 1000, 2));
    default:
      return plain(grouped(value));
  }
}

/** Both numbers of a rate: nobody has to believe a percentage. */
export function fraction(figure: Figure): string {
  if (figure.of === null) return '';
  return `${figure.value === null ? '—' : grouped(figure.value)} / ${grouped(figure.of)}`;
}

export const figureOf = (line: Line | undefined, code: string): Figure | undefined => line?.figures.find((one) => one.code === code);

export function sealLook(one: MonthState): StateLook {
  return one.version > 0
    ? { zh: `已封存 第 ${String(one.version)} 版`, en: `Sealed, version ${String(one.version)}`, tone: 'green', shape: 'disc-tick' }
    : { zh: '未封存', en: 'Not sealed', tone: 'amber', shape: 'clock' };
}

/** The last months and half-years by the county's day, the newest first. */
export function periods(today: string, months = 13): string[] {
  const year = Number(today.slice(0, 4));
  const month = Number(today.slice(5, 7)) - 1;
  const found = Array.from({ length: months }, (_, back) => {
    const at = year * 12 + month - back;
    return `${String(Math.floor(at / 12))}-${String((at % 12) + 1).padStart(2, '0')}`;
  });
  const halves = Array.from({ length: 3 }, (_, back) => {
    const at = year * 2 + (month < 6 ? 0 : 1) - back;
    return `${String(Math.floor(at / 2))}-H${String((at % 2) + 1)}`;
  });
  return [...found, ...halves];
}

export const COUNTY = 'county';
export const lineKey = (one: Line): string => `${one.organization_id ?? COUNTY} ${one.key}`;

/** Points of a line through shares from 0 to 1 in a box; a month without a rate leaves a gap. */
export function polylines(shares: readonly (number | undefined)[], width: number, height: number): string[] {
  const step = shares.length > 1 ? width / (shares.length - 1) : 0;
  const parts: string[][] = [[]];
  shares.forEach((share, at) => {
    if (share === undefined) parts.push([]);
    else parts.at(-1)?.push(`${(at * step).toFixed(1)},${(height * (1 - share)).toFixed(1)}`);
  });
  return parts.filter((one) => one.length > 0).map((one) => one.join(' '));
}

export const share = (figure: Figure | undefined): number | undefined =>
  figure === undefined || figure.value === null || figure.of === null || figure.of === 0 ? undefined : figure.value / figure.of;
