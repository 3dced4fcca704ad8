/** The records this person has open by break-glass (紧急调阅), until when, by the server's clock. */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { api } from '@/api/client';
import type { components } from '@/api/schema';

export type OpenRecord = components['schemas']['OpenRecord'];
type OpenRecords = components['schemas']['OpenRecords'];

/** Those still open at a moment of this PC's clock; skew: how far the server's clock is ahead, in ms. Pure. */
export function inForce(records: readonly OpenRecord[], at: Date, skew: number): OpenRecord[] {
  return records.filter((one) => Date.parse(one.expires_at) > at.getTime() + skew);
}

export const useBreakGlass = defineStore('break-glass', () => {
  const records = shallowRef<readonly OpenRecord[]>([]);
  let skew = 0;

  function take(answer: OpenRecords): void {
    skew = Date.parse(answer.server_time) - Date.now();
    records.value = answer.items;
  }
  async function load(): Promise<void> {
    take(await api.get('/api/break-glass'));
  }
  async function end(record: OpenRecord): Promise<void> {
    await api.post('/api/break-glass/{id}/end', { path: { id: record.id } });
    records.value = records.value.filter((one) => one.id !== record.id);
  }
  /** Drops what is over and returns it. */
  function expire(at: Date): OpenRecord[] {
    const left = inForce(records.value, at, skew);
    const over = records.value.filter((one) => !left.includes(one));
    if (over.length > 0) records.value = left;
    return over;
  }
  function clear(): void {
    records.value = [];
  }
  const patients = computed(() => new Set(records.value.map((one) => one.patient.id)));
  const holds = (patientId: string | null | undefined): boolean => patientId !== null && patientId !== undefined && patients.value.has(patientId);

  return { records, load, end, expire, clear, holds };
});
