/** Which series stands in which viewport. Pure. */
export type Layout = '1x1' | '1x2' | '2x2';
export const LAYOUTS: readonly Layout[] = ['1x1', '1x2', '2x2'];

export function paneCount(layout: Layout): number {
  return layout === '1x1' ? 1 : layout === '1x2' ? 2 : 4;
}

/** Panes keep what they show; new ones take series not yet shown, a single series is shown once. */
export function fill(shown: readonly (string | undefined)[], layout: Layout, series: readonly string[]): (string | undefined)[] {
  const count = paneCount(layout);
  const kept = shown.slice(0, count);
  const unused = series.filter((uid) => !kept.includes(uid));
  return Array.from({ length: count }, (_, at) => kept[at] ?? unused.shift());
}
