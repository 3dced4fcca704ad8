/** What a person does next about bytes that were kept apart, and what a decision brings about. */
import type { components } from '@/api/schema';
import type { StateLook } from '@/ui/shapes';

export type Case = components['schemas']['Case'];
export const STATES = ['open', 'released', 'discarded'] as const;
export type CaseState = (typeof STATES)[number];

export const NEXT = {
  check: { zh: '核对后放行', en: 'Check, release', tone: 'blue', shape: 'ring' },
  enrol: { zh: '登记设备后放行', en: 'Enrol, release', tone: 'blue', shape: 'gear' },
  resend: { zh: '设备重新发送', en: 'Send again', tone: 'amber', shape: 'return' },
  renumber: { zh: '以新标识重发', en: 'Send as new', tone: 'amber', shape: 'return' },
  vendor: { zh: '联系设备厂家', en: 'Call service', tone: 'amber', shape: 'phone' },
  administrator: { zh: '联系系统管理员', en: 'Call administrator', tone: 'red', shape: 'phone' },
  released: { zh: '已放行', en: 'Released', tone: 'green', shape: 'disc-tick' },
  discarded: { zh: '已作废', en: 'Discarded', tone: 'grey', shape: 'ring-slash' },
} as const satisfies Readonly<Record<string, StateLook>>;
export type Next = keyof typeof NEXT;

const BY_REASON: Readonly<Record<string, Next>> = {
  'data-set-empty': 'resend',
  'data-set-truncated': 'resend',
  'data-set-unreadable': 'vendor',
  'nested-too-deep': 'vendor',
  'too-many-elements': 'vendor',
  'inflates-too-far': 'vendor',
  'identifier-missing': 'vendor',
  'identifier-invalid': 'vendor',
  'sop-class-mismatch': 'check',
  'sop-instance-mismatch': 'check',
  'image-too-large': 'vendor',
  'pixel-data-missing': 'resend',
  'pixel-data-too-short': 'resend',
  'sender-unknown': 'enrol',
  'not-indexable': 'administrator',
  'instance-changed': 'renumber',
  'study-of-another-sender': 'check',
  'study-of-another-patient': 'check',
  'series-of-another-study': 'renumber',
};

/** Never sends a person to a release that the server would refuse. */
export function nextOf(one: Pick<Case, 'reason' | 'state' | 'releasable'>): Next {
  if (one.state === 'released' || one.state === 'discarded') return one.state;
  const found = BY_REASON[one.reason] ?? (one.releasable ? 'check' : 'administrator');
  return (found === 'check' || found === 'enrol') && !one.releasable ? 'administrator' : found;
}

/** Bytes as people say them: 512 B · 8.4 KB · 120 MB. */
export function sizeOf(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? String(Math.round(value)) : String(Number(value.toFixed(1)))} ${units[unit] ?? ''}`;
}

/** The words a decision is confirmed with, as keys of the texts. */
export function releaseBrings(reason: string): ('releaseConsequence' | 'releasePatient' | 'releaseSender' | 'releaseOtherSender')[] {
  if (reason === 'study-of-another-patient') return ['releaseConsequence', 'releasePatient'];
  if (reason === 'sender-unknown') return ['releaseConsequence', 'releaseSender'];
  if (reason === 'study-of-another-sender') return ['releaseOtherSender'];
  return ['releaseConsequence'];
}

export function discardBrings(reason: string): ('discardConsequence' | 'discardKept' | 'discardStudy')[] {
  const always = ['discardConsequence', 'discardKept'] as const;
  return reason === 'study-of-another-patient' ? [...always, 'discardStudy'] : [...always];
}
