import { describe, expect, it } from 'vitest';
import { finder, isDirectory, readMedium, shownName } from '@/pages/technician/dicomdir';
import { maskedId, openMedium } from '@/pages/technician/medium';

interface Node {
  readonly kind: string;
  readonly fields?: readonly (readonly [tag: number, vr: string, value: string | Uint8Array])[];
  readonly below?: readonly Node[];
  readonly inactive?: boolean;
}

const latin = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const u16 = (value: number): Uint8Array => Uint8Array.of(value & 255, value >> 8);
const u32 = (value: number): Uint8Array => join(u16(value & 65535), u16(value >>> 16));

function element(tag: number, vr: string, value: string | Uint8Array): Uint8Array {
  const raw = typeof value === 'string' ? latin(value) : value;
  const even = raw.length % 2 === 0 ? raw : join(raw, latin(vr === 'UI' ? '\0' : ' '));
  const head = join(u16(tag >>> 16), u16(tag & 65535), latin(vr));
  return vr === 'SQ' ? join(head, u16(0), u32(even.length), even) : join(head, u16(even.length), even);
}

function item(node: Node, next: number, lower: number): Uint8Array {
  const body = join(
    element(0x00041400, 'UL', u32(next)),
    element(0x00041410, 'US', u16(node.inactive === true ? 0 : 0xffff)),
    element(0x00041420, 'UL', u32(lower)),
    element(0x00041430, 'CS', node.kind),
    ...(node.fields ?? []).map((field) => element(...field)),
  );
  return join(u16(0xfffe), u16(0xe000), u32(body.length), body);
}

/** A DICOMDIR as a burner writes it (PS3.10): offsets count from the first byte of the file. */
function dicomdir(roots: readonly Node[], twist: (offset: number) => number = (offset) => offset): Uint8Array {
  const meta = join(element(0x00020002, 'UI', '1.2.840.10008.1.3.10'), element(0x00020010, 'UI', '1.2.840.10008.1.2.1'));
  const head = join(new Uint8Array(128), latin('DICM'), element(0x00020000, 'UL', u32(meta.length)), meta);
  const flat: Node[] = [];
  const walk = (nodes: readonly Node[]): void => nodes.forEach((node) => (flat.push(node), walk(node.below ?? [])));
  walk(roots);
  const first = head.length + element(0x00041200, 'UL', u32(0)).length + 12;
  const offsets = new Map<Node, number>();
  let at = first;
  for (const node of flat) {
    offsets.set(node, at);
    at += item(node, 0, 0).length;
  }
  const written = new Map<Node, Uint8Array>();
  const write = (nodes: readonly Node[]): void =>
    nodes.forEach((node, index) => {
      const next = nodes[index + 1];
      const lower = node.below?.[0];
      written.set(node, item(node, next === undefined ? 0 : twist(offsets.get(next) ?? 0), lower === undefined ? 0 : twist(offsets.get(lower) ?? 0)));
      write(node.below ?? []);
    });
  write(roots);
  const records = join(...flat.map((node) => written.get(node) ?? new Uint8Array()));
  return join(head, element(0x00041200, 'UL', u32(roots.length > 0 ? first : 0)), element(0x00041220, 'SQ', records));
}

const image = (path: string): Node => ({ kind: 'IMAGE', fields: [[0x00041500, 'CS', path]] });
const series = (uid: string, modality: string, paths: readonly string[]): Node => ({
  kind: 'SERIES',
  fields: [[0x00080060, 'CS', modality], [0x0020000e, 'UI', uid], [0x00200011, 'IS', '1']],
  below: paths.map(image),
});
const study = (uid: string, below: readonly Node[], date = '20240315'): Node => ({
  kind: 'STUDY',
  fields: [[0x00080020, 'DA', date], [0x00081030, 'LO', 'CHEST'], ...(uid === '' ? [] : [[0x0020000d, 'UI', uid] as const])],
  below,
});
const patient = (name: string | Uint8Array, below: readonly Node[], charset = 'ISO_IR 100'): Node => ({
  kind: 'PATIENT',
  fields: [[0x00080005, 'CS', charset], [0x00100010, 'PN', name], [0x00100020, 'LO', '239999195603140024']],
  below,
});
const GBK_WANG = Uint8Array.of(0xcd, 0xf5, 0x5e, 0xb9, 0xf0, 0xc0, 0xbc); // 王^桂兰
const good = [
  patient('Wang^Guilan', [
    study('1.2.3', [series('1.2.3.1', 'CT', ['CT\\IM1', 'CT\\IM2']), series('1.2.3.2', 'SR', ['SR\\R1'])]),
    study('1.2.4', [series('1.2.4.1', 'DX', ['DX\\IM3'])], '20190102'),
  ]),
];
const named = (roots: readonly Node[]): string | undefined => {
  const medium = readMedium(dicomdir(roots));
  return 'damaged' in medium ? undefined : medium.patients[0]?.name;
};

describe('a DICOMDIR', () => {
  it('names persons, studies, series and their files in the order of the medium', () => {
    const medium = readMedium(dicomdir(good));
    if ('damaged' in medium) throw new Error('damaged');
    const [one] = medium.patients;
    expect([one?.name, one?.id]).toEqual(['Wang Guilan', '239999195603140024']);
    expect(one?.studies.map((each) => [each.uid, each.date, each.description])).toEqual([['1.2.3', '2024-03-15', 'CHEST'], ['1.2.4', '2019-01-02', 'CHEST']]);
    expect(one?.studies[0]?.series.map((each) => [each.modality, each.files])).toEqual([
      ['CT', [['CT', 'IM1'], ['CT', 'IM2']]],
      ['SR', [['SR', 'R1']]],
    ]);
  });

  it('says names as the device meant them, whatever it declared', () => {
    const below = [study('1.2.3', [])];
    expect(named([patient(GBK_WANG, below)])).toBe('王桂兰');
    expect(named([patient(GBK_WANG, below, 'GB18030')])).toBe('王桂兰');
    expect(named([patient(new TextEncoder().encode('Wang^Guilan=王^桂兰'), below, 'ISO_IR 192')])).toBe('王桂兰');
    expect(named([patient(new TextEncoder().encode('王^桂兰'), below)])).toBe('王桂兰');
    expect(named([patient(join(latin('\x1b$)A'), GBK_WANG), below, '\\ISO 2022 IR 58')])).toBe('王桂兰');
    expect(shownName('=^')).toBe('');
  });

  it('leaves out what was taken out', () => {
    const [whole] = good;
    const taken = readMedium(dicomdir([{ ...whole, kind: 'PATIENT', below: [{ ...study('1.2.5', []), inactive: true }, ...(whole?.below ?? [])] }]));
    expect('damaged' in taken ? [] : taken.patients[0]?.studies.map((one) => one.uid)).toEqual(['1.2.3', '1.2.4']);
  });

  it('is damaged wherever it was cut off, and never half believed', () => {
    const whole = dicomdir(good);
    for (let length = 0; length < whole.length; length += 7) expect(readMedium(whole.subarray(0, length)), String(length)).toEqual({ damaged: true });
  });

  it('is damaged when it points nowhere, round in a circle, or names no study', () => {
    expect(readMedium(dicomdir(good, (offset) => offset + 2))).toEqual({ damaged: true });
    let first = 0;
    expect(readMedium(dicomdir(good, (offset) => (first = first === 0 ? offset : first)))).toEqual({ damaged: true });
    expect(readMedium(dicomdir([]))).toEqual({ damaged: true });
    expect(readMedium(dicomdir([patient('Wang^Guilan', [study('', [])])]))).toEqual({ damaged: true });
    expect(readMedium(dicomdir([patient('Wang^Guilan', [])]))).toEqual({ damaged: true });
    expect(readMedium(latin('not DICOM at all'))).toEqual({ damaged: true });
  });
});

describe('a file that is named', () => {
  const there = [['CD', 'CT', 'IM1'], ['CD', 'ct', 'im2'], ['CD', 'CT', 'IM3.;1'], ['SECRET']].map((path) => ({ path, file: path.join('/') }));
  const find = finder(there, ['CD']);
  const found = (id: readonly string[]): string => {
    const where = find(id);
    return typeof where === 'string' ? where : where.file;
  };

  it('is found in capital or small letters, and with what ISO 9660 hangs on', () => {
    expect(found(['CT', 'IM1'])).toBe('CD/CT/IM1');
    expect(found(['ct', 'im1'])).toBe('CD/CT/IM1');
    expect(found(['CT', 'IM2'])).toBe('CD/ct/im2');
    expect(found(['CT', 'IM3'])).toBe('CD/CT/IM3.;1');
    expect(isDirectory(['CD', 'dicomdir'])).toBe(true);
    expect(isDirectory(['CD', 'DICOMDIR;1'])).toBe(true);
    expect(isDirectory(['DICOMDIR', 'IM1'])).toBe(false);
  });

  it('is missing when the medium lacks it', () => {
    expect(found(['CT', 'IM4'])).toBe('missing');
    expect(found(['IM1'])).toBe('missing');
  });

  it.each([['..', 'SECRET'], ['CT', '..', '..', 'SECRET'], ['', 'SECRET'], ['.', 'CT'], ['C:', 'SECRET'], ['CT/../../SECRET']])(
    'is never looked for outside of the medium: %s %s',
    (...id) => expect(found(id)).toBe('outside'),
  );
});

describe('a dropped medium', () => {
  const at = (path: string, content: BlobPart = 'x'): { path: string[]; file: File } => ({ path: path.split('/'), file: new File([content], path.split('/').at(-1) ?? '') });
  const list = (roots: readonly Node[]): Uint8Array<ArrayBuffer> => new Uint8Array(dicomdir(roots));

  it('offers each study with its files, what is missing, and what nobody named', async () => {
    const files = [at('CD/DICOMDIR', list(good)), at('CD/CT/IM1'), at('CD/SR/R1'), at('CD/dx/im3'), at('CD/AUTORUN.INF'), at('OTHER/IM9')];
    const medium = await openMedium(files);
    if (medium === undefined || medium === 'damaged') throw new Error('not opened');
    expect(medium.studies.map((one) => [one.uid, one.files.map((file) => file.path.join('/')), one.missing])).toEqual([
      ['1.2.3', ['CD/CT/IM1', 'CD/SR/R1'], ['CT/IM2']],
      ['1.2.4', ['CD/dx/im3'], []],
    ]);
    expect(medium.studies[0]?.series.map((one) => one.found)).toEqual([1, 1]);
    expect(medium.studies[0]?.modalities).toEqual(['CT', 'SR']);
    expect(medium.unlisted.map((one) => one.path.join('/'))).toEqual(['CD/AUTORUN.INF', 'OTHER/IM9']);
  });

  it('never opens a path that climbs out', async () => {
    const climbing = [patient('Wang^Guilan', [study('1.2.3', [series('1.2.3.1', 'CT', ['..\\SECRET'])])])];
    const medium = await openMedium([at('CD/DICOMDIR', list(climbing)), at('SECRET')]);
    if (medium === undefined || medium === 'damaged') throw new Error('not opened');
    expect(medium.studies.map((one) => [one.files, one.missing, one.outside])).toEqual([[[], [], ['../SECRET']]]);
  });

  it('says that a list is damaged, or that there is none', async () => {
    expect(await openMedium([at('CD/DICOMDIR', list(good).slice(0, 400)), at('CD/CT/IM1')])).toBe('damaged');
    expect(await openMedium([at('CD/CT/IM1')])).toBeUndefined();
  });

  it('shows the last four of a document only', () => {
    expect(maskedId('239999195603140024')).toBe('**************0024');
    expect(maskedId('CT00123')).toBe('CT00123');
  });
});
