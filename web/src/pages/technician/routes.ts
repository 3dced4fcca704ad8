import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/technician',
    component: () => import('./TechnicianPage.vue'),
    meta: {
      title: { zh: '今日检查', en: 'Today' },
      nav: { title: { zh: '今日检查', en: 'Today' }, order: 30, roles: ['technician', 'registrar', 'requester'], keys: 'g t' },
    },
  },
];
