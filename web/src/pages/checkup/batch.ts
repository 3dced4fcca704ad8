/** What of the check-up queue may be answered by one key, and with which words. Pure. */
import type { components } from '@/api/schema';
import type { Line } from '@/pages/desk/facts';

type Template = components['schemas']['TemplateRow'];

/** Free, or mine already; what others hold and what waits for images is not in the batch. */
export function inBatch(line: Line, me: string | undefined): boolean {
  if (!line.checkup) return false;
  if (line.state === 'awaiting-reading' || line.state === 'returned') return line.assigned_to === null || line.assigned_to === me;
  return line.state === 'reading' && line.claimed_by !== null && line.claimed_by === me;
}

/** Digital and computed radiography share their templates. */
const shared = (modality: string): string => (modality === 'CR' || modality === 'DR' ? 'DX' : modality);

/** A film in one view is not reported in the words of two. */
const twoViews = (text: string): boolean => /侧位/.test(text);

/** The template 未见明显异常 of this modality and site; undefined where it would have to be guessed. */
export function normalOf(templates: readonly Template[], line: Line): Template | undefined {
  const modalities = new Set(line.modalities.map(shared));
  if (modalities.size !== 1 || line.body_site === '') return undefined;
  const fitting = templates.filter(
    (one) =>
      one.code.endsWith('-normal') && modalities.has(one.modality) && one.body_site !== '' &&
      (line.body_site.includes(one.body_site) || one.body_site.includes(line.body_site)) &&
      twoViews(one.name) === twoViews(line.item) &&
      (one.sex === '' || one.sex === line.patient_sex),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}
