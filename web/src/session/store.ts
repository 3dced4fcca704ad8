/** Who sits here: the session as the server sees it, and the lock screen over a page that is kept. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { Failure } from '@/api/failure';
import { onSignedOut, request, setCsrfToken } from '@/api/http';
import { useLive } from '@/live/store';
import { isRole, type Role } from '@/session/roles';

/** The answer of GET and POST /api/session. */
export interface Session {
  readonly account_id: string;
  readonly practitioner_id: string;
  readonly name: string;
  readonly title: string;
  readonly organization_id: string;
  readonly organization_name: string;
  readonly roles: readonly string[];
  readonly csrf_token: string;
  readonly second_factor_at: string | null;
  readonly locked: boolean;
}

/** The answer of GET /api/status, which needs no session. */
export interface Status {
  readonly community: string;
  readonly demo: boolean;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly code?: string;
}

export type Presence = 'unknown' | 'signed-out' | 'signed-in' | 'locked';

/** A shared PC nobody touches locks itself. */
export const IDLE_LOCK = 10 * 60_000;

export const useSession = defineStore('session', () => {
  const me = shallowRef<Session>();
  const status = shallowRef<Status>();
  const presence = ref<Presence>('unknown');
  const roles = computed<readonly Role[]>(() => (me.value?.roles ?? []).filter(isRole));

  function hasRole(...wanted: readonly Role[]): boolean {
    return wanted.some((role) => roles.value.includes(role));
  }

  function enter(session: Session): void {
    me.value = session;
    setCsrfToken(session.csrf_token);
    presence.value = session.locked ? 'locked' : 'signed-in';
    if (session.locked) useLive().stop();
    else useLive().start();
  }

  function leave(): void {
    me.value = undefined;
    setCsrfToken('');
    presence.value = 'signed-out';
    useLive().stop();
  }

  /** A 401 in the middle of work: the page stays under the lock screen, so nothing typed is lost. */
  onSignedOut(() => {
    if (presence.value === 'signed-in') presence.value = 'locked';
    useLive().stop();
  });

  async function load(): Promise<void> {
    status.value = await request<Status>('GET', '/api/status');
    try {
      enter(await request<Session>('GET', '/api/session'));
    } catch (error) {
      if (error instanceof Failure && error.kind === 'signed-out') leave();
      else throw error;
    }
  }

  async function signIn(credentials: Credentials): Promise<void> {
    enter(await request<Session>('POST', '/api/session', { body: credentials }));
  }

  async function signOut(): Promise<void> {
    await request('DELETE', '/api/session');
    leave();
  }

  /** The screen locks at once; the server is told, and told again by the next request if it could not be reached. */
  async function lock(): Promise<void> {
    if (presence.value !== 'signed-in') return;
    presence.value = 'locked';
    useLive().stop();
    await request('POST', '/api/session/lock');
  }

  /** The same person goes on with the same page. */
  async function unlock(password: string): Promise<void> {
    enter(await request<Session>('POST', '/api/session/unlock', { body: { password } }));
  }

  return { me, status, presence, roles, hasRole, load, signIn, signOut, lock, unlock, enter, leave };
});
