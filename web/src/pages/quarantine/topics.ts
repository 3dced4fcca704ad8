/** Of what a person who looks after quarantine hears: the own institution, and the county where that is read. */
import type { useSession } from '@/session/store';

export function topicsOf(session: ReturnType<typeof useSession>): readonly string[] {
  if (session.me === undefined) return [];
  return [`organization/${session.me.organization_id}`, ...(session.may('worklist.read') ? ['worklist'] : [])];
}
