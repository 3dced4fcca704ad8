/**
 * How two browsers agree on their media, as a pure state machine: what arrives in, new state and what to do out.
 * No RTCPeerConnection, no clock, nothing of the room: whatever goes wrong here, the room goes on.
 *
 * "Perfect negotiation" (W3C WebRTC section 10.7): both may offer at any time; when offers cross, the polite side takes
 * its own back. Who is polite follows from the two ids, so both know without asking.
 */
import type { Answer, Candidate, Envelope, Era, Offer, Person, Signal } from './signalling';

export interface Negotiation extends Era {
  readonly me: Person;
  readonly peer: Person;
  readonly polite: boolean;
  readonly life: number;
  /** 0 before the peer has said anything. */
  readonly peerLife: number;
  /** What the last offer of ours was numbered. */
  readonly offer: number;
  /** The last offer of the peer's that was taken or is void: a late or second copy of it is nothing new. */
  readonly peerOffer: number;
  /** The last that was answered. */
  readonly answered: number;
  /** An offer of the peer's that overtook its answer to ours. */
  readonly early: Offer | undefined;
  readonly phase: 'stable' | 'offering' | 'answering';
  /** Since when an offer of ours is without an answer. */
  readonly offeredAt: number;
  /** What came to be wanted meanwhile. */
  readonly wanted: 'nothing' | 'offer' | 'paths' | 'connection';
  /** ICE user fragments of the description of the peer's that holds. */
  readonly fragments: readonly string[];
  /** Candidates that came before the description they belong to. */
  readonly held: readonly Candidate[];
  /** When the browser last refused a description. */
  readonly brokenAt: number;
  /** away: the peer left the call. ended: we did. */
  readonly presence: 'here' | 'away' | 'ended';
}

export type Input =
  /** The browser says that what it sends has changed. */
  | { readonly kind: 'needed' }
  /** Begin the media anew: by other paths, or from nothing. */
  | { readonly kind: 'restart'; readonly from: 'paths' | 'connection' }
  | { readonly kind: 'offered'; readonly sdp: string; readonly at: number }
  | { readonly kind: 'answered'; readonly sdp: string }
  | { readonly kind: 'gathered'; readonly candidate: RTCIceCandidateInit; readonly fragment: string }
  | { readonly kind: 'heard'; readonly envelope: Envelope }
  | { readonly kind: 'tick'; readonly at: number }
  /** The browser refused a description: the connection is of no use any more. */
  | { readonly kind: 'broken'; readonly at: number }
  | { readonly kind: 'leave' };

export type Effect =
  /** Throw the connection away, if there is one, and make a new one. */
  | { readonly kind: 'open' }
  | { readonly kind: 'offer'; readonly newPaths: boolean }
  | { readonly kind: 'roll-back' }
  | { readonly kind: 'take-offer'; readonly sdp: string }
  | { readonly kind: 'take-answer'; readonly sdp: string }
  | { readonly kind: 'take-candidate'; readonly candidate: RTCIceCandidateInit }
  | { readonly kind: 'send'; readonly to: Person; readonly signal: Signal }
  | { readonly kind: 'close' };

export type Step = readonly [Negotiation, readonly Effect[]];

/** An offer that nobody answered for so long was lost on its way. */
export const ANSWER_MS = 8_000;
/** More candidates than this wait for no description: they are of one that was never taken. */
const HELD_AT_MOST = 64;

/** Nothing is agreed, nothing is under way. */
const UNDESCRIBED = {
  peerOffer: 0,
  phase: 'stable',
  offeredAt: 0,
  wanted: 'nothing',
  fragments: [],
  held: [],
  early: undefined,
} as const satisfies Partial<Negotiation>;

export function begun(me: Person, peer: Person, life: number): Step {
  const state: Negotiation = {
    me,
    peer,
    polite: me > peer,
    life,
    peerLife: 0,
    connection: 0,
    generation: 0,
    offer: 0,
    answered: 0,
    brokenAt: Number.NEGATIVE_INFINITY,
    presence: 'here',
    ...UNDESCRIBED,
  };
  return [state, [{ kind: 'open' }]];
}

/** Less than 0 where `one` is of an earlier beginning than `other`. */
export function compared(one: Era, other: Era): number {
  return one.connection - other.connection || one.generation - other.generation;
}

export function step(state: Negotiation, input: Input): Step {
  const nobody = state.presence === 'ended' || (state.presence === 'away' && input.kind !== 'heard' && input.kind !== 'leave');
  if (nobody) return [state, []];
  switch (input.kind) {
    case 'needed':
      return state.phase === 'stable' ? offering(state, false) : [wanting(state, 'offer'), []];
    case 'restart':
      return restarted(state, input.from);
    case 'offered':
      return offered(state, input.sdp, input.at);
    case 'answered':
      return answered(state, input.sdp);
    case 'gathered':
      return [state, [gathered(state, input.candidate, input.fragment)]];
    case 'tick':
      return overdue(state, input.at) ? again(state) : [state, []];
    case 'broken':
      return broken(state, input.at);
    case 'leave':
      return [{ ...state, presence: 'ended' }, [say(state, { kind: 'bye', ...addressed(state) }), { kind: 'close' }]];
    case 'heard':
      return heard(state, input.envelope);
  }
}

function addressed(state: Negotiation): { life: number; toLife: number } {
  return { life: state.life, toLife: state.peerLife };
}

function era(state: Era): Era {
  return { connection: state.connection, generation: state.generation };
}

function say(state: Negotiation, signal: Signal): Effect {
  return { kind: 'send', to: state.peer, signal };
}

const ORDER = ['nothing', 'offer', 'paths', 'connection'] as const;

function wanting(state: Negotiation, wanted: Negotiation['wanted']): Negotiation {
  return ORDER.indexOf(wanted) > ORDER.indexOf(state.wanted) ? { ...state, wanted } : state;
}

function offering(state: Negotiation, newPaths: boolean): Step {
  return [{ ...state, phase: 'offering', offeredAt: 0 }, [{ kind: 'offer', newPaths }]];
}

/** From nothing: another connection on both sides, which the offer tells the peer by its number. */
function fresh(state: Negotiation): Step {
  const [next, effects] = offering(
    { ...state, ...UNDESCRIBED, peerOffer: state.peerOffer, connection: state.connection + 1, generation: 0 },
    false,
  );
  return [next, [{ kind: 'open' }, ...effects]];
}

function restarted(state: Negotiation, from: 'paths' | 'connection'): Step {
  if (from === 'connection') return fresh(state);
  // What has never been described has no paths to change: the offer on its way is all there is.
  if (state.phase !== 'stable') return [state.fragments.length > 0 ? wanting(state, 'paths') : state, []];
  return offering({ ...state, generation: state.generation + 1 }, state.fragments.length > 0);
}

function overdue(state: Negotiation, at: number): boolean {
  return state.phase === 'offering' && state.offeredAt > 0 && at - state.offeredAt >= ANSWER_MS;
}

/** The offer was lost, or its answer: taken back and made again, as of a later generation, so that it is no repeat. */
function again(state: Negotiation): Step {
  if (state.fragments.length === 0) return fresh(state);
  const later = { ...state, generation: state.generation + 1, wanted: 'nothing', early: undefined } as const;
  const [next, effects] = offering(later, true);
  return [next, [{ kind: 'roll-back' }, ...effects]];
}

/** Once from nothing at once; what breaks again is left to who watches the media and takes its time. */
function broken(state: Negotiation, at: number): Step {
  const known = { ...state, brokenAt: at };
  return at - state.brokenAt >= ANSWER_MS ? fresh(known) : [{ ...known, ...UNDESCRIBED, peerOffer: state.peerOffer }, []];
}

function offered(state: Negotiation, sdp: string, at: number): Step {
  const offer = state.offer + 1;
  const next = { ...state, offer, offeredAt: at };
  const { answered } = state;
  return [next, [say(next, { kind: 'offer', ...addressed(next), ...era(next), number: offer, answered, sdp })]];
}

function answered(state: Negotiation, sdp: string): Step {
  const about = { number: state.peerOffer, withdrawn: state.offer };
  const answer: Answer = { kind: 'answer', ...addressed(state), ...era(state), ...about, sdp };
  const [next, effects] = settled({ ...state, answered: state.peerOffer });
  return [next, [say(state, answer), ...effects]];
}

/** Stable again: what came too early or was wanted meanwhile is done now. */
function settled(state: Negotiation): Step {
  const stable: Negotiation = { ...state, phase: 'stable', offeredAt: 0, wanted: 'nothing', early: undefined };
  if (state.early !== undefined) return takenOffer({ ...stable, wanted: state.wanted }, state.early);
  switch (state.wanted) {
    case 'nothing':
      return [stable, []];
    case 'offer':
      return offering(stable, false);
    case 'paths':
    case 'connection':
      return restarted(stable, state.wanted);
  }
}

function gathered(state: Negotiation, candidate: RTCIceCandidateInit, fragment: string): Effect {
  return say(state, { kind: 'candidate', ...addressed(state), ...era(state), fragment, candidate });
}

function heard(state: Negotiation, { from, to, signal }: Envelope): Step {
  if (from !== state.peer || to !== state.me) return [state, []];
  // Meant for the page that was here before this one, or said by the one that was there before.
  if (signal.toLife !== 0 && signal.toLife !== state.life) return [state, []];
  if (signal.life < state.peerLife) return [state, []];
  if (signal.life > state.peerLife) return met(state, signal);
  return state.presence === 'away' ? [state, []] : taken(state, signal);
}

/** Whether a message is from the page that this negotiation is with, and for this one. */
export function concerns(state: Negotiation, { from, to, signal }: Envelope): boolean {
  const now = signal.life === state.peerLife && (signal.toLife === 0 || signal.toLife === state.life);
  return now && from === state.peer && to === state.me && state.presence === 'here';
}

/** The peer's page is a new one: what was agreed with the old one is void, and so are its numbers. */
function met(state: Negotiation, signal: Signal): Step {
  const known = { ...state, peerLife: signal.life };
  if (state.peerLife === 0 && state.presence === 'here') return taken(known, signal);
  const anew: Negotiation = { ...known, ...UNDESCRIBED, answered: 0, connection: 0, generation: 0, presence: 'here' };
  const [next, effects] = taken(anew, signal);
  if (next.presence === 'away') return [next, effects];
  const open = effects.filter((one) => one.kind !== 'open');
  if (next.phase !== 'stable') return [next, [{ kind: 'open' }, ...open]];
  const [asking, more] = offering(next, false);
  return [asking, [{ kind: 'open' }, ...open, ...more]];
}

function taken(state: Negotiation, signal: Signal): Step {
  switch (signal.kind) {
    case 'offer':
      return takenOffer(state, signal);
    case 'answer':
      return takenAnswer(state, signal);
    case 'candidate':
      return takenCandidate(state, signal);
    case 'wishes':
      return [state, []];
    case 'bye':
      // It left the call, not the room, and comes back as another life.
      return [{ ...state, ...UNDESCRIBED, presence: 'away' }, [{ kind: 'close' }]];
  }
}

function takenOffer(state: Negotiation, offer: Offer): Step {
  if (offer.number <= state.peerOffer) return [state, []];
  const newer = compared(offer, state);
  if (newer < 0) return [state, []];
  const crossing = state.phase !== 'stable';
  // Made after our offer was answered: they do not cross, the answer is late.
  const late = offer.connection === state.connection && offer.answered >= state.offer;
  if (crossing && late) return [{ ...state, early: offer }, []];
  // Of two that cross, the later beginning holds; of the same, the impolite side's.
  if (crossing && newer === 0 && !state.polite) return [{ ...state, peerOffer: offer.number }, []];
  const another = offer.connection > state.connection;
  const effects: Effect[] = [];
  // Tracks of an offer that is taken back would be offered beside those of the peer's: begin from nothing instead.
  if (another || (crossing && state.fragments.length === 0)) effects.push({ kind: 'open' });
  else if (crossing) effects.push({ kind: 'roll-back' });
  const next: Negotiation = {
    ...state,
    ...era(offer),
    phase: 'answering',
    offeredAt: 0,
    early: undefined,
    // Ours was to begin the media anew, and so does the peer's.
    wanted: crossing || newer > 0 ? 'nothing' : state.wanted,
    peerOffer: offer.number,
  };
  return described(next, offer.sdp, [...effects, { kind: 'take-offer', sdp: offer.sdp }]);
}

function takenAnswer(state: Negotiation, answer: Answer): Step {
  const mine = state.phase === 'offering' && answer.number === state.offer && compared(answer, state) === 0;
  if (!mine) return [state, []];
  const known = { ...state, peerOffer: Math.max(state.peerOffer, answer.withdrawn) };
  const [next, effects] = described(known, answer.sdp, [{ kind: 'take-answer', sdp: answer.sdp }]);
  const [stable, more] = settled(next);
  return [stable, [...effects, ...more]];
}

/** A description of the peer's holds from now on: candidates that waited for it are taken with it. */
function described(state: Negotiation, sdp: string, effects: readonly Effect[]): Step {
  const fragments = fragmentsOf(sdp);
  const now = state.held.filter((one) => belongs(one, fragments));
  const held = state.held.filter((one) => !now.includes(one) && compared(one, state) >= 0);
  const taking = now.map(({ candidate }): Effect => ({ kind: 'take-candidate', candidate }));
  return [{ ...state, fragments, held }, [...effects, ...taking]];
}

function takenCandidate(state: Negotiation, candidate: Candidate): Step {
  if (compared(candidate, state) < 0) return [state, []];
  if (compared(candidate, state) === 0 && belongs(candidate, state.fragments)) {
    return [state, [{ kind: 'take-candidate', candidate: candidate.candidate }]];
  }
  return [{ ...state, held: [...state.held, candidate].slice(-HELD_AT_MOST) }, []];
}

function belongs(candidate: Candidate, fragments: readonly string[]): boolean {
  return fragments.includes(candidate.fragment);
}

/** RFC 8839 section 5.4. */
export function fragmentsOf(sdp: string): readonly string[] {
  return [...new Set([...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map((found) => found[1] ?? ''))];
}

/** The fragment that a candidate says itself, by its field or in its line. */
export function fragmentOf(candidate: RTCIceCandidateInit): string {
  return candidate.usernameFragment ?? / ufrag (\S+)/.exec(candidate.candidate ?? '')?.[1] ?? '';
}
