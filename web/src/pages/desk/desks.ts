/** Desks of one person in several tabs: a report is not signed while another tab shows another patient's images. */
import { onScopeDispose, ref, type Ref } from 'vue';

type Message =
  | { readonly type: 'open'; readonly desk: string; readonly study: string }
  | { readonly type: 'closed'; readonly desk: string }
  | { readonly type: 'ask' };

/** Whether a study other than `mine` stands on another desk. Pure. */
export function elsewhere(desks: ReadonlyMap<string, string>, mine: string): boolean {
  return [...desks.values()].some((study) => study !== mine);
}

/** Tells the other tabs which study this desk shows, and whether one of them shows another. */
export function useOtherDesks(study: () => string | undefined): { readonly other: Ref<boolean>; readonly tell: () => void } {
  const me = crypto.randomUUID();
  const channel = new BroadcastChannel('telemed-desks');
  const desks = new Map<string, string>();
  const other = ref(false);
  const judge = (): void => {
    const mine = study();
    other.value = mine !== undefined && elsewhere(desks, mine);
  };
  const tell = (): void => {
    const mine = study();
    if (mine !== undefined) channel.postMessage({ type: 'open', desk: me, study: mine } satisfies Message);
    judge();
  };
  channel.addEventListener('message', (event: MessageEvent<Message>) => {
    const message = event.data;
    if (message.type === 'open') desks.set(message.desk, message.study);
    else if (message.type === 'closed') desks.delete(message.desk);
    else tell();
    judge();
  });
  const bye = (): void => channel.postMessage({ type: 'closed', desk: me } satisfies Message);
  window.addEventListener('pagehide', bye);
  channel.postMessage({ type: 'ask' } satisfies Message);
  onScopeDispose(() => {
    bye();
    window.removeEventListener('pagehide', bye);
    channel.close();
  });
  return { other, tell };
}
