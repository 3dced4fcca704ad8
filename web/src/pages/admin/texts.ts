import { en } from '@/i18n/en/admin';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/admin';

export const useAdminTexts = (): Say<typeof zh> => useTexts('admin', zh, en);
