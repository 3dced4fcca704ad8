/** Lists that never move under the pointer: fresh rows wait until the reader asks for them. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { asFailure, type Failure } from '@/api/failure';
import { useLive } from '@/live/store';

export interface Difference {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly urgent: number;
}

export interface Rules<Row> {
  readonly key: (row: Row) => string;
  /** Equal if the reader would see the same. */
  readonly same: (a: Row, b: Row) => boolean;
  readonly urgent?: (row: Row) => boolean;
  /** What changes in place moves nothing under the pointer: only rows that come or go wait for `u`. */
  readonly inPlace?: boolean;
}

/** What the reader would see change; `urgent` counts new or changed rows that are urgent. */
export function difference<Row>(shown: readonly Row[], fresh: readonly Row[], rules: Rules<Row>): Difference {
  const before = new Map(shown.map((row) => [rules.key(row), row]));
  let added = 0;
  let changed = 0;
  let urgent = 0;
  for (const row of fresh) {
    const old = before.get(rules.key(row));
    before.delete(rules.key(row));
    if (old !== undefined && rules.same(old, row)) continue;
    if (old === undefined) added += 1;
    else changed += 1;
    if (rules.urgent?.(row) === true) urgent += 1;
  }
  return { added, changed, removed: before.size, urgent };
}

export interface HeldList<Row> {
  /** What is shown. */
  readonly rows: ShallowRef<readonly Row[]>;
  readonly loading: Ref<boolean>;
  readonly failure: ShallowRef<Failure | undefined>;
  readonly waiting: ComputedRef<Difference | undefined>;
  /** How many updates the bar names. */
  readonly count: ComputedRef<number>;
  /** Show what waits (key `u`). */
  readonly apply: () => void;
  /** Load and show at once: first time, new filter, own action. */
  readonly reload: () => Promise<void>;
}

/** Loads a list, follows its topics, keeps fresh rows back until `apply`. */
export function useHeldList<Row>(
  topics: readonly string[],
  load: () => Promise<readonly Row[]>,
  rules: Rules<Row>,
): HeldList<Row> {
  const rows = shallowRef<readonly Row[]>([]);
  const fresh = shallowRef<readonly Row[]>();
  const loading = ref(true);
  const failure = shallowRef<Failure>();
  let round = 0;
  let busy = false;
  let again = false;

  async function reload(): Promise<void> {
    const mine = ++round;
    loading.value = true;
    try {
      const loaded = await load();
      if (mine !== round) return;
      rows.value = loaded;
      fresh.value = undefined;
      failure.value = undefined;
    } catch (error) {
      if (mine === round) failure.value = asFailure(error);
    } finally {
      if (mine === round) loading.value = false;
    }
  }

  /** Events come in bursts: one load at a time, one more if something came meanwhile. */
  async function refresh(): Promise<void> {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const mine = round;
    try {
      const loaded = await load();
      if (mine === round) fresh.value = loaded;
    } catch (error) {
      // The rows shown stay; the state of the link is on the page, anything else is said.
      const problem = asFailure(error);
      if (problem.kind !== 'offline') failure.value = problem;
    } finally {
      busy = false;
      if (again) {
        again = false;
        void refresh();
      }
    }
  }

  const waiting = computed(() => {
    if (fresh.value === undefined) return undefined;
    const found = difference(rows.value, fresh.value, rules);
    return found.added + found.changed + found.removed === 0 ? undefined : found;
  });

  function apply(): void {
    if (fresh.value === undefined) return;
    rows.value = fresh.value;
    fresh.value = undefined;
  }

  if (rules.inPlace === true) {
    watch(waiting, (found) => {
      if (found !== undefined && found.removed === 0 && (found.added === 0 || rows.value.length === 0)) apply();
    });
  }

  useLive().subscribe(
    topics,
    () => void refresh(),
    () => void reload(),
  );

  return {
    rows,
    loading,
    failure,
    waiting,
    count: computed(() => {
      const found = waiting.value;
      return found === undefined ? 0 : found.added + found.changed + found.removed;
    }),
    apply,
    reload,
  };
}

/** The row that is looked at, by its id: one that is there, the first until another is chosen. */
export function useSelected<Row extends { readonly id: string }>(list: HeldList<Row>): { readonly selected: Ref<string | undefined>; readonly row: ComputedRef<Row | undefined> } {
  const selected = ref<string>();
  watch(list.rows, (rows) => {
    if (!rows.some((one) => one.id === selected.value)) selected.value = rows[0]?.id;
  });
  return { selected, row: computed(() => list.rows.value.find((one) => one.id === selected.value)) };
}

/** A list that is asked for page by page: how many pages are shown, and whether there are more. */
export function usePages<Row>(page: (after: string) => Promise<{ readonly items: readonly Row[]; readonly next: string | null }>): {
  readonly pages: Ref<number>;
  readonly more: Ref<boolean>;
  readonly load: () => Promise<readonly Row[]>;
} {
  const pages = ref(1);
  const more = ref(false);
  async function load(): Promise<readonly Row[]> {
    const found: Row[] = [];
    let after = '';
    for (let number = 0; number < pages.value; number += 1) {
      const answer = await page(after);
      found.push(...answer.items);
      after = answer.next ?? '';
      if (after === '') break;
    }
    more.value = after !== '';
    return found;
  }
  return { pages, more, load };
}
