/**
 * What is given up when a line carries less, rung by rung, and taken back when it carries more.  Pure: measurements and
 * a person's choice in, a rung out.  The voice is never given up; below what a voice needs, an answer in writing is
 * offered (图文会诊), in the same room.
 */

export const RUNGS = [
  'full',
  'without-others-cameras',
  'without-own-camera',
  'without-screen',
  'without-prefetch',
  'audio-only',
] as const;
export type Rung = (typeof RUNGS)[number];

export interface Allowed {
  readonly othersCameras: boolean;
  readonly ownCamera: boolean;
  readonly screen: boolean;
  /** Images of the study are loaded before somebody looks at them. */
  readonly prefetch: boolean;
  /** Images follow the presenter by themselves; otherwise each is loaded when asked for. */
  readonly following: boolean;
}

/** What a rung leaves. */
export function allowed(rung: Rung): Allowed {
  const depth = RUNGS.indexOf(rung);
  return {
    othersCameras: depth < 1,
    ownCamera: depth < 2,
    screen: depth < 3,
    prefetch: depth < 4,
    following: depth < 5,
  };
}

/** kbit/s that a rung needs in a call of two to four; the last is a voice with its headers (Opus 16–24 kbit/s). */
export const NEEDS: Readonly<Record<Rung, number>> = {
  full: 700,
  'without-others-cameras': 450,
  'without-own-camera': 250,
  'without-screen': 120,
  'without-prefetch': 64,
  'audio-only': 30,
};

export interface Measurement {
  /** Milliseconds of a clock that only goes forward. */
  readonly at: number;
  /** What the line carries, as far as it can be seen. */
  readonly kbits: number;
  /** Whether more was to be sent than went through: only then is a small `kbits` the line's fault. */
  readonly saturated: boolean;
  /** Share of packets that did not arrive, 0–1. */
  readonly loss: number;
  /** Milliseconds there and back. */
  readonly rtt: number;
}

/** The line carries nothing. */
export function nothing(at: number): Measurement {
  return { at, kbits: 0, saturated: true, loss: 0, rtt: 0 };
}

export interface Ladder {
  /** What the line carries. */
  readonly rung: Rung;
  /** What the person has chosen; undefined follows the line. */
  readonly chosen: Rung | undefined;
  readonly badSince: number | undefined;
  readonly goodSince: number | undefined;
  readonly lowSince: number | undefined;
  readonly climbedAt: number | undefined;
  /** How long it must be good before the next rung is tried; doubles when a try fails. */
  readonly patience: number;
  readonly offersAsync: boolean;
}

export const FALL_MS = 4_000;
export const CLIMB_MS = 15_000;
export const LONGEST_CLIMB_MS = 120_000;
/** A fall so soon after a climb shows that the climb was wrong. */
export const TRIAL_MS = 20_000;
export const LOW_KBITS = 30;
export const LOW_MS = 20_000;
const BAD = { loss: 0.1, rtt: 1_000 };
const GOOD = { loss: 0.03, rtt: 500 };
/** A rung is climbed to with room to spare, so that it does not swing. */
const SPARE = 1.25;

export const AT_FIRST: Ladder = {
  rung: 'full',
  chosen: undefined,
  badSince: undefined,
  goodSince: undefined,
  lowSince: undefined,
  climbedAt: undefined,
  patience: CLIMB_MS,
  offersAsync: false,
};

/** The rung that holds: a person's choice before the line's. */
export function holding(ladder: Ladder): Rung {
  return ladder.chosen ?? ladder.rung;
}

export function choose(ladder: Ladder, rung: Rung | undefined): Ladder {
  return { ...ladder, chosen: rung };
}

export function measured(ladder: Ladder, now: Measurement): Ladder {
  const low = lowered(ladder, now);
  // A line that carries nothing is broken, not slow: what it carries is seen when it is whole again.
  if (now.kbits === 0) return { ...low, badSince: undefined, goodSince: undefined };
  if (isBad(low.rung, now)) return worse({ ...low, goodSince: undefined }, now);
  if (isGood(low.rung, now)) return better({ ...low, badSince: undefined }, now);
  return { ...low, badSince: undefined, goodSince: undefined };
}

function isBad(rung: Rung, { kbits, saturated, loss, rtt }: Measurement): boolean {
  return (saturated && kbits < NEEDS[rung]) || loss >= BAD.loss || rtt >= BAD.rtt;
}

/** Where not all was used, more may be there than was seen: it is tried. */
function isGood(rung: Rung, { kbits, saturated, loss, rtt }: Measurement): boolean {
  const next = above(rung);
  const room = !saturated || next === undefined || kbits >= NEEDS[next] * SPARE;
  return room && loss < GOOD.loss && rtt < GOOD.rtt;
}

function above(rung: Rung): Rung | undefined {
  return RUNGS[RUNGS.indexOf(rung) - 1];
}

/** Down to what the line carries at once, by a rung where only loss or delay says that it is too much. */
function worse(ladder: Ladder, now: Measurement): Ladder {
  const since = ladder.badSince ?? now.at;
  if (now.at - since < FALL_MS) return { ...ladder, badSince: since };
  const depth = RUNGS.indexOf(ladder.rung);
  const carried = RUNGS.findIndex((rung) => now.kbits >= NEEDS[rung]);
  const target = now.saturated && now.kbits < NEEDS[ladder.rung] ? (carried < 0 ? RUNGS.length - 1 : carried) : depth + 1;
  const rung = RUNGS[Math.min(Math.max(target, depth + 1), RUNGS.length - 1)] ?? ladder.rung;
  const tried = ladder.climbedAt !== undefined && now.at - ladder.climbedAt < TRIAL_MS;
  const patience = tried ? Math.min(ladder.patience * 2, LONGEST_CLIMB_MS) : ladder.patience;
  return { ...ladder, rung, badSince: undefined, climbedAt: undefined, patience };
}

function better(ladder: Ladder, now: Measurement): Ladder {
  const since = ladder.goodSince ?? now.at;
  const lasted = ladder.climbedAt !== undefined && now.at - ladder.climbedAt >= TRIAL_MS;
  const known: Ladder = {
    ...ladder,
    goodSince: since,
    climbedAt: lasted ? undefined : ladder.climbedAt,
    patience: lasted ? CLIMB_MS : ladder.patience,
  };
  const next = above(ladder.rung);
  if (next === undefined || now.at - since < ladder.patience) return known;
  return { ...known, rung: next, goodSince: now.at, climbedAt: now.at };
}

/**
 * Too little even for a voice, for long: offered, never done by itself; withdrawn when the voice has been good for as
 * long.  A line about as thin as a voice swings between both: what is neither bad nor good changes nothing.
 */
function lowered(ladder: Ladder, now: Measurement): Ladder {
  const low = (now.saturated && now.kbits < LOW_KBITS) || (ladder.rung === 'audio-only' && isBad(ladder.rung, now));
  const carries = !low && now.loss < GOOD.loss && now.rtt < GOOD.rtt;
  if (ladder.offersAsync ? low : carries) return { ...ladder, lowSince: undefined };
  if (!low && !carries) return ladder;
  const since = ladder.lowSince ?? now.at;
  if (now.at - since < LOW_MS) return { ...ladder, lowSince: since };
  return { ...ladder, lowSince: undefined, offersAsync: low };
}
