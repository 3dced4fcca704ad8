import { setImmediate } from 'node:timers';
import { expect, it } from 'vitest';
import { Call, SETTLING_MS, type CallState } from '@/call/call';
import { FALL_MS } from '@/call/ladder';
import { NO_TRACKS } from '@/call/link';
import { FROZEN_MS } from '@/call/watchdog';
import type { Signal } from '@/call/signalling';
import { Carrier, FakeConnection } from './fakes';

const [microphone, camera, screen] = ['audio', 'video', 'video'].map((kind) => ({ kind }) as MediaStreamTrack);

/** Two in a call; the line of `a` is what the test says it is. */
class Two {
  readonly carrier = new Carrier();
  readonly said: Signal[] = [];
  readonly made: FakeConnection[] = [];
  readonly calls: Call[];
  state: CallState | undefined;
  now = 1_000;
  #second = 0;
  #bytes = 0;

  constructor() {
    this.calls = ['a', 'b'].map((me) => {
      const signalling = this.carrier.of(me);
      return new Call({
        me,
        life: 1,
        signalling: {
          ...signalling,
          send: (to, signal) => {
            if (me === 'a') this.said.push(signal);
            signalling.send(to, signal);
          },
        },
        iceServers: () => Promise.resolve([]),
        connect: () => {
          const made = new FakeConnection();
          made.connectionState = 'connected';
          if (me === 'a') this.made.push(made);
          return made as unknown as RTCPeerConnection;
        },
        policy: 'all',
        now: () => this.now,
        onTrack: () => undefined,
        onFault: (_person, fault) => {
          throw fault;
        },
        onChange: (state) => {
          if (me === 'a') this.state = state;
        },
      });
    });
    for (const call of this.calls) {
      call.setTracks({ microphone: microphone ?? null, camera: camera ?? null, screen: screen ?? null });
      call.setPeople(['a', 'b']);
    }
  }

  async talk(): Promise<void> {
    for (let idle = 0; idle < 8; idle += 1) {
      if (this.carrier.waiting.length > 0) idle = 0;
      this.carrier.deliver(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get mine(): FakeConnection {
    const last = this.made.at(-1);
    if (last === undefined) throw new Error('no connection');
    return last;
  }

  get sends(): (MediaStreamTrack | null)[] {
    return this.mine.getTransceivers().map(({ sender }) => sender.track);
  }

  /** Seconds in which `kbits` are all that goes through, and pictures come or not. */
  async pass(seconds: number, { kbits, frozen = false }: { kbits: number; frozen?: boolean }): Promise<void> {
    for (let count = 0; count < seconds; count += 1) {
      this.#second += 1;
      this.now += 1_000;
      const { stats } = this.mine;
      stats.set('T', { id: 'T', type: 'transport', selectedCandidatePairId: 'P' });
      const pair = { localCandidateId: 'L', remoteCandidateId: 'R', availableOutgoingBitrate: kbits * 1_000 };
      this.#bytes += kbits * 125;
      stats.set('P', { id: 'P', type: 'candidate-pair', ...pair, bytesSent: this.#bytes, bytesReceived: this.#bytes });
      stats.set('L', { id: 'L', type: 'local-candidate', candidateType: 'host' });
      stats.set('R', { id: 'R', type: 'remote-candidate', candidateType: 'host' });
      stats.set('A', { id: 'A', type: 'inbound-rtp', kind: 'audio', packetsReceived: this.#second * 50 });
      const frames = frozen ? { framesDecoded: 1 } : { framesDecoded: this.#second * 15 };
      stats.set('V', { id: 'V', type: 'inbound-rtp', kind: 'video', ...frames });
      await this.calls[0]?.tick();
      await this.talk();
    }
  }
}

async function talking(): Promise<Two> {
  const two = new Two();
  await two.talk();
  await two.pass(SETTLING_MS / 1_000, { kbits: 2_000 });
  return two;
}

const slow = FALL_MS / 1_000 + 1;

it('gives up pictures in order on a slow line, tells the other, and keeps the voice', async () => {
  const two = await talking();
  expect(two.sends).toEqual([microphone, camera, screen]);
  await two.pass(slow, { kbits: 200 });
  expect(two.state?.ladder.rung).toBe('without-screen');
  expect(two.sends).toEqual([microphone, null, null]);
  expect(two.said.at(-1)).toMatchObject({ kind: 'wishes', camera: false, wantsCamera: false, wantsScreen: false });
});

it('does what a person chooses instead, and shows what the line would have', async () => {
  const two = await talking();
  await two.pass(slow, { kbits: 200 });
  two.calls[0]?.choose('full');
  await two.talk();
  expect(two.sends).toEqual([microphone, camera, screen]);
  expect(two.state?.ladder).toMatchObject({ chosen: 'full', rung: 'without-screen' });
  two.calls[0]?.choose(undefined);
  await two.talk();
  expect(two.sends).toEqual([microphone, null, null]);
});

it('begins the media anew where the picture stands still, and says nothing to the room but how', async () => {
  const two = await talking();
  const before = two.said.length;
  await two.pass(FROZEN_MS / 1_000 + 2, { kbits: 2_000, frozen: true });
  expect(two.state?.people.get('b')).toMatchObject({ connection: 'new', trouble: 'picture' });
  const since = two.said.slice(before).map(({ kind }) => kind);
  expect(since).toContain('offer');
  expect(new Set(since)).toEqual(new Set(['offer', 'candidate', 'wishes']));
  expect(two.made).toHaveLength(1);
});

it('a device that is switched on or off in the call is no new offer', async () => {
  const two = await talking();
  const before = two.said.length;
  two.calls[0]?.setTracks({ ...NO_TRACKS, microphone: microphone ?? null });
  await two.talk();
  expect(two.sends).toEqual([microphone, null, null]);
  expect(two.said.slice(before).every(({ kind }) => kind === 'wishes')).toBe(true);
});
