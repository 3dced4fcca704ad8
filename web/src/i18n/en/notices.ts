import type { zh } from '@/i18n/zh-CN/notices';
import type { Translated } from '@/i18n/texts';

export const en: Translated<typeof zh> = {
  label: 'Consultation notices',
  open: 'Open',
  close: 'Close the notice',
  more: '{n} more notice | {n} more notices',
  allow: 'Allow desktop notifications',
  allowed: 'Desktop notifications are allowed',
  denied: 'The browser refuses desktop notifications',
  where: '{place} → {department}',
  asked: '{urgency} consultation asks for you',
  toTriage: '{urgency} consultation to triage',
  accepted: 'The expert has accepted your consultation',
  informationNeeded: 'Your consultation needs more information',
  informed: 'The inviting side has answered',
  scheduled: 'Consultation appointed for {at}',
  reminder: 'Consultation begins soon, {at}',
  begun: 'The consultation has begun: please join its room',
  missed: 'Somebody did not come to a consultation',
  failed: 'The line of a consultation failed: please telephone',
  signed: 'The opinion is signed',
  declined: 'The consultation was declined',
  converted: 'The consultation was converted',
  withdrawn: 'The inviting side has withdrawn the consultation',
  knocked: 'Somebody waits to be let into the room',
  dutyGaps: 'Check of duty: somebody cannot be reached or may not answer',
};
