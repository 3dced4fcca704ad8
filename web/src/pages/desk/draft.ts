/** The text being written: saved by itself as it is typed, never over what another window has saved. */
import { computed, onScopeDispose, reactive, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { asFailure, type Failure } from '@/api/failure';
import type { components } from '@/api/schema';

type DraftRow = components['schemas']['telemed.reading.store.rows.DraftRow'];
export type Significance = 'none' | 'significant' | 'critical';

export interface Writing {
  technique: string;
  findings: string;
  impression: string;
  significance: Significance;
  template_id: string | null;
}

const QUIET = 800; // milliseconds without a key until the draft is saved
const RETRY = 5_000;

export interface DraftEditor {
  readonly writing: Writing;
  readonly revision: Ref<number>;
  readonly savedAt: Ref<string | undefined>;
  readonly leaseUntil: Ref<string | undefined>;
  readonly dirty: Ref<boolean>;
  readonly saving: Ref<boolean>;
  readonly failure: ShallowRef<Failure | undefined>;
  /** Another window has saved since. */
  readonly conflict: ComputedRef<boolean>;
  readonly open: (draft: DraftRow) => void;
  readonly touched: () => void;
  /** Saves what is not saved yet; true when everything is. */
  readonly flush: () => Promise<boolean>;
  readonly keepMine: () => Promise<void>;
  readonly takeTheirs: (draft: DraftRow) => void;
}

export function significanceOf(text: string): Significance {
  return text === 'critical' || text === 'significant' ? text : 'none';
}

export function useDraft(id: string, reloadDraft: () => Promise<DraftRow | null>): DraftEditor {
  const writing = reactive<Writing>({ technique: '', findings: '', impression: '', significance: 'none', template_id: null });
  const revision = ref(0);
  const savedAt = ref<string>();
  const leaseUntil = ref<string>();
  const dirty = ref(false);
  const saving = ref(false);
  const failure = shallowRef<Failure>();
  const conflict = computed(() => failure.value?.code === 'draft-moved-on');
  let timer = 0;
  let running: Promise<boolean> | undefined;
  let generation = 0;

  function open(draft: DraftRow): void {
    Object.assign(writing, {
      technique: draft.technique,
      findings: draft.findings,
      impression: draft.impression,
      significance: significanceOf(draft.significance),
      template_id: draft.template_id,
    });
    revision.value = draft.revision;
    savedAt.value = draft.saved_at;
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
      const saved = await api.put('/api/readings/{id}/draft', { path: { id }, body: { ...writing, revision: revision.value } });
      revision.value = saved.revision;
      savedAt.value = saved.saved_at;
      leaseUntil.value = saved.lease_until;
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

  /** The other window's text goes under; it was shown to the person before. */
  async function keepMine(): Promise<void> {
    const standing = await reloadDraft();
    if (standing === null) return;
    revision.value = standing.revision;
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

  return { writing, revision, savedAt, leaseUntil, dirty, saving, failure, conflict, open, touched, flush, keepMine, takeTheirs: open };
}
