import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage } from "./page.mjs";

const ACTION = "https://shop.example/_consentry/choice";

const ASKED = ["preferences", "statistics", "marketing"];

/** What the server says when it took an answer. */
function took(fields, more) {
  const granted = fields.get("choice") == "all" ? ASKED : fields.getAll("category");
  // The button of a placeholder answers no question.
  const refused = fields.get("choice") ? ASKED.filter((category) => !granted.includes(category)) : [];
  const receipt = granted.length || fields.has("tracker") ? "f00d" : undefined;
  return { ok: true, json: async () => ({ granted, refused, receipt, ...more }) };
}

/** Scripts of pages with the question, and what stands before them. */
const QUESTIONS = { "question.js": [], "question-alone.js": ["choice-api.js"] };

/** A page, with the question where the script is one of its, and a server that answers as told. */
function asked({ consent = ["necessary"], answers = took, script = "question.js", cookies, hasStorage } = {}) {
  const it = makePage({ cookies, hasStorage });
  const { page, calls } = it;
  const seen = { sent: [], submitted: [], told: 0, removed: 0, changed: [], opened: 0, frames: [] };
  const make = () => ({
    fields: [],
    append(input) {
      this.fields.push([input.name, input.value]);
    },
    submit() {
      seen.submitted.push({ method: this.method, action: this.action, fields: this.fields });
    },
  });
  const link = { href: "https://shop.example/_consentry/consent?nb=/dekk", search: "?nb=/dekk", click: () => (seen.opened += 1) };
  const elements = { "consentry-open": link, "consentry-status": {} };
  const banner = {
    dataset: { notice: "0123456789ab", layer: "banner" },
    querySelector: () => ({ search: "?nb=/dekk" }),
    remove() {
      seen.removed += 1;
      delete elements["consentry-banner"];
    },
  };
  if (QUESTIONS[script]) elements["consentry-banner"] = banner;
  Object.assign(page.document, {
    getElementById: (id) => elements[id],
    querySelector: (selector) => elements[selector.slice(1)],
    querySelectorAll: (selector) => (selector == "iframe" ? seen.frames : []),
    activeElement: { id: "chosen-with" },
    documentElement: { lang: "nb" },
    createElement: make,
    body: { append() {} },
    dispatchEvent: (event) => seen.changed.push(event.detail.consent),
  });
  page.consentry = { consent, at: "https://shop.example/_consentry/" };
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
  // What became of an answer is said in the words of the preference page.
  page.fetch = async (action, options) => {
    if (action == link.href) return (seen.told += 1);
    const { body, headers, referrerPolicy } = options;
    seen.sent.push({ action, fields: String(body), accept: headers.Accept, ...(referrerPolicy && { referred: referrerPolicy }) });
    return answers(options.body);
  };
  page.imported = async (address) => {
    calls.imported.push(address);
    if (address.endsWith("choice.js")) it.script("choice-file.js");
  };
  for (const name of [...(QUESTIONS[script] ?? []), script]) it.script(name);
  const quiet = () => new Promise((done) => setTimeout(done));
  /** A button of the question, or of the shop. */
  const button = (name, value, isOurs = true) => {
    const made = { name, value, form: { fields: [["return", "/dekk"]] }, native: 0 };
    made.closest = (selector) => (isOurs && selector.includes("[form^=consentry-]") ? made : null);
    made.click = (keys) => {
      const event = { target: made, prevented: 0, preventDefault: () => (event.prevented += 1), ...keys };
      try {
        it.fire("click", event);
      } catch {
        // A browser says so in its console, and goes on.
      }
      made.native += 1 - event.prevented;
    };
    return made;
  };
  const press = async (...what) => {
    const pressed = button(...what);
    pressed.click();
    await quiet();
    return pressed;
  };
  return { ...it, seen, press, button, quiet };
}

test("a refusal closes the banner, says so, and loads nothing", async () => {
  const { seen, calls, press } = asked();
  await press("choice", "none");
  assert.deepEqual(seen.sent, [
    { action: ACTION, fields: "return=%2Fdekk&choice=none", accept: "application/json" },
  ]);
  assert.deepEqual([seen.removed, seen.told, calls.reload], [1, 1, 0]);
  assert.deepEqual(calls.imported, ["https://shop.example/_consentry/choice.js"], "what does so is fetched");
  assert.deepEqual(seen.changed.map((it) => [...it]), [["necessary"]]);
});

test("a grant keeps the referrer and loads the page anew", async () => {
  const { page, calls, press, seen } = asked();
  page.history.state = { page: 3 };
  await press("choice", "all");
  assert.equal(calls.reload, 1);
  assert.deepEqual(structuredClone(page.history.state), { consentry: ["https://shop.example/", { page: 3 }, "chosen-with", undefined] });
  assert.deepEqual([...seen.changed[0]], ["necessary", "preferences", "statistics", "marketing"]);
});

test("an answer is sent before the file that knows more is there, and where that cannot be had once more by the browser", async () => {
  const { page, calls, press, seen } = asked();
  page.imported = async () => (assert.equal(seen.sent.length, 1), Promise.reject(new Error("offline")));
  assert.equal((await press("choice", "all")).native, 1);
  assert.deepEqual([seen.sent.length, seen.removed, calls.reload], [1, 0, 0]);
});

test("after a no the page's own state is left as it is", async () => {
  const { page } = asked({ consent: ["necessary", "statistics"], script: "choice-file.js" });
  page.history.state = { page: 3 };
  await page.consentry.choose("none");
  assert.deepEqual(page.history.state, { page: 3 });
});

test("the guard waits while an answer is on its way, and not after a no in place", async () => {
  let wasBusy;
  const { page, quiet, press } = asked({ answers: async (fields) => (await quiet(), (wasBusy = !!page.consentry.busy), took(fields)) });
  await press("choice", "none");
  await quiet();
  assert.deepEqual([wasBusy, page.consentry.busy], [true, 0]);
});

test("a no in another tab takes the question away, a cookie that was there before does not", async () => {
  const one = asked();
  assert.equal(one.calls.asked, 0, "the first paint waits for no cookies");
  await one.settled();
  one.jar.set("consentry", "1.20543...f00d");
  one.fire("visibilitychange", {});
  assert.equal(one.seen.removed, 1);
  const other = asked({ cookies: { consentry: "1.1...stale" } });
  await other.settled();
  other.fire("pageshow", {});
  assert.equal(other.seen.removed, 0);
});

test("a button of the shop's is left alone, and so is what is no element", async () => {
  const { seen, press, fire } = asked();
  assert.equal((await press("choice", "none", false)).native, 1);
  fire("click", { target: {} });
  assert.deepEqual(seen.sent, []);
});

test("an answer is sent before its form is there, with what the banner says of itself", async () => {
  for (const script of Object.keys(QUESTIONS)) {
    const { seen, button, quiet } = asked({ script });
    const early = button("choice", "none");
    early.form = null;
    early.click();
    assert.equal(seen.sent.length, 1, "at once");
    await quiet();
    assert.equal(seen.sent[0].fields, "notice=0123456789ab&layer=banner&choice=none", script);
    assert.deepEqual([seen.removed, early.native], [1, 0], script);
  }
});

test("the third button opens the preferences before the link that leads to them is there", async () => {
  const { page, button, quiet } = asked();
  const { fetch } = page;
  const asked_ = [];
  page.document.getElementById = ((find) => (id) => (id == "consentry-open" ? undefined : find(id)))(page.document.getElementById);
  page.fetch = async (...how) => (asked_.push(how[0]), fetch(...how));
  const third = button("");
  third.form = null;
  third.click();
  await quiet();
  assert.deepEqual([asked_[0], third.native], ["https://shop.example/_consentry/consent?nb=/dekk?bredde=205", 0]);
});

test("where no file may be fetched, the third button waits for its form", async () => {
  const { button, fire, quiet } = asked({ script: "question-alone.js" });
  const third = button("");
  const { form } = third;
  third.form = null;
  third.click();
  await quiet();
  assert.equal(third.native, 0);
  third.form = form;
  fire("DOMContentLoaded");
  assert.equal(third.native, 1);
});

test("without a network the page and the question stay, and the next answer is sent", async () => {
  for (const script of Object.keys(QUESTIONS)) {
    let isDown = true;
    const { page, seen, press } = asked({ script, answers: (fields) => (isDown ? Promise.reject(new TypeError("Failed to fetch")) : took(fields)) });
    page.navigator.onLine = false;
    assert.equal((await press("choice", "none")).native, 0, script);
    assert.deepEqual([seen.sent.length, seen.removed, !!page.consentry.busy], [1, 0, false], script);
    await assert.rejects(page.consentry.choose("none"), { message: "Failed to fetch" }, script);
    assert.deepEqual([seen.submitted, !!page.consentry.busy], [[], false], script);
    isDown = false;
    page.navigator.onLine = true;
    await press("choice", "none");
    assert.equal(seen.removed, 1, script);
  }
});

test("where the visitor stays in a page that asks before it goes, the answer is settled all the same", async () => {
  const { page, seen, calls, press } = asked();
  const later = [];
  page.setTimeout = (what, _, ...given) => later.push(() => what(...given));
  await press("choice", "all");
  assert.deepEqual([calls.reload, seen.removed, !!page.consentry.busy], [1, 0, true]);
  later.forEach((what) => what());
  assert.deepEqual([seen.removed, page.consentry.busy], [1, 0]);
});

test("a page in which something was typed is not loaded again for a yes, wherever in it that was", async () => {
  const { seen, calls, press, fire } = asked();
  fire("input", { isTrusted: true });
  await press("choice", "all");
  assert.deepEqual([calls.reload, seen.removed], [0, 1]);
});

test("what a script says of its own fields was not typed", async () => {
  const { calls, press, fire } = asked();
  fire("input", { isTrusted: false });
  await press("choice", "all");
  assert.equal(calls.reload, 1);
});

test("what was typed stays typed, whatever a script says after it", async () => {
  const { calls, press, fire } = asked();
  for (const isTrusted of [true, false]) fire("input", { isTrusted });
  await press("choice", "all");
  assert.equal(calls.reload, 0);
});

test("where no file may be fetched, the way to the preferences is the standing link", () => {
  for (const script of ["question-alone.js", "choice-api.js"]) {
    const { page, seen } = asked({ script });
    page.consentry.open();
    assert.equal(seen.opened, 1, script);
  }
});

test("where a script of the shop's drew the page without our link, the preferences are found all the same", () => {
  for (const [script, expected] of [["question-alone.js", "?nb="], ["choice-api.js", "?return="]]) {
    const { page } = asked({ script });
    page.document.getElementById = ((find) => (id) => (id == "consentry-open" ? undefined : find(id)))(page.document.getElementById);
    Object.assign(page.location, { pathname: "/felg", search: "?sort=pris" });
    page.consentry.open();
    assert.equal(page.location.href, `https://shop.example/_consentry/consent${expected}/felg?sort=pris`, script);
  }
});

test("the third button opens the preferences over the page, and is a form where no file may be fetched", async () => {
  for (const [script, expected] of [["question.js", 1], ["question-alone.js", 0]]) {
    const { page, press, seen } = asked({ script });
    let opened = 0;
    if (expected) await page.imported("choice.js");
    page.consentry.open = async () => (opened += 1);
    const { native } = await press("");
    assert.deepEqual([opened, native, seen.sent.length], [expected, 1 - expected, 0], script);
  }
});

test("a link that is to open in a new tab does", async () => {
  const { page, button } = asked();
  page.consentry.choose = () => assert.fail("opened");
  for (const key of ["ctrlKey", "metaKey"]) {
    const link = button(undefined);
    link.click({ [key]: true });
    assert.equal(link.native, 1);
  }
});

test("where the file cannot be had the preferences are a page of their own", async () => {
  const { page, press } = asked();
  page.imported = () => Promise.reject(new Error("offline"));
  assert.equal((await press("")).native, 1);
});

test("a server that does not answer gets the plain form", async () => {
  const faults = [() => ({ ok: false }), () => Promise.reject(new Error("offline")), () => ({ ok: true, json: () => Promise.reject(new Error("no JSON")) })];
  for (const script of Object.keys(QUESTIONS))
    for (const answers of faults) {
      const { seen, calls, press } = asked({ answers, script });
      const pressed = await press("choice", "none");
      assert.deepEqual([seen.sent.length, pressed.native], [1, 1], "pressed again, and left to the browser");
      assert.deepEqual([seen.removed, calls.reload], [0, 0]);
    }
});

test("a plain form is sent where a shop's fetch throws, and says what was pressed last", async () => {
  const one = asked();
  one.page.fetch = () => {
    throw new Error("no such thing");
  };
  assert.equal((await one.press("choice", "none")).native, 1);
  const { button, quiet } = asked({ answers: () => Promise.reject(new Error("offline")) });
  const [yes, no] = [button("choice", "all"), button("choice", "none")];
  yes.click();
  no.click();
  await quiet();
  assert.deepEqual([yes.native, no.native], [0, 1]);
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
  assert.deepEqual(structuredClone(seen.submitted), [{ method: "post", action: `${ACTION}?nb=/dekk`, fields }]);
});

test("a stand-in for an embed adds its tracker", async () => {
  const { seen, press, calls } = asked();
  await press("tracker", "youtube");
  assert.equal(seen.sent[0].fields, "return=%2Fdekk&tracker=youtube");
  assert.equal(calls.reload, 1);
});

test("a film is shown in a page in which something was typed, too", async () => {
  const { calls, press, fire } = asked();
  fire("input", { isTrusted: true });
  await press("tracker", "youtube");
  assert.equal(calls.reload, 1);
});

test("a page that answered a form is not loaded again for a film: it is said in its place, and the question stays", async () => {
  const sentence = "You said yes on 30 November 2026. It covers YouTube.";
  const { page, calls, seen, press, quiet } = asked();
  const frame = (value) => ({ contentDocument: { forms: { "consentry-allow": { lastChild: { value } } } } });
  const [film, map, foreign] = [frame("youtube"), frame("google-maps"), { contentDocument: null }];
  seen.frames.push(film, map, foreign);
  page.consentry_sent = {};
  const { fetch } = page;
  page.fetch = async (action, options) => (await fetch(action, options)) && (action == ACTION ? took(options.body) : { text: async () => "" });
  page.DOMParser = class {
    parseFromString = () => ({ querySelector: () => ({ dataset: {}, textContent: sentence }) });
  };
  await press("tracker", "youtube");
  await quiet();
  assert.deepEqual([calls.reload, seen.removed, page.consentry.busy], [0, 0, 0]);
  const said = ({ contentDocument }) => contentDocument.forms["consentry-allow"].textContent;
  assert.deepEqual([said(film), said(map)], [sentence, undefined]);
});

test("who stays in a page that asks before it goes keeps the question when a film was allowed", async () => {
  const { page, seen, calls, press } = asked();
  const later = [];
  page.setTimeout = (what, _, ...given) => later.push(() => what(...given));
  await press("tracker", "youtube");
  later.forEach((what) => what());
  assert.deepEqual([calls.reload, seen.removed, page.consentry.busy], [1, 0, 0]);
});

test("a page script can choose, in each of the three ways", async () => {
  for (const script of ["question.js", "question-alone.js", "choice-api.js", "choice-file.js"]) {
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

const isForgetting = (address) => address.includes("choice.js?forget");

test("a no to a question that is put again removes what is stored, and that of a newcomer fetches nothing", async () => {
  const some = () => ({ ok: true, json: async () => ({ granted: ["statistics"], refused: ["preferences", "marketing"], receipt: "f00d" }) });
  for (const [stored, answers, role, expected] of [
    [["localStorage"], took, "none", 1],
    [["sessionStorage"], took, "none", 1],
    [["localStorage"], some, "some", 1],
    [["localStorage"], took, "all", 0],
    [[], took, "none", 0],
  ]) {
    const { run, calls, press } = asked({ answers });
    for (const name of stored) run(`${name}.setItem("_uetsid", "1")`);
    await press("choice", role);
    assert.equal(calls.imported.filter(isForgetting).length, expected, `${stored} ${role}`);
  }
});

test("where there is no storage, or none may be read, a no is settled all the same", async () => {
  const lacking = asked({ hasStorage: false });
  await lacking.press("choice", "none");
  const closed = asked();
  Object.defineProperty(closed.page, "localStorage", { get: () => assert.fail("the document is sandboxed") });
  await closed.press("choice", "none");
  for (const { seen, calls } of [lacking, closed]) assert.deepEqual([seen.removed, calls.imported.filter(isForgetting)], [1, []]);
});

test("a no in a page that does not ask fetches what forgets only when something is taken back", async () => {
  for (const takes_back of [undefined, true]) {
    const { page, calls, run } = asked({ script: "choice-file.js", answers: (fields) => took(fields, { takes_back }) });
    run(`localStorage.setItem("cart", "1")`);
    await page.consentry.choose("none");
    assert.equal(calls.imported.filter(isForgetting).length, takes_back ? 1 : 0);
  }
});

test("the same answer twice is sent once, and another waits for the first and is the one that counts", async () => {
  for (const script of Object.keys(QUESTIONS)) {
    let answer;
    const first = new Promise((done) => (answer = done));
    const { press, button, quiet, seen, calls } = asked({ answers: async (fields) => (await first, took(fields)), script });
    const yes = button("choice", "all");
    yes.click();
    yes.click();
    await press("choice", "none");
    assert.equal(seen.sent.length, 1);
    answer();
    await quiet();
    assert.deepEqual(seen.sent.map((it) => it.fields), ["return=%2Fdekk&choice=all", "return=%2Fdekk&choice=none"], script);
    assert.deepEqual([calls.reload, seen.removed], [0, 1], "nothing follows from an answer that was changed");
  }
});

test("what is pressed and what a script says wait for each other, taken or not, and the last one counts", async () => {
  const refused = { ok: false, status: 400, json: async () => ({ error: "no such choice" }) };
  for (const isTaken of [true, false]) {
    const answers = (fields) => (isTaken || fields.get("choice") == "none" ? took(fields) : refused);
    const { page, press, seen, calls, quiet } = asked({ answers });
    await page.imported("choice.js");
    const said = page.consentry.choose("all").catch((error) => error.message);
    await press("choice", "none");
    assert.equal(await said, isTaken ? undefined : "no such choice");
    await quiet();
    assert.deepEqual(seen.sent.map((it) => it.fields), ["layer=script&choice=all", "return=%2Fdekk&choice=none"]);
    assert.deepEqual([calls.reload, seen.removed], [0, 1]);
  }
  const { page, button, seen, calls, quiet } = asked();
  button("choice", "all").click();
  await page.consentry.choose("none");
  await quiet();
  assert.deepEqual(seen.sent.map((it) => it.fields), ["return=%2Fdekk&choice=all", "layer=script&choice=none"]);
  assert.deepEqual([calls.reload, [...page.consentry.consent]], [0, ["necessary"]]);
});

const STANDS = { unchanged: true };

test("what stands already loads nothing, and is no news to page scripts", async () => {
  for (const script of ["choice-api.js", "choice-file.js"]) {
    const consent = ["necessary", ...ASKED];
    const { page, seen, calls } = asked({ consent, answers: (fields) => took(fields, STANDS), script });
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
  for (const script of ["question-alone.js", "choice-api.js"])
    for (const [cookie, left] of [["2.20543.s..0f3a.f00d.1", ["statistics"]], ["2.20543.....f00d", []], ["2.20543.psm..0f3a.f00d.1", ASKED]]) {
      const { page, seen } = asked({ consent: ["necessary", ...ASKED], script, cookies: { consentry: cookie } });
      page.consentry.stands();
      assert.deepEqual(seen.changed.map((it) => [...it]), [["necessary", ...left]], cookie);
    }
});
