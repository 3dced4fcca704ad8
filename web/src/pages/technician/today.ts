/** One line of the technician's day: the study as it arrived, and what the centre made of it. */
import type { components } from '@/api/schema';
import { matchLook, type StudyItem } from '@/pages/patient/clinic';
import type { StateLook } from '@/ui/shapes';
import { lookOf, READING } from '@/ui/states';

export type SiteLine = components['schemas']['SiteLine'];

export interface DayLine {
  readonly study: StudyItem;
  readonly reading: SiteLine | undefined;
}

export function together(studies: readonly StudyItem[], readings: readonly SiteLine[]): DayLine[] {
  const byStudy = new Map(readings.map((one) => [one.line.study_id, one]));
  return studies.map((study) => ({ study, reading: byStudy.get(study.id) }));
}

export function isSame(a: DayLine, b: DayLine): boolean {
  return (
    a.study.match_revision === b.study.match_revision &&
    a.study.instance_count === b.study.instance_count &&
    a.study.completeness === b.study.completeness &&
    a.reading?.line.revision === b.reading?.line.revision &&
    a.reading?.grade === b.reading?.grade &&
    a.reading?.acknowledged_at === b.reading?.acknowledged_at
  );
}

/** The reading's state in the words that the site knows. */
export function stateOf(line: DayLine): StateLook {
  if (line.study.completeness === 'receiving') return READING.uploading;
  const reading = line.reading;
  if (reading === undefined) return matchLook(line.study);
  if (reading.line.return_state === 'recall-pending') return READING['recall-pending'];
  const state = reading.line.state;
  const known: Readonly<Record<string, StateLook>> = {
    receiving: READING.complete,
    'awaiting-match': matchLook(line.study),
    returned: READING['returned-to-author'],
    'awaiting-formal-review': READING['awaiting-formal'],
    'needs-recheck': READING['re-check'],
  };
  return known[state] ?? lookOf(READING, state);
}

export const isBack = (line: DayLine): boolean => (line.reading?.report_id ?? null) !== null;
export const isReturned = (line: DayLine): boolean =>
  line.reading?.line.return_state === 'open' || line.reading?.line.return_state === 'recall-pending';
export const toAcknowledge = (line: DayLine): boolean =>
  line.reading?.needs_acknowledgement === true && line.reading.acknowledged_at === null;
export const toMatch = (line: DayLine): boolean =>
  line.study.hold !== '' || (line.study.intent === 'request-reading' && ['none', 'doubtful'].includes(line.study.match_state));
export const isIncomplete = (line: DayLine): boolean => line.study.completeness === 'quiet';
