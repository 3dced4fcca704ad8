import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/readings/:id',
    component: () => import('./DeskPage.vue'),
    meta: { title: { zh: '阅片', en: 'Reading desk' }, theme: 'dark', bare: true },
  },
];
