/** How a receiver stands and why a message did not arrive, in the words of the page. */
import { describe, expect, it } from 'vitest';
import { zh } from '@/i18n/zh-CN/outgoing';
import { faultOf, kindOf, standingOf, urgencyOf } from '@/pages/exchange/outgoing';

const NOW = new Date('2026-11-23T01:12:00Z');

describe('a receiver', () => {
  it.each([
    ['on', 0, null, 'on'],
    ['on', 1, null, 'failing'],
    ['on', 5, '2026-11-23T01:13:00Z', 'resting'],
    ['on', 5, '2026-11-23T01:11:00Z', 'failing'],
    ['gone', 9, '2026-11-23T01:13:00Z', 'gone'],
    ['removed', 0, null, 'removed'],
  ] as const)('%s after %i failures, resting until %s: %s', (state, failures, rests_until, expected) => {
    expect(standingOf({ state, failures, rests_until }, NOW)).toBe(expected);
  });
});

describe('a message', () => {
  it.each([
    ['', null, 'none'],
    ['', 204, 'none'],
    ['', 503, 'later'],
    ['', 429, 'later'],
    ['', 422, 'refused'],
    ['refused-422', 422, 'refused'],
    ['redirected', 302, 'redirected'],
    ['receiver-gone', 410, 'gone'],
    ['too-old', 500, 'old'],
    ['no-answer-in-time', null, 'late'],
    ['certificate', null, 'certificate'],
    ['unreachable', null, 'unreachable'],
    ['no-answer', null, 'away'],
  ] as const)('%s %s: %s', (last_fault, last_status, expected) => expect(faultOf({ last_fault, last_status })).toBe(expected));
  it('has a word for its kind and urgency', () => {
    expect(zh.kind[kindOf('consultation.due-soon')]).toBe('即将超时');
    expect(zh.kind[kindOf('room.knocked')]).toBe('有人等候入室');
    expect(urgencyOf('routine')).toBeUndefined();
    expect(urgencyOf('urgent')).toBe('urgent');
  });
});
