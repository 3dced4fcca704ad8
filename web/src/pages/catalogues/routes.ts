import type { RouteRecordRaw } from 'vue-router';

const title = { zh: '互认目录', en: 'Catalogues' };

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/recognition',
    component: () => import('./RecognitionPage.vue'),
    meta: {
      title,
      nav: {
        title,
        order: 75,
        roles: ['requester', 'village-doctor', 'author', 'verifier', 'center-head', 'medical-office', 'quality-officer', 'supervisor'],
        keys: 'g h',
      },
    },
    children: [
      { path: '', redirect: '/recognition/catalogues' },
      { path: '/recognition/catalogues', component: () => import('./CataloguesPage.vue') },
      { path: '/recognition/map', component: () => import('./GrantMapPage.vue'), meta: { title: { zh: '互认资格图', en: 'Map of grants' } } },
      { path: '/recognition/grants', component: () => import('./GrantsPage.vue'), meta: { title: { zh: '互认资格', en: 'Grants' } } },
    ],
  },
];
