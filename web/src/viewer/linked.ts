/** Scrolling one stack moves another to the same place of the body. Pure. */

export interface StackPlace {
  /** Millimetres along the stack of each image; undefined where the image does not say. */
  readonly positions: readonly (number | undefined)[];
  readonly frameOfReference: string;
}

export interface Link {
  /** mm to add to the source's position: 0 in one frame of reference, the offset at linking otherwise. */
  readonly offset: number | undefined;
  /** Images to add to the source's index when there are no positions. */
  readonly steps: number;
}

export function linkAt(source: StackPlace, sourceIndex: number, target: StackPlace, targetIndex: number): Link {
  const a = source.positions[sourceIndex];
  const b = target.positions[targetIndex];
  const steps = targetIndex - sourceIndex;
  if (a === undefined || b === undefined) return { offset: undefined, steps };
  const same = source.frameOfReference !== '' && source.frameOfReference === target.frameOfReference;
  return { offset: same ? 0 : b - a, steps };
}

export function nearest(positions: readonly (number | undefined)[], at: number): number | undefined {
  let best: number | undefined;
  let distance = Infinity;
  positions.forEach((position, index) => {
    if (position === undefined) return;
    const found = Math.abs(position - at);
    if (found < distance) {
      distance = found;
      best = index;
    }
  });
  return best;
}

export function follow(source: StackPlace, sourceIndex: number, target: StackPlace, link: Link): number | undefined {
  const position = source.positions[sourceIndex];
  if (link.offset !== undefined && position !== undefined) return nearest(target.positions, position + link.offset);
  const index = sourceIndex + link.steps;
  if (target.positions.length === 0) return undefined;
  return Math.min(target.positions.length - 1, Math.max(0, index));
}
