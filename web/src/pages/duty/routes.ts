import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '值班', en: 'Duty' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/duty',
    component: () => import('./DutyPage.vue'),
    meta: { title, nav: { title, order: 36, action: 'duty.read', keys: 'g d' } },
    children: [
      { path: '', redirect: '/duty/board' },
      { path: '/duty/board', component: () => import('./DutyBoard.vue') },
      { path: '/duty/roster', component: () => import('./RosterPage.vue'), meta: { title: { zh: '排班', en: 'Roster' } } },
      { path: '/duty/experts', component: () => import('./ExpertsPage.vue'), meta: { title: { zh: '会诊专家', en: 'Experts' } } },
      { path: '/duty/agreements', component: () => import('./AgreementsPage.vue'), meta: { title: { zh: '合作协议', en: 'Agreements' } } },
    ],
  },
];
