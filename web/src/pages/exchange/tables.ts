/** A table of laboratory results on its way: what was seen of it, and what its import became. */
import { request } from '@/api/http';
import type { components } from '@/api/schema';

export type Preview = components['schemas']['TablePreview'];
export type Stored = components['schemas']['TableStored'];
export type TableRow = components['schemas']['TableRow'];
export type Column = components['schemas']['TableColumn'];

const EXCEL = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** A township's line is slow, and twenty thousand lines take their time. */
const PATIENCE = 180_000;

/** Windows calls a CSV file what Excel registered for it; the server is told what it is. */
const typed = (file: File): Record<string, string> => ({ 'Content-Type': file.name.toLowerCase().endsWith('.xlsx') ? EXCEL : 'text/csv' });

export function look(file: File, organization: string, signal: AbortSignal): Promise<Preview> {
  return request('POST', '/api/laboratory/tables/preview', { query: { organization }, body: file, headers: typed(file), deadline: PATIENCE, signal });
}

export function store(file: File, organization: string, seen: Preview, leaveOutFaulty: boolean): Promise<Stored> {
  const query = { organization, digest: seen.digest, leave_out_faulty: leaveOutFaulty };
  return request('POST', '/api/laboratory/tables', { query, body: file, headers: typed(file), deadline: PATIENCE });
}

/** Codes that nobody has mapped: stored, and of no use to recognition until somebody has. */
export const unmapped = (seen: Preview): number => seen.shown.filter((one) => one.item === null).length;

/** What is looked at first: what stops the import, then what will wait, then what will be stored. */
export function firstView(seen: Pick<Preview, 'fault_count' | 'doubt_count'>): 'faults' | 'doubts' | 'shown' {
  if (seen.fault_count > 0) return 'faults';
  return seen.doubt_count > 0 ? 'doubts' : 'shown';
}

export function mayImport(seen: Pick<Preview, 'known' | 'fault_count' | 'reports'>, leaveOutFaulty: boolean): boolean {
  return !seen.known && seen.reports > 0 && (seen.fault_count === 0 || leaveOutFaulty);
}

/** The header alone, with the mark by which Excel knows UTF-8. */
export const blankTable = (columns: readonly Column[], english: boolean): string => `\uFEFF${columns.map((one) => (english ? one.en : one.zh)).join(',')}\r\n`;
