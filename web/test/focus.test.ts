/** Where the keyboard is: a dialog gives it back, a busy button keeps it, a control keeps its own keys. */
import { mount } from '@vue/test-utils';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { effectScope, nextTick } from 'vue';
import { useKeys } from '@/ui/keys';
import ModalDialog from '@/ui/ModalDialog.vue';
import UiButton from '@/ui/UiButton.vue';

afterEach(() => {
  document.body.innerHTML = '';
});

function put(html: string): HTMLElement {
  document.body.innerHTML = html;
  const first = document.body.firstElementChild;
  if (!(first instanceof HTMLElement)) throw new Error('nothing was put');
  return first;
}

describe('the keys of a page', () => {
  const press = (from: HTMLElement, key: string, more: KeyboardEventInit = {}): void => void from.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));

  it.each([
    ['<p>text</p>', 'ArrowDown', 1],
    ['<div role="log" tabindex="0"></div>', 'ArrowDown', 0],
    ['<div role="log" tabindex="0"></div>', 'PageDown', 0],
    ['<input type="radio">', 'ArrowDown', 0],
    ['<input type="checkbox">', ' ', 0],
    ['<input type="checkbox">', 'ArrowDown', 1],
    ['<button type="button">x</button>', ' ', 0],
  ])('%s and %s: %i', (html, key, times) => {
    const run = vi.fn();
    const scope = effectScope();
    scope.run(() => useKeys(['ArrowDown', 'PageDown', 'Space'].map((keys) => ({ keys, does: { zh: keys, en: keys }, run }))));
    press(put(html), key);
    expect(run).toHaveBeenCalledTimes(times);
    scope.stop();
  });

  it('with Alt are the page’s, wherever the focus is', () => {
    const run = vi.fn();
    const scope = effectScope();
    scope.run(() => useKeys([{ keys: 'Alt+ArrowRight', does: { zh: '', en: '' }, inFields: true, run }]));
    press(put('<input type="radio">'), 'ArrowRight', { altKey: true });
    expect(run).toHaveBeenCalledOnce();
    scope.stop();
  });
});

describe('a busy button', () => {
  it('does nothing, sends no form, and can keep the focus', async () => {
    const done = vi.fn();
    const button = mount(UiButton, { props: { busy: true, type: 'submit', onClick: done }, attachTo: document.body });
    const element = button.get('button').element;
    element.focus();
    const click = new MouseEvent('click', { bubbles: true, cancelable: true });
    element.dispatchEvent(click);
    expect([done.mock.calls.length, click.defaultPrevented, element.disabled, document.activeElement === element]).toEqual([0, true, false, true]);
    await button.setProps({ busy: false });
    element.click();
    expect(done).toHaveBeenCalledOnce();
    button.unmount();
  });
});

describe('a dialog that closes', () => {
  HTMLDialogElement.prototype.showModal ??= function show(this: HTMLDialogElement) {
    this.open = true;
  };

  async function closed(meanwhile: () => void): Promise<string> {
    const dialog = mount(ModalDialog, { props: { title: 'x' }, attachTo: document.body });
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    meanwhile();
    dialog.unmount();
    await nextTick();
    return document.activeElement?.id ?? '';
  }

  it('gives the focus back to what had it', async () => {
    put('<main id="main" tabindex="-1"><button id="opener">x</button></main>');
    document.getElementById('opener')?.focus();
    expect(await closed(() => undefined)).toBe('opener');
  });

  it('gives it to what that stood in, where it is gone', async () => {
    put('<main id="main" tabindex="-1"><div id="bar" tabindex="-1"><button id="opener">x</button></div></main>');
    document.getElementById('opener')?.focus();
    expect(await closed(() => document.getElementById('opener')?.remove())).toBe('bar');
  });
});
