/** What a person hears here: of the own institution, and of the whole county who looks after it. */
import type { useSession } from '@/session/store';

export function topicsOf(session: ReturnType<typeof useSession>): readonly string[] {
  if (session.me === undefined) return [];
  return [`organization/${session.me.organization_id}`, ...(session.may('operations.read') ? ['admin'] : [])];
}
