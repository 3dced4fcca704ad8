/** What the pages of 质量 know without the server: what an entry says, how states look, when rounds fall due. */
import type { components } from '@/api/schema';
import { pick } from '@/i18n/texts';
import type { StateLook } from '@/ui/shapes';
import { isoDate } from '@/ui/time';

type Schemas = components['schemas'];
export type FactLine = Schemas['FactLine'];
export type StandingLine = Schemas['StandingLine'];
export type FactBody = Schemas['RecordBody']['fact'];
export type Consequences = Schemas['Consequences'];
export type GrantChange = Schemas['GrantChange'];
export type LookBackLine = Schemas['LookBackLine'];
export type TaskLine = Schemas['TaskLine'];
export type TicketLine = Schemas['TicketLine'];
export type Finding = Schemas['Finding'];
export type Command = Schemas['Command'];
export type CatalogueItem = Schemas['CatalogueItem'];

export const KINDS = ['evaluation', 'agreement', 'revocation', 'withdraw', 'reinstate', 'change', 'verification'] as const;
export const ENTRIES = ['evaluation', 'agreement', 'ruling', 'revocation', 'change', 'verification'] as const;
export type Entry = (typeof ENTRIES)[number];
export const EVALUATED = ['external-quality-assessment', 'imaging-quality-control', 'county-on-site-check'] as const;
export const AGREED = ['community-document', 'county-remote-reading'] as const;
export const OUTCOMES = ['pass', 'fail', 'absent'] as const;
export const MARKS = ['national', 'region', 'community'] as const;
export const FINDINGS = ['no-consequence', 'repeated', 'patient-told', 'patient-not-found'] as const satisfies readonly Finding[];
export const STATES = ['pending', 'confirmed', 'contested', 'handled', 'dismissed', 'retracted'] as const;

/** What a person types; days as YYYY-MM-DD, empty where nothing is said. */
export interface Form {
  kind: Entry;
  programme: string;
  round: string;
  basis: string;
  agreedBy: string;
  mark: string;
  label: string;
  region: string;
  items: readonly string[];
  begins: string;
  ends: string;
  outcome: string;
  score: string;
  published: string;
  nextDue: string;
  retroactive: string;
  device: string;
  reader: string;
  day: string;
  evaluation: string;
  ruling: string;
}

export function blank(): Form {
  return {
    kind: 'evaluation', programme: '', round: '', basis: EVALUATED[0], agreedBy: AGREED[0], mark: 'national', label: pick({ zh: '全国HR', en: '全国HR' }),
    region: '', items: [], begins: '', ends: '', outcome: 'pass', score: '', published: '', nextDue: '', retroactive: '', device: '', reader: '',
    day: '', evaluation: '', ruling: 'withdraw',
  };
}

const oneOf = <T extends string>(options: readonly T[], value: string): T | undefined => options.find((one) => one === value);
const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/** The fact as the server takes it; undefined while something that is needed is missing. */
export function factOf(form: Form): FactBody | undefined {
  const device = orNull(form.device);
  const items = [...form.items];
  const spoken = { items, day: form.day, device };
  switch (form.kind) {
    case 'evaluation': {
      const basis = oneOf(EVALUATED, form.basis);
      const outcome = oneOf(OUTCOMES, form.outcome);
      const kind = oneOf(MARKS, form.mark);
      const days = [form.begins, form.ends, form.published];
      const said = [form.programme, form.round, form.label].map((text) => text.trim());
      if (basis === undefined || outcome === undefined || kind === undefined) return undefined;
      if (items.length === 0 || days.includes('') || said.includes('')) return undefined;
      return {
        kind: 'evaluation', programme: form.programme.trim(), round: form.round.trim(), basis, items, outcome, device, score: form.score.trim(),
        mark: { kind, label: form.label.trim(), region: kind === 'region' ? form.region.trim() : '' },
        period_begins: form.begins, period_ends: form.ends, published: form.published,
        next_due: orNull(form.nextDue), retroactive_from: outcome === 'fail' ? orNull(form.retroactive) : null,
      };
    }
    case 'agreement': {
      const basis = oneOf(AGREED, form.agreedBy);
      const reads = basis === 'county-remote-reading';
      if (basis === undefined || items.length === 0 || form.label.trim() === '' || form.begins === '' || form.ends === '') return undefined;
      if (reads && form.reader === '') return undefined;
      return { kind: 'agreement', basis, label: form.label.trim(), items, begins: form.begins, last_day: form.ends, device, reader: reads ? form.reader : null };
    }
    case 'revocation':
      return form.evaluation === '' || form.day === '' ? undefined : { kind: 'revocation', evaluation: form.evaluation, day: form.day };
    case 'ruling': {
      const ruling = oneOf(['withdraw', 'reinstate'] as const, form.ruling);
      if (ruling === undefined || items.length === 0 || form.day === '' || form.programme.trim() === '') return undefined;
      return { kind: 'ruling', programme: form.programme.trim(), ruling, ...spoken, retroactive_from: ruling === 'withdraw' ? orNull(form.retroactive) : null };
    }
    case 'change':
    case 'verification':
      return items.length === 0 || form.day === '' ? undefined : { kind: form.kind, ...spoken };
  }
}

const ISSUES: Readonly<Record<string, Pick<StateLook, 'tone' | 'shape'>>> = {
  pending: { tone: 'amber', shape: 'hourglass' },
  confirmed: { tone: 'blue', shape: 'ring' },
  contested: { tone: 'amber', shape: 'triangle' },
  handled: { tone: 'green', shape: 'disc-tick' },
  dismissed: { tone: 'grey', shape: 'ring-slash' },
  retracted: { tone: 'grey', shape: 'return' },
};
export function issueLook(state: string, words: { zh: string; en: string }): StateLook {
  return { ...(ISSUES[state] ?? { tone: 'grey', shape: 'dash' }), ...words };
}

const OUTCOME: Readonly<Record<string, Pick<StateLook, 'tone' | 'shape'>>> = {
  pass: { tone: 'green', shape: 'disc-tick' },
  fail: { tone: 'red', shape: 'ring-slash' },
  absent: { tone: 'amber', shape: 'dash' },
};
export function outcomeLook(outcome: string, words: { zh: string; en: string }): StateLook {
  return { ...(OUTCOME[outcome] ?? { tone: 'grey', shape: 'dash' }), ...words };
}

/** The lines whose next round is to come or overdue, the first first; a suspended or withdrawn one waits for no day. */
export function dueOf(lines: readonly StandingLine[]): StandingLine[] {
  return lines
    .filter((one) => one.due !== null && ['active', 'due-soon', 'expired'].includes(one.state))
    .sort((a, b) => (a.due ?? '').localeCompare(b.due ?? ''));
}

/** The month a round falls due in, as YYYY-MM of the county. */
export const monthOf = (at: string): string => isoDate(at).slice(0, 7);

/** The last day of a period that ends with the first moment after it. */
export const lastDay = (ends: string): string => isoDate(new Date(Date.parse(ends) - 1));
