/** A draft of an opinion or an addendum on the server. */
import { reactive } from 'vue';
import { useAutosave, type Autosave } from '@/ui/autosave';

export type Writing<K extends string> = Record<K, string>;
export type KeptRow<K extends string> = Readonly<Writing<K>> & { readonly revision: number; readonly at: string };

export interface KeptDraft<K extends string> extends Omit<Autosave, 'opened' | 'goOver'> {
  readonly writing: Writing<K>;
  readonly open: (draft: KeptRow<K>) => void;
  /** What is typed here goes over what was saved elsewhere, which was shown before. */
  readonly keepMine: (saved: KeptRow<K>) => Promise<void>;
}

export function useKeptDraft<K extends string>(fields: readonly K[], put: (body: Writing<K> & { revision: number }) => Promise<{ revision: number }>): KeptDraft<K> {
  const writing = reactive(Object.fromEntries(fields.map((field) => [field, '']))) as Writing<K>;
  const { opened, goOver, ...kept } = useAutosave(async (revision) => {
    const saved = await put({ ...writing, revision });
    return { revision: saved.revision, at: new Date().toISOString() };
  }, 'written-meanwhile');

  function open(draft: KeptRow<K>): void {
    for (const field of fields) writing[field] = draft[field];
    opened(draft.revision, draft.at);
  }
  return { writing, ...kept, open, keepMine: (saved) => goOver(saved.revision) };
}
