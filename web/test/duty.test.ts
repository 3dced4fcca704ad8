import { describe, expect, it } from 'vitest';
import { ringing, ringOf } from '@/pages/duty/alarm';
import { beginningOf, daysFrom, forceOf, mondayOf, myTurn, onDuty, plusDays, toSignIn, turnOf, withinDay, type Shift } from '@/pages/duty/duty';

const NOW = new Date('2026-11-27T06:00:00Z'); // 14:00 in the county, a Friday
type Turn = Pick<Shift, 'id' | 'department' | 'line' | 'begins' | 'ends' | 'signed_in_at' | 'practitioner_id'>;
const shift = (id: string, changed: Partial<Turn> = {}): Turn => ({
  id, department: '03', line: 1, begins: '2026-11-27T00:00:00Z', ends: '2026-11-27T12:00:00Z', signed_in_at: null, practitioner_id: 'me', ...changed,
});

describe('who is on duty', () => {
  it('stands by department and line, who has signed in first; the end is no more', () => {
    const all = [shift('second', { line: 2 }), shift('late'), shift('here', { signed_in_at: '2026-11-27T00:05:00Z' }), shift('over', { ends: '2026-11-27T06:00:00Z' }), shift('other', { department: '02' })];
    expect(onDuty(all, NOW).map((one) => one.id)).toEqual(['other', 'here', 'late', 'second']);
  });
  it('signs in from an hour before until the end, once, for oneself', () => {
    const soon = shift('soon', { begins: '2026-11-27T06:59:00Z' });
    expect(toSignIn([soon], 'me', NOW)?.id).toBe('soon');
    expect(toSignIn([soon], 'you', NOW)).toBeUndefined();
    expect(toSignIn([{ ...soon, begins: '2026-11-27T07:01:00Z' }], 'me', NOW)).toBeUndefined();
    expect(toSignIn([{ ...soon, signed_in_at: '2026-11-27T06:00:00Z' }], 'me', NOW)).toBeUndefined();
    expect(myTurn([shift('next', { begins: '2026-11-28T00:00:00Z', ends: '2026-11-28T12:00:00Z' }), shift('now')], 'me', NOW)?.id).toBe('now');
  });
});

describe('the week', () => {
  it('begins on Monday in the county, also when it is still Sunday in Greenwich', () => {
    expect(mondayOf(NOW)).toBe('2026-11-23');
    expect(mondayOf(new Date('2026-11-22T17:00:00Z'))).toBe('2026-11-23');
    expect(mondayOf(new Date('2026-11-22T15:00:00Z'))).toBe('2026-11-16');
    expect(daysFrom('2026-11-30').at(-1)).toBe('2026-12-06');
    expect(plusDays('2026-03-01', -1)).toBe('2026-02-28');
    expect(beginningOf('2026-11-27')).toBe('2026-11-26T16:00:00.000Z');
  });
  it('shows of a night turn what falls into each day', () => {
    const night = { begins: '2026-11-27T12:00:00Z', ends: '2026-11-28T00:00:00Z' };
    expect(withinDay(night, '2026-11-27')).toEqual({ from: '20:00', to: '24:00' });
    expect(withinDay(night, '2026-11-28')).toEqual({ from: '00:00', to: '08:00' });
    expect(withinDay(night, '2026-11-29')).toBeUndefined();
  });
  it('takes an end that is not later for the next day', () => {
    expect(turnOf('2026-11-27', '20:00', '08:00')).toEqual({ begins: '2026-11-27T12:00:00.000Z', ends: '2026-11-28T00:00:00.000Z' });
    expect(turnOf('2026-11-27', '08:00', '20:00')).toEqual({ begins: '2026-11-27T00:00:00.000Z', ends: '2026-11-27T12:00:00.000Z' });
    expect(turnOf('', '08:00', '20:00')).toBeUndefined();
  });
  it('knows whether an agreement is in force', () => {
    const one = { valid_from: '2026-01-01', valid_until: '2026-11-27' };
    expect([forceOf(one, '2025-12-31'), forceOf(one, '2026-11-27'), forceOf(one, '2026-11-28'), forceOf({ ...one, valid_until: null }, '2030-01-01')]).toEqual(['notYet', 'inForce', 'over', 'inForce']);
  });
});

describe('the alarm', () => {
  const offered = { id: 'c1', state: 'offered', urgency: 'immediate' as const, due_at: '2026-11-27T06:02:00Z' };
  it('is silenced for this asking, and rings again when somebody else is asked', () => {
    const silenced = new Set([ringOf(offered)]);
    expect(ringing([offered], new Set())).toEqual([offered]);
    expect(ringing([offered], silenced)).toEqual([]);
    expect(ringing([{ ...offered, due_at: '2026-11-27T06:04:00Z' }], silenced)).toHaveLength(1);
    expect(ringing([{ ...offered, state: 'accepted' }, { ...offered, urgency: 'routine' as const }], new Set())).toEqual([]);
  });
});
