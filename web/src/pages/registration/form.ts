/** The form as it is typed, and the form as the server takes it. */
import type { components } from '@/api/schema';
import { isoDate } from '@/ui/time';

export type FormBody = components['schemas']['RegistrationForm'];
export type FormCheck = components['schemas']['FormCheck'];
export type FormFault = components['schemas']['FormFault'];
type Schemas = components['schemas'];

export interface Typed {
  number: string;
  documentKind: Schemas['IdentifierKind'];
  country: string;
  name: string;
  sex: Schemas['Sex'];
  birthDate: string;
  ageYears: string;
  phone: string;
  address: string;
  patientId: string;
  another: boolean;
  who: 'known' | 'unidentified' | 'newborn';
  motherId: string;
  motherName: string;
  birth: Schemas['Birth'];
  bornDay: string;
  bornTime: string;
  cardMismatch: boolean;
  modality: string;
  item: string;
  bodySite: string;
  laterality: Schemas['Laterality'];
  accession: string;
  intent: Schemas['Intent'];
  encounter: Schemas['EncounterClass'];
  priority: Schemas['Priority'];
  emergencyClass: string;
  department: string;
  requester: string;
  technician: string;
  fee: Schemas['FeeState'];
  history: string;
  purpose: string;
  surgery: string;
  pregnancy: Schemas['Pregnancy'];
  pregnancyConfirmed: boolean;
  consent: boolean;
  visitOf: string;
}

export function blank(technician: string): Typed {
  return {
    number: '',
    documentKind: 'national-id',
    country: '',
    name: '',
    sex: 'U',
    birthDate: '',
    ageYears: '',
    phone: '',
    address: '',
    patientId: '',
    another: false,
    who: 'known',
    motherId: '',
    motherName: '',
    birth: 'single',
    bornDay: '',
    bornTime: '',
    cardMismatch: false,
    modality: 'DX',
    item: '',
    bodySite: '',
    laterality: 'U',
    accession: '',
    intent: 'request-reading',
    encounter: 'outpatient',
    priority: 'routine',
    emergencyClass: '',
    department: '',
    requester: '',
    technician,
    fee: '',
    history: '',
    purpose: '',
    surgery: '',
    pregnancy: 'not-applicable',
    pregnancyConfirmed: false,
    consent: false,
    visitOf: '',
  };
}

/** Another examination of the same visit: the person stays, the examination is asked anew. */
export function nextOfVisit(typed: Typed, patientId: string, requestId: string): Typed {
  return { ...typed, patientId, visitOf: requestId, item: '', bodySite: '', laterality: 'U', accession: '', pregnancyConfirmed: false };
}

/** The county's zone has no summer time. */
const OFFSET = '+08:00';

export function bodyOf(typed: Typed, submissionId: string): FormBody {
  const newborn =
    typed.who === 'newborn' && typed.motherId !== '' && typed.bornDay !== ''
      ? {
          mother_id: typed.motherId,
          birth: typed.birth,
          born_at: `${typed.bornDay}T${typed.bornTime === '' ? '00:00' : typed.bornTime}:00${OFFSET}`,
        }
      : null;
  const plain = typed.who === 'known';
  return {
    submission_id: submissionId,
    organization_id: null,
    person: {
      sex: typed.sex,
      name: typed.name.trim(),
      birth_date: plain && typed.birthDate !== '' ? typed.birthDate : null,
      age_years: typed.birthDate === '' && /^\d{1,3}$/.test(typed.ageYears.trim()) ? Number(typed.ageYears) : null,
      document:
        plain && typed.number.trim() !== '' ? { kind: typed.documentKind, number: typed.number, country: typed.country } : null,
      phone: typed.phone,
      address: typed.address,
      patient_id: plain && typed.patientId !== '' ? typed.patientId : null,
      another_person: typed.another,
      unidentified: typed.who === 'unidentified',
      newborn,
    },
    modality: typed.modality,
    item: typed.item,
    body_site: typed.bodySite,
    laterality: typed.laterality,
    accession_number: typed.accession.trim(),
    encounter_class: typed.encounter,
    priority: typed.encounter === 'emergency' ? 'stat' : typed.priority,
    emergency_class:
      typed.encounter === 'emergency' && typed.emergencyClass !== '' ? (typed.emergencyClass as Schemas['EmergencyClass']) : null,
    intent: typed.intent,
    history: typed.history,
    purpose: typed.purpose,
    prior_surgery: typed.surgery,
    pregnancy: typed.pregnancy,
    pregnancy_confirmed: typed.pregnancyConfirmed,
    requester_id: null,
    requester_name: typed.requester,
    department: typed.department,
    technician_name: typed.technician,
    fee_state: typed.fee,
    consent_told: typed.consent,
    card_mismatch: typed.cardMismatch,
    visit_of: typed.visitOf === '' ? null : typed.visitOf,
  };
}

/** Whether enough is typed for the server to say something useful. */
export function isAnybody(typed: Typed): boolean {
  if (typed.who === 'unidentified') return true;
  if (typed.who === 'newborn') return typed.motherId !== '' && typed.bornDay !== '';
  return typed.name.trim() !== '' || typed.patientId !== '' || typed.number.trim() !== '';
}

/** The faults of the fields named, as one sentence for the field. */
export function faultOf(faults: readonly FormFault[], field: string): FormFault | undefined {
  return faults.find((fault) => fault.field === field && fault.weight !== 'advice');
}

/** Completed years since a birth date, today in the county. */
export function yearsSince(birthDate: string, today = new Date()): number {
  const [year = Number.NaN, month = 1, day = 1] = birthDate.split('-').map(Number);
  const [nowYear = 0, nowMonth = 0, nowDay = 0] = isoDate(today).split('-').map(Number);
  return nowYear - year - (nowMonth < month || (nowMonth === month && nowDay < day) ? 1 : 0);
}

export const MODALITIES = ['DX', 'CT', 'CR', 'US', 'MG', 'MR'] as const;

/** Common examinations of a township: the words, the site and whether it has two sides. */
export const COMMON: readonly { item: string; modality: string; site: string; paired: boolean }[] = [
  { item: 'DR 胸部正侧位', modality: 'DX', site: '胸部', paired: false },
  { item: 'DR 胸部正位', modality: 'DX', site: '胸部', paired: false },
  { item: 'DR 腰椎正侧位', modality: 'DX', site: '腰椎', paired: false },
  { item: 'DR 颈椎正侧位', modality: 'DX', site: '颈椎', paired: false },
  { item: 'DR 膝关节正侧位', modality: 'DX', site: '膝关节', paired: true },
  { item: 'DR 髋关节正位', modality: 'DX', site: '髋关节', paired: true },
  { item: 'DR 腕关节正侧位', modality: 'DX', site: '腕关节', paired: true },
  { item: 'DR 踝关节正侧位', modality: 'DX', site: '踝关节', paired: true },
  { item: 'DR 腹部立位', modality: 'DX', site: '腹部', paired: false },
  { item: 'CT 颅脑平扫', modality: 'CT', site: '颅脑', paired: false },
  { item: 'CT 胸部平扫', modality: 'CT', site: '胸部', paired: false },
  { item: 'CT 腹部平扫', modality: 'CT', site: '腹部', paired: false },
  { item: '超声 腹部', modality: 'US', site: '腹部', paired: false },
];
export const SITES = ['胸部', '腹部', '骨盆', '颅脑', '颈椎', '胸椎', '腰椎', '肩关节', '肘关节', '腕关节', '手', '髋关节', '膝关节', '踝关节', '足', '乳腺', '颈部'];
