/** Files of a folder or CD by STOW-RS (PS3.18 10.5): which of them are DICOM, in which portions, what came of each. */
import { asFailure, type Failure } from '@/api/failure';
import { send } from '@/api/http';
import { isDirectory, type FileAt } from '@/pages/technician/dicomdir';

/** One request: small enough for a thin link to show progress, large enough not to wait for each answer. */
const PORTION_BYTES = 8 * 1024 * 1024;
const PORTION_FILES = 50;
const DEADLINE = 600_000;

/** What became of one file. reason: the server's stable word for a refusal, else empty. */
export interface Sent {
  readonly at: FileAt<File>;
  readonly result: 'stored' | 'known' | 'refused';
  readonly reason: string;
}

/** A file with File Meta has DICM behind 128 bytes; DICOMDIR is a list of files and no picture. */
export async function isDicom(file: File): Promise<boolean> {
  if (file.size < 132 || isDirectory([file.name])) return false;
  const magic = new Uint8Array(await file.slice(128, 132).arrayBuffer());
  return String.fromCharCode(...magic) === 'DICM';
}

export function portions<T extends { readonly file: { readonly size: number } }>(files: readonly T[]): T[][] {
  const made: T[][] = [];
  let bytes = 0;
  for (const one of files) {
    const last = made.at(-1);
    const { size } = one.file;
    if (last === undefined || last.length >= PORTION_FILES || bytes + size > PORTION_BYTES) {
      made.push([one]);
      bytes = size;
    } else {
      last.push(one);
      bytes += size;
    }
  }
  return made;
}

export function multipart(files: readonly Blob[], boundary: string): Blob {
  const parts: BlobPart[] = [];
  for (const file of files) parts.push(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, file, '\r\n');
  parts.push(`--${boundary}--\r\n`);
  return new Blob(parts);
}

interface Attribute {
  readonly Value?: readonly unknown[];
}
type Item = Readonly<Record<string, Attribute | undefined>>;

const NUMBERED = /^part (\d+): ([a-z-]+)$/;

/** Error Comment (0000,0902) of the items of a sequence: the number of the part and a word. */
function comments(answer: Item | undefined, sequence: string): Map<number, string> {
  const said = new Map<number, string>();
  for (const one of (answer?.[sequence]?.Value ?? []) as readonly Item[]) {
    const comment = one['00000902']?.Value?.[0];
    const found = typeof comment === 'string' ? NUMBERED.exec(comment) : null;
    if (found !== null) said.set(Number(found[1]), found[2] ?? '');
  }
  return said;
}

/** The response module of PS3.18 I.2: (0008,1198) what was refused, (0008,1199) what is stored, file by file. */
export function outcomeOf(answer: unknown, files: readonly FileAt<File>[]): Sent[] {
  const first = (Array.isArray(answer) ? answer[0] : answer) as Item | undefined;
  const refused = comments(first, '00081198');
  const known = comments(first, '00081199');
  return files.map((at, index) => {
    const reason = refused.get(index + 1);
    if (reason !== undefined) return { at, result: 'refused', reason };
    return { at, result: known.has(index + 1) ? 'known' : 'stored', reason: '' };
  });
}

/** STOW-RS answers 409 or 202 with the same module: what was refused is an outcome, not a broken transfer. */
export async function upload(files: readonly FileAt<File>[], signal: AbortSignal): Promise<Sent[]> {
  const boundary = `telemed-${crypto.randomUUID()}`;
  const response = await send('POST', '/dicom-web/studies', {
    body: multipart(files.map((one) => one.file), boundary),
    headers: {
      'Content-Type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
      Accept: 'application/dicom+json',
    },
    signal,
    deadline: DEADLINE,
    answers: [409],
  });
  return outcomeOf(await response.json(), files);
}

/**
 * All portions, one after the other. Returns what is left when the link breaks: sending it again is safe, since what
 * has arrived is recognised. onProgress: bytes and fates so far.
 */
export async function uploadAll(
  files: readonly FileAt<File>[],
  signal: AbortSignal,
  onProgress: (bytes: number, sent: readonly Sent[]) => void,
): Promise<{ sent: readonly Sent[]; left: readonly FileAt<File>[]; failure: Failure | undefined }> {
  const sent: Sent[] = [];
  let bytes = 0;
  for (const portion of portions(files)) {
    try {
      sent.push(...(await upload(portion, signal)));
    } catch (error) {
      return { sent, left: files.slice(sent.length), failure: signal.aborted ? undefined : asFailure(error) };
    }
    bytes += portion.reduce((sum, one) => sum + one.file.size, 0);
    onProgress(bytes, [...sent]);
  }
  return { sent, left: [], failure: undefined };
}

/** Every file below what was dropped, with where it stood. */
export async function filesOf(items: DataTransferItemList): Promise<FileAt<File>[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: FileAt<File>[] = [];
  for (const entry of entries) await collect(entry, [], found);
  return found;
}

/** Files of a file input; one that takes folders says where each stood. */
export function chosenFiles(files: Iterable<File>): FileAt<File>[] {
  return [...files].map((file) => ({ file, path: (file.webkitRelativePath === '' ? file.name : file.webkitRelativePath).split('/') }));
}

async function collect(entry: FileSystemEntry, above: readonly string[], found: FileAt<File>[]): Promise<void> {
  const path = [...above, entry.name];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ file, path });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader hands out at most a hundred entries at a time.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const one of batch) await collect(one, path, found);
  }
}

export function sizeWords(bytes: number): string {
  if (bytes < 1_000_000) return `${String(Math.round(bytes / 1000))} KB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
