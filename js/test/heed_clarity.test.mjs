import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const built = (name) => readFileSync(fileURLToPath(new URL(`../dist/${name}`, import.meta.url)), "utf8");
const DENIED = "denied";
const GRANTED = "granted";
const OURS = ["consentv2", { ad_Storage: DENIED, analytics_Storage: GRANTED }];

/** A page of a visitor who agreed to statistics, as heed.test.mjs has one. */
function heeded() {
  const page = { consentry: { consent: ["necessary", "statistics"] } };
  page.self = page.window = page;
  const run = (code) => new Function("page", "code", "with (page) return eval(code)")(page, code);
  run(built("clarity.js").replaceAll("__B__", `"${GRANTED}"`).replaceAll("__C__", `"${DENIED}"`));
  run(built("heed-clarity.js").replaceAll("__C__", '"marketing"'));
  return { page, run, queue: () => page.clarity.q.map((one) => [...one].filter((it) => it !== undefined)) };
}

test("advertising that was refused cannot be allowed by a command of the shop's, in either form", () => {
  const it = heeded();
  it.page.clarity("consentv2", { ad_Storage: GRANTED, analytics_Storage: GRANTED });
  it.page.clarity("consent", true);
  it.page.clarity("consent");
  it.page.clarity("consent", false);
  const none = ["consentv2", { analytics_Storage: DENIED, ad_Storage: DENIED }];
  const counts = ["consentv2", { ad_Storage: DENIED, analytics_Storage: GRANTED }];
  assert.deepEqual(it.queue().slice(0), [OURS, counts, counts, counts, none]);
});

test("what is no consent is passed as it is said", () => {
  const it = heeded();
  it.page.clarity("set", "plan", "gold");
  it.page.clarity("event", "Kjøp");
  assert.deepEqual(it.queue().slice(1), [["set", "plan", "gold"], ["event", "Kjøp"]]);
});

test("the function that Clarity puts there is heeded, and gets what was said before", () => {
  const it = heeded();
  const heard = [];
  const { q } = it.page.clarity;
  assert.equal(q.length, 1);
  it.page.clarity = (...said) => heard.push(said);
  it.page.clarity.v = "0.8";
  it.page.clarity("consentv2", { ad_Storage: GRANTED, analytics_Storage: GRANTED });
  assert.deepEqual(heard, [["consentv2", { ad_Storage: DENIED, analytics_Storage: GRANTED }]]);
  assert.equal(it.page.clarity.v, "0.8");
});

test("a yes to advertising in this page is heard", () => {
  const it = heeded();
  it.page.consentry.consent.push("marketing");
  it.page.clarity("consentv2", { ad_Storage: GRANTED, analytics_Storage: GRANTED });
  assert.deepEqual(it.queue().at(-1), ["consentv2", { ad_Storage: GRANTED, analytics_Storage: GRANTED }]);
});
