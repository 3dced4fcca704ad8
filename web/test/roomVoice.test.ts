import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RoomFile } from '@/room/protocol';
import { idOf, kindFor, lengthWords, LONGEST_S, parted, pauseAfter, sendUntilThere, voiceName, voiceSeconds } from '@/room/voice';

const AT = new Date(2026, 10, 27, 5, 3, 9);
const file = (name: string, media: string, at = 1): RoomFile => ({ at, by: 'a', name, media, size: 3, sha256: '0' });

describe('a voice note', () => {
  it('is recorded as what the browser can', () => {
    expect(kindFor(() => true)?.end).toBe('webm');
    expect(kindFor((mime) => mime.startsWith('audio/ogg'))?.end).toBe('ogg');
    expect(kindFor((mime) => mime === 'audio/mp4')?.end).toBe('m4a');
    expect(kindFor(() => false)).toBeUndefined();
  });

  it('says by its name how long it is', () => {
    expect(voiceName(AT, 65.4, 'webm')).toBe('voice-20261127-050309-65s.webm');
    expect(voiceSeconds({ name: voiceName(AT, 65.4, 'webm'), media: 'audio/webm' })).toBe(65);
    expect(voiceSeconds({ name: voiceName(AT, 0.2, 'ogg'), media: 'audio/ogg' })).toBe(1);
    expect(voiceSeconds({ name: voiceName(AT, 9999, 'm4a'), media: 'audio/mp4' })).toBe(LONGEST_S);
  });

  it.each([
    ['voice-20261127-050309-65s.webm', 'video/webm'],
    ['voice-20261127-050309-65s.webm', 'application/pdf'],
    ['voice-20261127-050309-0s.webm', 'audio/webm'],
    ['voice-20261127-050309-301s.webm', 'audio/webm'],
    ['voice-20261127-050309-65s.webm.exe', 'audio/webm'],
    ['voice-2026-65s.webm', 'audio/webm'],
    ['constructor', 'audio/webm'],
  ])('is not what only resembles it: %s as %s', (name, media) => {
    expect(voiceSeconds({ name, media })).toBeUndefined();
  });

  it('stands apart from the other files, oldest first', () => {
    const { voices, others } = parted({
      b: file('voice-20261127-050309-65s.webm', 'audio/webm', 9),
      c: file('报告.pdf', 'application/pdf'),
      a: file('voice-20261127-050308-4s.ogg', 'audio/ogg', 5),
    });
    expect(voices.map(({ id, seconds }) => [id, seconds])).toEqual([['a', 4], ['b', 65]]);
    expect(Object.keys(others)).toEqual(['c']);
  });

  it('has a length that is read as a clock', () => {
    expect([0.4, 9.99, 65, 300].map(lengthWords)).toEqual(['0:00', '0:09', '1:05', '5:00']);
  });

  it('has the id that the server gives it', async () => {
    // sha256("abc"), FIPS 180-4
    expect(await idOf(new Blob(['abc']))).toBe('ba7816bf8f01cfea414140de5dae2223');
  });
});

class Request {
  static all: Request[] = [];
  readonly upload = new EventTarget();
  status = 0;
  responseText = '{}';
  private readonly heard = new EventTarget();
  addEventListener = this.heard.addEventListener.bind(this.heard);
  headers: string[] = [];
  open = vi.fn();
  setRequestHeader = (name: string, value: string): void => void this.headers.push(`${name}: ${value}`);
  getResponseHeader = (): null => null;
  send = (): void => void Request.all.push(this);
  abort = (): void => void this.heard.dispatchEvent(new Event('abort'));
  fail(): void {
    this.heard.dispatchEvent(new Event('error'));
  }
  answer(status: number): void {
    this.status = status;
    this.heard.dispatchEvent(new Event('load'));
  }
}

describe('over a line that is cut', () => {
  beforeEach(() => {
    Request.all = [];
    vi.useFakeTimers();
    vi.stubGlobal('XMLHttpRequest', Request);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const voice = new File(['abc'], 'voice.webm', { type: 'audio/webm;codecs=opus' });
  const nth = (at: number): Request => {
    const found = Request.all[at];
    if (found === undefined) throw new Error(`no request ${String(at)}`);
    return found;
  };

  it('is sent again, each time with the token of that time, until the room has it', async () => {
    let token = 'first';
    const waits: boolean[] = [];
    const way = sendUntilThere('r', () => token, voice, { progress: () => undefined, waiting: (is) => waits.push(is), known: () => false });
    nth(0).fail();
    await vi.advanceTimersByTimeAsync(0);
    expect(waits).toEqual([true]);
    token = 'second';
    await vi.advanceTimersByTimeAsync(pauseAfter(0));
    expect(nth(1).headers).toContain('X-CSRF-Token: second');
    expect(nth(1).headers).toContain('Content-Type: audio/webm');
    nth(1).answer(201);
    expect(await way.done).toBe('added');
    expect(waits).toEqual([true, false]);
  });

  it('is not sent again when the log has it by then', async () => {
    let known = false;
    const way = sendUntilThere('r', () => '', voice, { progress: () => undefined, waiting: () => undefined, known: () => known });
    nth(0).fail();
    await vi.advanceTimersByTimeAsync(0);
    known = true;
    window.dispatchEvent(new Event('online'));
    expect(await way.done).toBe('added');
    expect(Request.all).toHaveLength(1);
  });

  it('counts as cut when nothing moves, and not while something does', async () => {
    const way = sendUntilThere('r', () => '', voice, { progress: () => undefined, waiting: () => undefined, known: () => false });
    await vi.advanceTimersByTimeAsync(40_000);
    nth(0).upload.dispatchEvent(new ProgressEvent('progress', { loaded: 1 }));
    await vi.advanceTimersByTimeAsync(40_000);
    expect(Request.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(Request.all).toHaveLength(2);
    way.stop();
    expect(await way.done).toBe('stopped');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(Request.all).toHaveLength(2);
  });

  it('is given up when the server says no, with its words', async () => {
    const way = sendUntilThere('r', () => '', voice, { progress: () => undefined, waiting: () => undefined, known: () => false });
    nth(0).answer(413);
    expect(await way.done).toHaveProperty('sentence');
    expect(Request.all).toHaveLength(1);
  });
});
