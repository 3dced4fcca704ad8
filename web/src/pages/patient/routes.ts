import type { RouteRecordRaw } from 'vue-router';

export const routes: readonly RouteRecordRaw[] = [
  {
    path: '/patients',
    component: () => import('./PatientsPage.vue'),
    meta: {
      title: { zh: '患者', en: 'Patients' },
      nav: { title: { zh: '患者', en: 'Patients' }, order: 60, action: 'patient.read', keys: 'g p' },
    },
  },
  {
    path: '/patients/identities',
    component: () => import('./IdentitiesPage.vue'),
    meta: {
      title: { zh: '身份核对', en: 'Identities' },
      nav: { title: { zh: '身份核对', en: 'Identities' }, order: 61, action: 'patient.review', keys: 'g i' },
    },
  },
  {
    path: '/patients/:id',
    component: () => import('./PatientPage.vue'),
    meta: { title: { zh: '患者', en: 'Patient' } },
  },
];
