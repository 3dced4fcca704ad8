/** Keys of a page: registered while it is shown, listed by `?`, silent while somebody types. */
import { onScopeDispose, shallowReactive } from 'vue';
import type { Bilingual } from '@/i18n/texts';

export interface KeyBinding {
  /** As on the keycap: `j`, `Enter`, `Escape`, `?`, `Ctrl+Enter`, or two in a row: `g w`. */
  readonly keys: string;
  readonly does: Bilingual;
  readonly run: (event: KeyboardEvent) => void;
  /** Also while the caret is in a field (only for keys with Ctrl or Alt, and function keys). */
  readonly inFields?: boolean;
  /** Shown under 各页通用. */
  readonly everywhere?: boolean;
  /** Works and is listed only while this holds. */
  readonly when?: () => boolean;
  /** Not in the list: an alias. */
  readonly silent?: boolean;
}

const layers = shallowReactive<(readonly KeyBinding[])[]>([]);
/** While a dialog is open only its own keys count. */
let modal: object | undefined;
let pending = '';
let pendingSince = 0;

/** A second key of a sequence within this many milliseconds. */
const SEQUENCE = 1200;

export function nameOf(event: KeyboardEvent): string {
  const key = event.key === ' ' ? 'Space' : event.key;
  const named = key.length > 1;
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  if (event.shiftKey && named) parts.push('Shift');
  parts.push(key);
  return parts.join('+');
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit', 'range'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** What of a control's own a key is: Enter and Space do it, the keys that move choose in it or scroll it. */
const OWN = [
  { keys: /^(Enter| )$/, of: 'button, a, summary, [role="button"], [role="tab"]' },
  { keys: /^ $/, of: 'input' },
  { keys: /^(Arrow|Page|Home$|End$)/, of: 'input[type="radio"], [role="log"]' },
] as const;
function belongsToControl(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return false;
  return OWN.some(({ keys, of }) => keys.test(event.key) && target.closest(of) !== null);
}

export function find(bindings: readonly KeyBinding[], pressed: string, before: string): KeyBinding | 'prefix' | undefined {
  if (before !== '') {
    const sequence = bindings.find((binding) => binding.keys === `${before} ${pressed}`);
    if (sequence !== undefined) return sequence;
  }
  const direct = bindings.find((binding) => binding.keys === pressed);
  if (direct !== undefined) return direct;
  return bindings.some((binding) => binding.keys.startsWith(`${pressed} `)) ? 'prefix' : undefined;
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || modal !== undefined) return;
  const typing = isTyping(event.target);
  const pressed = nameOf(event);
  if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
  const before = event.timeStamp - pendingSince < SEQUENCE ? pending : '';
  pending = '';
  for (const layer of [...layers].reverse()) {
    const usable = layer.filter((binding) => (!typing || binding.inFields === true) && binding.when?.() !== false);
    const found = find(usable, pressed, before);
    if (found === undefined) continue;
    if (found === 'prefix') {
      pending = pressed;
      pendingSince = event.timeStamp;
      return;
    }
    if (belongsToControl(event)) return;
    event.preventDefault();
    found.run(event);
    return;
  }
}

window.addEventListener('keydown', onKey);

/** Registers the keys of a page or a component for as long as it lives; later layers win. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  layers.push(bindings);
  onScopeDispose(() => {
    const at = layers.indexOf(bindings);
    if (at >= 0) layers.splice(at, 1);
  });
}

export function shownKeys(): readonly KeyBinding[] {
  return layers.flat().filter((binding) => binding.silent !== true && binding.when?.() !== false);
}

/** A dialog takes the keyboard; returns how to give it back. */
export function takeKeyboard(): () => void {
  const mine = {};
  const before = modal;
  modal = mine;
  return () => {
    if (modal === mine) modal = before;
  };
}
