/** A measurement as the report takes it. Pure. */
export type MeasurementKind = 'length' | 'angle' | 'roi';

export interface Measurement {
  readonly id: string;
  /** M1, A1, R1: as drawn on the image. */
  readonly label: string;
  readonly kind: MeasurementKind;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly seriesNumber: string;
  readonly sopInstanceUid: string;
  readonly frame: number;
  /** Position in the series as shown, from 1. */
  readonly imageNumber: number;
  /** Numbers with their units, in reading order. */
  readonly values: readonly MeasuredValue[];
}

export interface MeasuredValue {
  readonly name: 'length' | 'angle' | 'mean' | 'sd' | 'area';
  readonly value: number;
  readonly unit: string;
}

/** What a tool of Cornerstone computes; every field may be missing while it is drawn. */
export interface CachedStats {
  readonly length?: number | null;
  readonly unit?: string | null;
  readonly angle?: number | null;
  readonly area?: number | null;
  readonly areaUnit?: string | null;
  readonly mean?: number | null;
  readonly stdDev?: number | null;
  readonly modalityUnit?: string | null;
}

const finite = (value: number | null | undefined): value is number => typeof value === 'number' && Number.isFinite(value);

export function valuesOf(kind: MeasurementKind, stats: CachedStats): readonly MeasuredValue[] {
  const found: MeasuredValue[] = [];
  if (kind === 'length' && finite(stats.length)) found.push({ name: 'length', value: stats.length, unit: plainUnit(stats.unit) });
  if (kind === 'angle' && finite(stats.angle)) found.push({ name: 'angle', value: stats.angle, unit: '°' });
  if (kind === 'roi') {
    if (finite(stats.mean)) found.push({ name: 'mean', value: stats.mean, unit: stats.modalityUnit ?? '' });
    if (finite(stats.stdDev)) found.push({ name: 'sd', value: stats.stdDev, unit: stats.modalityUnit ?? '' });
    if (finite(stats.area)) found.push({ name: 'area', value: stats.area, unit: plainUnit(stats.areaUnit) });
  }
  return found;
}

/** The tool marks how a length was calibrated behind the unit; the viewer says it in a corner of the image. */
function plainUnit(unit: string | null | undefined): string {
  return (unit ?? '').split(' ')[0] ?? '';
}

const DIGITS: Readonly<Record<MeasuredValue['name'], number>> = { length: 1, angle: 1, mean: 0, sd: 0, area: 0 };

export function figure(value: MeasuredValue): string {
  const number = value.value.toFixed(DIGITS[value.name]);
  if (value.unit === '') return number;
  return value.unit === '°' ? `${number}°` : `${number} ${value.unit}`;
}

/** 19.2 mm · 34.5° · 均值 50 HU，SD 30，155 mm² */
export function sentence(measurement: Pick<Measurement, 'kind' | 'values'>, words: { mean: string; comma: string }): string {
  return measurement.values
    .map((value) => {
      if (value.name === 'mean') return `${words.mean} ${figure(value)}`;
      if (value.name === 'sd') return `SD ${value.value.toFixed(0)}`;
      return figure(value);
    })
    .join(words.comma);
}

const PREFIX: Readonly<Record<MeasurementKind, string>> = { length: 'M', angle: 'A', roi: 'R' };

/** The next free label; numbers of deleted measurements are not given again within a study. */
export function nextLabel(kind: MeasurementKind, used: readonly string[]): string {
  const prefix = PREFIX[kind];
  const highest = used
    .filter((label) => label.startsWith(prefix))
    .reduce((most, label) => Math.max(most, Number(label.slice(prefix.length)) || 0), 0);
  return `${prefix}${String(highest + 1)}`;
}
