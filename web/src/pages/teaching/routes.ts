import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '教学病例', en: 'Teaching file' };
const proposals = { zh: '教学病例审核', en: 'Teaching proposals' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/teaching',
    meta: { title, nav: { title, order: 38, action: 'teaching.read', keys: 'g l' } },
    children: [
      { path: '', component: () => import('./TeachingPage.vue') },
      { path: '/teaching/proposals', component: () => import('./ProposalsPage.vue'), meta: { title: proposals } },
      { path: '/teaching/proposals/:id', component: () => import('./ProposalPage.vue'), meta: { title: proposals } },
      { path: '/teaching/:id', component: () => import('./TeachingCasePage.vue') },
    ],
  },
];
