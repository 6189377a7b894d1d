// What a shop needs is not touched: payment, identity, robots' tests, libraries, names that only look like trackers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chooseBeside, newVisitor, until } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

/** Scripts and frames of services a shop cannot do without. */
const NEEDED = [
  'https://js.stripe.com/v3/', 'https://x.klarnacdn.net/kp/lib/v1/api.js', 'https://checkout.vipps.no/vippsCheckoutSDK.js',
  'https://www.paypal.com/sdk/js?client-id=x', 'https://checkoutshopper-live.adyen.com/checkoutshopper/sdk/5.0.0/adyen.js',
  'https://www.google.com/recaptcha/api.js', 'https://challenges.cloudflare.com/turnstile/v0/api.js', 'https://js.hcaptcha.com/1/api.js',
  'https://cdnjs.cloudflare.com/ajax/libs/jquery/3.7.1/jquery.min.js', 'https://cdn.jsdelivr.net/npm/vue@3', 'https://unpkg.com/htmx.org@2',
  'https://code.jquery.com/jquery-3.7.1.min.js', 'https://ajax.googleapis.com/ajax/libs/jquery/3.7.1/jquery.min.js',
];

/** The shop's own, with names that look like trackers. */
const LOOK_ALIKES = ['/assets/analytics-dashboard.js', '/js/tracking-number.js', '/js/facebook-login-button.js', '/js/gtag-colours.js', '/js/pixel-ratio.js'];

const page = `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Kasse</title>
<link rel="stylesheet" href="/pixel-perfect.css"><script type="application/ld+json">{"@context":"https://schema.org","sameAs":["https://www.facebook.com/dekkogfelg","https://www.youtube.com/dekkogfelg"]}</script>
<script type="application/json" id="state">{"video":"https://www.youtube.com/embed/x","ga":"https://www.google-analytics.com/g/collect"}</script>
<meta property="og:video" content="https://www.youtube.com/embed/x">
${NEEDED.map((address) => `<script src="${address}"></script>`).join('\n')}
${LOOK_ALIKES.map((path) => `<script src="${path}"></script>`).join('\n')}
</head><body>
<a href="https://www.facebook.com/dekkogfelg">Facebook</a> <a href="https://www.youtube.com/dekkogfelg">YouTube</a>
<script>
  var LINKS = { facebook: "https://www.facebook.com/sharer.php?u=", tracker: "connect.facebook.net", video: "//www.youtube.com/embed/" };
  window.share = function () { return LINKS.facebook + encodeURIComponent(location.href); };
  window.cart = { items: 2, currency: 'NOK', note: 'Vi bruker ikke hotjar.com eller www.googletagmanager.com.' };
  document.cookie = 'woocommerce_items_in_cart=2; path=/';
</script>
<textarea id="t"><script src="https://connect.facebook.net/x.js"></script></textarea>
<template id="tpl"><p class="from-template">Mal</p></template>
<p id="end">Slutt</p></body></html>`;

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop);
  shop.serve('/kasse', page);
  shop.serve('/pixel-perfect.css', 'body { margin: 0 }', { type: 'text/css' });
  for (const path of LOOK_ALIKES) shop.serve(path, `window.ran = (window.ran || []).concat('${path}');`, { type: 'text/javascript' });
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

test('a checkout works before any answer, and nothing throws', async () => {
  const visitor = await newVisitor();
  try {
    await visitor.page.goto(`${gateway.url}/kasse`, { waitUntil: 'networkidle' });
    const asked = new Set(visitor.outside.requests.map((r) => r.host));
    assert.deepEqual(NEEDED.map((address) => new URL(address).host).filter((host) => !asked.has(host)), [], 'services that did not load');
    assert.deepEqual([...asked].filter((host) => !NEEDED.some((address) => new URL(address).host === host)), [], 'and nobody else was asked');
    const state = await visitor.page.evaluate(() => ({
      ran: window.ran, share: window.share?.(), note: window.cart?.note, json: JSON.parse(document.getElementById('state').textContent).video,
      text: document.getElementById('t').value, cookie: document.cookie,
    }));
    assert.deepEqual(state.ran, LOOK_ALIKES);
    assert.match(state.share, /^https:\/\/www\.facebook\.com\/sharer\.php/);
    assert.match(state.note, /hotjar\.com/);
    assert.equal(state.json, 'https://www.youtube.com/embed/x');
    assert.equal(state.text, '<script src="https://connect.facebook.net/x.js"></script>');
    assert.match(state.cookie, /woocommerce_items_in_cart=2/);
    assert.deepEqual(visitor.faults, []);
  } finally {
    await visitor.close();
  }
});

/** Ways to pay that a page names by their address: browsers refuse one that the page's policy does not open. */
const WAYS_TO_PAY = ['https://google.com/pay', 'https://apple.com/apple-pay', 'https://spay.samsung.com'];

test('a page may ask for every way to pay before any answer and after a no', async () => {
  shop.serve('/betal', '<!doctype html><html lang="nb"><title>Betal</title><p>Betal</p></html>');
  const visitor = await newVisitor();
  const refused = (ways) => visitor.page.evaluate((names) => names.filter((name) => {
    try {
      new PaymentRequest([{ supportedMethods: name, data: {} }], { total: { label: 'Dekk', amount: { currency: 'NOK', value: '1' } } });
      return false;
    } catch { return true; }
  }), ways);
  try {
    for (const answer of ['', 'choice=none']) {
      if (answer) await chooseBeside(visitor, gateway.url, answer);
      await visitor.page.goto(`${gateway.url}/betal`);
      assert.deepEqual(await refused(WAYS_TO_PAY), [], `after "${answer}"`);
      assert.deepEqual(await refused(['https://google.com/search']), ['https://google.com/search'], 'the fence is asked');
      await visitor.page.goto('about:blank');
    }
  } finally {
    await visitor.close();
  }
});

const APPS = ['bankid:///?autostarttoken=2', 'swish://payment?token=1', 'vipps://a', 'mobilepay://a', 'mitid://a', 'frejaeid://a'];

test('a frame may start the apps that people identify themselves and pay with', async () => {
  shop.serve('/app', `<!doctype html><html lang="nb"><title>App</title><p>App</p><iframe style="display:none" src="bankid:///?autostarttoken=1"></iframe>
<script>for (const address of ${JSON.stringify([...APPS, 'stranger://a'])}) {
  const frame = document.createElement('iframe');
  frame.src = address;
  document.body.append(frame);
}</script></html>`);
  const visitor = await newVisitor();
  const refused = [];
  await visitor.page.exposeFunction('refused', (uri) => refused.push(uri));
  await visitor.page.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) => self.refused(event.blockedURI)));
  try {
    await visitor.page.goto(`${gateway.url}/app`);
    // Chromium starts the first by itself, and says of each other one that somebody must have asked for it.
    await until('every app', () => APPS.every((address) => visitor.faults.some((fault) => fault.includes(`launch '${address}'`))));
    await until('what is refused', () => refused.length > 0);
    assert.equal(refused.length, 1, 'the stranger alone');
  } finally {
    await visitor.close();
  }
});

test('apart from what we put in, the page is the shop\'s, byte for byte', async () => {
  const text = await (await fetch(`${gateway.url}/kasse`, { headers: { accept: 'text/html', 'sec-fetch-dest': 'document' } })).text();
  let at = 0;
  // Every piece of the shop's page is there, in order; only insertions stand between.
  for (const line of page.split('\n')) {
    const found = text.indexOf(line.replace(/<head>.*|<\/body>.*/, ''), at);
    assert.ok(found >= at, `the line is there: ${line}`);
    at = found;
  }
  assert.ok(!text.includes(' data-consentry-held='), 'no tag is held');
});

/** Meta's own snippet, and the call beside which shops do their work. */
const META = `!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.callMethod?n.callMethod.apply(n,arguments):n.queue.push(arguments)};if(!f._fbq)f._fbq=n;n.push=n;n.loaded=!0;n.version='2.0';n.queue=[];t=b.createElement(e);t.async=!0;t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)}(window, document,'script','https://connect.facebook.net/en_US/fbevents.js');fbq('init','1');`;
const CALL = "fbq('track', 'InitiateCheckout', { value: 1299, currency: 'NOK' });";

/** Opens a page of this head and body before any answer; nobody outside is asked, and nothing throws. */
async function opened({ head = '', body, then }) {
  shop.serve('/apart', `<!doctype html><html lang="nb" class="no-js"><head><meta charset="utf-8"><title>Betaling</title>${head}</head><body>${body}</body></html>`);
  const visitor = await newVisitor();
  try {
    await visitor.page.goto(`${gateway.url}/apart`, { waitUntil: 'load' });
    await then(visitor.page);
    assert.deepEqual(visitor.outside.requests.map((request) => request.host), []);
    assert.deepEqual(visitor.faults, []);
  } finally {
    await visitor.close();
  }
}

test('a page that tells a tracker of it and then sends the payment reaches it', async () => {
  shop.serve('/pay', '<!doctype html><title>Betalt</title><p>Takk</p>');
  const form = '<form name="betaling" id="betaling" method="get" action="/pay"><input type="hidden" name="token" value="abc"></form>';
  for (const work of [
    `${CALL} document.betaling.submit();`,
    `${CALL} document.forms['betaling'].submit();`,
    `if (window.fbq) { ${CALL} } document.betaling.submit();`,
    `typeof fbq !== 'undefined' && ${CALL} var f = document.getElementById('betaling'); f.submit();`,
    `document.addEventListener('DOMContentLoaded', function () { ${CALL} document.betaling.submit(); });`,
    `${CALL} setTimeout(function () { location.href = '/pay?token=abc' }, 50);`,
  ])
    await opened({
      head: `<script>${META}</script>`,
      body: `${form}<script>${work}</script>`,
      then: (page) => page.waitForURL(/\/pay\?token=abc$/),
    });
});

test('what a shop does beside a tracker\'s snippet is done', () => opened({
  head: `<script>${META}document.documentElement.classList.remove('no-js');</script><script>self.initShop = () => (self.began = true)</script>`,
  body: `<script>${CALL}window.addEventListener('load', initShop)</script><script>${CALL}document.write('<p id="takk">Takk</p>')</script>`,
  then: async (page) => {
    await page.waitForFunction(() => self.began && document.getElementById('takk'));
    assert.equal(await page.evaluate(() => document.documentElement.className), '');
  },
}));

/** Snippets that hide the page until a tracker has come, with the tag that would show it again. */
const HIDING = {
  google: `<style>.async-hide { opacity: 0 !important} </style>
<script>(function(a,s,y,n,c,h,i,d,e){s.className+=' '+y;h.start=1*new Date;
h.end=i=function(){s.className=s.className.replace(RegExp(' ?'+y),'')};
(a[n]=a[n]||[]).hide=h;setTimeout(function(){i();h.end=null},c);h.timeout=c;
})(window,document.documentElement,'async-hide','dataLayer',4000,
{'GTM-XXXXXX':true});</script><script async src="https://www.googletagmanager.com/gtm.js?id=GTM-X"></script>`,
  adobe: `<script>;(function(win, doc, style, timeout) {
  var STYLE_ID = 'at-body-style';
  function getParent() { return doc.getElementsByTagName('head')[0]; }
  function addStyle(parent, id, def) { if (!parent) { return; } var style = doc.createElement('style'); style.id = id; style.innerHTML = def; parent.appendChild(style); }
  function removeStyle(parent, id) { if (!parent) { return; } var style = doc.getElementById(id); if (!style) { return; } parent.removeChild(style); }
  addStyle(getParent(), STYLE_ID, style);
  setTimeout(function() { removeStyle(getParent(), STYLE_ID); }, timeout);
}(window, document, "body {opacity: 0 !important}", 3000));</script>`,
  typekit: `<script src="//use.typekit.net/ik/abc.js" async onload="try{Typekit.load();}catch(e){} document.documentElement.classList.remove('wf-loading');"></script>
<script>document.documentElement.classList.add('wf-loading')</script>
<style>@keyframes fonts-loading { 0%, 99% { color: transparent; } } html.wf-loading * { animation: fonts-loading 3s; }</style>`,
};

test('no page is hidden for a tracker that is held', async () => {
  for (const [whose, head] of Object.entries(HIDING))
    await opened({
      head,
      body: '<h1 id="title">Dekk</h1>',
      then: async (page) => assert.deepEqual(await page.evaluate(() => {
        const title = getComputedStyle(document.getElementById('title'));
        return [document.documentElement.className, getComputedStyle(document.documentElement).opacity, getComputedStyle(document.body).opacity, title.animationName];
      }), ['no-js', '1', '1', 'none'], whose),
    });
});

test('names that a held script of the shop\'s own host defines answer', async () => {
  const path = '/wp-content/plugins/woocommerce/assets/js/sourcebuster/sourcebuster.min.js';
  shop.serve(path, 'self.sbjs = { init() {}, real: true };', { type: 'text/javascript' });
  shop.serve('/matomo.js', 'self.Matomo = { real: true };', { type: 'text/javascript' });
  await opened({
    head: `<script src="${path}?ver=8.5.2"></script><script src="/matomo.js"></script>`,
    body: `<input id="typ"><script>sbjs.init({ lifetime: 1 }); document.getElementById('typ').value = sbjs.get.current.typ; Matomo.getTracker('/m', 1).trackPageView(); self.after = true;</script>`,
    then: async (page) => assert.deepEqual(await page.evaluate(() => [self.after, document.getElementById('typ').value]), [true, '']),
  });
});
