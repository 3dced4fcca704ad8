/** What is being written saves itself: soon after the last key, one save at a time, never over what another window has saved. */
import { computed, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { asFailure, type Failure } from '@/api/failure';

const QUIET = 800; // milliseconds without a key until it is saved
const RETRY = 5_000;

export interface Saved {
  readonly revision: number;
  readonly at: string;
}

export interface Autosave {
  /** Of what the server has; 0 while nothing was saved. */
  readonly revision: Ref<number>;
  readonly savedAt: Ref<string | undefined>;
  readonly dirty: Ref<boolean>;
  readonly saving: Ref<boolean>;
  readonly failure: ShallowRef<Failure | undefined>;
  /** Another window has saved since. */
  readonly conflict: ComputedRef<boolean>;
  /** What is here is what the server has. */
  readonly opened: (revision: number, at?: string) => void;
  readonly touched: () => void;
  /** Saves what is not saved yet; true when everything is. */
  readonly flush: () => Promise<boolean>;
  /** What is here goes over what was saved elsewhere as this revision, which was shown before. */
  readonly goOver: (revision: number) => Promise<void>;
}

/** put: writes what is here over that revision. refusedAs: the code of a newer one. ready: false while there is nowhere to save to. */
export function useAutosave(put: (revision: number) => Promise<Saved>, refusedAs: string, ready: () => boolean = () => true): Autosave {
  const revision = ref(0);
  const savedAt = ref<string>();
  const dirty = ref(false);
  const saving = ref(false);
  const failure = shallowRef<Failure>();
  const conflict = computed(() => failure.value?.code === refusedAs);
  let timer = 0;
  let running: Promise<boolean> | undefined;
  let generation = 0;

  function opened(standing: number, at?: string): void {
    revision.value = standing;
    if (at !== undefined) savedAt.value = at;
    dirty.value = false;
    failure.value = undefined;
  }

  function touched(): void {
    dirty.value = true;
    generation += 1;
    window.clearTimeout(timer);
    if (ready() && !conflict.value) timer = window.setTimeout(() => void flush(), QUIET);
  }

  async function save(): Promise<boolean> {
    saving.value = true;
    const mine = generation;
    try {
      const saved = await put(revision.value);
      revision.value = saved.revision;
      savedAt.value = saved.at;
      failure.value = undefined;
      dirty.value = generation !== mine;
      return true;
    } catch (error) {
      failure.value = asFailure(error);
      if (failure.value.kind === 'offline' || failure.value.kind === 'unavailable') {
        window.clearTimeout(timer);
        timer = window.setTimeout(() => void flush(), RETRY);
      }
      return false;
    } finally {
      saving.value = false;
    }
  }

  async function flush(): Promise<boolean> {
    window.clearTimeout(timer);
    if (running !== undefined) await running;
    while (dirty.value && ready()) {
      if (conflict.value) return false;
      running = save();
      const done = await running;
      running = undefined;
      if (!done) return false;
    }
    return true;
  }

  async function goOver(standing: number): Promise<void> {
    revision.value = standing;
    failure.value = undefined;
    dirty.value = true;
    await flush();
  }

  const leaving = (event: BeforeUnloadEvent): void => {
    if (dirty.value && ready()) event.preventDefault();
  };
  window.addEventListener('beforeunload', leaving);
  onScopeDispose(() => {
    window.clearTimeout(timer);
    window.removeEventListener('beforeunload', leaving);
    if (dirty.value && !conflict.value && ready()) void save();
  });

  return { revision, savedAt, dirty, saving, failure, conflict, opened, touched, flush, goOver };
}
