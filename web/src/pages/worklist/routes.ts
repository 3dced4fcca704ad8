import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/worklist',
    component: () => import('./WorklistPage.vue'),
    meta: {
      title: { zh: '工作列表', en: 'Worklist' },
      nav: { title: { zh: '工作列表', en: 'Worklist' }, order: 10, action: 'worklist.read', keys: 'g w' },
    },
  },
];
