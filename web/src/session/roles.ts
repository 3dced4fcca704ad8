/** The roles of telemed/vocabulary.py and how they are called on the screen. */
import type { components } from '@/api/schema';
import type { Bilingual } from '@/i18n/texts';

export type Role = components['schemas']['Role'];

export const ROLES = {
  registrar: { zh: '登记员', en: 'Registrar' },
  technician: { zh: '检查技师', en: 'Radiographer' },
  requester: { zh: '申请医师', en: 'Requesting physician' },
  'village-doctor': { zh: '村医', en: 'Village doctor' },
  author: { zh: '报告医师', en: 'Reporting physician' },
  verifier: { zh: '审核医师', en: 'Verifying physician' },
  'center-head': { zh: '影像中心主任', en: 'Head of the imaging centre' },
  coordinator: { zh: '远程会诊调度员', en: 'Consultation coordinator' },
  'medical-office': { zh: '医务科', en: 'Medical office' },
  'quality-officer': { zh: '质控员', en: 'Quality officer' },
  supervisor: { zh: '卫健局监管', en: 'Health bureau' },
  'system-admin': { zh: '系统管理员', en: 'System administrator' },
  'security-admin': { zh: '安全管理员', en: 'Security administrator' },
  auditor: { zh: '审计管理员', en: 'Audit administrator' },
  expert: { zh: '上级专家', en: 'Outside expert' },
} as const satisfies Readonly<Record<Role, Bilingual>>;
