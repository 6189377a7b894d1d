// The promises in Firefox: what leaves it, what its pages may keep, how it asks, and what follows from an answer.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DOMAINS, TABLES } from './carriers.mjs';
import { ALL, EVERY, KEYS, assertAwake, assertOnlyGranted, consent, focused, isConsent, isNew, isOpen, mark, page, spoken, walk, writeWhatIsHeld } from './engines.mjs';
import { newFirefox } from './firefox.mjs';
import { gateway as demo, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';
import { NECESSARY_COOKIES } from './shop.mjs';

const BUTTON = '<form action="/sok"><button>Søk</button><button type="submit">Kjøp</button><input type="submit" value="Meld på"><input name="q"></form>';

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  const worker = '[[site.allow]]\nservice_worker = "/worker-kept.js"\ncategory = "necessary"\nwhy = "viser siden uten nett"\n';
  gateway = await startGateway(shop, { tables: TABLES + worker, hosts: '["127.0.0.1", "shop.example"]\ntrusted_proxies = ["127.0.0.1"]' });
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

const withFirefox = (steps, options) => withVisitor(steps, options, newFirefox);

/** Answers beside the pages: the reply's cookies are this visitor's from then on. */
async function answerBeside(visitor, url, form) {
  await visitor.go(`${url}/favicon.ico`);
  const kept = (await visitor.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const reply = await fetch(`${url}/_consentry/choice`, {
    method: 'POST', body: `${form}&return=/`, redirect: 'manual',
    headers: { origin: url, cookie: kept, 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(reply.status, 303, form);
  for (const line of reply.headers.getSetCookie()) {
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
    if (name.startsWith('consentry') && value) await visitor.command('WebDriver:AddCookie', { cookie: { name, value, path: '/' } });
  }
}

for (const javaScript of [true, false]) {
  describe(javaScript ? 'nothing held leaves' : 'nothing held leaves without JavaScript', () => {
    let bare;
    before(() => withFirefox(async (visitor) => {
      await walk(visitor, shop, `${shop.url}/all?d=${EVERY}&hints=1`);
      bare = spoken(visitor);
    }, { javaScript }));

    test('while all of it does without the gateway', () => {
      // Hints to connect are not taken up through a proxy; Firefox knows no speculation rules, and fetches a manifest or ahead only as it likes.
      const maySleep = ['early-hint', 'speculation-rules', 'noscript-image', 'noscript-frame', 'manifest', 'preload-image', 'base-image', 'prefetch',
        'preconnect', 'rel-list', 'link-preconnect', 'frame-srcdoc-hint'];
      assertAwake(bare, javaScript, maySleep);
    });

    // 103 answers are not passed on. A picture that was refused to a <style> stays so wherever its text is the same.
    const onlyGranted = (visitor, granted) => (
      assertOnlyGranted(visitor, shop, `${gateway.url}/all?d=${EVERY}&hints=1`, { bare, granted, lost: ['early-hint', 'style-element'] })
    );

    // One browser for all: each request shows, also where a connection is open already.
    test('before an answer, after a no, and after a yes to one category', () => withFirefox(async (visitor) => {
      await onlyGranted(visitor, []);
      for (const category of ['', ...Object.keys(DOMAINS).filter((one) => one !== 'unknown')]) {
        await answerBeside(visitor, gateway.url, category ? `choice=some&category=${category}` : 'choice=none');
        await onlyGranted(visitor, category ? [category] : []);
      }
    }, { javaScript }));
  });
}

test('nothing held leaves by what Firefox alone loads', () => withFirefox(async (visitor) => {
  const d = DOMAINS.unknown;
  shop.serve('/odd.svg', `<?xml-stylesheet href="https://svg-style.${d}/a.css"?><svg xmlns="http://www.w3.org/2000/svg"/>`, { type: 'image/svg+xml' });
  shop.serve('/odd.xml', `<?xml-stylesheet type="text/xsl" href="https://xml-style.${d}/a.xsl"?><a/>`, { type: 'text/xml' });
  const links = ['stylesheet', 'next', 'prefetch', 'modulepreload'].map((rel) => `<https://field-${rel}.${d}/a>; rel=${rel}`);
  shop.serve('/odd', page(`<iframe src="/odd.svg"></iframe><iframe src="/odd.xml"></iframe><p style="cursor: url(https://cursor.${d}/a.cur), auto">x</p>`,
    `<link rel="next" href="https://next.${d}/a"><link rel="alternate stylesheet" title="x" href="https://alternate.${d}/a.css">`), { headers: { link: links.join(', ') } });
  // What is fetched ahead Firefox leaves where it goes through a proxy.
  const ways = ['alternate', 'cursor', 'field-stylesheet', 'svg-style', 'xml-style'];
  await walk(visitor, shop, `${shop.url}/odd`);
  await until('all of it without the gateway', () => ways.every((one) => spoken(visitor).unknown.includes(one)));
  visitor.passed.forget();
  await walk(visitor, shop, `${gateway.url}/odd`);
  assert.deepEqual(spoken(visitor).unknown, []);
}));

describe('in the demo shop', () => {
  const tags = ({ outside }) => outside.requests.map((one) => one.host);
  const held = async (visitor) => (await visitor.cookies()).filter((one) => one.host === '127.0.0.1').map((one) => one.name).filter((name) => !NECESSARY_COOKIES.includes(name));

  test('the question is answered by one press, no page complains, and a yes and its withdrawal take hold at once', () => withFirefox(async (visitor) => {
    const { outside, passed } = visitor;
    const quiet = async (when) => assert.deepEqual((await visitor.said(demo.shop)).filter((one) => one.isError), [], when);
    await visitor.go(`${demo.shop}/`);
    assert.ok(await visitor.isSeen('#consentry-banner'));
    assert.deepEqual([passed.asked, tags(visitor)], [[], []]);
    assert.deepEqual(await held(visitor), []);
    await quiet('before an answer');

    await mark(visitor);
    await visitor.click('#consentry-banner [data-role="accept-all"]');
    await isNew(visitor);
    assert.equal(await consent(visitor), ALL, 'the page was loaded again, with a <button> of a form in it');
    await until('the tags', () => ['www.googletagmanager.com', 'connect.facebook.net', 'www.google-analytics.com'].every((host) => tags(visitor).includes(host)));
    await until('their cookies', async () => (await visitor.cookies()).some((one) => one.name === '_ga'));
    assert.deepEqual(await visitor.evaluate(() => [...dataLayer[0]].slice(0, 2)), ['consent', 'default'], 'the defaults stand first');
    await quiet('after a yes');

    await visitor.click('#consentry-open');
    await until('the preferences', () => isOpen(visitor));
    await mark(visitor);
    await visitor.evaluate(() => document.querySelector('#consentry-dialog').shadowRoot.querySelector('[data-role="reject-all"]').click());
    await isNew(visitor);
    assert.equal(await consent(visitor), 'necessary');
    assert.deepEqual(await held(visitor), []);
    passed.forget();
    await visitor.go(`${demo.shop}/dekk`);
    assert.deepEqual([passed.asked, outside.requests.length], [[], 0]);
    await quiet('after it was taken back');
  }));

  test('the keyboard alone answers, opens and closes, and other tabs follow', () => withFirefox(async (visitor) => {
    await visitor.go(`${demo.shop}/om-oss`);
    // The question comes first.
    const reached = [];
    for (let presses = 0; presses < 4; presses++) {
      await visitor.keys(KEYS.tab);
      reached.push(await focused(visitor));
    }
    assert.ok(['reject-all', 'accept-all', 'preferences'].every((role) => reached.includes(role)), reached.join());
    while ((await focused(visitor)) !== 'preferences') await visitor.keys(KEYS.shift, KEYS.tab);
    await visitor.keys(KEYS.enter);
    await until('the preferences', () => isOpen(visitor));
    await visitor.keys(KEYS.escape);
    await until('the page', async () => !(await isOpen(visitor)));
    assert.equal(await focused(visitor), 'preferences', 'focus is where it was');

    const { handle } = await visitor.command('WebDriver:NewWindow', { type: 'tab' });
    const first = (await visitor.command('WebDriver:GetWindowHandle')).value;
    await visitor.command('WebDriver:SwitchToWindow', { handle });
    await visitor.go(`${demo.shop}/felger`);
    while ((await focused(visitor)) !== 'reject-all') await visitor.keys(KEYS.tab);
    await visitor.keys(KEYS.enter);
    await until('the answer', async () => !(await visitor.isSeen('#consentry-banner')));
    await visitor.command('WebDriver:SwitchToWindow', { handle: first });
    await until('the other tab to follow', async () => !(await visitor.isSeen('#consentry-banner')));
    assert.equal(visitor.outside.requests.length, 0);
  }));

  test('no and yes are forms without JavaScript', () => withFirefox(async (visitor) => {
    await visitor.go(`${demo.shop}/dekk`);
    await visitor.click('#consentry-banner [data-role="reject-all"]');
    await until('the answer', async () => (await visitor.every('#consentry-banner')).length === 0);
    assert.equal(await visitor.url(), `${demo.shop}/dekk`);
    assert.deepEqual(visitor.passed.asked, []);
    await visitor.click('#consentry-open');
    await visitor.click('main [data-role="accept-all"]');
    await visitor.go(`${demo.shop}/`);
    await until('the pixels for this case', () => visitor.outside.to('www.facebook.com', '/tr').length > 0);
  }, { javaScript: false }));
});

describe('a page', () => {
  test('of a visitor who answered is loaded again for a yes, with buttons in it, and not where something was typed', () => withFirefox(async (visitor) => {
    shop.serve('/buttons', page(BUTTON));
    await answerBeside(visitor, gateway.url, 'choice=none');
    await visitor.go(`${gateway.url}/buttons`);
    await mark(visitor);
    await visitor.evaluate(() => { consentry.choose({ categories: ['statistics'] }); });
    await isNew(visitor);
    assert.equal(await consent(visitor), 'necessary,statistics');
    await mark(visitor);
    await visitor.click('[name="q"]');
    await visitor.keys('a');
    await visitor.keys(KEYS.tab);
    await visitor.evaluate(() => consentry.choose('all'));
    assert.deepEqual(await visitor.evaluate(() => [self.isMarked, String(consentry.consent), document.querySelector('[name="q"]').value]), [true, ALL, 'a']);
  }));

  test('keeps nothing under a held name, by whatever store, and what the shop needs under its own', () => withFirefox(async (visitor) => {
    shop.serve('/stores', page('<h1>Butikk</h1>'));
    await visitor.go(`${gateway.url}/stores`);
    await visitor.evaluate(writeWhatIsHeld);
    const kept = await visitor.evaluate(async () => {
      document.cookie = 'PHPSESSID2=1; path=/';
      localStorage.cart = '1';
      return [document.cookie, Object.keys(localStorage), Object.keys(sessionStorage), (await indexedDB.databases()).map((one) => one.name), await caches.keys()];
    });
    assert.deepEqual(kept.slice(1), [['cart'], [], [], []]);
    assert.doesNotMatch(kept[0], /test_statistics|_ga|unknown_id/);
  }));

  test('that a service worker passes on or keeps has question, guard and link, and follows the answer', () => withFirefox(async (visitor) => {
    shop.serve('/worker-kept.js', `
      addEventListener('install', (event) => { skipWaiting(); event.waitUntil(caches.open('cart-pages').then((cache) => cache.add('/app'))); });
      addEventListener('activate', (event) => event.waitUntil(clients.claim()));
      const asked = async (request) => {
        const cache = await caches.open('cart-pages');
        const kept = await cache.match(request);
        if (kept) return kept;
        const reply = await fetch(request);
        await cache.put(request, reply.clone());
        return reply;
      };
      addEventListener('fetch', (event) => { if (event.request.mode === 'navigate') event.respondWith(asked(event.request)); });`, { type: 'text/javascript' });
    shop.serve('/app', page(`<script>document.cookie = '_ga=1; path=/'; navigator.serviceWorker.register('/worker-kept.js');</script>`, '<script src="https://script.stats.example/a.js"></script>'));
    const isOurs = () => visitor.evaluate(() => ['banner', 'open'].map((name) => document.querySelectorAll(`#consentry-${name}`).length).join(' '));
    const gaps = async () => [visitor.passed.asked, (await visitor.cookies()).map((one) => one.name).filter((name) => name === '_ga')];
    await visitor.go(`${gateway.url}/app`);
    await visitor.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (!navigator.serviceWorker.controller) await new Promise((done) => { navigator.serviceWorker.oncontrollerchange = done; });
    });
    await visitor.go(`${gateway.url}/app?passed-on`);
    assert.equal(await isOurs(), '1 1', 'passed on');
    await visitor.go(`${gateway.url}/app`);
    assert.equal(await isOurs(), '1 1', 'kept');
    await visitor.click('#consentry-banner [data-role="reject-all"]');
    await until('the answer', async () => (await isOurs()) === '0 1');
    for (const path of ['/app', '/app?passed-on']) {
      await visitor.go(`${gateway.url}${path}`);
      await until(`the page for no at ${path}`, async () => (await isOurs().catch(() => '')) === '0 1');
    }
    assert.deepEqual(await gaps(), [[], []]);
    assert.ok(shop.seen.some((one) => one.target === '/app?passed-on' && one.headers['sec-fetch-mode'] === 'same-origin'), 'as Firefox passes it on');
  }));

  test('that lets in no file of ours is loaded again once for an answer in another tab', () => withFirefox(async (visitor) => {
    // The shop sets cookies that scripts see with each page: Firefox tells the page that goes of them.
    const strict = { 'content-security-policy': "script-src 'self' 'sha256-Tqnl3eLXTbQ9lVBGUx2hDqLTbF5KDwXZkm1LRAdWJ2s='" };
    shop.serve('/strict', page('<h1>Butikk</h1>'), { headers: strict });
    shop.serve('/other', page('<h1>Butikk</h1>'));
    await answerBeside(visitor, gateway.url, 'choice=all');
    await visitor.go(`${gateway.url}/strict`);
    const first = (await visitor.command('WebDriver:GetWindowHandle')).value;
    const { handle } = await visitor.command('WebDriver:NewWindow', { type: 'tab' });
    await visitor.command('WebDriver:SwitchToWindow', { handle });
    await visitor.go(`${gateway.url}/other`);
    const before_ = shop.seen.length;
    await visitor.evaluate(() => { consentry.choose({ categories: ['statistics'] }); });
    await isConsent(visitor, 'necessary,statistics');
    await visitor.command('WebDriver:SwitchToWindow', { handle: first });
    await isConsent(visitor, 'necessary,statistics');
    assert.equal(shop.seen.slice(before_).filter((one) => one.path === '/strict').length, 1);
  }));

  test('that came by TLS holds and follows as one that did not', () => withFirefox(async (visitor) => {
    const { passed } = visitor;
    shop.serve('/secure', page(BUTTON, '<script src="https://script.stats.example/a.js"></script><link rel="stylesheet" href="https://stylesheet.leak.example/a.css">'));
    await visitor.go('https://shop.example/secure');
    assert.deepEqual(passed.asked, []);
    await mark(visitor);
    await visitor.click('#consentry-banner [data-role="accept-all"]');
    await isNew(visitor);
    assert.equal(await consent(visitor), ALL);
    await until('the tag that was agreed to', () => visitor.outside.to('script.stats.example').length);
    assert.ok((await visitor.cookies()).some((one) => one.name === 'consentry' && one.host === 'shop.example'));
  }, { own: { 'shop.example': Number(new URL(gateway.url).port) } }));

  test('comes back from the back/forward cache as one for the answer that stands', () => withFirefox(async (visitor) => {
    shop.serve('/here', page('<h1>Her</h1><a href="/there">Der</a>', '<script src="https://script.stats.example/a.js"></script>'));
    shop.serve('/there', page('<h1>Der</h1>'));
    await answerBeside(visitor, gateway.url, 'choice=all');
    await visitor.go(`${gateway.url}/here`);
    await isConsent(visitor, ALL);
    await visitor.go(`${gateway.url}/there`);
    await visitor.evaluate(() => { consentry.choose('none'); });
    await isConsent(visitor, 'necessary');
    visitor.passed.forget();
    await visitor.back();
    await isConsent(visitor, 'necessary');
    assert.equal(visitor.outside.to('script.stats.example').length, 0);
  }));
});
