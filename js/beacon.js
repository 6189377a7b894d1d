/**
 * At the end of the shop's pages, where the operator asked for it. Tells the gateway what only a browser knows; stores
 * nothing on the device and reads nothing from it. What it does stands in its tag, as words in data-do:
 *
 *   engagement  how long the page had attention (visible, in a window that is looked at), and how far down it was seen
 *   outbound    clicks on links to other hosts, without what stands behind "?" in them
 *   downloads   clicks on links to files
 *   forms       forms that were sent; never what was written in them
 *   pages       page views, also those that the page's own script makes of history entries
 *
 * Names of events are those of Plausible's tracker, so that goals keep their names.
 */
(() => {
  const { src, dataset } = document.currentScript;
  const root = document.documentElement;
  const at = src.replace(/beacon\.js.*/, "");
  const does = (word) => dataset.do.includes(word);
  /** Shorter attention is told with what follows. Unit: milliseconds. */
  const SHORT = 3000;
  const FILE =
    /\.(7z|avi|csv|dmg|docx?|exe|gz|key|midi|mov|mp[34]|mpeg|pdf|pkg|pps|pptx?|rar|rtf|txt|wav|wm[av]|xlsx?|zip)$/i;

  let page;
  let path;
  let referrer = document.referrer;
  let since;
  let engaged;
  let deepest;
  let told;

  const send = (n, more) => navigator.sendBeacon(at + "event", JSON.stringify({ n, u: page, ...more }));
  const look = () => (deepest = Math.max(deepest, scrollY + innerHeight));
  const begin = () => {
    page = location.href;
    path = location.pathname;
    engaged = deepest = 0;
    told = -1;
    look();
    since = 0;
    watch();
  };
  /** Attention starts, goes on, or ends; what was gathered is told when it ends. */
  const watch = (event) => {
    const now = Date.now();
    if (since) engaged += now - since;
    since = event?.type != "pagehide" && document.visibilityState == "visible" && document.hasFocus() ? now : 0;
    if (!since) tell();
  };
  const tell = () => {
    const sd = Math.min(100, Math.round((deepest / root.scrollHeight) * 100));
    if (does("engagement") && page && (engaged >= SHORT || (engaged && sd > told))) {
      send("engagement", { e: engaged, sd });
      told = sd;
      engaged = 0;
    }
  };
  const view = () => {
    const from = page;
    begin();
    const asked = document.querySelector("#consentry-banner [name=notice]");
    send("pageview", { r: from || referrer, notice: asked?.value });
  };
  /** The page's script went to another page of its own. */
  const move = () => {
    if (path == location.pathname) return;
    watch({ type: "pagehide" });
    view();
  };
  const click = ({ type, button, target }) => {
    const link = target.closest?.("a[href]");
    if ((type == "auxclick" && button != 1) || !/^http/.test(link?.protocol)) return;
    const props = { url: link.origin + link.pathname };
    if (does("outbound") && link.host != location.host) send("Outbound Link: Click", { props });
    else if (does("downloads") && FILE.test(link.pathname)) send("File Download", { props });
  };
  const start = () => {
    if (does("pages")) {
      view();
      const push = history.pushState;
      history.pushState = function () {
        push.apply(this, arguments);
        move();
      };
      addEventListener("popstate", move);
    } else begin();
    ["focus", "blur", "pagehide"].map((name) => addEventListener(name, watch));
    document.addEventListener("visibilitychange", watch);
    addEventListener("scroll", look, { passive: true });
    // Back from the browser's cache of pages: a view of its own.
    addEventListener("pageshow", ({ persisted }) => persisted && (does("pages") ? view() : begin()));
    ["click", "auxclick"].map((name) => document.addEventListener(name, click, true));
    if (does("forms"))
      document.addEventListener(
        "submit",
        ({ target }) => (target.getAttribute("action") + "").includes(new URL(at).pathname) || send("Form: Submission"),
        true,
      );
  };
  // A page fetched ahead is looked at later, or never.
  document.prerendering ? document.addEventListener("prerenderingchange", start, { once: true }) : start();
})();
