import { describe, expect, it } from 'vitest';
import { ANSWER_MS, begun, fragmentOf, fragmentsOf, step, type Effect, type Input, type Negotiation } from '@/call/negotiation';
import { readSignal, type Answer, type Candidate, type Offer, type Signal } from '@/call/signalling';

const sdp = (fragment: string): string => `v=0\r\na=ice-ufrag:${fragment}\r\n`;

/** One side, told what happens; what it does is collected. */
class Side {
  state: Negotiation;
  done: Effect[];
  constructor(me: string, peer: string, life = 7) {
    [this.state, this.done] = begun(me, peer, life) as [Negotiation, Effect[]];
  }
  takes(...inputs: Input[]): readonly Effect[] {
    this.done = [];
    for (const input of inputs) {
      const [state, effects] = step(this.state, input);
      this.state = state;
      this.done = [...this.done, ...effects];
    }
    return this.done;
  }
  hears(signal: Signal, from = this.state.peer, to = this.state.me): readonly Effect[] {
    return this.takes({ kind: 'heard', envelope: { from, to, signal } });
  }
  get kinds(): string[] {
    return this.done.map((one) => (one.kind === 'send' ? one.signal.kind : one.kind));
  }
}

const FROM_PEER = { life: 3, toLife: 7, connection: 0, generation: 0 };
const offer = (more: Partial<Offer> = {}): Offer => ({
  kind: 'offer',
  ...FROM_PEER,
  number: 1,
  answered: 0,
  sdp: sdp('theirs'),
  ...more,
});
const answer = (more: Partial<Answer> = {}): Answer => ({
  kind: 'answer',
  ...FROM_PEER,
  number: 1,
  withdrawn: 0,
  sdp: sdp('theirs'),
  ...more,
});
const candidate = (more: Partial<Candidate> = {}): Candidate => ({
  kind: 'candidate',
  ...FROM_PEER,
  fragment: 'theirs',
  candidate: { candidate: 'candidate:1 1 udp 1 203.0.113.7 9 typ host' },
  ...more,
});
const OFFERED: Input = { kind: 'offered', sdp: sdp('mine'), at: 1_000 };

/** a is impolite, b is polite. */
function offering(me: 'a' | 'b'): Side {
  const side = new Side(me, me === 'a' ? 'b' : 'a');
  side.takes({ kind: 'needed' }, OFFERED);
  return side;
}
function connected(me: 'a' | 'b'): Side {
  const side = offering(me);
  side.hears(answer());
  return side;
}

describe('who is polite', () => {
  it('follows from the ids, so that exactly one of two is', () => {
    expect([new Side('a', 'b').state.polite, new Side('b', 'a').state.polite]).toEqual([false, true]);
    expect([new Side('guest/1', 'a').state.polite, new Side('a', 'guest/1').state.polite]).toEqual([true, false]);
  });
});

describe('one side offers', () => {
  it('and the answer makes it stable', () => {
    const side = offering('a');
    expect(side.kinds).toEqual(['offer', 'offer']);
    expect(side.hears(answer()).map(({ kind }) => kind)).toEqual(['take-answer']);
    expect(side.state.phase).toBe('stable');
  });
  it('and the other answers', () => {
    const side = new Side('b', 'a');
    side.hears(offer());
    expect(side.kinds).toEqual(['take-offer']);
    side.takes({ kind: 'answered', sdp: sdp('mine') });
    expect(side.done).toMatchObject([{ kind: 'send', to: 'a', signal: { kind: 'answer', number: 1, life: 7, toLife: 3 } }]);
  });
});

describe('what is not heard', () => {
  it.each([
    ['addressed to somebody else', (side: Side) => side.hears(answer(), 'b', 'c')],
    ['from somebody else', (side: Side) => side.hears(answer(), 'c', 'a')],
    ['meant for the page before this one', (side: Side) => side.hears(answer({ toLife: 6 }))],
    ['an answer to an earlier offer', (side: Side) => side.hears(answer({ number: 0 }))],
    ['an answer of an earlier generation', (side: Side) => side.hears(answer({ generation: -1 }))],
    ['an answer of another connection', (side: Side) => side.hears(answer({ connection: 1 }))],
  ])('%s', (_what, hear) => {
    expect(hear(offering('a'))).toEqual([]);
  });
  it('the page that was there before the one that spoke last', () => {
    const side = connected('b');
    expect(side.hears(offer({ life: 2 }))).toEqual([]);
  });
  it('an offer of an earlier generation', () => {
    const side = connected('b');
    side.takes({ kind: 'restart', from: 'paths' }, OFFERED);
    expect(side.hears(offer())).toEqual([]);
  });
  it('the same offer a second time', () => {
    const side = new Side('b', 'a');
    side.hears(offer());
    side.takes({ kind: 'answered', sdp: sdp('mine') });
    expect(side.hears(offer())).toEqual([]);
    expect(side.hears(offer({ number: 2 }))).toHaveLength(1);
  });
  it('an offer that its sender took back when it answered ours', () => {
    const side = offering('a');
    side.hears(answer({ withdrawn: 1 }));
    expect(side.hears(offer())).toEqual([]);
    expect(side.hears(offer({ number: 2, answered: 1 }))).toHaveLength(1);
  });
  it('a second answer', () => {
    expect(connected('a').hears(answer())).toEqual([]);
  });
});

describe('offers that cross', () => {
  it('the impolite side ignores the other’s', () => {
    expect(offering('a').hears(offer())).toEqual([]);
  });
  it('the polite side begins from nothing where nothing was agreed yet', () => {
    const side = offering('b');
    side.hears(offer());
    expect(side.kinds).toEqual(['open', 'take-offer']);
  });
  it('the polite side takes its own back where something was agreed', () => {
    const side = connected('b');
    side.takes({ kind: 'needed' }, OFFERED);
    side.hears(offer());
    expect(side.kinds).toEqual(['roll-back', 'take-offer']);
  });
  it('a later generation holds, whoever is polite', () => {
    const side = connected('a');
    side.takes({ kind: 'restart', from: 'paths' }, OFFERED);
    side.hears(offer({ generation: 2 }));
    expect(side.kinds).toEqual(['roll-back', 'take-offer']);
    expect(side.state.generation).toBe(2);
  });
  it('an offer that overtook the answer to ours waits for it', () => {
    const side = offering('b');
    expect(side.hears(offer({ answered: 1 }))).toEqual([]);
    side.hears(answer());
    expect(side.kinds).toEqual(['take-answer', 'take-offer']);
  });
});

describe('beginning anew', () => {
  it('by other paths is a later generation of the same connection', () => {
    const side = connected('a');
    side.takes({ kind: 'restart', from: 'paths' });
    expect(side.done).toEqual([{ kind: 'offer', newPaths: true }]);
    expect([side.state.connection, side.state.generation]).toEqual([0, 1]);
  });
  it('from nothing is another connection, which the peer follows', () => {
    const side = connected('a');
    side.takes({ kind: 'restart', from: 'connection' });
    expect(side.kinds).toEqual(['open', 'offer']);
    const other = connected('b');
    other.hears(offer({ connection: 1 }));
    expect(other.kinds).toEqual(['open', 'take-offer']);
  });
  it('waits for the answer that is on its way, and then is done', () => {
    const side = connected('a');
    side.takes({ kind: 'needed' }, OFFERED);
    expect(side.takes({ kind: 'restart', from: 'paths' })).toEqual([]);
    side.hears(answer({ number: 2 }));
    expect(side.done).toMatchObject([{ kind: 'take-answer' }, { kind: 'offer', newPaths: true }]);
  });
  it('happens by itself when nobody answers', () => {
    const side = connected('a');
    side.takes({ kind: 'needed' }, OFFERED);
    expect(side.takes({ kind: 'tick', at: 1_000 + ANSWER_MS - 1 })).toEqual([]);
    side.takes({ kind: 'tick', at: 1_000 + ANSWER_MS });
    expect(side.kinds).toEqual(['roll-back', 'offer']);
  });
  it('from nothing follows a description that the browser refuses, once, and not for ever', () => {
    const side = connected('a');
    side.takes({ kind: 'broken', at: 100_000 });
    expect(side.kinds).toEqual(['open', 'offer']);
    expect(side.takes({ kind: 'broken', at: 100_001 })).toEqual([]);
  });
  it('follows a page that was loaded again, with numbers of its own', () => {
    const side = connected('b');
    side.takes({ kind: 'restart', from: 'paths' }, OFFERED);
    side.hears(offer({ life: 4, toLife: 0 }));
    expect(side.kinds).toEqual(['open', 'take-offer']);
    expect(side.state.peerLife).toBe(4);
  });
});

describe('candidates', () => {
  it('that come before the description wait for it', () => {
    const side = offering('a');
    expect(side.hears(candidate())).toEqual([]);
    side.hears(answer());
    expect(side.kinds).toEqual(['take-answer', 'take-candidate']);
  });
  it('of an offer that was not taken are never used', () => {
    const side = offering('a');
    side.hears(offer());
    side.hears(candidate({ fragment: 'ignored' }));
    side.hears(answer());
    expect(side.kinds).toEqual(['take-answer']);
  });
  it('of an earlier generation are stale', () => {
    const side = connected('a');
    side.hears(offer({ generation: 1, sdp: sdp('later') }));
    side.takes({ kind: 'answered', sdp: sdp('mine') });
    expect(side.hears(candidate())).toEqual([]);
    expect(side.hears(candidate({ generation: 1, fragment: 'later' }))).toHaveLength(1);
  });
  it('do not heap up', () => {
    const side = offering('a');
    for (let count = 0; count < 500; count += 1) side.hears(candidate({ fragment: `f${count}` }));
    expect(side.state.held.length).toBeLessThanOrEqual(64);
  });
  it('say their fragment themselves or in their line', () => {
    expect(fragmentOf({ candidate: 'x', usernameFragment: 'one' })).toBe('one');
    expect(fragmentOf({ candidate: 'candidate:1 1 udp 1 h 9 typ host ufrag two network-id 1' })).toBe('two');
    expect(fragmentsOf('a=ice-ufrag:p\r\na=ice-ufrag:p\r\na=ice-ufrag:q+/\r\n')).toEqual(['p', 'q+/']);
  });
});

describe('leaving', () => {
  it('tells the other, closes, and hears nothing more', () => {
    const side = connected('a');
    side.takes({ kind: 'leave' });
    expect(side.kinds).toEqual(['bye', 'close']);
    expect(side.hears(offer({ number: 9 }))).toEqual([]);
  });
  it('of the other closes, and its return opens', () => {
    const side = connected('b');
    side.hears({ kind: 'bye', life: 3, toLife: 7 });
    expect(side.kinds).toEqual(['close']);
    expect(side.takes({ kind: 'restart', from: 'connection' })).toEqual([]);
    expect(side.hears(offer({ number: 2 }))).toEqual([]);
    side.hears(offer({ life: 4, toLife: 0 }));
    expect(side.kinds).toEqual(['open', 'take-offer']);
  });
});

describe('what another browser sends', () => {
  it.each([offer(), answer(), candidate(), { kind: 'bye', life: 1, toLife: 0 }])('is read: $kind', (signal) => {
    expect(readSignal(signal)).toBe(signal);
  });
  it.each([
    undefined,
    'offer',
    { kind: 'song', life: 1, toLife: 1 },
    { ...offer(), number: '1' },
    { ...offer(), sdp: undefined },
    { ...answer(), withdrawn: undefined },
    { ...candidate(), candidate: null },
    { ...candidate(), generation: 0.5 },
    { kind: 'wishes', life: 1, toLife: 1, camera: true },
    { kind: 'bye', life: NaN, toLife: 0 },
  ])('is not heard when it makes no sense (%#)', (said) => {
    expect(readSignal(said)).toBeUndefined();
  });
});
