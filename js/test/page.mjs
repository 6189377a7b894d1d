/** A page small enough to see through: just what the scripts for visitors touch. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const built = (name) => readFileSync(fileURLToPath(new URL(`../dist/${name}`, import.meta.url)), "utf8");

/** A page here fetches no file: what it asks for is noted. */
const fetching = (code) => code.replaceAll("import(", "imported(");

export function makePage({ cookies = {}, state = null, hasStorage = true, isSandboxed = false, hasFiles = true } = {}) {
  const jar = new Map(Object.entries(cookies));
  const heard = [];
  const later = [];
  const calls = { reload: 0, opened: [], cached: [], imported: [], asked: 0 };

  class Document {
    get cookie() {
      calls.asked += 1;
      if (isSandboxed) throw new Error("the document is sandboxed");
      return [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    }
    set cookie(text) {
      const [pair, ...attributes] = String(text).split(";");
      const [name, value = ""] = pair.trim().split("=");
      let gone = false;
      for (const attribute of attributes) {
        const [key, given = ""] = attribute.trim().split("=");
        if (/^max-age$/i.test(key)) gone = Number(given) <= 0;
        if (/^expires$/i.test(key)) gone = Date.parse(given) < Date.now();
      }
      if (gone) jar.delete(name);
      else jar.set(name, value);
    }
  }
  class Storage {
    get length() {
      return Object.keys(this).length;
    }
    getItem(key) {
      return Object.hasOwn(this, key) ? this[key] : null;
    }
    setItem(key, value) {
      this[key] = String(value);
    }
    removeItem(key) {
      delete this[key];
    }
  }
  const storages = { localStorage: hasStorage ? new Storage() : null, sessionStorage: hasStorage ? new Storage() : null };
  class IDBFactory {
    open(name) {
      if (!(this instanceof IDBFactory)) throw new TypeError("Illegal invocation");
      calls.opened.push(name);
    }
  }
  class CacheStorage {
    async open(name) {
      if (!(this instanceof CacheStorage)) throw new TypeError("Illegal invocation");
      calls.cached.push(name);
    }
  }
  class StorageManager {
    async getDirectory() {
      if (!(this instanceof StorageManager)) throw new TypeError("Illegal invocation");
      return "directory";
    }
  }
  class CookieStore {
    async set(given, value) {
      jar.set(given.name ?? given, given.value ?? value);
    }
    addEventListener(name, listener) {
      heard.push({ name: `cookie ${name}`, listener });
    }
  }
  const page = {
    Document, Storage, IDBFactory, CacheStorage, CookieStore, StorageManager, URLSearchParams, Date, RegExp,
    document: Object.assign(new Document(), { referrer: "https://shop.example/" }),
    indexedDB: new IDBFactory(),
    caches: new CacheStorage(),
    cookieStore: new CookieStore(),
    navigator: { storage: new StorageManager(), onLine: true },
    // What waits for a time has its turn in settled().
    setTimeout: (job, ms) => (ms ? later.push(job) : setTimeout(job)),
    consentry: {},
    imported: async (address) => {
      calls.imported.push(address);
      if (!hasFiles) throw new TypeError("Failed to fetch dynamically imported module");
    },
    origin: isSandboxed ? "null" : "https://shop.example",
    history: {
      state,
      replaceState(next) {
        this.state = next;
      },
    },
    location: {
      origin: "https://shop.example",
      pathname: "/dekk",
      search: "?bredde=205",
      toString() {
        return this.href ?? this.origin + this.pathname + this.search;
      },
      reload: () => {
        calls.reload += 1;
      },
    },
    addEventListener: (name, listener) => heard.push({ name, listener }),
  };
  page.self = page.window = page;
  vm.createContext(page);
  // Accessors, as browsers have them. Own ones of a context's global object are not found by __lookupGetter__().
  for (const name of Object.keys(storages))
    vm.runInContext("Object.getPrototypeOf(globalThis)", page).__defineGetter__(name, () => storages[name]);
  return {
    page,
    jar,
    calls,
    run: (code) => vm.runInContext(code, page),
    guard: ({ cookies, storage }, name = "guard") =>
      vm.runInContext(fetching(built(`${name}.js`)).replace("$C", cookies).replace("$S", storage), page),
    landing: () => vm.runInContext(fetching(built("landing.js")), page),
    script: (name) => vm.runInContext(fetching(built(name)), page),
    /** What was put off until the page has been painted, and what that begins. */
    settled: () => {
      later.splice(0).forEach((job) => job());
      return new Promise((done) => setTimeout(done));
    },
    fire: (name, event) => heard.filter((it) => it.name === name).forEach((it) => it.listener(event)),
  };
}
