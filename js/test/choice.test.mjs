import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage } from "./page.mjs";

const ACTION = "https://shop.example/_consentry/choice";

const ASKED = ["preferences", "statistics", "marketing"];

/** What the server says when it took an answer. */
function took(fields, more) {
  const granted = fields.get("choice") == "all" ? ASKED : fields.getAll("category");
  const receipt = granted.length || fields.has("tracker") ? "f00d" : undefined;
  return { ok: true, json: async () => ({ granted, receipt, ...more }) };
}

/** A page with the banner, and a server that answers as told. */
function asked({ consent = ["necessary"], answers = took, script = "choice.js", cookies } = {}) {
  const it = makePage({ cookies });
  const { page } = it;
  const seen = { sent: [], submitted: [], told: 0, removed: 0, changed: [], opened: 0 };
  const make = () => ({
    fields: [],
    append(input) {
      this.fields.push([input.name, input.value]);
    },
    submit() {
      seen.submitted.push({ method: this.method, action: this.action, fields: this.fields });
    },
  });
  const link = { click: () => (seen.opened += 1) };
  const banner = { contains: () => true, remove: () => (seen.removed += 1) };
  const elements = { "consentry-open": link, "consentry-banner": banner };
  Object.assign(page.document, {
    getElementById: (id) => elements[id],
    activeElement: { id: "chosen-with" },
    createElement: make,
    body: { append() {} },
    dispatchEvent: (event) => seen.changed.push(event.detail.consent),
  });
  page.consentry = { consent, at: "https://shop.example/_consentry/", told: () => (seen.told += 1) };
  page["consentry-open"] = link;
  page.CustomEvent = class {
    constructor(name, { detail }) {
      Object.assign(this, { name, detail });
    }
  };
  page.FormData = class {
    constructor(form) {
      return form.fields;
    }
  };
  page.fetch = async (action, options) => {
    const { body, headers, referrerPolicy } = options;
    seen.sent.push({ action, fields: String(body), accept: headers.Accept, ...(referrerPolicy && { referred: referrerPolicy }) });
    return answers(options.body);
  };
  it.script(script);
  const press = async (name, value, isOurs = true) => {
    const event = { prevented: 0, preventDefault: () => (event.prevented += 1), stopped: 0, stopPropagation: () => (event.stopped += 1) };
    const closest = (selector) => (isOurs && selector == "[id^=consentry-]" ? {} : null);
    const target = { closest, action: { tagName: "INPUT" }, fields: [["return", "/dekk"]] };
    const submitter = { name, value, click: () => it.fire("submit", Object.assign(event, { clicked: 1 })) };
    it.fire("submit", Object.assign(event, { target, submitter }));
    await new Promise(setImmediate);
    return event;
  };
  return { ...it, seen, press };
}

test("a refusal closes the banner, says so, and loads nothing", async () => {
  const { seen, calls, press } = asked();
  await press("choice", "none");
  assert.deepEqual(seen.sent, [
    { action: ACTION, fields: "return=%2Fdekk&choice=none", accept: "application/json" },
  ]);
  assert.deepEqual([seen.removed, seen.told, calls.reload], [1, 1, 0]);
  assert.deepEqual(calls.imported, ["https://shop.example/_consentry/choice.js"], "what says so is fetched");
  assert.deepEqual(seen.changed.map((it) => [...it]), [["necessary"]]);
});

test("a grant keeps the referrer and loads the page anew", async () => {
  const { page, calls, press, seen, script } = asked();
  page.imported = async () => script("choice-file.js");
  page.history.state = { page: 3 };
  await press("choice", "all");
  assert.equal(calls.reload, 1);
  assert.deepEqual(structuredClone(page.history.state), { consentry: ["https://shop.example/", { page: 3 }, "chosen-with"] });
  assert.deepEqual([...seen.changed[0]], ["necessary", "preferences", "statistics", "marketing"]);
});

test("a grant loads the page anew where the file that knows more cannot be had", async () => {
  const { calls, page, press } = asked();
  page.imported = async () => Promise.reject(new Error("offline"));
  await press("choice", "all");
  assert.equal(calls.reload, 1);
});

test("after a no the page's own state is left as it is", async () => {
  const { page } = asked({ consent: ["necessary", "statistics"], script: "choice-file.js" });
  page.history.state = { page: 3 };
  await page.consentry.choose("none");
  assert.deepEqual(page.history.state, { page: 3 });
});

test("the guard waits while an answer is on its way, and not after a no in place", async () => {
  const { page, press } = asked({ answers: () => (assert.ok(page.consentry.busy), took(new URLSearchParams())) });
  await press("choice", "none");
  assert.equal(page.consentry.busy, 0);
});

test("a no in another tab takes the question away, a cookie that was there before does not", () => {
  const one = asked();
  one.jar.set("consentry", "1.20543...f00d");
  one.fire("visibilitychange", {});
  assert.equal(one.seen.removed, 1);
  const other = asked({ cookies: { consentry: "1.1...stale" } });
  other.fire("pageshow", {});
  assert.equal(other.seen.removed, 0);
});

test("a form of the shop's, with a field called action, is left alone", async () => {
  const { seen, press } = asked();
  const event = await press("choice", "none", false);
  assert.deepEqual([seen.sent, event.stopped], [[], 0]);
});

test("scripts of the shop's that send every form in their own way do not get ours", async () => {
  const { press } = asked();
  assert.equal((await press("choice", "all")).stopped, 1);
});

test("where no file may be fetched, the way to the preferences is the standing link", () => {
  for (const script of ["choice-alone.js", "choice-api.js"]) {
    const { page, seen } = asked({ script });
    page.consentry.open();
    assert.equal(seen.opened, 1, script);
  }
});

test("the third button opens the preferences over the page, and is a form where no file may be fetched", async () => {
  for (const [script, expected] of [["choice.js", 1], ["choice-alone.js", 0]]) {
    const { page, press, seen } = asked({ script });
    let opened = 0;
    page.consentry.open = () => (opened += 1);
    await press("");
    assert.deepEqual([opened, seen.sent.length], [expected, 0], script);
  }
});

test("a server that does not answer gets the plain form", async () => {
  for (const answers of [() => ({ ok: false }), () => Promise.reject(new Error("offline"))]) {
    const { seen, calls, press } = asked({ answers });
    const event = await press("choice", "none");
    await new Promise((done) => setTimeout(done));
    assert.deepEqual([event.prevented, event.clicked], [1, 1], "pressed again, and left to the browser");
    assert.deepEqual([seen.removed, calls.reload], [0, 0]);
  }
});

test("a page script hears that its choice was not taken, and stays", async () => {
  const { page, seen } = asked({ answers: () => ({ ok: false, status: 400, json: async () => ({ error: "no such choice" }) }), script: "choice-file.js" });
  await assert.rejects(page.consentry.choose({ categories: ["bogus"] }), { name: "Error", message: "no such choice", status: 400 });
  assert.deepEqual([seen.submitted, page.consentry.busy], [[], 0]);
});

test("where the server cannot be asked from a page script, the form goes", async () => {
  const answers = () => Promise.reject(new Error("offline"));
  const { page, seen } = asked({ answers, script: "choice-file.js" });
  await page.consentry.choose("none");
  const fields = [["layer", "script"], ["choice", "none"]];
  assert.deepEqual(structuredClone(seen.submitted), [{ method: "post", action: ACTION, fields }]);
});

test("a stand-in for an embed adds its tracker", async () => {
  const { seen, press, calls } = asked();
  await press("tracker", "youtube");
  assert.equal(seen.sent[0].fields, "return=%2Fdekk&tracker=youtube");
  assert.equal(calls.reload, 1);
});

test("a page script can choose, in each of the three ways", async () => {
  for (const script of ["choice-alone.js", "choice-api.js", "choice-file.js"]) {
    const { page, seen } = asked({ script });
    await page.consentry.choose("none");
    await page.consentry.choose("all");
    await page.consentry.choose({ categories: ["statistics"], trackers: ["youtube"] });
    const layer = "layer=script&choice=";
    assert.deepEqual(
      seen.sent.map((it) => it.fields),
      [`${layer}none`, `${layer}all`, `${layer}some&category=statistics&tracker=youtube`],
    );
    assert.ok(seen.sent.every((it) => it.referred == "same-origin"), "where it stands is told whatever the page's policy");
    assert.deepEqual([...page.consentry.consent], ["necessary", "statistics"]);
  }
});

test("a no that takes one tracker back loads the page anew", async () => {
  const { press, seen, calls } = asked({ answers: (fields) => took(fields, { takes_back: true }) });
  await press("choice", "none");
  assert.deepEqual([seen.removed, calls.reload], [0, 1]);
});

test("taking something back loads the page anew", async () => {
  const answers = (fields) => took(fields, { takes_back: true });
  const { page, calls } = asked({ consent: ["necessary", "statistics"], answers, script: "choice-file.js" });
  await page.consentry.choose("none");
  assert.equal(calls.reload, 1);
});

test("the same answer twice is sent once, and another waits for the first and is the one that counts", async () => {
  let answer;
  const first = new Promise((done) => (answer = done));
  const { press, seen, calls } = asked({ answers: async (fields) => (await first, took(fields)) });
  await press("choice", "all");
  await press("choice", "all");
  await press("choice", "none");
  assert.equal(seen.sent.length, 1);
  answer();
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(seen.sent.map((it) => it.fields), ["return=%2Fdekk&choice=all", "return=%2Fdekk&choice=none"]);
  assert.deepEqual([calls.reload, seen.removed], [0, 1], "nothing follows from an answer that was changed");
});

const STANDS = { unchanged: true };

test("what stands already loads nothing, and is no news to page scripts", async () => {
  for (const script of ["choice-api.js", "choice-file.js"]) {
    const consent = ["necessary", ...ASKED];
    const { page, seen, calls } = asked({ consent, answers: (fields) => took(fields, STANDS), script });
    page.consentry.told = () => (seen.told += 1);
    await page.consentry.choose("all");
    await page.consentry.choose("all");
    assert.deepEqual([seen.sent.length, calls.reload, seen.told, seen.changed, page.consentry.busy], [2, 0, 0, [], 0], script);
  }
});

test("a page that was made for another answer than the one that stands already is loaded anew", async () => {
  const granted = asked({ answers: (fields) => took(fields, STANDS), script: "choice-file.js" });
  await granted.page.consentry.choose("all");
  assert.deepEqual([granted.calls.reload, granted.seen.changed.length], [1, 1]);
  const refused = asked({ consent: ["necessary", "statistics"], answers: (fields) => took(fields, STANDS), script: "choice-file.js" });
  await refused.page.consentry.choose("none");
  assert.deepEqual([refused.calls.reload, refused.seen.changed.length], [1, 1]);
  const banner = asked({ answers: (fields) => took(fields, STANDS) });
  await banner.press("choice", "all");
  assert.equal(banner.calls.reload, 1, "a page that asks was not made for a yes");
});

test("what a plain form takes back is told before it goes", async () => {
  const answers = () => Promise.reject(new Error("blocked"));
  const consent = ["necessary", "preferences", "statistics"];
  for (const [choice, left] of [["none", ["necessary"]], [{ categories: ["statistics", "marketing"] }, ["necessary", "statistics"]]]) {
    const { page, seen } = asked({ consent, answers, script: "choice-file.js" });
    await page.consentry.choose(choice);
    assert.deepEqual(seen.changed.map((it) => [...it]), [left], "nothing is granted before it stands");
    assert.equal(seen.submitted.length, 1);
  }
  const { page, seen } = asked({ consent, answers, script: "choice-file.js" });
  await page.consentry.choose("all");
  assert.deepEqual([seen.changed.length, seen.submitted.length], [0, 1]);
});

test("where no file may be fetched, tags are told of another tab's answer by what its cookie grants", () => {
  for (const script of ["choice-alone.js", "choice-api.js"])
    for (const [cookie, left] of [["2.20543.s..0f3a.f00d.1", ["statistics"]], ["2.20543.....f00d", []], ["2.20543.psm..0f3a.f00d.1", ASKED]]) {
      const { page, seen } = asked({ consent: ["necessary", ...ASKED], script, cookies: { consentry: cookie } });
      page.consentry.stands();
      assert.deepEqual(seen.changed.map((it) => [...it]), [["necessary", ...left]], cookie);
    }
});
