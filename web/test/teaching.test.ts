import { expect, it } from 'vitest';
import { nextUndecided } from '@/pages/teaching/teaching';

const flagged = { state: 'copied' as const, grounds: ['capture'], verdict: '' };
const cleared = { state: 'copied' as const, grounds: ['capture'], verdict: 'clear' };
const plain = { state: 'copied' as const, grounds: [], verdict: '' };

it('goes from one flagged image to the next that is still to be looked at, and round to those before', () => {
  const images = [plain, flagged, cleared, plain, flagged];
  expect(nextUndecided(images, 0)).toBe(1);
  expect(nextUndecided(images, 1)).toBe(1);
  expect(nextUndecided(images, 2)).toBe(4);
  expect(nextUndecided(images, 5)).toBe(1);
});

it('finds none where each was looked at', () => {
  expect(nextUndecided([plain, cleared], 0)).toBe(-1);
});
