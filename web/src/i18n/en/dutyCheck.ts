import type { zh } from '@/i18n/zh-CN/dutyCheck';
import type { Translated } from '@/i18n/texts';

export const en: Translated<typeof zh> = {
  title: 'Check of duty',
  fine: 'Checked at {at}: everybody on duty in the coming 24 hours can be reached and may answer',
  gaps: 'Checked at {at}: {n} turn of duty in the coming 24 hours cannot be reached or may not answer | Checked at {at}: {n} turns of duty in the coming 24 hours cannot be reached or may not answer',
  never: 'Duty was not checked today yet; it is checked every day at 07:00',
  again: 'Check again',
  done: 'Checked again',
  who: '{department} {line}: {name} ({place}) {from} – {to}',
  between: '; ',
  reason: {
    'no-account': 'no account',
    'account-suspended': 'account disabled',
    'person-left': 'no longer active',
    'not-an-expert': 'not registered as an expert',
    'not-accepting': 'takes no requests for now',
    'department-not-offered': 'not registered for this department',
    'no-telephone': 'no telephone number',
    'licence-missing': 'no licence',
    'licence-expired': 'licence expired',
    'licence-category': 'licence category gives no opinions',
    'licence-scope': 'department outside the licence',
    'practice-too-short': 'less than 3 years of practice',
    'practice-unknown': 'beginning of practice not on record',
  },
};
