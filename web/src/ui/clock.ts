/** Elapsed against allowed time. Pure: `now` is an argument. */
export type ClockLevel = 'under' | 'half' | 'late' | 'over';

export interface ClockFacts {
  readonly elapsedMinutes: number;
  readonly allowedMinutes: number;
}

export interface ClockReading {
  readonly level: ClockLevel;
  /** 0–1 for the bar. */
  readonly part: number;
  readonly unit: 'minutes' | 'hours';
  readonly elapsed: string;
  readonly allowed: string;
}

/** Allowances beyond four hours are told in hours, with one decimal of what has passed. */
const HOURS_FROM = 240;

export function readClock({ elapsedMinutes, allowedMinutes }: ClockFacts): ClockReading {
  const elapsed = Math.max(0, elapsedMinutes);
  const part = allowedMinutes > 0 ? elapsed / allowedMinutes : 1;
  const level: ClockLevel = part >= 1 ? 'over' : part >= 0.8 ? 'late' : part >= 0.5 ? 'half' : 'under';
  const hours = allowedMinutes > HOURS_FROM;
  return {
    level,
    part: Math.min(1, part),
    unit: hours ? 'hours' : 'minutes',
    elapsed: hours ? (Math.floor(elapsed / 6) / 10).toFixed(1) : String(Math.floor(elapsed)),
    allowed: hours ? trimmed(allowedMinutes / 60) : String(Math.round(allowedMinutes)),
  };
}

function trimmed(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

export function minutesBetween(from: string | Date, to: Date): number {
  return (to.getTime() - new Date(from).getTime()) / 60_000;
}
