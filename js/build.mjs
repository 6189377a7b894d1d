/**
 * Builds what goes into the binary: node build.mjs [--out DIR] [--sizes]
 *
 * guard.js, guard-granted.js, guard-alone.js, guard-free.js,
 * guard-free-alone.js, landing.js, landing-alone.js, signals.js,
 *                                                       what the script in <head> is put together from
 * default.js, answered.js, heed.js, heed-queues.js, uet.js, clarity.js, heed-clarity.js,
 * idle.js, idle-google.js, open.js, open-hosts.js, open-free.js, question.js,
 * question-alone.js, choice-api.js, embed.js, event.js
 * made.js, made-asks.js, embeds.js                      put in where frames that scripts make were refused before
 * keep-hydrated.js, keep-swapped.js                     put in where the page's scripts draw all of it anew
 * kept.js                                               put in where a service worker may keep the page
 * ahead.js                                              put in where a browser fetches the page ahead
 * areas.js                                              put in where the page's scripts tell each other what they store
 * choice-file.js, forget.js, frames.js                  files that visitors' browsers fetch when they are needed
 * witness.js                                            a file that pages of the mode "observe" fetch
 * beacon.js(.hash)                                      a file that pages fetch where the operator asked for it
 * link.css, print.css, embed.css, banner.css,
 * page.css(.hash)                                       styles, and the hash a page's policy names
 * dashboard.html, dashboard.js, dashboard.css           the analysts' page
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const named = process.argv.indexOf("--out");
const out = named > 0 ? process.argv[named + 1] : process.env.CONSENTRY_JS_OUT || join(here, "dist");
const targets = ["chrome97", "firefox104", "safari15.4"];
const small = { minify: true, target: targets, charset: "utf8", legalComments: "none" };

/** Most bytes after minification; for `brotli`, after compression. The guard's promise is 1 KiB. */
const LIMITS = {
  "guard.js": { minified: 1023 },
  "guard-granted.js": { minified: 1023 },
  "guard-alone.js": { minified: 1023 },
  "question.js": { brotli: 612 },
  "choice-file.js": { brotli: 2624 },
  "witness.js": { brotli: 1024 },
  "beacon.js": { brotli: 1024 },
  "event.js": { brotli: 192 },
  "made-asks.js": { brotli: 128 },
  "frames.js": { brotli: 672 },
  "idle-google.js": { brotli: 384 },
  "dashboard.js": { brotli: 40 * 1024 },
  "dashboard.css": { brotli: 4 * 1024 },
};

const read = (name) => readFileSync(join(here, name), "utf8");
const write = (name, text) => writeFileSync(join(out, name), text);

async function minified(source, define) {
  const { code } = await transform(read(source), { ...small, loader: "js", define });
  // To a browser both are the same, and `let` is two bytes less.
  return code.trim().replace(/;$/, "").replaceAll(/\bconst /g, "let ");
}

const script = async (source, name, define) => writeScript(source, name, await minified(source, define));

/** How long after a new page was read what its first paint does not need is begun. Unit: milliseconds. */
const AFTER_PAINT = "99";

/** What keeps scripts from storing, and what looks whether the answer still stands; a block each. Who agreed to everything has
 * nothing to be kept from and no question in the page, whose first paint could wait: the second alone, at once. */
async function guard(name, free, granted, alone) {
  const watch = await minified("watch.js", { __FREE__: `${free}`, __GRANTED__: `${granted}`, __ALONE__: `${alone}` });
  const code = free ? watch : `${await minified("guard.js", {})}setTimeout(()=>${watch})`;
  writeScript("guard.js", name, code);
}

/** As `script`, with what the source imports, as far as it is used. */
async function bundle(source, name, define, format = "iife") {
  const { outputFiles } = await build({
    ...small,
    define,
    entryPoints: [join(here, source)],
    bundle: true,
    write: false,
    format,
    logLevel: "warning",
  });
  writeScript(source, name, outputFiles[0].text);
}

function writeScript(source, name, code) {
  // An inline script ends at the first "</script", whatever JavaScript thinks of it.
  if (/<\/script|<!--/i.test(code)) throw new Error(`${source} cannot stand inside a page`);
  write(name, code.trim().replace(/;$/, ""));
}

async function style(source, name) {
  const { code } = await transform(read(source), { loader: "css", minify: true, target: targets });
  const text = code.trim();
  write(name, text);
  write(`${name}.hash`, `sha256-${createHash("sha256").update(text).digest("base64")}`);
}

async function dashboard() {
  await build({
    entryPoints: { dashboard: join(here, "dashboard/main.js") },
    bundle: true,
    minify: true,
    format: "iife",
    target: targets,
    charset: "utf8",
    legalComments: "eof",
    outdir: out,
    logLevel: "warning",
  });
  write("dashboard.html", read("dashboard/index.html"));
}

function sizes() {
  let over = 0;
  for (const [name, limit] of Object.entries(LIMITS)) {
    const bytes = readFileSync(join(out, name));
    const found = { minified: bytes.length, brotli: brotliCompressSync(bytes).length };
    for (const [kind, most] of Object.entries(limit)) {
      const verdict = found[kind] <= most ? "ok" : "TOO LARGE";
      if (found[kind] > most) over += 1;
      console.log(`${name.padEnd(16)} ${kind.padEnd(9)} ${String(found[kind]).padStart(7)} of ${most} ${verdict}`);
    }
  }
  if (over) process.exitCode = 1;
}

mkdirSync(out, { recursive: true });
await guard("guard.js", false, false, false);
await guard("guard-granted.js", false, true, false);
await guard("guard-alone.js", false, false, true);
await guard("guard-free.js", true, true, false);
await guard("guard-free-alone.js", true, true, true);
await script("landing.js", "landing.js", { __ALONE__: "false" });
await script("landing.js", "landing-alone.js", { __ALONE__: "true" });
await script("signals.js", "signals.js", {});
for (const name of ["default.js", "answered.js", "uet.js", "clarity.js", "heed-clarity.js"]) await script(name, name, {});
await script("heed.js", "heed.js", { __QUEUES__: "false" });
await script("heed.js", "heed-queues.js", { __QUEUES__: "true" });
await script("idle.js", "idle.js", { __HELD__: "false" });
await script("idle.js", "idle-google.js", { __HELD__: "true" });
await bundle("forget.js", "forget.js", {}, "esm");
await script("embed.js", "embed.js", {});
await script("embeds.js", "embeds.js", {});
await script("made.js", "made.js", { __FILE__: '"frames"' });
await script("made.js", "made-asks.js", { __FILE__: '"embeds"' });
await bundle("frames.js", "frames.js", {}, "esm");
await script("question.js", "question.js", { __ALONE__: "false", __AFTER_PAINT__: AFTER_PAINT });
await script("question.js", "question-alone.js", { __ALONE__: "true", __AFTER_PAINT__: AFTER_PAINT });
await bundle("choice.js", "choice-api.js", { __DIALOG__: "false" });
await bundle("choice.js", "choice-file.js", { __DIALOG__: "true" });
await script("open.js", "open.js", { __HELD__: "true", __HOSTS__: "false" });
await script("open.js", "open-hosts.js", { __HELD__: "true", __HOSTS__: "true" });
await script("open.js", "open-free.js", { __HELD__: "false", __HOSTS__: "false" });
await bundle("keep.js", "keep-hydrated.js", { __HYDRATED__: "true" });
await bundle("keep.js", "keep-swapped.js", { __HYDRATED__: "false" });
await bundle("kept.js", "kept.js", {});
await script("ahead.js", "ahead.js", {});
await script("areas.js", "areas.js", {});
await script("witness.js", "witness.js", {});
await script("event.js", "event.js", {});
await script("beacon.js", "beacon.js", {});
write("beacon.js.hash", createHash("sha256").update(readFileSync(join(out, "beacon.js"))).digest("hex").slice(0, 16));
await style("style/banner.css", "banner.css");
await style("style/link.css", "link.css");
await style("style/print.css", "print.css");
await style("style/embed.css", "embed.css");
await style("style/page.css", "page.css");
await dashboard();
if (process.argv.includes("--sizes")) sizes();
