import { describe, expect, it } from 'vitest';
import { revocable, stateOf } from '@/pages/exchange/givenLinks';

const NOW = new Date('2026-11-23T01:12:00Z');
const LINK = { opened_at: null, view_until: null, use_before: '2026-11-23T01:20:00Z', revoked_at: null };

describe('a one-time link', () => {
  it('waits, is looked through, and is over by itself', () => {
    expect(stateOf(LINK, NOW)).toBe('waiting');
    expect(stateOf({ ...LINK, use_before: '2026-11-23T01:12:00Z' }, NOW)).toBe('expired');
    const opened = { ...LINK, opened_at: '2026-11-23T01:10:00Z', view_until: '2026-11-23T01:40:00Z' };
    expect(stateOf(opened, NOW)).toBe('viewing');
    expect(stateOf({ ...opened, view_until: '2026-11-23T01:12:00Z' }, NOW)).toBe('viewed');
    expect(stateOf({ ...opened, revoked_at: '2026-11-23T01:11:00Z' }, NOW)).toBe('revoked');
  });

  it('is revoked only while somebody may look', () => {
    expect((['waiting', 'viewing', 'viewed', 'expired', 'revoked'] as const).filter(revocable)).toEqual(['waiting', 'viewing']);
  });
});
