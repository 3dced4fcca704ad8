/** The saved views of the left rail. */
import type { components } from '@/api/schema';
import type { ShapeName, Tone } from '@/ui/shapes';

type Counts = components['schemas']['CountsRow'];
export type ViewCode =
  | 'all'
  | 'todo'
  | 'stat'
  | 'mine'
  | 'verification'
  | 'returned'
  | 'attention'
  | 'checkup'
  | 'receiving'
  | 'signed-today'
  | 'delivered-today';

export interface SavedView {
  readonly code: ViewCode;
  readonly text: 'all' | 'todo' | 'stat' | 'mine' | 'verification' | 'returned' | 'attention' | 'checkup' | 'receiving' | 'signedToday' | 'deliveredToday';
  readonly count: keyof Counts;
  readonly shape?: ShapeName;
  readonly tone?: Tone;
  /** Stands under 今日. */
  readonly today?: boolean;
}

export const VIEWS: readonly SavedView[] = [
  { code: 'todo', text: 'todo', count: 'todo' },
  { code: 'stat', text: 'stat', count: 'stat', shape: 'alarm', tone: 'red' },
  { code: 'mine', text: 'mine', count: 'mine' },
  { code: 'verification', text: 'verification', count: 'verification', shape: 'diamond', tone: 'violet' },
  { code: 'returned', text: 'returned', count: 'returned', shape: 'return', tone: 'red' },
  { code: 'attention', text: 'attention', count: 'attention', shape: 'triangle', tone: 'amber' },
  { code: 'checkup', text: 'checkup', count: 'checkup' },
  { code: 'signed-today', text: 'signedToday', count: 'signed_today', today: true },
  { code: 'delivered-today', text: 'deliveredToday', count: 'delivered_today', today: true },
  { code: 'receiving', text: 'receiving', count: 'receiving', today: true },
];

/** Where a search goes on that found nothing in its view; not in the rail, since it has no count of its own. */
export const EVERYTHING: SavedView = { code: 'all', text: 'all', count: 'todo' };

export function viewOf(code: unknown): SavedView {
  if (code === EVERYTHING.code) return EVERYTHING;
  return VIEWS.find((one) => one.code === code) ?? (VIEWS[0] as SavedView);
}
