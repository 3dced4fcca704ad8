/** What changed, said to screen readers politely, and shown for a moment at the foot of the page. */
import { shallowRef } from 'vue';

export interface Announcement {
  readonly text: string;
  readonly tone: 'grey' | 'green' | 'amber' | 'red';
}

export const announcement = shallowRef<Announcement>();
let timer = 0;

export function announce(text: string, tone: Announcement['tone'] = 'grey'): void {
  announcement.value = { text, tone };
  window.clearTimeout(timer);
  timer = window.setTimeout(() => (announcement.value = undefined), tone === 'red' ? 12_000 : 6_000);
}
