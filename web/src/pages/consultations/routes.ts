import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '会诊', en: 'Consultations' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/consultations',
    meta: { title, nav: { title, order: 35, action: 'consultation.read', keys: 'g o' } },
    children: [
      { path: '', component: () => import('./ConsultationsPage.vue') },
      { path: '/consultations/new', component: () => import('./NewConsultationPage.vue'), meta: { title: { zh: '申请会诊', en: 'Request consultation' } } },
      { path: '/consultations/:id', component: () => import('./ConsultationsPage.vue') },
    ],
  },
];
