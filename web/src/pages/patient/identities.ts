/** Two records side by side: what is the same, what differs, what one of them does not say. */
import type { components } from '@/api/schema';
import type { StateLook } from '@/ui/shapes';

export type Review = components['schemas']['IdentityReview'];
type Patient = Review['patient'];

export const EQUALITY = {
  same: { zh: '相同', en: 'Same', tone: 'green', shape: 'tick' },
  different: { zh: '不同', en: 'Different', tone: 'red', shape: 'cross' },
  missing: { zh: '无法比较', en: 'Cannot compare', tone: 'grey', shape: 'dash' },
} as const satisfies Readonly<Record<string, StateLook>>;
export type Equality = keyof typeof EQUALITY;

export const FIELDS = ['name', 'pinyin', 'sex', 'birth', 'phone', 'address', 'organization'] as const;
export type Field = (typeof FIELDS)[number];

const READ: Readonly<Record<Field, (one: Patient) => string>> = {
  name: (one) => one.name,
  pinyin: (one) => one.pinyin,
  sex: (one) => (one.sex === 'U' ? '' : one.sex),
  birth: (one) => one.birth_date ?? '',
  phone: (one) => one.phone,
  address: (one) => one.address,
  organization: (one) => one.organization_name,
};

export interface Line {
  readonly field: Field;
  readonly holder: string;
  readonly newcomer: string;
  readonly equality: Equality;
}

/** Blanks and letter case make no difference. */
const plain = (text: string): string => text.normalize('NFKC').replaceAll(/\s+/g, '').toLowerCase();

export function compared(review: Pick<Review, 'patient' | 'other'>): Line[] {
  return FIELDS.map((field) => {
    const [holder, newcomer] = [READ[field](review.other), READ[field](review.patient)];
    const equality = holder === '' || newcomer === '' ? 'missing' : plain(holder) === plain(newcomer) ? 'same' : 'different';
    return { field, holder, newcomer, equality };
  });
}

export const STATES: Readonly<Record<string, StateLook>> = {
  open: { zh: '待核对', en: 'Waiting', tone: 'blue', shape: 'ring' },
  doubted: { zh: '尚不能确定', en: 'Cannot say yet', tone: 'amber', shape: 'hourglass' },
  'same-person': { zh: '是同一人', en: 'One person', tone: 'green', shape: 'link' },
  'different-persons': { zh: '不是同一人', en: 'Two people', tone: 'grey', shape: 'cut' },
};
export const stateOf = (one: Pick<Review, 'state' | 'doubt'>): StateLook =>
  STATES[one.state === 'open' && one.doubt !== '' ? 'doubted' : one.state] ?? { zh: one.state, en: one.state, tone: 'grey', shape: 'dash' };
