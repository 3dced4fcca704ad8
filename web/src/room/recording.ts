/**
 * What a recording needs on this side: who has agreed, when a segment ends, what still waits to be sent, what there is to hear.
 * Pure, but for what is handed in: the clock, the recorder, the line. The server decides (telemed/consultation/room/recording.py).
 */
import type { Recording, RoomState } from './protocol';

/** As the server takes them, whatever it suggests. */
export const MOST_SEGMENT_MS = 30_000;
/** Of segments that wait for the line; a quarter of an hour with pictures, hours of voices. */
export const MOST_WAITING = 24 * 1024 * 1024;
/** A page may begin the next segment so late without anything being amiss. */
const SEAM_MS = 1500;
/** As long as the last words may take to be written. */
const TAIL_MS = 3000;

const PATIENT_SIDE: ReadonlySet<string> = new Set(['patient', 'guardian', 'relative']);
const IN_THE_ROOM: ReadonlySet<string> = new Set(['present', 'reconnecting']);

export function agrees(room: RoomState, person: string): boolean {
  const key = `recording/${person}`;
  return Object.hasOwn(room.consents, key) && room.consents[key]?.given === 1;
}

/** Everybody in the room who has not agreed to being recorded. */
export function unasked(room: RoomState): readonly string[] {
  return Object.entries(room.members).flatMap(([person, one]) => (IN_THE_ROOM.has(one.st) && !agrees(room, person) ? [person] : []));
}

export function patientAgreed(room: RoomState): boolean {
  const consent = Object.hasOwn(room.consents, 'recording') ? room.consents['recording'] : undefined;
  return consent?.given === 1 && PATIENT_SIDE.has(consent.who);
}

export type Running = Recording & { readonly id: string };

export function running(room: RoomState): Running | undefined {
  const found = Object.entries(room.recordings).find(([, one]) => one.on === 1);
  return found === undefined ? undefined : { id: found[0], ...found[1] };
}

/** The one that ended last. */
export function lastEnded(room: RoomState): Running | undefined {
  const ended = Object.entries(room.recordings).filter(([, one]) => one.on === 0 && one.off > 0);
  const found = ended.sort(([, a], [, b]) => b.off - a.off)[0];
  return found === undefined ? undefined : { id: found[0], ...found[1] };
}

// --- cutting

/** What is being recorded now; `end` gives the whole of it. */
export interface Take {
  readonly end: () => Promise<Blob>;
}

/** at: milliseconds from the beginning of the recording. */
export interface Cut {
  readonly at: number;
  readonly ms: number;
  readonly content: Blob;
}

/** Cuts what is recorded into segments that each play by itself: the next begins before the last has ended. */
export class Segmenter {
  readonly #begun: number;
  #take: { readonly what: Take; readonly at: number } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly on: { readonly begin: () => Take; readonly now: () => number; readonly segmentMs: number; readonly done: (cut: Cut) => void },
  ) {
    this.#begun = on.now();
    this.#take = { what: on.begin(), at: 0 };
  }

  /** To be asked a few times a second. */
  tick(): void {
    if (this.#take !== undefined && this.#at() - this.#take.at >= this.on.segmentMs) this.cut();
  }

  cut(): void {
    const ending = this.#take;
    if (ending === undefined) return;
    const at = this.#at();
    this.#take = { what: this.on.begin(), at };
    this.#end(ending, at);
  }

  /** Ends the recording; resolves when the last segment has been handed on. */
  finish(): Promise<void> {
    const ending = this.#take;
    this.#take = undefined;
    if (ending !== undefined) this.#end(ending, this.#at());
    return this.#last;
  }

  #end(ending: { readonly what: Take; readonly at: number }, until: number): void {
    // A computer that slept meanwhile has recorded nothing of that time.
    const ms = Math.min(MOST_SEGMENT_MS, Math.max(1, until - ending.at));
    const content = ending.what.end();
    // One after another, whichever is written first.
    this.#last = this.#last.then(async () => {
      const whole = await content;
      if (whole.size > 0) this.on.done({ at: ending.at, ms, content: whole });
    });
  }

  #at(): number {
    return Math.round(this.on.now() - this.#begun);
  }
}

// --- sending

/** kept: it is there. again: the line or the server is away for now. refused: it will never be taken. */
export type Sent = 'kept' | 'again' | 'refused';

export interface Line {
  readonly send: (n: number, cut: Cut) => Promise<Sent>;
  /** Resolves when the attempt after so many failed ones is due. */
  readonly pause: (failed: number) => Promise<void>;
  readonly changed: () => void;
}

/** Sends segments in order, each until it is there; what waits is bounded, and what is lost is counted. */
export class SegmentQueue {
  #waiting: Cut[] = [];
  #n = 0;
  #going: Promise<void> | undefined;
  lost = 0;

  constructor(private readonly line: Line) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  get kept(): number {
    return this.#n;
  }

  add(cut: Cut): void {
    const bytes = this.#waiting.reduce((sum, one) => sum + one.content.size, 0);
    // The oldest may be there already, its answer lost: the newest is what is given up.
    if (bytes + cut.content.size > MOST_WAITING) this.lost += 1;
    else this.#waiting.push(cut);
    this.line.changed();
    this.#going ??= this.#send().finally(() => (this.#going = undefined));
  }

  /** A segment that is nothing. */
  lose(): void {
    this.lost += 1;
    this.line.changed();
  }

  /** Resolves when nothing waits any more. */
  async empty(): Promise<void> {
    await this.#going;
  }

  async #send(): Promise<void> {
    for (let failed = 0; ; ) {
      const cut = this.#waiting[0];
      if (cut === undefined) return;
      const sent = await this.line.send(this.#n, cut);
      if (sent === 'again') {
        await this.line.pause(failed);
        failed += 1;
        continue;
      }
      failed = 0;
      this.#waiting.shift();
      if (sent === 'kept') this.#n += 1;
      else this.lost += 1;
      this.line.changed();
    }
  }
}

// --- hearing

export interface Listed {
  readonly at: number;
  readonly off: number | null;
  readonly segments: readonly { readonly n: number; readonly at: number; readonly ms: number }[];
}

/** n: undefined of a time of which there is nothing. at: milliseconds from the beginning. */
export interface Stretch {
  readonly n: number | undefined;
  readonly at: number;
  readonly ms: number;
}

/** What there is to hear and what is missing, in the order of time. */
export function stretches(one: Listed): readonly Stretch[] {
  const found: Stretch[] = [];
  let end = 0;
  for (const { n, at, ms } of one.segments) {
    if (at - end > SEAM_MS) found.push({ n: undefined, at: end, ms: at - end });
    found.push({ n, at, ms });
    end = at + ms;
  }
  const whole = one.off === null ? end : one.off - one.at;
  if (whole - end > TAIL_MS) found.push({ n: undefined, at: end, ms: whole - end });
  return found;
}
