/** Typed catalogues: an area has one Chinese and one English file; a key missing in either fails the type check. */
import { computed, type ComputedRef } from 'vue';
import { createI18n } from 'vue-i18n';

export type Locale = 'zh-CN' | 'en';
export const LOCALES: readonly Locale[] = ['zh-CN', 'en'];

export interface Catalogue {
  readonly [key: string]: string | Catalogue;
}

/** The same keys with other words. */
export type Translated<T> = { readonly [K in keyof T]: T[K] extends string ? string : Translated<T[K]> };

/** The dotted paths of all texts of a catalogue. */
export type TextKey<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${TextKey<T[K]>}`;
}[keyof T & string];

export type Facts = Readonly<Record<string, string | number>>;
export type Say<T> = (key: TextKey<T>, facts?: Facts) => string;

/** A sentence that came from the server or stands beside a route, in both languages. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

export const i18n = createI18n<false>({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: false,
  missingWarn: false,
  fallbackWarn: false,
  messages: { 'zh-CN': {}, en: {} },
});

export const locale: ComputedRef<Locale> = computed(() => (i18n.global.locale.value === 'en' ? 'en' : 'zh-CN'));

const STORED = 'telemed.locale';

export function setLocale(next: Locale): void {
  i18n.global.locale.value = next;
  document.documentElement.lang = next;
  window.localStorage.setItem(STORED, next);
}

/** Chinese unless this browser chose otherwise before. */
export function rememberedLocale(): Locale {
  return window.localStorage.getItem(STORED) === 'en' ? 'en' : 'zh-CN';
}

/** Registers the texts of an area and returns its `t`: typed keys, `{name}` places, English plurals by `n`. */
export function useTexts<T extends Catalogue>(area: string, zh: T, en: Translated<T>): Say<T> {
  const global = i18n.global;
  if (!Object.hasOwn(global.getLocaleMessage('zh-CN'), area)) {
    global.mergeLocaleMessage('zh-CN', { [area]: zh });
    global.mergeLocaleMessage('en', { [area]: en });
  }
  return (key, facts = {}) => {
    const count = facts['n'];
    const path = `${area}.${key}`;
    return typeof count === 'number' ? global.t(path, facts, count) : global.t(path, facts);
  };
}

/** Picks the language the reader uses. */
export function pick(text: Bilingual): string {
  return locale.value === 'en' ? text.en : text.zh;
}
