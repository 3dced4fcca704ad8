/** Who sits here: the session as the server sees it, and the lock screen over a page that is kept. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { api } from '@/api/client';
import { Failure } from '@/api/failure';
import { onSecondFactorDue, onSignedOut, setCsrfToken } from '@/api/http';
import type { components } from '@/api/schema';
import { useLive } from '@/live/store';
import { browserPlace, forget } from '@/room/kept';
import type { Role } from '@/session/roles';

export type Session = components['schemas']['Me'];
export type CountyFacts = components['schemas']['CountyFacts'];
export type Credentials = components['schemas']['SignInBody'];

export type Presence = 'unknown' | 'signed-out' | 'signed-in' | 'locked';

export const useSession = defineStore('session', () => {
  const me = shallowRef<Session>();
  const county = shallowRef<CountyFacts>();
  const presence = ref<Presence>('unknown');
  /** What the lock screen asks for; `session` when the server's session is over and only a new sign-in helps. */
  const challenge = ref<'password' | 'code' | 'session'>('password');
  const roles = computed<readonly Role[]>(() => me.value?.roles ?? []);

  /** What policy grants this person anywhere; the server decides again for each row. */
  function may(action: string): boolean {
    return me.value?.actions.includes(action) === true;
  }

  function hasRole(...wanted: readonly Role[]): boolean {
    return wanted.some((role) => roles.value.includes(role));
  }

  function enter(session: Session): void {
    challenge.value = 'password';
    me.value = session;
    setCsrfToken(session.csrf_token);
    presence.value = session.locked ? 'locked' : 'signed-in';
    void forget(browserPlace, session.practitioner_id);
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
  onSignedOut((over) => {
    if (presence.value === 'signed-in' || presence.value === 'locked') {
      presence.value = 'locked';
      if (over) challenge.value = 'session';
    }
    useLive().stop();
  });
  /** The shift's code is due: asked for over the page, which stays. */
  onSecondFactorDue(() => {
    if (presence.value !== 'signed-in') return;
    presence.value = 'locked';
    challenge.value = 'code';
  });

  async function load(): Promise<void> {
    county.value = await api.get('/api/county');
    try {
      enter(await api.get('/api/session'));
    } catch (error) {
      // A guest of a room is nobody who is signed in here.
      if (error instanceof Failure && (error.kind === 'signed-out' || error.code === 'not-for-guests')) leave();
      else throw error;
    }
  }

  async function signIn(credentials: Credentials): Promise<void> {
    enter(await api.post('/api/session', { body: credentials }));
  }

  async function signOut(): Promise<void> {
    await api.delete('/api/session');
    leave();
    await forget(browserPlace);
  }

  /** The screen locks at once; the server is told, and told again by the next request if it could not be reached. */
  async function lock(): Promise<void> {
    if (presence.value !== 'signed-in') return;
    presence.value = 'locked';
    useLive().stop();
    await api.post('/api/session/lock');
  }

  /** The same person goes on with the same page, by password, by the shift's code, or by a new session. */
  async function unlock(secret: string, code: string): Promise<void> {
    if (challenge.value === 'code') enter(await api.post('/api/session/second-factor', { body: { code } }));
    else if (challenge.value === 'password') enter(await api.post('/api/session/unlock', { body: { password: secret } }));
    else await signIn({ username: me.value?.username ?? '', password: secret, totp: code === '' ? null : code });
  }

  return { me, county, presence, challenge, roles, may, hasRole, load, signIn, signOut, lock, unlock, enter, leave };
});
