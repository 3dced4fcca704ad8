import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it, vi } from 'vitest';
import { api } from '@/api/client';
import { forget } from '@/room/kept';
import { useSession, type Session } from '@/session/store';

vi.mock('@/room/kept', () => ({ browserPlace: 'this browser', forget: vi.fn(() => Promise.resolve()) }));
vi.mock('@/live/store', () => ({ useLive: () => ({ start: vi.fn(), stop: vi.fn() }) }));

beforeEach(() => {
  setActivePinia(createPinia());
  vi.mocked(forget).mockClear();
});

it('leaves nothing unsent to others: not of whoever signs out, not to whoever signs in', async () => {
  const session = useSession();
  session.enter({ practitioner_id: 'p1', csrf_token: 'c', locked: false } as Session);
  expect(vi.mocked(forget).mock.calls).toEqual([['this browser', 'p1']]);
  vi.spyOn(api, 'delete').mockResolvedValue(undefined as never);
  await session.signOut();
  expect(vi.mocked(forget).mock.calls.at(-1)).toEqual(['this browser']);
});

it('keeps it for the same person while the session alone has ended', () => {
  const session = useSession();
  session.leave();
  expect(forget).not.toHaveBeenCalled();
});
