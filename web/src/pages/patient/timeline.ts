/** What the timeline makes of the server's answer: rows by organ system, verdicts with their steps, what changed. */
import type { components } from '@/api/schema';
import { pick, type Say } from '@/i18n/texts';
import { en } from '@/i18n/en/timeline';
import { zh } from '@/i18n/zh-CN/timeline';
import { lookOf } from '@/pages/order-check/check';
import type { StateLook } from '@/ui/shapes';
import { readableUnit } from '@/ui/unit';

export type Timeline = components['schemas']['Timeline'];
export type Entry = components['schemas']['TimelineEntry'];
export type LaboratoryResult = components['schemas']['LaboratoryResult'];
export type ResultVerdict = components['schemas']['ResultVerdict'];
export type Step = components['schemas']['Step'];

/** A report or study with the steps its verdicts name by place: it stays whole when the next answer comes. */
export interface Item {
  readonly entry: Entry;
  readonly steps: readonly Step[];
}

/** One row: a report of several results, one result, or a study. */
export interface Line {
  readonly key: string;
  readonly kind: 'report' | 'result' | 'study';
  readonly item: Item;
  readonly result?: LaboratoryResult;
  /** A result under its report. */
  readonly inside: boolean;
  readonly verdicts: readonly ResultVerdict[];
}

export const ALL = 'all';

export const itemsOf = (answer: Timeline): Item[] => answer.entries.map((entry) => ({ entry, steps: answer.steps }));

export function stepsOf(item: Item, places: readonly number[]): Step[] {
  return places.flatMap((place) => item.steps[place] ?? []);
}

/** What stands under a verdict: its grounds, or what it means where there are none. */
export function reasonOf(item: Item, verdict: ResultVerdict, t: Say<typeof zh>): string {
  const text = stepsOf(item, verdict.against).map((step) => pick(step.words)).join(pick({ zh: '；', en: '; ' }));
  if (text === '') return pick(verdict.note);
  if (verdict.code === 'exempt') return t('exempt', { text });
  const because = t('because', { text });
  // 不影响开单 stands with its grounds; the notes of the others only lead to them
  return verdict.code === 'indeterminate' ? `${pick(verdict.note)}${pick({ zh: '。', en: '. ' })}${because}` : because;
}

const lineOf = (item: Item, result: LaboratoryResult, inside: boolean): Line => ({
  key: result.id,
  kind: 'result',
  item,
  result,
  inside,
  verdicts: result.verdict === null ? [] : [result.verdict],
});

/** All: each report one row, opened ones with their results below. One system: the results that speak of it. */
export function linesOf(items: readonly Item[], system: string, opened: ReadonlySet<string>): Line[] {
  return items.flatMap((item) => {
    const { entry } = item;
    if (system !== ALL && !entry.systems.includes(system)) return [];
    if (entry.imaging !== null) {
      const verdicts = entry.imaging.verdict === null ? [] : [entry.imaging.verdict];
      return [{ key: entry.imaging.id, kind: 'study', item, inside: false, verdicts } satisfies Line];
    }
    if (system !== ALL) {
      return entry.laboratory.filter((one) => one.systems.includes(system)).map((one) => lineOf(item, one, false));
    }
    const [first] = entry.laboratory;
    if (entry.laboratory.length === 1 && first !== undefined) return [lineOf(item, first, false)];
    const verdicts = entry.laboratory.flatMap((one) => one.verdict ?? []);
    const head: Line = { key: entry.id, kind: 'report', item, inside: false, verdicts };
    return [head, ...(opened.has(entry.id) ? entry.laboratory.map((one) => lineOf(item, one, true)) : [])];
  });
}

/** How many reports and studies speak of each system; those of which nothing is known are left out. */
export function counted(items: readonly Item[], systems: Timeline['systems']): { code: string; words: { zh: string; en: string }; n: number }[] {
  return systems
    .map(({ code, words }) => ({ code, words, n: items.filter((item) => item.entry.systems.includes(code)).length }))
    .filter((one) => one.n > 0);
}

/** In a row the word alone, as it stands in every list; its whole sentence stands beside the list. */
function brief(verdict: ResultVerdict): StateLook {
  const known = (code: string): code is keyof typeof zh.verdict => Object.hasOwn(zh.verdict, code);
  return lookOf(verdict.code, known(verdict.code) ? { zh: zh.verdict[verdict.code], en: en.verdict[verdict.code] } : verdict.words);
}

/** Verdicts of a row by their words, the most favourable first, each with how often it was given. */
const ORDER = ['must-offer', 'may-offer', 'exempt', 'indeterminate', 'not-eligible'];
export function tally(verdicts: readonly ResultVerdict[]): { look: StateLook; n: number }[] {
  const found = new Map<string, { look: StateLook; n: number }>();
  for (const one of [...verdicts].sort((a, b) => ORDER.indexOf(a.code) - ORDER.indexOf(b.code))) {
    const held = found.get(one.code);
    found.set(one.code, { look: brief(one), n: (held?.n ?? 0) + 1 });
  }
  return [...found.values()];
}

/** Results of a report that a reader must not miss: critical ones first, then those outside their interval. */
export function remarkable(entry: Entry): LaboratoryResult[] {
  const found = entry.laboratory.filter((one) => one.critical === true || one.abnormal === true);
  return [...found.filter((one) => one.critical === true), ...found.filter((one) => one.critical !== true)];
}

/** The value as issued with its unit. */
export const valueOf = (result: LaboratoryResult): string => [result.value, readableUnit(result.unit)].filter((one) => one !== '').join(' ');

/** Above, below, critical: word and shape beside the colour; undefined where nobody said that it is not usual. */
export function flagOf(result: Pick<LaboratoryResult, 'abnormal' | 'critical' | 'side'>): { key: 'critical' | 'high' | 'low' | 'abnormal'; look: Pick<StateLook, 'tone' | 'shape'> } | undefined {
  if (result.critical === true) return { key: 'critical', look: { tone: 'red', shape: 'alarm' } };
  if (result.side === 'high') return { key: 'high', look: { tone: 'amber', shape: 'up' } };
  if (result.side === 'low') return { key: 'low', look: { tone: 'amber', shape: 'down' } };
  return result.abnormal === true ? { key: 'abnormal', look: { tone: 'amber', shape: 'triangle' } } : undefined;
}

/** Whether a reader would see the same of two versions of a report or study; ids of decisions are not seen. */
export function sameToReader(a: Item, b: Item): boolean {
  return seen(a) === seen(b);
}
function seen(item: Item): string {
  const named = (verdict: ResultVerdict | null): unknown =>
    verdict === null ? null : [verdict.code, stepsOf(item, verdict.against).map((step) => step.code)];
  const { entry } = item;
  return JSON.stringify([
    { ...entry, laboratory: [], imaging: null },
    entry.laboratory.map((one) => ({ ...one, verdict: named(one.verdict) })),
    entry.imaging === null ? null : { ...entry.imaging, verdict: named(entry.imaging.verdict) },
  ]);
}
