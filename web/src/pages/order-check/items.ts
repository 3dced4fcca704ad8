/** What a page that orders begins with: the patient of its address, and the items of the documents in force, each once. */
import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue';
import { useRoute } from 'vue-router';
import { api } from '@/api/client';
import { asFailure, type Failure } from '@/api/failure';
import type { components } from '@/api/schema';
import { distinct, type CatalogueItem } from '@/pages/order-check/check';

async function itemsInForce(): Promise<CatalogueItem[]> {
  const list = await api.get('/api/recognition/catalogues');
  const numbers = list.items.flatMap((one) => (one.in_force && one.id !== null ? [one.id] : []));
  const documents = await Promise.all(numbers.map((number) => api.get('/api/recognition/catalogues/{id}', { path: { id: number } })));
  return distinct(documents.flatMap((one) => one.items));
}

export interface Ordering {
  readonly id: ComputedRef<string>;
  readonly detail: ShallowRef<components['schemas']['PatientDetail'] | undefined>;
  readonly items: ShallowRef<readonly CatalogueItem[] | undefined>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly load: () => Promise<void>;
}

/** ready: told once patient and items are there, again with another patient. */
export function useOrdering(ready: () => void): Ordering {
  const route = useRoute();
  const id = computed(() => (typeof route.params['id'] === 'string' ? route.params['id'] : ''));
  const detail: Ordering['detail'] = shallowRef();
  const items: Ordering['items'] = shallowRef();
  const failure = shallowRef<Failure>();

  async function load(): Promise<void> {
    const asked = id.value;
    if (asked === '') return;
    failure.value = undefined;
    try {
      const [person, found] = await Promise.all([api.get('/api/patients/{id}', { path: { id: asked } }), itemsInForce()]);
      if (asked !== id.value) return;
      detail.value = person;
      items.value = found;
      ready();
    } catch (error) {
      if (asked === id.value) failure.value = asFailure(error);
    }
  }

  watch(
    id,
    () => {
      detail.value = undefined;
      void load();
    },
    { immediate: true },
  );
  return { id, detail, items, failure, load };
}
