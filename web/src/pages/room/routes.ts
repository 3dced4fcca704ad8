import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/rooms/:id',
    component: () => import('./RoomPage.vue'),
    meta: { title: { zh: '会诊室', en: 'Consultation room' }, theme: 'dark', bare: true },
  },
];
