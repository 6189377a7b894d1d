/**
 * Only in pages of the mode "observe", after everything else. Tells the gateway what the shop's pages use in a browser:
 * names of cookies that scripts can read, of storage keys, databases and caches, and hosts that were asked for
 * something. Never a value. Each name is told once a page.
 */
(() => {
  const report = document.currentScript.src.replace(/witness\.js.*/, "report");
  /** Most names of a kind in one word, and their longest. Unit: characters. Together below the 16 KiB that are taken. */
  const NAMES = 50;
  const LENGTH = 90;
  const told = new Set();
  const found = { cookies: [], storage: [], hosts: [] };

  /** What is cut off, and what is no plain text, becomes "%", which the gateway takes for an end. */
  const short = (name) => {
    name = name.replace(/[^!-~].*/s, "%");
    return name.length > LENGTH ? name.slice(0, LENGTH).replace(/\w*$/, "%") : name;
  };

  const add = (kind, names) => {
    for (const name of names)
      if (name && found[kind].length < NAMES && !told.has(kind + name)) {
        told.add(kind + name);
        found[kind].push(short(name));
      }
  };
  /** A page may have no right to any of these. */
  const attempt = (look) => {
    try {
      return look();
    } catch {}
  };
  const look = () => {
    attempt(() => add("cookies", document.cookie.split(/; */).map((pair) => /^[^=]+(?==)/.exec(pair)?.[0])));
    for (const name of ["localStorage", "sessionStorage"]) attempt(() => add("storage", Object.keys(self[name])));
    add(
      "hosts",
      performance
        .getEntriesByType("resource")
        .map(({ name }) => attempt(() => new URL(name).hostname))
        .filter((host) => host != location.hostname),
    );
  };
  const tell = () => {
    if (!Object.values(found).some((names) => names[0])) return;
    navigator.sendBeacon(report, new Blob([JSON.stringify(found)], { type: "application/json" }));
    for (const kind in found) found[kind] = [];
  };
  const all = async () => {
    look();
    await Promise.allSettled([
      attempt(() => indexedDB.databases().then((list) => add("storage", list.map(({ name }) => name)))),
      attempt(() => caches.keys().then((names) => add("storage", names))),
    ]);
    tell();
  };

  // What scripts do after load is heard of a moment later, and what they do after that when the page is left.
  const later = () => setTimeout(all, 3000);
  document.readyState == "complete" ? later() : addEventListener("load", later);
  addEventListener("pagehide", () => {
    look();
    tell();
  });
})();
