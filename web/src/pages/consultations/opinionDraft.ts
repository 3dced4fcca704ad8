/** The opinion being written. */
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { useKeptDraft, type KeptDraft } from '@/pages/consultations/keptDraft';

export type OpinionRow = components['schemas']['telemed.consultation.store.rows.DraftRow'];

export const useOpinionDraft = (id: string): KeptDraft<'diagnosis' | 'advice'> =>
  useKeptDraft(['diagnosis', 'advice'], (body) => api.put('/api/consultations/{id}/opinion', { path: { id }, body }));
