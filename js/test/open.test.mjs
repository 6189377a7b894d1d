import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage } from "./page.mjs";

/** What a click on the element of this id does. */
function clicked(id, keys = {}) {
  const it = makePage();
  it.page.consentry.at = "https://shop.example/_consentry/";
  it.script("open.js");
  let opened = 0;
  let prevented = 0;
  it.page.consentry.choose = async (choice) => (opened += choice === undefined);
  it.fire("click", { target: { id }, preventDefault: () => void (prevented += 1), ...keys });
  return [opened, prevented];
}

test("the standing link opens the preferences over the page", () => {
  assert.deepEqual(clicked("consentry-open"), [1, 1]);
});

test("another link does not, nor does the standing one when a new tab is asked for", () => {
  assert.deepEqual(clicked("shop"), [0, 0]);
  assert.deepEqual(clicked("consentry-open", { ctrlKey: true }), [0, 0]);
  assert.deepEqual(clicked("consentry-open", { metaKey: true }), [0, 0]);
});
