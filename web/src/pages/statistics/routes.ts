import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '统计', en: 'Statistics' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/statistics',
    component: () => import('./StatisticsPage.vue'),
    meta: { title, nav: { title, order: 76, action: 'statistics.read', keys: 'g n' } },
  },
  {
    path: '/statistics/consultations',
    component: () => import('./ConsultingPage.vue'),
    meta: { title: { zh: '远程会诊统计', en: 'Consultation statistics' } },
  },
];
