/** The media between this browser and one other: does to an RTCPeerConnection what the negotiation decides. */
import { begun, concerns, fragmentOf, step, type Effect, type Input, type Negotiation } from './negotiation';
import type { Envelope, Person, Signalling, Wishes } from './signalling';

/** The three things that are sent, always in this order and always negotiated: switching one on or off is no new offer. */
export const SLOTS = ['microphone', 'camera', 'screen'] as const;
export type Slot = (typeof SLOTS)[number];
export type Tracks = Readonly<Record<Slot, MediaStreamTrack | null>>;
export const NO_TRACKS: Tracks = { microphone: null, camera: null, screen: null };

/** Bits a second at most: four people on a township's line of 4 Mbit/s. */
const MOST: Readonly<Record<Slot, number>> = { microphone: 32_000, camera: 500_000, screen: 800_000 };

export interface Surroundings {
  readonly me: Person;
  readonly life: number;
  readonly signalling: Signalling;
  /** Asked anew for each connection and each change of paths: credentials end. */
  readonly iceServers: () => Promise<RTCIceServer[]>;
  readonly connect: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** `relay` where nothing else may be tried. */
  readonly policy: RTCIceTransportPolicy;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly onTrack: (person: Person, slot: Slot, track: MediaStreamTrack | null) => void;
  readonly onState: (person: Person, state: RTCPeerConnectionState) => void;
  /** What the browser refused; the call goes on. */
  readonly onFault: (person: Person, fault: unknown) => void;
}

export interface Sending {
  readonly camera: boolean;
  readonly screen: boolean;
}
export const EVERYTHING: Sending = { camera: true, screen: true };

export class Link {
  readonly #around: Surroundings;
  readonly #person: Person;
  #state: Negotiation;
  #connection: RTCPeerConnection | undefined;
  #queue: Promise<void> = Promise.resolve();
  #tracks: Tracks;
  /** What this browser would like to be sent. */
  #wants: Sending = EVERYTHING;
  /** What the other sends and would like to be sent. */
  #peer: { readonly sends: Readonly<Record<Slot, boolean>>; readonly wants: Sending } = {
    sends: { microphone: false, camera: false, screen: false },
    wants: EVERYTHING,
  };

  constructor(person: Person, tracks: Tracks, around: Surroundings) {
    this.#around = around;
    this.#person = person;
    this.#tracks = tracks;
    const [state, effects] = begun(around.me, person, around.life);
    this.#state = state;
    this.#then(async () => this.#run(effects));
    this.#feed({ kind: 'needed' });
  }

  get connection(): RTCPeerConnection | undefined {
    return this.#connection;
  }

  /** What of the other is due: it sends it, and this browser wants it. */
  get expected(): { readonly voice: boolean; readonly picture: boolean } {
    const { microphone, camera, screen } = this.#peer.sends;
    // Whoever has spoken of a call and is not connected is missed, whatever it would send.
    const apart = this.#state.peerLife > 0 && this.#connection?.connectionState !== 'connected';
    return { voice: microphone || apart, picture: (camera && this.#wants.camera) || (screen && this.#wants.screen) };
  }

  hear(envelope: Envelope): void {
    this.#feed({ kind: 'heard', envelope });
    const { signal } = envelope;
    if (signal.kind === 'wishes') this.#then(async () => this.#heardWishes(envelope, signal));
  }

  restart(from: 'paths' | 'connection'): void {
    this.#feed({ kind: 'restart', from });
  }

  tick(): void {
    this.#feed({ kind: 'tick', at: this.#around.now() });
  }

  /** Everything that was asked for so far is done. */
  settled(): Promise<void> {
    return this.#queue;
  }

  leave(): Promise<void> {
    this.#feed({ kind: 'leave' });
    return this.#queue;
  }

  setTracks(tracks: Tracks): void {
    this.#tracks = tracks;
    this.#then(async () => {
      await this.#send();
      this.#wish();
    });
  }

  setWants(wants: Sending): void {
    this.#wants = wants;
    this.#then(async () => this.#wish());
  }

  /** One thing after the other: a message is not looked at while the browser still works on the one before it. */
  #then(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((fault: unknown) => this.#around.onFault(this.#person, fault));
  }

  #feed(input: Input): void {
    this.#then(async () => this.#take(input));
  }

  async #take(input: Input): Promise<void> {
    const [state, effects] = step(this.#state, input);
    this.#state = state;
    await this.#run(effects);
  }

  async #run(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      try {
        await this.#do(effect);
      } catch (fault) {
        this.#around.onFault(this.#person, fault);
        // A candidate that cannot be used is one path fewer; without a description there is none.
        if (effect.kind === 'take-candidate') continue;
        await this.#take({ kind: 'broken', at: this.#around.now() });
        return;
      }
    }
  }

  async #do(effect: Effect): Promise<void> {
    const { signalling, now } = this.#around;
    switch (effect.kind) {
      case 'open':
        return this.#open();
      case 'close':
        return this.#close();
      case 'send':
        return signalling.send(effect.to, effect.signal);
      case 'offer': {
        const sdp = await this.#offer(effect.newPaths);
        return this.#take({ kind: 'offered', sdp, at: now() });
      }
      case 'take-offer':
        return this.#answer(effect.sdp);
      case 'take-answer':
        await this.#opened().setRemoteDescription({ type: 'answer', sdp: effect.sdp });
        await this.#send();
        return this.#wish();
      case 'take-candidate':
        return this.#opened().addIceCandidate(effect.candidate);
      case 'roll-back':
        return this.#opened().setLocalDescription({ type: 'rollback' });
    }
  }

  #opened(): RTCPeerConnection {
    if (this.#connection === undefined) throw new Error('no connection is open');
    return this.#connection;
  }

  async #open(): Promise<void> {
    this.#close();
    const { connect, policy, onState, onTrack } = this.#around;
    const made = connect(await this.#configuration(policy));
    this.#connection = made;
    // What a connection that was thrown away still says is of no interest.
    const current = (): boolean => this.#connection === made;
    made.onicecandidate = ({ candidate }): void => {
      if (!current() || candidate === null || candidate.candidate === '') return;
      const init = candidate.toJSON();
      this.#feed({ kind: 'gathered', candidate: init, fragment: fragmentOf(init) });
    };
    made.onconnectionstatechange = (): void => {
      if (current()) onState(this.#person, made.connectionState);
    };
    made.ontrack = ({ transceiver, track }): void => {
      const slot = SLOTS[made.getTransceivers().indexOf(transceiver)];
      if (current() && slot !== undefined) onTrack(this.#person, slot, track);
    };
  }

  #close(): void {
    if (this.#connection === undefined) return;
    this.#connection.close();
    this.#connection = undefined;
    for (const slot of SLOTS) this.#around.onTrack(this.#person, slot, null);
  }

  async #configuration(iceTransportPolicy: RTCIceTransportPolicy): Promise<RTCConfiguration> {
    return { iceServers: await this.#around.iceServers(), iceTransportPolicy, bundlePolicy: 'max-bundle' };
  }

  async #offer(newPaths: boolean): Promise<string> {
    const made = this.#opened();
    if (newPaths) {
      made.setConfiguration(await this.#configuration(this.#around.policy));
      made.restartIce();
    }
    if (made.getTransceivers().length === 0) {
      for (const slot of SLOTS) made.addTransceiver(slot === 'microphone' ? 'audio' : 'video', { direction: 'sendrecv' });
    }
    await this.#send();
    await made.setLocalDescription(await made.createOffer());
    return made.localDescription?.sdp ?? '';
  }

  async #answer(sdp: string): Promise<void> {
    const made = this.#opened();
    await made.setRemoteDescription({ type: 'offer', sdp });
    // The offering side has named the three; this side sends in them what it has.
    for (const one of made.getTransceivers()) if (one.direction === 'recvonly') one.direction = 'sendrecv';
    await this.#send();
    await made.setLocalDescription(await made.createAnswer());
    await this.#take({ kind: 'answered', sdp: made.localDescription?.sdp ?? '' });
    await this.#limit();
    this.#wish();
  }

  /** Puts into each slot what this browser has for it and the other would like. */
  async #send(): Promise<void> {
    const { wants } = this.#peer;
    const senders = this.#connection?.getTransceivers().map(({ sender }) => sender) ?? [];
    for (const [index, slot] of SLOTS.entries()) {
      const sender = senders[index];
      if (sender === undefined) continue;
      const track = slot === 'microphone' || wants[slot] ? this.#tracks[slot] : null;
      if (sender.track !== track) await sender.replaceTrack(track);
    }
    await this.#limit();
  }

  async #limit(): Promise<void> {
    const made = this.#connection;
    if (made === undefined || made.signalingState !== 'stable') return;
    for (const [index, { sender }] of made.getTransceivers().entries()) {
      const slot = SLOTS[index];
      if (slot !== undefined) await limit(sender, MOST[slot]);
    }
  }

  #wish(): void {
    const { me, life, signalling } = this.#around;
    const { peerLife, peer } = this.#state;
    if (this.#state.presence !== 'here' || peerLife === 0 || me === peer) return;
    const wishes: Wishes = {
      kind: 'wishes',
      life,
      toLife: peerLife,
      microphone: this.#tracks.microphone !== null,
      camera: this.#tracks.camera !== null,
      screen: this.#tracks.screen !== null,
      wantsCamera: this.#wants.camera,
      wantsScreen: this.#wants.screen,
    };
    signalling.send(peer, wishes);
  }

  async #heardWishes(envelope: Envelope, said: Wishes): Promise<void> {
    if (!concerns(this.#state, envelope)) return;
    const { microphone, camera, screen, wantsCamera, wantsScreen } = said;
    this.#peer = { sends: { microphone, camera, screen }, wants: { camera: wantsCamera, screen: wantsScreen } };
    await this.#send();
  }
}

/** Has a sender send no more than so many bits a second. */
export async function limit(sender: RTCRtpSender, bits: number): Promise<void> {
  const said = sender.getParameters();
  const first = said.encodings[0];
  if (first === undefined || first.maxBitrate === bits) return;
  first.maxBitrate = bits;
  await sender.setParameters(said);
}
