/** The windows of one person on one PC: which study each shows. Ids only; the channel never leaves this browser. */
import { computed, onScopeDispose, reactive, readonly, ref, type ComputedRef, type Ref } from 'vue';

export type WindowMessage =
  /** The desk has opened a study; image windows follow. */
  | { readonly type: 'desk'; readonly window: string; readonly study: string }
  | { readonly type: 'showing'; readonly window: string; readonly study: string }
  | { readonly type: 'closed'; readonly window: string }
  | { readonly type: 'ask'; readonly window: string };

export interface WindowsState {
  /** Study by image window. */
  readonly showing: ReadonlyMap<string, string>;
}

/** What is known of the other windows after a message. Pure. */
export function heard(state: WindowsState, message: WindowMessage): WindowsState {
  const showing = new Map(state.showing);
  if (message.type === 'showing') showing.set(message.window, message.study);
  if (message.type === 'closed') showing.delete(message.window);
  return { showing };
}

/** Whether any image window shows another study than the report is about: signing is blocked then. */
export function foreign(state: WindowsState, study: string): boolean {
  return [...state.showing.values()].some((shown) => shown !== study);
}

const CHANNEL = 'telemed-images';

/** For the reading desk: opens the second window, keeps it on the same study, tells when it is not. */
export function useDeskWindows(studyUid: () => string): {
  readonly open: () => void;
  readonly tell: () => void;
  readonly foreignStudy: ComputedRef<boolean>;
} {
  const me = crypto.randomUUID();
  const channel = new BroadcastChannel(CHANNEL);
  const state = reactive<{ known: WindowsState }>({ known: { showing: new Map() } });
  const tell = (): void => channel.postMessage({ type: 'desk', window: me, study: studyUid() } satisfies WindowMessage);
  channel.addEventListener('message', (event: MessageEvent<WindowMessage>) => {
    state.known = heard(state.known, event.data);
    if (event.data.type === 'ask') tell();
  });
  channel.postMessage({ type: 'ask', window: me } satisfies WindowMessage);
  onScopeDispose(() => channel.close());
  return {
    open: () => void window.open(`/images/${studyUid()}`, 'telemed-images', 'popup,width=1200,height=1600'),
    tell,
    foreignStudy: computed(() => foreign(state.known, studyUid())),
  };
}

/** For an image window: follows the desk unless told to stay. */
export function useImageWindow(initial: string | undefined): {
  readonly study: Readonly<Ref<string | undefined>>;
  readonly desk: Readonly<Ref<string | undefined>>;
  readonly following: Ref<boolean>;
} {
  const me = crypto.randomUUID();
  const channel = new BroadcastChannel(CHANNEL);
  const study = ref(initial);
  const desk = ref<string>();
  const following = ref(true);
  const tell = (): void => {
    if (study.value !== undefined) channel.postMessage({ type: 'showing', window: me, study: study.value } satisfies WindowMessage);
  };
  channel.addEventListener('message', (event: MessageEvent<WindowMessage>) => {
    const message = event.data;
    if (message.type === 'desk') {
      desk.value = message.study;
      if (following.value) study.value = message.study;
      tell();
    } else if (message.type === 'ask') tell();
  });
  const bye = (): void => channel.postMessage({ type: 'closed', window: me } satisfies WindowMessage);
  window.addEventListener('pagehide', bye);
  channel.postMessage({ type: 'ask', window: me } satisfies WindowMessage);
  tell();
  onScopeDispose(() => {
    bye();
    window.removeEventListener('pagehide', bye);
    channel.close();
  });
  return { study: readonly(study), desk: readonly(desk), following };
}
