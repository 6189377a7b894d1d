/**
 * Behind the head's script in a page that a browser fetched ahead, for a link that somebody may follow: the gateway did not count
 * its request, and hears of nothing when the page is shown. Tells it then, once, as a page view (docs/events.md). A page that is
 * not shown runs no script, or waits for it (prerendering); one that is shown again from the browser's own cache is told of no
 * more than any other that is asked for once.
 */
if (performance.getEntriesByType("navigation")[0]?.type == "navigate") {
  // Before the shop's scripts rewrite it.
  const view = { name: "pageview", ahead: true, url: location + "", referrer: document.referrer };
  document.addEventListener(
    document.prerendering ? "prerenderingchange" : "DOMContentLoaded",
    () => {
      const notice = document.querySelector("#consentry-banner")?.dataset.notice;
      navigator.sendBeacon(consentry.at + "event", JSON.stringify({ ...view, notice }));
    },
    { once: true },
  );
}
