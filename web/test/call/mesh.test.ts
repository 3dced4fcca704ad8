import { setImmediate } from 'node:timers';
import { describe, expect, it } from 'vitest';
import { NO_TRACKS, type Surroundings } from '@/call/link';
import { Mesh, seats } from '@/call/mesh';
import { ANSWER_MS } from '@/call/negotiation';
import { Carrier, FakeConnection, numbers } from './fakes';

class Table {
  readonly carrier = new Carrier();
  readonly meshes = new Map<string, Mesh>();
  readonly faults: unknown[] = [];
  now = 1;

  sit(me: string, life = 1): Mesh {
    const around: Surroundings = {
      me,
      life,
      signalling: this.carrier.of(me),
      iceServers: () => Promise.resolve([]),
      connect: () => new FakeConnection() as unknown as RTCPeerConnection,
      policy: 'all',
      now: () => this.now,
      onTrack: () => undefined,
      onState: () => undefined,
      onFault: (_person, fault) => void this.faults.push(fault),
    };
    const mesh = new Mesh(around);
    this.meshes.set(me, mesh);
    return mesh;
  }

  /** Until nobody has anything to do but to wait for messages. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < 6; turn += 1) {
      await Promise.all([...this.meshes.values()].flatMap((mesh) => [...mesh.links.values()].map((link) => link.settled())));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Delivers everything in order, and what it leads to. */
  async drain(): Promise<void> {
    await this.quiet();
    for (let count = 0; this.carrier.waiting.length > 0; count += 1) {
      if (count > 2_000) throw new Error('they talk without end');
      this.carrier.deliver(0);
      await this.quiet();
    }
  }

  of(me: string, other: string): FakeConnection {
    return this.meshes.get(me)?.links.get(other)?.connection as unknown as FakeConnection;
  }
}

/** Both ends of a pair mean each other, in the same three media. */
function agreed(table: Table, one: string, other: string): void {
  const [mine, theirs] = [table.of(one, other), table.of(other, one)];
  expect([mine.signalingState, theirs.signalingState]).toEqual(['stable', 'stable']);
  expect([mine.remoteId, theirs.remoteId]).toEqual([theirs.id, mine.id]);
  expect([mine.remoteFragment, theirs.remoteFragment]).toEqual([theirs.fragment, mine.fragment]);
  expect([mine.getTransceivers().length, theirs.getTransceivers().length]).toEqual([3, 3]);
  expect([...mine.getTransceivers(), ...theirs.getTransceivers()].every((each) => each.direction === 'sendrecv')).toBe(true);
}

describe('who is in the mesh', () => {
  const people = ['d', 'b', 'a', 'c', 'e'];
  it('is the first four in the order of the room, for everybody the same', () => {
    expect(seats(people, 'a')).toEqual({ others: ['d', 'b', 'c'], without: ['e'] });
    expect(seats(people, 'e')).toEqual({ others: [], without: ['e'] });
    expect(seats(people, 'nobody')).toEqual({ others: [], without: ['e'] });
  });
  it('counts a person once and takes fewer where the county says so', () => {
    expect(seats(['a', 'a', 'b', 'c'], 'b', 2)).toEqual({ others: ['a'], without: ['c'] });
  });
});

it('connects four people in all twelve directions though all begin at once and hear what is not for them', async () => {
  const table = new Table();
  const people = ['a', 'b', 'c', 'd'];
  for (const me of people) table.sit(me).setPeople(people);
  await table.drain();
  for (const one of people) for (const other of people) if (one < other) agreed(table, one, other);
  expect(table.faults).toEqual([]);
});

it('lets go of who left and takes back who returns, and the others notice nothing', async () => {
  const table = new Table();
  for (const me of ['a', 'b', 'c']) table.sit(me).setPeople(['a', 'b', 'c']);
  await table.drain();
  const before = table.of('a', 'b');
  for (const me of ['a', 'b']) table.meshes.get(me)?.setPeople(['a', 'b']);
  await table.drain();
  expect(table.meshes.get('a')?.links.has('c')).toBe(false);
  for (const me of ['a', 'b']) table.meshes.get(me)?.setPeople(['a', 'b', 'c']);
  await table.drain();
  expect(table.of('a', 'b')).toBe(before);
  agreed(table, 'a', 'c');
  agreed(table, 'b', 'c');
  expect(table.faults).toEqual([]);
});

it('begins anew with a page that was loaded again, and does not hear the old one any more', async () => {
  const table = new Table();
  for (const me of ['a', 'b']) table.sit(me).setPeople(['a', 'b']);
  await table.drain();
  const old = table.meshes.get('b');
  table.sit('b', 2).setPeople(['a', 'b']);
  await table.drain();
  agreed(table, 'a', 'b');
  const held = table.of('a', 'b');
  old?.links.get('a')?.restart('connection');
  await table.drain();
  expect(table.of('a', 'b')).toBe(held);
});

it('sends a picture only to who wants it, and tells what it sends', async () => {
  const table = new Table();
  for (const me of ['a', 'b']) table.sit(me).setPeople(['a', 'b']);
  await table.drain();
  const [microphone, camera] = ['audio', 'video'].map((kind) => ({ kind }) as MediaStreamTrack);
  if (microphone === undefined || camera === undefined) throw new Error('two tracks');
  table.meshes.get('a')?.setTracks({ ...NO_TRACKS, microphone, camera });
  await table.drain();
  const sent = (): (MediaStreamTrack | null)[] => table.of('a', 'b').getTransceivers().map(({ sender }) => sender.track);
  expect(sent()).toEqual([microphone, camera, null]);
  expect(table.meshes.get('b')?.links.get('a')?.expected.picture).toBe(true);
  table.meshes.get('b')?.setWants({ camera: false, screen: true });
  await table.drain();
  expect(sent()).toEqual([microphone, null, null]);
  expect(table.meshes.get('b')?.links.get('a')?.expected.picture).toBe(false);
  table.meshes.get('b')?.setWants({ camera: true, screen: true });
  await table.drain();
  expect(sent()).toEqual([microphone, camera, null]);
});

describe.each([...Array(100).keys()])('messages that come late and twice, run %i', (seed) => {
  it('lead to no fault, and both ends agree', async () => {
    const table = new Table();
    const random = numbers(1_000 + seed);
    for (const me of ['a', 'b']) table.sit(me).setPeople(['a', 'b']);
    for (let turn = 0; turn < 40; turn += 1) {
      const dice = random();
      if (dice < 0.08) table.meshes.get('a')?.links.get('b')?.restart(random() < 0.7 ? 'paths' : 'connection');
      else if (dice < 0.16) table.meshes.get('b')?.links.get('a')?.restart(random() < 0.7 ? 'paths' : 'connection');
      table.carrier.deliver(Math.floor(random() * table.carrier.waiting.length), random() > 0.9);
      if (random() < 0.5) await table.quiet();
    }
    await table.drain();
    agreed(table, 'a', 'b');
    expect(table.faults).toEqual([]);
  });
});

describe.each([...Array(200).keys()])('whatever happens to messages, run %i', (seed) => {
  it('both ends agree once they arrive again', async () => {
    const table = new Table();
    const random = numbers(seed);
    const pick = (count: number): number => Math.floor(random() * count);
    for (const me of ['a', 'b']) table.sit(me).setPeople(['a', 'b']);
    for (let turn = 0; turn < 60; turn += 1) {
      const dice = random();
      const link = table.meshes.get(dice < 0.5 ? 'a' : 'b')?.links.get(dice < 0.5 ? 'b' : 'a');
      if (random() < 0.1) link?.restart(random() < 0.7 ? 'paths' : 'connection');
      // Late, twice, before others, not at all.
      const index = pick(table.carrier.waiting.length);
      const fate = random();
      if (fate < 0.08) table.carrier.waiting.splice(index, 1);
      else table.carrier.deliver(index, fate > 0.9);
      if (random() < 0.05) table.now += ANSWER_MS;
      for (const mesh of table.meshes.values()) mesh.tick();
      if (random() < 0.5) await table.quiet();
    }
    for (let round = 0; round < 4; round += 1) {
      await table.drain();
      table.now += ANSWER_MS;
      for (const mesh of table.meshes.values()) mesh.tick();
    }
    await table.drain();
    agreed(table, 'a', 'b');
  });
});
