/** Files of a folder or CD by STOW-RS (PS3.18 10.5): which of them are DICOM, in which portions, what came of each. */
import { asFailure, type Failure } from '@/api/failure';
import { send } from '@/api/http';

/** One request: small enough for a thin link to show progress, large enough not to wait for each answer. */
const PORTION_BYTES = 8 * 1024 * 1024;
const PORTION_FILES = 50;
const DEADLINE = 600_000;

export interface Outcome {
  readonly stored: number;
  readonly failed: number;
  /** DICOM reasons (0008,1197) of what was not accepted, each once. */
  readonly reasons: readonly string[];
}

/** A file with File Meta has DICM behind 128 bytes; DICOMDIR is a list of files and no picture. */
export async function isDicom(file: File): Promise<boolean> {
  if (file.size < 132 || file.name.toUpperCase() === 'DICOMDIR') return false;
  const magic = new Uint8Array(await file.slice(128, 132).arrayBuffer());
  return String.fromCharCode(...magic) === 'DICM';
}

export function portions<T extends { readonly size: number }>(files: readonly T[]): T[][] {
  const made: T[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = made.at(-1);
    if (last === undefined || last.length >= PORTION_FILES || bytes + file.size > PORTION_BYTES) {
      made.push([file]);
      bytes = file.size;
    } else {
      last.push(file);
      bytes += file.size;
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

/** The response module of PS3.18 I.2: (0008,1199) stored, (0008,1198) failed. */
export function outcomeOf(answer: unknown): Outcome {
  const first = (Array.isArray(answer) ? answer[0] : answer) as Item | undefined;
  const stored = first?.['00081199']?.Value?.length ?? 0;
  const failures = (first?.['00081198']?.Value ?? []) as readonly Item[];
  const reasons = failures.map((one) => {
    const reason = one['00081197']?.Value?.[0];
    return typeof reason === 'number' ? `0x${reason.toString(16).toUpperCase().padStart(4, '0')}` : '?';
  });
  return { stored, failed: failures.length, reasons: [...new Set(reasons)] };
}

/** STOW-RS answers 409 or 202 with the same module: what was refused is an outcome, not a broken transfer. */
export async function upload(files: readonly File[], signal: AbortSignal): Promise<Outcome> {
  const boundary = `telemed-${crypto.randomUUID()}`;
  const response = await send('POST', '/dicom-web/studies', {
    body: multipart(files, boundary),
    headers: {
      'Content-Type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
      Accept: 'application/dicom+json',
    },
    signal,
    deadline: DEADLINE,
  });
  return outcomeOf(await response.json());
}

export interface Progress {
  readonly files: number;
  readonly bytes: number;
}

/**
 * All portions, one after the other. Returns what is left when the link breaks: sending it again is safe, since what
 * has arrived is recognised.
 */
export async function uploadAll(
  files: readonly File[],
  signal: AbortSignal,
  onProgress: (done: Progress, outcome: Outcome) => void,
): Promise<{ outcome: Outcome; left: readonly File[]; failure: Failure | undefined }> {
  let outcome: Outcome = { stored: 0, failed: 0, reasons: [] };
  let done: Progress = { files: 0, bytes: 0 };
  for (const portion of portions(files)) {
    try {
      const one = await upload(portion, signal);
      outcome = {
        stored: outcome.stored + one.stored,
        failed: outcome.failed + one.failed,
        reasons: [...new Set([...outcome.reasons, ...one.reasons])],
      };
    } catch (error) {
      return { outcome, left: files.slice(done.files), failure: signal.aborted ? undefined : asFailure(error) };
    }
    done = { files: done.files + portion.length, bytes: done.bytes + portion.reduce((sum, file) => sum + file.size, 0) };
    onProgress(done, outcome);
  }
  return { outcome, left: [], failure: undefined };
}

/** Every file below what was dropped. */
export async function filesOf(items: DataTransferItemList): Promise<File[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: File[] = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (entry.isFile) {
    found.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader hands out at most a hundred entries at a time.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const one of batch) await collect(one, found);
  }
}

export function sizeWords(bytes: number): string {
  if (bytes < 1_000_000) return `${String(Math.round(bytes / 1000))} KB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
