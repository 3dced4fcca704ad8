/**
 * Who is in a call, as each says it to each other in directed signals of the room: they come through any server process,
 * with Redis or without.  Pure.
 */
import type { Person } from './signalling';

/** What somebody in a call says of themselves. */
export interface Hello {
  /** Whether they are in the call. */
  readonly call: boolean;
  /** When they joined, by the server's clock: the order of the seats. */
  readonly since: number;
  readonly muted: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  /** Whether they have moved to the forwarding server. */
  readonly moved: boolean;
  /** Whether they hold the addressee to be in the call. */
  readonly knows: boolean;
}

export interface InCall extends Hello {
  readonly heardAt: number;
}

/** How the room has somebody. */
export type StandingOf = (person: Person) => string | undefined;

export const BEAT_MS = 3_000;
/** Whoever is in the room and has not said for as long that they are in the call has left it. */
export const GONE_MS = 15_000;

/** Reads what another page said; undefined where it is something else. */
export function readHello(d: Readonly<Record<string, unknown>>): Hello | undefined {
  if (typeof d['call'] !== 'boolean' || !Number.isSafeInteger(d['since'])) return undefined;
  return {
    call: d['call'],
    since: d['since'] as number,
    muted: d['muted'] === true,
    camera: d['camera'] === true,
    screen: d['screen'] === true,
    moved: d['moved'] === true,
    knows: d['knows'] === true,
  };
}

/**
 * Who is still in the call.  A call outlives the room's link: while this page, or the other, is coming back to the room,
 * nobody is missed; whom the room says to have left is gone.
 */
export function still(others: ReadonlyMap<Person, InCall>, standing: StandingOf, live: boolean, now: number): ReadonlyMap<Person, InCall> {
  const kept = new Map<Person, InCall>();
  for (const [person, one] of others) {
    const st = standing(person);
    if (!live || st === 'reconnecting') kept.set(person, { ...one, heardAt: now });
    else if (st === 'present' && now - one.heardAt < GONE_MS) kept.set(person, one);
  }
  return kept;
}

/** The order in which everybody counts the seats: whoever joined first. */
export function seating(others: ReadonlyMap<Person, InCall>, me: Person, since: number): readonly Person[] {
  const order: (readonly [number, Person])[] = [...others].map(([person, one]) => [one.since, person] as const);
  order.push([since, me]);
  order.sort(([a, one], [b, other]) => a - b || (one < other ? -1 : 1));
  return order.map(([, person]) => person);
}
