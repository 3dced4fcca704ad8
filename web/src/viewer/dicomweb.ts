/** What the viewer asks of DICOMweb. */
import { request, send } from '@/api/http';
import { isThin } from '@/viewer/line';
import { framesOf, inOrder, summary, TAG, text, type DicomObject, type Series, type SeriesSummary } from '@/viewer/dicom';

const ROOT = '/dicom-web';
let way = ROOT;
/** Looks through a one-time link instead of an account; undefined: by the account again. */
export function lookThrough(link: string | undefined): void {
  way = link === undefined ? ROOT : `${ROOT}/linked/${link}`;
}
/** The reason of a signal that ends a prefetch without taking from the line what is already on it. */
export const ENOUGH = 'enough';
const JSON_TYPE = { Accept: 'application/dicom+json' };

/** Absolute, because image identifiers are parsed as URLs. */
export function root(): string {
  return `${window.location.origin}${way}`;
}

export async function listSeries(studyUid: string): Promise<readonly SeriesSummary[]> {
  const found = await request<readonly DicomObject[] | undefined>('GET', `${way}/studies/${studyUid}/series`, {
    headers: JSON_TYPE,
    query: { includefield: ['0008103E', '00201209'] },
  });
  return (found ?? [])
    .map(summary)
    .sort((a, b) => Number(a.number) - Number(b.number) || (a.uid < b.uid ? -1 : 1));
}

export async function loadSeries(studyUid: string, seriesUid: string, signal?: AbortSignal): Promise<Series> {
  const objects = await request<readonly DicomObject[]>('GET', `${way}/studies/${studyUid}/series/${seriesUid}/metadata`, {
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
    instances: objects.length,
    frames: inOrder(objects.flatMap((object) => framesOf(object, root()))),
  };
}

export function thumbnailUrl(studyUid: string, seriesUid: string): string {
  return `${way}/studies/${studyUid}/series/${seriesUid}/thumbnail?viewport=96,96`;
}

export interface Preview {
  readonly picture: Blob;
  readonly seriesUid: string;
}
/** Pixels of the longer side: enough to begin looking, 15 to 40 KB. */
const PREVIEW = 512;
/** Over a thin line: 8 KB, two seconds at 30 kbit/s. */
export const SKETCH = { side: 320, quality: 40 } as const;

/** The server's picture of a study's middle image, drawn small and compressed; undefined where it has none. */
export async function previewOf(studyUid: string): Promise<Preview | undefined> {
  try {
    const [side, quality] = isThin() ? [SKETCH.side, SKETCH.quality] : [PREVIEW, 60];
    const query = { viewport: `${String(side)},${String(side)}`, quality };
    const answer = await send('GET', `${way}/studies/${studyUid}/thumbnail`, { headers: { Accept: 'image/jpeg' }, query });
    const seriesUid = /\/series\/([\d.]+)\//.exec(answer.headers.get('Content-Location') ?? '')?.[1];
    return seriesUid === undefined ? undefined : { picture: await answer.blob(), seriesUid };
  } catch {
    return undefined; // the image itself is on its way and says what failed
  }
}

/** A server-drawn JPEG of one frame (浏览模式). */
export function renderedUrl(frame: { imageId: string }, size: number, window?: { width: number; center: number }, quality = 85): string {
  const path = frame.imageId.slice(`wadors:${root()}`.length);
  const query = new URLSearchParams({ viewport: `${String(size)},${String(size)}`, quality: String(quality) });
  if (window !== undefined) query.set('window', `${String(window.center)},${String(window.width)},linear`);
  return `${way}${path}/rendered?${query.toString()}`;
}
