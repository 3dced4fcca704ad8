/** The text of a report as it is written. */
import { reactive, ref, type Ref } from 'vue';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { useAutosave, type Autosave } from '@/ui/autosave';

type DraftRow = components['schemas']['telemed.reading.store.rows.DraftRow'];
export type Significance = 'none' | 'significant' | 'critical';

export interface Writing {
  technique: string;
  findings: string;
  impression: string;
  significance: Significance;
  template_id: string | null;
}

export interface DraftEditor extends Omit<Autosave, 'opened' | 'goOver'> {
  readonly writing: Writing;
  readonly leaseUntil: Ref<string | undefined>;
  readonly open: (draft: DraftRow) => void;
  readonly keepMine: () => Promise<void>;
  readonly takeTheirs: (draft: DraftRow) => void;
}

export function significanceOf(text: string): Significance {
  return text === 'critical' || text === 'significant' ? text : 'none';
}

export function useDraft(id: string, reloadDraft: () => Promise<DraftRow | null>): DraftEditor {
  const writing = reactive<Writing>({ technique: '', findings: '', impression: '', significance: 'none', template_id: null });
  const leaseUntil = ref<string>();
  const { opened, goOver, ...kept } = useAutosave(async (revision) => {
    const saved = await api.put('/api/readings/{id}/draft', { path: { id }, body: { ...writing, revision } });
    leaseUntil.value = saved.lease_until;
    return { revision: saved.revision, at: saved.saved_at };
  }, 'draft-moved-on');

  function open(draft: DraftRow): void {
    Object.assign(writing, {
      technique: draft.technique,
      findings: draft.findings,
      impression: draft.impression,
      significance: significanceOf(draft.significance),
      template_id: draft.template_id,
    });
    opened(draft.revision, draft.saved_at);
  }

  /** The other window's text goes under; it was shown to the person before. */
  async function keepMine(): Promise<void> {
    const standing = await reloadDraft();
    if (standing !== null) await goOver(standing.revision);
  }

  return { writing, leaseUntil, ...kept, open, keepMine, takeTheirs: open };
}
