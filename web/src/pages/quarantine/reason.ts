/** The reason in a few words; one that this client does not know is said in the server's own. */
import { en } from '@/i18n/en/quarantine';
import { pick, useTexts } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/quarantine';
import type { Case } from '@/pages/quarantine/steps';

const isKnown = (reason: string): reason is keyof typeof zh.reason => Object.hasOwn(zh.reason, reason);

export function useReason(): (item: Pick<Case, 'reason' | 'reason_zh' | 'reason_en'>) => string {
  const t = useTexts('quarantine', zh, en);
  return (item) => (isKnown(item.reason) ? t(`reason.${item.reason}`) : pick({ zh: item.reason_zh, en: item.reason_en }));
}
