/** What a page and the server say about media that are forwarded (`telemed/consultation/call/media.py`). */
import type { Slot } from './link';
import type { Person } from './signalling';

/** One of the media that come, by the mid of its transceiver; person is empty where it is nobody's any more. */
export interface Stream {
  readonly mid: string;
  readonly person: Person;
  readonly slot: Slot | '';
}

export type Told =
  | { readonly t: 'joined' | 'ping' }
  | { readonly t: 'published'; readonly sdp: string }
  | { readonly t: 'offer'; readonly sdp: string; readonly streams: readonly Stream[] }
  | { readonly t: 'streams'; readonly streams: readonly Stream[] };

export type Telling =
  | { readonly t: 'publish' | 'answer'; readonly sdp: string }
  | { readonly t: 'candidate'; readonly of: 'own' | 'others'; readonly candidate: string; readonly mid: string; readonly line: number }
  | { readonly t: 'wants'; readonly camera: boolean; readonly screen: boolean }
  | { readonly t: 'again'; readonly person: Person };

/** Ended by either side; code: of the WebSocket. */
export interface Channel {
  tell(one: Telling): void;
  close(): void;
}
export interface Listening {
  readonly onTold: (one: Told) => void;
  readonly onEnd: (code: number) => void;
}
export type OpenChannel = (listening: Listening) => Channel;

/** Another page of the same person has taken the call over. */
export const SUPERSEDED = 4008;

const SLOTS: readonly unknown[] = ['microphone', 'camera', 'screen', ''];

/** Reads what the server says; undefined where it is something else, so that a newer one does not break an open page. */
export function readTold(value: unknown): Told | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { t, sdp, streams } = value as Record<string, unknown>;
  const known = (): boolean => Array.isArray(streams) && streams.every(isStream);
  switch (t) {
    case 'joined':
    case 'ping':
      return { t };
    case 'published':
      return typeof sdp === 'string' ? { t, sdp } : undefined;
    case 'offer':
      return typeof sdp === 'string' && known() ? (value as Told) : undefined;
    case 'streams':
      return known() ? (value as Told) : undefined;
    default:
      return undefined;
  }
}

function isStream(value: unknown): boolean {
  const { mid, person, slot } = (value ?? {}) as Record<string, unknown>;
  return typeof mid === 'string' && typeof person === 'string' && SLOTS.includes(slot);
}

/** A channel over a WebSocket.  token: the session's, which no foreign page has. */
export function channelTo(path: string, token: () => string): OpenChannel {
  return ({ onTold, onEnd }) => {
    const url = new URL(path, window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    const say = (one: object): void => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(one));
    };
    socket.onopen = (): void => say({ t: 'hello', v: 1, token: token() });
    socket.onmessage = ({ data }: MessageEvent<string>): void => {
      const told = readTold(JSON.parse(data));
      if (told !== undefined) onTold(told);
    };
    socket.onclose = ({ code }): void => onEnd(code);
    return { tell: say, close: () => socket.close() };
  };
}
