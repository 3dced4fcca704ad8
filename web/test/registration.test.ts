import { expect, it } from 'vitest';
import { blank, bodyOf, faultOf, isAnybody, nextOfVisit, yearsSince } from '@/pages/registration/form';
import { isDicom, multipart, outcomeOf, portions, sizeWords } from '@/pages/technician/upload';

it('sends what a registrar typed, and nothing that the kind of person rules out', () => {
  const typed = { ...blank('陈小雨'), number: '239999195603140024', name: ' 王桂兰 ', birthDate: '1956-03-14', ageYears: '70' };
  const body = bodyOf(typed, 'a');
  expect(body.person).toMatchObject({ name: '王桂兰', birth_date: '1956-03-14', age_years: null });
  expect(body.person.document).toEqual({ kind: 'national-id', number: '239999195603140024', country: '' });
  expect(bodyOf({ ...typed, who: 'unidentified' }, 'a').person).toMatchObject({ document: null, birth_date: null, unidentified: true });
});

it('makes an emergency urgent, and forgets its class when it is none', () => {
  const typed = { ...blank(''), encounter: 'emergency' as const, emergencyClass: 'stroke' };
  expect(bodyOf(typed, 'a')).toMatchObject({ priority: 'stat', emergency_class: 'stroke' });
  expect(bodyOf({ ...typed, encounter: 'outpatient' }, 'a')).toMatchObject({ priority: 'routine', emergency_class: null });
});

it('states the hour of a birth in the zone of the county', () => {
  const typed = { ...blank(''), who: 'newborn' as const, motherId: 'm', bornDay: '2026-11-23', bornTime: '04:05' };
  expect(bodyOf(typed, 'a').person.newborn?.born_at).toBe('2026-11-23T04:05:00+08:00');
  expect(bodyOf({ ...typed, motherId: '' }, 'a').person.newborn).toBeNull();
});

it('asks the server as soon as a card was scanned', () => {
  expect(isAnybody(blank(''))).toBe(false);
  expect(isAnybody({ ...blank(''), number: '2399' })).toBe(true);
  expect(isAnybody({ ...blank(''), who: 'newborn', name: '张桂兰之子' })).toBe(false);
});

it('keeps the person and asks the examination anew for the same visit', () => {
  const next = nextOfVisit({ ...blank(''), name: '王桂兰', item: 'DR', laterality: 'L' }, 'p', 'r');
  expect(next).toMatchObject({ patientId: 'p', visitOf: 'r', name: '王桂兰', item: '', laterality: 'U' });
});

it('does not show advice as an error of a field', () => {
  const text = { zh: '', en: '' };
  expect(faultOf([{ field: 'history', code: 'a', weight: 'advice', text }], 'history')).toBeUndefined();
  expect(faultOf([{ field: 'item', code: 'b', weight: 'required', text }], 'item')?.code).toBe('b');
});

it('counts completed years', () => {
  const day = new Date('2026-11-22T04:00:00Z');
  expect(yearsSince('1956-11-22', day)).toBe(70);
  expect(yearsSince('1956-11-23', day)).toBe(69);
});

it('sends files in portions that show progress', () => {
  const files = [5, 5, 1, 9].map((mb) => ({ file: { size: mb * 1024 * 1024 } }));
  expect(portions(files).map((one) => one.length)).toEqual([1, 2, 1]);
  expect(portions(Array.from({ length: 120 }, () => ({ file: { size: 1 } }))).map((one) => one.length)).toEqual([50, 50, 20]);
  expect(portions([])).toEqual([]);
});

it('frames each file as a part of multipart/related', async () => {
  const text = await multipart([new Blob(['one']), new Blob(['two'])], 'b').text();
  expect(text).toBe('--b\r\nContent-Type: application/dicom\r\n\r\none\r\n--b\r\nContent-Type: application/dicom\r\n\r\ntwo\r\n--b--\r\n');
});

it('reads what became of each file: stored, there already, refused and why', () => {
  const files = ['a', 'b', 'c'].map((name) => ({ path: ['CD', name], file: new File([], name) }));
  const comment = (text: string): object => ({ '00000902': { vr: 'LO', Value: [text] } });
  const answer = {
    '00081199': { vr: 'SQ', Value: [{}, comment('part 3: already-stored')] },
    '00081198': { vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [0xc000] }, ...comment('part 2: data-set-truncated') }] },
  };
  const fates = (given: unknown): string[] => outcomeOf(given, files).map((one) => `${one.result} ${one.reason}`.trim());
  expect(fates(answer)).toEqual(['stored', 'refused data-set-truncated', 'known']);
  expect(fates([answer])).toEqual(fates(answer));
  expect(fates({})).toEqual(['stored', 'stored', 'stored']);
});

it('takes files with DICM behind the preamble, and no DICOMDIR', async () => {
  const bytes = new Uint8Array(140);
  bytes.set([0x44, 0x49, 0x43, 0x4d], 128);
  expect(await isDicom(new File([bytes], 'IM0001'))).toBe(true);
  expect(await isDicom(new File([bytes], 'DICOMDIR'))).toBe(false);
  expect(await isDicom(new File([new Uint8Array(140)], 'x'))).toBe(false);
  expect(await isDicom(new File(['short'], 'x'))).toBe(false);
});

it('says sizes as people read them', () => {
  expect([900, 41_000_000, 1_500_000, 2_100_000_000].map(sizeWords)).toEqual(['1 KB', '41 MB', '1.5 MB', '2.1 GB']);
});
