/** The series of a study and of its priors, loaded when they are wanted and kept while the viewer lives. */
import { onScopeDispose, ref, shallowReactive, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { asFailure, type Failure } from '@/api/failure';
import { isImageModality, type Series, type SeriesSummary } from '@/viewer/dicom';
import { listSeries, loadSeries } from '@/viewer/dicomweb';
import { prefetch, register } from '@/viewer/engine';

export interface StudyImages {
  readonly list: ShallowRef<readonly SeriesSummary[]>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly listed: Ref<boolean>;
  /** Frames of each series in the cache. */
  readonly loaded: Map<string, number>;
  readonly get: (studyUid: string, seriesUid: string) => Promise<Series>;
  readonly known: (seriesUid: string) => Series | undefined;
  readonly reload: () => Promise<void>;
  /** Brings the rest of a series into the cache, nearest to what is looked at first. */
  readonly bring: (series: Series, from: number) => void;
}

export function nearestFirst<T>(items: readonly T[], from: number): T[] {
  return items
    .map((item, at) => ({ item, distance: Math.abs(at - from) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ item }) => item);
}

export function useStudy(studyUid: () => string): StudyImages {
  const list = shallowRef<readonly SeriesSummary[]>([]);
  const failure = shallowRef<Failure>();
  const listed = ref(false);
  const loaded = shallowReactive(new Map<string, number>());
  const series = new Map<string, Promise<Series>>();
  const settled = new Map<string, Series>();
  let life = new AbortController();

  function get(study: string, uid: string): Promise<Series> {
    const found = series.get(uid);
    if (found !== undefined) return found;
    const loading = loadSeries(study, uid, life.signal).then((one) => {
      register(one);
      settled.set(uid, one);
      return one;
    });
    series.set(uid, loading);
    // A series that failed is asked for again the next time it is wanted.
    loading.catch(() => series.delete(uid));
    return loading;
  }

  async function reload(): Promise<void> {
    const study = studyUid();
    try {
      const found = await listSeries(study);
      if (study !== studyUid()) return;
      list.value = found;
      failure.value = undefined;
    } catch (error) {
      failure.value = asFailure(error);
    } finally {
      listed.value = true;
    }
  }

  function bring(one: Series, from: number): void {
    const ids = nearestFirst(one.frames, from).map((frame) => frame.imageId);
    void prefetch(ids, life.signal, () => loaded.set(one.uid, (loaded.get(one.uid) ?? 0) + 1));
  }

  watch(
    studyUid,
    () => {
      life.abort();
      life = new AbortController();
      series.clear();
      settled.clear();
      loaded.clear();
      list.value = [];
      listed.value = false;
      void reload();
    },
    { immediate: true },
  );
  onScopeDispose(() => life.abort());

  return { list, failure, listed, loaded, get, known: (uid) => settled.get(uid), reload, bring };
}

/** Fetches the first series of the next case so that it opens at once; the caller aborts when it is no longer next. */
export async function prefetchStudy(studyUid: string, signal: AbortSignal): Promise<void> {
  const found = await listSeries(studyUid);
  for (const one of found.filter((candidate) => isImageModality(candidate.modality)).slice(0, 2)) {
    if (signal.aborted) return;
    const series = await loadSeries(studyUid, one.uid, signal);
    register(series);
    await prefetch(
      series.frames.slice(0, 60).map((frame) => frame.imageId),
      signal,
      () => undefined,
    );
  }
}
