/** The states of administration as word, colour and shape. */
import type { StateLook } from '@/ui/shapes';

export const ACTIVE = {
  yes: { zh: '启用', en: 'Active', tone: 'green', shape: 'disc-tick' },
  no: { zh: '已停用', en: 'Disabled', tone: 'grey', shape: 'ring-slash' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const DEVICE = {
  enrolled: { zh: '已注册', en: 'Enrolled', tone: 'green', shape: 'disc-tick' },
  disabled: { zh: '已停用', en: 'Disabled', tone: 'grey', shape: 'ring-slash' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const LICENCE = {
  good: { zh: '有效', en: 'Valid', tone: 'green', shape: 'disc-tick' },
  soon: { zh: '90 天内到期', en: 'Expires within 90 days', tone: 'amber', shape: 'triangle' },
  expired: { zh: '已到期', en: 'Expired', tone: 'red', shape: 'cross' },
  none: { zh: '无证书，不能签名', en: 'None, cannot sign', tone: 'grey', shape: 'dash' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const ACCOUNT = {
  good: { zh: '启用', en: 'Active', tone: 'green', shape: 'disc-tick' },
  locked: { zh: '已锁定', en: 'Locked', tone: 'red', shape: 'lock' },
  oneTime: { zh: '待改一次性密码', en: 'One-time password', tone: 'amber', shape: 'hourglass' },
  disabled: { zh: '已停用', en: 'Disabled', tone: 'grey', shape: 'ring-slash' },
} as const satisfies Readonly<Record<string, StateLook>>;

const SOON = 90 * 24 * 3600 * 1000;

/** How a licence stands on a day (YYYY-MM-DD is good through that day). */
export function licenceLook(number: string | null, expires: string | null, now: Date): StateLook {
  if (number === null) return LICENCE.none;
  if (expires === null) return LICENCE.good;
  const end = new Date(`${expires}T23:59:59+08:00`).getTime();
  if (end < now.getTime()) return LICENCE.expired;
  return end - now.getTime() < SOON ? LICENCE.soon : LICENCE.good;
}
