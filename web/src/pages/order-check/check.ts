/** What the page 开单核对 knows without the server: which item was meant, what a card says first, what is quoted. */
import type { components } from '@/api/schema';
import type { StateLook } from '@/ui/shapes';

export type CatalogueItem = components['schemas']['CatalogueItem'];
export type CheckedOrder = components['schemas']['CheckedOrder'];
export type CheckedResult = components['schemas']['CheckedResult'];
export type Step = components['schemas']['Step'];
export type Circumstance = components['schemas']['CheckBody']['circumstances'] extends (infer One)[] | undefined ? One : never;

export const CIRCUMSTANCES = ['emergency', 'rescue', 'pre-operative', 'pre-transfusion', 'forensic'] as const satisfies readonly Circumstance[];
export const ENCOUNTERS = ['outpatient', 'inpatient', 'emergency', 'observation', 'checkup'] as const;
export const SIDES = ['L', 'R', 'B'] as const;
export const CONTRASTS = ['plain', 'enhanced', 'plain-and-enhanced'] as const;
/** What an order asks where its item leaves it open. */
export interface Asks {
  readonly laterality: (typeof SIDES)[number] | null;
  readonly contrast: (typeof CONTRASTS)[number] | null;
}
export const NO_ASKS: Asks = { laterality: null, contrast: null };
/** As many as the server answers at once. */
export const MOST_ORDERS = 20;
const MOST_FOUND = 12;

/** How a verdict looks; its words come with the decision. */
const LOOKS: Readonly<Record<string, Pick<StateLook, 'tone' | 'shape'>>> = {
  'must-offer': { tone: 'green', shape: 'disc-tick' },
  'may-offer': { tone: 'blue', shape: 'half-disc' },
  exempt: { tone: 'violet', shape: 'diamond' },
  'not-eligible': { tone: 'grey', shape: 'ring-slash' },
  indeterminate: { tone: 'amber', shape: 'triangle' },
};
export function lookOf(verdict: string, words: { zh: string; en: string }): StateLook {
  const look = LOOKS[verdict] ?? { tone: 'amber', shape: 'triangle' };
  return { ...look, zh: words.zh, en: words.en };
}

/** Each item once, whichever of the documents lists it. */
export function distinct(items: readonly CatalogueItem[]): CatalogueItem[] {
  return [...new Map(items.map((item) => [item.key, item])).values()];
}

/** Items whose names or codes have every word that was typed; those that begin with it come first. */
export function matching(items: readonly CatalogueItem[], typed: string, without: ReadonlySet<string> = new Set()): CatalogueItem[] {
  const parts = typed.normalize('NFKC').toLowerCase().split(/\s+/).filter((part) => part !== '');
  if (parts.length === 0) return [];
  const text = (item: CatalogueItem): string => [item.name, item.name_en, item.key, ...item.codes].join(' ').normalize('NFKC').toLowerCase();
  const dense = (item: CatalogueItem): string => text(item).replaceAll(' ', '');
  const begins = (item: CatalogueItem): number => (item.name.toLowerCase().startsWith(parts[0] ?? '') ? 0 : 1);
  return items
    .filter((item) => !without.has(item.key) && parts.every((part) => text(item).includes(part) || dense(item).includes(part)))
    .sort((a, b) => begins(a) - begins(b) || a.name.length - b.name.length)
    .slice(0, MOST_FOUND);
}

/** The result a card speaks of first: of those that carry the order's verdict the newest, else the first there is. */
export function leadOf(order: CheckedOrder): CheckedResult | undefined {
  const carrying = order.results.filter((one) => one.verdict === order.verdict);
  const newest = [...(carrying.length > 0 ? carrying : order.results)].sort((a, b) => (b.at ?? '').localeCompare(a.at ?? ''));
  return newest[0];
}

/** What did not pass, on the order and on one result, each ground once. */
export function against(order: CheckedOrder, result: CheckedResult | undefined): Step[] {
  const steps = [...order.findings, ...(result?.findings ?? [])].filter((step) => step.outcome !== 'pass');
  return [...new Map(steps.map((step) => [step.code, step])).values()];
}

/** Every step of the judgement, those on the order first; one that the result repeats is told once. */
export function traceOf(order: CheckedOrder, result: CheckedResult | undefined): Step[] {
  const steps = [...order.findings, ...(result?.findings ?? [])];
  return [...new Map(steps.map((step) => [[step.gate, step.code, step.clause, ...step.evidence.flat()].join(' '), step])).values()];
}

/** Whole days between two moments, as a doctor counts; undefined where the time is not certain. */
export function daysAgo(at: string | null, asOf: string): number | undefined {
  if (at === null) return undefined;
  const passed = Date.parse(asOf) - Date.parse(at);
  return passed < 0 ? undefined : Math.floor(passed / 86_400_000);
}

/** The answers a card offers, in the order of their number keys. */
export type CardAct =
  | { readonly kind: 'accept'; readonly choice: string; readonly meaning: string }
  | { readonly kind: 'refuse' | 'quote' }
  /** study: null where the card, not the account, lets this person look. */
  | { readonly kind: 'images'; readonly study: string | null; readonly result: string };

/** Whether the images of a result can be looked at: by the account, or by a one-time link of the card. */
export function reachable(order: CheckedOrder, one: CheckedResult): boolean {
  return one.study !== null || (one.images && one.identified && one.result !== '' && order.card !== null);
}

/** What was taken back or is not whole is quoted by nobody. */
const UNSOUND: ReadonlySet<string> = new Set(['status-cancelled', 'status-entered-in-error', 'integrity-broken']);
export const sound = (one: CheckedResult): boolean => !one.findings.some((each) => UNSOUND.has(each.code));

export function actsOf(order: CheckedOrder): CardAct[] {
  const lead = leadOf(order);
  return [
    ...order.choices.map((one) => ({ kind: 'accept', choice: one.id, meaning: one.meaning }) as const),
    ...(order.choices.length > 0 ? [{ kind: 'refuse' } as const] : []),
    ...(lead !== undefined && reachable(order, lead) ? [{ kind: 'images', study: lead.study, result: lead.result } as const] : []),
    ...(lead?.identified === true && sound(lead) ? [{ kind: 'quote' } as const] : []),
  ];
}

/** What is left of a reference window, as a key of the texts. */
export function windowWord(left: number): 'window.last' | 'window.left' | 'window.past' {
  if (left < 0) return 'window.past';
  return left === 0 ? 'window.last' : 'window.left';
}

/** What a panel comes to: each analyte with the result that covers it, and those that remain to be ordered. */
export interface PanelLine {
  readonly name: { readonly zh: string; readonly en: string };
  readonly result: CheckedResult | undefined;
  readonly covered: boolean;
}

export function panelOf(order: CheckedOrder): PanelLine[] {
  if (order.covered.length + order.uncovered.length < 2) return [];
  const line = (covered: boolean) => (one: CheckedOrder['covered'][number]): PanelLine => ({
    name: { zh: one.name, en: one.name_en },
    result: order.results.find((each) => each.key === one.key),
    covered,
  });
  return [...order.covered.map(line(true)), ...order.uncovered.map(line(false))];
}
