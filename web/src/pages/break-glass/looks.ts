/** How a use stands, as word, colour and shape. */
import type { components } from '@/api/schema';
import type { StateLook } from '@/ui/shapes';

export type Use = components['schemas']['UseItem'];

export const LOOKS = {
  'in-force': { zh: '调阅中', en: 'Open now', tone: 'red', shape: 'alarm' },
  waiting: { zh: '待审核', en: 'Awaiting review', tone: 'amber', shape: 'ring' },
  justified: { zh: '合理', en: 'Justified', tone: 'green', shape: 'disc-tick' },
  'not-justified': { zh: '不合理', en: 'Not justified', tone: 'red', shape: 'cross' },
} as const satisfies Readonly<Record<string, StateLook>>;

/** The verdict once there is one; before, whether the record is open at this moment. */
export function lookOfUse(use: Pick<Use, 'verdict' | 'standing'>): StateLook {
  if (use.verdict === 'justified' || use.verdict === 'not-justified') return LOOKS[use.verdict];
  return use.standing === 'in-force' ? LOOKS['in-force'] : LOOKS.waiting;
}
