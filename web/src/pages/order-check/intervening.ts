/** Intervening events: which there are, and the moment that a day and a time of the county's clock name. */
import type { components } from '@/api/schema';

export type EventKind = components['schemas']['EventKind'];

export const EVENT_KINDS: readonly EventKind[] = [
  'surgery', 'transfusion', 'thrombolysis', 'chemotherapy', 'dialysis', 'trauma', 'condition-change',
];

export const isTime = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);

/** RFC 3339 with the county's offset, which knows no summer time. */
export const moment = (day: string, time: string): string => `${day}T${time}:00+08:00`;
