import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '异常数据（待处理）', en: 'Quarantine' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/quarantine',
    component: () => import('./QuarantineFrame.vue'),
    meta: {
      title,
      nav: { title: { zh: '异常数据', en: 'Quarantine' }, order: 55, action: 'quarantine.read', keys: 'g y' },
    },
    children: [
      { path: '', component: () => import('./QuarantinePage.vue') },
      {
        path: '/quarantine/laboratory',
        component: () => import('./LaboratoryPage.vue'),
        meta: { title: { zh: '检验异常数据', en: 'Laboratory quarantine' } },
      },
    ],
  },
];
