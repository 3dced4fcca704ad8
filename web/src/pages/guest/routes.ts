import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/guest',
    component: () => import('./GuestPage.vue'),
    meta: { title: { zh: '外院专家会诊', en: 'Guest specialist' }, theme: 'dark', open: true, bare: true },
  },
];
