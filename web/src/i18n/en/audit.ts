import type { Translated } from '@/i18n/texts';
import type { zh } from '@/i18n/zh-CN/audit';

export const en: Translated<typeof zh> = {
  title: 'Audit trail',
  intro: 'Who did what, to what, when. Rows cannot be changed; looking here is recorded too.',
  sealed: 'Chain sealed through row {n}, {at}',
  unsealed: 'Nothing sealed yet',
  filters: 'Search by',
  person: 'Person',
  anybody: 'Everybody',
  patient: 'Patient id',
  patientHint: "The id in the address of the patient's page, not an identity number",
  patientBad: 'This is no id',
  action: 'Action',
  anyAction: 'All actions',
  outcome: 'Outcome',
  anyOutcome: 'All outcomes',
  since: 'From',
  until: 'To',
  search: 'Search',
  more: 'Earlier rows',
  columns: { at: 'Time', person: 'Person', organization: 'Institution', action: 'Action', about: 'About', outcome: 'Outcome', address: 'Address', position: 'Place in chain' },
  pending: 'To be sealed',
  nobody: 'Not signed in',
  empty: 'No rows match',
  emptyText: 'The last seven days are searched by default; widen the time.',
  group: { session: 'Sign-in and session', directory: 'Institutions and staff', device: 'Devices', account: 'Accounts and roles', audit: 'Audit', operations: 'Operations', patient: 'Patients', registration: 'Registration', match: 'Matching', study: 'Images', quarantine: 'Quarantine', worklist: 'Worklist', reading: 'Reading', report: 'Reports', template: 'Templates', public: 'Without sign-in' },
};
