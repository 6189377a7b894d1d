/**
 * First in <head>. Keeps the page's own scripts from storing what this visitor has not agreed to, and repairs the
 * two things a reload or a step back would break. It is comfort, not the fence: headers do the enforcing.
 *
 * Tokens, replaced for each consent state before the page is sent, each by a regular expression literal:
 *   $C  matches the cookies that may be written
 *   $S  matches the names that storages, databases and caches may be written under
 * __FREE__ is set when the file is built: the variant for a visitor who agreed to everything wraps nothing.
 *
 * A name that is not open is ignored in silence, as if the write had never been made; a database or a cache is
 * refused with the SecurityError a browser gives when its owner has switched storage off. Deleting always works.
 * The answer's own cookie must be readable here (not HttpOnly): a page that comes back compares it.
 */
(() => {
  if (!__FREE__) {
    const cookies = $C;
    const storage = $S;

    // A browser, or a page without TLS, may lack any of these.
    const writers = { Storage: "setItem", CookieStore: "set", IDBFactory: "open", CacheStorage: "open" };
    for (const owner in writers)
      try {
        const { prototype } = self[owner];
        const method = writers[owner];
        const original = prototype[method];
        prototype[method] = function (what) {
          if ((method == "set" ? cookies : storage).test(what.name || what)) return original.apply(this, arguments);
          if (method == "open") throw new DOMException("", "SecurityError");
          return Promise.resolve();
        };
      } catch {}

    // A key can be written as a property too (localStorage.key = …), which only a stand-in can see.
    for (let name of ["local", "session"])
      try {
        name += "Storage";
        const standIn = new Proxy(self[name], {
          get: (target, key) => target[key]?.bind?.(target) ?? target[key],
          set: (target, key, value) => (storage.test(key) && (target[key] = value), 1),
        });
        self.__defineGetter__(name, () => standIn);
      } catch {}

    const { prototype } = Document;
    const set = prototype.__lookupSetter__("cookie");
    prototype.__defineSetter__("cookie", function (text) {
      // The last Max-Age wins (RFC 6265 section 5.3), so what passes in a held name can only ever delete.
      const deletes = /max-age=[-0]/i.test(text) || new Date(/expires=([^;]*)/i.exec(text)?.[1]) < new Date();
      if (cookies.test(/[^=;\s]+/.exec(text)) || (deletes && (text += ";max-age=0"))) set.call(this, text);
    });
  }

  // choice.js left the landing's referrer, and the page's own state, in the history entry before it reloaded.
  const kept = history.state?.consentry;
  if (kept) {
    document.__defineGetter__("referrer", () => kept[0]);
    history.replaceState(kept[1], "");
  }

  // A page that comes back from the back/forward cache was made for the answer that stood then.
  const answer = () => document.cookie.match(/consentry=[^;]*/) + "";
  const then = answer();
  addEventListener("pageshow", (event) => event.persisted && answer() != then && location.reload());
})();
