/** The columns of a DataTable. */
export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** CSS pixels; without it the column takes what is left. */
  readonly width?: number;
  readonly align?: 'left' | 'right';
  /** Plain text of the cell; a slot `cell-<key>` draws it instead. */
  readonly text?: (row: Row) => string;
  /** Only from this width of the window on. */
  readonly from?: number;
}

/** Where the selection goes: clamped to the list, the first row if nothing was selected. */
export function moved(count: number, at: number, by: number): number {
  if (count === 0) return -1;
  if (at < 0) return by < 0 ? count - 1 : 0;
  return Math.min(count - 1, Math.max(0, at + by));
}

/** Rows beyond the edges that are drawn too, so that a slow frame shows no gap. */
const MARGIN = 12;

/** Which rows of a long list are to be drawn. top, height: of what is seen, in the pixels of `rowHeight`. */
export function inSight(count: number, top: number, height: number, rowHeight: number): { from: number; to: number } {
  const rows = Math.ceil(height / rowHeight) + 2 * MARGIN;
  const from = Math.max(0, Math.min(Math.floor(top / rowHeight) - MARGIN, count - rows));
  return { from, to: Math.min(count, from + rows) };
}
