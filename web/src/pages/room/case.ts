/** The consultation that a room is of: whom it names, which studies it is about. */
import { api } from '@/api/client';
import { everything } from '@/pages/admin/useLoaded';
import type { Consultation } from '@/pages/consultations/acts';
import type { Detail } from '@/pages/consultations/consultations';

/** undefined: a room of something else, or of a consultation that is closed to this person. */
export async function caseOf(room: string): Promise<Detail | undefined> {
  for (const open of [true, false]) {
    const all = await everything<Consultation>((after) => api.get('/api/consultations', { query: { open, after, limit: 200 } }));
    const found = all.find((one) => one.room_id === room);
    if (found !== undefined) return api.get('/api/consultations/{id}', { path: { id: found.id } });
  }
  return undefined;
}
