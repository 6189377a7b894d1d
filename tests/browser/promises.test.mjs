// Before yes, nothing. No is as easy as yes. Yes can be taken back. In a real browser, with JavaScript.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answer, gateway, newVisitor, settle, withdraw } from './harness.mjs';
import { NECESSARY_COOKIES, PAGES, PAYMENT_HOSTS, TAG_COOKIES } from './shop.mjs';

/** Nothing but the checkout's own hosts was spoken to, and nothing but what the shop needs was kept. */
async function nothingLeaked(visitor, path) {
  const spoken = [...new Set([...visitor.outside.connections, ...visitor.outside.requests.map((r) => r.host)])];
  const allowed = path === '/kasse' ? PAYMENT_HOSTS : [];
  assert.deepEqual(spoken.filter((host) => !allowed.includes(host)), [], `hosts spoken to on ${path}`);
  const cookies = await visitor.everyCookie();
  assert.deepEqual(cookies.filter((name) => !NECESSARY_COOKIES.includes(name)), [], `cookies on ${path}`);
  assert.deepEqual(await visitor.stored(), [], `storage on ${path}`);
  assert.deepEqual(visitor.faults, [], `faults on ${path}`);
  visitor.outside.forget();
}

async function walk(visitor, look) {
  for (const path of PAGES) {
    await visitor.open(path);
    await look(path);
  }
}

describe('a visitor who never answers', () => {
  let visitor;
  before(async () => { visitor = await newVisitor(); });
  after(() => visitor.close());

  test('meets nothing but the shop on any page', async () => {
    await walk(visitor, async (path) => {
      await nothingLeaked(visitor, path);
      assert.equal(await visitor.page.evaluate(() => document.cookie.replace(/\b(cart_id|session)=[^;]*;? ?/g, '')), '');
      assert.ok(await visitor.page.locator('#consentry-banner').isVisible(), `the banner is there on ${path}`);
    });
  });

  test('can pay: the scripts of Klarna and Vipps are loaded in the checkout', async () => {
    await visitor.open('/kasse');
    for (const host of PAYMENT_HOSTS) assert.ok(visitor.outside.to(host).length > 0, host);
    visitor.outside.forget();
  });

  test('can fill a basket, and its cookie passes', async () => {
    await visitor.open('/dekk/skarv-kyst');
    await visitor.page.getByRole('button', { name: 'Legg i handlekurv' }).click();
    await visitor.page.waitForURL('**/handlekurv');
    await settle(visitor.page);
    assert.ok((await visitor.jar()).includes('cart_id'));
    assert.match(await visitor.page.locator('main').innerText(), /Skarv Kyst/);
    await nothingLeaked(visitor, '/handlekurv');
  });
});

describe('a visitor who says no', () => {
  let visitor;
  before(async () => { visitor = await newVisitor(); });
  after(() => visitor.close());

  test('is believed on every page, and not asked again', async () => {
    await visitor.open('/');
    await answer(visitor, 'reject-all');
    assert.deepEqual(await visitor.jar(), ['consentry']);
    await walk(visitor, async (path) => {
      await nothingLeaked(visitor, path);
      assert.equal(await visitor.page.locator('#consentry-banner:visible').count(), 0, `no banner on ${path}`);
      assert.ok(await visitor.page.locator('#consentry-open').isVisible(), `the standing link is there on ${path}`);
    });
  });
});

describe('a visitor who says yes', () => {
  let visitor;
  before(async () => { visitor = await newVisitor(); });
  after(() => visitor.close());

  test('gets the page as the shop wrote it, and the tags know where the visit came from', async () => {
    const { page, outside } = visitor;
    outside.link('search.example', `${gateway.shop}/`);
    await page.goto('http://search.example/');
    await page.locator('#to-shop').click();
    await page.locator('#consentry-banner').waitFor();
    await settle(page);
    assert.equal(await page.evaluate(() => document.referrer), 'http://search.example/');
    outside.forget();
    await answer(visitor, 'accept-all');
    const seen = outside.to('www.google-analytics.com', '/g/collect').find((r) => r.query.get('tid') === 'G-FJ0RDHJUL1');
    assert.ok(seen, 'Google Analytics was told');
    assert.equal(seen.query.get('dr'), 'http://search.example/');
    const pixel = outside.to('www.facebook.com', '/tr').find((r) => r.query.get('ev') === 'PageView');
    assert.ok(pixel, 'Meta was told');
    assert.equal(pixel.query.get('rl'), 'http://search.example/');
    assert.ok(outside.to('www.googletagmanager.com', '/gtm.js').length > 0, 'the container was loaded');
    assert.ok(outside.to('googleads.g.doubleclick.net').length > 0, 'Google Ads was told');
    const jar = await visitor.jar();
    assert.deepEqual(TAG_COOKIES.filter((name) => !jar.includes(name)), []);
    assert.deepEqual(visitor.faults, []);
  });

  test('is told of films and sorting, too', async () => {
    await visitor.open('/guide/vinterdekk');
    assert.ok(visitor.outside.to('www.youtube.com').length > 0, 'the film is there');
    await visitor.open('/dekk?sort=pris');
    assert.ok((await visitor.jar()).includes('sort'));
    assert.ok((await visitor.stored()).includes('sort'));
    assert.deepEqual(visitor.faults, []);
  });

  test('can take it back: what it covered is gone and nothing is asked for', async () => {
    await visitor.open('/');
    await withdraw(visitor);
    visitor.outside.forget();
    const jar = await visitor.jar();
    assert.deepEqual(jar.filter((name) => !NECESSARY_COOKIES.includes(name)), []);
    for (const path of PAGES) {
      await visitor.open(path);
      const spoken = visitor.outside.requests.map((r) => r.host).filter((host) => path !== '/kasse' || !PAYMENT_HOSTS.includes(host));
      assert.deepEqual(spoken, [], `hosts spoken to on ${path}`);
      assert.deepEqual((await visitor.jar()).filter((name) => !NECESSARY_COOKIES.includes(name)), [], `cookies on ${path}`);
      visitor.outside.forget();
    }
    assert.deepEqual(visitor.faults, []);
  });
});

describe('a visitor who agrees to statistics only', () => {
  test('is told to Google Analytics and not to Meta', async () => {
    const visitor = await newVisitor();
    try {
      await visitor.open('/');
      const reply = await visitor.context.request.post(`${gateway.shop}${gateway.prefix}/choice`, {
        form: { choice: 'some', category: 'statistics', return: '/' }, headers: { origin: gateway.shop }, maxRedirects: 0,
      });
      assert.equal(reply.status(), 303);
      visitor.outside.forget();
      await visitor.open('/');
      assert.ok(visitor.outside.to('www.google-analytics.com', '/g/collect').length > 0);
      assert.deepEqual(visitor.outside.requests.filter((r) => /facebook|doubleclick|youtube/.test(r.host)), []);
      assert.ok(!(await visitor.jar()).includes('_fbp'));
    } finally {
      await visitor.close();
    }
  });
});
