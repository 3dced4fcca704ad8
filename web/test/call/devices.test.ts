import { describe, expect, it } from 'vitest';
import { barOf, constraints, deviceFault, loudness, open, sorted, type Choice } from '@/call/devices';
import { en } from '@/i18n/en/call';
import { zh } from '@/i18n/zh-CN/call';

const BOTH: Choice = { microphone: undefined, camera: undefined };

describe('what a browser throws', () => {
  it.each([
    ['NotAllowedError', 'refused'],
    ['NotFoundError', 'none'],
    ['NotReadableError', 'in-use'],
    ['OverconstrainedError', 'not-this-one'],
    ['AbortError', 'interrupted'],
    ['SecurityError', 'forbidden-here'],
    ['InvalidStateError', 'page-hidden'],
    ['InvalidAccessError', 'needs-a-click'],
    ['NotSupportedError', 'unsupported'],
    ['OperationError', 'failed'],
    ['SomethingNewError', 'failed'],
  ] as const)('%s means %s, in both languages, with what to do next', (name, fault) => {
    expect(deviceFault(new DOMException('', name), true)).toBe(fault);
    for (const words of [zh, en]) expect(words.fault[fault].length).toBeGreaterThan(12);
  });
  it('is about HTTPS where the page was not loaded by it, whatever the name', () => {
    expect(deviceFault(new DOMException('', 'NotAllowedError'), false)).toBe('insecure');
    expect(deviceFault(new TypeError(), true)).toBe('unsupported');
    expect(deviceFault('a word', true)).toBe('failed');
  });
});

/** Devices that throw by name; undefined: it works. */
function media(throwing: { readonly both?: string; readonly voice?: string }): MediaDevices & { asked: MediaStreamConstraints[] } {
  const asked: MediaStreamConstraints[] = [];
  const getUserMedia = (wanted: MediaStreamConstraints): Promise<MediaStream> => {
    asked.push(wanted);
    const name = wanted.video === false ? throwing.voice : throwing.both;
    return name === undefined ? Promise.resolve({} as MediaStream) : Promise.reject(new DOMException('', name));
  };
  return { getUserMedia, asked } as unknown as MediaDevices & { asked: MediaStreamConstraints[] };
}

describe('opening', () => {
  it('gives both where both work', async () => {
    expect(await open(media({}), BOTH, true)).toMatchObject({ kind: 'open', missing: undefined });
  });
  it('costs the picture and not the voice where the camera does not work, and says why', async () => {
    expect(await open(media({ both: 'NotReadableError' }), BOTH, true)).toMatchObject({ kind: 'open', missing: 'in-use' });
  });
  it('near miss: nothing works', async () => {
    const devices = media({ both: 'NotFoundError', voice: 'NotAllowedError' });
    expect(await open(devices, BOTH, true)).toEqual({ kind: 'closed', fault: 'refused' });
    expect(devices.asked).toHaveLength(2);
  });
  it('asks once where no camera was wanted', async () => {
    const devices = media({ voice: 'NotFoundError' });
    expect(await open(devices, { ...BOTH, camera: null }, true)).toEqual({ kind: 'closed', fault: 'none' });
    expect(devices.asked).toHaveLength(1);
  });
  it('says so where the browser hides the devices', async () => {
    expect(await open(undefined, BOTH, false)).toEqual({ kind: 'closed', fault: 'insecure' });
    expect(await open(undefined, BOTH, true)).toEqual({ kind: 'closed', fault: 'failed' });
  });
  it('asks for exactly the chosen one', () => {
    expect(constraints({ microphone: 'm', camera: null })).toMatchObject({ audio: { deviceId: { exact: 'm' } }, video: false });
    expect(constraints(BOTH)).not.toHaveProperty('audio.deviceId');
  });
});

it('devices are sorted by what they are for', () => {
  const found = ['audioinput', 'videoinput', 'audiooutput', 'audioinput'].map((kind) => ({ kind }) as MediaDeviceInfo);
  const { microphones, cameras, loudspeakers } = sorted(found);
  expect([microphones.length, cameras.length, loudspeakers.length]).toEqual([2, 1, 1]);
});

describe('loudness', () => {
  const wave = (height: number): number[] => Array.from({ length: 480 }, (_, index) => height * Math.sin((index * Math.PI) / 24));
  it('is decibels below full scale', () => {
    expect(loudness(wave(1))).toBeCloseTo(-3.01, 1);
    expect(loudness(wave(0.1))).toBeCloseTo(-23.01, 1);
    expect(loudness([])).toBe(-100);
    expect(loudness(wave(0))).toBe(-100);
  });
  it('fills the bar between a quiet room and a raised voice', () => {
    expect([barOf(-100), barOf(-60), barOf(-35), barOf(-10), barOf(0)]).toEqual([0, 0, 0.5, 1, 1]);
  });
});
