/** How receivers and messages stand, as word, colour and shape, and why something did not arrive.  Pure. */
import type { components } from '@/api/schema';
import { en } from '@/i18n/en/outgoing';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/outgoing';
import type { StateLook } from '@/ui/shapes';

export type Receiver = components['schemas']['ReceiverItem'];
export type Message = components['schemas']['MessageItem'];
export type OutgoingText = Say<typeof zh>;
export const useOutgoingTexts = (): OutgoingText => useTexts('outgoing', zh, en);

export const VIEWS = ['given-up', 'waiting', 'sent', 'cancelled'] as const;
export type View = (typeof VIEWS)[number];

export type Standing = keyof typeof zh.state;
/** One failure is no trouble yet; a receiver rests from several on, or because it asked for it. */
export function standingOf(one: Pick<Receiver, 'state' | 'failures' | 'rests_until'>, now: Date): Standing {
  if (one.state === 'gone' || one.state === 'removed') return one.state;
  if (one.rests_until !== null && Date.parse(one.rests_until) > now.getTime()) return 'resting';
  return one.failures > 0 ? 'failing' : 'on';
}
export const LOOKS: Readonly<Record<Standing, Pick<StateLook, 'tone' | 'shape'>>> = {
  on: { tone: 'green', shape: 'disc-tick' },
  failing: { tone: 'amber', shape: 'triangle' },
  resting: { tone: 'red', shape: 'hourglass' },
  gone: { tone: 'red', shape: 'ring-slash' },
  removed: { tone: 'grey', shape: 'dash' },
};

export type KindKey = keyof typeof zh.kind;
const isKind = (word: string): word is KindKey => Object.hasOwn(zh.kind, word);
export function kindOf(kind: string): KindKey {
  const word = kind.replace('.', '-');
  return isKind(word) ? word : 'test';
}
const isUrgency = (word: string): word is keyof typeof zh.urgency => Object.hasOwn(zh.urgency, word);
/** What is routine has no word. */
export const urgencyOf = (word: string): keyof typeof zh.urgency | undefined => (isUrgency(word) ? word : undefined);

type Fault = keyof typeof zh.fault;
const BY_WORD: Readonly<Record<string, Fault>> = {
  redirected: 'redirected',
  'receiver-gone': 'gone',
  'receiver-removed': 'removed',
  'too-old': 'old',
  'no-answer-in-time': 'late',
  certificate: 'certificate',
  tls: 'tls',
  unreachable: 'unreachable',
  'no-answer': 'away',
};
export function faultOf(one: { readonly last_fault: string; readonly last_status: number | null }): Fault {
  const known = BY_WORD[one.last_fault];
  if (known !== undefined) return known;
  const status = one.last_status;
  if (status === null || (status >= 200 && status < 300)) return 'none';
  return status >= 500 || [408, 425, 429].includes(status) ? 'later' : 'refused';
}
