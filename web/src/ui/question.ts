/** The question before an act: it stays about what it was put about, whatever comes in meanwhile. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { asFailure, type Failure } from '@/api/failure';
import { announce } from '@/ui/announce';

export interface Question<Act> {
  /** What is asked about; nothing while no question is put. */
  readonly act: ShallowRef<Act | undefined>;
  readonly busy: Ref<boolean>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly put: (act: Act) => void;
  /** Do it, say that it is done, and load what stands now. */
  readonly confirm: (send: (act: Act) => Promise<unknown>, done: (act: Act) => string) => Promise<void>;
}

export function useQuestion<Act>(reload: () => Promise<void>): Question<Act> {
  const act = shallowRef<Act>();
  const busy = ref(false);
  const failure = shallowRef<Failure>();

  function put(one: Act): void {
    failure.value = undefined;
    act.value = one;
  }

  async function confirm(send: (act: Act) => Promise<unknown>, done: (act: Act) => string): Promise<void> {
    const asked = act.value;
    if (asked === undefined) return;
    busy.value = true;
    failure.value = undefined;
    try {
      await send(asked);
      announce(done(asked), 'green');
      act.value = undefined;
      await reload();
    } catch (error) {
      failure.value = asFailure(error);
      // Somebody was first, or it cannot be done: the dialog says so in words, the list behind it shows how it stands.
      if (failure.value.kind === 'conflict' || failure.value.kind === 'missing') await reload();
    } finally {
      busy.value = false;
    }
  }

  return { act, busy, failure, put, confirm };
}
