/** What of the study was not looked at, or not in full data. Pure. */
import type { SeenSeries } from '@/viewer/seen';

/** Some image was shown as a compressed picture only: no ground for a diagnosis. */
export const previewOnly = (series: readonly SeenSeries[]): boolean => series.some((one) => one.previewOnly > 0);

/** Before the viewer has painted anything, nothing of the study has been seen. */
export function unseen(series: readonly SeenSeries[], images: number): { unseen_series: number; unseen_instances: number } {
  if (series.length === 0) return { unseen_series: images > 0 ? 1 : 0, unseen_instances: images };
  const left = series.filter((one) => one.seen < one.total);
  return { unseen_series: left.length, unseen_instances: left.reduce((sum, one) => sum + one.total - one.seen, 0) };
}
