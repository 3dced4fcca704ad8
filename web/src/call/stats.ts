/** What RTCStatsReports of a call say, as the ladder and the watchdog want to hear it.  Pure. */
import { nothing, type Measurement } from './ladder';

/** One entry of a report; browsers leave out what they do not know. */
export type Entry = Readonly<Record<string, unknown>>;

export interface Reading {
  readonly at: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What the browser thinks it may send, bits a second; undefined before it has an opinion. */
  readonly mayBits: number | undefined;
  readonly rtt: number | undefined;
  readonly packets: number;
  readonly lost: number;
  /** Frames decoded of all the other's pictures, and packets of its voice. */
  readonly frames: number;
  readonly voice: number;
  /** How the two are connected; undefined before they are. */
  readonly path: Path | undefined;
}

export type Kind = 'host' | 'srflx' | 'prflx' | 'relay';

export interface Path {
  readonly local: Kind;
  readonly remote: Kind;
  /** Of a relay: how this browser reaches it. */
  readonly relayProtocol: string | undefined;
}

const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const known = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** W3C webrtc-stats: inbound-rtp, remote-inbound-rtp, candidate-pair, transport, local- and remote-candidate. */
export function read(entries: Iterable<Entry>, at: number): Reading {
  const all = [...entries];
  const byId = new Map(all.map((one) => [one['id'], one]));
  const inbound = all.filter((one) => one['type'] === 'inbound-rtp');
  const sum = (key: string, of: readonly Entry[] = inbound): number => of.reduce((total, one) => total + count(one[key]), 0);
  const pair = chosenPair(all, byId);
  const rtt = known(pair?.['currentRoundTripTime']);
  return {
    at,
    sentBytes: count(pair?.['bytesSent']),
    receivedBytes: count(pair?.['bytesReceived']),
    mayBits: known(pair?.['availableOutgoingBitrate']),
    rtt: rtt === undefined ? undefined : rtt * 1000,
    packets: sum('packetsReceived'),
    lost: Math.max(0, sum('packetsLost')),
    frames: sum('framesDecoded'),
    voice: sum('packetsReceived', inbound.filter((one) => one['kind'] === 'audio')),
    path: pair === undefined ? undefined : pathOf(byId.get(pair['localCandidateId']), byId.get(pair['remoteCandidateId'])),
  };
}

function chosenPair(all: readonly Entry[], byId: ReadonlyMap<unknown, Entry>): Entry | undefined {
  const transport = all.find((one) => one['type'] === 'transport' && one['selectedCandidatePairId'] !== undefined);
  return byId.get(transport?.['selectedCandidatePairId']);
}

function pathOf(local: Entry | undefined, remote: Entry | undefined): Path | undefined {
  if (local === undefined || remote === undefined) return undefined;
  const protocol = local['relayProtocol'];
  return {
    local: local['candidateType'] as Kind,
    remote: remote['candidateType'] as Kind,
    relayProtocol: typeof protocol === 'string' ? protocol : undefined,
  };
}

/** As much as this share of what may be sent being sent, the line is full. */
const FULL = 0.8;

/** What the line did between two readings; undefined where they are not of one connection or say nothing yet. */
export function between(before: Reading, after: Reading): Measurement | undefined {
  const seconds = (after.at - before.at) / 1000;
  if (seconds <= 0 || after.sentBytes < before.sentBytes || after.packets < before.packets) return undefined;
  const sent = (after.sentBytes - before.sentBytes) * 8;
  const received = (after.receivedBytes - before.receivedBytes) * 8;
  const arrived = after.packets - before.packets;
  const lost = Math.max(0, after.lost - before.lost);
  if (after.path === undefined) return undefined;
  if (sent === 0 && received === 0) return nothing(after.at);
  if (after.mayBits === undefined) return undefined;
  return {
    at: after.at,
    kbits: after.mayBits / 1000,
    saturated: sent / seconds >= after.mayBits * FULL,
    loss: arrived + lost === 0 ? 0 : lost / (arrived + lost),
    rtt: after.rtt ?? 0,
  };
}

/**
 * One measurement of a call's many connections.  They share this browser's line, so what each may send adds up; the
 * other ends differ, and one bad other is no reason to give up what the rest see: loss and delay are the least bad.
 */
export function combined(measurements: readonly Measurement[]): Measurement | undefined {
  const [first] = measurements;
  if (first === undefined) return undefined;
  return {
    at: Math.max(...measurements.map((one) => one.at)),
    kbits: measurements.reduce((total, one) => total + one.kbits, 0),
    saturated: measurements.every((one) => one.saturated),
    loss: Math.min(...measurements.map((one) => one.loss)),
    rtt: Math.min(...measurements.map((one) => one.rtt)),
  };
}
