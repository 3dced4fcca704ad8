/** Whether the window is as narrow as a phone; what is drawn then is another page, not a squeezed one. */
import { onScopeDispose, ref, type Ref } from 'vue';

export function useNarrow(width = 720): Ref<boolean> {
  const query = window.matchMedia(`(max-width: ${String(width)}px)`);
  const narrow = ref(query.matches);
  const changed = (event: MediaQueryListEvent): void => void (narrow.value = event.matches);
  query.addEventListener('change', changed);
  onScopeDispose(() => query.removeEventListener('change', changed));
  return narrow;
}
