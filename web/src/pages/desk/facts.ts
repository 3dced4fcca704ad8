/** How the facts of a reading are said, for every page that shows one. */
import type { components } from '@/api/schema';
import { pick, type Say } from '@/i18n/texts';
import type { zh as Ui } from '@/i18n/zh-CN/ui';
import { lookOf, PRIORITY, READING } from '@/ui/states';
import type { StateLook } from '@/ui/shapes';
import { age } from '@/ui/time';

export type Line = components['schemas']['Line'];
export type Detail = components['schemas']['ReadingDetail'];
export type Version = components['schemas']['VersionView'];

const SEX: Readonly<Record<string, { zh: string; en: string }>> = {
  M: { zh: '男', en: 'M' },
  F: { zh: '女', en: 'F' },
  O: { zh: '其他', en: 'O' },
};
const SIDE: Readonly<Record<string, { zh: string; en: string }>> = {
  L: { zh: '左', en: 'Left' },
  R: { zh: '右', en: 'Right' },
  B: { zh: '双侧', en: 'Both' },
};
const ENCOUNTER: Readonly<Record<string, { zh: string; en: string }>> = {
  outpatient: { zh: '门诊', en: 'Outpatient' },
  inpatient: { zh: '住院', en: 'Inpatient' },
  emergency: { zh: '急诊', en: 'Emergency' },
  observation: { zh: '留观', en: 'Observation' },
  transfer: { zh: '转诊', en: 'Transfer' },
  checkup: { zh: '体检', en: 'Check-up' },
};
const STATUS: Readonly<Record<string, { zh: string; en: string }>> = {
  preliminary: { zh: '急诊临时报告', en: 'Emergency preliminary' },
  final: { zh: '正式报告', en: 'Final report' },
  amended: { zh: '更正报告', en: 'Amended report' },
  appended: { zh: '补充报告', en: 'Addendum' },
  'entered-in-error': { zh: '报告作废', en: 'Void (entered in error)' },
};
const SIGNIFICANCE: Readonly<Record<string, { zh: string; en: string }>> = {
  none: { zh: '无', en: 'None' },
  significant: { zh: '重要异常', en: 'Significant finding' },
  critical: { zh: '危急值', en: 'Critical result' },
};

function said(table: Readonly<Record<string, { zh: string; en: string }>>, code: string): string {
  const found = table[code];
  return found === undefined ? code : pick(found);
}

export const sexWord = (code: string): string => (code === '' || code === 'U' ? '' : said(SEX, code));
/** Empty for unpaired organs: no side is to be mistaken. */
export const sideWord = (code: string): string => (code === '' || code === 'U' ? '' : said(SIDE, code));
export const encounterWord = (code: string | null): string => (code === null ? '' : said(ENCOUNTER, code));
export const statusWord = (code: string): string => said(STATUS, code);
export const significanceWord = (code: string): string => said(SIGNIFICANCE, code);

export function ageWord(birthDate: string | null, at: Date, t: Say<typeof Ui>): string {
  return birthDate === null ? '' : age(birthDate, at, t);
}

export const stateLook = (line: Line): StateLook => lookOf(READING, line.state);
export const priorityLook = (line: Line): StateLook => lookOf(PRIORITY, line.priority);

/** Items that name their modality, as people do: DR stands for DICOM's DX and CR. */
const NAMED = /^(?:CT|MRI?|DR|CR|DX|US|MG|RF|XA)\b/u;

/** CT 胸部平扫: the requested item, else what the images say. */
export function studyTitle(line: Line): string {
  return titled(line.item === '' ? line.body_site : line.item, line.modalities);
}
export const titled = (item: string, modalities: readonly string[]): string =>
  NAMED.test(item) ? item : `${modalities.join('/')} ${item}`.trim();

/** Whether this person writes: an interpretation in progress and mine. */
export function isMine(line: Line, practitioner: string | undefined): boolean {
  return line.claimed_by !== null && line.claimed_by === practitioner;
}

/** The page of a reading: the verify page while somebody verifies, else the desk. */
export function pageOf(line: Line): string {
  const verifying = ['awaiting-verification', 'awaiting-formal-review', 'verifying'].includes(line.state);
  return verifying ? `/readings/${line.id}/verify` : `/readings/${line.id}`;
}
