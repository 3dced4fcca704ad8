/** The recording that this page makes: begun by the room's word, cut into segments, each sent until it is there. */
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue';
import { onBeforeRouteLeave } from 'vue-router';
import { api } from '@/api/client';
import { failureOf } from '@/api/failure';
import { Mixer } from '@/call/mixing';
import { MOST_SEGMENT_MS, running, SegmentQueue, Segmenter, type Cut, type Sent, type Take } from '@/room/recording';
import type { RoomSession } from '@/room/session';
import { pauseAfter } from '@/room/voice';

const TICK_MS = 200;
/** What is smaller is the head of a file with nothing in it. */
const HEADER_BYTES = 256;
const VOICE_BITS = 32_000;
const PICTURE_BITS = 200_000;
const WITH_PICTURES = 'video/webm;codecs=vp8,opus';
const VOICES = 'audio/webm;codecs=opus';

export interface OwnRecording {
  /** Whether this page is the one that records, or is about to. */
  readonly here: ComputedRef<boolean>;
  readonly asking: Ref<boolean>;
  readonly waiting: Ref<number>;
  readonly lost: Ref<number>;
  readonly start: () => Promise<void>;
  /** The room did not take the beginning. */
  readonly refused: () => void;
}

/** Whether this browser records what the server keeps. */
export function recordsHere(): boolean {
  return typeof MediaRecorder !== 'undefined' && MediaRecorder.isTypeSupported(VOICES) && MediaRecorder.isTypeSupported(WITH_PICTURES);
}

function recorded(stream: MediaStream): Take {
  const pictures = stream.getVideoTracks().length > 0;
  const recorder = new MediaRecorder(stream, {
    mimeType: pictures ? WITH_PICTURES : VOICES,
    audioBitsPerSecond: VOICE_BITS,
    ...(pictures ? { videoBitsPerSecond: PICTURE_BITS } : {}),
  });
  const pieces: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => pieces.push(data));
  const whole = new Promise<Blob>((resolve) => {
    recorder.addEventListener('stop', () => resolve(new Blob(pieces, { type: pictures ? 'video/webm' : 'audio/webm' })));
  });
  recorder.start();
  return {
    end: () => {
      if (recorder.state !== 'inactive') recorder.stop();
      return whole;
    },
  };
}

/** A file with pictures waits for the first of them, and is empty where none comes: the voices are recorded beside it. */
function take(stream: MediaStream): Take {
  if (stream.getVideoTracks().length === 0) return recorded(stream);
  const both = recorded(stream);
  const voices = recorded(new MediaStream(stream.getAudioTracks()));
  return {
    end: async () => {
      const [whole, alone] = await Promise.all([both.end(), voices.end()]);
      return whole.size >= HEADER_BYTES ? whole : alone;
    },
  };
}

/** streams: of the call as it is now, one's own among them; none while this person is not in it. */
export function useRecording(id: string, room: RoomSession, me: () => string, token: () => string, streams: () => readonly MediaStream[]): OwnRecording {
  const connection = computed(() => room.connection.value);
  const state = computed(() => connection.value.room);
  const asking = ref(false);
  const waiting = ref(0);
  const lost = ref(0);
  /** What this page has asked the room for. */
  const mine = ref<string>();
  const active = shallowRef<{ readonly mixer: Mixer; readonly segmenter: Segmenter; readonly queue: SegmentQueue }>();
  let segmentMs = 20_000;
  /** What this page has asked the room to end. */
  let ended: string | undefined;
  const here = computed(() => mine.value !== undefined);

  async function start(): Promise<void> {
    if (here.value || asking.value) return;
    asking.value = true;
    try {
      segmentMs = Math.min(MOST_SEGMENT_MS - 5000, (await api.get('/api/rooms/{id}/recordings', { path: { id } })).segment_ms);
      mine.value = crypto.randomUUID();
      room.act('rec.start', { id: mine.value });
    } finally {
      asking.value = false;
    }
  }

  async function send(recording: string, n: number, cut: Cut): Promise<Sent> {
    const url = `/api/rooms/${encodeURIComponent(id)}/recordings/${recording}/segments/${String(n)}?at=${String(cut.at)}&ms=${String(cut.ms)}`;
    try {
      const headers = { 'X-CSRF-Token': token(), 'Content-Type': cut.content.type };
      const answer = await fetch(url, { method: 'POST', body: cut.content, headers });
      if (answer.status === 201) return 'kept';
      const failure = failureOf(answer.status, await answer.json().catch(() => undefined), answer.headers.get('X-Request-Id'));
      // Locked or signed out, it waits for whoever comes back within the time that the server grants.
      return failure.retryable || failure.kind === 'signed-out' || failure.kind === 'locked' ? 'again' : 'refused';
    } catch (error) {
      if (error instanceof TypeError) return 'again'; // fetch has no other word for a line that is away
      throw error;
    }
  }

  function begin(recording: string): void {
    const mixer = new Mixer();
    mixer.follow(streams());
    const queue = new SegmentQueue({
      send: (n, cut) => send(recording, n, cut),
      pause: (failed) => new Promise((resolve) => window.setTimeout(resolve, pauseAfter(failed))),
      changed: () => {
        waiting.value = queue.waiting;
        lost.value = queue.lost;
      },
    });
    const segmenter = new Segmenter({
      begin: () => take(mixer.stream()),
      now: () => performance.now(),
      segmentMs,
      done: (cut) => {
        if (cut.content.size >= HEADER_BYTES) queue.add(cut);
        else queue.lose();
      },
    });
    lost.value = 0;
    active.value = { mixer, segmenter, queue };
  }

  /** What was recorded goes on being sent, whatever becomes of the page. */
  function end(): void {
    const ending = active.value;
    active.value = undefined;
    mine.value = undefined;
    if (ending !== undefined) void ending.segmenter.finish().then(() => ending.mixer.close());
  }
  function stop(): void {
    ended = mine.value;
    if (ended !== undefined) room.act('rec.stop', { id: ended });
    end();
  }

  const on = computed(() => running(state.value)?.id);
  watch([on, mine, () => connection.value.phase], ([now, own, phase]) => {
    if (own !== undefined && now === own && active.value === undefined) begin(own);
    else if (own !== undefined && active.value !== undefined && now !== own) end();
    // A page that was loaded anew does not record what the one before it began.
    else if (now !== undefined && now !== own && now !== ended && running(state.value)?.by === me() && phase === 'live') {
      ended = now;
      room.act('rec.stop', { id: now });
    }
  });
  watch(() => connection.value.phase, (phase) => {
    // Of what is recorded while the room cannot be heard, only this segment is at stake.
    if (phase === 'ended') end();
    else if (phase !== 'live') active.value?.segmenter.cut();
  });
  watch(streams, (now) => {
    if (active.value === undefined) return;
    if (now.length === 0) stop();
    else active.value.mixer.follow(now);
  });

  const clock = window.setInterval(() => active.value?.segmenter.tick(), TICK_MS);
  function onUnload(event: BeforeUnloadEvent): void {
    if (here.value || waiting.value > 0) event.preventDefault();
  }
  window.addEventListener('beforeunload', onUnload);
  window.addEventListener('pagehide', stop);
  onBeforeRouteLeave(() => stop());
  onScopeDispose(() => {
    window.clearInterval(clock);
    window.removeEventListener('beforeunload', onUnload);
    window.removeEventListener('pagehide', stop);
    end();
  });
  return { here, asking, waiting, lost, start, refused: end };
}
