import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/checkup',
    component: () => import('./CheckupPage.vue'),
    meta: {
      title: { zh: '体检批量', en: 'Check-ups' },
      theme: 'dark',
      nav: { title: { zh: '体检批量', en: 'Check-ups' }, order: 25, action: 'reading.write', keys: 'g k' },
    },
  },
];
