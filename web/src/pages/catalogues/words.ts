/** What documents say, in words: windows, encounters, prices and the other things a version may change. */
import { en } from '@/i18n/en/catalogues';
import { pick, useTexts } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/catalogues';
import { isKind, yuan } from '@/pages/catalogues/catalogues';

const isEncounter = (name: string): name is keyof typeof zh.encounters => Object.hasOwn(zh.encounters, name);
const isMode = (name: string): name is keyof typeof zh.mode => Object.hasOwn(zh.mode, name);
const isAnchor = (name: string): name is keyof typeof zh.anchor => Object.hasOwn(zh.anchor, name);
const isField = (name: string): name is keyof typeof zh.field => Object.hasOwn(zh.field, name);

export interface Words {
  readonly anchor: (name: string) => string;
  readonly mode: (name: string) => string;
  readonly encounter: (name: string, days: number) => string;
  readonly field: (name: string) => string;
  /** What a document says of a field; `nothing` where it says none. */
  readonly said: (field: string, values: readonly string[]) => string;
}

export function useWords(): Words {
  const t = useTexts('catalogues', zh, en);
  const anchor = (name: string): string => (isAnchor(name) ? t(`anchor.${name}`) : name);
  const mode = (name: string): string => (isMode(name) ? t(`mode.${name}`) : name);
  const encounter = (name: string, days: number): string => `${isEncounter(name) ? t(`encounters.${name}`) : name} ${t('days', { n: days })}`;

  function one(field: string, value: string): string {
    if (field === 'price') return yuan(Number(value)) || t('nothing');
    if (field === 'window') return t('days', { n: Number(value) });
    if (field === 'anchor') return anchor(value);
    if (field === 'mode') return mode(value);
    if (field === 'kind') return isKind(value) ? t(`kind.${value}`) : value;
    if (field === 'volatile') return t('yes');
    if (field === 'codes') return value.split('|').at(-1) ?? value;
    if (field === 'by-encounter') {
      const [name = '', days = ''] = value.split(':');
      return encounter(name, Number(days));
    }
    return value;
  }
  return {
    anchor,
    mode,
    encounter,
    field: (name) => (isField(name) ? t(`field.${name}`) : name),
    said: (field, values) => (values.length === 0 ? t('nothing') : values.map((value) => one(field, value)).join(pick({ zh: '；', en: '; ' }))),
  };
}
