// The same promises to a visitor whose browser runs no script at all.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answer, newVisitor, withdraw } from './harness.mjs';
import { NECESSARY_COOKIES, PAGES, PAYMENT_HOSTS } from './shop.mjs';

describe('without JavaScript', () => {
  let visitor;
  before(async () => { visitor = await newVisitor({ javaScript: false }); });
  after(() => visitor.close());

  async function nothingLeaks() {
    for (const path of PAGES) {
      await visitor.open(path);
      const spoken = [...visitor.outside.connections, ...visitor.outside.requests.map((r) => r.host)];
      assert.deepEqual(spoken.filter((host) => path !== '/kasse' || !PAYMENT_HOSTS.includes(host)), [], `hosts spoken to on ${path}`);
      assert.deepEqual((await visitor.everyCookie()).filter((name) => !NECESSARY_COOKIES.includes(name)), [], `cookies on ${path}`);
      visitor.outside.forget();
    }
  }

  test('no pixel is fetched and no cookie kept before an answer', async () => {
    await nothingLeaks();
    assert.ok(await visitor.page.locator('#consentry-banner').isVisible());
  });

  test('no is a form, and is believed', async () => {
    await visitor.open('/dekk');
    await answer(visitor, 'reject-all');
    assert.match(visitor.page.url(), /\/dekk$/, 'the visitor is back on the page');
    await nothingLeaks();
    assert.equal(await visitor.page.locator('#consentry-banner').count(), 0);
  });

  test('yes can be said later, and brings the pixels the shop wrote for this case', async () => {
    await visitor.open('/');
    await visitor.page.locator('#consentry-open').click();
    await visitor.page.locator('[data-role="accept-all"]:visible').first().click();
    await visitor.page.waitForLoadState('load');
    await visitor.open('/');
    assert.ok(visitor.outside.to('www.facebook.com', '/tr').some((r) => r.query.get('noscript') === '1'));
    assert.ok(visitor.outside.to('www.googletagmanager.com', '/ns.html').length > 0);
    assert.ok((await visitor.jar()).includes('_ga'), 'the cookie of the shop\'s server passes now');
  });

  test('and is taken back with what it covered', async () => {
    await visitor.open('/');
    await withdraw(visitor);
    visitor.outside.forget();
    assert.deepEqual((await visitor.jar()).filter((name) => !NECESSARY_COOKIES.includes(name)), []);
    for (const path of PAGES) {
      await visitor.open(path);
      const spoken = visitor.outside.requests.map((r) => r.host);
      assert.deepEqual(spoken.filter((host) => path !== '/kasse' || !PAYMENT_HOSTS.includes(host)), [], path);
      visitor.outside.forget();
    }
  });
});
