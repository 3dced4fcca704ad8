import { describe, expect, it } from 'vitest';
import { along, dicomMoment, framesOf, inOrder, nearestFirst, personName, startOf, TAG, type DicomObject, type Frame } from '@/viewer/dicom';
import { fill } from '@/viewer/layout';
import { follow, linkAt, nearest } from '@/viewer/linked';
import { nextLabel, sentence, valuesOf } from '@/viewer/measurement';
import { fromGeometry, fromLabel, letters, opposite } from '@/viewer/orientation';
import { presetsFor, rangeOf, windowOf } from '@/viewer/presets';
import { ruler } from '@/viewer/ruler';
import { Seen } from '@/viewer/seen';
import { foreign, heard, type WindowsState } from '@/viewer/windows';

function instance(number: number, z: number, more: DicomObject = {}): DicomObject {
  return {
    [TAG.study]: { Value: ['1.1'] },
    [TAG.series]: { Value: ['1.1.1'] },
    [TAG.sopInstance]: { Value: [`1.1.1.${String(number)}`] },
    [TAG.rows]: { Value: [512] },
    [TAG.instanceNumber]: { Value: [number] },
    [TAG.position]: { Value: [0, 0, z] },
    [TAG.orientation]: { Value: [1, 0, 0, 0, 1, 0] },
    ...more,
  };
}

describe('where looking begins', () => {
  const frames = (count: number, more: DicomObject = {}): Frame[] =>
    Array.from({ length: count }, (_, at) => instance(at + 1, at, more)).flatMap((one) => framesOf(one, 'https://x'));
  it('a volume in its middle, as the server draws its preview', () => {
    expect(startOf({ frames: frames(200) })).toBe(99);
    expect(startOf({ frames: frames(5) })).toBe(2);
  });
  it('films and runs without geometry at their first image', () => {
    expect(startOf({ frames: frames(2) })).toBe(0);
    expect(startOf({ frames: frames(40, { [TAG.position]: { Value: [] } }) })).toBe(0);
    expect(startOf({ frames: [] })).toBe(0);
  });
  it('neighbours follow, the nearest first', () => {
    expect(nearestFirst(['a', 'b', 'c', 'd', 'e'], 2)).toEqual(['c', 'b', 'd', 'a', 'e']);
  });
});

describe('orientation letters', () => {
  it('of an axial slice as it is stored', () => {
    expect(fromGeometry([1, 0, 0], [0, 1, 0])).toEqual({ source: 'geometry', right: 'L', left: 'R', bottom: 'P', top: 'A' });
  });
  it('change sides when the image is flipped', () => {
    expect(fromGeometry([-1, 0, 0], [0, 1, 0])).toMatchObject({ right: 'R', left: 'L' });
  });
  it('name an oblique direction by its two strongest parts', () => {
    expect(letters([0.8, 0.6, 0])).toBe('LP');
    expect(letters([0.99, 0.1, 0])).toBe('L');
    expect(letters([0, 0, 0])).toBe('');
    expect(opposite('LP')).toBe('RA');
  });
  it('of a projection come from its label, turned with the image', () => {
    expect(fromLabel('L', 'F', [1, 0, 0], [0, 1, 0])).toEqual({ source: 'label', right: 'L', left: 'R', bottom: 'F', top: 'H' });
    expect(fromLabel('L', 'F', [0, -1, 0], [1, 0, 0])).toMatchObject({ right: 'H', bottom: 'L' });
  });
  it('are not invented: an unreadable label is unknown', () => {
    expect(fromLabel('LEFT', 'F', [1, 0, 0], [0, 1, 0]).source).toBe('unknown');
    expect(fromLabel('', '', [1, 0, 0], [0, 1, 0])).toMatchObject({ right: '', source: 'unknown' });
  });
});

describe('stacks', () => {
  it('are read by instance number, or by position when all numbers are equal', () => {
    const numbered = inOrder([3, 1, 2].flatMap((n) => framesOf(instance(n, -n), '/dicom-web')));
    expect(numbered.map((frame) => frame.instanceNumber)).toEqual([1, 2, 3]);
    const same = [30, 10, 20].flatMap((z) =>
      framesOf(instance(1, z, { [TAG.sopInstance]: { Value: [`9.${String(z)}`] } }), '/dicom-web'),
    );
    expect(inOrder(same).map(along)).toEqual([10, 20, 30]);
  });
  it('have one entry for each frame and none for what has no pixels', () => {
    const cine = framesOf(instance(1, 0, { [TAG.frames]: { Value: ['3'] } }), 'http://county/dicom-web');
    expect(cine.map((frame) => frame.imageId.slice(-8))).toEqual(['frames/1', 'frames/2', 'frames/3']);
    expect(framesOf({ [TAG.study]: { Value: ['1'] } }, '/dicom-web')).toEqual([]);
  });
});

describe('linked scrolling', () => {
  const thin = { positions: [0, 1, 2, 3, 4, 5, 6, 7, 8], frameOfReference: 'f' };
  const thick = { positions: [0, 4, 8], frameOfReference: 'f' };
  const prior = { positions: [100, 101, 102, 103], frameOfReference: 'g' };
  const film = { positions: [undefined, undefined], frameOfReference: '' };

  it('finds the same place in one frame of reference, whatever was shown when it was linked', () => {
    expect(follow(thin, 5, thick, linkAt(thin, 0, thick, 2))).toBe(1);
  });
  it('keeps the offset of the moment for a prior', () => {
    const link = linkAt(thin, 2, prior, 0);
    expect(follow(thin, 4, prior, link)).toBe(2);
    expect(follow(thin, 0, prior, link)).toBe(0);
  });
  it('counts images where there are no positions, and stops at the ends', () => {
    const link = linkAt(thin, 3, film, 0);
    expect(follow(thin, 4, film, link)).toBe(1);
    expect(follow(thin, 8, film, link)).toBe(1);
  });
  it('has no nearest among nothing', () => {
    expect(nearest([undefined], 3)).toBeUndefined();
  });
});

describe('windows', () => {
  it('are there and back again', () => {
    expect(windowOf(rangeOf(1500, -600))).toEqual({ width: 1500, center: -600 });
  });
  it('CT has nine presets on the keys 1–9, other modalities scale their own', () => {
    expect(presetsFor('CT').map((preset) => preset.key).join('')).toBe('123456789');
    const original = rangeOf(2000, 1000);
    const narrow = presetsFor('DX').find((preset) => preset.name === 'narrow');
    expect(windowOf(narrow?.range(original, original) ?? original)).toEqual({ width: 1200, center: 1000 });
    expect(presetsFor('CT').at(-1)?.range(original, rangeOf(1, 1))).toBe(original);
  });
});

describe('the ruler', () => {
  it('is the longest round length that fits', () => {
    expect(ruler(0.5, 160)).toMatchObject({ label: '5 cm', pixels: 100 });
    expect(ruler(0.1, 160)).toMatchObject({ label: '1 cm', pixels: 100 });
  });
  it('is absent without a scale', () => {
    expect(ruler(0, 160)).toBeUndefined();
    expect(ruler(Number.NaN, 160)).toBeUndefined();
  });
});

describe('measurements', () => {
  const words = { mean: '均值', comma: '，' };
  it('are told with their units', () => {
    expect(sentence({ kind: 'length', values: valuesOf('length', { length: 19.23, unit: 'mm' }) }, words)).toBe('19.2 mm');
    expect(sentence({ kind: 'angle', values: valuesOf('angle', { angle: 34.46 }) }, words)).toBe('34.5°');
    const roi = valuesOf('roi', { mean: 49.7, stdDev: 30.2, modalityUnit: 'HU', area: 155.2, areaUnit: 'mm²' });
    expect(sentence({ kind: 'roi', values: roi }, words)).toBe('均值 50 HU，SD 30，155 mm²');
  });
  it('do not call pixels millimetres', () => {
    expect(valuesOf('length', { length: 12, unit: 'px' })).toEqual([{ name: 'length', value: 12, unit: 'px' }]);
  });
  it('are not told before they are computed', () => {
    expect(valuesOf('length', { length: null, unit: 'mm' })).toEqual([]);
    expect(valuesOf('length', { length: Number.NaN, unit: 'mm' })).toEqual([]);
  });
  it('are labelled by kind and never twice', () => {
    expect(nextLabel('length', ['M1', 'R1', 'M3'])).toBe('M4');
    expect(nextLabel('angle', ['M1'])).toBe('A1');
  });
});

describe('what was seen', () => {
  it('counts painted frames once', () => {
    const seen = new Seen();
    expect(seen.add('s', 'i', 1)).toBe(true);
    expect(seen.add('s', 'i', 1)).toBe(false);
    expect(seen.add('s', 'i', 2)).toBe(true);
    expect(seen.of('s', 5)).toEqual({ seriesUid: 's', total: 5, seen: 2, previewOnly: 0, instances: ['i'] });
    expect(seen.of('other', 3)).toMatchObject({ seen: 0, instances: [] });
  });

  it('goes on from what was kept, and counts a preview until the data are painted', () => {
    const seen = new Seen();
    seen.take([{ series_instance_uid: 's', sop_instance_uid: 'i', painted: [1, 2], previewed: [3] }]);
    expect(seen.of('s', 5)).toMatchObject({ seen: 3, previewOnly: 1 });
    expect(seen.add('s', 'i', 2, 'preview')).toBe(false);
    expect(seen.add('s', 'i', 3, 'preview')).toBe(false);
    expect(seen.add('s', 'i', 3, 'full')).toBe(true);
    expect(seen.of('s', 5)).toMatchObject({ seen: 3, previewOnly: 0 });
  });
});

describe('layouts', () => {
  it('keep what is shown and add what is not', () => {
    expect(fill(['a'], '1x2', ['a', 'b', 'c'])).toEqual(['a', 'b']);
    expect(fill(['b', 'a'], '2x2', ['a', 'b', 'c'])).toEqual(['b', 'a', 'c', undefined]);
    expect(fill(['b', 'a'], '1x1', ['a', 'b'])).toEqual(['b']);
  });
});

describe('image windows', () => {
  const none: WindowsState = { showing: new Map() };
  it('block signing while one shows another study, and only then', () => {
    const shown = heard(none, { type: 'showing', window: 'w', study: '1.2' });
    expect(foreign(none, '1.2')).toBe(false);
    expect(foreign(shown, '1.2')).toBe(false);
    expect(foreign(shown, '1.3')).toBe(true);
    expect(foreign(heard(shown, { type: 'closed', window: 'w' }), '1.3')).toBe(false);
  });
});

describe('names and times', () => {
  it('prefer hanzi and never show carets', () => {
    const name = (value: object): DicomObject => ({ [TAG.patientName]: { Value: [value] } });
    expect(personName(name({ Alphabetic: 'WANG^Guilan', Ideographic: '王^桂兰' }), TAG.patientName)).toBe('王桂兰');
    expect(personName(name({ Alphabetic: '王^桂兰' }), TAG.patientName)).toBe('王桂兰');
    expect(personName(name({ Alphabetic: 'IVANOVA^Natasha' }), TAG.patientName)).toBe('IVANOVA Natasha');
    expect(personName({}, TAG.patientName)).toBe('');
  });
  it('read DICOM dates', () => {
    expect(dicomMoment('20261122', '085231.5')).toBe('2026-11-22 08:52');
    expect(dicomMoment('20261122', '')).toBe('2026-11-22');
    expect(dicomMoment('', '0852')).toBe('');
  });
});
