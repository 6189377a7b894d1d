// A shop's own words about consent, left from an earlier banner or pasted with the tag, beside ours: what Google's and
// Microsoft's tags make of both is what the visitor said (rules G1 to G7, G10).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chooseBeside, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const USES = 'uses = ["google-tag", "google-tag-manager", "google-analytics", "google-ads", "microsoft-uet", "microsoft-clarity", "meta-pixel"]';
const GTAG = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-TEST000001"></script>';
/** The four signals that Google's tags heed, all of one kind. */
const four = (word) => `{ ad_storage: '${word}', ad_user_data: '${word}', ad_personalization: '${word}', analytics_storage: '${word}' }`;
/** Google's own snippet, with what a shop has put into it. */
const snippet = (own) => `<script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);} ${own}; gtag('js', new Date()); gtag('config', 'G-TEST000001');</script>`;
const html = (head) => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>${head}</head><body><main><p>Hei</p></main></body></html>`;

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop, { more: USES });
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

/**
 * What Google's tags take the signals for: an update counts for more than any default, whenever that comes, and of two alike
 * the later one (developers.google.com/tag-platform/security/guides/consent; entries of google_tag_data.ics). Told as "analytics
 * ads".
 */
const state = (page, queue = 'dataLayer') => page.evaluate((name) => {
  const said = { default: {}, update: {} };
  for (const [command, how, given] of [...self[name]].filter((one) => one?.[0] === 'consent')) Object.assign(said[how], given);
  const all = { ...said.default, ...said.update };
  if (new Set([all.ad_storage, all.ad_user_data, all.ad_personalization]).size !== 1) throw new Error(JSON.stringify(all));
  return `${all.analytics_storage} ${all.ad_storage}`;
}, queue);

/** The state on a page with this head, of a visitor who answered so; then `later` is run in the page. */
async function stateOf({ head, answer, later, to = gateway }) {
  shop.serve('/snippet', html(head));
  let found;
  await withVisitor(async (visitor) => {
    if (answer) await chooseBeside(visitor, to.url, answer);
    await visitor.page.goto(`${to.url}/snippet`, { waitUntil: 'networkidle' });
    if (later) await visitor.page.evaluate(later);
    const runs = visitor.outside.to('www.googletagmanager.com', '/gtag/js').length > 0;
    found = [await state(visitor.page), runs];
  });
  return found;
}

test('a default of the shop\'s takes nothing from a visitor who agreed', async () => {
  const head = snippet(`gtag('consent', 'default', ${four('denied')})`) + GTAG;
  assert.deepEqual(await stateOf({ head, answer: 'choice=all' }), ['granted granted', true]);
  assert.deepEqual(await stateOf({ head, answer: 'choice=some&category=statistics' }), ['granted denied', true]);
});

test('nothing that the shop says grants what was refused, before the tag is there and after', async () => {
  const statistics = 'choice=some&category=statistics';
  for (const how of ['default', 'update']) {
    const grants = `gtag('consent', '${how}', ${four('granted')})`;
    assert.deepEqual(await stateOf({ head: snippet(grants) + GTAG, answer: statistics }), ['granted denied', true], how);
    assert.deepEqual(await stateOf({ head: snippet('') + GTAG, answer: statistics, later: grants }), ['granted denied', true], how);
  }
});

test('a queue that the shop puts in the place of ours begins with what the visitor said', async () => {
  const head = `<script>dataLayer = [{ page: 'front' }];</script>${snippet(`gtag('consent', 'default', ${four('granted')})`)}${GTAG}`;
  assert.deepEqual(await stateOf({ head, answer: 'choice=some&category=statistics' }), ['granted denied', true]);
});

/** How shops give the queue another name: an element of the page, and scripts that make one, as npm's packages do. */
const OTHER_QUEUES = {
  'an element before the queue': `<script async src="https://www.googletagmanager.com/gtag/js?id=G-TEST000001&l=ownLayer"></script>
    <script>window.ownLayer = window.ownLayer || []; function gtag(){ownLayer.push(arguments);} gtag('js', new Date()); OWN; gtag('config', 'G-TEST000001');</script>`,
  'an element behind a queue that is a variable': `<script>var ownLayer = []; function gtag(){ownLayer.push(arguments);} gtag('js', new Date()); OWN; gtag('config', 'G-TEST000001');</script>
    <script src="https://www.googletagmanager.com/gtag/js?l=ownLayer&id=G-TEST000001"></script>`,
  'a script that makes the element': `<script>(function (w, d, s, l, i) { w[l] = w[l] || []; w[l].push({ 'gtm.start': 1, event: 'gtm.js' }); var f = d.getElementsByTagName(s)[0], j = d.createElement(s);
    j.async = true; j.src = 'https://www.googletagmanager.com/gtm.js?id=' + i + '&l=' + l; f.parentNode.insertBefore(j, f); })(window, document, 'script', 'ownLayer', 'GTM-TEST001'); function gtag(){ownLayer.push(arguments);} OWN;</script>`,
};

for (const [how, head] of Object.entries(OTHER_QUEUES))
  test(`g1_g7_a_queue_of_another_name_says_what_the_visitor_said_first: ${how}`, async () => {
    const own = `gtag('consent', 'update', ${four('granted')})`;
    shop.serve('/queue', html(head.replace('OWN', own)));
    await withVisitor(async (visitor) => {
      await chooseBeside(visitor, gateway.url, 'choice=some&category=statistics');
      await visitor.page.goto(`${gateway.url}/queue`, { waitUntil: 'networkidle' });
      assert.ok(visitor.outside.to('www.googletagmanager.com').length > 0, 'the tag runs');
      assert.equal(await state(visitor.page, 'ownLayer'), 'granted denied');
      const first = await visitor.page.evaluate(() => [...ownLayer].slice(0, 2).map(([command, when]) => `${command} ${when}`));
      assert.deepEqual(first, ['consent default', 'consent update']);
      // A snippet that runs later.
      assert.equal(await visitor.page.evaluate((later) => { self.eval(later); return ownLayer.at(-1)[2].ad_storage; }, own), 'denied');
      // What is told in this page reaches every queue, and what is no consent its own.
      await visitor.page.evaluate(() => consentry.gtag('event', 'x'));
      await visitor.page.evaluate(() => { consentry.consent = ['necessary']; consentry.gtag('consent', 'update', { analytics_storage: 'denied' }); });
      assert.equal(await state(visitor.page, 'ownLayer'), 'denied denied');
      assert.ok(!(await visitor.page.evaluate(() => [...ownLayer].some((one) => one[0] === 'event' && one[1] === 'x'))));
      assert.deepEqual(visitor.faults, []);
    });
  });

test('an address that only looks like one of Google\'s tags makes no queue', async () => {
  shop.serve('/queue', html('<script src="/own.js?id=G-1&l=nb"></script><script>self.found = typeof nb</script>'));
  await withVisitor(async (visitor) => {
    await chooseBeside(visitor, gateway.url, 'choice=some&category=statistics');
    await visitor.page.goto(`${gateway.url}/queue`, { waitUntil: 'networkidle' });
    assert.equal(await visitor.page.evaluate(() => self.found), 'undefined');
  });
});

test('where tags run unasked a shop\'s grant waits for the visitor\'s', async () => {
  const advanced = await startGateway(shop, { more: `${USES}\n[site.consent.google]\nmode = "advanced"` });
  const head = snippet(`gtag('consent', 'default', ${four('granted')}); gtag('consent', 'update', ${four('granted')})`) + GTAG;
  try {
    assert.deepEqual(await stateOf({ head, to: advanced }), ['denied denied', true]);
    assert.deepEqual(await stateOf({ head, answer: 'choice=none', to: advanced }), ['denied denied', false], 'the tag is not there');
    assert.deepEqual(await stateOf({ head, answer: 'choice=all', to: advanced }), ['granted granted', true]);
  } finally {
    await advanced.stop();
  }
});

test('a yes to a single tracker of Google\'s loads its tag, which is told what that one may do', async () => {
  const head = snippet('') + GTAG;
  assert.deepEqual(await stateOf({ head, answer: 'choice=some&tracker=google-analytics' }), ['granted denied', true]);
  assert.deepEqual(await stateOf({ head, answer: 'choice=some&tracker=google-ads' }), ['denied granted', true]);
  assert.deepEqual(await stateOf({ head, answer: 'choice=some&tracker=meta-pixel' }), ['denied denied', false]);
});

test('Microsoft\'s tags are told what was said of each, whatever the shop says first', () => withVisitor(async (visitor) => {
  shop.serve('/microsoft', html(`<script>(window.uetq = window.uetq || []).push('consent', 'default', { ad_storage: 'denied' });</script>`));
  const told = async (answer) => {
    await visitor.page.goto('about:blank');
    await chooseBeside(visitor, gateway.url, answer);
    await visitor.page.goto(`${gateway.url}/microsoft`, { waitUntil: 'networkidle' });
    return visitor.page.evaluate(() => [[...uetq], self.clarity?.q?.map((one) => [...one])]);
  };
  const [uet] = await told('choice=some&tracker=microsoft-uet');
  assert.deepEqual(uet.slice(0, 6), ['consent', 'default', { ad_storage: 'granted' }, 'consent', 'update', { ad_storage: 'granted' }]);
  assert.deepEqual(uet.slice(6), ['consent', 'default', { ad_storage: 'denied' }], 'a default, which an update outdoes');
  const [, clarity] = await told('choice=some&tracker=microsoft-clarity');
  assert.deepEqual(clarity, [['consentv2', { ad_Storage: 'denied', analytics_Storage: 'granted' }]]);
}));

test('a package of Clarity\'s that says yes to everything says none to advertising that was refused', () => withVisitor(async (visitor) => {
  // What @microsoft/clarity 1.0.2 does: Clarity.init(), Clarity.consentV2(), and the older Clarity.consent().
  shop.serve('/clarity', html(`<script>
    (function (c, l, a, r, i, t, y) {
      if (l.getElementById('clarity-script')) return;
      c[a] = c[a] || function () { (c[a].q = c[a].q || []).push(arguments); };
      t = l.createElement(r); t.async = 1; t.src = 'https://www.clarity.ms/tag/' + i + '?ref=npm'; t.id = 'clarity-script';
      y = l.getElementsByTagName(r)[0]; y.parentNode.insertBefore(t, y);
    })(window, document, 'clarity', 'script', 'abc');
    window.clarity('consentv2', { ad_Storage: 'granted', analytics_Storage: 'granted' });
    window.clarity('consent', true);</script>`));
  const told = async (answer) => {
    await visitor.page.goto('about:blank');
    await chooseBeside(visitor, gateway.url, answer);
    await visitor.page.goto(`${gateway.url}/clarity`, { waitUntil: 'networkidle' });
    return visitor.page.evaluate(() => self.clarity.q.filter(([what]) => what.startsWith('consent')).map((one) => one[1].ad_Storage ?? one[1]));
  };
  const spokenTo = () => visitor.outside.requests.filter((request) => request.host === 'www.clarity.ms').length;
  await told('choice=none').catch(() => {});
  assert.equal(spokenTo(), 0);
  assert.deepEqual(await told('choice=some&category=statistics'), ['denied', 'denied', 'denied']);
  assert.equal(spokenTo(), 1, 'it runs');
  assert.deepEqual(await told('choice=all'), ['granted', 'granted', true]);
}));

test('a page may have a gtag of its own, and finds none where the shop has none', async () => {
  const own = "<script>window.dataLayer = window.dataLayer || []; const gtag = function () { dataLayer.push(arguments) }; self.ran = typeof gtag</script>";
  const asks = "<script>self.found = typeof gtag</script>";
  for (const answer of [undefined, 'choice=none', 'choice=all'])
    for (const [head, seen] of [[own, { ran: 'function' }], [asks, { found: 'undefined' }]]) {
      shop.serve('/own', html(head));
      await withVisitor(async (visitor) => {
        const errors = [];
        visitor.page.on('pageerror', (error) => errors.push(error.message));
        if (answer) await chooseBeside(visitor, gateway.url, answer);
        await visitor.page.goto(`${gateway.url}/own`, { waitUntil: 'networkidle' });
        assert.deepEqual(await visitor.page.evaluate(() => ({ ran: self.ran, found: self.found })), { ran: undefined, found: undefined, ...seen });
        assert.deepEqual(errors, [], answer);
      });
    }
});

test('what a shop waits for happens where its Google tag is held', async () => {
  const head = `${snippet('')}${GTAG}<script>if (typeof gtag === 'function') gtag('event', 'buy', { event_callback: () => (self.went = true) }); else self.went = true;</script>`;
  shop.serve('/waits', html(head));
  await withVisitor(async (visitor) => {
    await visitor.page.goto(`${gateway.url}/waits`, { waitUntil: 'networkidle' });
    await visitor.page.waitForFunction(() => self.went);
  });
});

test('the code of a sandboxed frame runs as without us', async () => {
  shop.serve('/boxed', html('<script>fbq("track", "X"); parent.postMessage("ran", "*")</script>').replace('<head>', `<head><script>!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.callMethod?n.callMethod.apply(n,arguments):n.queue.push(arguments)};n.queue=[];t=b.createElement(e);t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)}(window,document,'script','https://connect.facebook.net/en_US/fbevents.js');fbq('init','1');</script>`));
  shop.serve('/around', html('<script>addEventListener("message", ({ data }) => (self.heard = data))</script>').replace('<p>', '<iframe sandbox="allow-scripts" src="/boxed"></iframe><p>'));
  await withVisitor(async (visitor) => {
    await visitor.page.goto(`${gateway.url}/around`, { waitUntil: 'networkidle' });
    await visitor.page.waitForFunction(() => self.heard === 'ran');
  });
});

for (const [name, own] of [['in a sandbox', ''], ['in a sandbox that lets code through by its hash', "; script-src 'self'"]])
  test(`a page ${name} runs our code without an error, whatever was answered`, () => withVisitor(async (visitor) => {
    shop.serve('/sandboxed', html(''), { headers: { 'content-security-policy': `sandbox allow-scripts${own}` } });
    const errors = [];
    visitor.page.on('pageerror', (error) => errors.push(error.message));
    for (const answer of [undefined, 'choice=none', 'choice=some&category=statistics', 'choice=all', 'choice=none']) {
      await visitor.page.goto('about:blank');
      if (answer) await chooseBeside(visitor, gateway.url, answer);
      // As a visitor comes back from the preferences, and as one who opens the page.
      for (const referer of [`${gateway.url}/_consentry/consent`, undefined]) {
        await visitor.page.goto(`${gateway.url}/sandboxed`, { waitUntil: 'networkidle', referer });
        assert.deepEqual(await visitor.page.evaluate(() => [origin, typeof consentry.open]), ['null', 'function']);
        await visitor.page.evaluate(() => ['pageshow', 'visibilitychange'].forEach((name) => dispatchEvent(new Event(name))));
      }
      assert.deepEqual(errors, [], answer);
    }
  }));
