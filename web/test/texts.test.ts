import { beforeEach, describe, expect, it } from 'vitest';
import { setLocale, useTexts } from '@/i18n/texts';

type Tree = { readonly [key: string]: string | Tree };
const zhFiles = import.meta.glob<{ zh: Tree }>('../src/i18n/zh-CN/*.ts', { eager: true });
const enFiles = import.meta.glob<{ en: Tree }>('../src/i18n/en/*.ts', { eager: true });
const sources = import.meta.glob<string>(['../src/**/*.vue', '../src/**/*.ts', '!../src/i18n/**', '!../src/api/schema.d.ts'], {
  eager: true,
  query: '?raw',
  import: 'default',
});

function leaves(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : leaves(value, `${path}${key}.`),
  );
}
function places(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? ''))].sort();
}
const areas = Object.keys(zhFiles).map((path) => path.split('/').at(-1) ?? '');
/** practice.md: never on a screen. */
const FORBIDDEN = ['租约', '隔离', '房间', '边缘节点', '需复查', '不可用', '曝光率'];

describe.each(areas)('catalogue %s', (area) => {
  const zh = leaves(zhFiles[`../src/i18n/zh-CN/${area}`]?.zh ?? {});
  const en = new Map(leaves(enFiles[`../src/i18n/en/${area}`]?.en ?? {}));

  it('has the same keys and places in both languages', () => {
    expect([...en.keys()].sort()).toEqual(zh.map(([key]) => key).sort());
    for (const [key, text] of zh) expect([key, places(en.get(key) ?? '')]).toEqual([key, places(text)]);
  });

  it('leaves nothing empty or untranslated', () => {
    for (const [key, text] of zh) {
      expect(text.trim(), key).not.toBe('');
      expect((en.get(key) ?? '').trim(), key).not.toBe('');
    }
    for (const [key, text] of en) {
      // The Chinese name of Chinese, and examples of what stands on a Chinese document.
      if (text !== '中文' && !text.startsWith('e.g. ')) expect(text, key).not.toMatch(/\p{Script=Han}/u);
    }
  });

  it('uses no word that is not for the screen', () => {
    for (const [key, text] of zh) for (const word of FORBIDDEN) expect(text, key).not.toContain(word);
  });
});

/** Chinese that is data, kept in the record as it is written on requests and licences: not words of a page. */
const DATA = ['pages/registration/form.ts', 'pages/admin/StaffDialog.vue'];

it('no page writes Chinese outside the catalogues, except as a pair with English', () => {
  const strays: string[] = [];
  for (const [path, source] of Object.entries(sources)) {
    if (DATA.some((file) => path.endsWith(file))) continue;
    const code = source.replaceAll(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    for (const line of code.split('\n')) {
      const pair = /zh:\s*['`"]/.test(line) || line.includes("'中文' : 'English'") || /\.test\(|\/\^|replace\(|['"]，['"]/.test(line);
      if (/\p{Script=Han}/u.test(line) && !pair) strays.push(`${path}: ${line.trim()}`);
    }
  }
  expect(strays).toEqual([]);
});

describe('t', () => {
  const t = useTexts('test', { found: '找到 {n} 例', nested: { hello: '{name}，您好' } }, { found: '{n} case | {n} cases', nested: { hello: 'Hello {name}' } });
  beforeEach(() => setLocale('zh-CN'));

  it('speaks Chinese first and follows the choice', () => {
    expect(t('found', { n: 3 })).toBe('找到 3 例');
    setLocale('en');
    expect(t('found', { n: 1 })).toBe('1 case');
    expect(t('found', { n: 3 })).toBe('3 cases');
    expect(t('nested.hello', { name: '王桂兰' })).toBe('Hello 王桂兰');
    expect(document.documentElement.lang).toBe('en');
  });

  it('leaves what a name contains alone', () => {
    expect(t('nested.hello', { name: '<b>{n}|@' })).toBe('<b>{n}|@，您好');
  });
});
