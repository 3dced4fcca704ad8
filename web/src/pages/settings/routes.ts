import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '阅片设置', en: 'Reading settings' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/settings',
    component: () => import('./SettingsPage.vue'),
    redirect: '/settings/templates',
    meta: { title, nav: { title, order: 85, action: 'template.manage', keys: 'g s' } },
    children: [
      { path: '/settings/templates', component: () => import('./TemplatesPage.vue') },
      { path: '/settings/modes', component: () => import('./ModesPage.vue') },
    ],
  },
];
