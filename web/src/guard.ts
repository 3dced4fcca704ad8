/** Who is not signed in sees the sign-in page and comes back afterwards; the title of the tab follows the page. */
import { watchEffect } from 'vue';
import type { Router } from 'vue-router';
import { pick } from '@/i18n/texts';
import { useUi } from '@/i18n/ui';
import { navigation } from '@/routes';
import { useSession } from '@/session/store';

export function guard(router: Router): void {
  const session = useSession();
  const t = useUi();
  router.beforeEach(async (to) => {
    if (session.presence === 'unknown') await session.load();
    // A first password or a second factor is still owed: the sign-in page asks for it.
    const unfinished = (session.me?.needs.length ?? 0) > 0;
    if ((session.presence === 'signed-out' || unfinished) && to.meta.open !== true) {
      return { path: '/sign-in', query: to.path === '/' ? {} : { to: to.fullPath } };
    }
    if (to.path === '/') {
      const first = navigation(session)[0];
      if (first !== undefined) return first.path;
    }
    return true;
  });
  watchEffect(() => {
    const title = router.currentRoute.value.meta.title;
    document.title = title === undefined ? t('product') : `${pick(title)} · ${t('product')}`;
  });
}
