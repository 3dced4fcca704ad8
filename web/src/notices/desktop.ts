/** The browser's own notifications: asked for by a press alone, and never a patient's name in one. */
import { ref, type Ref } from 'vue';

const permission = ref<NotificationPermission | 'absent'>('Notification' in window ? Notification.permission : 'absent');

export function usePermission(): { readonly permission: Ref<NotificationPermission | 'absent'>; readonly ask: () => Promise<void> } {
  return {
    permission,
    async ask(): Promise<void> {
      if (permission.value !== 'absent') permission.value = await Notification.requestPermission();
    },
  };
}

/** Told only while nobody looks at the page: whoever looks sees the notice in it. */
export function notifyDesktop(title: string, body: string, tag: string, open: () => void): void {
  if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return;
  const told = new Notification(title, { body, tag });
  told.addEventListener('click', () => {
    window.focus();
    told.close();
    open();
  });
}
