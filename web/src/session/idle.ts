/** Tells when nobody has touched this PC for a while. */
import { onScopeDispose, watch } from 'vue';

const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** `after`: seconds, undefined while nobody is signed in. */
export function useIdle(after: () => number | undefined, onIdle: () => void): void {
  let timer: number | undefined;
  const alive = (): void => {
    window.clearTimeout(timer);
    const seconds = after();
    if (seconds !== undefined) timer = window.setTimeout(onIdle, seconds * 1000);
  };
  watch(after, alive, { immediate: true });
  for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, alive, { passive: true });
  onScopeDispose(() => {
    window.clearTimeout(timer);
    for (const sign of SIGNS_OF_LIFE) window.removeEventListener(sign, alive);
  });
}
