import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  { path: '/', component: () => import('./HomePage.vue'), meta: { title: { zh: '首页', en: 'Start' } } },
  {
    path: '/:rest(.*)*',
    component: () => import('./NotFoundPage.vue'),
    meta: { open: true, title: { zh: '没有这个页面', en: 'No such page' } },
  },
];
