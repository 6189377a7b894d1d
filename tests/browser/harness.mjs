// What every browser test needs: a Chromium that can reach nothing but the gateway and the recorder, a gateway
// that is already running (see README.md, "Tests"), and questions about both.

import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { startOutside } from './outside.mjs';

/** A visitor's browser; the headless one's own name would be taken for a robot. */
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
/** Longest wait for anything; conditions are polled, nothing sleeps for luck. */
export const PATIENCE_MS = 20_000;
/** Time between two looks at a condition. */
const POLL_MS = 50;

/** Hosts Chromium calls on its own account, whatever page is open; no page of the shop names one of them. */
export const CHROMIUMS_OWN = ['accounts.google.com', 'android.clients.google.com', 'clients2.google.com', 'content-autofill.googleapis.com', 'update.googleapis.com'];
/** What would have it call hosts that pages of the shop do name, a second or so after it starts. */
const CHROMIUMS_HABITS = 'AimEnabled,AimServerEligibilityEnabled,AimServerRequestOnStartupEnabled,AutofillServerCommunication,OptimizationHints,PreconnectFromKeyedService,PreconnectToSearch';

/** Where the gateway under test stands; the program that starts the tests fills the environment. */
export const gateway = (() => {
  const need = (name) => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: start the tests with ./test, or see README.md, "Tests"`);
    return value.replace(/\/$/, '');
  };
  return { shop: need('GATEWAY'), admin: need('ADMIN'), token: need('TOKEN'), prefix: process.env.PREFIX || '/_consentry' };
})();

/** The program that the environment names, or the first of these names on the PATH. */
export function programPath(variable, names) {
  if (process.env[variable]) return process.env[variable];
  for (const name of names) {
    for (const dir of (process.env.PATH ?? '').split(delimiter)) {
      try {
        accessSync(join(dir, name), constants.X_OK);
        return join(dir, name);
      } catch { /* not here: look on */ }
    }
  }
  throw new Error(`none of ${names.join(', ')} found: install the package "${names[0]}", or name the program in ${variable}`);
}

/** The Chromium of this machine. */
export const browserPath = () => programPath('CHROMIUM', ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']);

/** How often Chromium is started until it stays; about one start in five hundred ends in a crash of its own. */
const LAUNCHES_MAX = 3;

/** A Chromium with a new profile. One that dies before it has opened anything has said nothing about the gateway. */
async function launch(settings) {
  for (let tries = 1; ; tries++) {
    const profile = mkdtempSync(join(tmpdir(), 'visitor-'));
    try {
      return { context: await chromium.launchPersistentContext(profile, settings), profile };
    } catch (error) {
      rmSync(profile, { recursive: true, force: true });
      if (tries === LAUNCHES_MAX) throw error;
      console.error(`Chromium did not start (try ${tries} of ${LAUNCHES_MAX}): ${error.message.split('\n', 1)[0]}`);
    }
  }
}

/** A new visitor: an own profile, an own recorder. `close()` ends both. */
export async function newVisitor({ javaScript = true, language = 'nb-NO', userAgent = USER_AGENT } = {}) {
  const outside = await startOutside();
  const rules = [
    ...CHROMIUMS_OWN.map((host) => `MAP ${host} ~NOTFOUND`),
    `MAP *:80 127.0.0.1:${outside.httpPort}`, `MAP *:443 127.0.0.1:${outside.httpsPort}`, 'EXCLUDE 127.0.0.1',
  ];
  const settings = {
    executablePath: browserPath(), headless: true, javaScriptEnabled: javaScript, userAgent, locale: language,
    ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 },
    args: [
      // Service workers, too, are to have it.
      `--user-agent=${userAgent}`,
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--ignore-certificate-errors',
      `--disable-features=${CHROMIUMS_HABITS}`, `--host-resolver-rules=${rules.join(', ')}`,
    ],
  };
  const { context, profile } = await launch(settings).catch(async (error) => {
    // A recorder that goes on listening would keep this process, and the whole suite, waiting for ever.
    await outside.stop();
    throw error;
  });
  const page = context.pages()[0] ?? await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  return {
    page, context, outside, faults, javaScript,
    /** Opens a page of the shop and waits until nothing is on its way any more. */
    async open(path) {
      const response = await page.goto(gateway.shop + path, { waitUntil: 'load' });
      await settle(page);
      return response;
    },
    /** Names of every cookie, of whatever host, HttpOnly ones too. */
    async everyCookie() {
      return (await context.cookies()).map((cookie) => cookie.name).sort();
    },
    /** Names of the gateway's cookies in the jar, HttpOnly ones too. */
    async jar() {
      return (await context.cookies(gateway.shop)).map((cookie) => cookie.name).sort();
    },
    /** Keys in the page's storages. */
    stored: () => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]),
    async close() {
      await context.close();
      await outside.stop();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Runs `walk` with a new visitor, and closes it. `start` makes one. */
export async function withVisitor(walk, options, start = newVisitor) {
  const visitor = await start(options);
  try {
    await walk(visitor);
  } finally {
    await visitor.close();
  }
}

/** Chooses beside the pages, as another tab would. A page that is open hears of it and loads again: leave it first. */
export async function chooseBeside(visitor, url, form) {
  const reply = await visitor.context.request.post(`${url}${gateway.prefix}/choice`, {
    data: `${form}&return=/`, headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' }, maxRedirects: 0,
  });
  if (reply.status() !== 303) throw new Error(`the choice "${form}" was answered with ${reply.status()}: ${await reply.text()}`);
}

/** Waits until the network is quiet: what a page was going to ask for, it has asked for. */
export async function settle(page) {
  await page.waitForLoadState('networkidle');
}

/** Looks again until `look` gives something true; says what it saw last when patience ends. */
export async function until(what, look) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS} ms in vain for: ${what}`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

/** Waits for the reply to a choice; one that was refused is a fault of the page that sent it. */
async function taken(posted) {
  const reply = await posted;
  if (reply.status() >= 400) throw new Error(`the choice "${reply.request().postData()}" was refused with ${reply.status()}`);
}

/** Presses a button of the banner and waits for what follows: a reload after a grant, a closed banner else. */
export async function answer(visitor, role) {
  const { page } = visitor;
  const posted = page.waitForResponse((r) => r.request().method() === 'POST' && r.url().includes(`${gateway.prefix}/choice`));
  // A yes loads the page again, and without JavaScript every answer does.
  const loads = role === 'accept-all' || !visitor.javaScript;
  const loaded = loads ? page.waitForEvent('load') : Promise.resolve();
  await page.locator(`#consentry-banner [data-role="${role}"]`).click();
  await taken(posted);
  await loaded;
  await page.locator('#consentry-banner').waitFor({ state: 'hidden' });
  await settle(page);
}

/** Takes everything back: the standing link, then "no to all" on the preference page. */
export async function withdraw(visitor) {
  const { page } = visitor;
  await page.locator('#consentry-open').click();
  const posted = page.waitForResponse((r) => r.request().method() === 'POST' && r.url().includes(`${gateway.prefix}/choice`));
  await page.locator('[data-role="reject-all"]:visible').first().click();
  await taken(posted);
  await page.waitForLoadState('load');
  await settle(page);
}

/** One question to the statistics: `{dimensions key → metrics}`, or the metrics alone when nothing divides them. `of` says which
 * gateway's. */
export async function ask(metrics, dimensions = [], filters = [], of = gateway) {
  const response = await fetch(`${of.admin}/api/v2/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${of.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ site_id: 'shop', metrics, date_range: 'day', dimensions, filters }),
  });
  if (!response.ok) throw new Error(`the statistics answered ${response.status}: ${await response.text()}`);
  const { results } = await response.json();
  if (dimensions.length === 0) return results[0]?.metrics ?? metrics.map(() => 0);
  return Object.fromEntries(results.map((row) => [row.dimensions.join(' '), row.metrics]));
}
