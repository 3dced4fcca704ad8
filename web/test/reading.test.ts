import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { effectScope } from 'vue';
import { api } from '@/api/client';
import { Failure } from '@/api/failure';
import { mayPrioritise, offered, priorityNeedsReason } from '@/pages/desk/commands';
import { elsewhere } from '@/pages/desk/desks';
import { useDraft, type DraftEditor } from '@/pages/desk/draft';
import { titled, type Line } from '@/pages/desk/facts';
import { gathered } from '@/pages/desk/kept';
import { previewOnly, unseen } from '@/pages/desk/looked';
import { paperRule } from '@/pages/print/printing';
import type { Quality, SeenSeries } from '@/viewer/seen';
import { difference, tokens } from '@/pages/verify/diff';

const said = (before: string, after: string): string =>
  difference(before, after)
    .map((piece) => (piece.kind === 'same' ? piece.text : piece.kind === 'added' ? `+${piece.text}+` : `-${piece.text}-`))
    .join('');

it('shows what the verifier changed, character by character, numbers whole', () => {
  expect(said('建议3个月复查。', '建议12个月复查。')).toBe('建议-3-+12+个月复查。');
  expect(said('大小约8 mm', '大小约8.5 mm')).toBe('大小约-8-+8.5+ mm');
  expect(said('同文', '同文')).toBe('同文');
  expect(said('', '新')).toBe('+新+');
  expect(said('旧', '')).toBe('-旧-');
});

it('keeps rare characters of two code units whole', () => {
  expect(tokens('𫖮𠮷3')).toEqual(['𫖮', '𠮷', '3']);
  expect(said('𫖮', '𠮷')).toBe('-𫖮-+𠮷+');
});

it('puts both texts together again', () => {
  const before = '双肺纹理清晰，右肺上叶见结节影，大小约8 mm。';
  const after = '双肺纹理增多，右肺上叶见磨玻璃结节影，大小约12 mm。';
  const pieces = difference(before, after);
  expect(pieces.filter((one) => one.kind !== 'added').map((one) => one.text).join('')).toBe(before);
  expect(pieces.filter((one) => one.kind !== 'removed').map((one) => one.text).join('')).toBe(after);
});

it('is fast with two long texts that have nothing in common', () => {
  const pieces = difference('甲'.repeat(5000), '乙'.repeat(5000));
  expect(pieces).toHaveLength(2);
});

const line = (facts: Partial<Line>): Line =>
  ({ state: 'reading', mode: 'county-read', priority: 'routine', purpose: 'final', claimed_by: 'me', assigned_to: null, author_id: null, preliminary_version_id: null, limited: false, ...facts }) as Line;
const reader = { practitioner: 'me', may: (action: string) => ['reading.write', 'reading.return-site'].includes(action) };
const verifier = { practitioner: 'me', may: () => true };

it('puts forward what comes next', () => {
  expect(offered(line({}), reader)[0]).toBe('submit');
  expect(offered(line({ mode: 'self-reported' }), reader)[0]).toBe('signAlone');
  expect(offered(line({ state: 'awaiting-reading', claimed_by: null }), reader)).toEqual(['claim']);
  expect(offered(line({ state: 'on-hold', claimed_by: null }), reader)).toEqual(['resume']);
  expect(offered(line({ state: 'awaiting-verification', claimed_by: null, author_id: 'me' }), verifier)).toEqual(['recall']);
  expect(offered(line({ state: 'awaiting-verification', claimed_by: null, author_id: 'other' }), verifier)).toEqual(['claimVerify']);
});

it('lets a reader change the priority until a text is submitted, and explains emergencies only', () => {
  const running = { clock_started_at: '2026-11-23T01:00:00Z' };
  expect(mayPrioritise(line(running), reader)).toBe(true);
  expect(mayPrioritise(line({ ...running, state: 'awaiting-reading' }), reader)).toBe(true);
  expect(mayPrioritise(line({ ...running, state: 'awaiting-verification' }), reader)).toBe(false);
  expect(mayPrioritise(line({ clock_started_at: null }), reader)).toBe(false);
  expect(mayPrioritise(line(running), { practitioner: 'me', may: () => false })).toBe(false);
  expect(priorityNeedsReason('routine', 'stat')).toBe(true);
  expect(priorityNeedsReason('stat', 'urgent')).toBe(true);
  expect(priorityNeedsReason('stat', 'stat')).toBe(false);
  expect(priorityNeedsReason('routine', 'urgent')).toBe(false);
});

it('offers a preliminary report for an emergency only, and only once', () => {
  expect(offered(line({}), reader)).not.toContain('preliminary');
  expect(offered(line({ priority: 'stat' }), reader)).toContain('preliminary');
  expect(offered(line({ priority: 'stat', preliminary_version_id: 'v' }), reader)).not.toContain('preliminary');
});

it('offers nothing on what another person writes but to take it over', () => {
  expect(offered(line({ claimed_by: 'other' }), reader)).toEqual([]);
  expect(offered(line({ claimed_by: 'other' }), verifier)).toEqual(['takeOver']);
  expect(offered(line({ state: 'returned', claimed_by: null, assigned_to: 'other' }), reader)).toEqual([]);
});

it('sees another patient on another desk, and not the same one', () => {
  expect(elsewhere(new Map([['a', '1.2']]), '1.2')).toBe(false);
  expect(elsewhere(new Map([['a', '1.2'], ['b', '1.3']]), '1.2')).toBe(true);
  expect(elsewhere(new Map(), '1.2')).toBe(false);
});

it('counts as unseen what was not painted, and everything before the first image is', () => {
  const series = (seen: number, total: number, previewed = 0): SeenSeries => ({ seriesUid: '1', total, seen, previewOnly: previewed, instances: [] });
  expect(unseen([], 200)).toEqual({ unseen_series: 1, unseen_instances: 200 });
  expect(unseen([series(3, 200), series(2, 2)], 202)).toEqual({ unseen_series: 1, unseen_instances: 197 });
  expect(unseen([series(2, 2)], 2)).toEqual({ unseen_series: 0, unseen_instances: 0 });
  expect(previewOnly([])).toBe(false);
  expect(previewOnly([series(2, 2), series(3, 3)])).toBe(false);
  expect(previewOnly([series(2, 2), series(3, 3, 1)])).toBe(true);
});

it('tells the server each image once, however often it was shown', () => {
  const shown = (uid: string, frame: number, quality: Quality): { uid: string; frame: number; quality: Quality } => ({ uid, frame, quality });
  expect(gathered([shown('a', 1, 'preview'), shown('b', 1, 'full'), shown('a', 1, 'full'), shown('a', 2, 'full')])).toEqual([
    { sop_instance_uid: 'a', painted: [1, 2], previewed: [1] },
    { sop_instance_uid: 'b', painted: [1], previewed: [] },
  ]);
});

it('names the modality once', () => {
  expect(titled('DR 胸部正位', ['DX'])).toBe('DR 胸部正位');
  expect(titled('胸部平扫', ['CT'])).toBe('CT 胸部平扫');
  expect(titled('CTA 头颈', ['CT'])).toBe('CT CTA 头颈');
});

it('prints on the paper that was asked for', () => {
  expect(paperRule('A4')).toContain('size: A4');
  expect(paperRule('16K')).toContain('195mm 270mm');
});

const scope = effectScope();
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const draft = { work_item_id: 'i', author_id: 'me', author_name: '高', technique: '', findings: '一', impression: '', significance: 'none', template_id: null, revision: 1, saved_at: '2026-11-23T01:00:00Z' };
function editor(): DraftEditor {
  const made = scope.run(() => useDraft('r', () => Promise.resolve({ ...draft, findings: '别处', revision: 7 })));
  if (made === undefined) throw new Error('no scope');
  made.open(draft);
  return made;
}

it('saves by itself a moment after the last key, with the revision it was read at', async () => {
  const put = vi.spyOn(api, 'put').mockResolvedValue({ revision: 2, saved_at: 't', lease_until: 'l' } as never);
  const made = editor();
  made.writing.findings = '一二';
  made.touched();
  await vi.advanceTimersByTimeAsync(799);
  expect(put).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2);
  expect(put).toHaveBeenCalledWith('/api/readings/{id}/draft', { path: { id: 'r' }, body: { ...made.writing, revision: 1 } });
  expect([made.dirty.value, made.revision.value]).toEqual([false, 2]);
});

it('does not overwrite what another window saved until the person has chosen', async () => {
  const conflict = new Failure('conflict', 409, 'draft-moved-on', { zh: '', en: '' }, '');
  const put = vi.spyOn(api, 'put').mockRejectedValueOnce(conflict).mockResolvedValue({ revision: 8, saved_at: 't', lease_until: 'l' } as never);
  const made = editor();
  made.writing.findings = '我的';
  made.touched();
  await vi.advanceTimersByTimeAsync(1000);
  expect(made.conflict.value).toBe(true);
  made.touched();
  await vi.advanceTimersByTimeAsync(5000);
  expect(put).toHaveBeenCalledTimes(1);
  await made.keepMine();
  expect(put.mock.calls[1]?.[1]).toMatchObject({ body: { findings: '我的', revision: 7 } });
  expect(made.conflict.value).toBe(false);
});

it('keeps on trying while the link is down, and says that the text is not saved', async () => {
  const offline = new Failure('offline', 0, 'offline', { zh: '', en: '' }, '');
  const put = vi.spyOn(api, 'put').mockRejectedValueOnce(offline).mockResolvedValue({ revision: 2, saved_at: 't', lease_until: 'l' } as never);
  const made = editor();
  made.touched();
  await vi.advanceTimersByTimeAsync(900);
  expect([made.dirty.value, made.failure.value?.kind]).toEqual([true, 'offline']);
  await vi.advanceTimersByTimeAsync(5000);
  expect(put).toHaveBeenCalledTimes(2);
  expect(made.dirty.value).toBe(false);
});
