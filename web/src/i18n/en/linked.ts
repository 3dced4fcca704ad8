import type { Translated } from '@/i18n/texts';
import type { zh } from '@/i18n/zh-CN/linked';

export const en: Translated<typeof zh> = {
  title: 'View images',
  opening: 'Opening the link…',
  images: 'Images',
  report: 'Report',
  noReport: 'No report yet',
  from: 'From a card in {client}',
  fromHere: 'From this county\'s order check',
  until: 'Open until {at}, in this browser only',
  close: 'End viewing',
  closed: 'Viewing has ended',
  closedText: 'To view again, return to the order and check again.',
  over: 'Viewing time has expired',
  footer: 'Recognition covers images and data, not the diagnostic conclusion; the attending physician decides.',
  views: 'What to look at',
};
