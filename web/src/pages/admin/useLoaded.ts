/** What a page shows: loaded at once, again on events of a topic, its failure beside what was there. */
import { onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { asFailure, type Failure } from '@/api/failure';
import { useLive } from '@/live/store';

export interface Loaded<T> {
  readonly value: ShallowRef<T | undefined>;
  readonly busy: Ref<boolean>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly load: () => Promise<void>;
}

export function useLoaded<T>(get: () => Promise<T>, topics: readonly string[] = ['admin']): Loaded<T> {
  const value = shallowRef<T>();
  const busy = ref(false);
  const failure = shallowRef<Failure>();
  let asked = 0;

  async function load(): Promise<void> {
    const mine = ++asked;
    busy.value = true;
    try {
      const found = await get();
      // An older answer never replaces a newer one.
      if (mine !== asked) return;
      value.value = found;
      failure.value = undefined;
    } catch (error) {
      if (mine === asked) failure.value = asFailure(error);
    } finally {
      if (mine === asked) busy.value = false;
    }
  }

  onMounted(load);
  useLive().subscribe(
    topics,
    () => void load(),
    () => void load(),
  );
  return { value, busy, failure, load };
}

/** One change: busy while it runs, its failure kept for the dialog. True when it was done. */
export function useChange(): {
  readonly busy: Ref<boolean>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
} {
  const busy = ref(false);
  const failure = shallowRef<Failure>();
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    busy.value = true;
    failure.value = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      failure.value = asFailure(error);
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, failure, run };
}

/** Every page of a list, first to last. */
export async function everything<T>(page: (after: string) => Promise<{ readonly items: readonly T[]; readonly next: string | null }>): Promise<T[]> {
  const found: T[] = [];
  let after = '';
  for (;;) {
    const answer = await page(after);
    found.push(...answer.items);
    if (answer.next === null) return found;
    after = answer.next;
  }
}
