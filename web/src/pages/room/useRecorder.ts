/** A microphone, what it hears now, and what it has heard, until it is sent or thrown away. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { constraints, deviceFault, type DeviceFault } from '@/call/devices';
import { BITS, kindFor, LONGEST_S, MOST_VOICE, voiceName } from '@/room/voice';

export interface Recorded {
  readonly file: File;
  readonly url: string;
  readonly seconds: number;
}

export interface Recorder {
  readonly state: Ref<'idle' | 'asking' | 'recording' | 'recorded'>;
  /** 0 to 1, ten times a second. */
  readonly level: Ref<number>;
  readonly seconds: Ref<number>;
  readonly fault: Ref<DeviceFault | undefined>;
  readonly recorded: ShallowRef<Recorded | undefined>;
  readonly start: () => Promise<void>;
  readonly stop: () => void;
  readonly discard: () => void;
}

const TICK_MS = 100;

export function useRecorder(): Recorder {
  const state = ref<'idle' | 'asking' | 'recording' | 'recorded'>('idle');
  const level = ref(0);
  const seconds = ref(0);
  const fault = ref<DeviceFault>();
  const recorded = shallowRef<Recorded>();
  let gone = false;
  let end: (() => void) | undefined;

  async function start(): Promise<void> {
    if (state.value !== 'idle') return;
    fault.value = undefined;
    const kind = typeof MediaRecorder === 'undefined' ? undefined : kindFor((mime) => MediaRecorder.isTypeSupported(mime));
    if (kind === undefined || !window.isSecureContext) {
      fault.value = window.isSecureContext ? 'unsupported' : 'insecure';
      return;
    }
    state.value = 'asking';
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints({ microphone: undefined, camera: null }));
      if (gone) stream.getTracks().forEach((track) => track.stop());
      else record(stream, kind);
    } catch (thrown) {
      fault.value = deviceFault(thrown, window.isSecureContext);
      state.value = 'idle';
    }
  }

  function record(stream: MediaStream, kind: NonNullable<ReturnType<typeof kindFor>>): void {
    const recorder = new MediaRecorder(stream, { mimeType: kind.mime, audioBitsPerSecond: BITS });
    const pieces: Blob[] = [];
    const at = new Date();
    const began = performance.now();
    let bytes = 0;
    const hearing = new AudioContext();
    const analyser = hearing.createAnalyser();
    analyser.fftSize = 1024;
    hearing.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const clock = window.setInterval(() => {
      seconds.value = (performance.now() - began) / 1000;
      analyser.getFloatTimeDomainData(samples);
      level.value = Math.min(1, 3 * Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length));
      if (seconds.value >= LONGEST_S || bytes >= MOST_VOICE) finish();
    }, TICK_MS);
    const finish = (): void => {
      if (recorder.state !== 'inactive') recorder.stop();
    };
    end = finish;
    recorder.addEventListener('dataavailable', ({ data }) => {
      pieces.push(data);
      bytes += data.size;
    });
    recorder.addEventListener('error', () => {
      fault.value = 'interrupted';
    });
    // A microphone that is pulled out ends the recording; what was said until then stays.
    stream.getTracks().forEach((track) => track.addEventListener('ended', finish));
    recorder.addEventListener('stop', () => {
      end = undefined;
      window.clearInterval(clock);
      stream.getTracks().forEach((track) => track.stop());
      void hearing.close();
      level.value = 0;
      const length = (performance.now() - began) / 1000;
      if (gone || bytes === 0) {
        state.value = 'idle';
        if (!gone) fault.value ??= 'failed';
        return;
      }
      const file = new File(pieces, voiceName(at, length, kind.end), { type: kind.mime });
      recorded.value = { file, url: URL.createObjectURL(file), seconds: length };
      seconds.value = length;
      state.value = 'recorded';
    });
    seconds.value = 0;
    state.value = 'recording';
    recorder.start(1000);
  }

  function discard(): void {
    if (recorded.value !== undefined) URL.revokeObjectURL(recorded.value.url);
    recorded.value = undefined;
    if (state.value === 'recorded') state.value = 'idle';
  }

  onScopeDispose(() => {
    gone = true;
    end?.();
    discard();
  });
  return { state, level, seconds, fault, recorded, start, stop: () => end?.(), discard };
}
