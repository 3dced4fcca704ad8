/** How documents and grants are shown: states as word, colour and shape, days as people read them. */
import type { components } from '@/api/schema';
import type { StateLook } from '@/ui/shapes';

export type CatalogueLine = components['schemas']['CatalogueLine'];
export type CatalogueItem = components['schemas']['CatalogueItem'];
export type GrantLine = components['schemas']['GrantLine'];

export const STATES = ['active', 'due-soon', 'proposed', 'suspended', 'withdrawn', 'expired'] as const;
export type State = (typeof STATES)[number];

const GRANTS: Readonly<Record<State, StateLook>> = {
  active: { zh: '有效', en: 'Active', tone: 'green', shape: 'disc-tick' },
  'due-soon': { zh: '即将到期', en: 'Due soon', tone: 'amber', shape: 'clock' },
  proposed: { zh: '待生效', en: 'Proposed', tone: 'blue', shape: 'ring' },
  suspended: { zh: '暂停', en: 'Suspended', tone: 'amber', shape: 'triangle' },
  withdrawn: { zh: '撤销', en: 'Withdrawn', tone: 'red', shape: 'ring-slash' },
  expired: { zh: '过期', en: 'Expired', tone: 'grey', shape: 'dash' },
};
export function grantLook(state: string): StateLook {
  const known = STATES.find((one) => one === state);
  return known === undefined ? { zh: state, en: state, tone: 'grey', shape: 'dash' } : GRANTS[known];
}

/** A document that is not known whole says so whatever its days are. */
export function documentLook(one: Pick<CatalogueLine, 'id' | 'in_force' | 'incomplete'>): StateLook {
  if (one.id === null) return { zh: '未生效（信息不全）', en: 'Not in force (incomplete)', tone: 'amber', shape: 'triangle' };
  if (!one.in_force) return { zh: '今日未生效', en: 'Not in force today', tone: 'grey', shape: 'dash' };
  if (one.incomplete !== '') return { zh: '生效（信息不全）', en: 'In force (incomplete)', tone: 'amber', shape: 'half-disc' };
  return { zh: '生效', en: 'In force', tone: 'green', shape: 'disc-tick' };
}

export const KINDS = ['laboratory', 'imaging', 'ultrasound', 'ecg'] as const;
export type Kind = (typeof KINDS)[number];
export const isKind = (kind: string): kind is Kind => KINDS.some((one) => one === kind);

/** Other installed documents of the same series, in the order of the list. */
export function versionsOf(documents: readonly CatalogueLine[], one: CatalogueLine): CatalogueLine[] {
  return documents.filter((other) => other.id !== null && other.id !== one.id && other.issuer === one.issuer && other.series === one.series);
}

/** One line of what differs: an item that came or went, or one thing of an item that is said otherwise. */
export interface ChangeRow {
  readonly id: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly item: CatalogueItem;
  readonly field: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}
export const CHANGES: Readonly<Record<ChangeRow['change'], StateLook>> = {
  added: { zh: '新增', en: 'Added', tone: 'green', shape: 'plus' },
  removed: { zh: '删除', en: 'Removed', tone: 'red', shape: 'dash' },
  changed: { zh: '修改', en: 'Changed', tone: 'blue', shape: 'half-disc' },
};

export function changeRows(found: Pick<components['schemas']['CatalogueDifference'], 'added' | 'removed' | 'changed'>): ChangeRow[] {
  const whole = (change: 'added' | 'removed') => (item: CatalogueItem): ChangeRow => ({ id: `${change} ${item.key}`, change, item, field: '', before: [], after: [] });
  return [
    ...found.added.map(whole('added')),
    ...found.removed.map(whole('removed')),
    ...found.changed.flatMap((one) =>
      one.changes.map((each): ChangeRow => ({ id: `${one.item.key} ${each.name}`, change: 'changed', item: one.item, field: each.name, before: each.before, after: each.after })),
    ),
  ];
}

/** Every word that was typed is somewhere in the item. */
export function searched(items: readonly CatalogueItem[], typed: string): CatalogueItem[] {
  const parts = typed.normalize('NFKC').toLowerCase().split(/\s+/).filter((part) => part !== '');
  return items.filter((item) => {
    const text = [item.name, item.name_en, item.key, ...item.codes].join(' ').normalize('NFKC').toLowerCase();
    return parts.every((part) => text.includes(part) || text.replaceAll(' ', '').includes(part));
  });
}

/** Fen as yuan; nothing for an item without a price. */
export const yuan = (fen: number): string => (fen === 0 ? '' : `¥${(fen / 100).toFixed(2)}`);
