/**
 * Served at PREFIX/choice.js?forget and asked for when something may have been taken back: removes what is kept in the browser
 * beside cookies and may not be. Cookies expired with the answer; a server can neither see nor remove the rest.
 *
 * Two tokens are replaced when it is served. __KEPT__ matches the keys and databases that a script of a page may write now:
 * what else there is, whoever made it, was made under another answer. __HELD__ are names of trackers, a * at an end takes every
 * continuation; of caches these alone go, for those the shop's service worker fills, which nothing guards.
 *
 * Once an answer has changed, the pages that a service worker of the shop keeps go, too (pages.js). So it is where choice.js asks
 * for ?forget and a number behind it, in other tabs, and where a form led here; who merely comes back (open.js) may need them for
 * want of a connection.
 *
 * Where a form of the shop's page led back to it, it also says what became of the answer, and goes on to the page that a script
 * of the shop's showed there (/#/cart): a form is led back without it.
 *
 * The same at PREFIX/choice.js?now and ?new is for pages that go because of an answer in another tab: __NOW__ is what that left
 * standing, and null otherwise. Tags that run are told first. ?new is asked for where nothing ran: __TAKES_BACK__ is false.
 */
import { forgetPages } from "./pages.js";
import { stays } from "./stays.js";
import { tell } from "./tell.js";
import { told } from "./told.js";

const now = __NOW__;
if (now) tell(now);
const kept = __KEPT__;
const held = __HELD__;
const isHeld = (key) => held.some((name) => (name.endsWith("*") ? key.startsWith(name.slice(0, -1)) : key === name));
const isLanding = import.meta.url.endsWith("forget");
const isLedBack =
  isLanding &&
  self.consentry?.at &&
  document.referrer == location.href &&
  performance.getEntriesByType("navigation")[0]?.redirectCount;
const isAnswered = !isLanding || isLedBack || document.referrer.split(self.consentry?.at)[1];

for (const name of ["localStorage", "sessionStorage"])
  try {
    const storage = self[name];
    Object.keys(storage)
      .filter((key) => !kept.test(key) || isHeld(key))
      .forEach((key) => storage.removeItem(key));
  } catch {}
// A browser, or a page without TLS, may lack any of these.
try {
  for (const { name } of await indexedDB.databases()) if (!kept.test(name) || isHeld(name)) indexedDB.deleteDatabase(name);
} catch {}
try {
  for (const name of await caches.keys())
    if (isHeld(name)) await caches.delete(name);
    else if (isAnswered) await forgetPages(name);
} catch {}
if (isLedBack) {
  // What is behind # is sent to no server; browsers that keep no entry before this one leave it away.
  const before = self.navigation?.activation?.from?.url;
  if (before?.startsWith(location.href + "#")) location.replace(before);
  told();
}
if (now) stays(__TAKES_BACK__) ? document.getElementById("consentry-banner")?.remove() : location.reload();
