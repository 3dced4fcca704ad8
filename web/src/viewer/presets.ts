/** What the keys 1–9 do to the window, by modality. Pure. */
import type { zh } from '@/i18n/zh-CN/viewer';

export interface VoiRange {
  readonly lower: number;
  readonly upper: number;
}

export type PresetName = keyof typeof zh.preset;

export interface Preset {
  readonly key: string;
  readonly name: PresetName;
  /** Of the range as it was stored with the image, and of the pixels. */
  readonly range: (original: VoiRange, pixels: VoiRange) => VoiRange;
}

/** PS3.3 C.11.2.1.2.1: the ends of the linear window. */
export function rangeOf(width: number, center: number): VoiRange {
  return { lower: center - 0.5 - (width - 1) / 2, upper: center - 0.5 + (width - 1) / 2 };
}

export function windowOf(range: VoiRange): { readonly width: number; readonly center: number } {
  return { width: range.upper - range.lower + 1, center: (range.upper + range.lower + 1) / 2 };
}

function scaled(range: VoiRange, factor: number): VoiRange {
  const { width, center } = windowOf(range);
  return rangeOf(Math.max(1, width * factor), center);
}

const fixed = (key: string, name: PresetName, width: number, center: number): Preset => ({
  key,
  name,
  range: () => rangeOf(width, center),
});

const CT: readonly Preset[] = [
  fixed('1', 'lung', 1500, -600),
  fixed('2', 'mediastinum', 400, 40),
  fixed('3', 'bone', 2000, 500),
  fixed('4', 'brain', 80, 40),
  fixed('5', 'abdomen', 350, 50),
  fixed('6', 'liver', 160, 60),
  fixed('7', 'stroke', 40, 40),
  fixed('8', 'subdural', 215, 75),
  { key: '9', name: 'original', range: (original) => original },
];

const OTHERS: readonly Preset[] = [
  { key: '1', name: 'original', range: (original) => original },
  { key: '2', name: 'full', range: (_, pixels) => pixels },
  { key: '3', name: 'narrow', range: (original) => scaled(original, 0.6) },
  { key: '4', name: 'wide', range: (original) => scaled(original, 1.6) },
];

export function presetsFor(modality: string): readonly Preset[] {
  return modality === 'CT' ? CT : OTHERS;
}
