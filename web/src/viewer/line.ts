/**
 * What the line carries, seen by what came over it: what a page may ask for before somebody looks at it depends on that.
 *
 * Below THIN nothing is loaded ahead, and compressed pictures come before the images' own data.
 */
import { readonly, ref, type Ref } from 'vue';

/** Bytes that came between two moments, in milliseconds of one clock. */
export interface Transfer {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** kbit/s: an image of a CT takes half a minute. Between the two nothing changes, so that it does not swing. */
export const THIN = 160;
export const WIDE = 400;
const WINDOW_MS = 20_000;
/** From less than this nothing can be told: a small answer comes in one packet. */
const LEAST_BYTES = 4096;

/** kbit/s while something was on its way in the last seconds; undefined where too little was. */
export function carried(transfers: readonly Transfer[], now: number): number | undefined {
  const since = now - WINDOW_MS;
  let bytes = 0;
  const spans: [number, number][] = [];
  for (const one of transfers) {
    if (one.to <= since || one.from >= now) continue;
    const length = Math.max(1, one.to - one.from);
    const from = Math.max(one.from, since);
    bytes += (one.bytes * (one.to - from)) / length;
    spans.push([from, one.to]);
  }
  spans.sort(([a], [b]) => a - b);
  let busy = 0;
  let end = -Infinity;
  for (const [from, to] of spans) {
    busy += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return bytes < LEAST_BYTES ? undefined : (bytes * 8) / Math.max(1, busy);
}

export function judged(thin: boolean, kbits: number | undefined): boolean {
  if (kbits === undefined) return thin;
  return thin ? kbits < WIDE : kbits < THIN;
}

const thin = ref(false);
const kbits = ref<number>();
export const line: { readonly thin: Readonly<Ref<boolean>>; readonly kbits: Readonly<Ref<number | undefined>> } = { thin: readonly(thin), kbits: readonly(kbits) };

const over: Transfer[] = [];
const travelling = new Map<object, { from: number; bytes: number }>();

function judge(): void {
  const now = performance.now();
  while (over[0] !== undefined && over[0].to < now - WINDOW_MS) over.shift();
  const found = carried([...over, ...[...travelling.values()].map(({ from, bytes }) => ({ from, to: now, bytes }))], now);
  if (found === undefined) return;
  kbits.value = Math.round(found);
  thin.value = judged(thin.value, found);
  remember();
}

/** What is on its way counts as far as it has come: the first image over a thin line takes minutes to be there. */
export function travels(one: XMLHttpRequest): void {
  const begun = (event: ProgressEvent): void => {
    const known = travelling.get(one);
    travelling.set(one, { from: known?.from ?? performance.now(), bytes: event.loaded });
    judge();
  };
  one.addEventListener('progress', begun);
  one.addEventListener('loadend', () => travelling.delete(one));
}

/** The page before this one has seen the same line. */
const KEY = 'telemed.line';
const FRESH_MS = 10 * 60_000;
function remember(): void {
  window.sessionStorage.setItem(KEY, JSON.stringify({ kbits: kbits.value, thin: thin.value, at: Date.now() }));
}
function recall(): void {
  try {
    const known: unknown = JSON.parse(window.sessionStorage.getItem(KEY) ?? 'null');
    if (typeof known !== 'object' || known === null || !('at' in known) || !('thin' in known) || !('kbits' in known)) return;
    if (typeof known.at !== 'number' || Date.now() - known.at > FRESH_MS || typeof known.kbits !== 'number') return;
    thin.value = known.thin === true;
    kbits.value = known.kbits;
  } catch {
    return; // what another version has written is not known
  }
}

let observer: PerformanceObserver | undefined;
function take(entries: PerformanceEntryList): void {
  for (const entry of entries) {
    if (!(entry instanceof PerformanceResourceTiming) || entry.transferSize < LEAST_BYTES / 2 || entry.responseStart === 0) continue;
    over.push({ from: entry.responseStart, to: entry.responseEnd, bytes: entry.transferSize });
  }
  judge();
}

/** Begins to look, once for the page. */
export function watchLine(): void {
  if (observer !== undefined || typeof PerformanceObserver === 'undefined') return;
  recall();
  observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ type: 'resource', buffered: true });
}

/** Whether the line is thin, by everything that has come until this moment. */
export function isThin(): boolean {
  watchLine();
  take(observer?.takeRecords() ?? []);
  return thin.value;
}
