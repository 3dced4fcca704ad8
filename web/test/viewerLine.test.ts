import { describe, expect, it } from 'vitest';
import type { Frame, Series } from '@/viewer/dicom';
import { carried, judged, THIN, WIDE } from '@/viewer/line';
import { lookAtWhole, ownRange, sketchUrl } from '@/viewer/sketch';

const over = (from: number, to: number, bytes: number): { from: number; to: number; bytes: number } => ({ from, to, bytes });

describe('what a line carries', () => {
  it('is what came while something was on its way', () => {
    // 37.5 kB in ten seconds are 30 kbit/s, whatever was not asked for meanwhile
    expect(carried([over(0, 5000, 18_750), over(12_000, 17_000, 18_750)], 18_000)).toBeCloseTo(30);
  });
  it('is shared by what came at once', () => {
    expect(carried([over(0, 10_000, 18_750), over(0, 10_000, 18_750)], 10_000)).toBeCloseTo(30);
  });
  it('is not told from what fits in one packet, nor from what is long past', () => {
    expect(carried([over(0, 300, 1400)], 400)).toBeUndefined();
    expect(carried([over(0, 1000, 100_000)], 30_000)).toBeUndefined();
    expect(carried([], 0)).toBeUndefined();
  });
  it('counts of what began before only the part of these seconds', () => {
    expect(carried([over(0, 40_000, 150_000)], 40_000)).toBeCloseTo(30);
  });
  it('is thin below, wide above, and as it was between and when nothing is known', () => {
    expect(judged(false, THIN - 1)).toBe(true);
    expect(judged(false, THIN)).toBe(false);
    expect(judged(true, WIDE - 1)).toBe(true);
    expect(judged(true, WIDE)).toBe(false);
    expect(judged(true, undefined)).toBe(true);
    expect(judged(false, undefined)).toBe(false);
  });
});

const metadata = {
  '00280010': { Value: [512] }, '00280011': { Value: [256] }, '00280030': { Value: [0.5, 0.25] }, '00281050': { Value: [40] }, '00281051': { Value: [400] },
};
const frame = (more: Partial<Frame> = {}): Frame => ({
  imageId: `wadors:${window.location.origin}/dicom-web/studies/1/series/2/instances/3/frames/1`, studyUid: '1', seriesUid: '2', sopInstanceUid: '3', frame: 1, frames: 1,
  instanceNumber: 1, position: [-10, -20, 30], orientation: [1, 0, 0, 0, 1, 0], frameOfReference: '', metadata, ...more,
});
const series = (one: Frame): Series => ({ studyUid: '1', uid: '2', number: '1', description: '', modality: 'CT', instances: 1, frames: [one] });

describe('a picture instead of an image', () => {
  it('is drawn small, with the window that is shown', () => {
    const url = new URL(sketchUrl(frame(), ownRange(frame())), 'http://x');
    expect(url.pathname).toBe('/dicom-web/studies/1/series/2/instances/3/frames/1/rendered');
    expect(Object.fromEntries(url.searchParams)).toEqual({ viewport: '320,320', quality: '40', window: '40,400,linear' });
    expect(sketchUrl(frame(), undefined)).not.toContain('window');
  });
  it('says where one looks as a viewport would: the whole image, from the feet', () => {
    const one = frame();
    const look = lookAtWhole({ series: series(one), index: 0, range: ownRange(one), inverted: false });
    expect(look).toMatchObject({ sop: '3', middle: [-10 + 255 * 0.125, -20 + 511 * 0.25, 30], half: 128, whole: 128 });
    expect(look?.up.map((value) => value + 0)).toEqual([0, -1, 0]);
    expect(look?.normal.map((value) => value + 0)).toEqual([0, 0, -1]);
  });
  it('says nothing of an image whose window or size is not known', () => {
    const bare = frame({ metadata: {} });
    expect(lookAtWhole({ series: series(bare), index: 0, range: ownRange(bare), inverted: false })).toBeUndefined();
    expect(lookAtWhole({ series: series(frame()), index: 7, range: ownRange(frame()), inverted: false })).toBeUndefined();
  });
});
