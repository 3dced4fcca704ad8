import { beforeEach, describe, expect, it } from 'vitest';
import { setLocale, useTexts } from '@/i18n/texts';
import { en } from '@/i18n/en/timeline';
import { zh } from '@/i18n/zh-CN/timeline';
import { ALL, counted, flagOf, itemsOf, linesOf, reasonOf, remarkable, sameToReader, stepsOf, tally, type Entry, type Item, type LaboratoryResult, type ResultVerdict, type Step, type Timeline } from '@/pages/patient/timeline';
import { bandsOf, MARKERS, membersOf, nearest, readable, timeSpan, valueSpan, type TrendPoint } from '@/pages/patient/trend';

const step = (code: string, outcome = 'fail'): Step => ({ gate: 'G3', gate_words: { zh: '', en: '' }, outcome, code, words: { zh: code, en: code }, clause: '', evidence: [] });
const STEPS = [step('window-past'), step('status-final', 'pass'), step('grant-none')];
const verdict = (changed: Partial<ResultVerdict> = {}): ResultVerdict => ({
  code: 'may-offer',
  words: { zh: '可参考（鼓励互认）', en: 'For reference' },
  note: { zh: '原因：', en: 'Because: ' },
  steps: [1, 0],
  against: [0],
  decision: 'd1',
  window: null,
  ground: { issuer: '', number: '', label: '', clause: '' },
  mark: '',
  ...changed,
});
const laboratory = (changed: Partial<LaboratoryResult> = {}): LaboratoryResult => ({
  id: 'laboratory/1/LN|14771-0|',
  key: 'lab.glucose.fasting',
  name: '空腹血糖',
  name_en: 'Fasting glucose',
  systems: ['endocrine'],
  value: '7.42',
  unit: 'mmol/L',
  reference: '3.9-6.1',
  code_system: 'LN',
  code: '14771-0',
  abnormal: true,
  critical: null,
  side: 'high',
  status: 'final',
  corrected: false,
  taken_back: false,
  specimen: '血清',
  method: '',
  notes: [],
  earlier: [],
  verdict: verdict(),
  ...changed,
});
const CREATININE = laboratory({ id: 'laboratory/1/LN|14682-9|', key: 'lab.creatinine', name: '肌酐', systems: ['renal'], value: '66', abnormal: false, side: '' });
const report = (changed: Partial<Entry> = {}): Entry => ({
  id: 'r1',
  kind: 'laboratory',
  at: '2026-11-20T01:00:00Z',
  placed_at: '2026-11-20T01:00:00Z',
  organization_id: 'o1',
  organization: '联合医学检验所',
  name: '生化',
  name_en: '生化',
  systems: ['renal', 'endocrine'],
  status: 'final',
  notes: [],
  laboratory: [CREATININE, laboratory()],
  imaging: null,
  ...changed,
});
const chest = (): Entry =>
  report({
    id: 's1',
    kind: 'imaging',
    name: 'CT 胸部平扫',
    systems: ['respiratory', 'cardiovascular'],
    laboratory: [],
    imaging: { id: 'imaging/s1', modalities: ['CT'], body_site: '', laterality: 'U', images: 100, completeness: 'complete', study: '1.2.3', reading: 'signed', report: null, report_status: 'final', reported_by: '', contested: false, held: false, verdict: verdict({ code: 'must-offer', words: { zh: '符合互认条件', en: 'Meets' }, against: [] }) },
  });
const item = (entry: Entry): Item => ({ entry, steps: STEPS });

describe('rows of the timeline', () => {
  const items = [item(chest()), item(report())];

  it('shows a report as one row, and its results below it once it is unfolded', () => {
    expect(linesOf(items, ALL, new Set()).map((one) => one.kind)).toEqual(['study', 'report']);
    const unfolded = linesOf(items, ALL, new Set(['r1']));
    expect(unfolded.map((one) => [one.kind, one.inside])).toEqual([['study', false], ['report', false], ['result', true], ['result', true]]);
    expect(new Set(unfolded.map((one) => one.key)).size).toBe(4);
  });

  it('needs no unfolding for a report of one result', () => {
    expect(linesOf([item(report({ laboratory: [CREATININE] }))], ALL, new Set()).map((one) => one.result?.name)).toEqual(['肌酐']);
  });

  it('shows of one system what speaks of it and nothing else', () => {
    expect(linesOf(items, 'renal', new Set()).map((one) => one.result?.name)).toEqual(['肌酐']);
    expect(linesOf(items, 'respiratory', new Set()).map((one) => one.kind)).toEqual(['study']);
    expect(linesOf(items, 'skeletal', new Set())).toEqual([]);
  });

  it('counts reports and studies by system and leaves out those of which nothing is known', () => {
    const systems = ['respiratory', 'renal', 'skeletal'].map((code) => ({ code, words: { zh: code, en: code } }));
    expect(counted(items, systems).map((one) => [one.code, one.n])).toEqual([['respiratory', 1], ['renal', 1]]);
  });
});

describe('verdicts', () => {
  beforeEach(() => setLocale('zh-CN'));
  const t = useTexts('timeline', zh, en);

  it('finds the steps by their places in the answer they came with', () => {
    expect(stepsOf(item(report()), [2, 0]).map((one) => one.code)).toEqual(['grant-none', 'window-past']);
    expect(stepsOf(item(report()), [9])).toEqual([]);
  });

  it('says why in the words of the grounds, and that an exempt order was not prompted', () => {
    expect(reasonOf(item(report()), verdict(), t)).toBe('原因：window-past');
    expect(reasonOf(item(report()), verdict({ code: 'exempt' }), t)).toBe('未提示：window-past');
    expect(reasonOf(item(report()), verdict({ code: 'indeterminate', note: { zh: '不影响开单', en: '' } }), t)).toBe('不影响开单。原因：window-past');
    expect(reasonOf(item(report()), verdict({ against: [], note: { zh: '由接诊医师判断是否互认', en: '' } }), t)).toBe('由接诊医师判断是否互认');
  });

  it('tells of a report how often each verdict was given, the most favourable first', () => {
    const must = verdict({ code: 'must-offer', words: { zh: '符合互认条件', en: '' } });
    expect(tally([verdict(), must, verdict()]).map((one) => [one.look.zh, one.n])).toEqual([['符合互认条件', 1], ['可参考', 2]]);
    expect(tally([verdict({ code: 'new-word', words: { zh: '新词', en: 'new' } })])[0]?.look.zh).toBe('新词');
    expect(new Set(tally([verdict(), must]).map((one) => one.look.shape)).size).toBe(2);
  });
});

describe('flags', () => {
  it.each([
    [{ critical: true, side: 'high' }, 'critical'],
    [{ critical: null, side: 'high' }, 'high'],
    [{ critical: null, side: 'low' }, 'low'],
    [{ critical: null, side: '', abnormal: true }, 'abnormal'],
    [{ critical: false, side: '', abnormal: false }, undefined],
    [{ critical: null, side: '', abnormal: null }, undefined],
  ])('%o is %s', (changed, key) => {
    expect(flagOf(laboratory(changed))?.key).toBe(key);
  });

  it('puts a critical result before the others of its report', () => {
    const critical = laboratory({ id: 'c', critical: true, name: '钾' });
    expect(remarkable(report({ laboratory: [CREATININE, laboratory(), critical] })).map((one) => one.name)).toEqual(['钾', '空腹血糖']);
  });
});

describe('what a reader would see change', () => {
  const again = (entry: Entry, steps = STEPS): Item => ({ entry, steps });
  it('is not another name of the same decision, nor another place of the same step', () => {
    const moved = report({ laboratory: [CREATININE, laboratory({ verdict: verdict({ decision: 'd2', against: [1], steps: [1] }) })] });
    expect(sameToReader(item(report()), again(moved, [STEPS[1] ?? step(''), STEPS[0] ?? step(''), STEPS[2] ?? step('')]))).toBe(false);
    const same = report({ laboratory: [{ ...CREATININE, verdict: verdict({ decision: 'd2', against: [1] }) }, laboratory({ verdict: verdict({ decision: 'd2', against: [1] }) })] });
    expect(sameToReader(item(report()), again(same, [STEPS[1] ?? step(''), STEPS[0] ?? step('')]))).toBe(true);
  });
  it('is another value, another verdict or another ground', () => {
    const changed = (one: Partial<LaboratoryResult>): Item => item(report({ laboratory: [CREATININE, laboratory(one)] }));
    expect(sameToReader(item(report()), item(report()))).toBe(true);
    expect(sameToReader(item(report()), changed({ value: '9.8', corrected: true }))).toBe(false);
    expect(sameToReader(item(report()), changed({ verdict: verdict({ code: 'must-offer' }) }))).toBe(false);
    expect(sameToReader(item(report()), changed({ verdict: verdict({ against: [2] }) }))).toBe(false);
    expect(sameToReader(item(report()), changed({ verdict: null }))).toBe(false);
  });
  it('makes items of an answer that keep its steps', () => {
    const answer = { entries: [report()], steps: STEPS } as unknown as Timeline;
    expect(itemsOf(answer)).toEqual([item(report())]);
  });
});

const point = (day: number, value: string, changed: Partial<TrendPoint> = {}): TrendPoint => ({
  id: `p${String(day)}`,
  at: new Date(Date.UTC(2026, 0, day)).toISOString(),
  value,
  low: '3.9',
  high: '6.1',
  factor: '1',
  issued_value: value,
  issued_unit: 'mmol/L',
  issued_reference: '3.9-6.1',
  code_system: 'LN',
  code: '14771-0',
  method: '',
  organization_id: 'joint',
  organization: '联合医学检验所',
  abnormal: null,
  critical: null,
  side: '',
  status: 'final',
  corrected: false,
  ...changed,
});
const CHINESE = { organization_id: 'zy', organization: '中医医院', low: '3.88544', high: '6.10568', issued_reference: '70-110', issued_unit: 'mg/dL' };
const seconds = (day: number): number => Date.UTC(2026, 0, day) / 1000;

describe('trend', () => {
  const points = [point(1, '8.9'), point(40, '9.05', CHINESE), point(80, '8.31'), point(120, '7.7', CHINESE), point(160, '7.42')];

  it('tells members apart by shape, in the order they first measured, each with its interval as issued', () => {
    const members = membersOf(points);
    expect(members.map((one) => [one.name, one.references])).toEqual([['联合医学检验所', ['3.9-6.1 mmol/L']], ['中医医院', ['70-110 mg/dL']]]);
    expect(new Set(members.map((one) => one.marker)).size).toBe(2);
    expect(new Set(MARKERS).size).toBe(MARKERS.length);
  });

  it('draws the band of each issuing laboratory from its first result to its last', () => {
    expect(bandsOf(points)).toEqual([
      { member: 'joint', from: seconds(1), to: seconds(160), low: 3.9, high: 6.1 },
      { member: 'zy', from: seconds(40), to: seconds(120), low: 3.88544, high: 6.10568 },
    ]);
  });

  it('begins another band where a laboratory changed its interval, and none where it gave none', () => {
    const changed = bandsOf([point(1, '8'), point(2, '8'), point(3, '8', { high: '5.6' }), point(4, '8', { low: null, high: null }), point(5, '8')]);
    expect(changed.map((one) => [one.from, one.to, one.high])).toEqual([[seconds(1), seconds(2), 6.1], [seconds(3), seconds(3), 5.6], [seconds(5), seconds(5), 6.1]]);
  });

  it('leaves a band open on the side the laboratory left open', () => {
    expect(bandsOf([point(1, '5', { low: null })])).toEqual([{ member: 'joint', from: seconds(1), to: seconds(1), low: null, high: 6.1 }]);
  });

  it('has room for values and bands, and never below nought for what has no negatives', () => {
    const span = valueSpan(points);
    expect(span.min).toBeLessThan(3.88544);
    expect(span.max).toBeGreaterThan(9.05);
    expect(valueSpan([point(1, '0.1', { low: '0', high: '0.2' })]).min).toBe(0);
    expect(valueSpan([point(1, '-3', { low: '-3', high: '3' })]).min).toBeLessThan(-3);
  });

  it('gives a single value a span of its own in time', () => {
    const span = timeSpan([point(10, '5')]);
    expect(span).toEqual({ min: seconds(9), max: seconds(11) });
    expect(timeSpan(points).max - timeSpan(points).min).toBeGreaterThan(159 * 86_400);
  });

  it('reads a converted value with the decimals of the others, never more than anybody measured', () => {
    const converted = point(40, '7.71536', { ...CHINESE, factor: '0.0555062' });
    expect(readable(converted, [converted, point(1, '8.31')])).toBe('7.72');
    expect(readable(converted, [converted])).toBe('7.72');
    expect(readable(point(1, '66'), [])).toBe('66');
    expect(readable(point(2, '65.4192', { factor: '88.4017' }), [point(1, '66')])).toBe('65');
  });

  it('finds the value under the pointer and none that is out of reach', () => {
    const places = [{ x: 0, y: 0 }, { x: 100, y: 50 }];
    expect(nearest(places, 98, 55)).toBe(1);
    expect(nearest(places, 50, 25)).toBe(-1);
    expect(nearest([], 0, 0)).toBe(-1);
  });
});
