/** Which images were really shown, for 未浏览 and 压缩预览 at a signature. Pure bookkeeping. */

/** full: painted from the image's own data. preview: a compressed picture of it (非诊断用). */
export type Quality = 'full' | 'preview';

export interface SeenSeries {
  readonly seriesUid: string;
  readonly total: number;
  /** Frames shown in either way. */
  readonly seen: number;
  /** Of them, shown as a preview only. */
  readonly previewOnly: number;
  /** SOP Instance UIDs with at least one shown frame. */
  readonly instances: readonly string[];
}

/** What the server keeps of one image. */
export interface KeptImage {
  readonly series_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly painted: readonly number[];
  readonly previewed: readonly number[];
}

export class Seen {
  private readonly shown = new Map<string, Map<string, Map<number, Quality>>>();

  /** True if it says more than before: full data after a preview does, a preview after full data does not. */
  add(seriesUid: string, sopInstanceUid: string, frame: number, quality: Quality = 'full'): boolean {
    const series = this.shown.get(seriesUid) ?? new Map<string, Map<number, Quality>>();
    this.shown.set(seriesUid, series);
    const frames = series.get(sopInstanceUid) ?? new Map<number, Quality>();
    series.set(sopInstanceUid, frames);
    const known = frames.get(frame);
    if (known === 'full' || known === quality) return false;
    frames.set(frame, quality);
    return true;
  }

  /** What was seen when the viewer was open before. */
  take(kept: readonly KeptImage[]): void {
    for (const one of kept) {
      for (const frame of one.painted) this.add(one.series_instance_uid, one.sop_instance_uid, frame, 'full');
      for (const frame of one.previewed) this.add(one.series_instance_uid, one.sop_instance_uid, frame, 'preview');
    }
  }

  of(seriesUid: string, total: number): SeenSeries {
    const series = this.shown.get(seriesUid) ?? new Map<string, Map<number, Quality>>();
    const all = [...series.values()].flatMap((frames) => [...frames.values()]);
    return { seriesUid, total, seen: all.length, previewOnly: all.filter((one) => one === 'preview').length, instances: [...series.keys()] };
  }
}
