// A yes to everything, in a shop whose operator wrote down what it uses: what visitors were told of runs, and nothing else that
// a script brings along.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

/** What a container does when somebody adds a tag to it: a tracker that is known, a host that is not, and what both store. */
const MORE = `
  const add = (name, src) => document.head.appendChild(Object.assign(document.createElement(name), { src }));
  document.cookie = '_ttp=1; path=/';
  document.cookie = 'unheard_of=1; path=/';
  localStorage.setItem('tt_sessionId', '1');
  sessionStorage.unheard_of = '1';
  try { indexedDB.open('unheard_of'); } catch {}
  add('script', 'https://analytics.tiktok.com/i18n/pixel/events.js');
  add('img', 'https://pixel.unheard-of.example/p.gif');
  add('script', 'https://www.youtube.com/iframe_api');
  fetch('https://api.unheard-of.example/collect', { mode: 'no-cors' }).catch(() => {});
  navigator.sendBeacon('https://beacon.unheard-of.example/b');
  localStorage.setItem('_hjid', '1');`;
const PAGE = `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-TEST000001"></script>
<script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);} gtag('js', new Date()); gtag('config', 'G-TEST000001');</script>
<script src="/more.js"></script></head><body><main><h1>Dekk</h1></main></body></html>`;

let shop;
let gateways;
before(async () => {
  shop = await startShop();
  shop.serve('/more.js', MORE, { type: 'text/javascript' });
  shop.serve('/', PAGE);
  gateways = {
    declared: await startGateway(shop, { more: 'uses = ["google-tag", "google-analytics", "hotjar", "youtube"]' }),
    whole: await startGateway(shop),
    counting: await startGateway(shop, { more: 'uses = ["google-tag", "google-analytics"]' }),
    nothing: await startGateway(shop, { more: 'uses = []', statistics: 'returns = false' }),
  };
});
after(async () => {
  for (const gateway of Object.values(gateways ?? {})) await gateway.stop();
  await shop?.stop();
});

/** A visitor who pressed yes in the banner, and the page that came after it. */
const agreed = (gateway, walk) => withVisitor(async (visitor) => {
  const { page } = visitor;
  await page.goto(`${gateway.url}/`, { waitUntil: 'networkidle' });
  assert.deepEqual([...visitor.outside.connections], [], 'nobody is spoken to before the answer');
  await page.locator('#consentry-banner [data-role="accept-all"]').click();
  await until('what was agreed to', () => visitor.outside.to('www.google-analytics.com', '/g/collect').length);
  await page.waitForLoadState('networkidle');
  await walk(visitor, page);
});

const spokenTo = (visitor) => [...new Set(visitor.outside.requests.map((request) => request.host))].sort();
const kept = (page) => page.evaluate(async () => [
  ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...(await indexedDB.databases()).map((one) => one.name),
].sort());

describe('after a yes to everything', () => {
  test('only what visitors were told of is loaded and stores', () => agreed(gateways.declared, async (visitor, page) => {
    assert.deepEqual(spokenTo(visitor), ['www.google-analytics.com', 'www.googletagmanager.com', 'www.youtube.com']);
    assert.deepEqual(await visitor.everyCookie(), ['PHPSESSID', '_ga', '_ga_TEST000001', 'consentry', 'consentry_weeks']);
    assert.deepEqual(await kept(page), ['_hjid']);
  }));

  test('whoever there is, where the shop uses all that is known', () => agreed(gateways.whole, async (visitor, page) => {
    for (const host of ['analytics.tiktok.com', 'pixel.unheard-of.example', 'api.unheard-of.example', 'beacon.unheard-of.example']) {
      await until(host, () => spokenTo(visitor).includes(host));
    }
    assert.deepEqual(await kept(page), ['_hjid', 'tt_sessionId', 'unheard_of', 'unheard_of']);
    const cookies = await visitor.everyCookie();
    for (const name of ['_ttp', 'unheard_of', 'visitor_token']) assert.ok(cookies.includes(name), name);
  }));
});

describe('a shop that uses nothing but Google Analytics', () => {
  test('asks about statistics alone, in both layers', () => withVisitor(async ({ page }) => {
    await page.goto(`${gateways.counting.url}/`, { waitUntil: 'networkidle' });
    const question = await page.locator('#consentry-banner > p').first().innerText();
    assert.match(question, / til statistikk\./);
    await page.locator('#consentry-banner [data-role="preferences"]').click();
    const switches = page.locator('dialog input[name="category"]');
    await switches.first().waitFor();
    assert.deepEqual(await switches.evaluateAll((all) => all.map((one) => one.value)), ['statistics']);
  }));

  test('loads it after a yes to everything, and nothing else', () => agreed(gateways.counting, async (visitor, page) => {
    assert.deepEqual(spokenTo(visitor), ['www.google-analytics.com', 'www.googletagmanager.com']);
    assert.deepEqual(await visitor.everyCookie(), ['PHPSESSID', '_ga', '_ga_TEST000001', 'consentry', 'consentry_weeks']);
    assert.deepEqual(await kept(page), []);
    const told = await page.evaluate(() => dataLayer.map((one) => [...one]).filter(([what]) => what === 'consent').pop()[2]);
    assert.deepEqual([told.analytics_storage, told.ad_storage, told.personalization_storage], ['granted', 'denied', 'denied']);
    assert.deepEqual(await page.evaluate(() => consentry.consent), ['necessary', 'statistics']);
  }));
});

describe('a shop that has nothing to ask about', () => {
  test('asks nobody, holds what it does not name, and says so behind its link', () => withVisitor(async (visitor) => {
    const { page, context } = visitor;
    for (const path of ['/', '/?2']) await page.goto(gateways.nothing.url + path, { waitUntil: 'networkidle' });
    assert.equal(await page.locator('#consentry-banner').count(), 0);
    assert.deepEqual([...visitor.outside.connections], []);
    assert.deepEqual(await kept(page), []);
    assert.deepEqual(await visitor.everyCookie(), ['PHPSESSID']);
    const signals = await page.evaluate(() => [...window.dataLayer].filter((it) => it[0] === 'consent').map((it) => it[2].ad_storage));
    assert.deepEqual(signals, ['denied']);

    await page.locator('#consentry-open').click();
    const dialog = page.locator('#consentry-dialog dialog');
    await dialog.getByText('så her er det ingenting å velge.').waitFor();
    assert.deepEqual(await dialog.locator('button').allTextContents(), ['Tilbake']);
    assert.equal(await dialog.locator('input[type="checkbox"]').count(), 0);
    await page.keyboard.press('Escape');
    await until('the page again', async () => (await dialog.count()) === 0);

    // A script of the shop's may choose all the same, and nothing comes of it.
    await page.evaluate(() => consentry.choose('all'));
    assert.deepEqual(await page.evaluate(() => consentry.consent), ['necessary']);
    assert.deepEqual(await visitor.everyCookie(), ['PHPSESSID']);
    assert.equal((await context.request.get(`${gateways.nothing.url}/_consentry/consent`)).status(), 200);
  }));
});
