import { expect, it } from 'vitest';
import { applied, cardsOf, nameOf, type Chart, type Resource, type Suggestion } from '@/pages/ordering-demo/ordering';

const draft = (id: string, more: Record<string, unknown> = {}): Resource => ({ resourceType: 'ServiceRequest', id, code: { text: '血糖电解质' }, ...more });
const chart: Chart = { drafts: [draft('a'), draft('b')], kept: [] };
const suggestion = (...actions: NonNullable<Suggestion['actions']>): Suggestion => ({ label: '', uuid: '1', actions });
const GUIDANCE: Resource = { resourceType: 'GuidanceResponse' };

it('gives up a draft and keeps the decision', () => {
  const next = applied(chart, suggestion({ type: 'delete', description: '', resourceId: 'ServiceRequest/a' }, { type: 'create', description: '', resource: GUIDANCE }));
  expect(next).toEqual({ drafts: [draft('b')], kept: [GUIDANCE] });
});

it('puts an updated draft in the place of the old', () => {
  const trimmed = draft('b', { orderDetail: [{ text: '血钠' }] });
  const next = applied(chart, suggestion({ type: 'update', description: '', resource: trimmed }));
  expect(next?.drafts).toEqual([draft('a'), trimmed]);
  expect(nameOf(trimmed)).toBe('血糖电解质（血钠）');
});

it('does nothing by half where a draft is gone', () => {
  const both = suggestion({ type: 'create', description: '', resource: GUIDANCE }, { type: 'delete', description: '', resourceId: 'ServiceRequest/c' });
  expect(applied(chart, both)).toBeUndefined();
  expect(applied(chart, suggestion({ type: 'update', description: '', resource: draft('c') }))).toBeUndefined();
  expect(applied(chart, suggestion({ type: 'delete', description: '' }))).toBeUndefined();
});

it('leaves everything as it is for a suggestion without actions', () => {
  expect(applied(chart, { label: '', uuid: '1' })).toEqual(chart);
});

it('finds no cards in what is no answer of the service', () => {
  for (const answer of [null, undefined, 'text', {}, { cards: null }, { issue: [] }]) expect(cardsOf(answer)).toEqual([]);
  expect(cardsOf({ cards: [{ uuid: '1' }] })).toHaveLength(1);
});
