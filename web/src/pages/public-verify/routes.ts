import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/verify/:code?',
    component: () => import('./VerifyCodePage.vue'),
    meta: { title: { zh: '报告验证', en: 'Report verification' }, open: true, bare: true },
  },
];
