import { expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { zh } from '@/i18n/zh-CN/catalogues';
import { csvCell, csvOf, endOf, mapRows, step, type GrantMap } from '@/pages/catalogues/grantMap';
import { changeRows, versionsOf, yuan, type CatalogueItem, type CatalogueLine } from '@/pages/catalogues/catalogues';

const line = (id: string | null, issuer = 'a', series = 's'): CatalogueLine =>
  ({ id, issuer, series, number: id ?? '', title: '', first_day: '2026-01-01' }) as CatalogueLine;
const item = (key: string): CatalogueItem => ({ key, name: key, kind: 'laboratory' }) as CatalogueItem;

it('offers the other versions of one series of one issuer, and only installed ones', () => {
  const mine = line('1');
  const others = [line('2'), line('3', 'b'), line('4', 'a', 't'), line(null)];
  expect(versionsOf([mine, ...others], mine).map((one) => one.id)).toEqual(['2']);
});

it('gives a row to each item that came or went and to each thing said otherwise', () => {
  const found = {
    added: [item('a')],
    removed: [item('r')],
    changed: [{ item: item('c'), changes: [{ name: 'price', before: ['500'], after: ['480'] }, { name: 'window', before: ['3'], after: ['7'] }] }],
  };
  expect(changeRows(found).map((row) => [row.change, row.item.key, row.field])).toEqual([
    ['added', 'a', ''],
    ['removed', 'r', ''],
    ['changed', 'c', 'price'],
    ['changed', 'c', 'window'],
  ]);
});

it('has a word for everything that a version may change', () => {
  const source = readFileSync('../telemed/recognition/differing.py', 'utf8');
  const names = [...source.matchAll(/^ {4}"([a-z-]+)": lambda/gm)].map((found) => found[1] ?? '');
  expect(names.length).toBeGreaterThan(20);
  expect(Object.keys(zh.field)).toEqual(expect.arrayContaining(names));
});

it('says prices in yuan', () => {
  expect(yuan(26_000)).toBe('¥260.00');
  expect(yuan(5)).toBe('¥0.05');
  expect(yuan(0)).toBe('');
});

const map: GrantMap = {
  as_of: '2026-11-23T00:00:00Z',
  known_at: '2026-11-23T00:00:00Z',
  members: [{ id: 'm1', name: '县医院' }, { id: 'm2', name: '石泉,镇' }],
  items: [
    { key: 'lab.k', name: '钾', name_en: 'Potassium', kind: 'laboratory' },
    { key: 'ct.head', name: '颅脑 CT', name_en: 'CT head', kind: 'imaging' },
  ],
  fields: [
    { organization_id: 'm2', item_key: 'lab.k', state: 'active', mark: '', grants: 1, ends: '2027-01-01T00:00:00Z', due: null },
    { organization_id: 'm1', item_key: 'ct.head', state: 'withdrawn', mark: '', grants: 2, ends: '2027-01-01T00:00:00Z', due: null },
  ],
};
const all = { kind: '', typed: '', state: '' };

it('puts each field under its member and beside its item', () => {
  expect(mapRows(map, all).map((row) => row.cells.map((cell) => cell?.state))).toEqual([[undefined, 'active'], ['withdrawn', undefined]]);
});

it.each([
  [{ ...all, kind: 'imaging' }, ['ct.head']],
  [{ ...all, typed: 'ｃｔ' }, ['ct.head']],
  [{ ...all, typed: '钾' }, ['lab.k']],
  [{ ...all, state: 'active' }, ['lab.k']],
  [{ ...all, state: 'active', kind: 'imaging' }, []],
])('shows the items that are wanted %#', (filter, keys) => {
  expect(mapRows(map, filter).map((row) => row.item.key)).toEqual(keys);
});

it.each([
  ['ArrowDown', { row: 6, column: 2 }],
  ['ArrowUp', { row: 4, column: 2 }],
  ['ArrowLeft', { row: 5, column: 1 }],
  ['ArrowRight', { row: 5, column: 3 }],
  ['PageDown', { row: 9, column: 2 }],
  ['PageUp', { row: 0, column: 2 }],
  ['Home', { row: 5, column: 0 }],
  ['End', { row: 5, column: 3 }],
  ['Ctrl+Home', { row: 0, column: 0 }],
  ['Ctrl+End', { row: 9, column: 3 }],
  ['x', undefined],
])('moves by %s and stays inside', (key, to) => {
  expect(step(key, { row: 5, column: 2 }, 10, 4, 8)).toEqual(to);
});

it('writes a table that a spreadsheet reads and takes nothing for a formula', () => {
  expect(csvOf(map.members, mapRows(map, all), (item) => item.name, (field) => field?.state ?? '')).toBe(
    '\uFEFF,,县医院,"石泉,镇"\r\nlab.k,钾,,active\r\nct.head,颅脑 CT,withdrawn,\r\n',
  );
  expect(csvCell('=1+1')).toBe("'=1+1");
  expect(csvCell('a"b')).toBe('"a""b"');
});

it('asks for the end of a day of the county', () => {
  expect(endOf('')).toBeUndefined();
  expect(endOf('2026-11-23')).toBe('2026-11-23T23:59:59+08:00');
});
