import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/patients/:id/order-check',
    component: () => import('./OrderCheckPage.vue'),
    meta: { title: { zh: '开单核对', en: 'Order check' } },
  },
];
