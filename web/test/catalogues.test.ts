import { expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { zh } from '@/i18n/zh-CN/catalogues';
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
