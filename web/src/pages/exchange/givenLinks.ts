/** What became of a one-time link, as its times say now. */
import type { components } from '@/api/schema';
import type { StateLook } from '@/ui/shapes';

export type GivenLink = components['schemas']['GivenLink'];

export const LINK_STATES = {
  waiting: { zh: '未打开', en: 'Not opened', tone: 'blue', shape: 'ring' },
  viewing: { zh: '可查看', en: 'Open', tone: 'amber', shape: 'half-disc' },
  viewed: { zh: '已结束', en: 'Ended', tone: 'grey', shape: 'tick' },
  expired: { zh: '未用失效', en: 'Never opened', tone: 'grey', shape: 'dash' },
  revoked: { zh: '已停用', en: 'Revoked', tone: 'red', shape: 'ring-slash' },
} as const satisfies Readonly<Record<string, StateLook>>;
export type LinkState = keyof typeof LINK_STATES;

export function stateOf(link: Pick<GivenLink, 'opened_at' | 'view_until' | 'use_before' | 'revoked_at'>, now: Date): LinkState {
  if (link.revoked_at !== null) return 'revoked';
  const over = (at: string): boolean => new Date(at) <= now;
  if (link.opened_at === null || link.view_until === null) return over(link.use_before) ? 'expired' : 'waiting';
  return over(link.view_until) ? 'viewed' : 'viewing';
}

export const revocable = (state: LinkState): boolean => state === 'waiting' || state === 'viewing';
