/** Everybody of a call connected with everybody else, as many as a mesh carries; who is in the room, the room says. */
import type { Carrier, Seats } from './carrying';
import { Link, NO_TRACKS, EVERYTHING, type Sending, type Surroundings, type Tracks } from './link';
import { readSignal, type Envelope, type Person } from './signalling';

/** Persons in one mesh: each sends its picture three times. */
export const MOST_PEOPLE = 4;

/** Who is in the mesh: the first to come, in the order of the room, which is the same for everybody. Pure. */
export function seats(people: readonly Person[], me: Person, most: number = MOST_PEOPLE): Seats {
  const unique = [...new Set(people)];
  const seated = unique.slice(0, most);
  const others = seated.includes(me) ? seated.filter((one) => one !== me) : [];
  return { others, without: unique.slice(most) };
}

export class Mesh implements Carrier {
  readonly #around: Surroundings;
  readonly #most: number;
  readonly #links = new Map<Person, Link>();
  readonly #deaf: () => void;
  #joined = 0;
  #tracks: Tracks = NO_TRACKS;
  #wants: Sending = EVERYTHING;

  constructor(around: Surroundings, most: number = MOST_PEOPLE) {
    this.#around = around;
    this.#most = most;
    this.#deaf = around.signalling.onMessage((envelope) => this.#hear(envelope));
  }

  get links(): ReadonlyMap<Person, Link> {
    return this.#links;
  }

  /** Whoever is new is connected, whoever is gone is let go; the others notice nothing. */
  setPeople(people: readonly Person[]): Seats {
    const found = seats(people, this.#around.me, this.#most);
    for (const [person, link] of this.#links) {
      if (found.others.includes(person)) continue;
      this.#links.delete(person);
      void link.leave();
    }
    for (const person of found.others) if (!this.#links.has(person)) this.#join(person);
    return found;
  }

  setTracks(tracks: Tracks): void {
    this.#tracks = tracks;
    for (const link of this.#links.values()) link.setTracks(tracks);
  }

  /** What this browser would like to be sent by everybody. */
  setWants(wants: Sending): void {
    this.#wants = wants;
    for (const link of this.#links.values()) link.setWants(wants);
  }

  tick(): void {
    for (const link of this.#links.values()) link.tick();
  }

  async leave(): Promise<void> {
    this.#deaf();
    const leaving = [...this.#links.values()].map((link) => link.leave());
    this.#links.clear();
    await Promise.all(leaving);
  }

  #join(person: Person): void {
    // Whoever comes back into the mesh is another one than before: what was on its way to the earlier is void.
    const life = this.#around.life * 1000 + this.#joined++;
    const link = new Link(person, this.#tracks, { ...this.#around, life });
    link.setWants(this.#wants);
    this.#links.set(person, link);
  }

  /** What is addressed to somebody else, or from somebody whom the room has not named, is not heard. */
  #hear({ from, to, signal }: Envelope): void {
    const said = readSignal(signal);
    if (to !== this.#around.me || said === undefined) return;
    this.#links.get(from)?.hear({ from, to, signal: said });
  }
}
