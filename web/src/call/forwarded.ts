/**
 * A call of more than a mesh carries: this browser sends to the county's forwarding server once, and is sent from it what
 * the others send.  Two connections, begun anew together whenever either side of the channel ends.
 */
import { SUPERSEDED, type Channel, type OpenChannel, type Stream, type Told } from './channel';
import type { Carrier, Coming, Said, Seats } from './carrying';
import { EVERYTHING, limit, NO_TRACKS, SLOTS, type Sending, type Slot, type Surroundings, type Tracks } from './link';
import { seats } from './mesh';
import type { Person } from './signalling';

/** Bits a second at most: a line of 4 Mbit/s takes the pictures of eleven others. */
const MOST: Readonly<Record<Slot, number>> = { microphone: 32_000, camera: 250_000, screen: 800_000 };
/** Milliseconds until the next try; the last stays. */
export const RETRIES_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000];
/** So long a try may take before it is begun anew. */
export const TRY_MS = 10_000;
/** The server says every 3 s that it is there; a line without a word for so long is dead. */
export const DEAD_MS = 15_000;

export interface ForwardedOptions extends Omit<Surroundings, 'signalling' | 'life'> {
  readonly open: OpenChannel;
  readonly most: number;
  /** What this browser sends is taken: each time it comes in, the first and every later one. */
  readonly onCarried: () => void;
}

export class Forwarded implements Carrier {
  readonly #around: ForwardedOptions;
  readonly #links = new Map<Person, Heard>();
  #said: ReadonlyMap<Person, Said> = new Map();
  #tracks: Tracks = NO_TRACKS;
  #wants: Sending = EVERYTHING;
  #channel: Channel | undefined;
  #own: RTCPeerConnection | undefined;
  #others: RTCPeerConnection | undefined;
  #streams: readonly Stream[] = [];
  #shown = new Map<string, readonly [Person, Slot, MediaStreamTrack]>();
  /** Counts the tries: what belongs to an earlier one has nothing more to say. */
  #life = 0;
  #begunAt = 0;
  #heardAt = 0;
  #fails = 0;
  #retryAt: number | undefined = 0;
  #queue: Promise<void> = Promise.resolve();
  #seated = false;
  /** Whether what this browser sends is taken: nothing of the others is shown before. */
  #carried = false;
  #over = false;

  constructor(around: ForwardedOptions) {
    this.#around = around;
  }

  get links(): ReadonlyMap<Person, Coming> {
    return this.#links;
  }

  setPeople(people: readonly Person[], said: ReadonlyMap<Person, Said>): Seats {
    const found = seats(people, this.#around.me, this.#around.most);
    this.#said = said;
    this.#seated = !found.without.includes(this.#around.me) && people.includes(this.#around.me);
    for (const person of this.#links.keys()) if (!found.others.includes(person)) this.#links.delete(person);
    for (const person of found.others) if (!this.#links.has(person)) this.#links.set(person, new Heard(person, this));
    if (!this.#seated && this.#channel !== undefined) this.#end(undefined);
    this.tick();
    return found;
  }

  setTracks(tracks: Tracks): void {
    this.#tracks = tracks;
    this.#then(async () => this.#send());
  }

  setWants(wants: Sending): void {
    this.#wants = wants;
    this.#channel?.tell({ t: 'wants', ...wants });
  }

  tick(): void {
    const now = this.#around.now();
    if (this.#channel !== undefined && now - this.#heardAt >= DEAD_MS) this.#end(0);
    if (!this.#over && this.#seated && this.#channel === undefined && this.#retryAt !== undefined && now >= this.#retryAt) this.#begin();
  }

  async leave(): Promise<void> {
    this.#over = true;
    this.#end(undefined);
    await this.#queue;
  }

  /** Whether what this browser sends is taken now. */
  get carried(): boolean {
    return this.#carried;
  }

  /** Everything that was asked for so far is done. */
  settled(): Promise<void> {
    return this.#queue;
  }

  // --- of one person

  expected(person: Person): Coming['expected'] {
    const said = this.#said.get(person);
    return { voice: true, picture: (said?.camera === true && this.#wants.camera) || (said?.screen === true && this.#wants.screen) };
  }

  /** What comes of one person, and its share of how this browser's line does. */
  async statsOf(person: Person): Promise<Map<string, object>> {
    const found = new Map<string, object>();
    const [own, others] = await Promise.all([this.#own?.getStats(), this.#others?.getStats()]);
    const share = Math.max(1, this.#links.size);
    own?.forEach((one: Record<string, unknown>, id) => {
      if (one['type'] === 'candidate-pair') found.set(id, shared(one, share));
      else if (typeof one['type'] === 'string' && /^(transport|(local|remote)-candidate)$/.test(one['type'])) found.set(id, one);
    });
    const mids = new Set(this.#streams.filter((one) => one.person === person).map((one) => one.mid));
    others?.forEach((one: Record<string, unknown>, id) => {
      if (one['type'] === 'inbound-rtp' && typeof one['mid'] === 'string' && mids.has(one['mid'])) found.set(`others/${id}`, one);
    });
    return found;
  }

  get stands(): boolean {
    return this.#own !== undefined && this.#others !== undefined;
  }

  restart(person: Person): void {
    const connected = this.#own?.connectionState === 'connected' && this.#others?.connectionState === 'connected';
    if (connected) this.#channel?.tell({ t: 'again', person });
    else if (this.#around.now() - this.#begunAt >= TRY_MS) this.#end(0);
  }

  // --- from beginning to end

  #begin(): void {
    const life = ++this.#life;
    this.#begunAt = this.#heardAt = this.#around.now();
    const current = (): boolean => this.#life === life;
    this.#channel = this.#around.open({
      onTold: (told) => {
        if (!current()) return;
        this.#heardAt = this.#around.now();
        this.#then(async () => (current() ? this.#told(told) : undefined));
      },
      onEnd: (code) => {
        if (current()) this.#end(code === SUPERSEDED ? undefined : RETRIES_MS[Math.min(this.#fails++, RETRIES_MS.length - 1)]);
      },
    });
  }

  /** Ends both connections.  pause: milliseconds until the next try, undefined for none. */
  #end(pause: number | undefined): void {
    this.#life += 1;
    this.#channel?.close();
    this.#channel = undefined;
    for (const one of [this.#own, this.#others]) one?.close();
    this.#own = this.#others = undefined;
    this.#streams = [];
    this.#carried = false;
    this.#retryAt = pause === undefined ? undefined : this.#around.now() + pause;
    this.#show();
  }

  #then(work: () => Promise<void>): void {
    const life = this.#life;
    this.#queue = this.#queue.then(work).catch((fault: unknown) => {
      // What has ended meanwhile was closed under the work's hands.
      if (life !== this.#life) return;
      this.#around.onFault(this.#around.me, fault);
      // What the browser does not take is begun anew; the fault is told, and the pauses grow.
      this.#end(RETRIES_MS[Math.min(this.#fails++, RETRIES_MS.length - 1)]);
    });
  }

  async #told(told: Told): Promise<void> {
    switch (told.t) {
      case 'joined':
        return this.#publish();
      case 'published':
        await this.#own?.setRemoteDescription({ type: 'answer', sdp: told.sdp });
        await this.#send();
        this.#fails = 0;
        this.#carried = true;
        this.#around.onCarried();
        return this.#show();
      case 'offer':
        return this.#answer(told.sdp, told.streams);
      case 'streams':
        this.#streams = told.streams;
        return this.#show();
      case 'ping':
    }
  }

  async #publish(): Promise<void> {
    const life = this.#life;
    const made = await this.#connect('own');
    if (life !== this.#life) return made.close();
    this.#own = made;
    for (const slot of SLOTS) made.addTransceiver(slot === 'microphone' ? 'audio' : 'video', { direction: 'sendonly' });
    await this.#send();
    await made.setLocalDescription(await made.createOffer());
    this.#channel?.tell({ t: 'publish', sdp: made.localDescription?.sdp ?? '' });
    this.#channel?.tell({ t: 'wants', ...this.#wants });
  }

  async #answer(sdp: string, streams: readonly Stream[]): Promise<void> {
    const life = this.#life;
    const made = this.#others ?? (await this.#connect('others'));
    if (life !== this.#life) return made.close();
    this.#others = made;
    this.#streams = streams;
    await made.setRemoteDescription({ type: 'offer', sdp });
    await made.setLocalDescription(await made.createAnswer());
    this.#channel?.tell({ t: 'answer', sdp: made.localDescription?.sdp ?? '' });
    this.#show();
  }

  async #connect(of: 'own' | 'others'): Promise<RTCPeerConnection> {
    const { connect, iceServers, policy } = this.#around;
    const made = connect({ iceServers: await iceServers(), iceTransportPolicy: policy, bundlePolicy: 'max-bundle' });
    const current = (): boolean => this.#own === made || this.#others === made;
    made.onicecandidate = ({ candidate }): void => {
      if (!current()) return;
      const { candidate: text = '', sdpMid, sdpMLineIndex } = candidate?.toJSON() ?? {};
      this.#channel?.tell({ t: 'candidate', of, candidate: text, mid: sdpMid ?? '0', line: sdpMLineIndex ?? 0 });
    };
    made.onconnectionstatechange = (): void => {
      if (!current()) return;
      if (made.connectionState === 'failed') this.#end(0);
      else this.#tellStates();
    };
    return made;
  }

  async #send(): Promise<void> {
    for (const [index, { sender }] of (this.#own?.getTransceivers() ?? []).entries()) {
      const slot = SLOTS[index];
      if (slot === undefined) continue;
      if (sender.track !== this.#tracks[slot]) await sender.replaceTrack(this.#tracks[slot]);
      if (this.#own?.signalingState === 'stable') await limit(sender, MOST[slot]);
    }
  }

  /** Gives each person's tile what comes of them, and takes away what does not come any more. */
  #show(): void {
    const now = new Map<string, readonly [Person, Slot, MediaStreamTrack]>();
    const transceivers = this.#others?.getTransceivers() ?? [];
    for (const { mid, person, slot } of this.#carried ? this.#streams : []) {
      const track = transceivers.find((one) => one.mid === mid)?.receiver.track;
      if (person !== '' && slot !== '' && track !== undefined) now.set(`${slot} ${person}`, [person, slot, track]);
    }
    const before = this.#shown;
    this.#shown = now;
    for (const [key, [person, slot]] of before) if (!now.has(key)) this.#around.onTrack(person, slot, null);
    for (const [key, [person, slot, track]] of now) if (before.get(key)?.[2] !== track) this.#around.onTrack(person, slot, track);
    this.#tellStates();
  }

  #tellStates(): void {
    for (const person of this.#links.keys()) {
      const comes = this.#shown.has(`microphone ${person}`);
      this.#around.onState(person, comes ? (this.#others?.connectionState ?? 'connecting') : 'connecting');
    }
  }
}

/** One other person, as the watchdog sees them. */
class Heard implements Coming {
  readonly #person: Person;
  readonly #all: Forwarded;

  constructor(person: Person, all: Forwarded) {
    this.#person = person;
    this.#all = all;
  }

  get connection(): Coming['connection'] {
    return this.#all.stands ? { getStats: () => this.#all.statsOf(this.#person) as Promise<Pick<RTCStatsReport, 'forEach'>> } : undefined;
  }

  get expected(): Coming['expected'] {
    return this.#all.expected(this.#person);
  }

  restart(): void {
    this.#all.restart(this.#person);
  }
}

/** The readings of all add up to what one connection does. */
function shared(pair: Record<string, unknown>, share: number): object {
  const part = (key: string): object => (typeof pair[key] === 'number' ? { [key]: pair[key] / share } : {});
  return { ...pair, ...part('bytesSent'), ...part('bytesReceived'), ...part('availableOutgoingBitrate') };
}
