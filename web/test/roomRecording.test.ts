import { describe, expect, it } from 'vitest';
import { NEW } from '@/room/fold';
import type { Consent, Member, Recording, RoomState } from '@/room/protocol';
import { agrees, lastEnded, MOST_SEGMENT_MS, MOST_WAITING, patientAgreed, running, SegmentQueue, Segmenter, stretches, unasked, type Cut, type Sent } from '@/room/recording';

const member = (st: string): Member => ({ role: 'participant', st, since: 0, gen: 1, adm: 1 });
const yes = (who: string, given = 1): Consent => ({ given, who, note: '口头', by: 'm', at: 1 });
const recording = (more: Partial<Recording>): Recording => ({ on: 1, by: 'm', at: 0, off: 0, why: '', person: '', n: 0, ms: 0, size: 0, last: [], ...more });
const room = (more: Partial<RoomState>): RoomState => ({ ...NEW, ...more });

describe('consent to being recorded', () => {
  const there = { a: member('present'), b: member('reconnecting'), c: member('left'), d: member('knocking') };

  it('is asked of everybody in the room and of nobody else', () => {
    expect(unasked(room({ members: there }))).toEqual(['a', 'b']);
    expect(unasked(room({ members: there, consents: { 'recording/a': yes('participant'), 'recording/c': yes('participant') } }))).toEqual(['b']);
    expect(unasked(room({ members: there, consents: { 'recording/a': yes('participant', 0), 'recording/b': yes('participant') } }))).toEqual(['a']);
    expect(unasked(room({ members: there, consents: { recording: yes('participant'), 'teaching/a': yes('participant') } }))).toEqual(['a', 'b']);
  });

  it('is nobody else’s, whatever a person is called', () => {
    expect(agrees(room({}), 'constructor')).toBe(false);
    expect(patientAgreed(room({ consents: { recording: yes('guardian') } }))).toBe(true);
    expect(patientAgreed(room({ consents: { recording: yes('guardian', 0) } }))).toBe(false);
    expect(patientAgreed(room({ consents: { recording: yes('participant') } }))).toBe(false);
    expect(patientAgreed(room({ consents: { consultation: yes('patient') } }))).toBe(false);
  });

  it('knows what runs and what ended last', () => {
    const recordings = { a: recording({ on: 0, off: 9, why: 'stopped' }), b: recording({ on: 0, off: 12, why: 'came' }), c: recording({}) };
    expect(running(room({ recordings }))?.id).toBe('c');
    expect(lastEnded(room({ recordings }))?.id).toBe('b');
    expect(running(room({ recordings: { a: recordings.a } }))).toBeUndefined();
    expect(lastEnded(room({ recordings: { c: recordings.c } }))).toBeUndefined();
  });
});

interface Desk {
  readonly at: { now: number };
  readonly takes: readonly { readonly from: number; end: ((size?: number) => void) | undefined }[];
  readonly cuts: readonly Cut[];
  readonly log: readonly string[];
  readonly segmenter: Segmenter;
}
/** A recorder under a clock that is moved by hand. */
function desk(segmentMs = 20_000): Desk {
  const at = { now: 1000 };
  const takes: { readonly from: number; end: ((size?: number) => void) | undefined }[] = [];
  const cuts: Cut[] = [];
  const log: string[] = [];
  const segmenter = new Segmenter({
    begin: () => {
      const one: (typeof takes)[number] = { from: at.now, end: undefined };
      takes.push(one);
      log.push(`begin ${String(takes.length - 1)}`);
      const number = takes.length - 1;
      return {
        end: () => {
          log.push(`end ${String(number)}`);
          return new Promise<Blob>((resolve) => (one.end = (size = 3) => resolve(new Blob([new Uint8Array(size)]))));
        },
      };
    },
    now: () => at.now,
    segmentMs,
    done: (cut) => cuts.push(cut),
  });
  return { at, takes, cuts, log, segmenter };
}
const settled = async (): Promise<void> => {
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
};

describe('a recording is cut into segments', () => {
  it('that each begin before the one before has ended', async () => {
    const { at, takes, cuts, log, segmenter } = desk();
    at.now += 19_999;
    segmenter.tick();
    expect(takes).toHaveLength(1);
    at.now += 1;
    segmenter.tick();
    expect(log).toEqual(['begin 0', 'begin 1', 'end 0']);
    takes[0]?.end?.();
    await settled();
    expect(cuts.map(({ at: begun, ms }) => [begun, ms])).toEqual([[0, 20_000]]);
  });

  it('handed on in order, whichever is written first', async () => {
    const { at, takes, cuts, segmenter } = desk();
    at.now += 20_000;
    segmenter.tick();
    at.now += 5000;
    const finished = segmenter.finish();
    takes[1]?.end?.();
    await settled();
    expect(cuts).toEqual([]);
    takes[0]?.end?.();
    await finished;
    expect(cuts.map(({ at: begun, ms }) => [begun, ms])).toEqual([[0, 20_000], [20_000, 5000]]);
  });

  it('never longer than what is taken, also after the computer has slept', async () => {
    const { at, takes, cuts, segmenter } = desk();
    at.now += 3_600_000;
    segmenter.tick();
    at.now += 20_000;
    segmenter.tick();
    takes[0]?.end?.();
    takes[1]?.end?.();
    await settled();
    expect(cuts.map(({ at: begun, ms }) => [begun, ms])).toEqual([[0, MOST_SEGMENT_MS], [3_600_000, 20_000]]);
  });

  it('and nothing more once it is finished', async () => {
    const { at, takes, cuts, segmenter } = desk();
    const finished = segmenter.finish();
    takes[0]?.end?.(0);
    await finished;
    at.now += 60_000;
    segmenter.tick();
    segmenter.cut();
    await segmenter.finish();
    expect(takes).toHaveLength(1);
    expect(cuts, 'of nothing there is no segment').toEqual([]);
  });
});

interface Wire {
  readonly queue: SegmentQueue;
  readonly sent: readonly (readonly [number, number])[];
  readonly pauses: readonly number[];
  readonly answer: (how: Sent) => Promise<void>;
}
/** A line that answers as it is told, one attempt after another. */
function line(): Wire {
  const sent: [number, number][] = [];
  const pauses: number[] = [];
  const answers: ((how: Sent) => void)[] = [];
  const queue = new SegmentQueue({
    send: (n, cut) => {
      sent.push([n, cut.at]);
      return new Promise((resolve) => answers.push(resolve));
    },
    pause: (failed) => {
      pauses.push(failed);
      return Promise.resolve();
    },
    changed: () => undefined,
  });
  const answer = async (how: Sent): Promise<void> => {
    answers.shift()?.(how);
    await settled();
  };
  return { queue, sent, pauses, answer };
}
const cut = (at: number, size = 3): Cut => ({ at, ms: 1000, content: new Blob([new Uint8Array(size)]) });

describe('segments are sent', () => {
  it('one after another, each with the number that is next', async () => {
    const { queue, sent, answer } = line();
    queue.add(cut(0));
    queue.add(cut(1000));
    await settled();
    expect(sent).toEqual([[0, 0]]);
    await answer('kept');
    expect(sent).toEqual([[0, 0], [1, 1000]]);
    expect(queue.waiting).toBe(1);
    await answer('kept');
    await queue.empty();
    expect([queue.waiting, queue.kept, queue.lost]).toEqual([0, 2, 0]);
  });

  it('again with the same number while the line is away', async () => {
    const { queue, sent, pauses, answer } = line();
    queue.add(cut(0));
    await answer('again');
    await answer('again');
    await answer('kept');
    expect(sent).toEqual([[0, 0], [0, 0], [0, 0]]);
    expect(pauses).toEqual([0, 1]);
    queue.add(cut(1000));
    await answer('again');
    expect(pauses).toEqual([0, 1, 0]);
  });

  it('and what is refused is counted, and takes no number', async () => {
    const { queue, sent, answer } = line();
    queue.add(cut(0));
    queue.add(cut(1000));
    await answer('refused');
    await answer('kept');
    expect(sent).toEqual([[0, 0], [0, 1000]]);
    expect([queue.kept, queue.lost]).toEqual([1, 1]);
  });

  it('from a bounded store, of which the newest is given up', async () => {
    const { queue, sent, answer } = line();
    queue.add(cut(0, MOST_WAITING));
    queue.add(cut(1000, 1));
    expect([queue.waiting, queue.lost]).toEqual([1, 1]);
    await answer('kept');
    queue.add(cut(2000, MOST_WAITING));
    expect(queue.lost).toBe(1);
    expect(sent.at(-1)).toEqual([1, 2000]);
  });
});

describe('what there is to hear', () => {
  const piece = (n: number, at: number, ms = 20_000): { n: number; at: number; ms: number } => ({ n, at, ms });

  it('says what is missing at the beginning, in between and at the end', () => {
    const found = stretches({ at: 5000, off: 95_000, segments: [piece(0, 10_000), piece(1, 31_500), piece(2, 60_000)] });
    expect(found.map(({ n, at, ms }) => [n, at, ms])).toEqual([
      [undefined, 0, 10_000],
      [0, 10_000, 20_000],
      [1, 31_500, 20_000],
      [undefined, 51_500, 8500],
      [2, 60_000, 20_000],
      [undefined, 80_000, 10_000],
    ]);
  });

  it('does not call missing what a seam takes, nor what is still to come', () => {
    expect(stretches({ at: 0, off: 43_000, segments: [piece(0, 0), piece(1, 20_000)] }).every((one) => one.n !== undefined)).toBe(true);
    expect(stretches({ at: 0, off: null, segments: [piece(0, 0)] })).toHaveLength(1);
    expect(stretches({ at: 0, off: 43_001, segments: [piece(0, 0), piece(1, 20_000)] }).at(-1)?.n).toBeUndefined();
  });
});
