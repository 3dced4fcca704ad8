/** The map member × item: its rows, where a key moves in it, and the same as a table for a spreadsheet. */
import type { components } from '@/api/schema';

export type GrantMap = components['schemas']['GrantMap'];
export type MapField = components['schemas']['MapField'];
export type MapItem = components['schemas']['MapItem'];
export type MapMember = components['schemas']['MapMember'];

/** One item with what each member holds for it, in the order of the members. */
export interface MapRow {
  readonly item: MapItem;
  readonly cells: readonly (MapField | undefined)[];
}

export interface MapFilter {
  readonly kind: string;
  readonly typed: string;
  readonly state: string;
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase();

/** Rows of the items that are wanted; with a state only those where some member is in it. */
export function mapRows(map: GrantMap, filter: MapFilter): MapRow[] {
  const fields = new Map(map.fields.map((one) => [`${one.item_key} ${one.organization_id}`, one]));
  const parts = plain(filter.typed).split(/\s+/).filter((part) => part !== '');
  return map.items
    .filter((item) => filter.kind === '' || item.kind === filter.kind)
    .filter((item) => {
      const text = plain(`${item.name} ${item.name_en} ${item.key}`);
      return parts.every((part) => text.includes(part));
    })
    .map((item) => ({ item, cells: map.members.map((member) => fields.get(`${item.key} ${member.id}`)) }))
    .filter((row) => filter.state === '' || row.cells.some((cell) => cell?.state === filter.state));
}

export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads in a grid, held inside it; undefined for another key. WAI-ARIA APG, grid. */
export function step(key: string, at: Place, rows: number, columns: number, page: number): Place | undefined {
  const held = (row: number, column: number): Place => ({
    row: Math.max(0, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  });
  switch (key) {
    case 'ArrowDown':
      return held(at.row + 1, at.column);
    case 'ArrowUp':
      return held(at.row - 1, at.column);
    case 'ArrowRight':
      return held(at.row, at.column + 1);
    case 'ArrowLeft':
      return held(at.row, at.column - 1);
    case 'PageDown':
      return held(at.row + page, at.column);
    case 'PageUp':
      return held(at.row - page, at.column);
    case 'Home':
      return held(at.row, 0);
    case 'End':
      return held(at.row, columns - 1);
    case 'Ctrl+Home':
      return held(0, 0);
    case 'Ctrl+End':
      return held(rows - 1, columns - 1);
    default:
      return undefined;
  }
}

/** The end of a day of the county, as the server asks for moments; undefined for today. */
export const endOf = (day: string): string | undefined => (day === '' ? undefined : `${day}T23:59:59+08:00`);

/** A cell of CSV that no spreadsheet takes for a formula. RFC 4180. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The rows that are shown as CSV with the mark that spreadsheets want; say: the word of a state, '' for none. */
export function csvOf(members: readonly MapMember[], rows: readonly MapRow[], name: (item: MapItem) => string, say: (field: MapField | undefined) => string): string {
  const lines = [['', '', ...members.map((one) => one.name)], ...rows.map((row) => [row.item.key, name(row.item), ...row.cells.map(say)])];
  return `\uFEFF${lines.map((cells) => cells.map(csvCell).join(',')).join('\r\n')}\r\n`;
}
