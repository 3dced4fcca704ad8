/** The 诊疗科目 that can be asked: loaded once, they change with the release alone. */
import { onMounted, shallowRef, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { asFailure, type Failure } from '@/api/failure';
import type { Department } from '@/pages/consultations/consultations';

const known = shallowRef<readonly Department[]>([]);

export function useDepartments(): { readonly departments: ShallowRef<readonly Department[]>; readonly failure: ShallowRef<Failure | undefined>; readonly load: () => Promise<void> } {
  const failure = shallowRef<Failure>();
  async function load(): Promise<void> {
    if (known.value.length > 0) return;
    failure.value = undefined;
    try {
      known.value = (await api.get('/api/consultation-departments')).items;
    } catch (error) {
      failure.value = asFailure(error);
    }
  }
  onMounted(load);
  return { departments: known, failure, load };
}
