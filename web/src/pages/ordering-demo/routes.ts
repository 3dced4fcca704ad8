import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/patients/:id/ordering-demo',
    component: () => import('./OrderingPage.vue'),
    meta: { title: { zh: '演示开单', en: 'Sample ordering' } },
  },
];
