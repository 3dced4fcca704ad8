/** A draft on the server: saved by itself as it is typed, never over what another window has saved. */
import { computed, onScopeDispose, reactive, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { asFailure, type Failure } from '@/api/failure';

const QUIET = 800; // milliseconds without a key until the draft is saved
const RETRY = 5_000;

export type Writing<K extends string> = Record<K, string>;
export type KeptRow<K extends string> = Readonly<Writing<K>> & { readonly revision: number; readonly at: string };

export interface KeptDraft<K extends string> {
  readonly writing: Writing<K>;
  /** 0 while nothing was saved. */
  readonly revision: Ref<number>;
  readonly savedAt: Ref<string | undefined>;
  readonly dirty: Ref<boolean>;
  readonly saving: Ref<boolean>;
  readonly failure: ShallowRef<Failure | undefined>;
  /** Another window has saved since. */
  readonly conflict: ComputedRef<boolean>;
  readonly open: (draft: KeptRow<K>) => void;
  readonly touched: () => void;
  /** Saves what is not saved yet; true when everything is. */
  readonly flush: () => Promise<boolean>;
  /** What is typed here goes over what was saved elsewhere, which was shown before. */
  readonly keepMine: (saved: KeptRow<K>) => Promise<void>;
}

export function useKeptDraft<K extends string>(fields: readonly K[], put: (body: Writing<K> & { revision: number }) => Promise<{ revision: number }>): KeptDraft<K> {
  const writing = reactive(Object.fromEntries(fields.map((field) => [field, '']))) as Writing<K>;
  const revision = ref(0);
  const savedAt = ref<string>();
  const dirty = ref(false);
  const saving = ref(false);
  const failure = shallowRef<Failure>();
  const conflict = computed(() => failure.value?.code === 'written-meanwhile');
  let timer = 0;
  let running: Promise<boolean> | undefined;
  let generation = 0;

  function open(draft: KeptRow<K>): void {
    for (const field of fields) writing[field] = draft[field];
    revision.value = draft.revision;
    savedAt.value = draft.at;
    dirty.value = false;
    failure.value = undefined;
  }

  function touched(): void {
    dirty.value = true;
    generation += 1;
    window.clearTimeout(timer);
    if (!conflict.value) timer = window.setTimeout(() => void flush(), QUIET);
  }

  async function save(): Promise<boolean> {
    saving.value = true;
    const mine = generation;
    try {
      revision.value = (await put({ ...writing, revision: revision.value })).revision;
      savedAt.value = new Date().toISOString();
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
    while (dirty.value) {
      if (conflict.value) return false;
      running = save();
      const done = await running;
      running = undefined;
      if (!done) return false;
    }
    return true;
  }

  async function keepMine(saved: KeptRow<K>): Promise<void> {
    revision.value = saved.revision;
    failure.value = undefined;
    dirty.value = true;
    await flush();
  }

  const leaving = (event: BeforeUnloadEvent): void => {
    if (dirty.value) event.preventDefault();
  };
  window.addEventListener('beforeunload', leaving);
  onScopeDispose(() => {
    window.clearTimeout(timer);
    window.removeEventListener('beforeunload', leaving);
    if (dirty.value && !conflict.value) void save();
  });

  return { writing, revision, savedAt, dirty, saving, failure, conflict, open, touched, flush, keepMine };
}
