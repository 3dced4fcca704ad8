import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/verification',
    redirect: { path: '/worklist', query: { view: 'verification' } },
    meta: {
      title: { zh: '审核', en: 'Verify' },
      nav: { title: { zh: '审核', en: 'Verify' }, order: 20, action: 'reading.verify', keys: 'g v' },
    },
  },
  {
    path: '/readings/:id/verify',
    component: () => import('./VerifyPage.vue'),
    meta: { title: { zh: '审核', en: 'Verify' }, theme: 'dark', bare: true },
  },
];
