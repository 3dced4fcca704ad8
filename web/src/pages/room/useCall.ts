/** Voice and video beside a room, which carries what browsers agree on and is not needed for what they say. */
import { computed, onScopeDispose, ref, shallowReactive, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { channelTo } from '@/call/channel';
import { Call, EVERY_MS, type CallState } from '@/call/call';
import { allowed, holding } from '@/call/ladder';
import { NO_TRACKS, type Slot } from '@/call/link';
import { BEAT_MS, readHello, seating, still, type InCall } from '@/call/presence';
import { readSignal, type Envelope, type Person, type Signal } from '@/call/signalling';
import { useDevices, type OwnDevices } from '@/pages/room/useDevices';
import type { Passing } from '@/room/protocol';
import type { RoomSession } from '@/room/session';

/** Who is not in the call is told of it less often. */
const FAR = 3;
const LANES: Readonly<Record<Signal['kind'], string>> = { offer: 'rtc.offer', answer: 'rtc.answer', candidate: 'rtc.ice', wishes: 'rtc.ice', bye: 'rtc.ice' };

export type Stage = 'out' | 'testing' | 'joining' | 'in';
/** Of one person: camera with voice, and what they share. */
export interface Pictures {
  readonly camera: MediaStream;
  readonly screen: MediaStream | undefined;
}

export interface RoomCall {
  readonly stage: Ref<Stage>;
  readonly devices: OwnDevices;
  readonly state: ShallowRef<CallState | undefined>;
  readonly pictures: ReadonlyMap<Person, Pictures>;
  /** Who says that they are in the call; also before this person is. */
  readonly others: ReadonlyMap<Person, InCall>;
  readonly muted: Ref<boolean>;
  readonly camera: Ref<boolean>;
  readonly opening: Ref<boolean>;
  readonly relayed: Ref<boolean>;
  readonly most: Ref<number>;
  /** How many a call may have through the forwarding server, 0 where the county has none. */
  readonly forwarded: Ref<number>;
  /** What the browser last refused, for whoever is asked about it. */
  readonly broken: Ref<string>;
  readonly seated: ComputedRef<boolean>;
  readonly test: () => Promise<void>;
  readonly join: (withCamera: boolean) => Promise<void>;
  readonly leave: () => void;
  readonly turnCamera: (on: boolean) => Promise<void>;
  readonly turnScreen: (on: boolean) => Promise<void>;
  readonly choose: (rung: Parameters<Call['choose']>[0]) => void;
  readonly heard: (one: Passing) => void;
}

export function useCall(id: string, room: RoomSession, me: () => string, token: () => string, onFault: (fault: unknown) => void): RoomCall {
  const stage = ref<Stage>('out');
  const state = shallowRef<CallState>();
  const pictures = shallowReactive(new Map<Person, Pictures>());
  const others = shallowReactive(new Map<Person, InCall>());
  const muted = ref(false);
  const camera = ref(false);
  const opening = ref(false);
  const relayed = ref(true);
  const most = ref(4);
  const forwarded = ref(0);
  const broken = ref('');
  const devices = useDevices();
  const listeners = new Set<(envelope: Envelope) => void>();
  let call: Call | undefined;
  let since = 0;
  let joins = 0;
  let beats = 0;
  /** The joining that is on; one that was given up has nothing more to say. */
  let asked = 0;

  const connection = computed(() => room.connection.value);
  const members = computed(() => connection.value.room.members);
  const live = computed(() => connection.value.phase === 'live');

  /** What the others are really sent: what the line does not carry is not there for them, and nothing of it stands still. */
  const sends = computed(() => {
    const left = allowed(state.value === undefined ? 'full' : holding(state.value.ladder));
    return { camera: camera.value && left.ownCamera, screen: devices.screen.value !== undefined && left.screen };
  });

  // --- who is in the call

  /** Says to one person, or to all who may be in a call, how this one is in it. */
  function greet(to: readonly Person[], on = true): void {
    const said = { call: on, since, muted: muted.value, ...sends.value, moved: call?.moved === true };
    for (const person of to) room.pass('rtc.ice', { ...said, knows: others.has(person) }, person);
  }
  const there = computed(() => Object.entries(members.value).flatMap(([person, one]) => (person !== me() && one.st === 'present' && one.role !== 'audience' ? [person] : [])));

  function beat(): void {
    beats += 1;
    greet(beats % FAR === 0 ? there.value : there.value.filter((person) => others.has(person)));
  }

  function seat(): void {
    const kept = still(others, (person) => members.value[person]?.st, live.value, performance.now());
    for (const person of [...others.keys()]) if (!kept.has(person)) forget(person);
    for (const [person, one] of kept) others.set(person, one);
    call?.setPeople(seating(others, me(), since), others);
  }
  function forget(person: Person): void {
    others.delete(person);
    pictures.delete(person);
  }

  function heard(one: Passing): void {
    if (one.by === me() || !one.k.startsWith('rtc.')) return;
    const hello = readHello(one.d);
    if (hello !== undefined) {
      const isNew = !others.has(one.by);
      if (hello.call) others.set(one.by, { ...hello, heardAt: performance.now() });
      else forget(one.by);
      // Whoever has come is told at once; and whoever takes a page that was loaded anew for the one before it.
      if (stage.value === 'in' && hello.call && (isNew || !hello.knows)) greet([one.by]);
      if (stage.value !== 'in' && hello.knows) greet([one.by], false);
      seat();
    } else if (typeof one.d['signal'] === 'string') {
      const signal = parsed(one.d['signal']);
      if (signal !== undefined) for (const listener of listeners) listener({ from: one.by, to: me(), signal });
    }
  }

  // --- coming and going

  let known: RTCIceServer[] | undefined;
  async function servers(): Promise<RTCIceServer[]> {
    try {
      const answer = await api.post('/api/rooms/{id}/ice-servers', { path: { id }, headers: { 'X-CSRF-Token': token() } });
      relayed.value = answer.servers.length > 0;
      most.value = answer.max_peers;
      forwarded.value = answer.max_people;
      known = answer.servers.map(({ urls, username, credential }) => ({
        urls: [...urls],
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      }));
    } catch (error) {
      // A call that is on tries with what it has, which is good for an hour; the server may be away for a moment.
      if (known === undefined || stage.value !== 'in') throw error;
    }
    return known;
  }

  async function test(): Promise<void> {
    asked += 1;
    stage.value = 'testing';
    await devices.test();
  }

  async function join(withCamera: boolean): Promise<void> {
    if (devices.stream.value === undefined || stage.value !== 'testing') return;
    const mine = asked;
    stage.value = 'joining';
    try {
      await servers();
    } catch (error) {
      if (mine === asked) stage.value = 'testing';
      onFault(error);
      return;
    }
    if (mine !== asked) return;
    devices.endTest();
    if (!withCamera) devices.closeCamera();
    muted.value = false;
    camera.value = devices.hasCamera.value;
    since = Date.now() + connection.value.offset;
    joins += 1;
    call = new Call({
      me: me(),
      life: connection.value.gen * 1000 + joins,
      signalling: {
        send: (to, signal) => room.pass(LANES[signal.kind], { signal: JSON.stringify(signal) }, to),
        onMessage: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      iceServers: servers,
      connect: (configuration) => new RTCPeerConnection(configuration),
      policy: 'all',
      most: most.value,
      forwarding: { open: channelTo(`/api/rooms/${id}/media`, token), most: forwarded.value, onMoved: () => greet(there.value) },
      now: () => performance.now(),
      onTrack: shown,
      // The watchdog sees what comes of it, says so and begins anew.
      onFault: (_person, thrown) => (broken.value = String(thrown)),
      onChange: (next) => (state.value = next),
    });
    stage.value = 'in';
    send();
    greet(there.value);
    seat();
  }

  function shown(person: Person, slot: Slot, track: MediaStreamTrack | null): void {
    const before = pictures.get(person);
    if (slot === 'screen') {
      pictures.set(person, { camera: before?.camera ?? new MediaStream(), screen: track === null ? undefined : new MediaStream([track]) });
      return;
    }
    const kind = slot === 'camera' ? 'video' : 'audio';
    const kept = (before?.camera.getTracks() ?? []).filter((one) => one.kind !== kind);
    pictures.set(person, { camera: new MediaStream(track === null ? kept : [...kept, track]), screen: before?.screen });
  }

  function send(): void {
    const [microphone = null] = devices.stream.value?.getAudioTracks() ?? [];
    const [picture = null] = devices.stream.value?.getVideoTracks() ?? [];
    const [screen = null] = devices.screen.value?.getVideoTracks() ?? [];
    if (microphone !== null) microphone.enabled = !muted.value;
    call?.setTracks({ ...NO_TRACKS, microphone, camera: camera.value ? picture : null, screen });
  }

  function leave(): void {
    asked += 1;
    if (stage.value === 'in') greet(there.value, false);
    void call?.leave();
    call = undefined;
    camera.value = false;
    devices.giveBack();
    state.value = undefined;
    pictures.clear();
    stage.value = 'out';
  }

  async function turnCamera(on: boolean): Promise<void> {
    if (stage.value !== 'in' || opening.value) return;
    opening.value = on;
    try {
      if (on) camera.value = await devices.openCamera();
      else {
        camera.value = false;
        send();
        devices.closeCamera();
      }
    } finally {
      opening.value = false;
    }
  }

  async function turnScreen(on: boolean): Promise<void> {
    if (stage.value !== 'in') return;
    if (on) await devices.openScreen(() => void turnScreen(false));
    else devices.closeScreen();
  }

  watch([muted, camera, devices.stream, devices.screen], () => {
    if (stage.value === 'in') send();
  });
  watch(() => [muted.value, sends.value.camera, sends.value.screen].join(), () => {
    if (stage.value === 'in') greet(there.value);
  });
  // Whoever comes into the room hears at once that there is a call; whoever has left it is let go.
  watch(() => there.value.map((person) => `${person} ${String(members.value[person]?.gen)}`), (now, before) => {
    if (stage.value === 'in') greet(now.filter((one) => !before.includes(one)).map((one) => one.slice(0, one.lastIndexOf(' '))));
    seat();
  });
  watch(live, (is) => {
    if (is && stage.value === 'in') greet(there.value);
  });
  // The room is lost for good, closed, or open on another device: nobody is heard from here any more.
  watch(() => connection.value.phase === 'ended' || connection.value.room.st === 'closed' || members.value[me()]?.role === 'audience', (over) => {
    if (over) leave();
  });

  const clocks = [
    window.setInterval(() => {
      if (stage.value === 'in') beat();
      seat();
    }, BEAT_MS),
    window.setInterval(() => void call?.tick().catch((thrown: unknown) => (broken.value = String(thrown))), EVERY_MS),
  ];
  window.addEventListener('pagehide', leave);
  onScopeDispose(() => {
    window.removeEventListener('pagehide', leave);
    leave();
    for (const clock of clocks) window.clearInterval(clock);
  });

  const seated = computed(() => !(state.value?.without ?? []).includes(me()));
  return {
    stage, devices, state, pictures, others, muted, camera, opening, relayed, most, forwarded, broken, seated,
    test, join, leave, turnCamera, turnScreen, choose: (rung) => call?.choose(rung), heard,
  };
}

function parsed(text: string): Signal | undefined {
  try {
    return readSignal(JSON.parse(text));
  } catch {
    // Another's page said what is no JSON: unknown, like every message that this page does not know.
    return undefined;
  }
}
