import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '数据往来', en: 'Exchange' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/exchange',
    component: () => import('./ExchangePage.vue'),
    meta: { title, nav: { title, order: 78, roles: ['technician', 'requester', 'village-doctor', 'center-head', 'coordinator', 'medical-office', 'system-admin'], keys: 'g x' } },
    children: [
      { path: '', component: () => import('./ExchangeStart.vue') },
      { path: '/exchange/tables', component: () => import('./TablesPage.vue'), meta: { title: { zh: '检验表导入', en: 'Laboratory tables' } } },
      { path: '/exchange/uploads', component: () => import('./UploadsPage.vue'), meta: { title: { zh: '上传省平台', en: 'Provincial platform' } } },
      { path: '/exchange/links', component: () => import('./LinksPage.vue'), meta: { title: { zh: '影像链接', en: 'Image links' } } },
      { path: '/exchange/outgoing', component: () => import('./OutgoingPage.vue'), meta: { title: { zh: '外发通知', en: 'Outgoing messages' } } },
    ],
  },
];
