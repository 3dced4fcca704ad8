/** A call from joining to leaving: measured every second, on the rung its line carries, begun anew where it froze. */
import { isForwarded, type Carrier, type Coming, type Said, type Seats } from './carrying';
import type { OpenChannel } from './channel';
import { Forwarded } from './forwarded';
import { allowed, AT_FIRST, choose, holding, measured, nothing, type Ladder, type Measurement, type Rung } from './ladder';
import { NO_TRACKS, SLOTS, type Slot, type Surroundings, type Tracks } from './link';
import { Mesh, MOST_PEOPLE } from './mesh';
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
  /**
   * How the forwarding server has to do with the call: not at all; tried while the mesh goes on; carrying it; needed, for
   * somebody has moved there, and not reached by this page.
   */
  readonly forwarding: 'no' | 'trying' | 'yes' | 'away';
}

/** How a county forwards calls of more people than a mesh takes. */
export interface Forwarding {
  readonly open: OpenChannel;
  /** People of one call, 0 where there is no such server. */
  readonly most: number;
  /** This page has moved: whoever is in the call is to hear of it. */
  readonly onMoved: () => void;
}

export interface CallOptions extends Omit<Surroundings, 'onState'> {
  readonly most?: number;
  readonly forwarding?: Forwarding;
  readonly onChange: (state: CallState) => void;
}

export const EVERY_MS = 1_000;

/** A connection finds out only by and by what it may send, from when it stands. */
export const SETTLING_MS = 8_000;

interface Watched {
  readonly link: Coming;
  /** When its connection began to stand. */
  readonly since: number;
  readonly watch: Watch;
  readonly reading: Reading | undefined;
}

export class Call {
  readonly #mesh: Mesh;
  readonly #around: Omit<Surroundings, 'signalling' | 'life'>;
  #forwarded: Forwarded | undefined;
  #moved = false;
  #people: readonly Person[] = [];
  #said: ReadonlyMap<Person, Said> = new Map();
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
    this.#around = { ...options, onState };
    // What the mesh still says while it is left is of no interest: the tiles are another's.
    const ofMesh = {
      onState: (person: Person, state: RTCPeerConnectionState) => (this.#moved ? undefined : onState(person, state)),
      onTrack: (person: Person, slot: Slot, track: MediaStreamTrack | null) => (this.#moved ? undefined : options.onTrack(person, slot, track)),
    };
    this.#mesh = new Mesh({ ...options, ...ofMesh }, options.most);
  }

  get #carrier(): Carrier {
    return this.#moved && this.#forwarded !== undefined ? this.#forwarded : this.#mesh;
  }

  get moved(): boolean {
    return this.#moved;
  }

  /** said: what those in the call say of themselves. */
  setPeople(people: readonly Person[], said: ReadonlyMap<Person, Said> = new Map()): void {
    this.#people = people;
    this.#said = said;
    const { most = MOST_PEOPLE, forwarding } = this.#options;
    const moved = this.#isThere();
    const facts = { people: new Set(people).size, most, forwarded: forwarding?.most ?? 0, moved };
    if (forwarding !== undefined && isForwarded(facts)) this.#forwarded ??= this.#begin(forwarding);
    else if (this.#forwarded !== undefined) {
      void this.#forwarded.leave();
      this.#forwarded = undefined;
    }
    const found = this.#forwarded?.setPeople(people, said);
    // Nobody is in a mesh with those who have moved; whom this page has there, it keeps until it moves as well.
    this.#seats = moved && found !== undefined ? found : this.#mesh.setPeople(people);
    this.#tell();
  }

  /** Whether this page, or anybody in the call, has moved. */
  #isThere(): boolean {
    return this.#moved || [...this.#said.values()].some((one) => one.moved);
  }

  #begin(forwarding: Forwarding): Forwarded {
    const made: Forwarded = new Forwarded({
      ...this.#around,
      // Until the call is carried there, the tiles are the mesh's.
      onState: (person, state) => (this.#moved ? this.#around.onState(person, state) : undefined),
      open: forwarding.open,
      most: forwarding.most,
      onCarried: () => {
        if (this.#forwarded === made && !this.#moved) this.#move(forwarding);
      },
    });
    this.#give(made);
    return made;
  }

  /** What is sent is taken by the forwarding server: the mesh is left. */
  #move(forwarding: Forwarding): void {
    for (const person of this.#mesh.links.keys()) for (const slot of SLOTS) this.#options.onTrack(person, slot, null);
    this.#moved = true;
    void this.#mesh.leave();
    this.#watched.clear();
    this.#connections.clear();
    this.#seats = this.#forwarded?.setPeople(this.#people, this.#said) ?? this.#seats;
    this.#tell();
    forwarding.onMoved();
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
    return Promise.all([this.#mesh.leave(), this.#forwarded?.leave()]).then(() => undefined);
  }

  /** Called every EVERY_MS by whoever owns a clock. */
  async tick(): Promise<void> {
    const { links } = this.#carrier;
    this.#carrier.tick();
    if (!this.#moved) this.#forwarded?.tick();
    const measurements = (await Promise.all([...links].map(([person, link]) => this.#look(person, link)))).filter(
      (one) => one !== undefined,
    );
    for (const person of this.#watched.keys()) if (!this.#carrier.links.has(person)) this.#watched.delete(person);
    const one = combined(measurements);
    const before = holding(this.#ladder);
    if (one !== undefined) this.#ladder = measured(this.#ladder, one);
    if (holding(this.#ladder) !== before) this.#apply();
    this.#tell();
  }

  async #look(person: Person, link: Coming): Promise<Measurement | undefined> {
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
    this.#give(this.#mesh);
    if (this.#forwarded !== undefined) this.#give(this.#forwarded);
  }

  #give(carrier: Carrier): void {
    const left = allowed(holding(this.#ladder));
    const tracks: Record<Slot, MediaStreamTrack | null> = { ...this.#own };
    if (!left.ownCamera) tracks.camera = null;
    if (!left.screen) tracks.screen = null;
    carrier.setTracks(tracks);
    carrier.setWants({ camera: left.othersCameras, screen: left.screen });
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
    const carried = this.#moved && this.#forwarded?.carried === true;
    const forwarding = this.#forwarded === undefined ? 'no' : carried ? 'yes' : this.#isThere() ? 'away' : 'trying';
    this.#options.onChange({ people, without: this.#seats.without, ladder: this.#ladder, forwarding });
  }
}

function entries(report: Pick<RTCStatsReport, 'forEach'>): Record<string, unknown>[] {
  const all: Record<string, unknown>[] = [];
  report.forEach((one: Record<string, unknown>) => all.push(one));
  return all;
}
