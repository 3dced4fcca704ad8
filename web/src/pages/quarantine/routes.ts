import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/quarantine',
    component: () => import('./QuarantinePage.vue'),
    meta: {
      title: { zh: '异常数据（待处理）', en: 'Quarantine' },
      nav: { title: { zh: '异常数据', en: 'Quarantine' }, order: 55, action: 'quarantine.read', keys: 'g y' },
    },
  },
];
