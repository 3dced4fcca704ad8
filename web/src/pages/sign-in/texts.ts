import { en } from '@/i18n/en/signIn';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/signIn';

export const useSignInTexts = (): Say<typeof zh> => useTexts('signIn', zh, en);
