/** Shared words of registration, technician, unmatched and patient pages. */
import type { components } from '@/api/schema';
import { en } from '@/i18n/en/clinic';
import { pick, useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/clinic';
import type { StateLook } from '@/ui/shapes';

export type ClinicText = Say<typeof zh>;
export const useClinic = (): ClinicText => useTexts('clinic', zh, en);

export type StudyItem = components['schemas']['StudyItem'];
export type Patient = components['schemas']['Patient'];
export type Registration = components['schemas']['Registration'];

type Group = 'sex' | 'laterality' | 'encounter' | 'emergency' | 'identity' | 'document';

/** The word of a code; a code this page does not know yet is shown as it is. */
export function word(group: Group, code: string | null | undefined): string {
  if (code === null || code === undefined || code === '') return '';
  const chinese: Readonly<Record<string, string>> = zh[group];
  const english: Readonly<Record<string, string>> = en[group];
  return pick({ zh: chinese[code] ?? code, en: english[code] ?? code });
}

export const options = (group: Group, codes: readonly string[]): { value: string; text: string }[] =>
  codes.map((value) => ({ value, text: word(group, value) }));

export const MATCH = {
  sure: { zh: zh.match.sure, en: en.match.sure, tone: 'green', shape: 'tick' },
  confirmed: { zh: zh.match.confirmed, en: en.match.confirmed, tone: 'green', shape: 'disc-tick' },
  doubtful: { zh: zh.match.doubtful, en: en.match.doubtful, tone: 'amber', shape: 'triangle' },
  none: { zh: zh.match.none, en: en.match.none, tone: 'grey', shape: 'dash' },
  mixed: { zh: zh.match.mixed, en: en.match.mixed, tone: 'red', shape: 'alarm' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const matchLook = (study: Pick<StudyItem, 'hold' | 'match_state'>): StateLook =>
  study.hold === 'mixed' ? MATCH.mixed : (MATCH[study.match_state as keyof typeof MATCH] ?? MATCH.none);

/** "268 / 268" and the evidence in words: "complete" is only said with its proof. */
export function arrived(study: StudyItem, now: Date, t: ClinicText): { count: string; words: string; look: StateLook } {
  const expected = study.expected_instances;
  const count = expected === null ? String(study.instance_count) : `${String(study.instance_count)} / ${String(expected)}`;
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(study.last_received_at)) / 60_000));
  const words = evidence(study, minutes, t);
  if (study.completeness === 'complete') return { count, words, look: { zh: words, en: words, tone: 'grey', shape: 'tick' } };
  if (study.completeness === 'receiving') return { count, words, look: { zh: words, en: words, tone: 'brand', shape: 'up' } };
  return { count, words, look: { zh: words, en: words, tone: 'amber', shape: 'triangle' } };
}

function evidence(study: StudyItem, minutes: number, t: ClinicText): string {
  if (study.completeness === 'receiving') return t('completeness.receiving');
  const proof = study.completeness_evidence;
  if (study.completeness === 'complete') {
    if (proof === 'announced' || proof === 'procedure-step' || proof === 'released') return t(`completeness.${proof}`);
    return proof;
  }
  const missing = study.expected_instances === null ? 0 : study.expected_instances - study.instance_count;
  return missing > 0 ? t('completeness.missing', { n: missing, minutes }) : t('completeness.quiet', { minutes });
}

/** 女 70 岁 */
export function sexAge(sex: string, age: { zh: string; en: string } | null): string {
  return `${word('sex', sex)} ${age === null ? '' : pick(age)}`.trim();
}
