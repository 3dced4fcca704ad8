/** Microphone, camera and loudspeaker before a call: what there is, whether it works, and what to do when it does not. */

/** Why a device or a screen cannot be had; each has its words in `i18n/…/call.ts` (`fault.…`). */
export type DeviceFault =
  | 'refused'
  | 'none'
  | 'in-use'
  | 'not-this-one'
  | 'interrupted'
  | 'forbidden-here'
  | 'insecure'
  | 'page-hidden'
  | 'needs-a-click'
  | 'unsupported'
  | 'failed';

/** What browsers call it: Media Capture and Streams, Screen Capture, Audio Output Devices, HTML's play(); and old names. */
const FAULTS: Readonly<Record<string, DeviceFault>> = {
  NotAllowedError: 'refused',
  PermissionDeniedError: 'refused',
  PermissionDismissedError: 'refused',
  NotFoundError: 'none',
  DevicesNotFoundError: 'none',
  NotReadableError: 'in-use',
  TrackStartError: 'in-use',
  SourceUnavailableError: 'in-use',
  OverconstrainedError: 'not-this-one',
  ConstraintNotSatisfiedError: 'not-this-one',
  AbortError: 'interrupted',
  SecurityError: 'forbidden-here',
  InvalidStateError: 'page-hidden',
  InvalidAccessError: 'needs-a-click',
  NotSupportedError: 'unsupported',
  TypeError: 'unsupported',
  OperationError: 'failed',
  NetworkError: 'failed',
  TimeoutError: 'failed',
  UnknownError: 'failed',
};

/** Reads what a browser threw.  secure: whether the page was loaded over HTTPS or from this machine. */
export function deviceFault(thrown: unknown, secure: boolean): DeviceFault {
  if (!secure) return 'insecure';
  const name = typeof thrown === 'object' && thrown !== null && 'name' in thrown ? String(thrown.name) : '';
  return FAULTS[name] ?? 'failed';
}

export interface Devices {
  readonly microphones: readonly MediaDeviceInfo[];
  readonly cameras: readonly MediaDeviceInfo[];
  readonly loudspeakers: readonly MediaDeviceInfo[];
}

/** Sorted by what they are for; before permission browsers give one of each, without a name. */
export function sorted(found: readonly MediaDeviceInfo[]): Devices {
  const of = (kind: MediaDeviceKind): readonly MediaDeviceInfo[] => found.filter((one) => one.kind === kind);
  return { microphones: of('audioinput'), cameras: of('videoinput'), loudspeakers: of('audiooutput') };
}

export interface Choice {
  /** Device ids; undefined takes the browser's own choice, null none at all. */
  readonly microphone: string | undefined | null;
  readonly camera: string | undefined | null;
}

/** A county's line does not carry more than 640 × 360, and a face needs no more. */
export function constraints({ microphone, camera }: Choice): MediaStreamConstraints {
  const chosen = (id: string | undefined): MediaTrackConstraints => (id === undefined ? {} : { deviceId: { exact: id } });
  return {
    audio:
      microphone === null
        ? false
        : { ...chosen(microphone), echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    video:
      camera === null
        ? false
        : { ...chosen(camera), width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15, max: 30 } },
  };
}

/** Loudness of samples in −1…1 as decibels below full scale; −100 for silence. */
export function loudness(samples: ArrayLike<number>): number {
  let power = 0;
  for (let index = 0; index < samples.length; index += 1) power += (samples[index] ?? 0) ** 2;
  const mean = samples.length === 0 ? 0 : power / samples.length;
  return mean <= 1e-10 ? -100 : 10 * Math.log10(mean);
}

/** 0–1 for a bar: a quiet room is about −60 dB, speech into a headset −20 dB. */
export function barOf(decibels: number): number {
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

export type Opened =
  | { readonly kind: 'open'; readonly stream: MediaStream; readonly missing: DeviceFault | undefined }
  | { readonly kind: 'closed'; readonly fault: DeviceFault };

/**
 * Opens what was chosen.  A camera that cannot be had costs the picture and not the voice: the microphone is then opened
 * alone, and `missing` says why.
 */
export async function open(media: MediaDevices | undefined, choice: Choice, secure: boolean): Promise<Opened> {
  // Browsers hide the devices from pages that were not loaded securely.
  if (media === undefined) return { kind: 'closed', fault: deviceFault(undefined, secure) };
  try {
    return { kind: 'open', stream: await media.getUserMedia(constraints(choice)), missing: undefined };
  } catch (thrown) {
    const fault = deviceFault(thrown, secure);
    if (choice.camera === null || choice.microphone === null || !secure) return { kind: 'closed', fault };
    try {
      const stream = await media.getUserMedia(constraints({ ...choice, camera: null }));
      return { kind: 'open', stream, missing: fault };
    } catch (again) {
      return { kind: 'closed', fault: deviceFault(again, secure) };
    }
  }
}

/** Listens to a stream's microphone until it is ended. */
export class LevelMeter {
  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(stream: MediaStream) {
    this.#context = new AudioContext();
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 2048;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
  }

  /** 0–1, of the last 40 ms. */
  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return barOf(loudness(this.#samples));
  }

  end(): Promise<void> {
    return this.#context.close();
  }
}

/** Gives microphone and camera back: their lights go out. */
export function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
