/** The one event socket of this page: who wants which topic, the state of the link, and reconnecting. */
import { defineStore } from 'pinia';
import { computed, onScopeDispose, ref, shallowRef } from 'vue';
import { delayBefore, INITIAL, parse, step, type LiveEffect, type LiveEvent, type LiveInput } from '@/live/protocol';

type OnEvents = (events: readonly LiveEvent[]) => void;
interface Listener {
  readonly topics: readonly string[];
  readonly onEvents: OnEvents;
  readonly onReset: () => void;
}

/** A server that says nothing for this long (it pings well within) is taken for gone. */
const SILENCE = 45_000;

export const useLive = defineStore('live', () => {
  const state = shallowRef(INITIAL);
  const lastAt = ref<Date>();
  const listeners = new Set<Listener>();
  let socket: WebSocket | undefined;
  let timer: number | undefined;
  let silence: number | undefined;
  let wanted = false;

  function feed(input: LiveInput): void {
    const [next, effects] = step(state.value, input);
    state.value = next;
    for (const effect of effects) run(effect);
  }

  function run(effect: LiveEffect): void {
    switch (effect.kind) {
      case 'send':
        if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(effect.message));
        return;
      case 'deliver':
        for (const listener of [...listeners]) {
          const concerned = effect.events.filter((event) => event.topics.some((topic) => listener.topics.includes(topic)));
          if (concerned.length > 0) listener.onEvents(concerned);
        }
        return;
      case 'reset':
        for (const listener of [...listeners]) listener.onReset();
        return;
      case 'reconnect':
        if (wanted) timer = window.setTimeout(open, delayBefore(effect.attempt, Math.random()));
    }
  }

  function heard(): void {
    lastAt.value = new Date();
    waitForSilence();
  }

  function waitForSilence(): void {
    window.clearTimeout(silence);
    silence = window.setTimeout(() => socket?.close(), SILENCE);
  }

  function open(): void {
    window.clearTimeout(timer);
    timer = undefined;
    if (!wanted || socket !== undefined) return;
    const url = new URL('/api/events', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const mine = new WebSocket(url);
    socket = mine;
    waitForSilence();
    mine.addEventListener('message', (message: MessageEvent<unknown>) => {
      if (mine !== socket || typeof message.data !== 'string') return;
      heard();
      const parsed = parse(message.data);
      if (parsed !== undefined) feed({ kind: 'message', message: parsed });
    });
    // An error is always followed by close.
    mine.addEventListener('close', () => {
      if (mine !== socket) return;
      socket = undefined;
      window.clearTimeout(silence);
      feed({ kind: 'closed' });
    });
  }

  function start(): void {
    wanted = true;
    open();
  }

  function stop(): void {
    wanted = false;
    window.clearTimeout(timer);
    window.clearTimeout(silence);
    const old = socket;
    socket = undefined;
    old?.close();
    state.value = { ...INITIAL, topics: state.value.topics };
  }

  /** 立即重试 */
  function retry(): void {
    if (socket === undefined) open();
  }

  function topicsChanged(): void {
    const topics = [...new Set([...listeners].flatMap((listener) => listener.topics))].sort();
    if (topics.join(' ') !== state.value.topics.join(' ')) feed({ kind: 'topics', topics });
  }

  /** Until the returned function is called, or the component that asked goes. */
  function subscribe(topics: readonly string[], onEvents: OnEvents, onReset: () => void): () => void {
    const listener: Listener = { topics, onEvents, onReset };
    listeners.add(listener);
    topicsChanged();
    const leave = (): void => {
      if (listeners.delete(listener)) topicsChanged();
    };
    onScopeDispose(leave, true);
    return leave;
  }

  window.addEventListener('online', retry);
  window.addEventListener('offline', () => {
    feed({ kind: 'network-lost' });
    socket?.close();
  });

  return { link: computed(() => state.value.link), lastAt, start, stop, retry, subscribe };
});
