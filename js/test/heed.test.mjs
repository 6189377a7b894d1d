import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const read = (name) => readFileSync(fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url)), "utf8");
const DENIED = "denied";
const GRANTED = "granted";

/**
 * A page of a visitor who agreed to statistics: what we said stands in the queue. Names of a page are found in an object, for
 * the global object of node:vm has no accessors.
 */
function pageOf(source, { consent = ["necessary", "statistics"], statistics = "statistics" } = {}) {
  const page = { consentry: { consent, gtag: () => {} }, dataLayer: [] };
  page.self = page.window = page;
  // Elements are for a browser: tests/browser/snippets.test.mjs.
  page.MutationObserver = class {
    observe() {}
  };
  page.document = page;
  page.gtag = function () {
    page.dataLayer.push(arguments);
  };
  const run = (code) => new Function("page", "code", "with (page) return eval(code)")(page, code);
  run('gtag("consent", "default", { ad_storage: "denied" })');
  // Ours, too: what an operator grants in a country before an answer.
  run('gtag("consent", "default", { ad_storage: "granted", region: ["US"] })');
  run(source.replaceAll("__A__", '"preferences"').replaceAll("__B__", `"${statistics}"`).replaceAll("__C__", '"marketing"'));
  return { page, run };
}

/** With and without an eye on queues of another name. */
function both(promise, walk) {
  for (const name of ["heed", "heed-queues"]) test(`${promise} (${name})`, () => walk((given) => pageOf(read(name), given)));
}

const OURS = [["consent", "default", { ad_storage: DENIED }], ["consent", "default", { ad_storage: GRANTED, region: ["US"] }]];
/** What was said after ours. */
function queue(it) {
  const all = JSON.parse(it.run("JSON.stringify([...dataLayer].map((one) => (one?.length ? [...one] : one)))"));
  assert.deepEqual(all.slice(0, 2), OURS);
  return all.slice(2);
}

both("what is refused cannot be granted by a command of the shop's, and what is granted can", (heeded) => {
  const it = heeded();
  it.run('gtag("consent", "update", { ad_storage: "granted", analytics_storage: "granted", ad_user_data: "granted", own_storage: "granted" })');
  it.run('gtag("consent", "default", { ad_personalization: "granted", region: ["NO"], wait_for_update: 500 })');
  assert.deepEqual(queue(it), [
    ["consent", "update", { ad_storage: DENIED, analytics_storage: GRANTED, ad_user_data: DENIED, own_storage: GRANTED }],
    ["consent", "default", { ad_personalization: DENIED, region: ["NO"], wait_for_update: 500 }],
  ]);
});

both("a snippet that defines gtag and the queue once more is heeded too", (heeded) => {
  const it = heeded();
  it.run('window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments) } gtag("consent", "update", { ad_storage: "granted" })');
  assert.deepEqual(queue(it).at(-1), ["consent", "update", { ad_storage: DENIED }]);
});

both("a tag that puts its own push before ours reads nothing that was not agreed to", (heeded) => {
  const it = heeded();
  // What Google's tags do: keep what comes, let the queue have it, then read what was kept.
  it.run(`self.read = []; { const kept = []; const { push } = dataLayer; dataLayer.push = function () {
    const given = [].slice.call(arguments); kept.push(...given);
    const count = push.apply(dataLayer, given); while (kept.length) read.push(JSON.stringify([...kept.shift()])); return count;
  } }`);
  assert.equal(it.run('gtag("consent", "update", { ad_storage: "granted" }); dataLayer.push(["x"])'), 4);
  assert.deepEqual([...it.page.read], ['["consent","update",{"ad_storage":"denied"}]', '["x"]']);
  assert.equal(queue(it).length, 2);
});

both("the shop's own object stays as it was", (heeded) => {
  const it = heeded();
  it.run('self.own = { ad_storage: "granted" }; gtag("consent", "update", own)');
  assert.equal(it.page.own.ad_storage, GRANTED);
});

both("a queue in the place of ours begins with what we said", (heeded) => {
  const it = heeded();
  it.run('dataLayer = [{ page: 1 }, (function () { return arguments })("consent", "default", { ad_storage: "granted" })]; gtag("consent", "update", { ad_storage: "granted" })');
  assert.deepEqual(queue(it), [
    { page: 1 },
    ["consent", "default", { ad_storage: DENIED }],
    ["consent", "update", { ad_storage: DENIED }],
  ]);
});

both("a choice in this page is told as it is", (heeded) => {
  const it = heeded();
  it.run('consentry.consent = ["necessary", "statistics", "marketing"]; gtag("consent", "update", { ad_storage: "granted" })');
  assert.deepEqual(queue(it).at(-1), ["consent", "update", { ad_storage: GRANTED }]);
  it.run('consentry.consent = ["necessary"]; gtag("consent", "update", { ad_storage: "granted", analytics_storage: "granted" })');
  assert.deepEqual(queue(it).at(-1), ["consent", "update", { ad_storage: DENIED, analytics_storage: DENIED }]);
});

both("what a single tracker may do passes", (heeded) => {
  const it = heeded({ consent: ["necessary"], statistics: "necessary" });
  it.run('gtag("consent", "update", { ad_storage: "granted", analytics_storage: "granted" })');
  assert.deepEqual(queue(it).at(-1), ["consent", "update", { ad_storage: DENIED, analytics_storage: GRANTED }]);
});

both("everything else passes as it is", (heeded) => {
  const it = heeded();
  it.run('dataLayer.push(null, undefined, 1, "consent", { event: "x" }, ["consent"], { 0: "consent" }); gtag("config", "G-1", { ad_storage: "granted" })');
  assert.deepEqual(queue(it), [null, null, 1, ["c", "o", "n", "s", "e", "n", "t"], { event: "x" }, ["consent"], { 0: "consent" }, ["config", "G-1", { ad_storage: GRANTED }]]);
});
