import { expect, it } from 'vitest';
import { documentLook, grantLook, searched, STATES, yuan } from '@/pages/catalogues/catalogues';
import { actsOf, against, daysAgo, distinct, leadOf, lookOf, matching, panelOf, traceOf, windowWord, type CatalogueItem, type CheckedOrder, type CheckedResult, type Step } from '@/pages/order-check/check';

const item = (key: string, name: string, nameEn: string, codes: string[] = []): CatalogueItem => ({
  key,
  system: 'urn:cn:county:item-key',
  code: key,
  kind: 'imaging',
  name,
  name_en: nameEn,
  codes,
  window_days: 30,
  anchor: 'acquired',
  by_encounter: [],
  clause: '',
  exceptions: [],
  members: [],
  price: 0,
  leaves_open: [],
});
const CHEST = item('ct.chest.plain', '胸部 CT 平扫', 'CT chest, plain', ['CT-CHEST-PLAIN']);
const ENHANCED = item('ct.chest.enhanced', '胸部 CT 增强', 'CT chest, contrast-enhanced');
const HEAD = item('ct.head.plain', '颅脑 CT 平扫', 'CT head, plain');
const ALL = [HEAD, CHEST, ENHANCED];

const step = (code: string, outcome: string): Step => ({
  gate: 'G3',
  gate_words: { zh: '', en: '' },
  outcome,
  code,
  words: { zh: code, en: code },
  clause: '',
  evidence: [],
});
const result = (changed: Partial<CheckedResult> = {}): CheckedResult => ({
  result: 'imaging/1',
  key: 'ct.chest.plain',
  name: '胸部 CT 平扫',
  name_en: 'CT chest, plain',
  verdict: 'must-offer',
  verdict_words: { zh: '符合互认条件', en: '' },
  identified: true,
  institution: '石泉镇卫生院',
  at: '2026-11-20T01:00:00Z',
  value: '',
  reference: '',
  abnormal: null,
  method: '',
  specimen: '',
  mark: '',
  images: true,
  study: '1.2.3',
  window: { days: 30, left: 27 },
  ground: { issuer: '', number: '', label: '', clause: '' },
  findings: [],
  ...changed,
});
const order = (changed: Partial<CheckedOrder> = {}): CheckedOrder => ({
  code: { system: 's', code: 'c', laterality: null, contrast: null },
  decision_id: 'd',
  card: 'k',
  name: '',
  name_en: '',
  verdict: 'must-offer',
  verdict_words: { zh: '', en: '' },
  note: null,
  soft: false,
  trace_hash: '',
  results: [result()],
  covered: [],
  uncovered: [],
  choices: [
    { id: 'a', meaning: 'recognise-and-cancel' },
    { id: 'b', meaning: 'recognise-and-keep' },
  ],
  reasons: [],
  findings: [],
  ...changed,
});

it('finds an item by words of either language, by key and by code, with or without the blanks of its name', () => {
  const keys = (typed: string): string[] => matching(ALL, typed).map((one) => one.key);
  expect(keys('胸部')).toEqual(['ct.chest.plain', 'ct.chest.enhanced']);
  expect(keys('胸部CT平扫')).toEqual(['ct.chest.plain']);
  expect(keys('chest plain')).toEqual(['ct.chest.plain']);
  expect(keys('ＣＴ-chest-plain')).toEqual(['ct.chest.plain']);
  expect(keys('平扫 颅脑')).toEqual(['ct.head.plain']);
  expect(keys('腹部')).toEqual([]);
  expect(keys('   ')).toEqual([]);
});

it('offers no item twice, neither from two documents nor after it was chosen', () => {
  expect(distinct([CHEST, HEAD, CHEST]).map((one) => one.key)).toEqual(['ct.chest.plain', 'ct.head.plain']);
  expect(matching(ALL, '胸部', new Set(['ct.chest.plain'])).map((one) => one.key)).toEqual(['ct.chest.enhanced']);
});

it('speaks first of the newest result that carries the verdict, not of the newest', () => {
  const worse = result({ verdict: 'not-eligible', at: '2026-11-22T00:00:00Z' });
  const older = result({ at: '2026-11-01T00:00:00Z' });
  const newer = result({ at: '2026-11-19T00:00:00Z' });
  expect(leadOf(order({ results: [worse, older, newer] }))).toBe(newer);
  expect(leadOf(order({ verdict: 'exempt', results: [older, worse] }))).toBe(worse);
  expect(leadOf(order({ verdict: null, results: [] }))).toBeUndefined();
});

it('gives as a reason what did not pass, each ground once, and nothing that passed', () => {
  const found = result({ findings: [step('window-past', 'fail'), step('status-final', 'pass'), step('grade-missing', 'unknown')] });
  const asked = order({ findings: [step('window-past', 'fail'), step('order-mapped', 'pass')] });
  expect(against(asked, found).map((one) => one.code)).toEqual(['window-past', 'grade-missing']);
  expect(against(order(), undefined)).toEqual([]);
});

it('tells a step once that both the order and its result carry, and two of one gate that rest on other clauses twice', () => {
  const other = { ...step('order-mapped', 'pass'), clause: 'another' };
  const found = result({ findings: [step('order-mapped', 'pass'), other, step('status-final', 'pass')] });
  const asked = order({ findings: [step('order-mapped', 'pass')] });
  expect(traceOf(asked, found).map((one) => one.code)).toEqual(['order-mapped', 'order-mapped', 'status-final']);
  expect(traceOf(asked, undefined)).toHaveLength(1);
});

it('puts the answers in the order of their number keys', () => {
  expect(actsOf(order()).map((one) => one.kind)).toEqual(['accept', 'accept', 'refuse', 'images', 'quote']);
});

it('offers nothing to answer where nothing may be recognised, and no pictures where they may not be opened', () => {
  expect(actsOf(order({ verdict: 'not-eligible', choices: [], card: null, results: [result({ verdict: 'not-eligible' })] })).map((one) => one.kind)).toEqual(['images', 'quote']);
  expect(actsOf(order({ results: [result({ study: null, images: false })] })).map((one) => one.kind)).not.toContain('images');
});

it("quotes nothing that may be another person's", () => {
  const stranger = result({ identified: false, study: null, verdict: 'indeterminate' });
  expect(actsOf(order({ verdict: 'indeterminate', choices: [], results: [stranger] }))).toEqual([]);
});

it('counts days back, and does not count where the time is not certain', () => {
  expect(daysAgo('2026-11-20T01:00:00Z', '2026-11-23T00:59:00Z')).toBe(2);
  expect(daysAgo('2026-11-20T01:00:00Z', '2026-11-23T01:00:00Z')).toBe(3);
  expect(daysAgo(null, '2026-11-23T01:00:00Z')).toBeUndefined();
  expect(daysAgo('2026-11-24T01:00:00Z', '2026-11-23T01:00:00Z')).toBeUndefined();
});

it('says the last day of a window as such, and a day later that it is past', () => {
  expect([1, 0, -1].map(windowWord)).toEqual(['window.left', 'window.last', 'window.past']);
});

it('tells verdicts apart by shape, not by colour alone', () => {
  const verdicts = ['must-offer', 'may-offer', 'exempt', 'not-eligible', 'indeterminate'];
  expect(new Set(verdicts.map((one) => lookOf(one, { zh: '', en: '' }).shape)).size).toBe(verdicts.length);
});

it('tells states of grants apart by shape, and shows one it does not know as it is called', () => {
  expect(new Set(STATES.map((one) => grantLook(one).shape)).size).toBe(STATES.length);
  expect(grantLook('of-a-later-version').zh).toBe('of-a-later-version');
});

it('calls no document in force that nobody knows the first day of', () => {
  expect(documentLook({ id: null, in_force: false, incomplete: 'x' }).en).toBe('Not in force (incomplete)');
  expect(documentLook({ id: 'a', in_force: false, incomplete: '' }).en).toBe('Not in force today');
  expect(documentLook({ id: 'a', in_force: true, incomplete: '' }).en).toBe('In force');
  expect(documentLook({ id: 'a', in_force: true, incomplete: 'x' }).en).toBe('In force (incomplete)');
});

it('searches a document for every word, and shows all of it while nothing is typed', () => {
  expect(searched(ALL, '')).toHaveLength(3);
  expect(searched(ALL, '平扫 ct').map((one) => one.key)).toEqual(['ct.head.plain', 'ct.chest.plain']);
});

it('writes fen as yuan and a missing price as nothing', () => {
  expect(yuan(26_000)).toBe('¥260.00');
  expect(yuan(5)).toBe('¥0.05');
  expect(yuan(0)).toBe('');
});

it('opens images of other members by a link of the card, and only what the card surely speaks of', () => {
  const looking = (changed: Partial<CheckedResult>, card: string | null = 'k'): unknown => actsOf(order({ card, results: [result({ study: null, ...changed })] })).find((one) => one.kind === 'images');
  expect(looking({})).toEqual({ kind: 'images', study: null, result: 'imaging/1' });
  expect(looking({ study: '1.2.3' })).toEqual({ kind: 'images', study: '1.2.3', result: 'imaging/1' });
  expect(looking({ identified: false })).toBeUndefined();
  expect(looking({ result: '' })).toBeUndefined();
  expect(looking({ images: false })).toBeUndefined();
  expect(looking({}, null)).toBeUndefined();
});

it('takes a panel apart into what is covered and what remains to be ordered', () => {
  const named = (key: string): { key: string; name: string; name_en: string } => ({ key, name: key, name_en: key });
  const panel = panelOf(order({ covered: [named('a')], uncovered: [named('b'), named('c')], results: [result({ key: 'a' }), result({ key: 'b' })] }));
  expect(panel.map((one) => [one.name.zh, one.covered, one.result !== undefined])).toEqual([
    ['a', true, true],
    ['b', false, true],
    ['c', false, false],
  ]);
  expect(panelOf(order({ covered: [named('a')], uncovered: [] }))).toEqual([]);
});
