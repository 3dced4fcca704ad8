import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '系统管理', en: 'Administration' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/admin',
    component: () => import('./AdminPage.vue'),
    meta: { title, nav: { title, order: 90, roles: ['system-admin', 'security-admin'], keys: 'g a' } },
    children: [
      { path: '', component: () => import('./AdminStart.vue') },
      { path: '/admin/organizations', component: () => import('./OrganizationsPage.vue') },
      { path: '/admin/staff', component: () => import('./StaffPage.vue') },
      { path: '/admin/devices', component: () => import('./DevicesPage.vue') },
      { path: '/admin/accounts', component: () => import('./AccountsPage.vue') },
    ],
  },
];
