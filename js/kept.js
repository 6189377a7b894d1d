/**
 * Behind the head's script in a page that came by a service worker of the shop, which may keep it for longer than the answer
 * stands that it was made for: somebody may have left the page before it had forgotten (forget.js), or answered where no file of
 * ours is fetched. Then no more of it is read, the worker's pages go, and it is loaded again. Where one that was loaded again is
 * wrong as well, the worker has it from elsewhere, and goes, too. Chromium 148 at times never says that it is gone, and it is not:
 * then the page is asked for at an address that the worker cannot have kept.
 *
 * Token, replaced when the page is sent: $M is what the answer that came along allows, as it stands in its cookie.
 */
import { forgetPages } from "./pages.js";

const stands = document.cookie.split("consentry=")[1]?.split(";")[0].split(".").slice(2, 4) ?? "";
/** How long a browser may take to part with a worker. Unit: ms. */
const GONE_MS_MAX = 2000;

if (stands + "" != "$M") {
  stop();
  (async () => {
    try {
      if (performance.getEntriesByType("navigation")[0]?.type == "reload") {
        setTimeout(() => {
          const there = new URL(location);
          there.searchParams.set("consentry", Date.now());
          location.replace(there);
        }, GONE_MS_MAX);
        for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
      }
      for (const name of await caches.keys()) await forgetPages(name);
    } catch {}
    location.reload();
  })();
}
