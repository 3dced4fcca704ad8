import { expect, it } from 'vitest';
import { faultsOf, type ModeEdit } from '@/pages/settings/modes';

const row = (key: number, facts: Partial<ModeEdit> = {}): ModeEdit => ({ key, organization: 'a', modality: 'DX', from: '8', until: '17', mode: 'county-read', ...facts });

it('finds hours that end before they begin', () => {
  expect([...faultsOf([row(1)])]).toEqual([]);
  expect([...faultsOf([row(1, { until: '8' })])]).toEqual([[1, 'hours']]);
  expect([...faultsOf([row(1, { from: '17', until: '8' })])]).toEqual([[1, 'hours']]);
});

it('finds rows that say two things about one hour, and only those', () => {
  expect([...faultsOf([row(1), row(2, { from: '16', until: '24' })])]).toEqual([[1, 'overlap'], [2, 'overlap']]);
  for (const apart of [{ from: '17', until: '24' }, { organization: '' }, { organization: 'b' }, { modality: '' }, { modality: 'CT' }]) {
    expect([...faultsOf([row(1), row(2, apart)])]).toEqual([]);
  }
});
