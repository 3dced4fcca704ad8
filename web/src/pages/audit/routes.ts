import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '审计查询', en: 'Audit trail' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/audit',
    component: () => import('./AuditPage.vue'),
    meta: { title, nav: { title, order: 95, action: 'audit.read', keys: 'g u' } },
  },
];
