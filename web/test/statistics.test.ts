import { describe, expect, it } from 'vitest';
import { fraction, periods, polylines, sealLook, share, written, type Figure, type Indicator } from '@/pages/statistics/statistics';

const indicator = (unit: string, more: Partial<Indicator> = {}): Indicator => ({
  code: 'x',
  name: { zh: '', en: '' },
  meaning: { zh: '', en: '' },
  excluded: { zh: '', en: '' },
  clause: { zh: '', en: '' },
  unit,
  audience: 'official',
  is_rate: false,
  is_mean: false,
  ...more,
});
const figure = (value: number | null, of: number | null = null): Figure => ({ code: 'x', value, of, leads: '' });

describe('a figure as it is written', () => {
  it('is a rate with one decimal and both its numbers', () => {
    expect(written(figure(5, 13), indicator('pieces', { is_rate: true })).zh).toBe('38.5%');
    expect(fraction(figure(5, 13))).toBe('5 / 13');
  });
  it('is a dash where nothing stands below the line, where it is hidden or cannot be had', () => {
    expect(written(figure(0, 0), indicator('pieces', { is_rate: true })).zh).toBe('—');
    expect(written(figure(null), indicator('pieces')).zh).toBe('—');
    expect(share(figure(0, 0))).toBeUndefined();
  });
  it('is money in yuan, also a loss', () => {
    expect(written(figure(2_250_000), indicator('fen')).zh).toBe('22,500.00');
    expect(written(figure(-500), indicator('fen')).zh).toBe('-5.00');
  });
  it('is a span of time in the unit that says enough', () => {
    expect(written(figure(500), indicator('milliseconds'))).toEqual({ zh: '0.5 秒', en: '0.5 s' });
    expect(written(figure(60_000), indicator('milliseconds')).en).toBe('60 s');
    expect(written(figure(36_000, 10), indicator('seconds', { is_mean: true })).zh).toBe('60 分钟');
    expect(written(figure(180_000, 10), indicator('seconds', { is_mean: true })).en).toBe('5 h');
  });
  it('is a dose in millisievert and an entropy in bits', () => {
    expect(written(figure(1600), indicator('microsievert')).zh).toBe('1.6');
    expect(written(figure(2000), indicator('millibits')).zh).toBe('2.00');
  });
});

describe('periods', () => {
  it('begin with this month and go back over the turn of a year', () => {
    const found = periods('2026-02-05', 3);
    expect(found).toEqual(['2026-02', '2026-01', '2025-12', '2026-H1', '2025-H2', '2025-H1']);
    expect(periods('2026-07-01', 1)[1]).toBe('2026-H2');
  });
});

describe('the chart', () => {
  it('leaves a gap for a month without a rate', () => {
    expect(polylines([0.5, undefined, 1], 100, 10)).toEqual(['0.0,5.0', '100.0,0.0']);
    expect(polylines([0, 1], 100, 10)).toEqual(['0.0,10.0 100.0,0.0']);
    expect(polylines([0.5], 100, 10)).toEqual(['0.0,5.0']);
    expect(polylines([], 100, 10)).toEqual([]);
  });
});

it('a month that is sealed says which version', () => {
  const month = { month: '2026-10', version: 2, content_hash: '', at: '', left_over: 0, seals_from: '' };
  expect(sealLook(month).zh).toContain('第 2 版');
  expect(sealLook({ ...month, version: 0 }).en).toBe('Not sealed');
});
