import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync('src/ui/tokens.css', 'utf8');

function block(selector: string): ReadonlyMap<string, string> {
  const at = css.indexOf(`${selector} {`);
  const body = css.slice(at, css.indexOf('}', at));
  return new Map([...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((found) => [found[1] ?? '', found[2] ?? '']));
}
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const light = block(':root');
const dark = new Map([...light, ...block("[data-theme='dark']")]);

describe.each([
  ['light', light],
  ['dark', dark],
])('%s theme', (_, theme) => {
  const of = (name: string): string => theme.get(name) ?? '';
  it.each(['ink', 'ink-2', 'ink-3', 'brand', 'red', 'amber', 'green', 'blue', 'violet', 'grey'])('%s is readable on surfaces', (name) => {
    for (const ground of ['surface', 'surface-2', 'bg']) expect(contrast(of(name), of(ground))).toBeGreaterThanOrEqual(4.5);
  });
  it.each(['brand', 'red', 'amber', 'green', 'blue', 'violet', 'grey'])('%s is readable on its soft ground', (name) => {
    expect(contrast(of(name), of(`${name}-soft`))).toBeGreaterThanOrEqual(4.5);
  });
  it('text stays readable on the selected row, and on the primary button', () => {
    for (const name of ['ink', 'ink-2', 'ink-3']) expect(contrast(of(name), of('brand-soft'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of('on-brand'), of('brand'))).toBeGreaterThanOrEqual(4.5);
  });
  it('borders of controls can be seen', () => {
    expect(contrast(of('control'), of('surface'))).toBeGreaterThanOrEqual(3);
  });
});
