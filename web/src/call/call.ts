/** A call from joining to leaving: the mesh, measured every second, on the rung its line carries, begun anew where it froze. */
import { allowed, AT_FIRST, choose, holding, measured, nothing, type Ladder, type Measurement, type Rung } from './ladder';
import { NO_TRACKS, type Link, type Slot, type Surroundings, type Tracks } from './link';
import { Mesh, type Seats } from './mesh';
import type { Person } from './signalling';
import { between, combined, read, type Reading } from './stats';
import { counted, hopeless, watching, type Trouble, type Watch } from './watchdog';

export interface PersonState {
  readonly connection: RTCPeerConnectionState;
  readonly trouble: Trouble;
  readonly hopeless: boolean;
  readonly reading: Reading | undefined;
}

export interface CallState {
  readonly people: ReadonlyMap<Person, PersonState>;
  /** In the room without voice and video. */
  readonly without: readonly Person[];
  readonly ladder: Ladder;
}

export interface CallOptions extends Omit<Surroundings, 'onState'> {
  readonly most?: number;
  readonly onChange: (state: CallState) => void;
}

export const EVERY_MS = 1_000;

/** A connection finds out only by and by what it may send, from when it stands. */
export const SETTLING_MS = 8_000;

interface Watched {
  readonly link: Link;
  /** When its connection began to stand. */
  readonly since: number;
  readonly watch: Watch;
  readonly reading: Reading | undefined;
}

export class Call {
  readonly #mesh: Mesh;
  readonly #options: CallOptions;
  readonly #watched = new Map<Person, Watched>();
  readonly #connections = new Map<Person, RTCPeerConnectionState>();
  #seats: Seats = { others: [], without: [] };
  #own: Tracks = NO_TRACKS;
  #ladder: Ladder = AT_FIRST;

  constructor(options: CallOptions) {
    this.#options = options;
    const onState = (person: Person, state: RTCPeerConnectionState): void => {
      this.#connections.set(person, state);
      this.#tell();
    };
    this.#mesh = new Mesh({ ...options, onState }, options.most);
  }

  setPeople(people: readonly Person[]): void {
    this.#seats = this.#mesh.setPeople(people);
    this.#tell();
  }

  /** What this browser has; what the rung does not leave is kept and not sent. */
  setTracks(tracks: Tracks): void {
    this.#own = tracks;
    this.#apply();
  }

  /** A person's choice holds before what the line carries; undefined follows the line again. */
  choose(rung: Rung | undefined): void {
    this.#ladder = choose(this.#ladder, rung);
    this.#apply();
    this.#tell();
  }

  leave(): Promise<void> {
    return this.#mesh.leave();
  }

  /** Called every EVERY_MS by whoever owns a clock. */
  async tick(): Promise<void> {
    this.#mesh.tick();
    const measurements = (await Promise.all([...this.#mesh.links].map(([person, link]) => this.#look(person, link)))).filter(
      (one) => one !== undefined,
    );
    for (const person of this.#watched.keys()) if (!this.#mesh.links.has(person)) this.#watched.delete(person);
    const one = combined(measurements);
    const before = holding(this.#ladder);
    if (one !== undefined) this.#ladder = measured(this.#ladder, one);
    if (holding(this.#ladder) !== before) this.#apply();
    this.#tell();
  }

  async #look(person: Person, link: Link): Promise<Measurement | undefined> {
    const at = this.#options.now();
    const known = this.#watched.get(person);
    // Whoever came back is watched from the beginning.
    const last = known?.link === link ? known : { link, since: at, watch: watching(at), reading: undefined };
    const report = await link.connection?.getStats();
    const reading = read(report === undefined ? [] : entries(report), at);
    const { picture, voice } = link.expected;
    const counts = { at, expectsPicture: picture, expectsVoice: voice, frames: reading.frames, voice: reading.voice };
    const [watch, restart] = counted(last.watch, counts);
    const since = reading.path === undefined ? at : last.since;
    this.#watched.set(person, { link, since, watch, reading });
    if (restart !== undefined) link.restart(restart);
    if (watch.trouble === 'voice') return nothing(at);
    return last.reading === undefined || at - since < SETTLING_MS ? undefined : between(last.reading, reading);
  }

  #apply(): void {
    const left = allowed(holding(this.#ladder));
    const tracks: Record<Slot, MediaStreamTrack | null> = { ...this.#own };
    if (!left.ownCamera) tracks.camera = null;
    if (!left.screen) tracks.screen = null;
    this.#mesh.setTracks(tracks);
    this.#mesh.setWants({ camera: left.othersCameras, screen: left.screen });
  }

  #tell(): void {
    const people = new Map<Person, PersonState>();
    for (const person of this.#seats.others) {
      const known = this.#watched.get(person);
      people.set(person, {
        connection: this.#connections.get(person) ?? 'new',
        trouble: known?.watch.trouble ?? 'none',
        hopeless: known !== undefined && hopeless(known.watch),
        reading: known?.reading,
      });
    }
    this.#options.onChange({ people, without: this.#seats.without, ladder: this.#ladder });
  }
}

function entries(report: RTCStatsReport): Record<string, unknown>[] {
  const all: Record<string, unknown>[] = [];
  report.forEach((one: Record<string, unknown>) => all.push(one));
  return all;
}
