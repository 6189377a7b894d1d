/**
 * First in <head>. Keeps the page's own scripts from storing what this visitor has not agreed to, and has the page loaded
 * again when the answer it was made for is no longer the one that stands. It is comfort, not the fence: headers do the
 * enforcing.
 *
 * Tokens, replaced for each consent state before the page is sent, each by a regular expression literal:
 *   $C  matches the cookies that may be written
 *   $S  matches the names that storages, databases and caches may be written under
 * What is set when it is built: __FREE__ for a visitor who agreed to everything, where nothing is wrapped; __GRANTED__ for one
 * who agreed to something; __ALONE__ in pages that may fetch no file of ours.
 *
 * A name that is not open is not written, in silence; a cookie of that name is deleted by it. A database, a cache and the
 * page's private files (under the name "getDirectory") are refused with the error that a browser gives whoever asks for
 * them on a foreign object: an exception, or a promise that fails. Deleting always works.
 *
 * Ways round it that are known and left: what a frame of the same origin has, and localStorage.valueOf(). A cookie
 * written that way goes no further than the next request.
 */
{
  if (!__FREE__) {
    const cookies = $C;
    const storage = $S;

    // A browser, or a page without TLS, may lack any of these.
    const writers = {
      Storage: "setItem",
      CookieStore: "set",
      IDBFactory: "open",
      CacheStorage: "open",
      StorageManager: "getDirectory",
    };
    for (const owner in writers)
      try {
        const { prototype } = self[owner];
        const method = writers[owner];
        const original = prototype[method];
        prototype[method] = function (what) {
          // Only the cookie store's method has three letters; those that set come after those that open.
          return (method[3] ? storage : cookies).test(what?.name || what || method)
            ? original.apply(this, arguments)
            : method > "s"
              ? Promise.resolve()
              : original.call();
        };
      } catch {}

    // A key can be written as a property too (localStorage.key = …), which only a stand-in can see. Setting a property
    // of a stand-in defines it (ECMA-262 section 10.1.9.2), and setItem() knows the rule. It is made when it is asked
    // for: opening a storage makes a page wait for the browser (1.3 ms each in the middle of 20 new browsers). Where an
    // app's browser has no storage the page is told so.
    for (const name of ["localStorage", "sessionStorage"]) {
      const open = self.__lookupGetter__(name);
      let standIn;
      self.__defineGetter__(
        name,
        () =>
          open() &&
          (standIn ||= new Proxy(open(), {
            get: (target, key) => target[key]?.bind?.(target) ?? target[key],
            defineProperty: (target, key, given) => [target.setItem(key, given.value)],
          })),
      );
    }

    // Under a held name a cookie can be deleted and nothing else: the last Max-Age wins (RFC 6265 section 5.3).
    const { prototype } = Document;
    const set = prototype.__lookupSetter__("cookie");
    prototype.__defineSetter__("cookie", function (text) {
      set.call(this, cookies.test(/[^=;\s]+/.exec(text)) ? text : text + ";max-age=0");
    });
  }

  // What of the answer (1.20543.sm.youtube~vimeo.…) says what a page may do. No answer and a no are the same here, so
  // a no in another tab costs nobody what was typed in this one.
  // Where everything was agreed to there is no such page, and what is looked for is everything ("psm").
  // A document in a sandbox is of no origin ("null", not "http…"), may not read cookies, and has no answer that could change.
  const granted = () =>
    origin > "i" ||
    (__FREE__
      ? /\.psm\./.test(document.cookie)
      : (/consentry=..\d+.(\w*.[^.;]*)/.exec(document.cookie) || "..")[1]);
  const then = granted();
  const check = () =>
    consentry.busy ||
    granted() == then ||
    // Tags that run are told before the page goes, and it stays where something would be lost (stays.js): by a file (forget.js),
    // asked for once for each answer, or by what stands in the page (choice.js). Where the file fails and everything was agreed
    // to, there is no room to look (600 bytes).
    (__ALONE__
      ? (consentry.stands?.(), self.consentry_sent || location.reload())
      : __FREE__
        ? import(consentry.at + "choice.js?now").catch(() => location.reload())
        : import(consentry.at + (__GRANTED__ ? "choice.js?now" : "choice.js?new") + granted()).catch(
            () => self.consentry_sent || location.reload(),
          ));
  // A page comes back from the back/forward cache; a tab is looked at again; the browser tells of another tab's answer.
  addEventListener("pageshow", check);
  addEventListener("visibilitychange", check);
  self.cookieStore?.addEventListener("change", check);
}
