/** What this person was shown of the study, kept by the server for the reading: a viewer opened again goes on counting. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { asFailure } from '@/api/failure';
import type { Frame } from '@/viewer/dicom';
import type { KeptImage, Quality } from '@/viewer/seen';

const QUIET = 1_500; // milliseconds; scrolling through a series is one message
const RETRY = 10_000;
const MOST = 500; // images of one message

export interface Unsent {
  readonly sop_instance_uid: string;
  readonly painted: number[];
  readonly previewed: number[];
}

/** One entry an image, however often it was shown. Pure. */
export function gathered(images: readonly { readonly uid: string; readonly frame: number; readonly quality: Quality }[]): Unsent[] {
  const found = new Map<string, Unsent>();
  for (const { uid, frame, quality } of images) {
    const one = found.get(uid) ?? { sop_instance_uid: uid, painted: [], previewed: [] };
    found.set(uid, one);
    (quality === 'full' ? one.painted : one.previewed).push(frame);
  }
  return [...found.values()];
}

export interface KeptSeen {
  readonly kept: ShallowRef<readonly KeptImage[]>;
  readonly note: (frame: Frame, quality: Quality) => void;
}

export function useKeptSeen(reading: () => string): KeptSeen {
  const kept = shallowRef<readonly KeptImage[]>([]);
  let waiting: { uid: string; frame: number; quality: Quality }[] = [];
  let timer = 0;
  let again = 0;
  let gone = false;
  let sending = false;

  async function load(): Promise<void> {
    try {
      kept.value = (await api.get('/api/readings/{id}/seen', { path: { id: reading() } })).items;
    } catch (error) {
      if (asFailure(error).kind === 'broken') throw error;
      // Without the answer everything counts as not seen yet: a warning too many, never one too few.
      if (!gone) again = window.setTimeout(() => void load(), RETRY);
    }
  }

  async function flush(): Promise<void> {
    window.clearTimeout(timer);
    if (sending || waiting.length === 0) return;
    sending = true;
    const batch = waiting.slice(0, MOST);
    waiting = waiting.slice(MOST);
    try {
      await api.post('/api/readings/{id}/seen', { path: { id: reading() }, body: { items: gathered(batch) } });
      sending = false;
      if (waiting.length > 0) await flush();
    } catch (error) {
      sending = false;
      if (asFailure(error).kind === 'broken') throw error;
      // Kept here and said again: saying it twice changes nothing.
      waiting = [...batch, ...waiting];
      timer = window.setTimeout(() => void flush(), RETRY);
    }
  }

  function note(frame: Frame, quality: Quality): void {
    waiting.push({ uid: frame.sopInstanceUid, frame: frame.frame, quality });
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void flush(), QUIET);
  }

  void load();
  const leaving = (): void => void flush();
  window.addEventListener('pagehide', leaving);
  onScopeDispose(() => {
    window.removeEventListener('pagehide', leaving);
    gone = true;
    window.clearTimeout(again);
    void flush().finally(() => window.clearTimeout(timer));
  });
  return { kept, note };
}
