/** What a state admits, to whom, and what waits for whom: the table of tests/spec/consultation_states.md, walked by a test. */
import type { components } from '@/api/schema';

export type Consultation = components['schemas']['Consultation'];
export type Party = Consultation['you'][number];

export const STATES = [
  'draft', 'submitted', 'incomplete', 'offered', 'accepted', 'scheduled', 'in-session', 'missed', 'failed',
  'returned', 'decided', 'archived', 'declined', 'withdrawn', 'converted',
] as const;
export type State = (typeof STATES)[number];
export const isState = (word: string): word is State => (STATES as readonly string[]).includes(word);

/** In the order in which a page offers them: what goes on first, what ends it last. */
export const COMMANDS = [
  'accept', 'submit', 'inform', 'offer', 'begin', 'sign', 'decide', 'consent', 'schedule', 'ask', 'miss', 'fail',
  'refuse', 'convert', 'decline', 'withdraw',
] as const;
export type Command = (typeof COMMANDS)[number];

/** Steps that are asked about in one dialog: a reason, a choice, or a yes. */
export type Asked = 'submit' | 'withdraw' | 'refuse' | 'decline' | 'ask' | 'begin' | 'miss' | 'fail' | 'convert' | 'decide' | 'rate';
/** What a page offers: the commands, and what changes no state. */
export type Act = Command | 'phone' | 'rate';
const QUESTIONS: ReadonlySet<string> = new Set<Asked>(['submit', 'withdraw', 'refuse', 'decline', 'ask', 'begin', 'miss', 'fail', 'convert', 'decide', 'rate']);
export const isAsked = (act: Act): act is Asked => QUESTIONS.has(act);

const INVITER: readonly Party[] = ['inviter'];
const COORDINATOR: readonly Party[] = ['coordinator'];
const EXPERT: readonly Party[] = ['expert'];
const CONDUCTS: readonly Party[] = ['coordinator', 'expert'];
const MEETS: readonly Party[] = ['expert', 'inviter'];
const ANYBODY: readonly Party[] = ['coordinator', 'expert', 'inviter'];

/** Who may do what in a state; what is not listed is refused. */
const ADMITTED: Readonly<Record<State, Readonly<Partial<Record<Command, readonly Party[]>>>>> = {
  draft: { submit: INVITER, withdraw: INVITER },
  submitted: { offer: COORDINATOR, ask: COORDINATOR, decline: COORDINATOR, convert: COORDINATOR, withdraw: INVITER },
  incomplete: { inform: INVITER, convert: COORDINATOR, decline: COORDINATOR, withdraw: INVITER },
  offered: { offer: COORDINATOR, accept: EXPERT, refuse: EXPERT, ask: CONDUCTS, decline: COORDINATOR, convert: COORDINATOR, withdraw: INVITER },
  accepted: { offer: COORDINATOR, ask: CONDUCTS, schedule: CONDUCTS, begin: MEETS, convert: CONDUCTS, withdraw: INVITER },
  scheduled: { offer: COORDINATOR, ask: CONDUCTS, schedule: CONDUCTS, begin: MEETS, miss: ANYBODY, fail: ANYBODY, convert: CONDUCTS, withdraw: INVITER },
  'in-session': { ask: CONDUCTS, fail: ANYBODY, sign: EXPERT, convert: CONDUCTS },
  missed: { offer: COORDINATOR, schedule: CONDUCTS, convert: CONDUCTS, withdraw: INVITER },
  failed: { offer: COORDINATOR, schedule: CONDUCTS, begin: MEETS, sign: EXPERT, convert: CONDUCTS, withdraw: INVITER },
  returned: { decide: INVITER },
  decided: { consent: INVITER },
  archived: {},
  declined: {},
  withdrawn: {},
  converted: {},
};

/** The state a command leads to; inform goes back to whoever asked, decide is archived where no consent is owed. */
export function admits(state: State, command: Command, by: Party): boolean {
  return ADMITTED[state][command]?.includes(by) === true;
}

/** What policy must grant besides. */
const ACTIONS: Readonly<Record<Command, string>> = {
  accept: 'consultation.answer',
  refuse: 'consultation.answer',
  sign: 'consultation.sign',
  offer: 'consultation.triage',
  decline: 'consultation.triage',
  ask: 'consultation.conduct',
  schedule: 'consultation.conduct',
  begin: 'consultation.conduct',
  miss: 'consultation.conduct',
  fail: 'consultation.conduct',
  convert: 'consultation.conduct',
  submit: 'consultation.request',
  inform: 'consultation.request',
  decide: 'consultation.request',
  consent: 'consultation.request',
  withdraw: 'consultation.request',
};
type May = (action: string) => boolean;
type Standing = Pick<Consultation, 'state' | 'you'>;

/** The acts of whoever looks, in the order in which they are offered. */
export function actsOf(one: Standing, may: May): Command[] {
  const { state, you } = one;
  if (!isState(state)) return [];
  return COMMANDS.filter((command) => may(ACTIONS[command]) && you.some((party) => admits(state, command, party)));
}

const OVER: ReadonlySet<string> = new Set<State>(['archived', 'declined', 'withdrawn', 'converted']);
export const isOver = (state: string): boolean => OVER.has(state);

/** Acts beside the table, which change no state. */
export const mayConsent = (one: Standing, may: May): boolean => one.you.includes('inviter') && !isOver(one.state) && may('consultation.request');
export const mayNotePhone = (one: Standing & Pick<Consultation, 'submitted_at'>, may: May): boolean =>
  one.you.length > 0 && one.submitted_at !== null && !isOver(one.state) && may('consultation.conduct');
export const mayWrite = (one: Standing & Pick<Consultation, 'returned_at'>, may: May): boolean =>
  one.you.includes('expert') && ['accepted', 'scheduled', 'in-session', 'missed', 'failed'].includes(one.state) && one.returned_at === null && may('consultation.answer');
export const mayAddend = (one: Standing, may: May): boolean =>
  one.you.includes('expert') && ['returned', 'decided', 'archived'].includes(one.state) && may('consultation.sign');
/** What is not decided yet is decided together with the opinion. */
export const mayAnswerAddendum = (one: Standing, may: May): boolean =>
  one.you.includes('inviter') && ['decided', 'archived'].includes(one.state) && may('consultation.request');
export const mayRate = (one: Standing & Pick<Consultation, 'returned_at'>, may: May): boolean =>
  one.you.includes('inviter') && one.returned_at !== null && may('consultation.request');

/** What goes on is the filled button; what ends it, or takes it from somebody who has it, never is. */
const GOES_ON: readonly Act[] = ['accept', 'inform', 'begin', 'decide', 'schedule'];
export function primaryOf(state: string, acts: readonly Act[]): Act | undefined {
  if (state === 'submitted') return acts.find((act) => act === 'offer');
  if (state === 'decided') return acts.find((act) => act === 'consent');
  return GOES_ON.find((act) => acts.includes(act));
}

type Waiting = Standing & Pick<Consultation, 'starts_at' | 'consent_due_at' | 'addenda_owed'> & Partial<Pick<Consultation, 'member'>>;
/** Whose turn it is in a state. */
const TURN: Readonly<Partial<Record<State, readonly Party[]>>> = {
  draft: INVITER,
  submitted: COORDINATOR,
  incomplete: INVITER,
  offered: EXPERT,
  accepted: EXPERT,
  'in-session': EXPERT,
  missed: CONDUCTS,
  failed: CONDUCTS,
  returned: INVITER,
  decided: INVITER,
};
export const isMyTurn = ({ state, you }: Standing): boolean => isState(state) && you.some((party) => TURN[state]?.includes(party) === true);
/** An appointment concerns both sides from this many milliseconds before it on. */
const NEAR = 15 * 60_000;

/** While a room is there to come into, it waits for whoever was added (telemed/consultation/model/members.py). */
const JOINED: readonly string[] = ['accepted', 'scheduled', 'in-session', 'missed', 'failed'];

/** Whether it is this person's turn: by state, by an appointment that is near, by a consent or an answer that is owed, by being added. */
export function waitsForMe(one: Waiting, now: Date): boolean {
  if (one.addenda_owed > 0 && one.you.includes('inviter')) return true;
  if (isOver(one.state)) return false;
  if ((one.member ?? '') !== '' && JOINED.includes(one.state)) return true;
  if (one.consent_due_at !== null && one.you.includes('inviter')) return true;
  if (one.state === 'scheduled') {
    return one.starts_at !== null && Date.parse(one.starts_at) - now.getTime() <= NEAR && one.you.some((party) => MEETS.includes(party));
  }
  return isMyTurn(one);
}

const URGENCY = ['immediate', 'urgent', 'routine'];
type Ordered = Waiting & Pick<Consultation, 'urgency' | 'due_at' | 'created_at'>;
const before = (a: Ordered, b: Ordered): number => {
  const end = (one: Ordered): string => one.due_at ?? one.starts_at ?? '9999';
  return URGENCY.indexOf(a.urgency) - URGENCY.indexOf(b.urgency) || end(a).localeCompare(end(b)) || a.created_at.localeCompare(b.created_at);
};
/** By urgency, then by what ends first, then the oldest. */
export const byUrgency = <Row extends Ordered>(rows: readonly Row[]): Row[] => [...rows].sort(before);

/** The same, with what waits for me first. */
export function inOrder<Row extends Ordered>(rows: readonly Row[], now: Date): Row[] {
  const mine = (one: Ordered): number => (waitsForMe(one, now) ? 0 : 1);
  return [...rows].sort((a, b) => mine(a) - mine(b) || before(a, b));
}

/** How long an expert has to accept, in minutes (telemed/consultation/model/clocks.py). */
export const ALLOWED: Readonly<Record<Consultation['urgency'], number>> = { immediate: 2, urgent: 10, routine: 24 * 60 };

/** The clock of a consultation. */
export type Clock =
  /** Runs, or has run until the expert accepted. */
  | { readonly kind: 'runs'; readonly since: string; readonly allowed: number; readonly until: string | null; readonly due: string | null }
  | { readonly kind: 'stands' }
  | { readonly kind: 'appointed'; readonly at: string; readonly minutes: number }
  | { readonly kind: 'none' };

export function clockOf(one: Pick<Consultation, 'state' | 'urgency' | 'due_at' | 'submitted_at' | 'accepted_at' | 'starts_at' | 'minutes'>): Clock {
  const allowed = ALLOWED[one.urgency];
  if (one.state === 'offered' && one.due_at !== null) {
    const since = new Date(Date.parse(one.due_at) - allowed * 60_000).toISOString();
    return { kind: 'runs', since, allowed, until: null, due: one.due_at };
  }
  if (one.state === 'incomplete') return { kind: 'stands' };
  if (one.state === 'scheduled' && one.starts_at !== null) return { kind: 'appointed', at: one.starts_at, minutes: one.minutes ?? 0 };
  if (one.state === 'submitted' && one.submitted_at !== null) return { kind: 'runs', since: one.submitted_at, allowed, until: null, due: null };
  if (one.submitted_at !== null && one.accepted_at !== null) return { kind: 'runs', since: one.submitted_at, allowed, until: one.accepted_at, due: null };
  return { kind: 'none' };
}

/** An emergency that nobody has accepted: what sounds on the duty board. */
export const isUnaccepted = (one: Pick<Consultation, 'state' | 'urgency'>): boolean =>
  one.urgency !== 'routine' && (one.state === 'submitted' || one.state === 'offered');

export interface Reached {
  readonly who: 'expert' | 'inviter';
  readonly name: string;
  readonly place: string;
  /** Of the person, then of the institution; without what is not known, each number once. */
  readonly phones: readonly string[];
}

/** Who is on the other side and how one reaches them; the coordinator is between both. */
export function otherSide(one: Consultation): Reached[] {
  const numbers = (...given: string[]): string[] => [...new Set(given.filter((phone) => phone !== ''))];
  const inviter: Reached = { who: 'inviter', name: one.requester_name, place: one.organization_name, phones: numbers(one.requester_phone, one.organization_phone) };
  const expert: Reached = { who: 'expert', name: `${one.expert_name} ${one.expert_title}`.trim(), place: one.expert_organization_name, phones: numbers(one.expert_phone, one.expert_organization_phone) };
  const asked = one.expert_id === null ? [] : [expert];
  if (one.you.includes('coordinator')) return [...asked, inviter];
  return one.you.includes('expert') && !one.you.includes('inviter') ? [inviter] : asked;
}
