/** What a study and a registration say of each fact, side by side. */
import type { components } from '@/api/schema';
import { pick } from '@/i18n/texts';
import { word } from '@/pages/patient/clinic';
import { absolute, isoDate } from '@/ui/time';

export type Unmatched = components['schemas']['Unmatched'];
export type Candidate = components['schemas']['Candidate'];
export type Finding = components['schemas']['MatchFinding'];

export const FACTS = ['accession', 'patient-id', 'name', 'sex', 'birth', 'modality', 'site', 'laterality', 'time'] as const;
export type Fact = (typeof FACTS)[number];
/** Found beside the table: they say something of the pair, not of a value. */
export const PAIR_RULES = ['card', 'accession-free', 'request-free'] as const;

export function ofStudy(found: Unmatched, fact: Fact): string {
  const { study } = found;
  const said = found.said[0];
  const values: Readonly<Record<Fact, string>> = {
    accession: found.source_accession_number,
    'patient-id': said?.patient_id ?? '',
    name: said?.name ?? '',
    sex: word('sex', said?.sex),
    birth: said?.birth_date ?? '',
    modality: study.modalities.join(' '),
    site: study.body_site,
    laterality: word('laterality', study.image_laterality),
    time: study.acquired_at === null ? '' : absolute(study.acquired_at),
  };
  return values[fact];
}

export function ofCandidate(candidate: Candidate, fact: Fact): string {
  const { registration } = candidate;
  const { patient } = registration;
  const values: Readonly<Record<Fact, string>> = {
    accession: registration.accession_number,
    'patient-id': patient.number,
    name: patient.name,
    sex: word('sex', patient.sex),
    birth: patient.birth_date === null ? '' : isoDate(patient.birth_date),
    modality: registration.modality,
    site: `${registration.item} · ${registration.body_site}`,
    laterality: word('laterality', registration.laterality),
    time: absolute(registration.registered_at),
  };
  return values[fact];
}

export function findingOf(candidate: Candidate, rule: string): Finding | undefined {
  return candidate.findings.find((finding) => finding.rule === rule);
}

/** Everything that speaks against the pair, in words. */
export function against(candidate: Candidate): string[] {
  return candidate.findings.flatMap((finding) => (finding.text === null ? [] : [pick(finding.text)]));
}

export function isAnswered(candidate: Candidate): boolean {
  return findingOf(candidate, 'request-free')?.agreement === 'differs';
}
