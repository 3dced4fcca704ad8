/** The texts of the shell and of the shared components. */
import { en } from '@/i18n/en/ui';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/ui';

export type UiText = Say<typeof zh>;
export const useUi = (): UiText => useTexts('ui', zh, en);
