import type { zh } from '@/i18n/zh-CN/exchange';
import type { Translated } from '@/i18n/texts';

export const en: Translated<typeof zh> = {
  title: 'Exchange',
  tabs: { tables: 'Laboratory tables', uploads: 'Provincial platform', links: 'Image links', outgoing: 'Outgoing messages' },
};
