import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/corrections',
    component: () => import('./CorrectionsPage.vue'),
    meta: {
      title: { zh: '检查拆分与归属更正', en: 'Splits and reassignments' },
      nav: { title: { zh: '拆分更正', en: 'Corrections' }, order: 52, action: 'match.read', keys: 'g c' },
    },
  },
];
