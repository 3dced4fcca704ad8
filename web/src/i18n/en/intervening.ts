import type { Translated } from '@/i18n/texts';
import type { zh } from '@/i18n/zh-CN/intervening';

export const en: Translated<typeof zh> = {
  title: 'Intervening events',
  none: 'None recorded',
  why: 'After surgery, transfusion and similar events, earlier results must be reassessed. An event takes effect as soon as it is recorded and is visible to every institution.',
  add: 'Record an event',
  kind: 'Event',
  kinds: {
    surgery: 'Surgery',
    transfusion: 'Transfusion',
    thrombolysis: 'Thrombolysis',
    chemotherapy: 'Chemotherapy',
    dialysis: 'Dialysis',
    trauma: 'Trauma',
    'condition-change': 'Change of condition',
  },
  day: 'Date',
  time: 'Time',
  timeWrong: 'Must be 24-hour time, such as 09:30',
  note: 'Note (optional)',
  save: 'Record',
  cancel: 'Cancel',
  withdrawn: 'Withdrawn',
  withdraw: 'Withdraw',
  withdrawTitle: 'Withdraw event',
  withdrawWhat: '"{kind}" no longer counts; both the entry and its withdrawal stay on record.',
  saved: 'Recorded: {kind}',
  takenBack: 'Withdrawn: {kind}',
  kept: 'Nothing was recorded; what you typed is still here.',
  next: 'Try again later; you can still order.',
};
