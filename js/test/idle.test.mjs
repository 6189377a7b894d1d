import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage } from "./page.mjs";

/** A page on which these trackers are held. */
function held(names, script = "idle-google.js") {
  const it = makePage();
  it.run("dataLayer = []; function gtag() { dataLayer.push(arguments) }");
  it.script(script);
  it.page.consentry.idle(...names);
  return it;
}

/** What was called a moment later. */
async function called(it, code) {
  const heard = [];
  it.page.heard = (what) => heard.push(what);
  it.run(code);
  assert.deepEqual(heard, [], "not at once: the page's own code goes on first");
  await new Promise((done) => setTimeout(done));
  return heard;
}

test("what snippets and shops do with a tracker throws nothing", () => {
  const { run } = held(["fbq", "_paq", "ga", "analytics", "Tawk_API", "klaviyo"]);
  run(`"use strict";
    fbq("init", "1"); fbq.push(["track", "PageView"]); window.fbq.queue = []; fbq.queue.push(1);
    window._paq = window._paq || []; _paq.push(["trackPageView"]); _paq.concat([]).forEach(() => {});
    ga("create", "UA-1", "auto"); ga(function (tracker) { tracker.get("clientId") }); ga.getAll()[0].get("clientId");
    new analytics.Client("x").track("y").then?.(() => {});
    analytics.user().id() + ""; \`\${analytics}\`; analytics * 2; String(analytics.a.b.c()); JSON.stringify({ analytics });
    for (const one of _paq) throw one;
    [..._paq, ...analytics.list()];
    fbq.call(null, 1); fbq.apply(null, [1]); fbq.bind(null)(1);
    Tawk_API.onLoad = () => {}; delete Tawk_API.onLoad; "x" in Tawk_API; Object.keys(klaviyo); klaviyo instanceof Object;
    if (!(typeof fbq == "function" && fbq.loaded && fbq.version != "2.0")) throw "not there";
  `);
});

test("where a page keeps what it was told, it keeps an empty text", () => {
  const { run } = held(["sbjs"]);
  run('sbjs.init({ lifetime: 1 })');
  for (const code of ["String(sbjs.get.current.typ)", "sbjs.get.current.typ + ''", "`${sbjs.get.first.src}`", "sbjs.toString()"])
    assert.equal(run(code), "", code);
});

test("a stand-in is no promise, and can be waited for", async () => {
  const { run } = held(["klaviyo"]);
  assert.equal(run("typeof klaviyo.then"), "undefined");
  assert.equal(await run("(async () => typeof (await klaviyo.identify()))()"), "function");
});

test("what the page has is left alone, and each name has a stand-in of its own", () => {
  const it = makePage();
  it.run("dataLayer = []; var mine = 1");
  it.script("idle.js");
  it.page.consentry.idle("mine", "a", "b");
  it.run("a.queue = [1]");
  assert.deepEqual([it.page.mine, it.run("a.queue[0]"), it.run("typeof b.queue")], [1, 1, "function"]);
});

test("a link or a form that waits for a hit goes on", async () => {
  const it = held(["fbq", "_paq", "ga", "uetq", "plausible"]);
  assert.deepEqual(
    await called(
      it,
      `ga("send", "event", { hitCallback: () => heard(1) });
       uetq.push("event", "x", { callback: () => heard(2) });
       plausible("Signup", { callback: () => heard(3), props: { a: 1 } });
       _paq.push(["trackLink", { callback: () => heard(4) }]);
       gtag("event", "conversion", { event_callback: () => heard(5) });
       dataLayer.push({ event: "x", eventCallback: () => heard(6) });
       (function () { "use strict"; dataLayer.push(arguments) })("event", "x", { event_callback: () => heard(7) });`,
    ),
    [1, 2, 3, 4, 5, 6, 7],
  );
  assert.equal(it.page.dataLayer.length, 3, "what was pushed is kept for nobody, as it was");
});

test("what was pushed before the stand-ins came is answered, too", async () => {
  const it = makePage();
  const early = `dataLayer = [{ eventCallback: () => heard(1) }]; (function () { dataLayer.push(arguments) })("event", "x", { event_callback: () => heard(2) })`;
  it.run(early.replaceAll("heard", "self.heard"));
  const heard = await called({ ...it, run: () => it.script("idle-google.js") });
  assert.deepEqual(heard, [1, 2]);
});

test("nothing else is called, and nothing that is no function", async () => {
  const it = held(["fbq"]);
  const code = `fbq("track", () => heard(1), { success: () => heard(2), callback: "heard(3)", deep: { a: { b: { callback: () => heard(4) } } } });
    dataLayer.push(null, undefined, 1, "callback", { callback: null }); const round = {}; round.round = round; dataLayer.push(round);`;
  assert.deepEqual(await called(it, code), []);
});

test("where Google may work, it answers itself", async () => {
  const it = held(["fbq"], "idle.js");
  assert.deepEqual(await called(it, "dataLayer.push({ eventCallback: () => heard(1) })"), []);
  assert.deepEqual(await called(it, 'fbq("track", "x", { eventCallback: () => heard(2) })'), [2]);
});
