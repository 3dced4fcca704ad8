/** What is said to this person alone, on whatever page they are: that they were added to a consultation, or taken out. */
import { watch } from 'vue';
import { useLive } from '@/live/store';
import { useMemberTexts } from '@/pages/room/members';
import { useSession } from '@/session/store';
import { announce } from '@/ui/announce';

export function useTold(): void {
  const session = useSession();
  const t = useMemberTexts();
  watch(
    () => (session.may('room.join') ? session.me?.practitioner_id : undefined),
    (me, _before, onCleanup) => {
      if (me === undefined) return;
      onCleanup(useLive().subscribe([`person/${me}`], (events) => {
        const last = events.at(-1)?.kind;
        if (last === 'consultation.add-member') announce(t('told'), 'green');
        else if (last === 'consultation.remove-member') announce(t('toldOut'), 'amber');
      }, () => undefined));
    },
    { immediate: true },
  );
}
