import { expect, it } from 'vitest';
import { isTime, moment } from '@/pages/order-check/intervening';

it.each(['00:00', '09:30', '23:59'])('takes %s for a time', (text) => expect(isTime(text)).toBe(true));
it.each(['', '9:30', '24:00', '12:60', '12:3', '12:30 ', '午时'])('takes %s for none', (text) => expect(isTime(text)).toBe(false));
it('means the county’s clock, wherever the browser is', () => {
  expect(new Date(moment('2026-11-23', '00:30')).toISOString()).toBe('2026-11-22T16:30:00.000Z');
});
