/** Reading DICOM JSON (PS3.18 F.2): pure, and forgiving about what is missing. */

export interface DicomElement {
  readonly vr?: string;
  readonly Value?: readonly unknown[];
}
export type DicomObject = Readonly<Record<string, DicomElement | undefined>>;

export function strings(object: DicomObject, tag: string): readonly string[] {
  const values = object[tag]?.Value ?? [];
  return values.flatMap((value) => (typeof value === 'string' ? [value] : typeof value === 'number' ? [String(value)] : []));
}

export function text(object: DicomObject, tag: string): string {
  return strings(object, tag)[0]?.trim() ?? '';
}

export function numbers(object: DicomObject, tag: string): readonly number[] {
  return strings(object, tag).map(Number).filter(Number.isFinite);
}

export function number(object: DicomObject, tag: string): number | undefined {
  return numbers(object, tag)[0];
}

function items(object: DicomObject, tag: string): readonly DicomObject[] {
  return (object[tag]?.Value ?? []) as readonly DicomObject[];
}

/** Hanzi if the name has them, otherwise the letters, `^` told as a space. */
export function personName(object: DicomObject, tag: string): string {
  const value = object[tag]?.Value?.[0];
  if (typeof value !== 'object' || value === null) return '';
  const name = value as Readonly<Record<string, unknown>>;
  const ideographic = name['Ideographic'];
  if (typeof ideographic === 'string' && ideographic !== '') return ideographic.replaceAll('^', '').trim();
  const alphabetic = name['Alphabetic'];
  if (typeof alphabetic !== 'string') return '';
  const hanzi = /\p{Script=Han}/u.test(alphabetic);
  return alphabetic.replaceAll('^', hanzi ? '' : ' ').trim();
}

export const TAG = {
  sopClass: '00080016',
  sopInstance: '00080018',
  studyDate: '00080020',
  studyTime: '00080030',
  acquisitionDate: '00080022',
  acquisitionTime: '00080032',
  modality: '00080060',
  seriesDescription: '0008103E',
  patientName: '00100010',
  patientSex: '00100040',
  patientAge: '00101010',
  thickness: '00180050',
  kvp: '00180060',
  cineRate: '00180040',
  frameTime: '00181063',
  imagerSpacing: '00181164',
  study: '0020000D',
  series: '0020000E',
  seriesNumber: '00200011',
  instanceNumber: '00200013',
  patientOrientation: '00200020',
  position: '00200032',
  orientation: '00200037',
  frameOfReference: '00200052',
  laterality: '00200060',
  imageLaterality: '00200062',
  sliceLocation: '00201041',
  photometric: '00280004',
  frames: '00280008',
  rows: '00280010',
  columns: '00280011',
  spacing: '00280030',
  bitsAllocated: '00280100',
  windowCenter: '00281050',
  windowWidth: '00281051',
  lossy: '00282110',
  perFrame: '52009230',
  shared: '52009229',
  planePosition: '00209113',
} as const;

/** One displayable frame. */
export interface Frame {
  readonly imageId: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopInstanceUid: string;
  /** From 1. */
  readonly frame: number;
  readonly frames: number;
  readonly instanceNumber: number;
  readonly position: readonly number[] | undefined;
  readonly orientation: readonly number[] | undefined;
  readonly frameOfReference: string;
  readonly metadata: DicomObject;
}

export interface Series {
  readonly studyUid: string;
  readonly uid: string;
  readonly number: string;
  readonly description: string;
  readonly modality: string;
  /** Images the metadata named; one may have many frames. */
  readonly instances: number;
  readonly frames: readonly Frame[];
}

/** Where looking begins: a volume in its middle, where the organ is; films and runs at their first image. */
export function startOf(series: Pick<Series, 'frames'>): number {
  const volume = series.frames.length > 2 && series.frames.every((frame) => along(frame) !== undefined);
  return volume ? Math.floor((series.frames.length - 1) / 2) : 0;
}

export function nearestFirst<T>(items: readonly T[], from: number): T[] {
  return items
    .map((item, at) => ({ item, distance: Math.abs(at - from) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ item }) => item);
}

/** Of one series as QIDO tells it, before its images are asked for. */
export interface SeriesSummary {
  readonly uid: string;
  readonly number: string;
  readonly description: string;
  readonly modality: string;
  readonly images: number;
}

export function summary(object: DicomObject): SeriesSummary {
  return {
    uid: text(object, TAG.series),
    number: text(object, TAG.seriesNumber),
    description: text(object, TAG.seriesDescription),
    modality: text(object, TAG.modality),
    images: number(object, '00201209') ?? 0,
  };
}

const NOT_IMAGES = new Set(['SR', 'PR', 'KO', 'DOC', 'RTSTRUCT', 'RTPLAN', 'REG', 'SEG', 'ECG', 'HD', 'AU']);

export function isImageModality(modality: string): boolean {
  return !NOT_IMAGES.has(modality);
}

function vector(object: DicomObject, tag: string, length: number): readonly number[] | undefined {
  const found = numbers(object, tag);
  return found.length === length ? found : undefined;
}

function framePosition(object: DicomObject, at: number): readonly number[] | undefined {
  const perFrame = items(object, TAG.perFrame)[at];
  if (perFrame === undefined) return undefined;
  const plane = items(perFrame, TAG.planePosition)[0];
  return plane === undefined ? undefined : vector(plane, TAG.position, 3);
}

/** All frames of one instance; none if it has no pixels. */
export function framesOf(object: DicomObject, root: string): Frame[] {
  const rows = number(object, TAG.rows);
  if (rows === undefined || rows <= 0) return [];
  const studyUid = text(object, TAG.study);
  const seriesUid = text(object, TAG.series);
  const sopInstanceUid = text(object, TAG.sopInstance);
  const frames = Math.max(1, number(object, TAG.frames) ?? 1);
  const base = `wadors:${root}/studies/${studyUid}/series/${seriesUid}/instances/${sopInstanceUid}/frames/`;
  return Array.from({ length: frames }, (_, at) => ({
    imageId: `${base}${String(at + 1)}`,
    studyUid,
    seriesUid,
    sopInstanceUid,
    frame: at + 1,
    frames,
    instanceNumber: number(object, TAG.instanceNumber) ?? 0,
    position: framePosition(object, at) ?? vector(object, TAG.position, 3),
    orientation: vector(object, TAG.orientation, 6),
    frameOfReference: text(object, TAG.frameOfReference),
    metadata: object,
  }));
}

export type Vector = readonly number[];

export function cross(a: Vector, b: Vector): Vector {
  const [ax = 0, ay = 0, az = 0] = a;
  const [bx = 0, by = 0, bz = 0] = b;
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}

export function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

/** Millimetres along the stack, from position and orientation; undefined without them. */
export function along(frame: Frame): number | undefined {
  if (frame.position === undefined || frame.orientation === undefined) return undefined;
  return dot(frame.position, cross(frame.orientation.slice(0, 3), frame.orientation.slice(3)));
}

/** As a reader pages through: by instance number and frame; a stack without numbers by position. */
export function inOrder(frames: readonly Frame[]): Frame[] {
  const numbered = new Set(frames.map((frame) => frame.instanceNumber)).size > 1;
  return [...frames].sort((a, b) => {
    if (numbered && a.instanceNumber !== b.instanceNumber) return a.instanceNumber - b.instanceNumber;
    if (a.sopInstanceUid === b.sopInstanceUid) return a.frame - b.frame;
    const left = along(a);
    const right = along(b);
    if (left !== undefined && right !== undefined && left !== right) return left - right;
    return a.sopInstanceUid < b.sopInstanceUid ? -1 : 1;
  });
}

/** 20261122 085231 → 2026-11-22 08:52 */
export function dicomMoment(date: string, time: string): string {
  const day = /^(\d{4})(\d{2})(\d{2})/.exec(date);
  if (day === null) return '';
  const [, year = '', month = '', date2 = ''] = day;
  const clock = /^(\d{2})(\d{2})/.exec(time);
  return `${year}-${month}-${date2}${clock === null ? '' : ` ${clock[1] ?? ''}:${clock[2] ?? ''}`}`;
}
