/** The table of reading modes as it is edited, and what is wrong with it. Pure; the server decides again. */
export const MODES = ['county-read', 'township-drafted', 'self-reported'] as const;
export type ReadingMode = (typeof MODES)[number];
export const MODALITIES = ['CT', 'DX', 'CR', 'MR', 'US', 'MG'] as const;

/** Empty organization or modality: every one. Hours of the county's clock, until is not in it. */
export interface ModeEdit {
  readonly key: number;
  organization: string;
  modality: string;
  from: string;
  until: string;
  mode: string;
}

export type Fault = 'hours' | 'overlap';

/** By the row's key: hours that end before they begin, or that another row of the same organisation and modality has. */
export function faultsOf(rows: readonly ModeEdit[]): ReadonlyMap<number, Fault> {
  const found = new Map<number, Fault>();
  for (const one of rows) {
    if (Number(one.from) >= Number(one.until)) found.set(one.key, 'hours');
    const clash = rows.some(
      (other) =>
        other.key !== one.key && other.organization === one.organization && other.modality === one.modality &&
        Number(other.from) < Number(one.until) && Number(one.from) < Number(other.until),
    );
    if (clash && !found.has(one.key)) found.set(one.key, 'overlap');
  }
  return found;
}

export const isMode = (text: string): text is ReadingMode => (MODES as readonly string[]).includes(text);
