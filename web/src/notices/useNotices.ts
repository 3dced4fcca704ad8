/** One's consultations, followed on every page: what is news is shown, and told to the desktop where that is allowed. */
import { onMounted, onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { useLive } from '@/live/store';
import { added, dutyGaps, knockAt, news, still, type Notice, type Standing } from '@/notices/notices';

const TOPICS = ['consultations'];
/** Events of a moment are looked at together. */
const TOGETHER = 400;
const AGAIN = 10_000;

export interface Notices {
  readonly shown: ShallowRef<readonly Notice[]>;
  readonly close: (one: Notice) => void;
}

export function useNotices(may: { readonly reads: boolean; readonly managesDuty: boolean }, tell: (one: Notice) => void): Notices {
  const shown = shallowRef<readonly Notice[]>([]);
  let standing: readonly Standing[] | undefined;
  let timer: number | undefined;

  function show(fresh: readonly Notice[]): void {
    if (fresh.length === 0) return;
    shown.value = added(shown.value, fresh);
    fresh.forEach(tell);
  }
  async function look(): Promise<void> {
    timer = undefined;
    if (!may.reads) return;
    let items: readonly Standing[];
    try {
      items = (await api.get('/api/consultation-notices')).items;
    } catch {
      // That the server is away stands in the page's own bar; what was missed is looked for until it is found.
      timer ??= window.setTimeout(() => void look(), AGAIN);
      return;
    }
    const before = standing;
    standing = items;
    shown.value = still(shown.value, items);
    if (before !== undefined) show(news(before, items));
  }
  const soon = (): void => void (timer ??= window.setTimeout(() => void look(), TOGETHER));
  onMounted(look);
  onScopeDispose(() => window.clearTimeout(timer));
  useLive().subscribe(
    TOPICS,
    (events) => {
      for (const event of events) {
        if (event.kind === 'room.knocked') show(knockAt(event.subject, standing ?? [], event.cursor));
        if (event.kind === 'duty.gaps-found' && may.managesDuty) show([dutyGaps(event.cursor)]);
      }
      if (events.some((event) => event.kind.startsWith('consultation.'))) soon();
    },
    soon,
  );
  return { shown, close: (one) => void (shown.value = shown.value.filter((each) => each.key !== one.key)) };
}
