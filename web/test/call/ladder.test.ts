import { describe, expect, it } from 'vitest';
import { allowed, AT_FIRST, choose, CLIMB_MS, FALL_MS, holding, LOW_MS, measured, nothing, RUNGS, type Ladder, type Measurement } from '@/call/ladder';
import { en } from '@/i18n/en/call';
import { zh } from '@/i18n/zh-CN/call';

const FINE = { kbits: 2_000, saturated: false, loss: 0, rtt: 40 };
const full = (kbits: number): Omit<Measurement, 'at'> => ({ kbits, saturated: true, loss: 0, rtt: 40 });

/** A measurement each second. */
function during(ladder: Ladder, seconds: number, line: Omit<Measurement, 'at'>, from = 0): Ladder {
  let next = ladder;
  for (let second = 0; second <= seconds; second += 1) next = measured(next, { ...line, at: from + second * 1_000 });
  return next;
}
const at = (rung: Ladder['rung']): Ladder => ({ ...AT_FIRST, rung });

describe('what each rung leaves', () => {
  it('is one thing less each time, and never the voice', () => {
    const left = RUNGS.map((rung) => Object.values(allowed(rung)).filter(Boolean).length);
    expect(left).toEqual([5, 4, 3, 2, 1, 0]);
    expect(Object.keys(allowed('audio-only'))).not.toContain('microphone');
  });
  it('goes in the order: others’ cameras, own camera, screen, images ahead, images that follow', () => {
    expect(allowed('without-others-cameras')).toMatchObject({ othersCameras: false, ownCamera: true });
    expect(allowed('without-own-camera')).toMatchObject({ ownCamera: false, screen: true });
    expect(allowed('without-screen')).toMatchObject({ screen: false, prefetch: true });
    expect(allowed('without-prefetch')).toMatchObject({ prefetch: false, following: true });
  });
  it('has words in both languages, as a state and as a choice', () => {
    for (const rung of RUNGS) {
      for (const words of [zh, en]) {
        expect(words.rung[rung]).not.toBe('');
        expect(words.choice[rung]).not.toBe('');
      }
    }
  });
});

describe('falling', () => {
  it.each([
    [700, 'full'],
    [699, 'without-others-cameras'],
    [300, 'without-own-camera'],
    [130, 'without-screen'],
    [70, 'without-prefetch'],
    [40, 'audio-only'],
    [5, 'audio-only'],
  ] as const)('with %i kbit/s goes at once to what is carried: %s', (kbits, rung) => {
    expect(during(AT_FIRST, FALL_MS / 1_000, full(kbits)).rung).toBe(rung);
  });
  it('takes some seconds: a moment is no reason', () => {
    const before = during(AT_FIRST, FALL_MS / 1_000 - 1, full(100));
    expect(before.rung).toBe('full');
    expect(measured(before, { ...FINE, at: 3_500 }).badSince).toBeUndefined();
  });
  it('does not follow from sending little: nothing more was to be sent', () => {
    expect(during(AT_FIRST, 60, { ...FINE, kbits: 100 }).rung).toBe('full');
  });
  it.each([{ loss: 0.12 }, { rtt: 1_200 }])('goes by a rung where packets are lost or late: %o', (bad) => {
    expect(during(AT_FIRST, FALL_MS / 1_000, { ...FINE, ...bad }).rung).toBe('without-others-cameras');
  });
  it('does not follow from a line that is broken: it is whole again or it is not', () => {
    expect(during(AT_FIRST, 60, { ...FINE, ...nothing(0) }).rung).toBe('full');
  });
  it('ends at the voice', () => {
    expect(during(at('audio-only'), 60, { ...FINE, loss: 0.5 }).rung).toBe('audio-only');
  });
});

describe('climbing', () => {
  it('takes longer than falling and goes rung by rung', () => {
    expect(during(at('audio-only'), CLIMB_MS / 1_000 - 1, FINE).rung).toBe('audio-only');
    expect(during(at('audio-only'), CLIMB_MS / 1_000, FINE).rung).toBe('without-prefetch');
    expect(during(at('audio-only'), (5 * CLIMB_MS) / 1_000, FINE).rung).toBe('full');
  });
  it('wants room to spare, so that a line just below a rung does not swing', () => {
    const line = full(460);
    expect(during(at('without-own-camera'), 300, line).rung).toBe('without-own-camera');
    expect(during(at('without-own-camera'), 15, full(570)).rung).toBe('without-others-cameras');
  });
  it('is tried less and less often when it fails', () => {
    let ladder = at('without-own-camera');
    let now = 0;
    const climbs: number[] = [];
    for (let second = 0; second < 400; second += 1) {
      const before = RUNGS.indexOf(ladder.rung);
      now += 1_000;
      // The line carries 300 kbit/s; more shows only when it is tried.
      const line = before < 2 ? full(300) : FINE;
      ladder = measured(ladder, { ...line, at: now });
      if (RUNGS.indexOf(ladder.rung) < before) climbs.push(now);
    }
    const pauses = climbs.slice(1).map((climb, index) => climb - (climbs[index] ?? 0));
    expect(pauses.length).toBeGreaterThan(2);
    expect([...pauses].sort((one, other) => one - other)).toEqual(pauses);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(120_000);
  });
});

describe('an answer in writing', () => {
  it('is offered after 20 s below what a voice needs, not before, and the voice goes on', () => {
    expect(during(AT_FIRST, LOW_MS / 1_000 - 1, full(20)).offersAsync).toBe(false);
    const offered = during(AT_FIRST, LOW_MS / 1_000, full(20));
    expect(offered).toMatchObject({ offersAsync: true, rung: 'audio-only' });
  });
  it('is offered when nothing at all comes, too', () => {
    expect(during(AT_FIRST, LOW_MS / 1_000, { ...FINE, ...nothing(0) }).offersAsync).toBe(true);
  });
  it('near miss: 30 kbit/s are enough', () => {
    expect(during(AT_FIRST, 120, full(30)).offersAsync).toBe(false);
  });
  it('is offered where the voice is all that is left and still does not come through', () => {
    for (const bad of [{ loss: 0.2 }, { rtt: 1_500 }]) {
      expect(during(at('audio-only'), LOW_MS / 1_000, { ...FINE, ...bad }).offersAsync).toBe(true);
      expect(during(at('without-prefetch'), 3, { ...FINE, ...bad }).offersAsync).toBe(false);
    }
  });
  it('is offered on a line that swings about what a voice needs, and not where the voice is good in between', () => {
    const swing = (between: Partial<Measurement>): Ladder => {
      let ladder = at('audio-only');
      for (let second = 0; second < 30; second += 1) {
        const line = second % 2 === 0 ? full(25) : { ...full(32), ...between };
        ladder = measured(ladder, { ...line, at: second * 1_000 });
      }
      return ladder;
    };
    expect(swing({ rtt: 800 }).offersAsync).toBe(true);
    expect(swing({ rtt: 300 }).offersAsync).toBe(false);
  });
  it('is not offered for a silence', () => {
    expect(during(AT_FIRST, 120, { ...FINE, kbits: 10 }).offersAsync).toBe(false);
  });
  it('is offered until the voice has been back for as long', () => {
    const offered = during(AT_FIRST, 20, full(20));
    expect(during(offered, 19, FINE, 21_000).offersAsync).toBe(true);
    expect(during(offered, 20, FINE, 21_000).offersAsync).toBe(false);
  });
});

describe('a person’s choice', () => {
  it('holds against the line, either way, and what the line would have stays known', () => {
    const up = during(choose(AT_FIRST, 'full'), 10, full(100));
    expect([holding(up), up.rung]).toEqual(['full', 'without-prefetch']);
    const down = during(choose(AT_FIRST, 'audio-only'), 10, FINE);
    expect([holding(down), down.rung]).toEqual(['audio-only', 'full']);
  });
  it('is taken back by following the line', () => {
    expect(holding(choose(choose(AT_FIRST, 'audio-only'), undefined))).toBe('full');
  });
});
