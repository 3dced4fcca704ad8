import { setImmediate } from 'node:timers';
import { describe, expect, it } from 'vitest';
import { Call, type CallState } from '@/call/call';
import { isForwarded, type Said } from '@/call/carrying';
import { readTold, SUPERSEDED, type Channel, type Listening, type Stream, type Telling } from '@/call/channel';
import { DEAD_MS, RETRIES_MS, TRY_MS } from '@/call/forwarded';
import type { Slot } from '@/call/link';
import { Carrier } from './fakes';

const [microphone = null, camera = null, screen = null] = ['audio', 'video', 'video'].map((kind) => ({ kind }) as MediaStreamTrack);
const FIVE = ['a', 'b', 'c', 'd', 'e'];

describe('whether a call is forwarded', () => {
  const five = { people: 5, most: 4, forwarded: 12, moved: false };
  it('is so with more people than a mesh takes, where the county has a server for it', () => {
    expect(isForwarded(five)).toBe(true);
    expect(isForwarded({ ...five, people: 4 })).toBe(false);
    expect(isForwarded({ ...five, forwarded: 0 })).toBe(false);
    expect(isForwarded({ ...five, forwarded: 4 })).toBe(false);
  });
  it('stays so with fewer once anybody has moved, and not where there is no server', () => {
    expect(isForwarded({ ...five, people: 2, moved: true })).toBe(true);
    expect(isForwarded({ ...five, people: 2, moved: true, forwarded: 0 })).toBe(false);
  });
});

it('reads what the server says and nothing else', () => {
  const streams = [{ mid: '0', person: 'b', slot: 'microphone' }];
  for (const told of [{ t: 'joined' }, { t: 'published', sdp: 'v=0' }, { t: 'offer', sdp: 'v=0', streams }, { t: 'streams', streams: [] }]) {
    expect(readTold(told)).toEqual(told);
  }
  const strange = [{ t: 'published' }, { t: 'offer', sdp: 'v=0' }, { t: 'streams', streams: [{ mid: 0, person: 'b', slot: 'camera' }] }];
  for (const other of [null, 'joined', {}, { t: 'bye' }, ...strange, { t: 'streams', streams: [{ mid: '0', person: 'b', slot: 'hat' }] }]) {
    expect(readTold(other)).toBeUndefined();
  }
});

/** A connection whose descriptions are as many lines as it has media. */
class Peer {
  connectionState: RTCPeerConnectionState = 'connected';
  signalingState: RTCSignalingState = 'stable';
  localDescription: { sdp: string } | null = null;
  onicecandidate: unknown = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: unknown = null;
  closed = false;
  readonly stats = new Map<string, object>();
  readonly media: { mid: string; sender: Sender; receiver: { track: MediaStreamTrack }; direction: string }[] = [];

  addTransceiver(kind: string, { direction }: { direction: string }): void {
    const track = { kind, of: this.media.length } as unknown as MediaStreamTrack;
    this.media.push({ mid: String(this.media.length), sender: new Sender(), receiver: { track }, direction });
  }
  getTransceivers(): Peer['media'] {
    return this.media;
  }
  createOffer(): Promise<{ sdp: string }> {
    return Promise.resolve({ sdp: `offer ${this.media.map((one) => one.direction).join()}` });
  }
  createAnswer(): Promise<{ sdp: string }> {
    return Promise.resolve({ sdp: `answer ${this.media.length}` });
  }
  setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description;
    return Promise.resolve();
  }
  setRemoteDescription({ type, sdp }: { type: string; sdp: string }): Promise<void> {
    if (sdp === 'bad') return Promise.reject(new Error('no description'));
    while (type === 'offer' && this.media.length < Number(sdp)) this.addTransceiver('audio', { direction: 'recvonly' });
    return Promise.resolve();
  }
  getStats(): Promise<ReadonlyMap<string, object>> {
    return Promise.resolve(this.stats);
  }
  close(): void {
    this.closed = true;
  }
}

class Sender {
  track: MediaStreamTrack | null = null;
  bits: number | undefined;
  replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }
  getParameters(): { encodings: { maxBitrate?: number }[] } {
    return { encodings: [{}] };
  }
  setParameters({ encodings }: { encodings: { maxBitrate?: number }[] }): Promise<void> {
    this.bits = encodings[0]?.maxBitrate;
    return Promise.resolve();
  }
}

/** One page in a call of many, and the server's end of its channel. */
class Page {
  readonly peers: Peer[] = [];
  readonly told: Telling[] = [];
  readonly shown = new Map<string, MediaStreamTrack | null>();
  readonly faults: unknown[] = [];
  readonly call: Call;
  state: CallState | undefined;
  listening: Listening | undefined;
  opened = 0;
  moves = 0;
  now = 100_000;

  constructor(most = 12) {
    this.call = new Call({
      me: 'a',
      life: 1,
      signalling: new Carrier().of('a'),
      iceServers: () => Promise.resolve([]),
      connect: () => {
        const made = new Peer();
        this.peers.push(made);
        return made as unknown as RTCPeerConnection;
      },
      policy: 'all',
      now: () => this.now,
      onTrack: (person: string, slot: Slot, track) => this.shown.set(`${person} ${slot}`, track),
      onFault: (_person, fault) => this.faults.push(fault),
      onChange: (state) => (this.state = state),
      forwarding: {
        most,
        onMoved: () => (this.moves += 1),
        open: (listening): Channel => {
          this.opened += 1;
          this.listening = listening;
          return { tell: (one) => void this.told.push(one), close: () => undefined };
        },
      },
    });
    this.call.setTracks({ microphone, camera, screen: null });
  }

  async quiet(): Promise<void> {
    for (let count = 0; count < 12; count += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async hears(...all: Parameters<Listening['onTold']>[0][]): Promise<void> {
    for (const told of all) this.listening?.onTold(told);
    await this.quiet();
  }

  /** The server has taken what this page sends, and offers what these people send. */
  async carried(...people: string[]): Promise<void> {
    await this.hears({ t: 'joined' }, { t: 'published', sdp: 'answer' }, offer(people));
  }

  async pass(ms: number): Promise<void> {
    this.now += ms;
    await this.call.tick();
    await this.quiet();
  }

  /** The newest connection of those that only send. */
  get own(): Peer {
    const found = this.peers.filter((one) => one.media[0]?.direction === 'sendonly').at(-1);
    if (found === undefined) throw new Error('nothing is sent');
    return found;
  }

  get others(): Peer {
    const found = this.peers.filter((one) => one.media[0]?.direction === 'recvonly').at(-1);
    if (found === undefined) throw new Error('nothing is received');
    return found;
  }

  get kinds(): string[] {
    return this.told.map((one) => one.t);
  }
}

function streamsOf(people: readonly string[]): Stream[] {
  const slots = ['microphone', 'camera', 'screen'] as const;
  return people.flatMap((person, at) => slots.map((slot, number) => ({ mid: String(at * 3 + number), person, slot })));
}

function offer(people: readonly string[]): { t: 'offer'; sdp: string; streams: Stream[] } {
  return { t: 'offer', sdp: String(people.length * 3), streams: streamsOf(people) };
}

async function five(): Promise<Page> {
  const page = new Page();
  page.call.setPeople(FIVE, says());
  await page.carried('b', 'c', 'd', 'e');
  return page;
}

function says(more: Partial<Said> = {}): Map<string, Said> {
  return new Map(FIVE.slice(1).map((person) => [person, { camera: true, screen: false, moved: false, ...more }]));
}

it('keeps the mesh until the server has taken what is sent, then leaves it, and everybody hears of it once', async () => {
  const page = new Page();
  page.call.setPeople(FIVE, says());
  await page.quiet();
  expect(page.state).toMatchObject({ forwarding: 'trying', without: ['e'] });
  await page.hears({ t: 'joined' });
  expect([page.call.moved, page.moves]).toEqual([false, 0]);
  await page.hears({ t: 'published', sdp: 'answer' });
  expect([page.call.moved, page.moves]).toEqual([true, 1]);
  expect(page.state).toMatchObject({ forwarding: 'yes', without: [] });
  expect([...(page.state?.people.keys() ?? [])]).toEqual(['b', 'c', 'd', 'e']);
  expect(page.faults).toEqual([]);
});

it('sends its three media once, at no more than a line carries, and shows each of the others what is theirs', async () => {
  const page = await five();
  expect(page.told.find((one) => one.t === 'publish')).toEqual({ t: 'publish', sdp: 'offer sendonly,sendonly,sendonly' });
  expect(page.own.media.map(({ sender }) => [sender.track, sender.bits])).toEqual([[microphone, 32_000], [camera, 250_000], [null, 800_000]]);
  expect(page.told.find((one) => one.t === 'answer')).toEqual({ t: 'answer', sdp: 'answer 12' });
  const { media } = page.others;
  for (const [at, person] of ['b', 'c', 'd', 'e'].entries()) {
    expect(page.shown.get(`${person} microphone`)).toBe(media[at * 3]?.receiver.track);
    expect(page.shown.get(`${person} camera`)).toBe(media[at * 3 + 1]?.receiver.track);
  }
  expect(page.state?.people.get('e')?.connection).toBe('connected');
});

it('shows nothing of the others before it is carried itself: the tiles are still the mesh’s', async () => {
  const page = new Page();
  page.call.setPeople(FIVE, says());
  await page.hears({ t: 'joined' }, offer(['b', 'c', 'd', 'e']));
  expect([...page.shown.values()].filter((track) => track !== null)).toEqual([]);
  await page.hears({ t: 'published', sdp: 'answer' });
  expect([...page.shown.values()].filter((track) => track !== null)).toHaveLength(12);
});

it('takes away what somebody sent who has left, and gives the place to whoever gets it', async () => {
  const page = await five();
  const streams = streamsOf(['b', 'c', 'd', 'e']).map((one) => (one.person === 'c' ? { ...one, person: '' } : one));
  await page.hears({ t: 'streams', streams });
  expect(page.shown.get('c microphone')).toBeNull();
  await page.hears(offer(['b', 'f', 'd', 'e']));
  expect(page.shown.get('f microphone')).toBe(page.others.media[3]?.receiver.track);
});

it('moves with whoever has moved, though it counts fewer than five, and stays when it is alone', async () => {
  const page = new Page();
  page.call.setPeople(['a', 'b'], new Map([['b', { camera: true, screen: false, moved: true }]]));
  await page.carried('b');
  expect(page.call.moved).toBe(true);
  page.call.setPeople(['a'], new Map());
  expect(page.state).toMatchObject({ forwarding: 'yes' });
  page.call.setPeople(['a', 'c'], new Map([['c', { camera: true, screen: false, moved: false }]]));
  expect(page.call.moved).toBe(true);
});

it('makes no mesh with those who have moved, and says that the server is needed and not reached', () => {
  const page = new Page();
  page.call.setPeople(FIVE, says({ moved: true }));
  expect(page.state).toMatchObject({ forwarding: 'away', without: [] });
  expect(page.peers).toEqual([]);
});

it('goes on as a mesh, and stops trying, where the fifth has left before the server was reached', async () => {
  const page = new Page();
  page.call.setPeople(FIVE, says());
  page.listening?.onEnd(4015);
  page.call.setPeople(FIVE.slice(0, 4), says());
  expect(page.state).toMatchObject({ forwarding: 'no', without: [] });
  await page.pass(60_000);
  expect(page.opened).toBe(1);
});

it('tells the fifth that there is no seat where the county has no server, and asks none', async () => {
  const page = new Page(0);
  page.call.setPeople(FIVE, says({ moved: true }));
  await page.pass(60_000);
  expect(page.state).toMatchObject({ forwarding: 'no', without: ['e'] });
  expect(page.opened).toBe(0);
});

it('comes back by itself, more and more seldom, and is where it was once the server is there again', async () => {
  const page = await five();
  const first = page.own;
  page.listening?.onEnd(4015);
  expect(first.closed).toBe(true);
  expect(page.shown.get('b microphone')).toBeNull();
  expect(page.state?.people.get('b')?.connection).toBe('connecting');
  await page.call.tick();
  expect(page.state?.forwarding).toBe('away');
  for (const [tries, pause] of RETRIES_MS.entries()) {
    await page.pass(pause - 1);
    expect(page.opened).toBe(tries + 1);
    await page.pass(1);
    expect(page.opened).toBe(tries + 2);
    page.listening?.onEnd(1006);
  }
  await page.pass(RETRIES_MS.at(-1) ?? 0);
  await page.carried('b', 'c', 'd', 'e');
  expect(page.shown.get('b microphone')).not.toBeNull();
  expect(page.moves).toBe(1);
  expect(page.call.moved).toBe(true);
});

it('does not come back where another page of the same person has taken over', async () => {
  const page = await five();
  page.listening?.onEnd(SUPERSEDED);
  await page.pass(60_000);
  expect(page.opened).toBe(1);
});

it('hears nothing of a try that has ended', async () => {
  const page = await five();
  const old = page.listening;
  old?.onEnd(4015);
  await page.pass(1_000);
  const before = page.told.length;
  old?.onTold({ t: 'joined' });
  old?.onEnd(4015);
  await page.quiet();
  expect([page.told.length, page.opened]).toEqual([before, 2]);
});

it('begins anew where the browser does not take a description, and says what it refused', async () => {
  const page = await five();
  await page.hears({ t: 'offer', sdp: 'bad', streams: [] });
  expect(page.faults).toHaveLength(1);
  await page.pass(1_000);
  expect(page.opened).toBe(2);
});

it('says what it wants to be sent and sends what its rung leaves, without a new offer', async () => {
  const page = await five();
  page.call.setTracks({ microphone, camera, screen });
  await page.quiet();
  expect(page.own.media.map(({ sender }) => sender.track)).toEqual([microphone, camera, screen]);
  page.call.choose('audio-only');
  await page.quiet();
  expect(page.own.media.map(({ sender }) => sender.track)).toEqual([microphone, null, null]);
  expect(page.told.at(-1)).toEqual({ t: 'wants', camera: false, screen: false });
  expect(page.kinds.filter((kind) => kind === 'publish')).toHaveLength(1);
});

it('asks for one person anew of whom nothing comes, and for everything where its own connection does not stand', async () => {
  const page = await five();
  const speak = (second: number, silent: string): void => {
    for (const [at, person] of ['b', 'c', 'd', 'e'].entries()) {
      if (person !== silent) page.others.stats.set(person, { type: 'inbound-rtp', kind: 'audio', mid: String(at * 3), packetsReceived: second * 50 });
    }
    for (const [at, person] of ['b', 'c', 'd', 'e'].entries()) {
      page.others.stats.set(`${person}V`, { type: 'inbound-rtp', kind: 'video', mid: String(at * 3 + 1), framesDecoded: second * 15 });
    }
  };
  for (let second = 1; second < 12; second += 1) {
    speak(second, 'd');
    await page.hears({ t: 'ping' });
    await page.pass(1_000);
  }
  expect(page.told.filter((one) => one.t === 'again')).toEqual([{ t: 'again', person: 'd' }]);
  expect(page.state?.people.get('d')?.trouble).toBe('voice');
  expect(page.state?.people.get('b')?.trouble).toBe('none');
  expect(page.opened).toBe(1);
  page.others.connectionState = 'disconnected';
  await page.pass(TRY_MS);
  await page.pass(1_000);
  expect(page.opened).toBe(2);
});

it('counts its one line once, however many there are', async () => {
  const page = await five();
  page.own.stats.set('T', { type: 'transport', id: 'T', selectedCandidatePairId: 'P' });
  page.own.stats.set('P', { type: 'candidate-pair', id: 'P', bytesSent: 4_000, availableOutgoingBitrate: 800_000 });
  await page.pass(1_000);
  expect([...(page.state?.people.values() ?? [])].map((one) => one.reading?.mayBits)).toEqual([200_000, 200_000, 200_000, 200_000]);
});

it('begins anew where the server has not been heard for long, and not where it only says that it is there', async () => {
  const page = await five();
  for (let second = 0; second < 30; second += 3) {
    await page.pass(3_000);
    await page.hears({ t: 'ping' });
  }
  expect(page.opened).toBe(1);
  await page.pass(DEAD_MS - 1);
  expect(page.opened).toBe(1);
  await page.pass(1);
  expect(page.opened).toBe(2);
});

it('gives the microphone’s line back on leaving', async () => {
  const page = await five();
  await page.call.leave();
  expect(page.peers.every((one) => one.closed)).toBe(true);
  await page.pass(60_000);
  expect(page.opened).toBe(1);
});
