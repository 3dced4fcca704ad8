/** Why a report is not at the provincial platform, in the few kinds that a person does something different about. */
import type { components } from '@/api/schema';
import type { StateLook } from '@/ui/shapes';

export type Upload = components['schemas']['Upload'];
export const STATES = ['dead', 'waiting', 'given-up'] as const;
export type UploadState = (typeof STATES)[number];
export type Fault = 'content' | 'credential' | 'large' | 'address' | 'refused' | 'unavailable' | 'away' | 'nobody' | 'none';

const BY_STATUS: Readonly<Record<number, Fault>> = { 400: 'content', 401: 'credential', 403: 'credential', 404: 'address', 405: 'address', 413: 'large', 422: 'content' };

export function faultOf(one: Pick<Upload, 'last_fault' | 'last_status'>): Fault {
  if (one.last_fault === 'no-patient') return 'nobody';
  const status = one.last_status;
  if (status === null) return one.last_fault === '' ? 'none' : 'away';
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 300 && status < 400) return 'address';
  return status >= 500 || status === 429 || status === 408 ? 'unavailable' : 'refused';
}

/** What is decided about, and what a person does next. */
export const stepOf = (one: Upload): Fault | 'waiting' | 'given-up' => (one.state === 'waiting' || one.state === 'given-up' ? one.state : faultOf(one));

export const LOOKS = {
  dead: { zh: '待处理', en: 'To decide', tone: 'red', shape: 'alarm' },
  waiting: { zh: '上传中', en: 'On the way', tone: 'blue', shape: 'hourglass' },
  'given-up': { zh: '已放弃', en: 'Given up', tone: 'grey', shape: 'ring-slash' },
} as const satisfies Readonly<Record<UploadState, StateLook>>;

export const lookOfUpload = (one: Upload): StateLook => LOOKS[STATES.find((state) => state === one.state) ?? 'waiting'];
