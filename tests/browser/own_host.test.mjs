// Ways past a banner over the shop's own host: cookies, storage, own paths, workers, caches, documents of other kinds,
// pages with a policy of their own. In a real browser.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chooseBeside, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const KEEPS = ['PHPSESSID', 'consentry'];

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop);
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

const choose = (visitor, form, to = gateway) => chooseBeside(visitor, to.url, form);

/** Runs `walk` with a new visitor, of whom the shop has seen nothing yet. */
const visit = (walk, options) => withVisitor((visitor) => {
  shop.forget();
  return walk(visitor);
}, options);

const html = (body, head = '') => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>${head}</head><body>${body}<p id="end">Slutt</p></body></html>`;

/** Requests that reached the shop at `path`. */
const reached = (path) => shop.seen.filter((request) => request.path === path);

/** Page errors and console errors that are ours: a load that a policy refuses is said there by the browser itself. */
const faults = (visitor) => visitor.faults.filter((fault) => !/violates the following Content Security Policy|Failed to load resource|net::ERR/.test(fault));

describe('what the shop keeps in the browser', () => {
  test('is the necessary, by whatever answer it is set', () => visit(async (visitor) => {
    shop.serve('/cookies', html('<img src="/own.gif" alt=""><script>fetch("/own.js").then((r) => r.text())</script><img src="/go?to=/own.gif" alt="">'));
    await visitor.page.goto(`${gateway.url}/cookies`, { waitUntil: 'networkidle' });
    assert.deepEqual(await visitor.everyCookie(), ['PHPSESSID']);
  }));

  test('is not written by its scripts, in any of the browser\'s stores', () => visit(async (visitor) => {
    shop.serve('/stores', html(`<script>
      document.cookie = '_ga=1; path=/'; document.cookie = 'whatever=1; path=/';
      try { cookieStore.set('_fbp', '1'); cookieStore.set({ name: 'other', value: '1' }); } catch {}
      localStorage.setItem('_hjid', '1'); localStorage.visitor = '1'; localStorage['amplitude_x'] = '1'; sessionStorage.setItem('_uetsid', '1');
      try { indexedDB.open('fingerprint'); } catch {}
      try { caches.open('tracker').catch(() => {}); } catch {}
    </script>`));
    await visitor.page.goto(`${gateway.url}/stores`, { waitUntil: 'networkidle' });
    assert.deepEqual((await visitor.everyCookie()).filter((name) => !KEEPS.includes(name)), []);
    assert.deepEqual(await visitor.stored(), []);
    assert.deepEqual(await visitor.page.evaluate(async () => (await indexedDB.databases()).map((base) => base.name)), []);
    assert.deepEqual(faults(visitor), []);
  }));

  test('and old cookies of trackers do not reach the shop', () => visit(async (visitor) => {
    await visitor.context.addCookies(['_ga', '_fbp', 'mystery', 'PHPSESSID'].map((name) => ({ name, value: '1', url: gateway.url })));
    await visitor.page.goto(`${gateway.url}/own.js`);
    await visitor.page.goto(`${gateway.url}/all?d=leak.example`);
    assert.deepEqual([...new Set(shop.seen.map((request) => request.headers.cookie))], ['PHPSESSID=1', 'PHPSESSID=abc123'].filter((c) => shop.seen.some((r) => r.headers.cookie === c)));
  }));
});

describe('own paths', () => {
  const page = html(`<script async src="/metrics/gtag/js?id=G-ABC1234567"></script><script async src="/gtm.js?id=GTM-ABC123"></script>
    <img src="/metrics/g/collect?v=2&tid=G-ABC1234567&cid=1.2&en=page_view" alt="">
    <img src="/matomo.php?idsite=1&rec=1" alt=""><script src="/assets/analytics-dashboard.js"></script><link rel="stylesheet" href="/pixel-perfect.css">
    <script>navigator.sendBeacon('/metrics/g/collect?v=2&tid=G-ABC1234567&cid=1.2&gcs=G100', 'en=scroll');
    fetch('/metrics/g/collect?v=2&tid=G-ABC1234567', { method: 'POST', body: 'x' }).then((r) => { window.answered = r.status; });</script>`);
  const TRACKER = ['/metrics/gtag/js', '/gtm.js', '/metrics/g/collect', '/matomo.php'];

  test('of trackers do not reach the shop before a yes, and the shop\'s own do', () => visit(async (visitor) => {
    shop.serve('/gateway', page);
    shop.serve('/assets/analytics-dashboard.js', 'window.dashboard = 1;', { type: 'text/javascript' });
    await visitor.page.goto(`${gateway.url}/gateway`, { waitUntil: 'networkidle' });
    for (const path of TRACKER) assert.equal(reached(path).length, 0, path);
    assert.equal(await visitor.page.evaluate(() => window.dashboard), 1);
    assert.equal(await visitor.page.evaluate(() => window.answered), 204);
    assert.equal(reached('/pixel-perfect.css').length, 1);
    assert.deepEqual(faults(visitor), []);
  }));

  test('of trackers pass after a yes', () => visit(async (visitor) => {
    await choose(visitor, 'choice=all');
    await visitor.page.goto(`${gateway.url}/gateway`, { waitUntil: 'networkidle' });
    for (const path of TRACKER) assert.ok(reached(path).length > 0, path);
  }));

  test('marks in links do not reach the shop before a yes, and do after', () => visit(async (visitor) => {
    await visitor.page.goto(`${gateway.url}/all?d=leak.example&gclid=ABC&utm_source=brev&fbclid=DEF`, { waitUntil: 'load' });
    const [first] = reached('/all');
    assert.equal(first.target, '/all?d=leak.example&utm_source=brev');
    assert.ok(shop.seen.every((request) => !/gclid|fbclid/.test(JSON.stringify(request.headers))), 'nor in a Referer');
    // An open page of the shop would load again by itself.
    await visitor.page.goto('about:blank');
    shop.forget();
    await choose(visitor, 'choice=all');
    await visitor.page.goto(`${gateway.url}/own.js?gclid=ABC`);
    assert.equal(reached('/own.js')[0].target, '/own.js?gclid=ABC');
  }));
});

describe('workers', () => {
  test('a service worker nobody vouched for does not stay', () => visit(async (visitor) => {
    shop.serve('/sw.js', `self.addEventListener('install', () => { self.skipWaiting(); fetch('https://worker.leak.example/a', { mode: 'no-cors' }).catch(() => {}); });`, { type: 'text/javascript' });
    shop.serve('/with-worker', html(`<script>navigator.serviceWorker.register('/sw.js').then(() => { window.done = 1; }, () => { window.done = 2; });</script>`));
    await visitor.page.goto(`${gateway.url}/with-worker`);
    await until('the registration', () => visitor.page.evaluate(() => window.done));
    await until('no worker to be left', () => visitor.page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length === 0));
    assert.deepEqual(visitor.outside.requests.map((r) => r.host), []);
  }));

  test('one that was there before the gateway goes', () => visit(async (visitor) => {
    // It was installed at the gateway's own address while nobody enforced anything.
    const open = await startGateway(shop, { mode: 'off' });
    try {
      shop.serve('/old.js', `self.addEventListener('install', () => self.skipWaiting()); self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
        self.addEventListener('fetch', (event) => { if (event.request.mode === 'navigate') event.respondWith(new Response('<img src="https://replayed.leak.example/a.gif">', { headers: { 'content-type': 'text/html' } })); });`, { type: 'text/javascript' });
      shop.serve('/old', html(`<script>navigator.serviceWorker.register('/old.js').then(() => navigator.serviceWorker.ready).then(() => { window.done = 1; });</script>`));
      await visitor.page.goto(`${open.url}/old`);
      await until('the old worker', () => visitor.page.evaluate(() => window.done));
      await open.reload('enforce', async () => (await fetch(`${open.url}/old`, { headers: { accept: 'text/html' } })).headers.has('content-security-policy'));
      await visitor.page.goto(`${open.url}/old`);
      // A browser looks for a newer worker at each navigation.
      await until('the old worker to be gone', async () => {
        await visitor.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update().catch(() => {}));
        return visitor.page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length === 0);
      });
      visitor.outside.forget();
      await visitor.page.goto(`${open.url}/old`, { waitUntil: 'networkidle' });
      assert.equal(await visitor.page.locator('#end').count(), 1, 'the shop itself answers again');
      assert.deepEqual(visitor.outside.requests.map((r) => r.host), []);
    } finally {
      await open.stop();
    }
  }));
});

describe('pages that come back', () => {
  test('a page kept by the browser is not shown in another state', () => visit(async (visitor) => {
    shop.serve('/kept', html('<script src="https://kept.leak.example/a.js"></script>'), { headers: { 'cache-control': 'max-age=3600', etag: '"v1"' } });
    await choose(visitor, 'choice=all');
    await visitor.page.goto(`${gateway.url}/kept`, { waitUntil: 'networkidle' });
    assert.ok(visitor.outside.to('kept.leak.example').length > 0, 'granted, it loads');
    // The open page hears of the no, and loads again.
    const reloaded = visitor.page.waitForEvent('load');
    await choose(visitor, 'choice=none');
    await reloaded;
    visitor.outside.forget();
    await visitor.page.goto(`${gateway.url}/own.js`);
    await visitor.page.goBack({ waitUntil: 'networkidle' });
    await visitor.page.goto(`${gateway.url}/kept`, { waitUntil: 'networkidle' });
    assert.deepEqual(visitor.outside.requests.map((r) => r.host), []);
  }));

  test('an unchanged page is confirmed, in the same state only, and the shop never sees the mark', () => visit(async (visitor) => {
    shop.serve('/confirmed', html('hei'), { headers: { 'cache-control': 'no-cache', etag: '"person-42"' } });
    const ask = (more = {}) => fetch(`${gateway.url}/confirmed`, { headers: { accept: 'text/html', 'sec-fetch-dest': 'document', ...more } });
    const first = await ask();
    const mark = first.headers.get('etag');
    assert.ok(mark && !mark.includes('person-42'), `an own validator, not ${mark}`);
    const again = await ask({ 'if-none-match': mark });
    assert.equal(again.status, 304);
    assert.ok(reached('/confirmed').every((request) => !request.headers['if-none-match']));
    shop.serve('/confirmed', html('ha det'), { headers: { 'cache-control': 'no-cache', etag: '"person-43"' } });
    assert.equal((await ask({ 'if-none-match': mark })).status, 200);
  }));

  test('every open tab follows a withdrawal', () => visit(async (visitor) => {
    shop.serve('/tab', html('<script src="https://tab.leak.example/a.js"></script>'));
    await choose(visitor, 'choice=all');
    await visitor.page.goto(`${gateway.url}/tab`, { waitUntil: 'networkidle' });
    const second = await visitor.context.newPage();
    await second.goto(`${gateway.url}/tab`, { waitUntil: 'networkidle' });
    visitor.outside.forget();
    const reloaded = Promise.all([visitor.page, second].map((page) => page.waitForEvent('load')));
    await choose(visitor, 'choice=none');
    await reloaded;
    await second.waitForLoadState('networkidle');
    assert.deepEqual(visitor.outside.requests.map((r) => r.host), []);
  }));
});

describe('documents of other kinds', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="https://svg.leak.example/a.gif"/><script href="https://svg.leak.example/a.js"/></svg>';
  const xhtml = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title><script src="https://xhtml.leak.example/a.js"></script></head><body><img src="https://xhtml.leak.example/a.gif"/></body></html>';
  const feed = '<?xml version="1.0"?><?xml-stylesheet href="https://feed.leak.example/a.xsl" type="text/xsl"?><rss version="2.0"><channel><title>Nytt</title></channel></rss>';
  for (const [path, type, body] of [['/d.svg', 'image/svg+xml', svg], ['/d.xhtml', 'application/xhtml+xml', xhtml], ['/d.rss', 'application/rss+xml', feed], ['/d.xml', 'text/xml', feed]]) {
    test(`${type} leaks nothing and passes byte for byte`, () => visit(async (visitor) => {
      shop.serve(path, body, { type });
      await visitor.page.goto(gateway.url + path, { waitUntil: 'load' }).catch((error) => assert.match(error.message, /Download is starting/));
      assert.deepEqual(visitor.outside.requests.map((r) => r.host), []);
      const direct = await fetch(gateway.url + path, { headers: { accept: 'text/html,*/*', 'sec-fetch-dest': 'document' } });
      if (!type.includes('xhtml')) assert.equal(await direct.text(), body);
    }));
  }

  test('a download passes byte for byte, and a part of a page but for what is held in it', async () => {
    const body = '<p>Kvittering <img src="https://x.leak.example/a.gif"></p>';
    shop.serve('/receipt', body, { headers: { 'content-disposition': 'attachment; filename="kvittering.html"' } });
    shop.serve('/part', body);
    shop.serve('/plain', '<p>Kvittering <img src="/a.gif"></p>');
    const navigation = { accept: 'text/html', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' };
    assert.equal(await (await fetch(`${gateway.url}/receipt`, { headers: navigation })).text(), body);
    for (const headers of [{ 'hx-request': 'true' }, { 'x-requested-with': 'XMLHttpRequest' }, { 'turbo-frame': 'cart' }, { 'x-pjax': 'true' }, { 'sec-fetch-dest': 'empty' }]) {
      const told = async (path) => (await fetch(gateway.url + path, { headers: { accept: 'text/html', ...headers } })).text();
      assert.equal(await told('/part'), body.replace(' src', ' data-consentry-held=unknown data-consentry-src'), JSON.stringify(headers));
      assert.equal(await told('/plain'), '<p>Kvittering <img src="/a.gif"></p>');
    }
  });

  test('an AMP page gets nothing put in', async () => {
    const amp = '<!doctype html><html amp lang="nb"><head><meta charset="utf-8"><title>AMP</title></head><body><p>Hei</p></body></html>';
    shop.serve('/amp', amp);
    assert.equal(await (await fetch(`${gateway.url}/amp`, { headers: { accept: 'text/html', 'sec-fetch-dest': 'document' } })).text(), amp);
  });
});

describe('headers that speak for trackers', () => {
  test('are left out before a yes and pass after it', async () => {
    const headers = {
      link: ['<https://h.leak.example/a.js>; rel=preload; as=script', '</own.css>; rel=preload; as=style'],
      'report-to': '{"group":"g","max_age":1,"endpoints":[{"url":"https://h.leak.example/r"}]}', nel: '{"report_to":"g","max_age":1}',
      'accept-ch': 'Sec-CH-UA-Model', 'critical-ch': 'Sec-CH-UA-Model', refresh: '5; url=https://h.leak.example/',
    };
    shop.serve('/speaking', html('hei'), { headers });
    const ask = async (cookie) => (await fetch(`${gateway.url}/speaking`, { headers: { accept: 'text/html', 'sec-fetch-dest': 'document', ...(cookie ? { cookie } : {}) } })).headers;
    const before = await ask();
    assert.equal(before.get('link'), '</own.css>; rel=preload; as=style');
    for (const name of ['report-to', 'nel', 'accept-ch', 'critical-ch', 'refresh']) assert.equal(before.get(name), null, name);
    assert.match(before.get('permissions-policy'), /browsing-topics=\(\).*attribution-reporting=\(\)/);
    const reply = await fetch(`${gateway.url}/_consentry/choice`, { method: 'POST', redirect: 'manual', headers: { origin: gateway.url, 'content-type': 'application/x-www-form-urlencoded' }, body: 'choice=all&return=/' });
    const after_ = await ask(reply.headers.getSetCookie().find((line) => line.startsWith('consentry=')).split(';')[0]);
    for (const name of Object.keys(headers)) assert.ok(after_.get(name), name);
  });
});

describe('a page with a policy of its own', () => {
  const banner = '#consentry-banner';
  const policies = {
    'a nonce': "script-src 'nonce-abc123'; style-src 'nonce-abc123'; object-src 'none'; base-uri 'none'",
    'a nonce and strict-dynamic': "script-src 'nonce-abc123' 'strict-dynamic' https:; object-src 'none'",
    'self alone': "default-src 'self'",
    'nothing at all': "default-src 'none'; img-src 'self'",
    'hashes': "script-src 'self' 'sha256-Tqnl3eLXTbQ9lVBGUx2hDqLTbF5KDwXZkm1LRAdWJ2s='; style-src 'self'",
    'trusted types': "script-src 'self' 'unsafe-inline'; require-trusted-types-for 'script'; trusted-types none",
    'forms to itself only': "script-src 'nonce-abc123'; form-action 'none'; connect-src 'none'",
  };
  for (const [name, policy] of Object.entries(policies)) {
    test(`${name}: the banner shows, works, and the page's own code still runs as it did`, () => visit(async (visitor) => {
      const own = html('<p>Hei</p><script nonce="abc123">window.own = 1;</script><script>window.inline = 1;</script>');
      shop.serve('/own-policy', own, { headers: { 'content-security-policy': policy } });
      // What of the page runs without us?
      await visitor.page.goto(`${shop.url}/own-policy`, { waitUntil: 'networkidle' });
      const runs = await visitor.page.evaluate(() => [window.own, window.inline]);
      visitor.faults.length = 0;
      await visitor.page.goto(`${gateway.url}/own-policy`, { waitUntil: 'networkidle' });
      assert.deepEqual(await visitor.page.evaluate(() => [window.own, window.inline]), runs, 'as without us');
      assert.deepEqual(visitor.faults.filter((fault) => !/own-policy:1|script nonce|inline script/i.test(fault)), [], 'nothing of ours is refused');
      assert.equal(await visitor.page.evaluate(() => typeof window.consentry), 'object', 'the guard ran');
      assert.ok(await visitor.page.locator(banner).isVisible());
      assert.notEqual(await visitor.page.locator(banner).evaluate((element) => getComputedStyle(element).position), 'static', 'the banner has its style');
      await visitor.page.locator(`${banner} [data-role="reject-all"]`).click();
      await visitor.page.locator(banner).waitFor({ state: 'hidden' });
      await until('the answer', async () => (await visitor.everyCookie()).includes('consentry'));
    }));
  }

  test('in a meta element: the same', () => visit(async (visitor) => {
    shop.serve('/meta-policy', html('<p>Hei</p>', `<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'nonce-q'; style-src 'nonce-q'">`));
    await visitor.page.goto(`${gateway.url}/meta-policy`, { waitUntil: 'networkidle' });
    assert.ok(await visitor.page.locator(banner).isVisible());
    assert.notEqual(await visitor.page.locator(banner).evaluate((element) => getComputedStyle(element).position), 'static');
    assert.deepEqual(visitor.faults, []);
    await visitor.page.locator(`${banner} [data-role="reject-all"]`).click();
    await visitor.page.locator(banner).waitFor({ state: 'hidden' });
  }));
});

describe('code that counts on a tracker', () => {
  test('does not throw, and does not wait for ever', () => visit(async (visitor) => {
    shop.serve('/counts-on', html(`
      <button id="b" onclick="fbq('track', 'Lead'); ttq.track('x'); gtag('event', 'click', { event_callback: () => { window.went = 1; } });">x</button>
      <script>fbq('track', 'PageView'); fbq.push(['x']); ttq.page(); _paq.push(['trackPageView']); hj('event', 'x'); clarity('set', 'a', 'b');</script>`,
    `<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script><script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);}gtag('js',new Date());gtag('config','G-1');</script>
     <script src="https://connect.facebook.net/en_US/fbevents.js"></script><script src="https://analytics.tiktok.com/i18n/pixel/events.js"></script>
     <script src="https://cdn.matomo.cloud/shop.matomo.cloud/matomo.js"></script><script src="https://static.hotjar.com/c/hotjar-1.js"></script><script src="https://www.clarity.ms/tag/abc"></script>`));
    await visitor.page.goto(`${gateway.url}/counts-on`, { waitUntil: 'networkidle' });
    await visitor.page.locator('#b').click();
    await until('the callback of gtag', () => visitor.page.evaluate(() => window.went));
    assert.deepEqual(visitor.faults, []);
    assert.deepEqual([...visitor.outside.connections], []);
  }));
});

describe('modes', () => {
  test('observe holds nothing and reports, off touches nothing, enforce holds: by reload', () => visit(async (visitor) => {
    const body = html('<script src="https://moded.leak.example/a.js"></script>');
    shop.serve('/moded', body);
    const moded = await startGateway(shop, { mode: 'observe' });
    const navigation = { accept: 'text/html', 'sec-fetch-dest': 'document' };
    const ask = () => fetch(`${moded.url}/moded`, { headers: navigation });
    try {
      const observed = await ask();
      assert.ok(observed.headers.get('content-security-policy-report-only')?.includes('report-uri /_consentry/report'));
      assert.equal(observed.headers.get('content-security-policy'), null);
      assert.equal(observed.headers.getSetCookie().length, 4);
      await visitor.page.goto(`${moded.url}/moded`, { waitUntil: 'networkidle' });
      assert.ok(visitor.outside.to('moded.leak.example').length > 0);
      await moded.reload('off', async () => !(await ask()).headers.has('content-security-policy-report-only'));
      assert.equal(await (await ask()).text(), body);
      await moded.reload('enforce', async () => (await ask()).headers.has('content-security-policy'));
      visitor.outside.forget();
      await visitor.page.goto(`${moded.url}/moded`, { waitUntil: 'networkidle' });
      assert.deepEqual(visitor.outside.requests.map((r) => r.host), []);
    } finally {
      await moded.stop();
    }
  }));
});

describe('a shop that never wrote down what it uses', () => {
  const NAMED = 'cdn.firstpromoter.com';
  const MARKED = 'x.own-ads.example';
  const LOADED = 'cdn.pepperjam.com';
  const spoken = (visitor) => [...new Set(visitor.outside.requests.map((request) => request.host))].sort();
  const look = async (visitor) => {
    visitor.outside.forget();
    await visitor.page.goto(`${gateway.url}/uses`, { waitUntil: 'networkidle' });
    return spoken(visitor);
  };
  before(() => {
    shop.serve('/uses', html('', `<script src="//${NAMED}/fpr.js"></script><script data-consentry="marketing" src="//${MARKED}/a.js"></script>
      <script>document.head.append(Object.assign(document.createElement('script'), { src: '//${LOADED}/x.js' }))</script>`));
  });

  test('has what its pages name work for those who agree, and what its scripts load from the next page on', () => visit(async (visitor) => {
    assert.deepEqual(await look(visitor), []);
    await choose(visitor, 'choice=some&category=marketing');
    const first = await look(visitor);
    assert.ok(first.includes(NAMED) && first.includes(MARKED), first.join());
    await until('the report has come', async () => (await look(visitor)).includes(LOADED));
    assert.deepEqual(await look(visitor), [NAMED, LOADED, MARKED].sort());
    await choose(visitor, 'choice=some&category=statistics&category=preferences');
    assert.deepEqual(await look(visitor), []);
  }));
});
