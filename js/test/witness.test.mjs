import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const SCRIPT = readFileSync(fileURLToPath(new URL("../dist/witness.js", import.meta.url)), "utf8");

/** A page with what a browser keeps for it; `lacks` names what this one has no right to. */
async function witnessed({ cookie = "", storage = {}, hosts = [], databases = [], caches = [], lacks = [] } = {}) {
  const heard = {};
  const sent = [];
  const timers = [];
  const page = {
    document: {
      currentScript: { src: "https://shop.example/_consentry/witness.js" },
      readyState: "loading",
      cookie,
    },
    location: { hostname: "shop.example" },
    localStorage: { ...storage },
    sessionStorage: {},
    indexedDB: { databases: async () => databases.map((name) => ({ name })) },
    caches: { keys: async () => caches },
    performance: { getEntriesByType: () => hosts.map((name) => ({ name })) },
    navigator: { sendBeacon: (to, body) => sent.push({ to, ...body }) },
    Blob: class {
      constructor([text], { type }) {
        Object.assign(this, { said: JSON.parse(text), type, bytes: Buffer.byteLength(text) });
      }
    },
    URL,
    addEventListener: (name, listener) => (heard[name] = listener),
    setTimeout: (job) => timers.push(job),
  };
  page.self = page;
  for (const name of lacks)
    Object.defineProperty(page, name, {
      get() {
        throw new Error("SecurityError");
      },
    });
  vm.createContext(page);
  vm.runInContext(SCRIPT, page);
  heard.load();
  await Promise.all(timers.map((job) => job()));
  await new Promise(setImmediate);
  return { page, sent, leave: () => heard.pagehide() };
}

test("names are told once, values never", async () => {
  const { page, sent, leave } = await witnessed({
    cookie: "_ga=GA1.1.4711; cart=hemmelig; nameless",
    storage: { theme: "dark", "user:1": "ola" },
    hosts: ["https://cdn.example/a.js?id=4711", "https://shop.example/x.png", "data:,x", "about:client"],
    databases: ["keyval"],
    caches: ["pwa-v1"],
  });
  assert.equal(sent.length, 1);
  const [{ to, type, said }] = sent;
  assert.equal(to, "https://shop.example/_consentry/report");
  assert.equal(type, "application/json");
  assert.deepEqual(said, {
    cookies: ["_ga", "cart"],
    storage: ["theme", "user:1", "keyval", "pwa-v1"],
    hosts: ["cdn.example"],
  });
  leave();
  assert.equal(sent.length, 1, "nothing new, nothing said");
  page.localStorage.late = "1";
  leave();
  assert.deepEqual(sent[1].said, { cookies: [], storage: ["late"], hosts: [] });
});

test("a page that may look at nothing stays quiet and throws nothing", async () => {
  const { sent } = await witnessed({ lacks: ["localStorage", "sessionStorage", "indexedDB", "caches"] });
  assert.deepEqual(sent, []);
});

test("what is said fits into what is taken, and the rest is said later", async () => {
  const long = Array.from({ length: 120 }, (_, n) => `${"k".repeat(85)}-${n}-9f8e7d6c5b4a`);
  const { sent, leave } = await witnessed({
    cookie: long.map((name) => `${name}=1`).join("; "),
    storage: Object.fromEntries(long.map((name) => [name, "1"])),
    hosts: long.map((name) => `https://${name.slice(60)}.example/`),
  });
  leave();
  leave();
  assert.ok(sent.every(({ bytes }) => bytes <= 16 * 1024), sent.map(({ bytes }) => bytes).join());
  assert.equal(sent.reduce((sum, { said }) => sum + said.storage.length, 0), long.length);
});

test("a name that is cut, or no plain text, ends in a mark that nothing of it can be told from", async () => {
  const cut = `${"k_".repeat(42)}9f8e7d6c5b4a`;
  const { sent } = await witnessed({ storage: { [cut]: "1", "navn på ola": "1" } });
  assert.deepEqual(sent[0].said.storage, [`${"k_".repeat(42).replace(/\w*$/, "")}%`, "navn%"]);
});
