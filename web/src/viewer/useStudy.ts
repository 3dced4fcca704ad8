/** The series of a study and of its priors, loaded when they are wanted and kept while the viewer lives. */
import { onScopeDispose, ref, shallowReactive, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { asFailure, type Failure } from '@/api/failure';
import { bringNext, bringsAhead, keptSeries, preview, seriesList } from '@/viewer/ahead';
import { nearestFirst, type Series, type SeriesSummary } from '@/viewer/dicom';
import { listSeries, loadSeries } from '@/viewer/dicomweb';
import { prefetch, register } from '@/viewer/engine';
import { isThin, line } from '@/viewer/line';

export interface StudyImages {
  readonly list: ShallowRef<readonly SeriesSummary[]>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly listed: Ref<boolean>;
  /** Frames of each series in the cache. */
  readonly loaded: Map<string, number>;
  /** 压缩预览 of one series, until the image itself is painted. */
  readonly preview: ShallowRef<{ readonly url: string; readonly seriesUid: string } | undefined>;
  readonly get: (studyUid: string, seriesUid: string) => Promise<Series>;
  readonly known: (seriesUid: string) => Series | undefined;
  readonly reload: () => Promise<void>;
  /** Brings the rest of a series into the cache, nearest to what is looked at first. */
  readonly bring: (series: Series, from: number) => void;
}

export function useStudy(studyUid: () => string): StudyImages {
  const list = shallowRef<readonly SeriesSummary[]>([]);
  const failure = shallowRef<Failure>();
  const listed = ref(false);
  const loaded = shallowReactive(new Map<string, number>());
  const picture = shallowRef<{ readonly url: string; readonly seriesUid: string }>();
  const series = new Map<string, Promise<Series>>();
  const settled = new Map<string, Series>();
  let life = new AbortController();

  function get(study: string, uid: string): Promise<Series> {
    const found = series.get(uid);
    if (found !== undefined) return found;
    const { signal } = life;
    const ahead = keptSeries(list.value.find((one) => one.uid === uid));
    const loading = ahead.then((one) => one ?? loadSeries(study, uid, signal)).then((one) => {
      register(one);
      settled.set(uid, one);
      return one;
    });
    series.set(uid, loading);
    // A series that failed is asked for again the next time it is wanted.
    loading.catch(() => series.delete(uid));
    return loading;
  }

  async function reload(ask = listSeries): Promise<void> {
    const study = studyUid();
    try {
      const found = await ask(study);
      if (study !== studyUid()) return;
      list.value = found;
      failure.value = undefined;
    } catch (error) {
      if (study === studyUid()) failure.value = asFailure(error);
    } finally {
      if (study === studyUid()) listed.value = true;
    }
  }

  let ahead = new AbortController();
  /** What is brought ahead once the line carries more than what somebody looks at, and no call needs all of it. */
  let later: (() => void) | undefined;
  const mayBring = (): boolean => bringsAhead.value && !isThin();
  function bring(one: Series, from: number): void {
    later = () => bring(one, from);
    if (!mayBring()) return;
    const ids = nearestFirst(one.frames, from).map((frame) => frame.imageId);
    const { signal } = ahead;
    void prefetch(ids, signal, () => loaded.set(one.uid, (loaded.get(one.uid) ?? 0) + 1)).then(() => {
      if (signal.aborted) return undefined;
      later = undefined;
      return bringNext(studyUid());
    });
  }
  function stopAhead(): void {
    ahead.abort();
    ahead = new AbortController();
  }
  watch([line.thin, bringsAhead], () => {
    stopAhead();
    if (mayBring()) later?.();
  });

  async function look(study: string, signal: AbortSignal): Promise<void> {
    const found = await preview(study);
    if (found !== undefined && !signal.aborted) picture.value = { url: URL.createObjectURL(found.picture), seriesUid: found.seriesUid };
  }
  function lookAway(): void {
    if (picture.value !== undefined) URL.revokeObjectURL(picture.value.url);
    picture.value = undefined;
  }

  watch(
    studyUid,
    () => {
      life.abort();
      stopAhead();
      later = undefined;
      life = new AbortController();
      series.clear();
      settled.clear();
      loaded.clear();
      list.value = [];
      listed.value = false;
      failure.value = undefined;
      lookAway();
      void look(studyUid(), life.signal);
      void reload(seriesList);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    life.abort();
    ahead.abort();
    lookAway();
  });

  return { list, failure, listed, loaded, preview: picture, get, known: (uid) => settled.get(uid), reload: () => reload(), bring };
}
