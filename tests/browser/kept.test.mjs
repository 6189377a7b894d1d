// A service worker of the shop that keeps pages, as apps in a browser do: it answers with what it fetched itself.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answer, chooseBeside, settle, until, withdraw, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const TAG = 'www.googletagmanager.com';
const CACHE = 'shop-precache-v2';
/** Keeps a page and a picture when it is installed, and answers from there before it asks anybody; what it asks for it keeps. */
const WORKER = `
  const open = () => caches.open('${CACHE}');
  addEventListener('install', (event) => {
    skipWaiting();
    event.waitUntil(open().then((cache) => cache.addAll(['/app', '/own.gif'])));
  });
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  const asked = async (request) => {
    const cache = await open();
    const kept = await cache.match(request);
    if (kept) return kept;
    const reply = await fetch(request);
    await cache.put(request, reply.clone());
    return reply;
  };
  addEventListener('fetch', (event) => {
    if (event.request.mode === 'navigate' && new URL(event.request.url).pathname === '/app') event.respondWith(asked(event.request));
  });`;
/** Keeps pages where nothing of ours looks. */
const HOARDER = `
  const kept = new Map();
  addEventListener('install', () => skipWaiting());
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  const asked = async (request) => {
    if (!kept.has(request.url)) kept.set(request.url, await fetch(request));
    return kept.get(request.url).clone();
  };
  addEventListener('fetch', (event) => {
    if (event.request.mode === 'navigate') event.respondWith(asked(event.request));
  });`;
const page = (worker) => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title><script async src="https://${TAG}/gtag/js?id=G-1"></script></head><body><main><h1>Dekk</h1></main><script>
  document.cookie = '_ga=GA1.1.1; path=/';
  localStorage.cart = '1';
  navigator.serviceWorker.register('${worker}');
</script></body></html>`;
const allow = (worker) => `[[site.allow]]\nservice_worker = "${worker}"\ncategory = "necessary"\nwhy = "viser siden uten nett"\n`;

/** The name that the worker keeps things under: open to pages once its category is agreed to. */
const KEPT = `[[site.allow]]\ncookie = "${CACHE}"\ncategory = "preferences"\nwhy = "sider som vises uten nett"\n`;

let shop;
let gateway;
/** How often a page was loaded again for an answer given on it, which nobody went to. */
let again = 0;
before(async () => {
  shop = await startShop();
  shop.serve('/app', page('/sw.js'));
  shop.serve('/sw.js', WORKER, { type: 'text/javascript' });
  shop.serve('/hoarded', page('/hoarder.js'));
  shop.serve('/hoarder.js', HOARDER, { type: 'text/javascript' });
  gateway = await startGateway(shop, { more: 'uses = ["google-tag", "google-analytics"]', statistics: 'sitemap = false', tables: allow('/sw.js') + allow('/hoarder.js') + KEPT });
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

const open = async ({ page: its }, path = '/app') => {
  await its.goto(gateway.url + path, { waitUntil: 'load' });
  await settle(its);
};
/** Waits until the worker answers for this page, and has what it wants to keep. */
const isInstalled = ({ page: its }) => its.evaluate(async () => {
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) await new Promise((done) => { navigator.serviceWorker.oncontrollerchange = done; });
});
/** Does it, and says how often the shop was asked for the page meanwhile. */
async function asks(go) {
  const before_ = shop.seen.length;
  await go();
  return shop.seen.slice(before_).filter((one) => one.path === '/app').length;
}
const ours = ({ page: its }) => its.evaluate(() => ['banner', 'open'].map((name) => document.querySelectorAll(`#consentry-${name}`).length).join(' '));
const ASKS = '1 1';
const IS_ANSWERED = '0 1';
/** What a tag wrote. */
const written = async (visitor) => (await visitor.everyCookie()).filter((name) => name.startsWith('_'));
const tags = ({ outside }) => outside.to(TAG, '/gtag/js').length;
const cart = ({ page: its }) => its.evaluate(() => localStorage.cart);

/** The page is one of a visitor who agreed to nothing. */
async function holds(visitor, before) {
  assert.equal(tags(visitor), before, 'no tag is asked for');
  assert.deepEqual(await written(visitor), [], 'nothing is written');
  assert.equal(await cart(visitor), '1');
}

/** Has agreed, has seen the page that the worker keeps elsewhere, and has said no where no page of the shop was open. */
async function hoards(visitor) {
  await chooseBeside(visitor, gateway.url, 'choice=all');
  await open(visitor, '/hoarded');
  await isInstalled(visitor);
  await open(visitor, '/hoarded');
  await visitor.page.goto('about:blank');
  await chooseBeside(visitor, gateway.url, 'choice=none');
}
/** Waits until the page for a no is there, however often it is loaded again. */
const showsNo = (visitor) => until('the page for no', async () => (
  (await ours(visitor).catch(() => '')) === IS_ANSWERED && visitor.page.evaluate(() => document.readyState === 'complete')
));

describe('a worker that keeps pages', () => {
  test('shows question, guard and link, and follows each answer', () => withVisitor(async (visitor) => {
    await open(visitor);
    await isInstalled(visitor);
    assert.equal(await asks(() => open(visitor)), 0, 'it comes from the worker');
    assert.equal(await ours(visitor), ASKS);
    await holds(visitor, 0);

    await answer(visitor, 'accept-all');
    again += 1;
    assert.ok(tags(visitor) > 0, 'the page that was loaded again has the tags');
    assert.equal(await asks(() => open(visitor)), 0, 'the worker keeps the new page');
    assert.equal(await ours(visitor), IS_ANSWERED);
    assert.deepEqual(await written(visitor), ['_ga']);

    await withdraw(visitor);
    again += 1;
    const before_ = tags(visitor);
    assert.equal(await ours(visitor), IS_ANSWERED);
    for (const from of ['the network', 'the worker']) {
      await open(visitor);
      assert.equal(await ours(visitor), IS_ANSWERED, from);
      await holds(visitor, before_);
    }
  }));

  test('that was installed after a yes undoes no withdrawal, and keeps what is no page', () => withVisitor(async (visitor) => {
    await chooseBeside(visitor, gateway.url, 'choice=all');
    await open(visitor);
    await isInstalled(visitor);
    assert.equal(await asks(() => open(visitor)), 0, 'it comes from the worker');
    assert.equal(await ours(visitor), IS_ANSWERED);
    assert.deepEqual(await written(visitor), ['_ga']);
    await withdraw(visitor);
    again += 1;
    const before_ = tags(visitor);
    await open(visitor);
    await holds(visitor, before_);
    assert.ok(await visitor.page.evaluate(async () => (await caches.match('/own.gif'))?.ok), 'the picture is still kept');
    assert.ok(await visitor.page.evaluate(() => navigator.serviceWorker.controller), 'the worker is still there');
  }));

  test('asks nobody again who said no on the first page', () => withVisitor(async (visitor) => {
    await open(visitor);
    await isInstalled(visitor);
    await answer(visitor, 'reject-all');
    await open(visitor);
    assert.equal(await ours(visitor), IS_ANSWERED);
    await holds(visitor, 0);
  }));

  test('is asked for no page of an answer that was given where nothing was forgotten', () => withVisitor(async (visitor) => {
    await chooseBeside(visitor, gateway.url, 'choice=all');
    await open(visitor);
    await isInstalled(visitor);
    await open(visitor);
    // No page of the shop is open, as where the form is sent without its script.
    await visitor.page.goto(`${gateway.url}/_consentry/cookies`);
    await chooseBeside(visitor, gateway.url, 'choice=none');
    await visitor.context.clearCookies({ name: '_ga' });
    await visitor.page.goto(`${gateway.url}/app`);
    await showsNo(visitor);
    assert.deepEqual(await written(visitor), [], 'nothing is written');
    assert.equal(await visitor.page.locator('script[data-consentry-held]').count(), 1);
  }));

  test('that keeps them elsewhere goes, and the page is loaded without it', () => withVisitor(async (visitor) => {
    await hoards(visitor);
    await visitor.context.clearCookies({ name: '_ga' });
    await visitor.page.goto(`${gateway.url}/hoarded`);
    await showsNo(visitor);
    assert.deepEqual(await written(visitor), [], 'nothing is written');
  }));

  test('that no browser parts with keeps no page that is wrong', () => withVisitor(async (visitor) => {
    await hoards(visitor);
    // As Chromium does where it is busy, once in some twenty times.
    await visitor.context.addInitScript(() => { ServiceWorkerRegistration.prototype.unregister = () => new Promise(() => {}); });
    await visitor.page.goto(`${gateway.url}/hoarded`, { waitUntil: 'commit' });
    await showsNo(visitor);
    assert.match(visitor.page.url(), /\/hoarded\?consentry=\d+$/);
  }));

  test('has each page counted once, when somebody goes there', async () => {
    const token = gateway.token();
    const views = async () => {
      const reply = await fetch(`${gateway.admin}/api/v2/query`, {
        method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ site_id: 'shop', metrics: ['pageviews'], date_range: 'day' }),
      });
      return (await reply.json()).results[0].metrics[0];
    };
    const gone = shop.seen.filter((one) => ['/app', '/hoarded'].includes(one.path) && one.headers['sec-fetch-mode'] === 'navigate').length;
    const fetched = shop.seen.filter((one) => one.path === '/app' && one.headers['sec-fetch-mode'] === 'cors').length;
    assert.ok(gone > 0 && fetched > 0, `${gone} ${fetched}`);
    await until(`${gone - again} views`, async () => (await views()) === gone - again);
  });
});
