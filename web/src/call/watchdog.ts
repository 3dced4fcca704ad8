/**
 * Whether pictures and voices really come, apart from what any connection says about itself: signalling may be fine and
 * the video frozen.  Pure: counts in, what to begin anew out.  It is always the media, never the room.
 */

export interface Counts {
  readonly at: number;
  /** Whether a picture is due: the other sends one and we want it. */
  readonly expectsPicture: boolean;
  /** Whether the other has a microphone; one that is muted still sends silence. */
  readonly expectsVoice: boolean;
  readonly frames: number;
  /** Packets of the voice. */
  readonly voice: number;
}

export type Trouble = 'none' | 'picture' | 'voice';

export interface Watch {
  readonly frames: number;
  readonly voice: number;
  readonly pictureAt: number;
  readonly voiceAt: number;
  readonly trouble: Trouble;
  /** Restarts since it last went well. */
  readonly restarts: number;
  readonly restartedAt: number;
  /** Since when it goes well again. */
  readonly wellSince: number | undefined;
}

export type Restart = 'paths' | 'connection';

export const FROZEN_MS = 5_000;
/** A silent voice sends less often, and losing it for a moment is no reason to begin anew. */
export const SILENT_MS = 8_000;
export const WELL_MS = 10_000;
/** How long a restart may take before the next, stronger one; the last pause stays. */
export const PAUSES_MS: readonly number[] = [10_000, 15_000, 30_000, 60_000];
/** From this many restarts on people are told that it does not help. */
export const HOPELESS_AFTER = 3;

export function watching(at: number): Watch {
  return {
    frames: 0,
    voice: 0,
    pictureAt: at,
    voiceAt: at,
    trouble: 'none',
    restarts: 0,
    restartedAt: at,
    wellSince: undefined,
  };
}

/** What is to be begun anew now, if anything. */
export function counted(watch: Watch, now: Counts): readonly [Watch, Restart | undefined] {
  // A connection made anew counts from nothing: any change is progress.
  const pictureAt = !now.expectsPicture || now.frames !== watch.frames ? now.at : watch.pictureAt;
  const voiceAt = !now.expectsVoice || now.voice !== watch.voice ? now.at : watch.voiceAt;
  const trouble = troubled(now.at - pictureAt, now.at - voiceAt);
  const seen = { ...watch, frames: now.frames, voice: now.voice, pictureAt, voiceAt, trouble };
  if (trouble === 'none') return [well(seen, now.at), undefined];
  const pause = watch.restarts === 0 ? 0 : (PAUSES_MS[watch.restarts - 1] ?? PAUSES_MS.at(-1) ?? 0);
  if (now.at - watch.restartedAt < pause) return [{ ...seen, wellSince: undefined }, undefined];
  const restart: Restart = watch.restarts === 0 ? 'paths' : 'connection';
  return [{ ...seen, wellSince: undefined, restarts: watch.restarts + 1, restartedAt: now.at }, restart];
}

function troubled(pictureMs: number, voiceMs: number): Trouble {
  if (voiceMs >= SILENT_MS) return 'voice';
  return pictureMs >= FROZEN_MS ? 'picture' : 'none';
}

function well(watch: Watch, at: number): Watch {
  const wellSince = watch.wellSince ?? at;
  return at - wellSince >= WELL_MS ? { ...watch, wellSince, restarts: 0 } : { ...watch, wellSince };
}

/** Whether beginning anew has not helped so often that people should hear of another way. */
export function hopeless(watch: Watch): boolean {
  return watch.trouble !== 'none' && watch.restarts >= HOPELESS_AFTER;
}
