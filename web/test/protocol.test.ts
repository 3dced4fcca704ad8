import { describe, expect, it } from 'vitest';
import { delayBefore, INITIAL, isAfter, OFFLINE_AFTER, parse, step, type LiveEffect, type LiveEvent, type LiveInput, type LiveState } from '@/live/protocol';

function event(cursor: string, topic = 'worklist'): LiveEvent {
  return { cursor, kind: 'study.indexed', subject: 's', topics: [topic], at: '2026-11-22T00:00:00Z', ids: {} };
}

function run(inputs: readonly LiveInput[], from: LiveState = INITIAL): { state: LiveState; effects: LiveEffect[] } {
  let state = from;
  const effects: LiveEffect[] = [];
  for (const input of inputs) {
    const [next, out] = step(state, input);
    state = next;
    effects.push(...out);
  }
  return { state, effects };
}

const hello = (epoch: string, head: string): LiveInput => ({ kind: 'message', message: { type: 'hello', epoch, head } });
const live = (cursor: string): LiveInput => ({ kind: 'message', message: { type: 'live', cursor } });
const events = (...all: LiveEvent[]): LiveInput => ({ kind: 'message', message: { type: 'events', events: all } });

describe('the event stream', () => {
  it('starts at the head, because the page has just loaded its lists', () => {
    const { state, effects } = run([{ kind: 'topics', topics: ['worklist'] }, hello('e1', '10.2')]);
    expect(effects).toEqual([{ kind: 'send', message: { type: 'subscribe', topics: ['worklist'], epoch: 'e1', after: '10.2' } }]);
    expect(state.link).toBe('connecting');
    expect(run([live('10.2')], state).state.link).toBe('online');
  });

  it('asks after the last event it delivered when it comes back', () => {
    const before = run([{ kind: 'topics', topics: ['worklist'] }, hello('e1', '10.2'), live('10.2'), events(event('11.1'))]).state;
    const after = run([{ kind: 'closed' }, hello('e1', '15.0')], before);
    expect(after.effects).toContainEqual({ kind: 'reconnect', attempt: 1 });
    expect(after.effects.at(-1)).toEqual({
      kind: 'send',
      message: { type: 'subscribe', topics: ['worklist'], epoch: 'e1', after: '11.1' },
    });
  });

  it('delivers a replayed event once', () => {
    const { effects } = run([hello('e1', '10.0'), events(event('11.1'), event('11.2')), events(event('11.2'), event('12.1'))]);
    const delivered = effects.flatMap((effect) => (effect.kind === 'deliver' ? effect.events.map((one) => one.cursor) : []));
    expect(delivered).toEqual(['11.1', '11.2', '12.1']);
  });

  it('loads everything again when the county was restored from a backup', () => {
    const before = run([hello('e1', '10.0'), live('10.0'), events(event('90.1'))]).state;
    const { state, effects } = run([{ kind: 'closed' }, hello('e2', '5.0')], before);
    expect(effects.map((effect) => effect.kind)).toEqual(['reconnect', 'reset', 'send']);
    expect(state.cursor).toBe('5.0');
    expect(run([events(event('6.1'))], state).effects.map((effect) => effect.kind)).toEqual(['deliver']);
  });

  it('loads everything again when the server no longer knows where it was', () => {
    const before = run([hello('e1', '10.0'), live('10.0')]).state;
    const { state, effects } = run([{ kind: 'message', message: { type: 'reset' } }, live('40.0')], before);
    expect(effects).toEqual([{ kind: 'reset' }]);
    expect(state).toMatchObject({ link: 'online', cursor: '40.0' });
  });

  it('says reconnecting at first and offline only after several failures', () => {
    let state = run([hello('e1', '1.1'), live('1.1')]).state;
    const links = [];
    for (let attempt = 0; attempt <= OFFLINE_AFTER; attempt += 1) {
      state = step(state, { kind: 'closed' })[0];
      links.push(state.link);
    }
    expect(links).toEqual(['reconnecting', 'reconnecting', 'reconnecting', 'offline', 'offline']);
    expect(run([hello('e1', '1.1'), live('1.1')], state).state).toMatchObject({ link: 'online', attempts: 0 });
  });

  it('says connecting while it has never been live, and offline when it cannot be', () => {
    const tried = run([{ kind: 'closed' }, { kind: 'closed' }]).state;
    expect(tried.link).toBe('connecting');
    expect(run([{ kind: 'closed' }, { kind: 'closed' }], tried).state.link).toBe('offline');
  });

  it('says offline at once when the PC has lost its network', () => {
    expect(run([hello('e1', '1.1'), live('1.1'), { kind: 'network-lost' }]).state.link).toBe('offline');
  });

  it('does not go back to reconnecting from offline before it is live', () => {
    expect(run([{ kind: 'network-lost' }, { kind: 'closed' }]).state.link).toBe('offline');
  });

  it('sends new topics only while somebody listens', () => {
    expect(run([{ kind: 'topics', topics: ['admin'] }]).effects).toEqual([]);
    const open = run([hello('e1', '1.1')]).state;
    expect(run([{ kind: 'topics', topics: ['admin'] }], open).effects).toHaveLength(1);
  });
});

describe('cursors', () => {
  it('are compared as two numbers, not as text', () => {
    expect(isAfter('10.1', '9.9')).toBe(true);
    expect(isAfter('10.10', '10.9')).toBe(true);
    expect(isAfter('10.9', '10.10')).toBe(false);
    expect(isAfter('10.9', '10.9')).toBe(false);
    expect(isAfter('18446744073709551615.1', '9223372036854775807.1')).toBe(true);
    expect(isAfter('1.1', undefined)).toBe(true);
  });
});

describe('reconnecting', () => {
  it('waits longer and longer, within bounds, never all at once', () => {
    expect(delayBefore(1, 0)).toBe(125);
    expect(delayBefore(1, 1)).toBe(500);
    expect(delayBefore(4, 1)).toBe(4000);
    expect(delayBefore(40, 1)).toBe(30_000);
    expect(delayBefore(40, 0)).toBe(7500);
  });
});

describe('reading a frame', () => {
  it.each([
    ['not json', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['{"type":"news"}', undefined],
    ['{"type":"hello","epoch":1,"head":"1.1"}', undefined],
    ['{"type":"events"}', undefined],
    ['{"type":"reset"}', { type: 'reset' }],
  ])('%s', (frame, expected) => {
    expect(parse(frame)).toEqual(expected);
  });
});
