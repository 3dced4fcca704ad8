/** What of one's consultations is news, by what has become of them since one last looked.  Pure: no socket, no clock. */
import type { components } from '@/api/schema';

export type Standing = components['schemas']['NoticeItem'];
type Party = Standing['you'][number];

export type NoticeKind =
  | 'asked' | 'toTriage' | 'accepted' | 'informationNeeded' | 'informed' | 'scheduled' | 'reminder' | 'begun' | 'missed'
  | 'failed' | 'signed' | 'declined' | 'converted' | 'withdrawn' | 'knocked' | 'dutyGaps';
export interface Notice {
  /** The same word is the same news. */
  readonly key: string;
  readonly kind: NoticeKind;
  /** The page to open. */
  readonly path: string;
  /** Of which consultation; none for what concerns duty. */
  readonly about?: Standing;
}

/** What a state says to whom.  Between two looks several steps may have passed: the state that stands is told. */
const SAYS: Readonly<Record<string, { readonly kind: NoticeKind; readonly to: readonly Party[]; readonly from?: string }>> = {
  submitted: { kind: 'toTriage', to: ['coordinator'] },
  offered: { kind: 'asked', to: ['expert'] },
  incomplete: { kind: 'informationNeeded', to: ['inviter'] },
  scheduled: { kind: 'scheduled', to: ['inviter', 'expert'] },
  'in-session': { kind: 'begun', to: ['inviter', 'expert'] },
  missed: { kind: 'missed', to: ['inviter', 'expert', 'coordinator'] },
  failed: { kind: 'failed', to: ['inviter', 'expert', 'coordinator'] },
  returned: { kind: 'signed', to: ['inviter'] },
  declined: { kind: 'declined', to: ['inviter'] },
  converted: { kind: 'converted', to: ['inviter'] },
  withdrawn: { kind: 'withdrawn', to: ['coordinator'] },
};

/** What a consultation is now, as far as news of it goes: its state, and which asking or appointment it is. */
const wordOf = (one: Standing): string => [one.state, one.state === 'offered' ? `${one.expert_id ?? ''} ${one.due_at ?? ''}` : '', one.starts_at ?? ''].join(' ');

function pathOf(kind: NoticeKind, one: Standing): string {
  const inRoom = ['begun', 'reminder', 'knocked'].includes(kind) && one.room_id !== null;
  return inRoom ? `/rooms/${one.room_id ?? ''}` : `/consultations/${one.id}`;
}
/** Where what a notice says is before the eyes. */
export const pagesOf = (one: Notice): string[] => [one.path, ...(one.about === undefined ? [] : [`/consultations/${one.about.id}`, `/rooms/${one.about.room_id ?? ''}`])];
const about = (kind: NoticeKind, one: Standing, what: string): Notice => ({ key: `${one.id} ${what}`, kind, path: pathOf(kind, one), about: one });

function ofOne(before: Standing | undefined, one: Standing): Notice[] {
  const found: Notice[] = [];
  const has = (party: Party): boolean => one.you.includes(party);
  if ((before === undefined || wordOf(before) !== wordOf(one)) && !one.by_me) {
    const says = SAYS[one.state];
    if (says?.to.some(has) === true) found.push(about(says.kind, one, wordOf(one)));
    if (one.state === 'accepted' && has('inviter') && before?.state !== 'incomplete') found.push(about('accepted', one, wordOf(one)));
    if (one.state === 'accepted' && has('expert') && before?.state === 'incomplete') found.push(about('informed', one, wordOf(one)));
  }
  if (one.reminded_at !== null && before?.reminded_at !== one.reminded_at && one.state === 'scheduled' && (has('inviter') || has('expert'))) {
    found.push(about('reminder', one, `reminded ${one.starts_at ?? ''}`));
  }
  return found;
}

/** What is news between two looks. */
export function news(before: readonly Standing[], after: readonly Standing[]): Notice[] {
  const old = new Map(before.map((one) => [one.id, one]));
  return after.flatMap((one) => ofOne(old.get(one.id), one));
}

/** Somebody knocks at a room: news to the inviting physician, who may let in. */
export function knockAt(room: string, standing: readonly Standing[], cursor: string): Notice[] {
  return standing.filter((one) => one.room_id === room && one.you.includes('inviter')).map((one) => about('knocked', one, `knock ${cursor}`));
}
export const dutyGaps = (cursor: string): Notice => ({ key: `duty ${cursor}`, kind: 'dutyGaps', path: '/duty/roster' });

/** The newest first; news of one consultation takes the place of older news of it. */
export function added(shown: readonly Notice[], fresh: readonly Notice[]): Notice[] {
  const subject = (one: Notice): string => one.about?.id ?? one.kind;
  const latest = new Map([...shown].reverse().concat(fresh).map((one) => [subject(one), one]));
  const order = [...fresh].reverse().map(subject).concat(shown.map(subject));
  return [...new Set(order)].flatMap((one) => latest.get(one) ?? []);
}

/** What is said of a consultation that has gone on meanwhile is no news any more. */
export function still(shown: readonly Notice[], standing: readonly Standing[]): Notice[] {
  const now = new Map(standing.map((one) => [one.id, one]));
  return shown.filter((one) => {
    if (one.about === undefined || one.kind === 'knocked') return true;
    const current = now.get(one.about.id);
    return current !== undefined && wordOf(current) === wordOf(one.about);
  });
}
