import { describe, expect, it } from 'vitest';
import { between, combined, read, type Entry, type Reading } from '@/call/stats';

const REPORT: readonly Entry[] = [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
  { id: 'Q', type: 'candidate-pair', bytesSent: 9, bytesReceived: 9 },
  {
    ...{ id: 'P', type: 'candidate-pair', localCandidateId: 'L', remoteCandidateId: 'R' },
    ...{ bytesSent: 100_000, bytesReceived: 200_000, availableOutgoingBitrate: 900_000, currentRoundTripTime: 0.12 },
  },
  { id: 'L', type: 'local-candidate', candidateType: 'relay', relayProtocol: 'tls' },
  { id: 'R', type: 'remote-candidate', candidateType: 'srflx' },
  { id: 'A', type: 'inbound-rtp', kind: 'audio', packetsReceived: 500, packetsLost: -1 },
  { id: 'V', type: 'inbound-rtp', kind: 'video', packetsReceived: 900, packetsLost: 21, framesDecoded: 300 },
  { id: 'W', type: 'inbound-rtp', kind: 'video', packetsReceived: 0, packetsLost: 0 },
];

describe('a report', () => {
  it('is read by the pair that carries the media', () => {
    expect(read(REPORT, 5_000)).toEqual({
      ...{ at: 5_000, sentBytes: 100_000, receivedBytes: 200_000, mayBits: 900_000, rtt: 120 },
      ...{ packets: 1_400, lost: 20, frames: 300, voice: 500 },
      path: { local: 'relay', remote: 'srflx', relayProtocol: 'tls' },
    });
  });
  it('of a connection that does not stand says so', () => {
    expect(read([], 1)).toMatchObject({ path: undefined, mayBits: undefined, frames: 0, voice: 0 });
  });
});

describe('between two readings', () => {
  const before = read(REPORT, 5_000);
  const later = (more: Partial<Reading>): Reading => ({ ...before, at: 6_000, ...more });
  it('a line is full when nearly all is sent that may be', () => {
    expect(between(before, later({ sentBytes: 200_000 }))).toMatchObject({ kbits: 900, saturated: true });
    expect(between(before, later({ sentBytes: 150_000 }))).toMatchObject({ kbits: 900, saturated: false });
  });
  it('loss is a share of what was to come', () => {
    expect(between(before, later({ sentBytes: 100_001, packets: 1_490, lost: 30 }))?.loss).toBeCloseTo(0.1);
  });
  it('a line on which nothing goes carries nothing', () => {
    expect(between(before, later({}))).toMatchObject({ kbits: 0, saturated: true });
  });
  it.each([
    ['another connection', { sentBytes: 0 }],
    ['no time', { at: 5_000 }],
    ['no connection', { path: undefined }],
    ['no opinion yet', { sentBytes: 100_001, mayBits: undefined }],
  ])('nothing can be said of %s', (_what, more) => {
    expect(between(before, later(more))).toBeUndefined();
  });
});

describe('the connections of a call', () => {
  const one = { at: 1, kbits: 300, saturated: true, loss: 0.2, rtt: 900 };
  it('share a line: what each carries adds up, and one bad other is not the line’s fault', () => {
    const other = { at: 2, kbits: 500, saturated: false, loss: 0.01, rtt: 50 };
    expect(combined([one, other])).toEqual({ at: 2, kbits: 800, saturated: false, loss: 0.01, rtt: 50 });
  });
  it('near miss: all are bad', () => {
    expect(combined([one, one])).toEqual({ ...one, kbits: 600 });
    expect(combined([])).toBeUndefined();
  });
});
