/**
 * What the presenter shows, between a viewer's own numbers and a room's whole ones. Pure.
 *
 * The camera is spoken of in the world of the image (micrometres, millionths), so screens of any size agree;
 * zoom is against the height of the image alone, because two screens may differ in their shape too.
 */
import type { Data, RoomState } from './protocol';

export type Vector3 = readonly [number, number, number];

/** How a viewport looks at an image: millimetres of the world, unit vectors, values of the image. */
export interface Look {
  readonly study: string;
  readonly series: string;
  readonly sop: string;
  readonly frame: number;
  readonly lower: number;
  readonly upper: number;
  readonly inverted: boolean;
  readonly mirrored: boolean;
  /** What stands in the middle of the viewport. */
  readonly middle: Vector3;
  readonly up: Vector3;
  /** Towards whoever looks. */
  readonly normal: Vector3;
  /** Half the height of what is seen. */
  readonly half: number;
  /** Half the height of the image. */
  readonly whole: number;
}

const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const times = (by: number, [x, y, z]: Vector3): Vector3 => [x * by, y * by, z * by];
/** -0 has no spelling in the log. */
const round = (value: number): number => Math.round(value) + 0;

/** The data of `viewer.key` and of `viewer.live`. pe: as which presenter. */
export function factsOf(look: Look, pe: number): Data {
  const right = cross(look.up, look.normal);
  return {
    study: look.study,
    series: look.series,
    sop: look.sop,
    frame: look.frame,
    pe,
    layout: '1x1',
    vp: 0,
    wl: [round(((look.lower + look.upper) / 2) * 1000), round((look.upper - look.lower) * 1000)],
    inv: look.inverted ? 1 : 0,
    zoom: round((look.whole / look.half) * 1000),
    flip: look.mirrored ? 1 : 0,
    mpr: [...times(1000, look.middle), ...times(1e6, right), ...times(-1e6, look.up)].map(round),
  };
}

/** What was shown, for a viewport to show; undefined for data that say less than a whole view. */
export type Asked = Omit<Look, 'half' | 'whole'> & { /** Height of the image over height of what is seen. */ readonly zoom: number };

export function asked(d: Data | null | undefined): Asked | undefined {
  const { study, series, sop, frame, inv, zoom, flip } = d ?? {};
  const wl = numbers(d?.['wl'], 2);
  const plane = numbers(d?.['mpr'], 9);
  if (typeof study !== 'string' || typeof series !== 'string' || typeof sop !== 'string') return undefined;
  if (typeof frame !== 'number' || typeof zoom !== 'number' || zoom <= 0 || wl === undefined || plane === undefined) return undefined;
  const [center = 0, width = 0] = wl;
  const three = (at: number, by: number): Vector3 => [(plane[at] ?? 0) / by, (plane[at + 1] ?? 0) / by, (plane[at + 2] ?? 0) / by];
  const up = times(-1, three(6, 1e6));
  return {
    study,
    series,
    sop,
    frame,
    lower: (center - width / 2) / 1000,
    upper: (center + width / 2) / 1000,
    inverted: inv === 1,
    mirrored: flip === 1,
    middle: three(0, 1000),
    up,
    normal: cross(three(3, 1e6), up),
    zoom: zoom / 1000,
  };
}

function numbers(value: unknown, count: number): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length !== count) return undefined;
  const all: readonly unknown[] = value;
  return all.every((one): one is number => typeof one === 'number') ? all : undefined;
}

/** The image that somebody has painted last. */
export interface Slice {
  readonly sop: string;
  readonly frame: number;
}

export const sameSlice = (a: Slice | undefined, b: Slice | undefined): boolean => a !== undefined && a.sop === b?.sop && a.frame === b.frame;

export interface Seeing {
  /** Who has the presented image on the screen, of those who are in the room. */
  readonly see: readonly string[];
  readonly not: readonly string[];
}

/** painted: by person what they have acknowledged last. */
export function seeing(members: RoomState['members'], painted: ReadonlyMap<string, Slice>, presented: Slice | undefined): Seeing {
  const here = Object.entries(members).flatMap(([person, one]) => (one.st === 'present' ? [person] : []));
  return {
    see: here.filter((person) => sameSlice(presented, painted.get(person))),
    not: here.filter((person) => !sameSlice(presented, painted.get(person))),
  };
}

export const LIVE_MS = 34;
export const SETTLE_MS = 150;
/** The server takes four keys a second. */
export const KEY_MS = 260;

/** Drags go out at most thirty times a second, the newest each time; what has settled goes into the log once. */
export class Pace<T> {
  private latest: T | undefined;
  private live: ReturnType<typeof setTimeout> | undefined;
  private settle: ReturnType<typeof setTimeout> | undefined;
  private liveAt = -Infinity;
  private keyAt = -Infinity;

  constructor(
    private readonly onLive: (one: T) => void,
    private readonly onSettled: (one: T) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  take(one: T): void {
    this.latest = one;
    this.live ??= setTimeout(this.sendLive, Math.max(0, LIVE_MS - (this.now() - this.liveAt)));
    clearTimeout(this.settle);
    this.settle = setTimeout(this.sendKey, Math.max(SETTLE_MS, KEY_MS - (this.now() - this.keyAt)));
  }

  stop(): void {
    clearTimeout(this.live);
    clearTimeout(this.settle);
    this.live = this.settle = undefined;
  }

  private readonly sendLive = (): void => {
    this.live = undefined;
    this.liveAt = this.now();
    if (this.latest !== undefined) this.onLive(this.latest);
  };

  private readonly sendKey = (): void => {
    this.settle = undefined;
    this.keyAt = this.now();
    if (this.latest !== undefined) this.onSettled(this.latest);
  };
}
