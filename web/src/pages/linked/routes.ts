import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/linked/:id',
    component: () => import('./LinkedPage.vue'),
    meta: { title: { zh: '调阅影像', en: 'View images' }, theme: 'dark', open: true, bare: true },
  },
];
