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
    path: '/patients/:id',
    component: () => import('./PatientPage.vue'),
    meta: { title: { zh: '患者', en: 'Patient' } },
  },
];
