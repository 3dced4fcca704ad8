/** Who can be asked, in the order in which a coordinator looks: on duty first, then with the fewest concerns. */
import type { Consultation } from '@/pages/consultations/acts';
import type { Expert } from '@/pages/consultations/consultations';

/** What stops even in an emergency (telemed/consultation/model/guards.py). */
const ALWAYS: ReadonlySet<string> = new Set(['consent-missing', 'licence-missing', 'licence-category']);

/** The concerns that keep an expert from being asked; the others are written down with the step. */
export function stopping(concerns: readonly string[], urgency: Consultation['urgency']): string[] {
  return concerns.filter((one) => urgency === 'routine' || ALWAYS.has(one));
}

type Ranked = Pick<Expert, 'on_duty' | 'accepts' | 'concerns' | 'name'>;
export function ranked<Row extends Ranked>(experts: readonly Row[], urgency: Consultation['urgency']): Row[] {
  const rank = (one: Ranked): number => (stopping(one.concerns, urgency).length > 0 ? 8 : 0) + (one.accepts ? 0 : 4) + (one.on_duty ? 0 : 2);
  return [...experts].sort((a, b) => rank(a) - rank(b) || a.concerns.length - b.concerns.length || a.name.localeCompare(b.name, 'zh'));
}

export function named<Row extends Pick<Expert, 'name' | 'organization_name'>>(experts: readonly Row[], typed: string): Row[] {
  const text = typed.trim();
  return text === '' ? [...experts] : experts.filter((one) => one.name.includes(text) || one.organization_name.includes(text));
}
