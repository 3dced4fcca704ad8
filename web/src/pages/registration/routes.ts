import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/registration',
    component: () => import('./RegistrationPage.vue'),
    meta: {
      title: { zh: '检查登记', en: 'Registration' },
      nav: { title: { zh: '检查登记', en: 'Registration' }, order: 40, action: 'registration.write', keys: 'g r' },
    },
  },
];
