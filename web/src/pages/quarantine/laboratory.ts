/** What a person does next about a laboratory's data that were kept apart or sent back. */
import type { components } from '@/api/schema';
import type { StateLook } from '@/ui/shapes';

export type ResultCase = components['schemas']['ResultCase'];
export type RefusedMessage = components['schemas']['RefusedMessage'];
export type CaseDetail = components['schemas']['ResultCaseDetail'];
export type Contents = components['schemas']['MessageContents'];
export const LISTS = ['open', 'released', 'discarded', 'refused'] as const;
export type List = (typeof LISTS)[number];

/** One line of the list, a case or a refused message. */
export interface Row {
  readonly id: string;
  readonly at: string;
  readonly reason: string;
  readonly reason_zh: string;
  readonly reason_en: string;
  readonly from: string;
  readonly step: Step;
  readonly case?: ResultCase;
  readonly refused?: RefusedMessage;
}

export const STEPS = {
  release: { zh: '可放行', en: 'Can be released', tone: 'green', shape: 'ring' },
  map: { zh: '核对对照表', en: 'Check the map', tone: 'blue', shape: 'ring' },
  check: { zh: '核对后放行', en: 'Check, release', tone: 'blue', shape: 'ring' },
  assign: { zh: '核对患者', en: 'Check the patient', tone: 'blue', shape: 'person' },
  resend: { zh: '检验科重发', en: 'Send again', tone: 'amber', shape: 'return' },
  administrator: { zh: '联系系统管理员', en: 'Call administrator', tone: 'red', shape: 'phone' },
  refused: { zh: '发送方更正', en: 'Sender corrects', tone: 'amber', shape: 'return' },
  released: { zh: '已放行', en: 'Released', tone: 'green', shape: 'disc-tick' },
  discarded: { zh: '已作废', en: 'Discarded', tone: 'grey', shape: 'ring-slash' },
} as const satisfies Readonly<Record<string, StateLook>>;
export type Step = keyof typeof STEPS;

const OF_THE_MAP = new Set(['unit-missing', 'unit-unknown', 'unit-contradicts', 'code-ambiguous']);

/** Never sends a person to what the server would refuse. today: what today's map says, if that is known. */
export function stepOf(
  one: Pick<ResultCase, 'reason' | 'state' | 'releasable' | 'assignable'>,
  today?: CaseDetail['today'],
): Step {
  if (one.state === 'released' || one.state === 'discarded') return one.state;
  if (one.reason === 'not-stored') return 'administrator';
  if (one.assignable) return 'assign';
  if (!one.releasable) return 'resend';
  if (!OF_THE_MAP.has(one.reason)) return 'check';
  return today?.against === '' ? 'release' : 'map';
}

export function ofCase(one: ResultCase): Row {
  return {
    id: one.id,
    at: one.opened_at,
    reason: one.reason,
    reason_zh: one.reason_zh,
    reason_en: one.reason_en,
    from: [one.organization_name, one.facility || one.application].filter((part) => part !== '').join(' · '),
    step: stepOf(one),
    case: one,
  };
}

export function ofRefused(one: RefusedMessage, nobody: string): Row {
  return {
    id: one.id,
    at: one.received_at,
    reason: one.reason,
    reason_zh: one.reason_zh,
    reason_en: one.reason_en,
    from: [one.organization_name || nobody, one.facility || one.application || one.peer_address].filter((part) => part !== '').join(' · '),
    step: 'refused',
    refused: one,
  };
}
