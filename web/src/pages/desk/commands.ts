/** Which commands a desk offers in a state, and what each says before it is done. */
import type { Line } from '@/pages/desk/facts';

export type CommandName =
  | 'submit'
  | 'signAlone'
  | 'preliminary'
  | 'release'
  | 'hold'
  | 'sendBack'
  | 'limit'
  | 'claim'
  | 'claimVerify'
  | 'takeOver'
  | 'resume'
  | 'recall'
  | 'withdraw'
  | 'amend'
  | 'append'
  | 'void'
  | 'recheck'
  | 'abandon';

export interface Who {
  readonly practitioner: string | undefined;
  readonly may: (action: string) => boolean;
}

export const PRIORITIES = ['stat', 'urgent', 'routine'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** While nobody has submitted a text, a reader may change how urgent it is. */
export const mayPrioritise = (line: Line, who: Who): boolean =>
  who.may('reading.write') && (line.state === 'awaiting-reading' || line.state === 'reading') && line.clock_started_at !== null;

/** As the server has it: what begins or ends an emergency is explained. */
export const priorityNeedsReason = (before: string, after: string): boolean => (before === 'stat') !== (after === 'stat');

const ISSUED = new Set(['signed', 'delivered', 'viewed', 'needs-recheck']);

/** The first is the one the desk puts forward. The server decides again. */
export function offered(line: Line, who: Who): readonly CommandName[] {
  const mine = line.claimed_by !== null && line.claimed_by === who.practitioner;
  const write = who.may('reading.write');
  const list: CommandName[] = [];
  if (line.state === 'reading' && mine) {
    list.push(line.mode === 'self-reported' ? 'signAlone' : 'submit');
    if (line.priority === 'stat' && line.preliminary_version_id === null && line.purpose === 'final') list.push('preliminary');
    if (line.purpose === 'final') {
      if (who.may('reading.return-site')) list.push('sendBack');
      list.push('hold');
      if (!line.limited) list.push('limit');
      list.push('release');
    } else list.push('abandon');
  } else if (line.state === 'reading' && who.may('reading.take-over')) list.push('takeOver');
  if (write && (line.state === 'awaiting-reading' || line.state === 'returned')) {
    if (line.assigned_to === null || line.assigned_to === who.practitioner) list.push('claim');
    else if (line.state === 'returned' && who.may('reading.take-over')) list.push('takeOver');
  }
  if (write && line.state === 'on-hold') list.push('resume');
  if (line.state === 'awaiting-verification' && line.author_id === who.practitioner) list.push('recall');
  if (['awaiting-verification', 'awaiting-formal-review'].includes(line.state) && who.may('reading.verify') && line.author_id !== who.practitioner) {
    list.push('claimVerify');
  }
  if (line.state === 'verifying' && !mine && who.may('reading.take-over')) list.push('takeOver');
  if (line.state === 'needs-recheck' && write) list.push('recheck');
  if (ISSUED.has(line.state) && who.may('report.amend')) list.push('amend', 'append', 'void');
  if (line.state === 'signed' && write) list.push('withdraw');
  return list;
}
