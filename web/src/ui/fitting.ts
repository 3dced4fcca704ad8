/** Which of the entries of a bar have room, in CSS pixels. */
const GAP = 4;
/** The button 更多 / More, its caret included. */
const MORE = 80;
const CARET = 18;

/** How many entries are shown before 更多. widths: of all, in order. here: the entry one is on (-1: none); the button
 * bears its name where it has no room, so that one sees where one is. */
export function fitting(widths: readonly number[], room: number, here: number): number {
  const before = (kept: number): number => {
    let used = kept;
    return widths.findIndex((width) => (used += width + GAP) > room);
  };
  const most = before(-GAP);
  if (most < 0) return widths.length;
  const shown = before(MORE);
  return here < shown ? shown : before(Math.max(MORE, (widths[here] ?? 0) + CARET));
}
