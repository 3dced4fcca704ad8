import { describe, expect, it } from 'vitest';
import { lookOfUse, LOOKS } from '@/pages/break-glass/looks';
import { inForce, type OpenRecord } from '@/session/breakGlass';

const record = { id: 'u', opened_at: '2026-11-23T01:12:00Z', expires_at: '2026-11-23T02:12:00Z' } as OpenRecord;
const at = (time: string): Date => new Date(`2026-11-23T${time}Z`);

describe('records open by break-glass', () => {
  it('count until their time, and not at it', () => {
    expect(inForce([record], at('02:11:59'), 0)).toEqual([record]);
    expect(inForce([record], at('02:12:00'), 0)).toEqual([]);
  });
  it('follow the clock of the server where this PC is slow or fast', () => {
    const fiveMinutes = 300_000;
    expect(inForce([record], at('02:08:00'), fiveMinutes)).toEqual([]);
    expect(inForce([record], at('02:16:00'), -fiveMinutes)).toEqual([record]);
  });
});

describe('a use under review', () => {
  it('is open, waits, or carries its verdict', () => {
    expect(lookOfUse({ verdict: '', standing: 'in-force' })).toBe(LOOKS['in-force']);
    expect(lookOfUse({ verdict: '', standing: 'expired' })).toBe(LOOKS.waiting);
    expect(lookOfUse({ verdict: '', standing: 'ended' })).toBe(LOOKS.waiting);
    expect(lookOfUse({ verdict: 'not-justified', standing: 'in-force' })).toBe(LOOKS['not-justified']);
    expect(lookOfUse({ verdict: 'justified', standing: 'expired' })).toBe(LOOKS.justified);
  });
});
