import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/sign-in',
    component: () => import('./SignInPage.vue'),
    meta: { title: { zh: '登录', en: 'Sign in' }, open: true, bare: true },
  },
  {
    path: '/setup',
    component: () => import('./SetupPage.vue'),
    meta: { title: { zh: '首次设置', en: 'First set-up' }, open: true, bare: true },
  },
];
