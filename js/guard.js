/**
 * First in <head>, with watch.js behind it. Keeps the page's own scripts from storing what this visitor has not agreed to; where
 * nothing is held it is left out. It is comfort, not the fence: headers do the enforcing.
 *
 * Tokens, replaced for each consent state before the page is sent, each by a regular expression literal:
 *   $C  matches the cookies that may be written
 *   $S  matches the names that storages, databases and caches may be written under
 *
 * A name that is not open is not written, in silence; a cookie of that name is deleted by it. A database, a cache and the
 * page's private files (under the name "getDirectory") are refused with the error that a browser gives whoever asks for
 * them on a foreign object: an exception, or a promise that fails. Deleting always works.
 *
 * Ways round it that are known and left: what a frame of the same origin has, and localStorage.valueOf(). A cookie
 * written that way goes no further than the next request.
 */
{
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
      const prototype = self[owner].prototype;
      const method = writers[owner];
      const original = prototype[method];
      prototype[method] = function (what) {
        // Only the cookie store's method has three letters; those that set come after those that open.
        return (method[3] ? storage : cookies).test(what?.name || what || method)
          ? original.apply(this, arguments)
          : method > "s"
            ? (async () => {})()
            : original.call();
      };
    } catch {}

  // A key can be written as a property too (localStorage.key = …), which only a stand-in can see. Setting a property
  // of a stand-in defines it (ECMA-262 section 10.1.9.2), and setItem() knows the rule. It is made when it is asked
  // for: opening a storage makes a page wait for the browser (1.3 ms each in the middle of 20 new browsers). Where an
  // app's browser has no storage the page is told so. To WebKit a getter that is called on nothing is one of no window.
  ["localStorage", "sessionStorage"].map((name) => {
    let open = self.__lookupGetter__(name),
      standIn;
    self.__defineGetter__(
      name,
      (its = open.call(self)) =>
        (standIn ||=
          its &&
          new Proxy(its, {
            get: (target, key) => target[key]?.bind?.(target) ?? target[key],
            defineProperty: (target, key, given) => [target.setItem(key, given.value)],
          })),
    );
  });

  // Under a held name a cookie can be deleted and nothing else: the last Max-Age wins (RFC 6265 section 5.3).
  const prototype = Document.prototype;
  const set = prototype.__lookupSetter__("cookie");
  prototype.__defineSetter__("cookie", function (text) {
    set.call(this, cookies.test(/[^=;\s]+/.exec(text)) ? text : text + ";max-age=0");
  });
}
