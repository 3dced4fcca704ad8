/** Times as people say them: relative under one hour, the clock today, ISO dates before; always in the county's zone. */
import { onScopeDispose, ref, type Ref } from 'vue';
import type { Say } from '@/i18n/texts';
import type { zh } from '@/i18n/zh-CN/ui';

export const COUNTY_ZONE = 'Asia/Shanghai';

interface Parts {
  readonly date: string;
  readonly time: string;
  readonly seconds: string;
}

const formatter = new Intl.DateTimeFormat('en-CA', {
  timeZone: COUNTY_ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

function partsOf(at: Date): Parts {
  const found = new Map(formatter.formatToParts(at).map((part) => [part.type, part.value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => found.get(type) ?? '';
  return {
    date: `${of('year')}-${of('month')}-${of('day')}`,
    time: `${of('hour')}:${of('minute')}`,
    seconds: of('second'),
  };
}

/** 2026-11-22 */
export function isoDate(at: string | Date): string {
  return partsOf(new Date(at)).date;
}

/** 09:06 */
export function clockTime(at: string | Date): string {
  return partsOf(new Date(at)).time;
}

/** 2026-11-22 09:06:31, for hovering. */
export function absolute(at: string | Date): string {
  const { date, time, seconds } = partsOf(new Date(at));
  return `${date} ${time}:${seconds}`;
}

/** 12 分钟前 · 08:06 · 昨天 16:40 · 2026-11-10 09:12 */
export function spoken(at: string | Date, now: Date, t: Say<typeof zh>): string {
  const then = new Date(at);
  const minutes = (now.getTime() - then.getTime()) / 60_000;
  if (minutes >= 0 && minutes < 1) return t('time.now');
  if (minutes >= 0 && minutes < 60) return t('time.minutesAgo', { n: Math.floor(minutes) });
  const { date, time } = partsOf(then);
  if (date === isoDate(now)) return time;
  if (date === isoDate(new Date(now.getTime() - 86_400_000))) return t('time.yesterday', { at: time });
  return `${date} ${time}`;
}

/** Age by the custom of the county: days to 28 d, months and days to 1 y, years and months to 6 y. */
export function age(birthDate: string, on: Date, t: Say<typeof zh>): string {
  const [year = 0, month = 1, day = 1] = birthDate.split('-').map(Number);
  const [thisYear = 0, thisMonth = 1, thisDay = 1] = isoDate(on).split('-').map(Number);
  const today = Date.UTC(thisYear, thisMonth - 1, thisDay);
  const days = Math.floor((today - Date.UTC(year, month - 1, day)) / 86_400_000);
  if (days < 28) return t('age.days', { days });
  let months = (thisYear - year) * 12 + thisMonth - month;
  if (thisDay < day) months -= 1;
  if (months < 12) {
    const rest = Math.floor((today - Date.UTC(year, month - 1 + months, day)) / 86_400_000);
    return t('age.months', { months, days: rest });
  }
  const years = Math.floor(months / 12);
  return years < 6 ? t('age.yearsMonths', { years, months: months % 12 }) : t('age.years', { years });
}

/** Reads 19560314, 1956-03-14, 1956/3/14, 1956.3.14 (full-width digits too) → 1956-03-14. */
export function parseDate(text: string): string | undefined {
  const plain = text.normalize('NFKC').trim();
  const found =
    /^(\d{4})(\d{2})(\d{2})$/.exec(plain) ?? /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(plain);
  if (found === null) return undefined;
  const [, year = '', month = '', day = ''] = found;
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const real = at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day);
  return real ? at.toISOString().slice(0, 10) : undefined;
}

/** The present moment, renewed every `interval` milliseconds while somebody looks. */
export function useNow(interval = 10_000): Ref<Date> {
  const now = ref(new Date());
  const timer = window.setInterval(() => {
    if (!document.hidden) now.value = new Date();
  }, interval);
  const shown = (): void => {
    if (!document.hidden) now.value = new Date();
  };
  document.addEventListener('visibilitychange', shown);
  onScopeDispose(() => {
    window.clearInterval(timer);
    document.removeEventListener('visibilitychange', shown);
  });
  return now;
}
