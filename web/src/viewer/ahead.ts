/**
 * What is fetched before the viewer asks for it.  Opening: list, preview and metadata of a study leave together with the
 * click, not after the page.  Waiting: the pixels of the next case come while nothing else does.
 * Cornerstone is loaded when it is needed, so that lists stay light.
 */
import { ref } from 'vue';
import { nearestFirst, startOf, isImageModality, type Series, type SeriesSummary } from '@/viewer/dicom';
import { ENOUGH, listSeries, loadSeries, previewOf, type Preview } from '@/viewer/dicomweb';
import type * as Engine from '@/viewer/engine';
import { isThin } from '@/viewer/line';

interface Opening {
  readonly at: number;
  readonly list: Promise<readonly SeriesSummary[]>;
  readonly preview: Promise<Preview | undefined>;
}

/** Milliseconds between the click and the viewer's own question. */
const FRESH = 10_000;
/** Series whose metadata wait here: of the case that is opened and of the next. */
const KEPT = 4;
/** Frames of the next case that are brought: what is looked at in the first seconds. */
const FRAMES = 60;

let opening: (Opening & { readonly study: string }) | undefined;
let waiting: readonly string[] = [];
let bringing = new AbortController();
let brought: string | undefined;
const kept = new Map<string, Promise<Series>>();

const engine = (): Promise<typeof Engine> => import('@/viewer/engine');

/**
 * What an open list does while nobody waits: the viewer is loaded and warmed, then the first case is brought.
 * studies: those that will probably be read next, in their order.
 */
export function prepare(studies: readonly string[]): void {
  const known = studies[0] === waiting[0];
  waiting = studies;
  if (known) return;
  requestIdleCallback(() => {
    void engine().then((viewer) => {
      viewer.warm();
      return bringNext();
    });
  });
}

function load(study: string, uid: string): Promise<Series> {
  const found = kept.get(uid);
  if (found !== undefined) return found;
  const loading = loadSeries(study, uid);
  kept.set(uid, loading);
  loading.catch(() => kept.delete(uid));
  for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
  return loading;
}

/** A series that is already there or on its way; not one to which images were added since. */
export async function keptSeries(summary: SeriesSummary | undefined): Promise<Series | undefined> {
  if (summary === undefined) return undefined;
  const found = await kept.get(summary.uid)?.catch(() => undefined);
  if (found === undefined || found.instances === summary.images) return found;
  kept.delete(summary.uid);
  return undefined;
}

/** The click: everything the first image needs is asked for at once. */
export function open(study: string): void {
  // what is on its way of another case would stand in front of this one's first image
  bringing.abort(study === brought ? ENOUGH : undefined);
  opening = { study, at: performance.now(), list: listSeries(study), preview: previewOf(study) };
  void opening.list.then(
    (list) => first(study, list),
    () => undefined, // the viewer asks again and says what failed
  );
}

async function first(study: string, list: readonly SeriesSummary[]): Promise<void> {
  const summary = list.find((one) => isImageModality(one.modality));
  if (summary === undefined) return;
  const already = await keptSeries(summary);
  const [series, viewer] = await Promise.all([already ?? load(study, summary.uid), engine()]);
  const frame = series.frames[startOf(series)];
  viewer.register(series);
  if (frame !== undefined) viewer.bringFirst(frame.imageId);
}

function openingOf(study: string): Opening | undefined {
  return opening?.study === study && performance.now() - opening.at < FRESH ? opening : undefined;
}

export async function seriesList(study: string): Promise<readonly SeriesSummary[]> {
  const begun = openingOf(study);
  return begun === undefined ? listSeries(study) : begun.list.catch(() => listSeries(study));
}

export function preview(study: string): Promise<Preview | undefined> {
  return openingOf(study)?.preview ?? previewOf(study);
}

/** Whether anything is brought that nobody has asked for; a call on a thin line needs all of that line. */
export const bringsAhead = ref(true);
export function bringAhead(may: boolean): void {
  bringsAhead.value = may;
  if (!may) bringing.abort();
}

/** Brings the next case that is not the one on the screen; ends when something is opened. */
export async function bringNext(current?: string): Promise<void> {
  const study = waiting.find((one) => one !== current);
  if (study === undefined || !bringsAhead.value || isThin()) return;
  bringing.abort();
  bringing = new AbortController();
  brought = study;
  const { signal } = bringing;
  try {
    const list = await listSeries(study);
    const summary = list.find((one) => isImageModality(one.modality));
    if (summary === undefined || signal.aborted) return;
    const series = (await keptSeries(summary)) ?? (await load(study, summary.uid));
    const viewer = await engine();
    if (signal.aborted) return;
    viewer.register(series);
    const ids = nearestFirst(series.frames, startOf(series)).slice(0, FRAMES);
    await viewer.prefetch(ids.map((frame) => frame.imageId), signal, () => undefined);
  } catch {
    // Nobody has asked for it yet: opening it asks again and says what failed.
  }
}
