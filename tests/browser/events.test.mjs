// What page scripts tell: Plausible's own tracker from npm pointed at the gateway, the gateway's beacon, and
// consentry.event; in a real browser, up to the figures.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { newVisitor, until } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const OPEN = 'k = { city = 1, region = 1, text = 1, answer = 1 }';
/** What the shop itself keeps. */
const KEPT = ['PHPSESSID'];
const GOALS = '[[site.goal]]\nname = "Purchase"';
const html = (body, head = '') => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>${head}</head><body>${body}</body></html>`;

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** What esbuild makes of a shop's own script: name and text of each file. */
function bundle(contents, options) {
  const { outputFiles } = buildSync({ stdin: { contents, resolveDir: HERE, loader: 'js' }, bundle: true, write: false, outdir: '/', ...options });
  return outputFiles.map(({ path, text }) => [basename(path), text]);
}

/** Plausible's tracker as a shop bundles it. */
function tracker(endpoint, more = '') {
  const contents = `import { init, track } from '@plausible-analytics/tracker';
    init({ domain: 'shop', endpoint: '${endpoint}', captureOnLocalhost: true, outboundLinks: true${more} });
    window.track = (name, options) => new Promise((done) => track(name, { ...options, callback: done }));`;
  return bundle(contents, { format: 'iife' })[0][1];
}

/** One question: rows as they are answered. */
async function ask(gateway, token, metrics, dimensions = [], filters = []) {
  const response = await fetch(`${gateway.admin}/api/v2/query`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ site_id: 'shop', metrics, date_range: 'day', dimensions, filters }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()).results.map((row) => [...row.dimensions, ...row.metrics]);
}

/** Waits until a question is answered so. */
async function figures(gateway, token, question, expected) {
  let last;
  await until(`${JSON.stringify(question)} to be ${JSON.stringify(expected)}`, async () => {
    last = await ask(gateway, token, ...question);
    return JSON.stringify(last) === JSON.stringify(expected);
  }).catch((error) => { throw new Error(`${error.message}; last: ${JSON.stringify(last)}`); });
}

/** Everything that the page tells the gateway, with what is answered. */
function listen(visitor) {
  const told = [];
  visitor.page.on('response', (response) => {
    const request = response.request();
    if (request.method() !== 'POST' || !/_consentry\/(api\/)?event/.test(request.url())) return;
    told.push({ body: request.postDataJSON(), status: response.status(), dropped: response.headers()['x-plausible-dropped'] });
  });
  return told;
}

/** A shop and a gateway for the tests of a block. */
function setting(options) {
  const it = {};
  before(async () => {
    it.shop = await startShop();
    it.gateway = await startGateway(it.shop, options);
    it.token = it.gateway.token();
  });
  after(async () => {
    await it.gateway?.stop();
    await it.shop?.stop();
  });
  return it;
}

async function visit(walk) {
  const visitor = await newVisitor();
  try {
    await walk(visitor, listen(visitor));
    assert.deepEqual(visitor.faults, []);
  } finally {
    await visitor.close();
  }
}

describe('Plausible\'s tracker', () => {
  const it = setting({ statistics: `${OPEN}\ncount = "script"`, tables: GOALS });

  test('counts page views, events with revenue, and attention, as it does at home', () => visit(async (visitor, told) => {
    const { page } = visitor;
    it.shop.serve('/spa', html('<h1>Dekk</h1>', '<script src="/tracker.js"></script>'));
    it.shop.serve('/tracker.js', tracker('/_consentry/event'), { type: 'text/javascript' });
    await page.goto(`${it.gateway.url}/spa`);
    const answer = await page.evaluate(() => track('Purchase', { props: { brand: 'Nordgrip' }, revenue: { amount: 1299.5, currency: 'NOK' } }));
    assert.deepEqual(answer, { status: 202 });
    await page.evaluate(() => history.pushState(null, '', '/spa/felger'));
    // The window is left: a headless one never is.
    await page.evaluate(() => { document.hasFocus = () => false; dispatchEvent(new Event('blur')); });
    await until('the engagement', () => told.filter(({ body }) => body.n === 'engagement').length >= 2);
    assert.deepEqual([...new Set(told.map(({ status, dropped }) => `${status} ${dropped}`))], ['202 undefined']);
    await figures(it.gateway, it.token, [['visitors', 'visits', 'pageviews', 'bounce_rate']], [[1, 1, 2, 0]]);
    await figures(it.gateway, it.token, [['pageviews'], ['event:page']], [['/spa', 1], ['/spa/felger', 1]]);
    await figures(it.gateway, it.token, [['events'], ['event:name'], [['is', 'event:name', ['Purchase']]]], [['Purchase', 1]]);
    await figures(it.gateway, it.token, [['events'], ['event:props:brand'], [['is', 'event:goal', ['Purchase']]]], [['Nordgrip', 1]]);
    const [[revenue]] = await ask(it.gateway, it.token, ['total_revenue'], [], [['is', 'event:goal', ['Purchase']]]);
    assert.deepEqual([revenue.value, revenue.currency], [1299.5, 'NOK']);
    assert.deepEqual(await visitor.everyCookie(), KEPT);
  }));

  test('tells pages apart by their fragment where it is told to', () => visit(async (visitor, told) => {
    const { page } = visitor;
    it.shop.serve('/hash', html('<h1>Dekk</h1>', '<script src="/hash.js"></script>'));
    it.shop.serve('/hash.js', tracker('/_consentry/event', ', hashBasedRouting: true'), { type: 'text/javascript' });
    await page.goto(`${it.gateway.url}/hash#/one?kunde=4711`);
    await page.evaluate(() => { location.hash = '#/to/ola@example.no'; });
    await until('both views', () => told.filter(({ body }) => body.n === 'pageview').length === 2);
    assert.deepEqual([...new Set(told.map(({ status, dropped }) => `${status} ${dropped}`))], ['202 undefined']);
    for (const name of ['/hash#/one', '/hash#/to/:email']) {
      await figures(it.gateway, it.token, [['pageviews'], ['event:page'], [['is', 'event:page', [name]]]], [[name, 1]]);
    }
  }));

  test('works under the path it has at home, for a server, too', async () => {
    const { url } = it.gateway;
    const send = (body) => fetch(`${url}/_consentry/api/event`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' }, body: JSON.stringify(body),
    });
    const answer = await send({ name: 'pageview', url: `${url}/app`, domain: 'shop' });
    assert.deepEqual([answer.status, await answer.text()], [202, 'ok']);
    await figures(it.gateway, it.token, [['pageviews'], ['event:page'], [['is', 'event:page', ['/app']]]], [['/app', 1]]);
    assert.equal((await send({ name: 'pageview', domain: 'shop' })).status, 400);
  });
});

describe('Plausible\'s tracker in the shop\'s own script', () => {
  const it = setting({ statistics: `${OPEN}\ncount = "script"`, tables: GOALS });
  const START = `init({ domain: 'shop', endpoint: '/_consentry/event', captureOnLocalhost: true });
    window.track = (name) => new Promise((done) => track(name, { callback: done }));`;
  const PACKED = `import { init, track } from '@plausible-analytics/tracker'; ${START}`;
  const BEFORE = `const shop = document.title; document.body.dataset.shop = shop; ${PACKED}`;
  const APART = `const { init, track } = await import('@plausible-analytics/tracker'); ${START}`;
  const forms = {
    'iife': [PACKED, { format: 'iife' }],
    'iife, minified': [PACKED, { format: 'iife', minify: true }],
    'a module': [PACKED, { format: 'esm' }],
    'a module, minified': [PACKED, { format: 'esm', minify: true }],
    'behind own code, minified': [BEFORE, { format: 'esm', minify: true }],
    'in a part of its own': [APART, { format: 'esm', splitting: true }],
    'in a part of its own, minified': [APART, { format: 'esm', minify: true, splitting: true }],
  };

  /** The page's own script has run, and what it tells is taken, before any answer. */
  const started = (head) => visit(async ({ page }) => {
    it.shop.serve('/packed', html('<h1>Dekk</h1>', head));
    await page.goto(`${it.gateway.url}/packed`);
    await page.waitForFunction(() => window.track);
    assert.deepEqual(await page.evaluate(() => track('Signup')), { status: 202 });
  });

  for (const [form, [contents, options]] of Object.entries(forms)) {
    test(`starts before any answer: ${form}`, async () => {
      for (const [name, text] of bundle(contents, options)) it.shop.serve(`/out/${name}`, text, { type: 'text/javascript' });
      await started(`<script defer ${options.format === 'esm' ? 'type="module" ' : ''}src="/out/stdin.js"></script>`);
    });
  }

  test('starts before any answer: the package\'s file, imported under its own name', async () => {
    const file = readFileSync(join(HERE, 'node_modules/@plausible-analytics/tracker/plausible.js'), 'utf8');
    it.shop.serve('/lib/plausible.js', file, { type: 'text/javascript' });
    await started(`<script type="module">import { init, track } from '/lib/plausible.js'; ${START}</script>`);
  });
});

describe('where the gateway counts page views', () => {
  const it = setting({ statistics: `${OPEN}\nbeacon = ["engagement", "outbound", "downloads", "forms"]`, tables: GOALS });

  test('Plausible\'s tracker adds its events and no page views', () => visit(async (visitor, told) => {
    it.shop.serve('/', html('<h1>Dekk</h1>', '<script src="/tracker.js"></script>'));
    it.shop.serve('/tracker.js', tracker('/_consentry/event'), { type: 'text/javascript' });
    await visitor.page.goto(`${it.gateway.url}/`);
    await visitor.page.evaluate(() => track('Signup'));
    await until('both', () => told.length >= 2);
    assert.deepEqual(told.map(({ body, status, dropped }) => [body.n, status, dropped]), [['pageview', 202, '1'], ['Signup', 202, undefined]]);
    await figures(it.gateway, it.token, [['visitors', 'pageviews', 'events']], [[1, 1, 2]]);
    await figures(it.gateway, it.token, [['events'], ['dropped:reason']], [['counted_by_gateway', 1]]);
  }));

  test('the beacon tells what only a browser knows, and stores nothing', () => visit(async (visitor, told) => {
    const { page } = visitor;
    it.shop.serve('/lang', html('<div style="height:5000px">Dekk</div><a id="out" href="https://leak.example/dekk?kunde=4711">ut</a><a id="file" href="/katalog.pdf?t=1">pdf</a><form id="form" action="/own.gif"><input name="epost" value="ola@example.com"></form>'));
    await page.goto(`${it.gateway.url}/lang`, { waitUntil: 'networkidle' });
    assert.equal(await page.locator('script[src*="beacon.js"]').count(), 1);
    // Each would leave the page; the beacon hears of it all the same.
    await page.evaluate(() => ['click', 'submit'].map((kind) => document.addEventListener(kind, (event) => event.preventDefault())));
    await page.evaluate(() => { out.click(); file.click(); scrollTo(0, 99999); });
    await page.waitForFunction(() => scrollY > 1000);
    // The window is left: a headless one never is.
    await page.evaluate(() => { document.hasFocus = () => false; dispatchEvent(new Event('blur')); });
    await page.evaluate(() => form.requestSubmit());
    await until('the attention and the form', () => ['engagement', 'Form: Submission'].every((name) => told.some(({ body }) => body.n === name)));
    const by = Object.fromEntries(told.map(({ body }) => [body.n, body]));
    assert.deepEqual(by['Outbound Link: Click'].props, { url: 'https://leak.example/dekk' });
    assert.deepEqual(by['File Download'].props, { url: `${it.gateway.url}/katalog.pdf` });
    assert.deepEqual(Object.keys(by['Form: Submission']), ['n', 'u']);
    assert.equal(by.engagement.sd, 100);
    assert.ok(told.every(({ status, dropped }) => status === 202 && dropped === undefined));
    assert.ok(!JSON.stringify(told).includes('ola@') && !JSON.stringify(told).includes('4711'));
    await page.goto(`${it.gateway.url}/lang`);
    assert.deepEqual([await visitor.everyCookie(), await visitor.stored()], [KEPT, []]);
    await figures(it.gateway, it.token, [['scroll_depth'], [], [['is', 'event:page', ['/lang']]]], [[100]]);
  }));

  test('a page that objects has no beacon, and its events are not counted', () => visit(async (visitor, told) => {
    const { page } = visitor;
    it.shop.serve('/', html('<h1>Dekk</h1>'));
    await page.goto(`${it.gateway.url}/_consentry/my-data`);
    await page.locator('[data-role="object"]').click();
    await page.waitForLoadState('load');
    assert.deepEqual(await visitor.everyCookie(), ['consentry_objection']);
    await page.goto(`${it.gateway.url}/`, { waitUntil: 'networkidle' });
    assert.equal(await page.locator('script[src*="beacon.js"]').count(), 0);
    await page.evaluate(() => consentry.event('Purchase'));
    await until('the event', () => told.length === 1);
    assert.equal(told[0].dropped, '1');
  }));
});

describe('consentry.event', () => {
  const it = setting({ statistics: OPEN, tables: GOALS });

  test('is there before and after an answer, and keeps nothing', () => visit(async (visitor, told) => {
    const { page } = visitor;
    it.shop.serve('/takk', html('<base href="https://leak.example/"><h1>Takk</h1>'));
    const buy = () => page.evaluate(() => consentry.event('Purchase', { revenue: { amount: '100.25', currency: 'NOK' }, props: { brand: 'Skarv' }, interactive: false }));
    await page.goto(`${it.gateway.url}/takk`, { waitUntil: 'networkidle' });
    assert.equal(await buy(), true);
    await until('the event', () => told.length === 1);
    assert.deepEqual([await visitor.everyCookie(), await visitor.stored()], [KEPT, []]);
    for (const role of ['reject-all', 'accept-all']) {
      await visitor.context.clearCookies();
      await page.goto(`${it.gateway.url}/takk`, { waitUntil: 'networkidle' });
      const loaded = role === 'accept-all' ? page.waitForEvent('load') : undefined;
      await page.locator(`#consentry-banner [data-role="${role}"]`).click();
      await loaded;
      await page.locator('#consentry-banner').waitFor({ state: 'hidden' });
      await page.goto(`${it.gateway.url}/takk`, { waitUntil: 'networkidle' });
      assert.equal(await buy(), true);
    }
    await until('all', () => told.length === 3);
    assert.ok(told.every(({ status, dropped }) => status === 202 && dropped === undefined));
    await figures(it.gateway, it.token, [['events'], ['event:name'], [['is', 'event:name', ['Purchase']]]], [['Purchase', 3]]);
    const [[revenue]] = await ask(it.gateway, it.token, ['total_revenue'], [], [['is', 'event:goal', ['Purchase']]]);
    assert.deepEqual([revenue.value, revenue.currency], [300.75, 'NOK']);
  }));
});
