/** The items of the documents in force, each once, loaded when a dialog needs them. */
import { onMounted, shallowRef, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { asFailure, type Failure } from '@/api/failure';
import { distinct } from '@/pages/order-check/check';
import type { CatalogueItem } from './quality';

export function useItems(): { readonly items: ShallowRef<readonly CatalogueItem[]>; readonly failure: ShallowRef<Failure | undefined>; readonly load: () => Promise<void> } {
  const items = shallowRef<readonly CatalogueItem[]>([]);
  const failure = shallowRef<Failure>();
  async function load(): Promise<void> {
    failure.value = undefined;
    try {
      const list = await api.get('/api/recognition/catalogues');
      const numbers = list.items.flatMap((one) => (one.in_force && one.id !== null ? [one.id] : []));
      const documents = await Promise.all(numbers.map((number) => api.get('/api/recognition/catalogues/{id}', { path: { id: number } })));
      items.value = distinct(documents.flatMap((one) => one.items));
    } catch (error) {
      failure.value = asFailure(error);
    }
  }
  onMounted(load);
  return { items, failure, load };
}
