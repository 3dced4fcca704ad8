import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { zh } from '@/i18n/zh-CN/quarantine';
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
