/** What the viewer asks of DICOMweb. */
import { request } from '@/api/http';
import { framesOf, inOrder, summary, TAG, text, type DicomObject, type Series, type SeriesSummary } from '@/viewer/dicom';

export const ROOT = '/dicom-web';
const JSON_TYPE = { Accept: 'application/dicom+json' };

/** Absolute, because image identifiers are parsed as URLs. */
export function root(): string {
  return `${window.location.origin}${ROOT}`;
}

export async function listSeries(studyUid: string): Promise<readonly SeriesSummary[]> {
  const found = await request<readonly DicomObject[] | undefined>('GET', `${ROOT}/studies/${studyUid}/series`, {
    headers: JSON_TYPE,
    query: { includefield: ['0008103E', '00201209'] },
  });
  return (found ?? [])
    .map(summary)
    .sort((a, b) => Number(a.number) - Number(b.number) || (a.uid < b.uid ? -1 : 1));
}

export async function loadSeries(studyUid: string, seriesUid: string, signal?: AbortSignal): Promise<Series> {
  const objects = await request<readonly DicomObject[]>('GET', `${ROOT}/studies/${studyUid}/series/${seriesUid}/metadata`, {
    headers: JSON_TYPE,
    ...(signal === undefined ? {} : { signal }),
  });
  const first = objects[0] ?? {};
  return {
    studyUid,
    uid: seriesUid,
    number: text(first, TAG.seriesNumber),
    description: text(first, TAG.seriesDescription),
    modality: text(first, TAG.modality),
    frames: inOrder(objects.flatMap((object) => framesOf(object, root()))),
  };
}

export function thumbnailUrl(studyUid: string, seriesUid: string): string {
  return `${ROOT}/studies/${studyUid}/series/${seriesUid}/thumbnail?viewport=96,96`;
}

/** A server-drawn JPEG of one frame (浏览模式). */
export function renderedUrl(frame: { imageId: string }, size: number, window?: { width: number; center: number }): string {
  const path = frame.imageId.slice(`wadors:${root()}`.length);
  const query = new URLSearchParams({ viewport: `${String(size)},${String(size)}`, quality: '85' });
  if (window !== undefined) query.set('window', `${String(window.center)},${String(window.width)},linear`);
  return `${ROOT}${path}/rendered?${query.toString()}`;
}
