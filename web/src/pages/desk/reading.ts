/** One reading as the server knows it, followed live, and the commands given to it. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { asFailure, type Failure } from '@/api/failure';
import { useLive } from '@/live/store';
import type { Detail } from '@/pages/desk/facts';

const HEARTBEAT = 60_000; // milliseconds; a claim is kept for twenty minutes

export interface Reading {
  readonly detail: ShallowRef<Detail | undefined>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly busy: Ref<boolean>;
  readonly reload: () => Promise<void>;
  /** Runs a command; what it refuses is kept in `refused`. True when it was done. */
  readonly run: (command: () => Promise<unknown>) => Promise<boolean>;
  readonly refused: ShallowRef<Failure | undefined>;
}

export function useReading(id: string, mine: () => boolean): Reading {
  const detail = shallowRef<Detail>();
  const failure = shallowRef<Failure>();
  const refused = shallowRef<Failure>();
  const busy = ref(false);

  async function reload(): Promise<void> {
    try {
      detail.value = await api.get('/api/readings/{id}', { path: { id } });
      failure.value = undefined;
    } catch (error) {
      failure.value = asFailure(error);
    }
  }

  async function run(command: () => Promise<unknown>): Promise<boolean> {
    busy.value = true;
    refused.value = undefined;
    try {
      await command();
      return true;
    } catch (error) {
      refused.value = asFailure(error);
      return false;
    } finally {
      busy.value = false;
    }
  }

  void reload();
  const live = useLive();
  live.subscribe(['worklist'], (events) => {
    if (events.some((event) => event.subject === id)) void reload();
  }, () => void reload());

  const beat = window.setInterval(() => {
    if (!mine()) return;
    api.post('/api/readings/{id}/heartbeat', { path: { id } }).then(
      (lease) => {
        const known = detail.value;
        if (known !== undefined) detail.value = { ...known, line: { ...known.line, lease_until: lease.lease_until } };
      },
      // A lost beat is no loss: the claim holds for minutes, and a conflict shows in what is loaded anew.
      () => void reload(),
    );
  }, HEARTBEAT);
  onScopeDispose(() => window.clearInterval(beat));
  return { detail, failure, busy, reload, run, refused };
}
