import assert from "node:assert/strict";
import { test } from "node:test";

import { readable, valueName } from "../dashboard/format.js";

test("a page is shown as people read it", () => {
  assert.equal(readable("/fullf%C3%B8rt/%C3%85re-%D1%88%D0%B8%D0%BD%D1%8B"), "/fullført/Åre-шины");
  assert.deepEqual(valueName("event:page", "/kj%C3%B8p"), { text: "/kjøp", why: "/kj%C3%B8p" });
});

test("what is no letter stays encoded", () => {
  for (const page of ["/a%2Fb%20c%22", "/%E2%80%AEgpj", "/%C2%85%C2%A0", "/%E2%80%93", "/%F0%9F%9A%97", "/%F8rt", "/f%C3", "/100%"]) {
    assert.equal(readable(page), page);
  }
  assert.equal(readable("/%C3%B8%E2%80%AE%C3%A5"), "/ø%E2%80%AEå");
});
