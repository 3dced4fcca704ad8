/** The items of the documents in force, each once. */
import { api } from '@/api/client';
import { distinct, type CatalogueItem } from '@/pages/order-check/check';

export async function itemsInForce(): Promise<CatalogueItem[]> {
  const list = await api.get('/api/recognition/catalogues');
  const numbers = list.items.flatMap((one) => (one.in_force && one.id !== null ? [one.id] : []));
  const documents = await Promise.all(numbers.map((number) => api.get('/api/recognition/catalogues/{id}', { path: { id: number } })));
  return distinct(documents.flatMap((one) => one.items));
}
