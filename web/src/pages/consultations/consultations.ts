/** Consultations: texts, and the looks of states, urgencies, outcomes. */
import type { components } from '@/api/schema';
import { en as enAddenda } from '@/i18n/en/addenda';
import { en } from '@/i18n/en/consultations';
import { locale, pick, useTexts, type Bilingual, type Say } from '@/i18n/texts';
import { zh as zhAddenda } from '@/i18n/zh-CN/addenda';
import { zh } from '@/i18n/zh-CN/consultations';
import type { Consultation, State } from '@/pages/consultations/acts';
import type { StateLook } from '@/ui/shapes';
import { lookOf } from '@/ui/states';
import { clockTime, isoDate } from '@/ui/time';

export type Detail = components['schemas']['Detail'];
export type Offer = components['schemas']['OfferRow'];
export type StepRow = components['schemas']['telemed.consultation.store.rows.StepRow'];
export type Expert = components['schemas']['ExpertItem'];
export type Consent = components['schemas']['Consent'];
export type Department = components['schemas']['DepartmentItem'];

export type ConsultationText = Say<typeof zh>;
export const useConsultationTexts = (): ConsultationText => useTexts('consultations', zh, en);

export const TOPICS = ['consultations'] as const;

const look = (words: Bilingual, tone: StateLook['tone'], shape: StateLook['shape']): StateLook => ({ zh: words.zh, en: words.en, tone, shape });
const state = (key: keyof typeof zh.state): Bilingual => ({ zh: zh.state[key], en: en.state[key] });

export const STATE: Readonly<Record<State, StateLook>> = {
  draft: look(state('draft'), 'grey', 'dash'),
  submitted: look(state('submitted'), 'blue', 'ring'),
  incomplete: look(state('incomplete'), 'amber', 'triangle'),
  offered: look(state('offered'), 'violet', 'hourglass'),
  accepted: look(state('accepted'), 'brand', 'tick'),
  scheduled: look(state('scheduled'), 'brand', 'clock'),
  'in-session': look(state('in-session'), 'brand', 'half-disc'),
  missed: look(state('missed'), 'red', 'cross'),
  failed: look(state('failed'), 'red', 'cut'),
  returned: look(state('returned'), 'green', 'disc-tick'),
  decided: look(state('decided'), 'amber', 'diamond'),
  archived: look(state('archived'), 'grey', 'double-tick'),
  declined: look(state('declined'), 'grey', 'cross'),
  withdrawn: look(state('withdrawn'), 'grey', 'return'),
  converted: look(state('converted'), 'grey', 'right'),
};

/** What an addendum is owed says more than where the consultation has come to. */
const OWED = look({ zh: zhAddenda.owed, en: enAddenda.owed }, 'amber', 'triangle');
export const lookOfState = (one: Pick<Consultation, 'state' | 'addenda_owed'>): StateLook => (one.addenda_owed > 0 ? OWED : lookOf(STATE, one.state));

export const URGENCY: Readonly<Record<Consultation['urgency'], StateLook>> = {
  immediate: look({ zh: zh.urgency.immediate, en: en.urgency.immediate }, 'red', 'alarm'),
  urgent: look({ zh: zh.urgency.urgent, en: en.urgency.urgent }, 'amber', 'triangle'),
  routine: look({ zh: zh.urgency.routine, en: en.urgency.routine }, 'grey', 'dash'),
};

export const OUTCOME = {
  '': look({ zh: zh.outcome.waiting, en: en.outcome.waiting }, 'violet', 'hourglass'),
  accepted: look({ zh: zh.outcome.accepted, en: en.outcome.accepted }, 'green', 'disc-tick'),
  refused: look({ zh: zh.outcome.refused, en: en.outcome.refused }, 'red', 'cross'),
  lapsed: look({ zh: zh.outcome.lapsed, en: en.outcome.lapsed }, 'red', 'alarm'),
  superseded: look({ zh: zh.outcome.superseded, en: en.outcome.superseded }, 'grey', 'dash'),
} as const satisfies Readonly<Record<string, StateLook>>;

export const VERDICT = {
  adopted: look({ zh: zh.verdict.adopted, en: en.verdict.adopted }, 'green', 'disc-tick'),
  partly: look({ zh: zh.verdict.partly, en: en.verdict.partly }, 'blue', 'half-disc'),
  'not-adopted': look({ zh: zh.verdict['not-adopted'], en: en.verdict['not-adopted'] }, 'grey', 'ring-slash'),
} as const satisfies Readonly<Record<string, StateLook>>;

type Group = 'kind' | 'purpose' | 'concern' | 'consentKind' | 'relation' | 'manner' | 'into' | 'missed' | 'command' | 'recognised';
/** The word of a code; a code this page does not know yet is shown as it is. */
export function word(group: Group, code: string): string {
  if (code === '') return '';
  const chinese: Readonly<Record<string, string>> = zh[group];
  const english: Readonly<Record<string, string>> = en[group];
  return pick({ zh: chinese[code] ?? code, en: english[code] ?? code });
}
export const options = (group: Group, codes: readonly string[]): { value: string; text: string }[] => codes.map((value) => ({ value, text: word(group, value) }));

/** A study by what it is called; most names begin with the modality already. */
export function calledOf(study: { readonly modalities: readonly string[]; readonly description: string; readonly body_site?: string }): string {
  const kind = study.modalities.join('/');
  const name = study.description || (study.body_site ?? '');
  return study.modalities.some((one) => name.startsWith(one)) ? name : `${kind} ${name}`.trim();
}

export const between = (): string => (locale.value === 'en' ? ', ' : '、');

export function departmentOf(departments: readonly Department[], code: string): string {
  const found = departments.find((one) => one.code === code);
  return found === undefined ? code : pick(found);
}

/** 11-27 15:30 – 16:00 */
export function appointment(at: string, minutes: number): string {
  const ends = new Date(Date.parse(at) + minutes * 60_000);
  return `${isoDate(at).slice(5)} ${clockTime(at)} – ${clockTime(ends)}`;
}

/** A day and a time of the county, which keeps no summer time, as the moment the server knows. */
export function momentOf(day: string, time: string): string | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) && /^\d{2}:\d{2}$/.test(time) ? new Date(`${day}T${time}:00+08:00`) : undefined;
  return at === undefined || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** 2:31, and hours where there are some. */
export function running(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${two(rest)}` : `${String(minutes)}:${two(rest)}`;
}

export const dialled = (phone: string): string => `tel:${phone.replaceAll(/[^\d+*#]/g, '')}`;
