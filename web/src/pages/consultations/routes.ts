import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '会诊', en: 'Consultations' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/consultations',
    component: () => import('./ConsultationsPage.vue'),
    meta: { title, nav: { title, order: 35, action: 'consultation.read', keys: 'g o' } },
  },
  {
    path: '/consultations/:id',
    component: () => import('./ConsultationsPage.vue'),
    meta: { title },
  },
];
