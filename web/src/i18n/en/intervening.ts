import type { Translated } from '@/i18n/texts';
import type { zh } from '@/i18n/zh-CN/intervening';

export const en: Translated<typeof zh> = {
  title: 'Intervening events',
  none: 'None recorded',
  why: 'After surgery, transfusion and the like earlier results must be reconsidered. What is recorded counts at once; every member sees it.',
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
  day: 'Day',
  time: 'Time',
  timeWrong: 'Must be 24-hour time, such as 09:30',
  note: 'Note (optional)',
  save: 'Record',
  cancel: 'Cancel',
  withdrawn: 'Taken back',
  withdraw: 'Take back',
  withdrawTitle: 'Take an event back',
  withdrawWhat: '“{kind}” no longer counts; both its recording and its taking back stay on record.',
  saved: 'Recorded: {kind}',
  takenBack: 'Taken back: {kind}',
  kept: 'Nothing was recorded; what you typed is still here.',
  next: 'Try again later; ordering goes on.',
};
