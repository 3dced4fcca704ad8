/** A request as it is written: saved by itself on the server from the moment a department is chosen. */
import { computed, onScopeDispose, reactive, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { api } from '@/api/client';
import { asFailure, type Failure } from '@/api/failure';
import type { components } from '@/api/schema';
import type { Consent, Detail } from '@/pages/consultations/consultations';

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

const QUIET = 800; // milliseconds without a change until the draft is saved
const RETRY = 5_000;

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

export interface RequestDraft {
  readonly form: RequestForm;
  /** Of the draft, once the server has it. */
  readonly id: Ref<string | undefined>;
  readonly detail: ShallowRef<Detail | undefined>;
  readonly savedAt: Ref<string | undefined>;
  readonly dirty: Ref<boolean>;
  readonly saving: Ref<boolean>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly conflict: ComputedRef<boolean>;
  readonly load: (id: string) => Promise<void>;
  readonly change: (changed: Partial<RequestForm>) => void;
  readonly flush: () => Promise<boolean>;
  readonly keepMine: () => Promise<void>;
  readonly takeTheirs: () => Promise<void>;
}

export function useRequestDraft(patient: () => string): RequestDraft {
  const form = reactive(blankForm());
  const id = ref<string>();
  const detail = shallowRef<Detail>();
  const revision = ref(0);
  const savedAt = ref<string>();
  const dirty = ref(false);
  const saving = ref(false);
  const failure = shallowRef<Failure>();
  const conflict = computed(() => failure.value?.code === 'written-meanwhile');
  /** Chosen once, so that sending it twice makes one. */
  const own = crypto.randomUUID();
  let timer = 0;
  let running: Promise<boolean> | undefined;
  let generation = 0;

  async function read(asked: string): Promise<Detail> {
    const found = await api.get('/api/consultations/{id}', { path: { id: asked } });
    detail.value = found;
    revision.value = found.consultation.revision;
    return found;
  }

  async function load(asked: string): Promise<void> {
    const found = await read(asked);
    id.value = asked;
    Object.assign(form, formOf(found));
    dirty.value = false;
    failure.value = undefined;
  }

  async function save(): Promise<boolean> {
    saving.value = true;
    const mine = generation;
    const body = { ...form, studies: [...form.studies], results: [...form.results] };
    try {
      if (id.value === undefined) {
        await api.post('/api/consultations', { body: { id: own, patient_id: patient(), form: body } });
        await read(own);
        id.value = own;
        forget(patient());
      } else {
        revision.value = (await api.put('/api/consultations/{id}/form', { path: { id: id.value }, body: { revision: revision.value, form: body } })).revision;
      }
      savedAt.value = new Date().toISOString();
      failure.value = undefined;
      dirty.value = generation !== mine;
      return true;
    } catch (error) {
      failure.value = asFailure(error);
      if (failure.value.kind === 'offline' || failure.value.kind === 'unavailable') {
        window.clearTimeout(timer);
        timer = window.setTimeout(() => void flush(), RETRY);
      }
      return false;
    } finally {
      saving.value = false;
    }
  }

  function change(changed: Partial<RequestForm>): void {
    Object.assign(form, changed);
    dirty.value = true;
    generation += 1;
    window.clearTimeout(timer);
    if (form.department === '') remember(patient(), form);
    else if (!conflict.value) timer = window.setTimeout(() => void flush(), QUIET);
  }

  async function flush(): Promise<boolean> {
    window.clearTimeout(timer);
    if (running !== undefined) await running;
    while (dirty.value && form.department !== '') {
      if (conflict.value) return false;
      running = save();
      const done = await running;
      running = undefined;
      if (!done) return false;
    }
    return true;
  }

  async function keepMine(): Promise<void> {
    if (id.value === undefined) return;
    try {
      await read(id.value);
      failure.value = undefined;
      dirty.value = true;
    } catch (error) {
      failure.value = asFailure(error);
    }
    await flush();
  }

  async function takeTheirs(): Promise<void> {
    try {
      if (id.value !== undefined) await load(id.value);
    } catch (error) {
      failure.value = asFailure(error);
    }
  }

  const leaving = (event: BeforeUnloadEvent): void => {
    if (dirty.value && form.department !== '') event.preventDefault();
  };
  window.addEventListener('beforeunload', leaving);
  onScopeDispose(() => {
    window.clearTimeout(timer);
    window.removeEventListener('beforeunload', leaving);
    if (dirty.value && !conflict.value && form.department !== '') void save();
  });

  return { form, id, detail, savedAt, dirty, saving, failure, conflict, load, change, flush, keepMine, takeTheirs };
}
