import { describe, expect, it } from 'vitest';
import { counted, FROZEN_MS, hopeless, SILENT_MS, watching, WELL_MS, type Counts, type Restart, type Watch } from '@/call/watchdog';

/** A second each; `flows` says what comes in it. */
function during(
  watch: Watch,
  from: number,
  seconds: number,
  flows: { readonly picture?: boolean; readonly voice?: boolean },
  more: Partial<Counts> = {},
): readonly [Watch, readonly (readonly [number, Restart])[]] {
  let state = watch;
  const restarts: [number, Restart][] = [];
  for (let second = from; second < from + seconds; second += 1) {
    const frames = flows.picture === false ? state.frames : state.frames + 15;
    const voice = flows.voice === false ? state.voice : state.voice + 50;
    const now = { at: second * 1_000, expectsPicture: true, expectsVoice: true, frames, voice, ...more };
    const [next, restart] = counted(state, now);
    state = next;
    if (restart !== undefined) restarts.push([second, restart]);
  }
  return [state, restarts];
}

describe('a picture that stands still', () => {
  it('is begun anew by other paths first, then from nothing, then ever more seldom', () => {
    const [well] = during(watching(0), 1, 10, {});
    const [frozen, restarts] = during(well, 11, 140, { picture: false });
    expect(restarts).toEqual([
      [15, 'paths'],
      [25, 'connection'],
      [40, 'connection'],
      [70, 'connection'],
      [130, 'connection'],
    ]);
    expect(frozen.trouble).toBe('picture');
    expect(hopeless(frozen)).toBe(true);
  });
  it('near miss: it moves again just in time', () => {
    const [well] = during(watching(0), 1, 10, {});
    const [, restarts] = during(well, 11, FROZEN_MS / 1_000 - 1, { picture: false });
    expect(restarts).toEqual([]);
  });
  it('is none where no picture is due', () => {
    const [watch, restarts] = during(watching(0), 1, 60, { picture: false }, { expectsPicture: false });
    expect([watch.trouble, restarts]).toEqual(['none', []]);
  });
  it('is none where the connection was made anew and counts from nothing', () => {
    const [well] = during(watching(0), 1, 10, {});
    const [state, restart] = counted(well, { at: 12_000, expectsPicture: true, expectsVoice: true, frames: 3, voice: 9 });
    expect([state.trouble, restart]).toEqual(['none', undefined]);
  });
});

describe('a voice that is not heard', () => {
  it('is begun anew though the picture moves', () => {
    const [well] = during(watching(0), 1, 10, {});
    const [watch, restarts] = during(well, 11, SILENT_MS / 1_000, { voice: false });
    expect([watch.trouble, restarts]).toEqual(['voice', [[18, 'paths']]]);
  });
  it('is none of a person without a microphone', () => {
    const [watch, restarts] = during(watching(0), 1, 60, { voice: false }, { expectsVoice: false });
    expect([watch.trouble, restarts]).toEqual(['none', []]);
  });
});

it('what went well for a while begins with the mildest again', () => {
  const [frozen] = during(watching(0), 1, 29, { picture: false });
  expect(frozen.restarts).toBe(2);
  const [shortly] = during(frozen, 30, WELL_MS / 1_000, {});
  expect(shortly.restarts).toBe(2);
  const [well] = during(shortly, 40, 2, {});
  expect(well.restarts).toBe(0);
  expect(during(well, 50, 10, { picture: false })[1]).toEqual([[expect.any(Number), 'paths']]);
});
