/** Microphone, camera, loudspeaker and screen of this browser: tried before a call, given back after it. */
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { deviceFault, LevelMeter, open, release, sorted, type DeviceFault, type Devices } from '@/call/devices';

/** Somebody who was asked to speak has been silent for so long that something is wrong. */
const SILENT_MS = 6_000;
/** 0–1 of the bar: what a voice passes, and the noise of a quiet room does not. */
const HEARD = 0.15;
const TONE_MS = 800;

export interface OwnDevices {
  readonly stream: ShallowRef<MediaStream | undefined>;
  readonly screen: ShallowRef<MediaStream | undefined>;
  readonly found: ShallowRef<Devices>;
  readonly fault: Ref<DeviceFault | undefined>;
  /** Why only a part of what was chosen is there. */
  readonly missing: Ref<DeviceFault | undefined>;
  readonly level: Ref<number>;
  readonly silent: Ref<boolean>;
  readonly hasCamera: ComputedRef<boolean>;
  /** Device ids; empty is the browser's own choice. */
  readonly microphone: Ref<string>;
  readonly camera: Ref<string>;
  readonly speaker: Ref<string>;
  readonly test: () => Promise<void>;
  readonly endTest: () => void;
  readonly tone: () => Promise<void>;
  readonly openCamera: () => Promise<boolean>;
  readonly closeCamera: () => void;
  readonly openScreen: (ended: () => void) => Promise<boolean>;
  readonly closeScreen: () => void;
  readonly giveBack: () => void;
}

export function useDevices(): OwnDevices {
  const stream = shallowRef<MediaStream>();
  const screen = shallowRef<MediaStream>();
  const found = shallowRef<Devices>(sorted([]));
  const fault = ref<DeviceFault>();
  const missing = ref<DeviceFault>();
  const level = ref(0);
  const silent = ref(false);
  const microphone = ref('');
  const camera = ref('');
  const speaker = ref('');
  let meter: LevelMeter | undefined;
  let heardAt = 0;
  /** What is open now; whatever an earlier asking opens too late is given back. */
  let asked = 0;

  const chosen = (id: Ref<string>): string | undefined => (id.value === '' ? undefined : id.value);

  async function look(): Promise<void> {
    found.value = sorted(await navigator.mediaDevices.enumerateDevices());
  }

  async function test(): Promise<void> {
    giveBack();
    const mine = asked;
    const opened = await open(navigator.mediaDevices, { microphone: chosen(microphone), camera: chosen(camera) }, window.isSecureContext);
    if (mine !== asked) {
      if (opened.kind === 'open') release(opened.stream);
      return;
    }
    fault.value = opened.kind === 'closed' ? opened.fault : undefined;
    missing.value = opened.kind === 'open' ? opened.missing : undefined;
    if (opened.kind === 'closed') return;
    stream.value = opened.stream;
    heardAt = performance.now();
    if (opened.stream.getAudioTracks().length > 0) meter = new LevelMeter(opened.stream);
    await look();
  }

  function endTest(): void {
    void meter?.end();
    meter = undefined;
    level.value = 0;
    silent.value = false;
  }

  /** A tone from the loudspeaker that is chosen. */
  async function tone(): Promise<void> {
    const context = new AudioContext();
    const out = context.createMediaStreamDestination();
    const source = context.createOscillator();
    source.frequency.value = 440;
    source.connect(out);
    const audio = new Audio();
    audio.srcObject = out.stream;
    try {
      await speakFrom(audio, speaker.value);
      source.start();
      await audio.play();
      await new Promise((done) => window.setTimeout(done, TONE_MS));
    } finally {
      audio.srcObject = null;
      await context.close();
    }
  }

  /** Opens the camera anew beside the microphone; its light was out while it was off. */
  async function openCamera(): Promise<boolean> {
    const now = stream.value;
    if (now === undefined) return false;
    const mine = asked;
    const opened = await open(navigator.mediaDevices, { microphone: null, camera: chosen(camera) }, window.isSecureContext);
    if (opened.kind === 'closed') {
      missing.value = opened.fault;
      return false;
    }
    if (mine !== asked) {
      release(opened.stream);
      return false;
    }
    missing.value = undefined;
    closeCamera();
    stream.value = new MediaStream([...now.getAudioTracks(), ...opened.stream.getVideoTracks()]);
    return true;
  }

  function closeCamera(): void {
    const now = stream.value;
    if (now === undefined) return;
    for (const track of now.getVideoTracks()) track.stop();
    stream.value = new MediaStream(now.getAudioTracks());
  }

  /** ended: told when the person stops it in the browser's own bar. */
  async function openScreen(ended: () => void): Promise<boolean> {
    const mine = asked;
    try {
      const shared = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 5, max: 10 } }, audio: false });
      if (mine !== asked) {
        release(shared);
        return false;
      }
      const [track] = shared.getVideoTracks();
      // Letters are to stay sharp; frames may be left out instead.
      if (track !== undefined) track.contentHint = 'detail';
      track?.addEventListener('ended', ended);
      screen.value = shared;
      return true;
    } catch (thrown) {
      // Whoever closes the browser's question has changed their mind.
      const why = deviceFault(thrown, window.isSecureContext);
      if (why !== 'refused') missing.value = why;
      return false;
    }
  }

  function closeScreen(): void {
    if (screen.value !== undefined) release(screen.value);
    screen.value = undefined;
  }

  function giveBack(): void {
    asked += 1;
    endTest();
    closeScreen();
    if (stream.value !== undefined) release(stream.value);
    stream.value = undefined;
    fault.value = undefined;
    missing.value = undefined;
  }

  const clock = window.setInterval(() => {
    if (meter === undefined) return;
    level.value = meter.level();
    const now = performance.now();
    if (level.value >= HEARD) heardAt = now;
    silent.value = now - heardAt >= SILENT_MS;
  }, 100);
  const plugged = (): void => {
    if (stream.value !== undefined) void look();
  };
  // Browsers hide the devices from pages that were not loaded securely.
  const media = navigator.mediaDevices as MediaDevices | undefined;
  media?.addEventListener('devicechange', plugged);
  watch([microphone, camera], () => {
    if (meter !== undefined || fault.value !== undefined) void test();
  });
  onScopeDispose(() => {
    window.clearInterval(clock);
    media?.removeEventListener('devicechange', plugged);
    giveBack();
  });

  return {
    stream, screen, found, fault, missing, level, silent, microphone, camera, speaker,
    hasCamera: computed(() => (stream.value?.getVideoTracks().length ?? 0) > 0),
    test, endTest, tone, openCamera, closeCamera, openScreen, closeScreen, giveBack,
  };
}

/** Lets an element speak from a chosen loudspeaker, where the browser can. */
export async function speakFrom(element: HTMLMediaElement, speaker: string): Promise<void> {
  if (speakersChosen && element.sinkId !== speaker) await element.setSinkId(speaker);
}
export const speakersChosen: boolean = 'setSinkId' in HTMLMediaElement.prototype;
/** Telephones have no screen to share. */
export const screensShared: boolean = 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices;
