import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '紧急调阅审核', en: 'Break-glass review' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/break-glass',
    component: () => import('./BreakGlassPage.vue'),
    meta: { title, nav: { title, order: 94, action: 'break-glass.review', keys: 'g j' } },
  },
];
