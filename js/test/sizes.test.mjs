import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage } from "./page.mjs";

test("placeholders get their size when the page is read", () => {
  const it = makePage();
  const placeholder = { style: {}, dataset: { consentrySize: "width:560px;min-height:315px" } };
  it.page.document.querySelectorAll = (which) => (which == "[data-consentry-size]" ? [placeholder] : []);
  it.script("sizes.js");
  assert.deepEqual(placeholder.style, {});
  it.fire("DOMContentLoaded", {});
  assert.deepEqual(placeholder.style, { cssText: "width:560px;min-height:315px" });
});
