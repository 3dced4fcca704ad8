import { describe, expect, it } from 'vitest';
import { blank, dueOf, factOf, lastDay, monthOf, type Form, type StandingLine } from '@/pages/quality/quality';

const entered = (changed: Partial<Form>): Form => ({
  ...blank(), programme: ' EQA ', round: '1', items: ['lab.hba1c'], begins: '2026-01-15', ends: '2026-02-14', published: '2026-03-02', day: '2026-03-02',
  evaluation: 'e1', label: 'HR', ...changed,
});

describe('what was entered', () => {
  it('is an evaluation with its days, and without what does not belong to it', () => {
    expect(factOf(entered({ retroactive: '2026-01-01', region: '23' }))).toEqual({
      kind: 'evaluation', programme: 'EQA', round: '1', basis: 'external-quality-assessment', items: ['lab.hba1c'], outcome: 'pass', device: null, score: '',
      mark: { kind: 'national', label: 'HR', region: '' }, period_begins: '2026-01-15', period_ends: '2026-02-14', published: '2026-03-02', next_due: null, retroactive_from: null,
    });
    expect(factOf(entered({ outcome: 'fail', retroactive: '2026-01-01' }))).toMatchObject({ retroactive_from: '2026-01-01' });
    expect(factOf(entered({ mark: 'region', region: '23' }))).toMatchObject({ mark: { kind: 'region', region: '23' } });
  });

  it.each([{ programme: ' ' }, { round: '' }, { label: '' }, { items: [] }, { begins: '' }, { ends: '' }, { published: '' }, { basis: 'x' }, { outcome: 'x' }, { mark: 'x' }])(
    'is nothing yet while something is missing: %o',
    (missing) => expect(factOf(entered(missing))).toBeUndefined(),
  );

  it('names the reader of what the county reads, and of nothing else', () => {
    const agreement = entered({ kind: 'agreement', agreedBy: 'county-remote-reading', reader: 'o1' });
    expect(factOf(agreement)).toMatchObject({ kind: 'agreement', reader: 'o1', last_day: '2026-02-14' });
    expect(factOf({ ...agreement, reader: '' })).toBeUndefined();
    expect(factOf({ ...agreement, agreedBy: 'community-document' })).toMatchObject({ reader: null });
  });

  it('reaches back only where it withdraws', () => {
    const ruling = entered({ kind: 'ruling', retroactive: '2026-01-01' });
    expect(factOf(ruling)).toMatchObject({ ruling: 'withdraw', retroactive_from: '2026-01-01', device: null });
    expect(factOf({ ...ruling, ruling: 'reinstate' })).toMatchObject({ retroactive_from: null });
    expect(factOf({ ...ruling, programme: '' })).toBeUndefined();
  });

  it('is a revocation, a change or a verification of a day', () => {
    expect(factOf(entered({ kind: 'revocation' }))).toEqual({ kind: 'revocation', evaluation: 'e1', day: '2026-03-02' });
    expect(factOf(entered({ kind: 'revocation', evaluation: '' }))).toBeUndefined();
    expect(factOf(entered({ kind: 'change', device: ' G8-A ' }))).toEqual({ kind: 'change', items: ['lab.hba1c'], day: '2026-03-02', device: 'G8-A' });
    expect(factOf(entered({ kind: 'verification', day: '' }))).toBeUndefined();
  });
});

describe('due rounds', () => {
  const line = (changed: Partial<StandingLine>): StandingLine => ({
    organization_id: 'o', organization_name: 'O', programme: 'p', basis: 'external-quality-assessment', mark: 'HR', device: '', state: 'active',
    begins: '2026-01-01T00:00:00Z', ends: '2026-10-01T00:00:00Z', due: '2026-09-01T00:00:00Z', items: [], item_count: 1, ...changed,
  });
  it('come in the order of their days; what is suspended or withdrawn waits for none', () => {
    const late = line({ due: '2026-12-01T00:00:00Z' });
    const lines = [late, line({}), line({ due: null }), line({ state: 'suspended' }), line({ state: 'withdrawn' })];
    expect(dueOf(lines).map((one) => one.due)).toEqual(['2026-09-01T00:00:00Z', '2026-12-01T00:00:00Z']);
  });
  it('are grouped by the month of the county, and a period ends on its last day', () => {
    expect(monthOf('2026-08-31T16:00:00Z')).toBe('2026-09');
    expect(lastDay('2026-02-14T16:00:00Z')).toBe('2026-02-14');
  });
});
