/** Splits and reassignments: looks of their states, and what is laid side by side. */
import type { components } from '@/api/schema';
import { en } from '@/i18n/en/corrections';
import { pick, useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/corrections';
import { word } from '@/pages/patient/clinic';
import type { StateLook } from '@/ui/shapes';
import { absolute } from '@/ui/time';

export type Correction = components['schemas']['CorrectionLine'];
export type Detail = components['schemas']['CorrectionDetail'];
export type Belonging = components['schemas']['Belonging'];
export type Notice = components['schemas']['Notice'];

export type CorrectionText = Say<typeof zh>;
export const useCorrectionTexts = (): CorrectionText => useTexts('corrections', zh, en);

export const STATE = {
  proposed: { zh: zh.state.proposed, en: en.state.proposed, tone: 'amber', shape: 'hourglass' },
  confirmed: { zh: zh.state.confirmed, en: en.state.confirmed, tone: 'green', shape: 'disc-tick' },
  withdrawn: { zh: zh.state.withdrawn, en: en.state.withdrawn, tone: 'grey', shape: 'dash' },
  rejected: { zh: zh.state.rejected, en: en.state.rejected, tone: 'grey', shape: 'cross' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const kindOf = (row: Pick<Correction, 'kind'>): string =>
  pick(row.kind === 'split' ? { zh: zh.kind.split, en: en.kind.split } : { zh: zh.kind.reassignment, en: en.kind.reassignment });

export const studyOf = (row: Pick<Correction, 'item' | 'modalities'>): string => row.item || row.modalities.join(' ');

export const FACTS = ['name', 'sex', 'birth', 'number', 'address', 'phone', 'accession', 'item', 'site', 'registered', 'history'] as const;
export type Fact = (typeof FACTS)[number];

/** What one side says of a fact; empty where it says nothing. */
export function said(side: Belonging | null, fact: Fact): string {
  const person = side?.registration?.patient ?? side?.patient ?? null;
  const registration = side?.registration ?? null;
  const values: Readonly<Record<Fact, string>> = {
    name: person?.name ?? '',
    sex: person === null ? '' : `${word('sex', person.sex)} ${person.age === null ? '' : pick(person.age)}`.trim(),
    birth: person?.birth_date ?? '',
    number: registration?.patient.number ?? '',
    address: person?.address ?? '',
    phone: person?.phone ?? '',
    accession: registration?.accession_number ?? '',
    item: registration?.item ?? '',
    site: registration === null ? '' : `${registration.body_site} ${registration.laterality === 'U' ? '' : word('laterality', registration.laterality)}`.trim(),
    registered: registration === null ? '' : absolute(registration.registered_at),
    history: registration?.history ?? '',
  };
  return values[fact];
}

export const differs = (detail: Detail, fact: Fact): boolean => said(detail.before, fact) !== said(detail.after, fact);
