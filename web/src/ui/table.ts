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
