import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/reports',
    component: () => import('./ReportsPage.vue'),
    meta: {
      title: { zh: '报告', en: 'Reports' },
      nav: { title: { zh: '报告', en: 'Reports' }, order: 70, action: 'report.read', keys: 'g b' },
    },
  },
  {
    path: '/reports/print',
    component: () => import('./PrintPage.vue'),
    meta: { title: { zh: '报告打印', en: 'Print reports' } },
  },
  {
    path: '/reports/:id',
    component: () => import('./ReportPage.vue'),
    meta: { title: { zh: '报告', en: 'Report' } },
  },
];
