/** The teaching file's words and looks, and marked texts cut into pieces.  Pure. */
import type { components } from '@/api/schema';
import { en } from '@/i18n/en/teaching';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/teaching';
import type { StateLook } from '@/ui/shapes';

export type Proposal = components['schemas']['Proposal'];
export type ProposalItem = components['schemas']['ProposalItem'];
export type TeachingImage = components['schemas']['TeachingImage'];
export type TeachingItem = components['schemas']['TeachingItem'];
export type Image = components['schemas']['ImageItem'];
export type Found = components['schemas']['FoundItem'];
export type BodyPart = TeachingItem['body_part'];
export type StateWord = Proposal['state'];
export type TeachingText = Say<typeof zh>;
export const useTeachingTexts = (): TeachingText => useTexts('teaching', zh, en);

export const TOPICS = ['teaching'] as const;
export const PARTS = Object.keys(zh.part) as BodyPart[];
export const MODALITIES = ['CT', 'MR', 'DX', 'CR', 'US', 'MG', 'XA', 'RF', 'ES', 'NM', 'PT', 'OT'] as const;

type Look = Pick<StateLook, 'tone' | 'shape'>;
const LOOKS: Readonly<Record<StateWord, Look>> = {
  copying: { tone: 'grey', shape: 'hourglass' },
  prepared: { tone: 'amber', shape: 'triangle' },
  submitted: { tone: 'blue', shape: 'half-disc' },
  released: { tone: 'green', shape: 'disc-tick' },
  refused: { tone: 'amber', shape: 'return' },
  withdrawn: { tone: 'grey', shape: 'ring-slash' },
  failed: { tone: 'red', shape: 'cross' },
};
export const lookOf = (state: StateWord): StateLook => ({ ...LOOKS[state], zh: zh.state[state], en: en.state[state] });

type Ground = keyof typeof zh.ground;
const isGround = (word: string): word is Ground => Object.hasOwn(zh.ground, word);
export const groundsOf = (grounds: readonly string[]): Ground[] => grounds.filter(isGround);
type Why = keyof typeof zh.reason;
const isWhy = (word: string): word is Why => Object.hasOwn(zh.reason, word);
export const whyOf = (word: string): Why => (isWhy(word) ? word : 'other');
type Command = keyof typeof zh.command;
const isCommand = (word: string): word is Command => Object.hasOwn(zh.command, word);
export const commandOf = (word: string): Command => (isCommand(word) ? word : 'look');

type Judged = Pick<Image, 'state' | 'grounds' | 'verdict'>;
/** Whether a flagged image is still to be looked at. */
export const isUndecided = (one: Judged): boolean => one.state === 'copied' && one.grounds.length > 0 && one.verdict === '';
/** The first image from `from` on that is still to be looked at, then those before it; -1 where none is. */
export function nextUndecided(images: readonly Judged[], from: number): number {
  const behind = images.findIndex((one, at) => at >= from && isUndecided(one));
  return behind >= 0 ? behind : images.findIndex(isUndecided);
}

/** CT windows by name: centre and width in HU; of other modalities only the image's own. */
export const WINDOWS = { own: '', lung: '-600,1500', bone: '400,1800', soft: '40,400', brain: '35,80' } as const;
export type WindowName = keyof typeof WINDOWS;

export interface Piece {
  readonly text: string;
  readonly found?: Found;
}

/** A text cut where something was found; places count Unicode characters, as the server does. */
export function pieces(text: string, found: readonly Found[]): Piece[] {
  const letters = Array.from(text);
  const cut: Piece[] = [];
  let at = 0;
  for (const one of found) {
    if (one.start > at) cut.push({ text: letters.slice(at, one.start).join('') });
    cut.push({ text: letters.slice(one.start, one.end).join(''), found: one });
    at = one.end;
  }
  if (at < letters.length) cut.push({ text: letters.slice(at).join('') });
  return cut;
}

/** Keywords as they are typed: apart by commas of either kind, none twice. */
export function keywordsOf(typed: string): string[] {
  return [...new Set(typed.split(/[,，、;；\n]/).map((one) => one.trim()).filter((one) => one !== ''))];
}
