/** Which images were really painted, for 未浏览 at submit. Pure bookkeeping. */
export interface SeenSeries {
  readonly seriesUid: string;
  readonly total: number;
  readonly seen: number;
  /** SOP Instance UIDs with at least one painted frame. */
  readonly instances: readonly string[];
}

export class Seen {
  private readonly painted = new Map<string, Map<string, Set<number>>>();

  /** True if it was new. */
  add(seriesUid: string, sopInstanceUid: string, frame: number): boolean {
    const series = this.painted.get(seriesUid) ?? new Map<string, Set<number>>();
    this.painted.set(seriesUid, series);
    const frames = series.get(sopInstanceUid) ?? new Set<number>();
    series.set(sopInstanceUid, frames);
    if (frames.has(frame)) return false;
    frames.add(frame);
    return true;
  }

  of(seriesUid: string, total: number): SeenSeries {
    const series = this.painted.get(seriesUid) ?? new Map<string, Set<number>>();
    let seen = 0;
    for (const frames of series.values()) seen += frames.size;
    return { seriesUid, total, seen, instances: [...series.keys()] };
  }
}
