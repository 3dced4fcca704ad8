/** What sounds on the duty board: an emergency nobody has accepted, until it is accepted or silenced for this one. */
import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue';
import { isUnaccepted, type Consultation } from '@/pages/consultations/acts';

type Ringing = Pick<Consultation, 'id' | 'state' | 'urgency' | 'due_at'>;
/** One asking of one expert: somebody else asked rings anew. */
export const ringOf = (one: Ringing): string => `${one.id} ${one.due_at ?? ''}`;
export function ringing<Row extends Ringing>(rows: readonly Row[], silenced: ReadonlySet<string>): Row[] {
  return rows.filter((one) => isUnaccepted(one) && !silenced.has(ringOf(one)));
}

const EVERY = 2_000; // milliseconds from one ring to the next
const TONES = [880, 660];

export interface Alarm<Row> {
  readonly sounding: ComputedRef<Row[]>;
  /** Whether the browser lets the page sound; it needs a touch of the page first. */
  readonly audible: Ref<boolean>;
  readonly enable: () => Promise<void>;
  readonly silence: (row: Row) => void;
  readonly isSilenced: (row: Row) => boolean;
  readonly permission: Ref<NotificationPermission | 'absent'>;
  readonly allow: () => Promise<void>;
}

export function useAlarm<Row extends Ringing>(rows: () => readonly Row[], words: (row: Row) => { readonly title: string; readonly body: string }): Alarm<Row> {
  const silenced = ref<ReadonlySet<string>>(new Set());
  const audible = ref(false);
  const permission = ref<NotificationPermission | 'absent'>('Notification' in window ? Notification.permission : 'absent');
  const sounding = computed(() => ringing(rows(), silenced.value));
  const told = new Set<string>();
  let audio: AudioContext | undefined;
  let gone = false;

  async function enable(): Promise<void> {
    if (gone) return;
    if (audio === undefined) {
      const made = new AudioContext();
      made.addEventListener('statechange', () => (audible.value = made.state === 'running'));
      audio = made;
    }
    if (audio.state === 'suspended') await audio.resume();
    audible.value = audio.state === 'running';
  }
  /** Any touch of the page will do, also one before it came here. */
  if (navigator.userActivation.hasBeenActive) void enable();
  const touched = (): void => void enable();
  window.addEventListener('pointerdown', touched, { once: true });
  window.addEventListener('keydown', touched, { once: true });

  function ring(): void {
    const playing = audio;
    if (sounding.value.length === 0 || playing?.state !== 'running') return;
    TONES.forEach((frequency, index) => {
      const tone = playing.createOscillator();
      const level = playing.createGain();
      const begins = playing.currentTime + index * 0.25;
      tone.frequency.value = frequency;
      level.gain.setValueAtTime(0.2, begins);
      level.gain.exponentialRampToValueAtTime(0.001, begins + 0.24);
      tone.connect(level).connect(playing.destination);
      tone.start(begins);
      tone.stop(begins + 0.25);
    });
  }
  const timer = window.setInterval(ring, EVERY);

  watch(sounding, (now) => {
    for (const row of now) {
      if (told.has(ringOf(row))) continue;
      told.add(ringOf(row));
      ring();
      if (permission.value === 'granted') {
        const { title, body } = words(row);
        new Notification(title, { body, tag: row.id });
      }
    }
  });
  async function allow(): Promise<void> {
    if (permission.value !== 'absent') permission.value = await Notification.requestPermission();
  }
  onScopeDispose(() => {
    window.clearInterval(timer);
    window.removeEventListener('pointerdown', touched);
    window.removeEventListener('keydown', touched);
    gone = true;
    void audio?.close();
  });
  return {
    sounding,
    audible,
    enable,
    silence: (row) => void (silenced.value = new Set([...silenced.value, ringOf(row)])),
    isSilenced: (row) => silenced.value.has(ringOf(row)),
    permission,
    allow,
  };
}
