/** A strict RTCPeerConnection without a network, and a carrier of messages that mistreats them. */
import type { Envelope, Person, Signal, Signalling } from '@/call/signalling';

let made = 0;

class FakeSender {
  track: MediaStreamTrack | null = null;
  #said = { encodings: [{}] };
  replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }
  getParameters(): { encodings: object[] } {
    return structuredClone(this.#said);
  }
  setParameters(said: { encodings: object[] }): Promise<void> {
    this.#said = said;
    return Promise.resolve();
  }
}

interface FakeTransceiver {
  readonly sender: FakeSender;
  direction: string;
  /** Whether a description has named it. */
  named: boolean;
}

interface Description {
  readonly type: RTCSdpType;
  readonly sdp?: string;
}

/** sdp: one line each for the connection it is of (its DTLS certificate), its ICE fragment, and how many media. */
export class FakeConnection {
  readonly id = `c${made++}`;
  signalingState: RTCSignalingState = 'stable';
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: Description | null = null;
  remoteId: string | undefined;
  remoteFragment: string | undefined;
  fragment = `f${made++}`;
  /** What it says of itself, by id. */
  readonly stats = new Map<string, object>();
  onicecandidate: ((event: unknown) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  #restarting = false;
  #agreedFragment = this.fragment;
  #transceivers: FakeTransceiver[] = [];

  getStats(): Promise<ReadonlyMap<string, object>> {
    return Promise.resolve(this.stats);
  }

  getTransceivers(): FakeTransceiver[] {
    return this.#transceivers;
  }

  addTransceiver(_kind: string, { direction }: { direction: string }): void {
    this.#transceivers.push({ sender: new FakeSender(), direction, named: false });
  }

  setConfiguration(): void {
    this.#open();
  }

  restartIce(): void {
    this.#restarting = true;
  }

  createOffer(): Promise<Description> {
    this.#open();
    if (this.#restarting) this.fragment = `f${made++}`;
    this.#restarting = false;
    return Promise.resolve({ type: 'offer', sdp: this.#described() });
  }

  createAnswer(): Promise<Description> {
    this.#in('have-remote-offer');
    return Promise.resolve({ type: 'answer', sdp: this.#described() });
  }

  async setLocalDescription(description: Description): Promise<void> {
    await Promise.resolve();
    if (description.type === 'rollback') {
      this.#in('have-local-offer');
      this.fragment = this.#agreedFragment;
      this.signalingState = 'stable';
      return;
    }
    this.#in(description.type === 'offer' ? 'stable' : 'have-remote-offer');
    for (const one of this.#transceivers) one.named = true;
    this.localDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    if (description.type === 'answer') this.#agreedFragment = this.fragment;
    const { fragment } = this;
    queueMicrotask(() => {
      const init = { candidate: `candidate:1 1 udp 1 host ${this.id}`, usernameFragment: fragment };
      this.onicecandidate?.({ candidate: { ...init, toJSON: () => init } });
      this.onicecandidate?.({ candidate: null });
    });
  }

  async setRemoteDescription({ type, sdp = '' }: Description): Promise<void> {
    await Promise.resolve();
    this.#in(type === 'offer' ? 'stable' : 'have-local-offer');
    const [id = '', fragment = '', media = ''] = sdp.split('\n').map((line) => line.split(/[:=]/).at(-1));
    if (this.remoteId !== undefined && this.remoteId !== id) throw new Error('another DTLS session');
    if (type === 'offer') {
      if (this.#restarted(fragment)) this.fragment = `f${made++}`;
      while (this.#transceivers.length < Number(media)) {
        this.#transceivers.push({ sender: new FakeSender(), direction: 'recvonly', named: true });
      }
      if (this.#transceivers.some((one) => !one.named)) throw new Error('media that the offer does not name');
    } else {
      this.#agreedFragment = this.fragment;
    }
    this.remoteId = id;
    this.remoteFragment = fragment;
    this.signalingState = type === 'offer' ? 'have-remote-offer' : 'stable';
  }

  addIceCandidate({ candidate = '', usernameFragment }: RTCIceCandidateInit): Promise<void> {
    if (usernameFragment !== this.remoteFragment) return Promise.reject(new Error(`unknown fragment: ${candidate}`));
    return Promise.resolve();
  }

  close(): void {
    this.signalingState = 'closed';
  }

  #restarted(fragment: string): boolean {
    return this.remoteFragment !== undefined && this.remoteFragment !== fragment;
  }

  #described(): string {
    return `id=${this.id}\na=ice-ufrag:${this.fragment}\nmedia=${this.#transceivers.length}`;
  }

  #open(): void {
    if (this.signalingState === 'closed') throw new Error('InvalidStateError: closed');
  }

  #in(state: RTCSignalingState): void {
    if (this.signalingState !== state) throw new Error(`InvalidStateError: ${this.signalingState}, not ${state}`);
  }
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Holds what is said until somebody delivers it. */
export class Carrier {
  readonly waiting: Envelope[] = [];
  readonly #listeners = new Map<Person, ((envelope: Envelope) => void)[]>();

  of(me: Person): Signalling {
    return {
      send: (to: Person, signal: Signal) => void this.waiting.push(structuredClone({ from: me, to, signal })),
      onMessage: (listener) => {
        const mine = this.#listeners.get(me) ?? [];
        this.#listeners.set(me, [...mine, listener]);
        return () => this.#listeners.set(me, (this.#listeners.get(me) ?? []).filter((one) => one !== listener));
      },
    };
  }

  /** Everybody hears it, as a room would have it that does not know whom it is for. */
  deliver(index: number, keep = false): void {
    const envelope = this.waiting[index];
    if (envelope === undefined) return;
    if (!keep) this.waiting.splice(index, 1);
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(envelope);
  }
}
