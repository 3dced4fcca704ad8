/** The page of tests/e2e/test_call.py: a call over the built client, its signalling carried by the test's own server. */
import { Call, EVERY_MS, type CallState } from '@/call/call';
import { open, LevelMeter } from '@/call/devices';
import { holding } from '@/call/ladder';
import { NO_TRACKS } from '@/call/link';
import type { Envelope, Person, Signal, Signalling } from '@/call/signalling';

interface Asked {
  readonly me: Person;
  readonly people: readonly Person[];
  readonly policy: RTCIceTransportPolicy;
}

interface Seen {
  readonly person: Person;
  readonly connection: string;
  readonly trouble: string;
  readonly frames: number;
  readonly voice: number;
  readonly path: object | undefined;
}

declare global {
  interface Window {
    join: (asked: Asked) => Promise<string>;
    seen: () => readonly Seen[];
    rung: () => string;
    loudest: () => number;
    /** Messages of the room, which no trouble of the media may disturb. */
    heard: () => number;
    faults: () => readonly string[];
    leave: () => Promise<void>;
  }
}

function carried(me: Person, onHeard: (count: number) => void): Signalling {
  let saying: Promise<unknown> = Promise.resolve();
  const listeners = new Set<(envelope: Envelope) => void>();
  let after = 0;
  const listen = async (): Promise<void> => {
    for (;;) {
      const answer = await fetch(`/hear?me=${me}&after=${after}`);
      const envelopes = (await answer.json()) as Envelope[];
      after += envelopes.length;
      onHeard(after);
      for (const envelope of envelopes) for (const listener of listeners) listener(envelope);
    }
  };
  void listen();
  return {
    send(to: Person, signal: Signal): void {
      const body = JSON.stringify({ from: me, to, signal });
      saying = saying.then(() => fetch('/say', { method: 'POST', body }));
    },
    onMessage(listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

let state: CallState | undefined;
let loudest = 0;
let heard = 0;
const faults: string[] = [];

window.join = async ({ me, people, policy }): Promise<string> => {
  const opened = await open(navigator.mediaDevices, { microphone: undefined, camera: undefined }, window.isSecureContext);
  if (opened.kind === 'closed') return opened.fault;
  const [microphone = null] = opened.stream.getAudioTracks();
  const [camera = null] = opened.stream.getVideoTracks();
  const meter = new LevelMeter(opened.stream);
  const call = new Call({
    me,
    life: 1,
    signalling: carried(me, (count) => (heard = count)),
    iceServers: async () => (await fetch(`/ice?me=${me}`)).json() as Promise<RTCIceServer[]>,
    connect: (configuration) => new RTCPeerConnection(configuration),
    policy,
    now: () => performance.now(),
    onTrack: (person, slot, track) => shown(`${person} ${slot}`, track),
    onFault: (_person, fault) => void faults.push(String(fault)),
    onChange: (next) => (state = next),
  });
  call.setTracks({ ...NO_TRACKS, microphone, camera });
  call.setPeople(people);
  window.leave = (): Promise<void> => call.leave();
  window.setInterval(() => void call.tick(), EVERY_MS);
  // The browser's pretended microphone beeps, shortly.
  window.setInterval(() => (loudest = Math.max(loudest, meter.level())), 20);
  return opened.missing ?? '';
};

function shown(title: string, track: MediaStreamTrack | null): void {
  const all = [...document.querySelectorAll('video')];
  const there = all.find((one) => one.title === title) ?? document.body.appendChild(document.createElement('video'));
  Object.assign(there, { title, autoplay: true, muted: true });
  there.srcObject = track === null ? null : new MediaStream([track]);
}

window.seen = (): readonly Seen[] =>
  [...(state?.people ?? [])].map(([person, { connection, trouble, reading }]) => ({
    ...{ person, connection, trouble },
    ...{ frames: reading?.frames ?? 0, voice: reading?.voice ?? 0, path: reading?.path },
  }));
window.rung = (): string => (state === undefined ? '' : holding(state.ladder));
window.loudest = (): number => loudest;
window.heard = (): number => heard;
window.faults = (): readonly string[] => faults;
