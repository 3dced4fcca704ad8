/** Words and looks of a room. */
import { en } from '@/i18n/en/room';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/room';
import type { Standing } from '@/room/protocol';
import type { StateLook } from '@/ui/shapes';

export type RoomText = Say<typeof zh>;
export const useRoomTexts = (): RoomText => useTexts('room', zh, en);

const standing = (key: Standing, tone: StateLook['tone'], shape: StateLook['shape']): StateLook => ({ zh: zh.standing[key], en: en.standing[key], tone, shape });
const STANDING: Readonly<Record<Standing, StateLook>> = {
  present: standing('present', 'green', 'disc-tick'),
  reconnecting: standing('reconnecting', 'amber', 'hourglass'),
  left: standing('left', 'grey', 'dash'),
  absent: standing('absent', 'grey', 'ring'),
  knocking: standing('knocking', 'violet', 'hourglass'),
  denied: standing('denied', 'grey', 'cross'),
};
export const standingLook = (st: string): StateLook => STANDING[st as Standing] ?? STANDING.absent;

export type PhaseKey = keyof typeof zh.phase;
const phase = (key: PhaseKey, tone: StateLook['tone'], shape: StateLook['shape']): StateLook => ({ zh: zh.phase[key], en: en.phase[key], tone, shape });
export const PHASE: Readonly<Record<PhaseKey, StateLook>> = {
  connecting: phase('connecting', 'grey', 'hourglass'),
  live: phase('live', 'green', 'disc-tick'),
  waiting: phase('waiting', 'violet', 'hourglass'),
  reconnecting: phase('reconnecting', 'amber', 'cut'),
  ended: phase('ended', 'red', 'cut'),
  closed: phase('closed', 'grey', 'lock'),
};

/** A role that this page does not know yet is shown as it is. */
export function roleWord(t: RoomText, role: string): string {
  return Object.hasOwn(zh.role, role) ? t(`role.${role as keyof typeof zh.role}`) : role;
}
