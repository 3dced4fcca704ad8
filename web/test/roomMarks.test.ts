import { describe, expect, it } from 'vitest';
import { changeOf, factsOfMark, inOrder, kindOf, labelOf, pointsOf, saidOf, standsAt, type Drawn } from '@/room/marks';
import type { Mark } from '@/room/protocol';
import { fold, NEW } from '@/room/fold';

const LENGTH: Drawn = {
  id: 'a-1',
  study: '1.2.3',
  series: '1.2.3.4',
  sop: '1.2.3.4.5',
  frame: 1,
  kind: 'length',
  points: [[-12.3456, 7, -0.0001], [6.5004, -0, 20.25]],
  pixels: [[10.1234, -0.0002], [511.5, 3]],
  label: 'M1',
  values: [{ name: 'length', value: 19.24, unit: 'mm' }],
  calib: 'pixel-spacing',
};
const ROI: Drawn = {
  ...LENGTH,
  kind: 'roi',
  label: 'R1',
  values: [
    { name: 'mean', value: -0.2, unit: 'HU' },
    { name: 'sd', value: 30.4, unit: 'HU' },
    { name: 'area', value: 154.6, unit: 'mm²' },
  ],
};
const ZH = { mean: '均值', comma: '，' };

function logged(drawn: Drawn): Mark {
  const d = factsOfMark(drawn);
  const state = fold(NEW, { seq: 1, epoch: 'e', at: 5, by: 'me', k: 'anno.add', d });
  const mark = state.marks[drawn.id];
  if (mark === undefined) throw new Error('no mark');
  return mark;
}

describe('a mark in the log', () => {
  it('is whole numbers without a negative nothing', () => {
    const { geom, world } = factsOfMark(LENGTH) as unknown as { geom: number[]; world: number[] };
    expect(geom).toEqual([10123, 0, 511500, 3000]);
    expect(world).toEqual([-12346, 7000, 0, 6500, 0, 20250]);
    for (const one of [...geom, ...world]) expect(Object.is(one, -0)).toBe(false);
  });

  it('comes back where it was to the micrometre, and says the same again', () => {
    const mark = logged(LENGTH);
    const points = pointsOf(mark);
    expect(points).toEqual([[-12.346, 7, 0], [6.5, 0, 20.25]]);
    expect(standsAt(mark, changeOf({ ...LENGTH, points }))).toBe(true);
    expect(standsAt(mark, changeOf({ ...LENGTH, points: [[0, 0, 0], [1, 0, 0]] }))).toBe(false);
  });

  it('has the figures as its author saw them', () => {
    expect(saidOf(logged(LENGTH), ZH)).toBe('M1 19.2 mm');
    expect(saidOf(logged({ ...LENGTH, kind: 'angle', label: 'A1', values: [{ name: 'angle', value: 34.46, unit: '°' }] }), ZH)).toBe('A1 34.5°');
    expect(saidOf(logged(ROI), ZH)).toBe('R1 均值 0 HU，SD 30，155 mm²');
    expect(labelOf(logged(ROI))).toBe('R1');
  });

  it('of a tool that this page does not know is not drawn', () => {
    expect(kindOf({ tool: 'roi' })).toBe('roi');
    expect(kindOf({ tool: 'constructor' })).toBeUndefined();
  });
});

it('lists marks alike for whoever was there and whoever comes later', () => {
  const labels = { 'f-1': 'M1', 'e-2': 'R1 · SD 30', 'd-3': 'M10', 'c-4': 'M2', 'b-5': 'M1' };
  const asTheyCame = Object.fromEntries(Object.entries(labels).map(([id, label]) => [id, { label }]));
  const byId = Object.fromEntries(Object.entries(asTheyCame).sort(([a], [b]) => (a < b ? -1 : 1)));
  expect(inOrder(byId)).toEqual(inOrder(asTheyCame));
  expect(inOrder(byId).map(([id]) => id)).toEqual(['b-5', 'f-1', 'c-4', 'd-3', 'e-2']);
});
