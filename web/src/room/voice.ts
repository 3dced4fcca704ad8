/**
 * A voice note: a file of the room whose name says how long it is. Pure, but for sending.
 *
 * What a browser records as WebM does not say how long it is, so the length that was measured goes with the name.
 */
import type { RoomFile } from './protocol';
import { sendFile, type Sending } from './sending';

export const LONGEST_S = 300;
/** Opus makes speech of it that a colleague follows; a minute is about 100 KB, half a minute of a line of 30 kbit/s. */
export const BITS = 12_000;
/** Five minutes of whatever a browser makes of BITS, and far below what a room takes. */
export const MOST_VOICE = 2 * 1024 * 1024;

const KINDS = [
  { mime: 'audio/webm;codecs=opus', end: 'webm' },
  { mime: 'audio/ogg;codecs=opus', end: 'ogg' },
  { mime: 'audio/mp4', end: 'm4a' },
] as const;
export type Kind = (typeof KINDS)[number];

/** What this browser can record; undefined where it can record nothing. */
export function kindFor(records: (mime: string) => boolean): Kind | undefined {
  return KINDS.find((one) => records(one.mime));
}

const two = (value: number): string => String(value).padStart(2, '0');

/** voice-20261127-151312-65s.webm; seconds are never 0, so that there is something to hear. */
export function voiceName(at: Date, seconds: number, end: Kind['end']): string {
  const day = `${String(at.getFullYear())}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  const clock = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  return `voice-${day}-${clock}-${String(Math.min(LONGEST_S, Math.max(1, Math.round(seconds))))}s.${end}`;
}

const NAME = /^voice-\d{8}-\d{6}-(\d{1,3})s\.(?:webm|ogg|m4a)$/;
const HEARD: ReadonlySet<string> = new Set(['audio/webm', 'audio/ogg', 'audio/mp4']);

export interface Voice {
  readonly id: string;
  readonly by: string;
  readonly at: number;
  readonly size: number;
  readonly media: string;
  readonly seconds: number;
}

/** The length in seconds of a voice note; undefined for any other file, whatever it calls itself. */
export function voiceSeconds(file: Pick<RoomFile, 'name' | 'media'>): number | undefined {
  const seconds = Number(NAME.exec(file.name)?.[1]);
  return HEARD.has(file.media) && seconds >= 1 && seconds <= LONGEST_S ? seconds : undefined;
}

/** Voice notes and the other files, oldest first. */
export function parted(files: Readonly<Record<string, RoomFile>>): { readonly voices: readonly Voice[]; readonly others: Readonly<Record<string, RoomFile>> } {
  const voices: Voice[] = [];
  const others: [string, RoomFile][] = [];
  for (const [id, file] of Object.entries(files)) {
    const seconds = voiceSeconds(file);
    if (seconds === undefined) others.push([id, file]);
    else voices.push({ id, by: file.by, at: file.at, size: file.size, media: file.media, seconds });
  }
  return { voices: voices.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)), others: Object.fromEntries(others) };
}

/** 1:05 */
export function lengthWords(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60))}:${two(whole % 60)}`;
}

/** The id that a room gives a file: half of its SHA-256 (telemed/consultation/room/files.py). */
export async function idOf(content: Blob): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await content.arrayBuffer());
  return Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Milliseconds before the attempt after `failed` failed ones. */
export function pauseAfter(failed: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.min(failed, 6));
}
/** A line on which nothing has moved for so long is cut, whatever the browser thinks. */
export const STALLED_MS = 45_000;

export interface Persisting {
  readonly stop: () => void;
  readonly done: Promise<'added' | 'stopped' | Exclude<Awaited<Sending['done']>, 'added' | 'stopped' | 'unreachable'>>;
}

/**
 * Sends until the room has it: the same content is the same file, so what had arrived before the line was cut is there once.
 * token: as it is at each attempt.  known: whether the log has it by now.
 */
export function sendUntilThere(
  room: string,
  token: () => string,
  file: File,
  on: { readonly progress: (sent: number) => void; readonly waiting: (is: boolean) => void; readonly known: () => boolean },
): Persisting {
  let stopped = false;
  let way: Sending | undefined;
  let wake = (): void => undefined;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = window.setTimeout(go, ms);
      window.addEventListener('online', go, { once: true });
      function go(): void {
        window.clearTimeout(timer);
        window.removeEventListener('online', go);
        resolve();
      }
      wake = go;
    });

  async function attempt(): Promise<Awaited<Sending['done']>> {
    let stalled = false;
    let watch = 0;
    const alive = (): void => {
      window.clearTimeout(watch);
      watch = window.setTimeout(() => {
        stalled = true;
        way?.stop();
      }, STALLED_MS);
    };
    alive();
    way = sendFile(room, token(), file, (sent) => {
      alive();
      on.progress(sent);
    });
    const done = await way.done;
    window.clearTimeout(watch);
    return done === 'stopped' && stalled ? 'unreachable' : done;
  }

  async function persist(): ReturnType<typeof attempt> {
    for (let failed = 0; ; failed += 1) {
      if (on.known()) return 'added';
      const done = await attempt();
      if (done !== 'unreachable') return done;
      if (stopped) return 'stopped';
      on.waiting(true);
      await pause(pauseAfter(failed));
      on.waiting(false);
      if (stopped) return 'stopped';
    }
  }
  return {
    stop: () => {
      stopped = true;
      way?.stop();
      wake();
    },
    done: persist().then((done) => {
      if (done === 'unreachable') throw new Error('it is tried until it is there');
      return done;
    }),
  };
}
