import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { makePage } from "./page.mjs";

const SCRIPT = readFileSync(fileURLToPath(new URL("../dist/beacon.js", import.meta.url)), "utf8");
const EVENT = "https://shop.example/_consentry/event";

/** A page with the beacon; time is stepped. Reading or writing what a browser keeps is an error. */
function beacon(does, { prerendering = false, path = "/dekk", referrer = "https://www.google.com/", asked } = {}) {
  const heard = { page: {}, document: {} };
  const it = { sent: [], now: 1000, focused: true };
  const listen = (to) => (name, listener) => (to[name] ??= []).push(listener);
  const location = { host: "shop.example", pathname: path, href: `https://shop.example${path}?bredde=205` };
  const page = {
    document: {
      currentScript: { src: "https://shop.example/_consentry/beacon.js?abc", dataset: { do: does } },
      documentElement: { scrollHeight: 4000 },
      visibilityState: "visible",
      hasFocus: () => it.focused,
      referrer,
      prerendering,
      addEventListener: listen(heard.document),
      querySelector: (selector) => {
        assert.equal(selector, "#consentry-banner [name=notice]");
        return asked;
      },
      get cookie() {
        throw new Error("cookies are nothing to the beacon");
      },
    },
    location,
    history: {
      pushState(state, title, to) {
        location.pathname = to;
        location.href = `https://shop.example${to}`;
      },
    },
    navigator: {
      sendBeacon: (to, body) => {
        assert.equal(to, EVENT);
        it.sent.push(JSON.parse(body));
        return true;
      },
    },
    Date: { now: () => it.now },
    scrollY: 0,
    innerHeight: 1000,
    URL,
    addEventListener: listen(heard.page),
  };
  for (const store of ["localStorage", "sessionStorage", "indexedDB", "caches", "cookieStore"])
    Object.defineProperty(page, store, {
      get() {
        throw new Error(`${store} is nothing to the beacon`);
      },
    });
  page.self = page.window = page;
  vm.createContext(page);
  vm.runInContext(SCRIPT, page);
  const fire = (to) => (name, event) => (heard[to][name] ?? []).forEach((listener) => listener({ type: name, ...event }));
  return Object.assign(it, {
    page,
    onPage: fire("page"),
    onDocument: fire("document"),
    scrollTo(y) {
      page.scrollY = y;
      this.onPage("scroll");
    },
    hide() {
      page.document.visibilityState = "hidden";
      this.onDocument("visibilitychange");
    },
    show() {
      page.document.visibilityState = "visible";
      this.onDocument("visibilitychange");
    },
    click(href, more = {}) {
      const { protocol, origin, pathname, host } = new URL(href);
      const link = { protocol, origin, pathname, host };
      this.onDocument(more.type ?? "click", { target: { closest: () => link }, ...more });
    },
  });
}

test("a page view says which notice the page asked under", () => {
  const it = beacon("pages", { asked: { value: "0123456789ab" } });
  assert.equal(it.sent[0].notice, "0123456789ab");
  assert.ok(!("notice" in beacon("pages").sent[0]));
});

test("attention is told when it ends, once, with how far down the page was seen", () => {
  const it = beacon("engagement");
  it.now += 5000;
  it.scrollTo(1000);
  it.scrollTo(0);
  it.hide();
  it.onPage("pagehide");
  assert.deepEqual(it.sent, [
    { n: "engagement", u: "https://shop.example/dekk?bredde=205", e: 5000, sd: 50 },
  ]);
});

test("time in which nobody looked is not attention", () => {
  const it = beacon("engagement");
  it.now += 4000;
  it.focused = false;
  it.onPage("blur");
  it.now += 60_000;
  it.focused = true;
  it.onPage("focus");
  it.now += 3500;
  it.hide();
  it.now += 60_000;
  it.onPage("pagehide");
  assert.deepEqual(it.sent.map(({ e }) => e), [4000, 3500]);
});

test("a glance is told once, and short ones after it are added up", () => {
  const it = beacon("engagement");
  for (let glance = 0; glance < 5; glance += 1) {
    it.now += 1000;
    it.hide();
    it.now += 9000;
    it.show();
  }
  assert.deepEqual(it.sent.map(({ e }) => e), [1000, 3000]);
});

test("a page shorter than the window is seen to its end, and none beyond it", () => {
  const it = beacon("engagement");
  it.page.document.documentElement.scrollHeight = 800;
  it.now += 3000;
  it.hide();
  assert.equal(it.sent[0].sd, 100);
});

test("links to other hosts and to files are told without what stands behind the path", () => {
  const it = beacon("outbound downloads");
  it.click("https://www.dekk.example/tindra?kunde=4711#a");
  it.click("https://shop.example/katalog.PDF?t=hemmelig");
  it.click("https://shop.example/dekk");
  it.click("mailto:post@shop.example");
  it.click("https://www.dekk.example/", { type: "auxclick", button: 2 });
  it.click("https://www.dekk.example/", { type: "auxclick", button: 1 });
  it.onDocument("click", { target: {} });
  assert.deepEqual(it.sent.map(({ n, props }) => [n, props.url]), [
    ["Outbound Link: Click", "https://www.dekk.example/tindra"],
    ["File Download", "https://shop.example/katalog.PDF"],
    ["Outbound Link: Click", "https://www.dekk.example/"],
  ]);
});

test("only what was asked for is told", () => {
  const it = beacon("forms");
  it.now += 9000;
  it.click("https://www.dekk.example/");
  it.click("https://shop.example/a.pdf");
  it.hide();
  it.page.history.pushState(null, "", "/felger");
  assert.deepEqual(it.sent, []);
});

test("a form is told without its fields, and the gateway's own are not told", () => {
  const it = beacon("forms");
  const form = (action) => ({ target: { getAttribute: () => action } });
  it.onDocument("submit", form("/sok"));
  it.onDocument("submit", form(null));
  it.onDocument("submit", form("/_consentry/choice"));
  it.onDocument("submit", form("/_consentry/objection"));
  assert.deepEqual(it.sent, [0, 1].map(() => ({ n: "Form: Submission", u: "https://shop.example/dekk?bredde=205" })));
});

test("pages that the page's own script makes are views, each with its own attention", () => {
  const it = beacon("engagement pages");
  it.now += 4000;
  it.page.history.pushState(null, "", "/felger");
  it.page.history.pushState(null, "", "/felger");
  it.now += 5000;
  it.hide();
  assert.deepEqual(it.sent.map(({ n, u, r, e }) => [n, u.slice(20), r ?? e]), [
    ["pageview", "/dekk?bredde=205", "https://www.google.com/"],
    ["engagement", "/dekk?bredde=205", 4000],
    ["pageview", "/felger", "https://shop.example/dekk?bredde=205"],
    ["engagement", "/felger", 5000],
  ]);
});

test("a page that comes back from the browser's cache is a view of its own", () => {
  const it = beacon("pages");
  it.onPage("pageshow", { persisted: false });
  it.onPage("pageshow", { persisted: true });
  assert.equal(it.sent.length, 2);
});

test("a page fetched ahead is told when somebody looks at it", () => {
  const it = beacon("pages engagement", { prerendering: true });
  it.now += 60_000;
  assert.deepEqual(it.sent, []);
  it.onDocument("prerenderingchange");
  it.now += 3000;
  it.hide();
  assert.deepEqual(it.sent.map(({ n, e }) => e ?? n), ["pageview", 3000]);
});

test("consentry.event tells what it was told, and stores nothing", () => {
  const it = makePage({ cookies: {} });
  const sent = [];
  it.page.consentry = { at: "https://shop.example/_consentry/" };
  it.page.location.href = "https://shop.example/takk";
  it.page.navigator.sendBeacon = (to, body) => sent.push([to, JSON.parse(body)]) > 0;
  it.script("event.js");
  const { event } = it.page.consentry;
  const revenue = { amount: "1299.50", currency: "NOK" };
  assert.equal(event("Purchase", { revenue, props: { brand: "Nordgrip" }, interactive: false }), true);
  event("Seen");
  const url = "https://shop.example/takk";
  assert.deepEqual(sent, [
    [EVENT, { name: "Purchase", url, revenue, props: { brand: "Nordgrip" }, interactive: false }],
    [EVENT, { name: "Seen", url }],
  ]);
  assert.equal(it.jar.size, 0);
});
