/** What speaks against somebody by role, and for whom a consultation waits. */
import { describe, expect, it } from 'vitest';
import { waitsForMe } from '@/pages/consultations/acts';
import { stopsOf, warnsOf } from '@/pages/room/members';

const against = [
  { role: 'participant' as const, concerns: ['agreement-missing', 'licence-missing'], stops: ['licence-missing'] },
  { role: 'audience' as const, concerns: ['agreement-missing'], stops: [] },
];

describe('what speaks against somebody', () => {
  it('is said by role, what stops apart from what is written down', () => {
    expect(stopsOf({ against }, 'participant')).toEqual(['licence-missing']);
    expect(warnsOf({ against }, 'participant')).toEqual(['agreement-missing']);
    expect(stopsOf({ against }, 'audience')).toEqual([]);
    expect(warnsOf({ against }, 'audience')).toEqual(['agreement-missing']);
  });
  it('is nothing in a role that is not told', () => {
    expect(stopsOf({ against: [] }, 'audience')).toEqual([]);
    expect(warnsOf({ against: [] }, 'audience')).toEqual([]);
  });
});

describe('a consultation to which somebody was added', () => {
  const row = { you: [], starts_at: null, consent_due_at: null, addenda_owed: 0 };
  const now = new Date('2026-11-27T08:00:00Z');
  it.each(['accepted', 'scheduled', 'in-session', 'missed', 'failed'])('waits for them while it is %s', (state) => {
    expect(waitsForMe({ ...row, state, member: 'audience' }, now)).toBe(true);
    expect(waitsForMe({ ...row, state, member: '' }, now)).toBe(false);
  });
  it.each(['offered', 'returned', 'archived'])('does not while it is %s', (state) => {
    expect(waitsForMe({ ...row, state, member: 'participant' }, now)).toBe(false);
  });
});
