/** Colleagues and audience: words, and what speaks against whom. */
import type { components } from '@/api/schema';
import { en } from '@/i18n/en/members';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/members';

export type Candidate = components['schemas']['CandidateItem'];
export type Member = components['schemas']['MemberItem'];
export type MemberRole = Member['role'];
export const ROLES: readonly MemberRole[] = ['participant', 'audience'];
export const useMemberTexts = (): Say<typeof zh> => useTexts('members', zh, en);

type Against = Pick<Candidate, 'against'>;
const of = (one: Against, role: MemberRole): Candidate['against'][number] | undefined => one.against.find((each) => each.role === role);
/** What keeps somebody from being added in a role. */
export const stopsOf = (one: Against, role: MemberRole): readonly string[] => of(one, role)?.stops ?? [];
/** What is only written down. */
export const warnsOf = (one: Against, role: MemberRole): readonly string[] => (of(one, role)?.concerns ?? []).filter((each) => !stopsOf(one, role).includes(each));

interface Told {
  readonly consultation: { readonly member: string };
  readonly steps: readonly unknown[];
}
/** How it was asked for is not told to whoever was only added; every consultation has a step, so none means not told. */
export const isKept = (one: Told): boolean => one.consultation.member !== '' && one.steps.length === 0;
