import { expect, it } from 'vitest';
import type { components } from '@/api/schema';
import { inBatch, normalOf } from '@/pages/checkup/batch';
import type { Line } from '@/pages/desk/facts';

const line = (facts: Partial<Line> = {}): Line =>
  ({ checkup: true, state: 'awaiting-reading', assigned_to: null, claimed_by: null, modalities: ['DX'], body_site: '胸部', item: 'DR 胸部正位', patient_sex: 'F', ...facts }) as Line;
const template = (facts: Partial<components['schemas']['TemplateRow']> = {}): components['schemas']['TemplateRow'] =>
  ({ id: 'a', code: 'dr-chest-normal', modality: 'DX', body_site: '胸部', name: '胸部正位 未见明显异常', sex: '', ...facts }) as components['schemas']['TemplateRow'];

it.each([
  [{}, true],
  [{ assigned_to: 'me' }, true],
  [{ state: 'reading', claimed_by: 'me' }, true],
  [{ checkup: false }, false],
  [{ assigned_to: 'other' }, false],
  [{ state: 'reading', claimed_by: 'other' }, false],
  [{ state: 'receiving' }, false],
  [{ state: 'awaiting-verification' }, false],
] as const)('takes into the batch what is free or mine: %o', (facts, taken) => {
  expect(inBatch(line(facts), 'me')).toBe(taken);
});

it('finds the normal template of the modality and site', () => {
  const chest = template();
  expect(normalOf([template({ code: 'dr-chest-bronchitis' }), chest], line())).toBe(chest);
  expect(normalOf([chest], line({ modalities: ['CR'] }))).toBe(chest);
});

it.each([
  ['another modality', [template({ modality: 'CT' })], line()],
  ['another site', [template({ body_site: '膝关节' })], line()],
  ['two views for a film in one', [template({ name: '胸部正侧位 未见明显异常' })], line()],
  ['one view for a film in two', [template()], line({ item: 'DR 胸部正侧位' })],
  ['no site known', [template()], line({ body_site: '' })],
  ['a template for every site', [template({ body_site: '' })], line()],
  ['another sex', [template({ sex: 'M' })], line()],
  ['two modalities in one study', [template()], line({ modalities: ['DX', 'CT'] })],
  ['two that fit', [template(), template({ id: 'b', code: 'own-normal' })], line()],
  ['no normal one', [template({ code: 'dr-chest-bronchitis' })], line()],
] as const)('guesses nothing: %s', (_, templates, study) => {
  expect(normalOf(templates, study)).toBeUndefined();
});
