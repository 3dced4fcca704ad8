import { mount } from '@vue/test-utils';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failureOf, unreachable } from '@/api/failure';
import { send, setCsrfToken, withPath, withQuery } from '@/api/http';
import { setLocale } from '@/i18n/texts';
import { useUi } from '@/i18n/ui';
import { navigation, routes } from '@/routes';
import { minutesBetween, readClock } from '@/ui/clock';
import DataTable from '@/ui/DataTable.vue';
import { find, nameOf, type KeyBinding } from '@/ui/keys';
import { fitting } from '@/ui/fitting';
import { inSight, moved } from '@/ui/table';
import { readableUnit } from '@/ui/unit';
import { absolute, age, clockTime, parseDate, spoken } from '@/ui/time';

afterEach(() => {
  vi.unstubAllGlobals();
  setLocale('zh-CN');
  setCsrfToken('');
});

describe('clocks', () => {
  it.each([
    [12, 30, 'under', '12', '30', 'minutes'],
    [14.9, 30, 'under', '14', '30', 'minutes'],
    [15, 30, 'half', '15', '30', 'minutes'],
    [24, 30, 'late', '24', '30', 'minutes'],
    [30, 30, 'over', '30', '30', 'minutes'],
    [372, 1440, 'under', '6.2', '24', 'hours'],
    [-5, 30, 'under', '0', '30', 'minutes'],
  ] as const)('%d of %d minutes', (elapsedMinutes, allowedMinutes, level, elapsed, allowed, unit) => {
    expect(readClock({ elapsedMinutes, allowedMinutes })).toMatchObject({ level, elapsed, allowed, unit });
  });
  it('have a full bar, never a longer one', () => {
    expect(readClock({ elapsedMinutes: 300, allowedMinutes: 30 }).part).toBe(1);
    expect(minutesBetween('2026-11-22T00:00:00Z', new Date('2026-11-22T00:30:00Z'))).toBe(30);
  });
});

describe('times', () => {
  const now = new Date('2026-11-22T01:06:00Z'); // 09:06 in the county
  it.each([
    ['2026-11-22T01:05:40Z', '刚刚'],
    ['2026-11-22T00:54:00Z', '12 分钟前'],
    ['2026-11-22T00:06:00Z', '08:06'],
    ['2026-11-21T08:40:00Z', '昨天 16:40'],
    ['2026-11-10T01:12:00Z', '2026-11-10 09:12'],
    ['2026-11-22T02:00:00Z', '10:00'],
  ])('%s is told as %s', (at, words) => {
    expect(spoken(at, now, useUi())).toBe(words);
  });
  it('are those of the county, not of the PC', () => {
    expect(clockTime('2026-11-21T23:30:00Z')).toBe('07:30');
    expect(absolute('2026-11-21T23:30:05Z')).toBe('2026-11-22 07:30:05');
  });
  it('dates are read as people and card readers type them', () => {
    for (const typed of ['19560314', '1956-03-14', '1956/3/14', '1956.3.14', '１９５６０３１４', '1956年3月14日']) {
      expect(parseDate(typed)).toBe('1956-03-14');
    }
    for (const wrong of ['19560231', '1956', '560314', '1956-13-01', 'abc']) expect(parseDate(wrong)).toBeUndefined();
  });
  it.each([
    ['2026-11-20', '2 天'],
    ['2026-09-10', '2 月 12 天'],
    ['2023-05-22', '3 岁 6 月'],
    ['1963-11-23', '62 岁'],
    ['1963-11-22', '63 岁'],
  ])('someone born on %s is %s old', (born, words) => {
    expect(age(born, now, useUi())).toBe(words);
  });
});

describe('failures', () => {
  it('carry both languages, the code, the facts and the number to read out', () => {
    const failure = failureOf(
      409,
      { code: 'already-claimed', zh: '已被高洋领取。', en: 'Claimed by Gao Yang.', request_id: 'r1', facts: { revision: 4 } },
      null,
    );
    expect(failure).toMatchObject({ kind: 'conflict', code: 'already-claimed', requestId: 'r1', facts: { revision: 4 }, retryable: false });
    expect(failure.sentence).toBe('已被高洋领取。');
    setLocale('en');
    expect(failure.sentence).toBe('Claimed by Gao Yang.');
  });
  it('are readable even when a proxy answered with a page', () => {
    expect(failureOf(502, undefined, 'r2')).toMatchObject({ kind: 'offline', code: 'http-502', requestId: 'r2', retryable: true });
    expect(failureOf(500, '<html>', null).sentence).not.toBe('');
    expect(unreachable().retryable).toBe(true);
  });
});

describe('requests', () => {
  it('send the CSRF token with changes only', async () => {
    const fetched = vi.fn<(path: string, init: RequestInit) => Promise<Response>>(() => Promise.resolve(new Response('{}')));
    vi.stubGlobal('fetch', fetched);
    setCsrfToken('secret');
    await send('GET', '/api/x');
    await send('POST', '/api/x', { body: { a: 1 } });
    const headers = fetched.mock.calls.map(([, init]) => new Headers(init.headers).get('X-CSRF-Token'));
    expect(headers).toEqual([null, 'secret']);
  });
  it('become one kind of failure when the network is gone', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    await expect(send('GET', '/api/x')).rejects.toMatchObject({ kind: 'offline', code: 'no-connection' });
  });
  it('fill paths and queries safely', () => {
    expect(withPath('/api/studies/{id}/x', { id: 'a/b' })).toBe('/api/studies/a%2Fb/x');
    expect(() => withPath('/api/{id}')).toThrow('id');
    expect(withQuery('/api/x', { a: 1, b: undefined, c: '', d: ['x', 'y'], e: false })).toBe('/api/x?a=1&d=x&d=y&e=false');
  });
});

describe('keys', () => {
  const bindings: KeyBinding[] = ['j', 'g w', 'Ctrl+Enter', 'w'].map((keys) => ({ keys, does: { zh: keys, en: keys }, run: () => undefined }));
  it('come alone, with Ctrl, or in a row', () => {
    expect(find(bindings, 'j', '')).toBe(bindings[0]);
    expect(find(bindings, 'g', '')).toBe('prefix');
    expect(find(bindings, 'w', 'g')).toBe(bindings[1]);
    expect(find(bindings, 'w', '')).toBe(bindings[3]);
    expect(find(bindings, 'x', '')).toBeUndefined();
  });
  it('a bare Enter is not Ctrl+Enter', () => {
    expect(find(bindings, nameOf(new KeyboardEvent('keydown', { key: 'Enter' })), '')).toBeUndefined();
    expect(find(bindings, nameOf(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true })), '')).toBe(bindings[2]);
  });
});

describe('a table', () => {
  const rows = ['a', 'b', 'c'].map((id) => ({ id }));
  const table = (): ReturnType<typeof mount> =>
    mount(DataTable, {
      props: { label: '列表', columns: [{ key: 'id', title: '号' }], rows, rowKey: (row) => (row as { id: string }).id },
      slots: { 'cell-id': ({ row }) => (row as { id: string }).id },
      attachTo: document.body,
    }) as ReturnType<typeof mount>;
  Element.prototype.scrollIntoView = () => undefined;

  it('moves by j and k, opens by Enter, and names its row for screen readers', async () => {
    const wrapper = table();
    for (const key of ['j', 'j', 'k', 'j']) window.dispatchEvent(new KeyboardEvent('keydown', { key }));
    await wrapper.vm.$nextTick();
    const updates = wrapper.emitted('update:selected')?.map(([id]) => id as string);
    expect(updates).toEqual(['a', 'b', 'a', 'b']);
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
    expect(wrapper.emitted('open')).toEqual([[{ id: 'b' }]]);
    expect(wrapper.get('[role=grid]').attributes('aria-activedescendant')).toBe(wrapper.get('.selected').attributes('id'));
    wrapper.unmount();
  });
  it('stays silent while somebody types', () => {
    const wrapper = table();
    const input = document.body.appendChild(document.createElement('input'));
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
    expect(wrapper.emitted('update:selected')).toBeUndefined();
    wrapper.unmount();
  });
  it('stops at its ends', () => {
    expect(moved(3, 2, 1)).toBe(2);
    expect(moved(3, 0, -1)).toBe(0);
    expect(moved(3, -1, 1)).toBe(0);
    expect(moved(0, -1, 1)).toBe(-1);
  });
});

describe('pages', () => {
  it('each have a title in both languages, and somebody who sees them', () => {
    for (const route of routes) {
      expect(route.meta?.title?.zh, route.path).toBeTruthy();
      expect(route.meta?.title?.en, route.path).toBeTruthy();
    }
    for (const entry of navigation()) expect(entry.roles ?? entry.action, entry.path).toBeTruthy();
  });
  it('have addresses of their own, without clashes of keys', () => {
    const paths = routes.map((route) => route.path);
    expect(new Set(paths).size).toBe(paths.length);
    const keys = navigation().flatMap((entry) => entry.keys ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('long lists', () => {
  it.each([
    [1000, 0, 640, { from: 0, to: 44 }],
    [1000, 3200, 640, { from: 88, to: 132 }],
    [1000, 1_000_000, 640, { from: 956, to: 1000 }],
    [30, 0, 640, { from: 0, to: 30 }],
    [0, 0, 640, { from: 0, to: 0 }],
  ])('of %d rows at %d px draw those in sight', (count, top, height, drawn) => {
    expect(inSight(count, top, height, 32)).toEqual(drawn);
  });
  it('draw few rows, name the row far down and keep their height', async () => {
    const rows = Array.from({ length: 1000 }, (_, at) => ({ id: String(at) }));
    const wrapper = mount(DataTable, {
      props: { label: '列表', columns: [{ key: 'id', title: '号' }], rows, rowKey: (row: unknown) => (row as { id: string }).id, selected: '0', 'onUpdate:selected': (id: unknown) => void wrapper.setProps({ selected: id as string }) },
      attachTo: document.body,
    });
    expect(wrapper.findAll('.row').length).toBeLessThan(80);
    await wrapper.get('[role=grid]').trigger('keydown', { key: 'End' });
    await wrapper.vm.$nextTick();
    const active = wrapper.get('[role=grid]').attributes('aria-activedescendant') ?? '';
    expect(document.getElementById(active)?.getAttribute('aria-rowindex')).toBe('1001');
    const unseen = wrapper.findAll('.unseen').reduce((sum, one) => sum + Number.parseInt((one.element as HTMLElement).style.height, 10), 0);
    expect(unseen + wrapper.findAll('.row').length * 32).toBe(32_000);
    wrapper.unmount();
  });
});

describe('a unit', () => {
  it.each([
    ['10*9/L', '×10⁹/L'],
    ['4.80 10*12/L', '4.80 ×10¹²/L'],
    ['umol/L', 'μmol/L'],
    ['mg/uL', 'mg/μL'],
    ['U/L', 'U/L'],
    ['mmol/L', 'mmol/L'],
    ['%', '%'],
  ])('%s is read as %s', (code, read) => {
    expect(readableUnit(code)).toBe(read);
  });
});

describe('the bar of pages', () => {
  const widths = [100, 60, 80, 120];
  it.each([
    ['shows everything that has room', 372, 0, 4],
    ['keeps room for the button where it has not', 371, 0, 3],
    ['keeps more of it for the name of the page one is on', 371, 3, 2],
    ['shows no entry where only the button has room', 90, 0, 0],
  ])('%s', (_why, room, here, shown) => {
    expect(fitting(widths, room, here)).toBe(shown);
  });
});
