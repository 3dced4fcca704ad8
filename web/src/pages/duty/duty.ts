/** Turns of duty: who stands on a line now, where nobody does, and the week as a grid. Pure beside its texts. */
import type { components } from '@/api/schema';
import { en } from '@/i18n/en/duty';
import { useTexts, type Say } from '@/i18n/texts';
import { zh } from '@/i18n/zh-CN/duty';
import { clockTime, isoDate } from '@/ui/time';

export type Shift = components['schemas']['ShiftRow'];
export type Gap = components['schemas']['DutyGap'];
export type Agreement = components['schemas']['AgreementRow'];
export type DutyText = Say<typeof zh>;
export const useDutyTexts = (): DutyText => useTexts('duty', zh, en);

export const LINES = ['1', '2', '3'] as const;
export type LineKey = (typeof LINES)[number];
export const lineKey = (line: number): LineKey => LINES.find((one) => one === String(line)) ?? '3';
const DAY = 86_400_000;

export const covers = (one: Pick<Shift, 'begins' | 'ends'>, now: Date): boolean => Date.parse(one.begins) <= now.getTime() && now.getTime() < Date.parse(one.ends);

/** Who is on duty at a moment, by department and line; on one line who has signed in before who has not. */
export function onDuty<Row extends Pick<Shift, 'begins' | 'ends' | 'department' | 'line' | 'signed_in_at'>>(shifts: readonly Row[], now: Date): Row[] {
  const rank = (one: Row): number => one.line * 2 + (one.signed_in_at === null ? 1 : 0);
  return shifts.filter((one) => covers(one, now)).sort((a, b) => a.department.localeCompare(b.department) || rank(a) - rank(b) || a.begins.localeCompare(b.begins));
}

/** One signs in from an hour before the turn until its end (telemed/consultation/store/duty.sql). */
const EARLY = 3_600_000;
export function toSignIn<Row extends Pick<Shift, 'begins' | 'ends' | 'practitioner_id' | 'signed_in_at'>>(shifts: readonly Row[], me: string | undefined, now: Date): Row | undefined {
  return shifts.find(
    (one) => one.practitioner_id === me && one.signed_in_at === null && Date.parse(one.begins) - EARLY <= now.getTime() && now.getTime() < Date.parse(one.ends),
  );
}

/** My turn now, or the next one. */
export function myTurn<Row extends Pick<Shift, 'begins' | 'ends' | 'practitioner_id'>>(shifts: readonly Row[], me: string | undefined, now: Date): Row | undefined {
  return shifts.filter((one) => one.practitioner_id === me && Date.parse(one.ends) > now.getTime()).sort((a, b) => a.begins.localeCompare(b.begins))[0];
}

/** The Monday of a moment's week in the county, as a date. */
export function mondayOf(at: Date): string {
  const noon = new Date(`${isoDate(at)}T12:00:00Z`);
  const back = (noon.getUTCDay() + 6) % 7;
  return new Date(noon.getTime() - back * DAY).toISOString().slice(0, 10);
}
export const plusDays = (day: string, days: number): string => new Date(Date.parse(`${day}T12:00:00Z`) + days * DAY).toISOString().slice(0, 10);
export const daysFrom = (monday: string): string[] => Array.from({ length: 7 }, (_, index) => plusDays(monday, index));
/** The beginning of a day in the county, as a moment. */
export const beginningOf = (day: string): string => new Date(`${day}T00:00:00+08:00`).toISOString();

/** What of a turn or a gap falls into a day, by the clock; a day that is full to its end ends at 24:00. */
export function withinDay(one: { readonly begins: string; readonly ends: string }, day: string): { from: string; to: string } | undefined {
  const [start, end] = [Date.parse(beginningOf(day)), Date.parse(beginningOf(plusDays(day, 1)))];
  const [begins, ends] = [Math.max(start, Date.parse(one.begins)), Math.min(end, Date.parse(one.ends))];
  if (begins >= ends) return undefined;
  return { from: clockTime(new Date(begins)), to: ends === end ? '24:00' : clockTime(new Date(ends)) };
}

/** A turn from a day and two times of it; an end that is not after the beginning is on the next day. */
export function turnOf(day: string, from: string, to: string): { begins: string; ends: string } | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !/^\d{2}:\d{2}$/.test(from) || !/^\d{2}:\d{2}$/.test(to)) return undefined;
  const last = to > from ? day : plusDays(day, 1);
  return { begins: new Date(`${day}T${from}:00+08:00`).toISOString(), ends: new Date(`${last}T${to}:00+08:00`).toISOString() };
}

export type Force = 'inForce' | 'notYet' | 'over';
export function forceOf(one: Pick<Agreement, 'valid_from' | 'valid_until'>, today: string): Force {
  if (one.valid_from > today) return 'notYet';
  return one.valid_until !== null && one.valid_until < today ? 'over' : 'inForce';
}
