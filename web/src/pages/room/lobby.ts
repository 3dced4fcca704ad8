/** Guests: words, and who is who in a room. */
import type { components } from '@/api/schema';
import { en } from '@/i18n/en/room-lobby';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/room-lobby';

export type GuestView = components['schemas']['GuestView'];
export type Told = components['schemas']['Told'];
export type RoomPerson = components['schemas']['RoomPerson'];
export const useLobbyTexts = (): Say<typeof zh> => useTexts('room-lobby', zh, en);
export { en, zh };
