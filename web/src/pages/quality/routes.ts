import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '质量', en: 'Quality' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/quality',
    component: () => import('./QualityPage.vue'),
    meta: {
      title,
      nav: {
        title,
        order: 76,
        roles: ['quality-officer', 'center-head', 'medical-office', 'technician', 'requester', 'supervisor'],
        keys: 'g q',
      },
    },
    children: [
      { path: '', component: () => import('./QualityStart.vue') },
      { path: '/quality/evaluations', component: () => import('./EvaluationsPage.vue'), meta: { title: { zh: '质量评价', en: 'Evaluations' } } },
      { path: '/quality/look-backs', component: () => import('./LookBacksPage.vue'), meta: { title: { zh: '追溯核查', en: 'Look-backs' } } },
      { path: '/quality/issues', component: () => import('./IssuesPage.vue'), meta: { title: { zh: '影像问题', en: 'Image issues' } } },
    ],
  },
];
