/** A medium's table of contents (DICOMDIR, PS3.3 annex F): which persons, studies and series it names, and in which files. Pure. */
import dicomParser, { type DataSet, type Element } from 'dicom-parser';

export interface MediumSeries {
  readonly uid: string;
  readonly number: string;
  readonly modality: string;
  readonly description: string;
  /** Referenced File IDs: folder names and a file name below the DICOMDIR's own folder. */
  readonly files: readonly (readonly string[])[];
}
export interface MediumStudy {
  readonly uid: string;
  /** YYYY-MM-DD, empty if the medium does not say. */
  readonly date: string;
  readonly description: string;
  readonly accession: string;
  readonly series: readonly MediumSeries[];
}
export interface MediumPatient {
  readonly id: string;
  readonly name: string;
  readonly studies: readonly MediumStudy[];
}
/** damaged: it cannot be trusted to name everything; the files themselves still can be read. */
export type Medium = { readonly patients: readonly MediumPatient[] } | { readonly damaged: true };

const ROOT_FIRST = 'x00041200';
const RECORDS = 'x00041220';
const NEXT = 'x00041400';
const IN_USE = 'x00041410';
const LOWER = 'x00041420';
const KIND = 'x00041430';
const FILE_ID = 'x00041500';

/** Labels as DICOM names character sets (PS3.3 C.12.1.1.2) and as TextDecoder does. */
const CHARSETS: readonly (readonly [RegExp, string])[] = [
  [/ISO_IR 192/, 'utf-8'],
  [/GB18030|GBK|ISO 2022 IR 58/, 'gb18030'],
];

class Records {
  private readonly byOffset = new Map<number, DataSet>();
  private readonly walked = new Set<number>();

  constructor(
    private readonly bytes: Uint8Array,
    items: readonly Element[],
  ) {
    // Offsets count from the first byte of the file to the item's tag; its length stands in the four bytes behind.
    for (const item of items) if (item.dataSet !== undefined) this.byOffset.set(item.dataOffset - 8, item.dataSet);
  }

  /** The records of one level, in the order of the medium; each may be reached once only. */
  chain(first: number): DataSet[] {
    const found: DataSet[] = [];
    for (let at = first; at !== 0; ) {
      const record = this.byOffset.get(at);
      if (record === undefined || this.walked.has(at)) throw new Error('a record that is not there, or twice');
      this.walked.add(at);
      // FFFF: in use; 0000: taken out, though its bytes still stand there.
      if (record.uint16(IN_USE) !== 0) found.push(record);
      at = record.uint32(NEXT) ?? 0;
    }
    return found;
  }

  below(record: DataSet): DataSet[] {
    return this.chain(record.uint32(LOWER) ?? 0);
  }

  /** A value as written; what a device declares wrongly is read as UTF-8 or else as GB 18030, which devices here mean. */
  text(record: DataSet, tag: string): string {
    const element = record.elements[tag];
    if (element === undefined) return '';
    const raw = this.bytes.subarray(element.dataOffset, element.dataOffset + element.length);
    // Escapes of ISO 2022 announce GB 2312, which GB 18030 contains.
    const text = this.decode(raw, record.string('x00080005') ?? '').replaceAll(/\u001b[$()]+[A-Z]?/g, '');
    return text.replaceAll('\0', '').trim();
  }

  private decode(raw: Uint8Array, declared: string): string {
    const label = CHARSETS.find(([pattern]) => pattern.test(declared))?.[1];
    if (label !== undefined) return new TextDecoder(label).decode(raw);
    if (raw.every((byte) => byte < 0x80)) return new TextDecoder('latin1').decode(raw);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(raw);
    } catch {
      return new TextDecoder('gb18030').decode(raw);
    }
  }
}

/** The group in hanzi if there is one, else the first; parts of a Latin name apart by a blank. */
export function shownName(personName: string): string {
  const groups = personName.split('=').map((group) => group.trim()).filter((group) => group.replaceAll('^', '') !== '');
  const hanzi = groups.find((group) => /\p{Script=Han}/u.test(group));
  return hanzi === undefined ? (groups[0] ?? '').replaceAll('^', ' ').replaceAll(/ +/g, ' ').trim() : hanzi.replaceAll('^', '').trim();
}

function day(date: string): string {
  const found = /^(\d{4})[.-]?(\d{2})[.-]?(\d{2})/.exec(date);
  return found === null ? '' : found.slice(1).join('-');
}

export function readMedium(bytes: Uint8Array): Medium {
  try {
    const whole = dicomParser.parseDicom(bytes);
    const items = whole.elements[RECORDS]?.items;
    if (items === undefined) return { damaged: true };
    const records = new Records(bytes, items);
    const text = (record: DataSet, tag: string): string => records.text(record, tag);
    const kind = (record: DataSet): string => text(record, KIND);

    /** Files of a series, those under private or nested records too. */
    const files = (parent: DataSet): string[][] =>
      records.below(parent).flatMap((record) => {
        const path = text(record, FILE_ID).split('\\').map((part) => part.trim());
        return [...(path.join('') === '' ? [] : [path]), ...files(record)];
      });
    const series = (record: DataSet): MediumSeries => ({
      uid: text(record, 'x0020000e'),
      number: text(record, 'x00200011'),
      modality: text(record, 'x00080060'),
      description: text(record, 'x0008103e'),
      files: files(record),
    });
    const study = (record: DataSet): MediumStudy => ({
      uid: text(record, 'x0020000d'),
      date: day(text(record, 'x00080020')),
      description: text(record, 'x00081030'),
      accession: text(record, 'x00080050'),
      series: records.below(record).filter((one) => kind(one) === 'SERIES').map(series),
    });
    const patients = records
      .chain(whole.uint32(ROOT_FIRST) ?? 0)
      .filter((one) => kind(one) === 'PATIENT')
      .map((one) => ({
        id: text(one, 'x00100020'),
        name: shownName(text(one, 'x00100010')),
        studies: records.below(one).filter((below) => kind(below) === 'STUDY').map(study),
      }));
    // A list that names nothing while it holds records, or a study without its UID, is not one to rely on.
    const named = patients.every((one) => one.studies.every((each) => each.uid !== ''));
    return named && patients.some((one) => one.studies.length > 0) ? { patients } : { damaged: true };
  } catch {
    // What the parser throws says where, which nobody at the medium can use.
    return { damaged: true };
  }
}

/** A file beneath what was dropped or chosen. path: folder names and the file's own. */
export interface FileAt<F> {
  readonly path: readonly string[];
  readonly file: F;
}

/** Names on media are capital letters, may end in ISO 9660's `;1` or a bare dot, and systems show them in small ones. */
const folded = (path: readonly string[]): string =>
  path.map((part) => part.replace(/;\d+$/, '').replace(/\.$/, '').toUpperCase()).join('/');

export type Lookup<F> = FileAt<F> | 'missing' | 'outside';

/** Finds what a DICOMDIR names, below its own folder and nowhere else. */
export function finder<F>(files: readonly FileAt<F>[], home: readonly string[]): (id: readonly string[]) => Lookup<F> {
  const exact = new Map(files.map((one) => [one.path.join('/'), one]));
  const loose = new Map(files.map((one) => [folded(one.path), one]));
  return (id) => {
    if (id.some((part) => part === '' || part === '.' || part === '..' || /[/\\:]/.test(part))) return 'outside';
    const path = [...home, ...id];
    return exact.get(path.join('/')) ?? loose.get(folded(path)) ?? 'missing';
  };
}

export const isDirectory = (path: readonly string[]): boolean => folded(path.slice(-1)) === 'DICOMDIR';
