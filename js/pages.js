/**
 * Part of what browsers fetch for an answer, and of what stands in pages that came by a service worker: takes the pages out of
 * what such a worker keeps under this name. Each was made for one answer, and would be shown for ever. What else it keeps stays.
 */
export const forgetPages = async (name) => {
  try {
    const cache = await caches.open(name);
    const forget = async (key) => {
      const kept = await cache.match(key);
      if (/html/i.test(kept?.headers.get("content-type"))) await cache.delete(key);
    };
    await Promise.all((await cache.keys()).map(forget));
  } catch {
    // The guard lets nobody look into one whose name is not open: all of it goes.
    await caches.delete(name);
  }
};
