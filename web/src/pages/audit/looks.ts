/** Outcomes as word, colour and shape. */
import type { StateLook } from '@/ui/shapes';

export const OUTCOME = {
  success: { zh: '成功', en: 'Done', tone: 'green', shape: 'tick' },
  refused: { zh: '被拒绝', en: 'Refused', tone: 'amber', shape: 'ring-slash' },
  failed: { zh: '出错', en: 'Failed', tone: 'red', shape: 'cross' },
} as const satisfies Readonly<Record<string, StateLook>>;

/** The first words of the actions of telemed/vocabulary.py. */
export const GROUPS = [
  'session', 'directory', 'device', 'account', 'audit', 'operations', 'patient', 'registration', 'match', 'study',
  'correction', 'quarantine', 'worklist', 'reading', 'report', 'template', 'result', 'recognition', 'quality', 'quality-ticket',
  'statistics', 'report-upload', 'picture-link', 'outgoing', 'cds-client', 'break-glass', 'public',
] as const;
export type Group = (typeof GROUPS)[number];

export function groupOf(action: string): Group | undefined {
  return GROUPS.find((one) => action.startsWith(`${one}.`) || action.startsWith(`${one}:`));
}
