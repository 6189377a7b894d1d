import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage } from "./page.mjs";

const HELD = { cookies: "/^cart$/", storage: "/^cart$/" };

function guarded(options) {
  const it = makePage(options);
  it.guard(HELD);
  return it;
}

test("a held cookie is not written, an open one is", () => {
  const { jar, run } = guarded();
  run('document.cookie = "_ga=1; path=/; max-age=999"');
  run('document.cookie = "=_gid=1"');
  run('document.cookie = " _fbp = 1"');
  run('document.cookie = "cart=2; path=/"');
  assert.deepEqual([...jar], [["cart", "2"]]);
});

test("a held cookie can be deleted, and only deleted", () => {
  const { jar, run } = guarded({ cookies: { a: "1", b: "1", c: "1", d: "1" } });
  run('document.cookie = "a=; max-age=0"');
  run('document.cookie = "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/"');
  run('document.cookie = "c=; max-age=-1"');
  run('document.cookie = "d=tracked; max-age=0; max-age=999"');
  run('document.cookie = "e=max-age=0"');
  assert.deepEqual([...jar], []);
});

test("a write under a held name deletes what stood there, whatever it says", () => {
  const { jar, run } = guarded({ cookies: { _ga: "1", cart: "1" } });
  run('document.cookie = "_ga=2; path=/; max-age=999"');
  run('document.cookie = "cart=2"');
  assert.deepEqual([...jar], [["cart", "2"]]);
});

test("a held key is written by no way of writing it", () => {
  const { page, run } = guarded();
  run('localStorage.setItem("_ga", 1); localStorage._gid = 1; sessionStorage["_fbp"] = 1');
  run('Storage.prototype.setItem.call(sessionStorage, "_x", 1)');
  assert.deepEqual(Object.keys(page.localStorage), []);
  assert.deepEqual(Object.keys(page.sessionStorage), []);
});

test("a page is told that there is no storage where there is none", () => {
  const { run } = guarded({ hasStorage: false });
  assert.equal(run("localStorage"), null);
  assert.equal(run("sessionStorage"), null);
});

test("the stand-in of a storage is one", () => {
  const { run } = guarded();
  assert.ok(run("localStorage === localStorage && localStorage !== sessionStorage"));
});

test("an open key is written by every way, read and removed", () => {
  const { run } = guarded();
  run('localStorage.setItem("cart", 1)');
  assert.equal(run('localStorage.getItem("cart")'), "1");
  run("localStorage.cart = 'two'");
  assert.equal(run("localStorage.cart"), "two");
  run('localStorage.removeItem("cart")');
  assert.equal(run('localStorage.getItem("cart")'), null);
});

test("a held key is not defined either, and an open one is", () => {
  const { page, run } = guarded();
  run('Object.defineProperty(localStorage, "_ga", { value: "1" })');
  run('Object.assign(sessionStorage, { _gid: "1", cart: "1" })');
  run('"use strict"; Object.defineProperty(localStorage, "cart", { value: "1" })');
  assert.deepEqual(Object.keys(page.localStorage), ["cart"]);
  assert.deepEqual(Object.keys(page.sessionStorage), ["cart"]);
});

test("databases, caches and private files are refused in the way each refuses a stranger", async () => {
  const { calls, run } = guarded();
  assert.throws(() => run('indexedDB.open("held")'), { name: "TypeError" });
  await assert.rejects(() => run('caches.open("held")'), { name: "TypeError" });
  await assert.rejects(() => run("navigator.storage.getDirectory()"), { name: "TypeError" });
  run('indexedDB.open("cart")');
  await run('caches.open("cart")');
  assert.deepEqual([calls.opened, calls.cached], [["cart"], ["cart"]]);
});

test("the cookie store heeds the rule for cookies in both its forms", async () => {
  const { jar, run } = guarded();
  await run('cookieStore.set("_ga", "1")');
  await run('cookieStore.set({ name: "_gid", value: "1" })');
  await run('cookieStore.set({ name: "cart", value: "2" })');
  assert.deepEqual([...jar], [["cart", "2"]]);
});

test("a browser without a cookie store or caches is guarded all the same", () => {
  const it = makePage();
  delete it.page.CookieStore;
  delete it.page.CacheStorage;
  delete it.page.StorageManager;
  delete it.page.cookieStore;
  delete it.page.localStorage;
  it.guard(HELD);
  it.run('document.cookie = "_ga=1"');
  assert.deepEqual([...it.jar], []);
});

test("who agreed to everything has nothing wrapped", () => {
  const it = makePage();
  it.guard(HELD, "guard-free");
  it.run('document.cookie = "_ga=1"; localStorage.x = 1');
  assert.equal(it.jar.get("_ga"), "1");
  assert.equal(it.run("localStorage.x"), 1);
});

test("the landing's referrer and the page's own state come back after the reload", () => {
  const own = { page: 3 };
  const it = makePage({ state: { consentry: ["https://search.example/", own] } });
  it.landing();
  assert.equal(it.run("document.referrer"), "https://search.example/");
  assert.equal(it.page.history.state, own);
});

test("an empty referrer comes back too, and a state of nothing stays nothing", () => {
  const it = makePage({ state: { consentry: ["", null] } });
  it.landing();
  assert.equal(it.run("document.referrer"), "");
  assert.equal(it.page.history.state, null);
});

test("a page that was not reloaded by us keeps its referrer and its state", () => {
  const state = { page: 3 };
  const it = makePage({ state });
  it.landing();
  assert.equal(it.run("document.referrer"), "https://shop.example/");
  assert.equal(it.page.history.state, state);
});

const SEALED = {
  none: "",
  no: "2.20543...0f3a..f00d",
  all: "2.20543.psm..0f3a.f00d.f00d",
  more: "2.20543.sm.youtube~vimeo.0f3a.f00d.f00d",
  less: "2.20543.s..0f3a.f00d.f00d",
};

const FREE_TO_LOAD = { guard: "choice.js?new", "guard-granted": "choice.js?now", "guard-free": "choice.js?now" };

/** What a page made for one answer does when another stands, for each thing that may happen: the file it asks for, and loads. */
async function moves(before, after, { guard = "guard", event = "pageshow", cut, sent } = {}) {
  const it = makePage(before ? { cookies: { cart: "1", consentry: before, other: "1.2.3.4" } } : {});
  it.guard(HELD, guard);
  it.page.consentry.at = "/_consentry/";
  await it.settled();
  if (sent) it.page.consentry_sent = {};
  if (cut) it.page.imported = async () => Promise.reject(new Error("offline"));
  if (after) it.jar.set("consentry", after);
  else it.jar.delete("consentry");
  it.fire(event, {});
  await it.settled();
  return [it.calls.imported.map((file) => file.replace(/.*\//, "")), it.calls.reload];
}

const CHANGES = { guard: [["none", "more"]], "guard-granted": [["more", "no"], ["more", "less"], ["less", "none"]], "guard-free": [["all", "no"], ["all", "more"], ["all", "none"]] };
const EVENTS = ["pageshow", "visibilitychange", "cookie change"];

test("a page asks for what loads it anew when what is agreed to has changed, however that is noticed", async () => {
  for (const guard in CHANGES)
    for (const event of EVENTS)
      for (const [before, after] of CHANGES[guard]) {
        const [[file, ...more], reload] = await moves(SEALED[before], SEALED[after], { guard, event });
        assert.ok(file.startsWith(FREE_TO_LOAD[guard]), `${guard} ${event} ${before} ${after}: ${file}`);
        assert.deepEqual([more, reload], [[], 0]);
        const cut = (sent) => moves(SEALED[before], SEALED[after], { guard, event, cut: true, sent });
        assert.deepEqual(await cut(), [[], 1], "where that cannot be had it is loaded anew at once");
        if (guard !== "guard-free") assert.deepEqual(await cut(true), [[], 0], "but not where a form would be sent again");
      }
});

test("what it asks for is another for each answer: a file that a page has already does nothing", async () => {
  const [[one]] = await moves(SEALED.more, SEALED.less, { guard: "guard-granted" });
  const [[other]] = await moves(SEALED.more, SEALED.no, { guard: "guard-granted" });
  assert.notEqual(one, other);
});

test("a page is left alone when it is right for the new answer too", async () => {
  const later = (sealed) => sealed.replace("20543", "20544").replace("0f3a", "0f3b");
  const nothing = [[], 0];
  assert.deepEqual(await moves(SEALED.none, SEALED.no), nothing);
  assert.deepEqual(await moves(SEALED.no, SEALED.none), nothing);
  assert.deepEqual(await moves(SEALED.more, later(SEALED.more), { guard: "guard-granted" }), nothing);
  assert.deepEqual(await moves(SEALED.all, later(SEALED.all), { guard: "guard-free" }), nothing);
  assert.deepEqual(await moves(SEALED.none, SEALED.none, { guard: "guard-free" }), nothing, "a browser that shows scripts no cookie");
});

test("a page that may fetch no file tells its tags by itself before it goes, and stays where it answered a form", async () => {
  for (const guard of ["guard-alone", "guard-free-alone"])
    for (const sent of [0, 1]) {
      const it = makePage({ cookies: { consentry: SEALED.all } });
      it.guard(HELD, guard);
      await it.settled();
      if (sent) it.page.consentry_sent = {};
      it.page.consentry.stands = () => it.calls.opened.push(`told, ${it.calls.reload} loads`);
      it.jar.set("consentry", SEALED.no);
      it.fire("cookie change", {});
      assert.deepEqual([it.calls.opened, it.calls.reload, it.calls.imported], [["told, 0 loads"], 1 - sent, []]);
    }
});

test("a page that fetches no file is loaded anew once for each answer, whatever the page on its way sets", async () => {
  // In some a file may be fetched, and something keeps it away.
  for (const guard of ["guard-alone", "guard-free-alone", "guard", "guard-granted", "guard-free"]) {
    const it = makePage({ cookies: { consentry: SEALED.all }, hasFiles: false });
    it.guard(HELD, guard);
    await it.settled();
    it.jar.set("consentry", SEALED.no);
    for (const token of ["1", "2", "3"]) {
      it.jar.set("XSRF-TOKEN", token);
      it.fire("cookie change", {});
    }
    await it.settled();
    assert.equal(it.calls.reload, 1, guard);
    it.jar.set("consentry", SEALED.less);
    it.fire("cookie change", {});
    await it.settled();
    assert.equal(it.calls.reload, guard.includes("free") ? 1 : 2, `${guard}: another answer, which is the same to who may do all`);
  }
});

test("while an answer is on its way in this tab, the guard waits", async () => {
  const it = guarded();
  await it.settled();
  it.page.consentry.busy = 1;
  it.jar.set("consentry", SEALED.more);
  it.fire("cookie change", {});
  assert.deepEqual([it.calls.imported, it.calls.reload], [[], 0]);
});

test("the browser is not asked for cookies while the page is read: the first paint would wait for the answer", async () => {
  for (const guard of ["guard", "guard-granted", "guard-alone"]) {
    const it = makePage({ cookies: { consentry: SEALED.more } });
    it.guard(HELD, guard);
    assert.equal(it.calls.asked, 0, guard);
    await it.settled();
    assert.equal(it.calls.asked, 1, guard);
  }
});

test("a document in a sandbox is guarded without a word", async () => {
  for (const guard of [...Object.keys(CHANGES), "guard-alone", "guard-free-alone"]) {
    const it = makePage({ isSandboxed: true });
    it.guard(HELD, guard);
    await it.settled();
    it.fire("pageshow", {});
    assert.equal(it.calls.reload, 0);
  }
});
