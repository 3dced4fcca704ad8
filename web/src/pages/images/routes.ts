import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/images/:study?',
    component: () => import('./ImagesPage.vue'),
    meta: { title: { zh: '图像窗口', en: 'Image window' }, theme: 'dark', bare: true },
  },
];
