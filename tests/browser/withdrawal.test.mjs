// Who takes something back is heard by the tags that run, before the page goes: in each way there is, and in other tabs. And
// an answer that says what stands already moves nothing.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chooseBeside, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const USES = 'uses = ["google-tag", "google-analytics", "google-ads", "microsoft-uet", "microsoft-clarity", "youtube", "google-fonts"]';
/** What the shop needs, on one of its pages. */
const FITTING = '[[site.allow]]\ncookie = "fitting"\ncategory = "necessary"\npaths = ["/kasse"]\nwhy = "timen til montering"\n';
const HOST = 'www.google-analytics.com';
/** Does what tags do: keeps what it was told of consent last, and sends something when its page goes. */
const TAG = `
  let heard = 0;
  const last = (calls, is) => calls.findLast(is) || [];
  document.addEventListener('consentry:change', () => { heard += 1; });
  addEventListener('pagehide', () => {
    const google = last(dataLayer, (one) => one[0] === 'consent' && one[1] === 'update')[2];
    const uet = uetq.findLast((one) => one.ad_storage);
    const clarity_ = last(clarity.q, (one) => one[0] === 'consentv2')[1];
    const told = [google.analytics_storage, google.ad_storage, google.ad_personalization, uet.ad_storage, clarity_.analytics_Storage, consentry.consent.length];
    navigator.sendBeacon('https://${HOST}/g/collect' + location.search, [heard, ...told].join(' '));
  });`;
const page = (body = '') => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title><script src="/tag.js"></script></head><body><main>${body}<p>Hei</p></main></body></html>`;
/** With a policy that lets in what has its hash, and so no file of ours. */
const STRICT = { 'content-security-policy': "script-src 'self' 'sha256-Tqnl3eLXTbQ9lVBGUx2hDqLTbF5KDwXZkm1LRAdWJ2s='" };
const ALL = 'granted granted granted granted granted 4';
const NONE = 'denied denied denied denied denied 1';

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop, { more: USES });
  shop.serve('/tag.js', TAG, { type: 'text/javascript' });
  shop.serve('/tagged', page());
  shop.serve('/app', page('<script>addEventListener("hashchange", () => { self.routed = location.hash; });</script>'));
  shop.serve('/strict', page(), { headers: STRICT });
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

/** A visitor who agreed, on a page with tags. */
const agreed = (walk, { path = '/tagged?tab=1', form = 'choice=all' } = {}) => withVisitor(async (visitor) => {
  await chooseBeside(visitor, gateway.url, form);
  await visitor.page.goto(gateway.url + path, { waitUntil: 'load' });
  await walk(visitor, visitor.page);
});

/** What the tag of a tab sent when its page went. */
async function sent(visitor, tab) {
  const its = () => visitor.outside.to(HOST, '/g/collect').filter((one) => one.query.get('tab') === tab);
  await until(`what tab ${tab} sends`, () => its().length);
  return its()[0].body;
}

async function opened(page_) {
  await page_.locator('#consentry-open').click();
  await page_.locator('#consentry-dialog dialog').waitFor();
}

describe('before the page goes, its tags are told', () => {
  const ways = {
    'by "no to all" in the dialog': async (page_) => {
      await opened(page_);
      await page_.locator('dialog [data-role="reject-all"]').click();
    },
    'by a dialog that is saved with all switches off': async (page_) => {
      await opened(page_);
      await page_.locator('dialog').evaluate((dialog) => dialog.querySelectorAll('input:checked').forEach((one) => { one.checked = false; }));
      await page_.locator('dialog button[value="some"]').click();
    },
    'by a page script': (page_) => page_.evaluate(() => { consentry.choose('none'); }),
    'by a page script, where a request of a script is blocked': async (page_) => {
      await page_.route('**/choice', (route) => (route.request().resourceType() === 'fetch' ? route.abort() : route.continue()));
      await page_.evaluate(() => { consentry.choose('none'); });
    },
  };
  for (const [way, go] of Object.entries(ways)) {
    test(`g9_a_withdrawal_is_told ${way}`, () => agreed(async (visitor, page_) => {
      await go(page_);
      assert.equal(await sent(visitor, '1'), `1 ${NONE}`);
      await until('nothing to stand', () => page_.evaluate(() => self.consentry?.consent.length === 1).catch(() => 0));
    }));
  }

  test('g9_what_is_left_of_a_consent_is_told_as_it_is', () => agreed(async (visitor, page_) => {
    await opened(page_);
    await page_.locator('dialog input[value="statistics"]').evaluate((one) => one.click());
    await page_.locator('dialog button[value="some"]').click();
    assert.equal(await sent(visitor, '1'), '1 denied granted granted granted denied 3');
  }));

  for (const path of ['/tagged', '/strict']) {
    test(`g9_a_withdrawal_in_another_tab_is_told on ${path}`, () => agreed(async (visitor, page_) => {
      const other = await visitor.context.newPage();
      await other.goto(`${gateway.url}${path}?tab=2`, { waitUntil: 'load' });
      await opened(page_);
      await page_.locator('dialog [data-role="reject-all"]').click();
      assert.equal(await sent(visitor, '2'), `1 ${NONE}`);
      await until('nothing to stand', () => other.evaluate(() => self.consentry?.consent.length === 1).catch(() => 0));
    }));

    test(`g9_what_another_tab_left_is_told_as_it_is on ${path}`, () => agreed(async (visitor, page_) => {
      const other = await visitor.context.newPage();
      await other.goto(`${gateway.url}${path}?tab=2`, { waitUntil: 'load' });
      await other.evaluate(() => sessionStorage.setItem('_uetsid', '1'));
      await page_.evaluate(() => { consentry.choose({ categories: ['statistics', 'preferences'] }); });
      assert.equal(await sent(visitor, '2'), '1 granted denied denied denied granted 3');
      await until('it to be loaded again', () => other.evaluate(() => self.consentry?.consent.length === 3).catch(() => 0));
      if (path === '/tagged') assert.equal(await other.evaluate(() => sessionStorage.length), 0, 'what only that tab sees goes, too');
    }, { path: '/tagged?tab=1' }));
  }

  test('a page that a script of the shop shows is shown again', () => agreed(async (visitor, page_) => {
    await page_.evaluate(() => { location.hash = '#/kurv?vare=1'; });
    await opened(page_);
    await page_.locator('dialog [data-role="reject-all"]').click();
    await until('nothing to stand', () => page_.evaluate(() => self.consentry?.consent.length === 1).catch(() => 0));
    await until('the page', () => page_.url() === `${gateway.url}/app#/kurv?vare=1`);
    await until('its script to hear of it', () => page_.evaluate(() => self.routed === '#/kurv?vare=1'));
    await until('what is said', () => page_.evaluate(() => document.querySelector('#consentry-status')?.textContent.includes('Det er lagret')));
  }, { path: '/app' }));

  test('a film that is allowed takes nothing back', () => {
    shop.serve('/film', page('<iframe src="https://www.youtube.com/embed/x"></iframe>'));
    return agreed(async (visitor, page_) => {
      await page_.frameLocator('iframe[data-consentry-held]').locator('button').click();
      assert.match(await sent(visitor, '1'), /^\d granted denied denied /);
      await until('the film', () => page_.evaluate(() => document.querySelector('iframe')?.src.includes('youtube')).catch(() => 0));
    }, { path: '/film?tab=1', form: 'choice=some&category=statistics&tracker=microsoft-uet' });
  });
});

describe('an answer that says what stands already', () => {
  const served = () => shop.seen.filter((one) => one.path === '/bridge').length;

  test('a page that says yes on every load is loaded once more, and no more', () => withVisitor(async ({ page: page_ }) => {
    shop.serve('/bridge', page("<script>addEventListener('load', () => consentry.choose('all').then(() => { self.settled = consentry.consent.length; }))</script>"));
    shop.forget();
    await page_.goto(`${gateway.url}/bridge`);
    const settled = () => page_.evaluate(() => performance.getEntriesByType('navigation')[0].type === 'reload' && self.settled === 4).catch(() => 0);
    await until('the page that stays', settled);
    await page_.evaluate(async () => {
      self.heard = 0;
      document.addEventListener('consentry:change', () => { self.heard += 1; });
      for (const choice of ['all', 'all', { categories: ['preferences', 'statistics', 'marketing'] }]) await consentry.choose(choice);
    });
    assert.deepEqual([served(), await page_.evaluate(() => self.heard)], [2, 0]);
  }));

  test('a dialog that is saved as it was leaves the page and the receipt, and says what stands', () => agreed(async (visitor, page_) => {
    const sealed = async () => (await visitor.context.cookies(gateway.url)).find((one) => one.name === 'consentry').value;
    const receipt = async () => (await visitor.context.request.get(`${gateway.url}/_consentry/receipt.json`)).json();
    const [cookie, before_] = [await sealed(), await receipt()];
    await page_.evaluate(() => { self.before = 1; });
    await opened(page_);
    await page_.locator('dialog button[value="some"]').click();
    await page_.locator('#consentry-status', { hasText: /./ }).waitFor({ state: 'attached' });
    assert.equal(await page_.evaluate(() => self.before), 1);
    assert.equal(await sealed(), cookie);
    assert.deepEqual((await receipt()).document['dpv:hasConsentStatus'], before_.document['dpv:hasConsentStatus']);
  }));
});

test('a script can choose on a page whose address is none to come back to', () => withVisitor(async ({ page: page_ }) => {
  shop.serve('/', page());
  shop.serve('/long', page());
  for (const path of ['/?q=a\\b', '//double', `/long?gclid=${'x'.repeat(2100)}`]) {
    await page_.context().clearCookies();
    await page_.goto(gateway.url + path);
    await page_.evaluate(() => consentry.choose('none'));
    assert.equal(await page_.locator('#consentry-banner').count(), 0, path.slice(0, 20));
  }
}));

/** Names of keys and databases. */
const stored = (page_) => page_.evaluate(async () => {
  const databases = (await indexedDB.databases()).map(({ name }) => name);
  return [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...databases].sort();
});

test('r32_what_nobody_is_known_for_is_deleted_too_and_what_the_shop_needs_is_not', async () => {
  const vouching = await startGateway(shop, { tables: FITTING });
  const leave = (page_) => page_.evaluate(() => new Promise((done) => {
    localStorage.cart = localStorage.fitting = localStorage.someunknown_uid = sessionStorage.hjViewportId = localStorage._uetsid = '1';
    indexedDB.open('unknowndb').onsuccess = ({ target }) => done(target.result.close());
  }));
  try {
    for (const takeBack of [
      (page_) => page_.evaluate(() => { consentry.choose('none'); }),
      async (page_) => {
        await page_.goto(`${vouching.url}/_consentry/my-data`);
        await page_.locator('[data-role="withdraw"]').click();
      },
    ])
      await withVisitor(async (visitor) => {
        await chooseBeside(visitor, vouching.url, 'choice=all');
        await visitor.page.goto(`${vouching.url}/tagged`, { waitUntil: 'load' });
        await leave(visitor.page);
        assert.deepEqual(await stored(visitor.page), ['_uetsid', 'cart', 'fitting', 'hjViewportId', 'someunknown_uid', 'unknowndb']);
        await takeBack(visitor.page);
        await until('what the shop needs is left', async () => String(await stored(visitor.page).catch(() => '')) === 'cart,fitting');
      });
  } finally {
    await vouching.stop();
  }
});

describe('an answer that stands on several hosts', () => {
  /** Answers on the page that is open, which is loaded again then. */
  const choose = async (page_, answer, stand) => {
    await page_.evaluate((answer) => { consentry.choose(answer); }, answer);
    await page_.waitForFunction((stand) => self.consentry?.consent.length === stand && !consentry.busy, stand);
  };

  test('r32_what_another_host_took_back_is_cleared_when_the_visitor_comes_here', async () => {
    const wide = await startGateway(shop, { more: `${USES}\ndomain = "shop.localhost"`, hosts: '["127.0.0.1", "*.shop.localhost"]' });
    const on = (host) => `http://${host}.shop.localhost:${new URL(wide.url).port}/plain`;
    shop.serve('/plain', '<!doctype html><html lang="nb"><head><title>Butikk</title></head><body><a href="/plain?2">Mer</a></body></html>');
    try {
      for (const comesBack of [(page_) => page_.goto(on('www')), (page_) => page_.goBack()]) {
        await withVisitor(async ({ page: page_ }) => {
          await page_.goto(on('www'));
          await choose(page_, 'all', 4);
          await page_.evaluate(() => { localStorage._uetsid = sessionStorage._cltk = localStorage.cart = '1'; });
          await page_.goto(on('kasse'));
          await choose(page_, 'none', 1);
          await comesBack(page_);
          await until('only the cart is left', async () => String(await stored(page_).catch(() => '')) === 'cart');
          const asked = [];
          page_.on('request', (request) => { if (request.url().includes('?forget')) asked.push(request.url()); });
          await page_.locator('a[href="/plain?2"]').click();
          await page_.waitForURL('**/plain?2', { waitUntil: 'networkidle' });
          assert.deepEqual(asked, [], 'once, not on every page');
        });
      }
    } finally {
      await wide.stop();
    }
  });
});
