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
  /** The microphone is gone while it was in use. */
  readonly lost: Ref<boolean>;
  readonly hasCamera: ComputedRef<boolean>;
  /** Device ids; empty is the browser's own choice. */
  readonly microphone: Ref<string>;
  readonly camera: Ref<string>;
  readonly speaker: Ref<string>;
  readonly test: () => Promise<void>;
  readonly endTest: () => void;
  readonly tone: () => Promise<void>;
  readonly openCamera: () => Promise<boolean>;
  readonly openMicrophone: () => Promise<boolean>;
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
  const lost = ref(false);
  const microphone = ref('');
  const camera = ref('');
  const speaker = ref('');
  let meter: LevelMeter | undefined;
  let heardAt = 0;
  /** What is open now; whatever an earlier asking opens too late is given back. */
  let asked = 0;

  const hasCamera = computed(() => (stream.value?.getVideoTracks().length ?? 0) > 0);
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
    stream.value = watched(opened.stream);
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

  /** Opens one device anew and puts it in the place of the one before; whether it is there. */
  async function reopen(kind: 'audio' | 'video'): Promise<boolean> {
    if (stream.value === undefined) return false;
    const mine = asked;
    const choice = kind === 'audio' ? { microphone: chosen(microphone), camera: null } : { microphone: null, camera: chosen(camera) };
    const opened = await open(navigator.mediaDevices, choice, window.isSecureContext);
    if (mine !== asked) {
      if (opened.kind === 'open') release(opened.stream);
      return false;
    }
    if (opened.kind === 'closed') {
      missing.value = opened.fault;
      return false;
    }
    missing.value = undefined;
    for (const track of stream.value.getTracks()) if (track.kind === kind) track.stop();
    stream.value = new MediaStream([...stream.value.getTracks().filter((one) => one.kind !== kind), ...watched(opened.stream).getTracks()]);
    if (kind === 'audio') lost.value = false;
    return true;
  }
  /** A camera's light was out while it was off. */
  const openCamera = (): Promise<boolean> => reopen('video');
  const openMicrophone = (): Promise<boolean> => reopen('audio');

  /** Says when a device is pulled out or taken away; what this page stops itself tells nothing. */
  function watched(opened: MediaStream): MediaStream {
    for (const track of opened.getTracks()) {
      track.addEventListener('ended', () => {
        if (stream.value?.getTracks().includes(track) !== true) return;
        if (track.kind === 'audio') lost.value = true;
        else missing.value = 'interrupted';
      });
    }
    return opened;
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
    lost.value = false;
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
  // Another device is tried anew before a call, and put in the place of the other within it.
  watch([microphone, camera], ([id], [before]) => {
    if (meter !== undefined || fault.value !== undefined) void test();
    else if (id !== before) void openMicrophone();
    else if (hasCamera.value) void openCamera();
  });
  onScopeDispose(() => {
    window.clearInterval(clock);
    media?.removeEventListener('devicechange', plugged);
    giveBack();
  });

  return {
    stream, screen, found, fault, missing, level, silent, lost, microphone, camera, speaker,
    hasCamera,
    test, endTest, tone, openCamera, openMicrophone, closeCamera, openScreen, closeScreen, giveBack,
  };
}

/** Lets an element speak from a chosen loudspeaker, where the browser can. */
export async function speakFrom(element: HTMLMediaElement, speaker: string): Promise<void> {
  if (speakersChosen && element.sinkId !== speaker) await element.setSinkId(speaker);
}
export const speakersChosen: boolean = 'setSinkId' in HTMLMediaElement.prototype;
/** Telephones have no screen to share. */
export const screensShared: boolean = 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices;
