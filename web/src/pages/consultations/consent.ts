/** Consent as it is entered: on paper with a photograph, or an approval by name in an emergency. Pure. */
import type { components } from '@/api/schema';
import { momentOf } from '@/pages/consultations/consultations';
import { clockTime, isoDate } from '@/ui/time';

export type ConsentBody = components['schemas']['ConsentBody'];
export const RELATIONS = ['self', 'guardian', 'spouse', 'child', 'parent', 'other-relative', 'agent'] as const;
export const MANNERS = ['signature', 'fingerprint'] as const;
export const CONSENT_KINDS = ['paper', 'approval', 'exemption'] as const;

export interface ConsentForm {
  kind: string;
  name: string;
  relation: string;
  manner: string;
  day: string;
  time: string;
  /** Digest of the photograph, once it has been sent. */
  paper: string;
  reason: string;
}

export const blankConsent = (now: Date): ConsentForm => ({
  kind: 'paper', name: '', relation: 'self', manner: 'signature', day: isoDate(now), time: clockTime(now), paper: '', reason: '',
});

/** What is sent; undefined while something is missing. */
export function consentOf(form: ConsentForm): ConsentBody | undefined {
  const at = momentOf(form.day, form.time);
  const kind = CONSENT_KINDS.find((one) => one === form.kind);
  const name = form.name.trim();
  if (at === undefined || kind === undefined || name === '') return undefined;
  if (kind !== 'paper') {
    const reason = form.reason.trim();
    return reason === '' ? undefined : { kind, name, at, relation: '', manner: '', paper: '', reason };
  }
  const relation = RELATIONS.find((one) => one === form.relation);
  const manner = MANNERS.find((one) => one === form.manner);
  if (relation === undefined || manner === undefined || form.paper === '') return undefined;
  return { kind, name, at, relation, manner, paper: form.paper, reason: '' };
}
