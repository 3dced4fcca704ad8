/** What attached results say: asked of the patient's timeline once a consultation, as whoever reads the record does. */
import { ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { asFailure } from '@/api/failure';
import type { components } from '@/api/schema';
import { itemsOf, type LaboratoryResult } from '@/pages/patient/timeline';

type Attached = components['schemas']['ResultRow'];
export interface NamedResult {
  readonly result: LaboratoryResult;
  readonly at: string | null;
  readonly organization: string;
}
const PAGE = 100;
const PAGES = 5;

/** reads: the record is open to this person; nobody else's page asks what would be refused, and written down as such. */
export function useResultNames(of: () => { readonly patient: string; readonly results: readonly Attached[]; readonly reads: boolean }): {
  readonly names: ShallowRef<ReadonlyMap<string, NamedResult>>;
  readonly failed: Ref<boolean>;
  readonly loading: Ref<boolean>;
} {
  const names = shallowRef<ReadonlyMap<string, NamedResult>>(new Map());
  const failed = ref(false);
  const loading = ref(false);
  const opening = crypto.randomUUID();

  async function load(): Promise<void> {
    const { patient, results, reads } = of();
    if (!reads) return;
    const wanted = new Set(results.map((one) => one.result));
    if ([...wanted].every((id) => names.value.has(id))) return;
    const found = new Map<string, NamedResult>();
    loading.value = true;
    let before = '';
    try {
      for (let page = 0; page < PAGES && found.size < wanted.size; page += 1) {
        const answer = await api.post('/api/patients/{id}/timeline', { path: { id: patient }, body: { opening, before, limit: PAGE, encounter_class: null, circumstances: [] } });
        for (const { entry } of itemsOf(answer)) {
          for (const result of entry.laboratory) {
            if (wanted.has(result.id)) found.set(result.id, { result, at: entry.at, organization: entry.organization });
          }
        }
        before = answer.next ?? '';
        if (before === '') break;
      }
      names.value = found;
      failed.value = false;
    } catch (error) {
      // The verdicts stand all the same; what the page itself got wrong is not hidden.
      if (asFailure(error).code === 'page-fault') throw error;
      failed.value = true;
    } finally {
      loading.value = false;
    }
  }
  watch(() => `${String(of().reads)} ${of().results.map((one) => one.result).join(' ')}`, () => void load(), { immediate: true });
  return { names, failed, loading };
}
