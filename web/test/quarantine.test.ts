import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { zh } from '@/i18n/zh-CN/quarantine';
import { zh as laboratory } from '@/i18n/zh-CN/labQuarantine';
import { stepOf } from '@/pages/quarantine/laboratory';
import { discardBrings, nextOf, releaseBrings, sizeOf } from '@/pages/quarantine/steps';

const item = (reason: string, releasable: boolean, state = 'open'): { reason: string; releasable: boolean; state: string } => ({ reason, releasable, state });

it('sends a person to what the server will do', () => {
  expect(nextOf(item('study-of-another-patient', true))).toBe('check');
  expect(nextOf(item('sender-unknown', true))).toBe('enrol');
  expect(nextOf(item('pixel-data-too-short', false))).toBe('resend');
  expect(nextOf(item('instance-changed', false))).toBe('renumber');
  expect(nextOf(item('not-indexable', false))).toBe('administrator');
});

it('never points at a release that would be refused', () => {
  expect(nextOf(item('study-of-another-patient', false))).toBe('administrator');
  expect(nextOf(item('sender-unknown', false))).toBe('administrator');
  for (const reason of Object.keys(zh.reason)) expect(['check', 'enrol']).not.toContain(nextOf(item(reason, false)));
});

it('knows what to do with a reason it has never heard of', () => {
  expect(nextOf(item('of-a-later-version', true))).toBe('check');
  expect(nextOf(item('of-a-later-version', false))).toBe('administrator');
});

it('asks nothing of what was decided', () => {
  expect(nextOf(item('sender-unknown', true, 'released'))).toBe('released');
  expect(nextOf(item('not-indexable', false, 'discarded'))).toBe('discarded');
});

it('names the patient before two statements become one person, and only then', () => {
  expect(releaseBrings('study-of-another-patient')).toContain('releasePatient');
  expect(releaseBrings('sop-class-mismatch')).toEqual(['releaseConsequence']);
  expect(releaseBrings('study-of-another-sender')).toEqual(['releaseOtherSender']);
  expect(discardBrings('study-of-another-patient')).toContain('discardStudy');
  expect(discardBrings('instance-changed')).toEqual(['discardConsequence', 'discardKept']);
});

it('has a short word for each reason of the server', () => {
  const source = readFileSync('../telemed/imaging/quarantine.py', 'utf8');
  const reasons = [...source.matchAll(/^ {4}"([a-z-]+)": Text\(/gm)].map((found) => found[1] ?? '');
  expect(reasons.length).toBeGreaterThan(10);
  expect(Object.keys(zh.reason)).toEqual(expect.arrayContaining(reasons));
});

it('says sizes in few figures', () => {
  expect(sizeOf(0)).toBe('0 B');
  expect(sizeOf(999)).toBe('999 B');
  expect(sizeOf(1024)).toBe('1 KB');
  expect(sizeOf(8_601)).toBe('8.4 KB');
  expect(sizeOf(125_829_120)).toBe('120 MB');
  expect(sizeOf(1023 * 1024)).toBe('1 MB');
});

it('has a short word for each reason of a laboratory message', () => {
  for (const path of ['../telemed/results/report.py', '../telemed/results/hl7_message.py']) {
    const source = readFileSync(path, 'utf8');
    const reasons = [...source.matchAll(/^ {4}"([a-z0-9-]+)": Text\(/gm)].map((found) => found[1] ?? '');
    expect(reasons.length).toBeGreaterThan(10);
    expect(Object.keys(laboratory.reason)).toEqual(expect.arrayContaining(reasons));
  }
});

it('sends a person of the laboratory page to what the server will do', () => {
  const one = (reason: string, releasable: boolean, assignable = false, state = 'open'): Parameters<typeof stepOf>[0] => ({ reason, releasable, assignable, state });
  const today = (against: string): NonNullable<Parameters<typeof stepOf>[1]> => ({ item: 'glucose', unit: 'mmol/L', against, against_zh: '', against_en: '' });
  expect(stepOf(one('unit-contradicts', true))).toBe('map');
  expect(stepOf(one('unit-contradicts', true), today('unit-contradicts'))).toBe('map');
  expect(stepOf(one('unit-contradicts', true), today(''))).toBe('release');
  expect(stepOf(one('unit-contradicts', false), today(''))).toBe('resend');
  expect(stepOf(one('report-of-another-patient', true), today(''))).toBe('check');
  expect(stepOf(one('id-number-wrong', false, true))).toBe('assign');
  expect(stepOf(one('not-stored', true))).toBe('administrator');
  expect(stepOf(one('not-a-number', false), today(''))).toBe('resend');
  expect(stepOf(one('unit-contradicts', true, false, 'discarded'), today(''))).toBe('discarded');
});
