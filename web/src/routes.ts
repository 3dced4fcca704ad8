/** All pages: each area's routes.ts is found by its place, so that adding one touches no shared file. */
import type { RouteRecordRaw } from 'vue-router';
import type { Bilingual } from '@/i18n/texts';
import type { Role } from '@/session/roles';

export interface NavEntry {
  readonly title: Bilingual;
  /** Position in the bar, left to right. */
  readonly order: number;
  /** Who sees it: one of the roles, or whoever may do the action (`worklist.read`). The server decides again. */
  readonly roles?: readonly Role[];
  readonly action?: string;
  /** `g w` */
  readonly keys?: string;
}

declare module 'vue-router' {
  interface RouteMeta {
    /** Of the browser tab; no patient's name. */
    readonly title?: Bilingual;
    readonly nav?: NavEntry;
    readonly theme?: 'light' | 'dark';
    /** The page brings its own top bar (reading desk) or needs none (print). */
    readonly bare?: boolean;
    /** Needs no session (sign-in, verification of a printed report). */
    readonly open?: boolean;
  }
}

interface AreaModule {
  readonly routes: readonly RouteRecordRaw[];
}

const areas = import.meta.glob<AreaModule>('./pages/*/routes.ts', { eager: true });

export const routes: RouteRecordRaw[] = Object.values(areas).flatMap((area) => [...area.routes]);

export interface NavItem extends NavEntry {
  readonly path: string;
}

export interface Permitted {
  readonly roles: readonly Role[];
  readonly may: (action: string) => boolean;
}

function sees(entry: NavEntry, who: Permitted): boolean {
  return entry.roles?.some((role) => who.roles.includes(role)) === true || (entry.action !== undefined && who.may(entry.action));
}

/** The bar of this person; of everybody without an argument. */
export function navigation(who?: Permitted): NavItem[] {
  return routes
    .flatMap((route) => (route.meta?.nav === undefined ? [] : [{ ...route.meta.nav, path: route.path }]))
    .filter((entry) => who === undefined || sees(entry, who))
    .sort((a, b) => a.order - b.order);
}
