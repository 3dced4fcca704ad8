/** One look for each state, with the words of the county (docs/reference/glossary.md). */
import type { StateLook } from '@/ui/shapes';

/** Of a reading, as the worklist and the township see it. */
export const READING = {
  registered: { zh: '已登记', en: 'Registered', tone: 'grey', shape: 'dash' },
  acquired: { zh: '已检查', en: 'Acquired', tone: 'grey', shape: 'tick' },
  receiving: { zh: '上传中', en: 'Uploading', tone: 'grey', shape: 'hourglass' },
  'awaiting-match': { zh: '待匹配检查', en: 'Unmatched study', tone: 'amber', shape: 'link' },
  uploading: { zh: '上传中', en: 'Uploading', tone: 'grey', shape: 'hourglass' },
  complete: { zh: '已收齐', en: 'Complete', tone: 'grey', shape: 'tick' },
  incomplete: { zh: '未收齐', en: 'Incomplete', tone: 'amber', shape: 'triangle' },
  'awaiting-reading': { zh: '待诊断', en: 'Awaiting reading', tone: 'blue', shape: 'ring' },
  reading: { zh: '诊断中', en: 'Reading', tone: 'brand', shape: 'half-disc' },
  'awaiting-verification': { zh: '待审核', en: 'Awaiting verification', tone: 'violet', shape: 'diamond' },
  verifying: { zh: '审核中', en: 'Verifying', tone: 'violet', shape: 'half-disc' },
  returned: { zh: '待修改', en: 'Returned to author', tone: 'red', shape: 'return' },
  'returned-to-author': { zh: '待修改', en: 'Returned to author', tone: 'red', shape: 'return' },
  'returned-to-site': { zh: '退回机构', en: 'Returned to site', tone: 'red', shape: 'return' },
  'recall-pending': { zh: '待召回', en: 'Recall pending', tone: 'red', shape: 'return' },
  'on-hold': { zh: '疑难挂起', en: 'On hold (difficult)', tone: 'amber', shape: 'hourglass' },
  preliminary: { zh: '急诊临时报告', en: 'Emergency preliminary', tone: 'amber', shape: 'half-disc' },
  'awaiting-formal-review': { zh: '待补审', en: 'Awaiting formal review', tone: 'amber', shape: 'diamond' },
  'awaiting-formal': { zh: '待补审', en: 'Awaiting formal review', tone: 'amber', shape: 'diamond' },
  signed: { zh: '已签发', en: 'Signed', tone: 'green', shape: 'disc-tick' },
  delivered: { zh: '已送达', en: 'Delivered', tone: 'grey', shape: 'double-tick' },
  viewed: { zh: '已查看', en: 'Viewed', tone: 'grey', shape: 'double-tick' },
  printed: { zh: '已打印', en: 'Printed', tone: 'grey', shape: 'printer' },
  'needs-recheck': { zh: '待复核', en: 'Needs re-check', tone: 'amber', shape: 'triangle' },
  canceled: { zh: '已取消', en: 'Canceled', tone: 'grey', shape: 'dash' },
  're-check': { zh: '待复核', en: 'Needs re-check', tone: 'amber', shape: 'triangle' },
  void: { zh: '报告作废', en: 'Void (entered in error)', tone: 'red', shape: 'cross' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const PRIORITY = {
  stat: { zh: '急诊', en: 'Emergency', tone: 'red', shape: 'alarm' },
  urgent: { zh: '加急', en: 'Urgent', tone: 'amber', shape: 'triangle' },
  routine: { zh: '普通', en: 'Routine', tone: 'grey', shape: 'dash' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const GRADE = {
  A: { zh: '甲级片', en: 'Grade A', tone: 'green', shape: 'disc-tick' },
  B: { zh: '乙级片', en: 'Grade B', tone: 'blue', shape: 'ring-info' },
  C: { zh: '丙级片', en: 'Grade C', tone: 'amber', shape: 'triangle' },
  reject: { zh: '废片', en: 'Reject image', tone: 'red', shape: 'cross' },
  none: { zh: '未评', en: 'Not graded', tone: 'grey', shape: 'dash' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const INTENT = {
  'request-reading': { zh: '申请诊断', en: 'Request reading', tone: 'brand', shape: 'ring' },
  'archive-only': { zh: '仅存档', en: 'Archive only', tone: 'grey', shape: 'dash' },
  backfill: { zh: '历史补传', en: 'Backfill', tone: 'grey', shape: 'clock' },
  consultation: { zh: '会诊资料', en: 'For consultation', tone: 'violet', shape: 'diamond' },
} as const satisfies Readonly<Record<string, StateLook>>;

export const LINK = {
  online: { zh: '在线', en: 'Online', tone: 'green', shape: 'bars-3' },
  connecting: { zh: '连接中', en: 'Connecting', tone: 'grey', shape: 'bars-1' },
  reconnecting: { zh: '重连中', en: 'Reconnecting', tone: 'amber', shape: 'bars-1' },
  offline: { zh: '离线', en: 'Offline', tone: 'red', shape: 'cut' },
} as const satisfies Readonly<Record<string, StateLook>>;

/** The look of a code; a code this page does not know yet is shown as it is, never hidden. */
export function lookOf(table: Readonly<Record<string, StateLook>>, code: string): StateLook {
  return table[code] ?? { zh: code, en: code, tone: 'grey', shape: 'ring-info' };
}
