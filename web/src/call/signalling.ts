/** What two browsers say to each other to set a call up. Who carries it is somebody else's business: the room. */

/** A practitioner's id or `guest/<uuid>`. */
export type Person = string;

/** Every message of a call says which page said it and to which: a page that was loaded anew is another one. */
interface Addressed {
  /** Which page of the sender: of two, the later is greater. The room's `gen` of the device. */
  readonly life: number;
  /** Which page of the addressee is meant; 0 before it has said anything. */
  readonly toLife: number;
}

/** How often the media were begun anew: `connection` from nothing, `generation` by other paths (ICE restart). */
export interface Era {
  readonly connection: number;
  readonly generation: number;
}

export interface Offer extends Addressed, Era {
  readonly kind: 'offer';
  /** Counts the sender's offers to this peer, so that an answer is known by what it answers. */
  readonly number: number;
  /** The last offer of the addressee's that the sender has answered: that answer may come later than this. */
  readonly answered: number;
  readonly sdp: string;
}

export interface Answer extends Addressed, Era {
  readonly kind: 'answer';
  readonly number: number;
  /** The sender's last offer to this peer: it has been taken back, and those before it. */
  readonly withdrawn: number;
  readonly sdp: string;
}

export interface Candidate extends Addressed, Era {
  readonly kind: 'candidate';
  /** The ICE user fragment it belongs to; candidates of an offer that was not taken have one that nobody knows. */
  readonly fragment: string;
  readonly candidate: RTCIceCandidateInit;
}

/** What the sender sends, and what it would like to be sent: the rest is not missed. */
export interface Wishes extends Addressed {
  readonly kind: 'wishes';
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly wantsCamera: boolean;
  readonly wantsScreen: boolean;
}

export interface Bye extends Addressed {
  readonly kind: 'bye';
}

export type Signal = Offer | Answer | Candidate | Wishes | Bye;

export interface Envelope {
  readonly from: Person;
  readonly to: Person;
  readonly signal: Signal;
}

/** Directed, and no more: messages may come late, twice, in another order or not at all. */
export interface Signalling {
  send(to: Person, signal: Signal): void;
  /** Returns how to stop listening. */
  onMessage(listener: (envelope: Envelope) => void): () => void;
}

const KINDS: readonly string[] = ['offer', 'answer', 'candidate', 'wishes', 'bye'];

/** Reads what another browser sent; anything unknown is undefined, so that a newer one does not break an open page. */
export function readSignal(value: unknown): Signal | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const said = value as Record<string, unknown>;
  const number = (...keys: string[]): boolean => keys.every((key) => Number.isSafeInteger(said[key]));
  if (typeof said['kind'] !== 'string' || !KINDS.includes(said['kind']) || !number('life', 'toLife')) return undefined;
  switch (said['kind']) {
    case 'offer':
    case 'answer': {
      const last = said['kind'] === 'offer' ? 'answered' : 'withdrawn';
      return number('connection', 'generation', 'number', last) && typeof said['sdp'] === 'string'
        ? (value as Offer | Answer)
        : undefined;
    }
    case 'candidate': {
      const one = said['candidate'];
      const whole = typeof one === 'object' && one !== null && typeof (one as RTCIceCandidateInit).candidate === 'string';
      return whole && number('connection', 'generation') && typeof said['fragment'] === 'string'
        ? (value as Candidate)
        : undefined;
    }
    case 'wishes': {
      const all = ['microphone', 'camera', 'screen', 'wantsCamera', 'wantsScreen'];
      return all.every((key) => typeof said[key] === 'boolean') ? (value as Wishes) : undefined;
    }
    default:
      return value as Bye;
  }
}
