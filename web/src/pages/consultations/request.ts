/** A request as it is written: saved by itself on the server from the moment a department is chosen. */
import { reactive, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { asFailure } from '@/api/failure';
import type { components } from '@/api/schema';
import type { Consent, Detail } from '@/pages/consultations/consultations';
import { useAutosave, type Autosave } from '@/ui/autosave';

export type RequestForm = Required<components['schemas']['FormBody']>;
export type AttachedResult = components['schemas']['ResultRow'];
export const PURPOSES = ['diagnosis', 'treatment', 'referral', 'surgery'] as const;
export const KINDS = ['image-text', 'video'] as const;
export const URGENCIES = ['routine', 'urgent', 'immediate'] as const;
export const WIZARD = ['case', 'question', 'consent'] as const;
export type WizardStep = (typeof WIZARD)[number];

export const blankForm = (): RequestForm => ({
  kind: 'image-text', urgency: 'routine', purpose: 'diagnosis', department: '', inviting_department: '', history: '', question: '', studies: [], results: [],
});

export function formOf(detail: Detail): RequestForm {
  const { kind, urgency, purpose, department, inviting_department, question } = detail.consultation;
  return { kind, urgency, purpose, department, inviting_department, question, history: detail.history, studies: detail.studies.map((one) => one.id), results: [...detail.results] };
}

export type Need = 'department' | 'history' | 'question' | 'consent' | 'paper';
/** What is still missing before it can be sent; a routine request needs a form on paper. */
export function missing(form: Pick<RequestForm, 'department' | 'history' | 'question' | 'urgency'>, consents: readonly Pick<Consent, 'kind'>[]): Need[] {
  const needs: Need[] = [];
  if (form.department === '') needs.push('department');
  if (form.history.trim() === '') needs.push('history');
  if (form.question.trim() === '') needs.push('question');
  if (form.urgency === 'routine' && !consents.some((one) => one.kind === 'paper')) needs.push('paper');
  else if (consents.length === 0) needs.push('consent');
  return needs;
}

/** Step 1 is kept in this tab, by ids alone, until the server has a draft. */
const kept = (patient: string): string => `telemed.request.${patient}`;
export function remembered(patient: string): Pick<RequestForm, 'studies' | 'results'> | undefined {
  try {
    const found: unknown = JSON.parse(window.sessionStorage.getItem(kept(patient)) ?? 'null');
    if (typeof found !== 'object' || found === null || !('studies' in found) || !('results' in found)) return undefined;
    const { studies, results } = found;
    return Array.isArray(studies) && Array.isArray(results) ? { studies: studies as string[], results: results as AttachedResult[] } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
export const remember = (patient: string, form: RequestForm): void =>
  window.sessionStorage.setItem(kept(patient), JSON.stringify({ studies: form.studies, results: form.results }));
export const forget = (patient: string): void => window.sessionStorage.removeItem(kept(patient));

export interface RequestDraft extends Pick<Autosave, 'savedAt' | 'dirty' | 'saving' | 'failure' | 'conflict' | 'flush'> {
  readonly form: RequestForm;
  /** Of the draft, once the server has it. */
  readonly id: Ref<string | undefined>;
  readonly detail: ShallowRef<Detail | undefined>;
  readonly load: (id: string) => Promise<void>;
  readonly change: (changed: Partial<RequestForm>) => void;
  readonly keepMine: () => Promise<void>;
  readonly takeTheirs: () => Promise<void>;
}

export function useRequestDraft(patient: () => string): RequestDraft {
  const form = reactive(blankForm());
  const id = ref<string>();
  const detail = shallowRef<Detail>();
  /** Chosen once, so that sending it twice makes one. */
  const own = crypto.randomUUID();
  const { savedAt, dirty, saving, failure, conflict, opened, touched, flush, goOver } = useAutosave(save, 'written-meanwhile', () => form.department !== '');

  async function read(asked: string): Promise<number> {
    detail.value = await api.get('/api/consultations/{id}', { path: { id: asked } });
    return detail.value.consultation.revision;
  }

  async function load(asked: string): Promise<void> {
    const standing = await read(asked);
    id.value = asked;
    if (detail.value !== undefined) Object.assign(form, formOf(detail.value));
    opened(standing);
  }

  async function save(revision: number): Promise<{ revision: number; at: string }> {
    const body = { ...form, studies: [...form.studies], results: [...form.results] };
    const at = (): string => new Date().toISOString();
    if (id.value !== undefined) return { revision: (await api.put('/api/consultations/{id}/form', { path: { id: id.value }, body: { revision, form: body } })).revision, at: at() };
    await api.post('/api/consultations', { body: { id: own, patient_id: patient(), form: body } });
    const standing = await read(own);
    id.value = own;
    forget(patient());
    return { revision: standing, at: at() };
  }

  function change(changed: Partial<RequestForm>): void {
    Object.assign(form, changed);
    touched();
    if (form.department === '') remember(patient(), form);
  }

  /** What another window saved is read for its number; what is written here goes over it. */
  async function keepMine(): Promise<void> {
    try {
      if (id.value !== undefined) await goOver(await read(id.value));
    } catch (error) {
      failure.value = asFailure(error);
    }
  }

  async function takeTheirs(): Promise<void> {
    try {
      if (id.value !== undefined) await load(id.value);
    } catch (error) {
      failure.value = asFailure(error);
    }
  }

  return { form, id, detail, savedAt, dirty, saving, failure, conflict, load, change, flush, keepMine, takeTheirs };
}
