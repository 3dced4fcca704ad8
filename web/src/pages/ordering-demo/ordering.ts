/** What an ordering system of any hospital does with cards: it holds drafts, applies suggestions, tells what became of them. */
import type { CatalogueItem } from '@/pages/order-check/check';

export type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string; readonly id?: string };

export interface Coding {
  readonly code: string;
  readonly system: string;
  readonly display?: string;
}
export interface Action {
  readonly type: 'create' | 'update' | 'delete';
  readonly description: string;
  readonly resource?: Resource;
  readonly resourceId?: string;
}
export interface Suggestion {
  readonly label: string;
  readonly uuid: string;
  readonly isRecommended?: boolean;
  readonly actions?: readonly Action[];
}
/** A card of CDS Hooks 2.0.1, as far as this screen shows it. */
export interface HookCard {
  readonly uuid: string;
  readonly summary: string;
  readonly indicator: 'info' | 'warning' | 'critical';
  readonly source: { readonly label: string; readonly topic?: Coding };
  readonly detail?: string;
  readonly suggestions?: readonly Suggestion[];
  readonly overrideReasons?: readonly Coding[];
  readonly links?: readonly { readonly label: string; readonly url: string }[];
}

/** What the screen holds: the draft orders, and what suggestions had it keep with the visit. */
export interface Chart {
  readonly drafts: readonly Resource[];
  readonly kept: readonly Resource[];
}

export const referenceOf = (one: Resource): string => `${one.resourceType}/${one.id ?? ''}`;

export function draftOf(item: CatalogueItem, patientId: string, id: string): Resource {
  return {
    resourceType: 'ServiceRequest',
    id,
    status: 'draft',
    intent: 'order',
    code: { coding: [{ system: item.system, code: item.code, display: item.name }], text: item.name },
    subject: { reference: `Patient/${patientId}` },
  };
}

/** What a draft is called on the screen, and what is left of it after it was trimmed. */
export function nameOf(one: Resource): string {
  const text = (value: unknown): string => (typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string' ? value.text : '');
  const details = Array.isArray(one['orderDetail']) ? one['orderDetail'].map(text).filter((name) => name !== '') : [];
  return details.length === 0 ? text(one['code']) : `${text(one['code'])}（${details.join('、')}）`;
}

/** All actions of a suggestion belong together: an update of a draft that is gone would leave half of it, so nothing is done. */
export function applied(chart: Chart, suggestion: Suggestion): Chart | undefined {
  let { drafts, kept } = chart;
  for (const action of suggestion.actions ?? []) {
    const target = action.type === 'delete' ? action.resourceId : action.resource === undefined ? undefined : referenceOf(action.resource);
    if (action.type === 'create' && action.resource !== undefined) kept = [...kept, action.resource];
    else if (target === undefined || !drafts.some((one) => referenceOf(one) === target)) return undefined;
    else if (action.type === 'delete') drafts = drafts.filter((one) => referenceOf(one) !== target);
    else drafts = drafts.map((one) => (referenceOf(one) === target && action.resource !== undefined ? action.resource : one));
  }
  return { drafts, kept };
}

/** The cards of an answer; none where the service said something else. */
export function cardsOf(answer: unknown): readonly HookCard[] {
  if (typeof answer !== 'object' || answer === null || !('cards' in answer) || !Array.isArray(answer.cards)) return [];
  return answer.cards as readonly HookCard[];
}
