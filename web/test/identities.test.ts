import { expect, it } from 'vitest';
import { compared, stateOf, type Review } from '@/pages/patient/identities';

const person = (changed: Partial<Review['patient']> = {}): Review['patient'] =>
  ({ name: '王桂兰', pinyin: 'Wang Guilan', sex: 'F', birth_date: '1956-03-14', phone: '139', address: '青石镇', organization_name: '青石镇卫生院', ...changed }) as Review['patient'];
const lines = (changed: Partial<Review['patient']>): Record<string, string> =>
  Object.fromEntries(compared({ other: person(), patient: person(changed) }).map((line) => [line.field, line.equality]));

it('says what is the same, what differs and what one does not say', () => {
  expect(Object.values(lines({}))).toEqual(Array.from({ length: 7 }, () => 'same'));
  expect(lines({ name: '王贵兰' })).toMatchObject({ name: 'different', pinyin: 'same' });
  expect(lines({ birth_date: null })).toMatchObject({ birth: 'missing' });
  expect(lines({ sex: 'U' })).toMatchObject({ sex: 'missing' });
  expect(lines({ pinyin: 'WANG  GUILAN' })).toMatchObject({ pinyin: 'same' });
});

it('shows an open pair that somebody could not decide as such', () => {
  expect(stateOf({ state: 'open', doubt: '' }).zh).toBe('待核对');
  expect(stateOf({ state: 'open', doubt: '电话未接通' }).zh).toBe('尚不能确定');
  expect(stateOf({ state: 'same-person', doubt: '电话未接通' }).zh).toBe('是同一人');
});
