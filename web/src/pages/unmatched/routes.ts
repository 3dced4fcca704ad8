import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/unmatched',
    component: () => import('./UnmatchedPage.vue'),
    meta: {
      title: { zh: '待匹配检查', en: 'Unmatched studies' },
      nav: { title: { zh: '待匹配检查', en: 'Unmatched' }, order: 50, action: 'match.read', keys: 'g m' },
    },
  },
];
