/** Tells when nobody has touched this PC for a while. */
import { onScopeDispose } from 'vue';

const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

export function useIdle(after: number, onIdle: () => void): void {
  let timer = window.setTimeout(onIdle, after);
  const alive = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(onIdle, after);
  };
  for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, alive, { passive: true });
  onScopeDispose(() => {
    window.clearTimeout(timer);
    for (const sign of SIGNS_OF_LIFE) window.removeEventListener(sign, alive);
  });
}
