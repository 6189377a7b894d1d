// A page that carries every way past a banner, in a real browser: nothing that is not granted gets out, and what is
// granted works as it would without us.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CARRIERS, DOMAINS, TABLES } from './carriers.mjs';
import { chooseBeside, newVisitor, until } from './harness.mjs';
import { CODINGS, startGateway, startShop } from './hostile.mjs';

const EVERY = Object.values(DOMAINS).join(',');
const ASKED = ['preferences', 'statistics', 'marketing'];

/** Cookies the shop's server sets on everything, by the category they belong to. */
const COOKIES = { statistics: '_ga', marketing: '_fbp' };

/**
 * Frames that a script of the shop makes: Chromium opens a connection for them before it asks the policy, and then makes no
 * request. No header prevents it; docs/limits says so.
 */
const CONNECTS_FIRST = ['inline-frame', 'form-frame'];

/** Hosts spoken to, as `carrier` names, by category. */
function spoken(visitor) {
  const connected = visitor.outside.connections.filter((host) => !CONNECTS_FIRST.includes(host.split('.')[0]));
  const hosts = new Set([...connected, ...visitor.outside.requests.map((r) => r.host)]);
  return Object.fromEntries(Object.entries(DOMAINS).map(([category, domain]) => [
    category, [...hosts].filter((host) => host.endsWith(`.${domain}`)).map((host) => host.slice(0, -domain.length - 1)).sort(),
  ]));
}

/** Looks in a row that find nothing new before a page counts as quiet. */
const QUIET_LOOKS = 8;

/** Opens a page and waits until shop and recorder hear no more of it (the browser's own word for it never comes while a shared worker lives). */
async function walk(visitor, url) {
  await visitor.page.goto(url, { waitUntil: 'load' });
  let [heard, looks] = [-1, 0];
  await until('quiet', async () => {
    const now = shop.seen.length + visitor.outside.requests.length + visitor.outside.connections.length;
    looks = now === heard ? looks + 1 : 0;
    heard = now;
    return looks >= QUIET_LOOKS;
  });
}

const choose = (visitor, to, categories) =>
  chooseBeside(visitor, to.url, [`choice=${categories.length ? 'some' : 'none'}`, ...categories.map((one) => `category=${one}`)].join('&'));

let shop;
let gateway;
let baseline;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop, { tables: TABLES });
  // Without us: what each carrier does in this browser, so that a silent one is not taken for a closed one.
  baseline = {};
  for (const javaScript of [true, false]) {
    const visitor = await newVisitor({ javaScript });
    await walk(visitor, `${shop.url}/all?d=${EVERY}&hints=1`);
    await walk(visitor, `${shop.url}/base?d=${DOMAINS.unknown}`);
    baseline[javaScript] = spoken(visitor);
    await visitor.close();
  }
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

test('the carriers are alive without us', () => {
  const silent = CARRIERS.filter((carrier) => !baseline.true.unknown.includes(carrier));
  // A browser may not take up a hint or a rule from a page without TLS; everything else must have spoken.
  const maySleep = ['early-hint', 'speculation-rules', 'noscript-image', 'noscript-frame', 'manifest', 'prefetch'];
  assert.deepEqual(silent.filter((carrier) => !maySleep.includes(carrier)), []);
  assert.ok(baseline.false.unknown.includes('noscript-image'), 'and without JavaScript the noscript ones');
});

for (const javaScript of [true, false]) {
  describe(javaScript ? 'with JavaScript' : 'without JavaScript', () => {
    let visitor;
    before(async () => { visitor = await newVisitor({ javaScript }); });
    after(() => visitor.close());

    async function onlyGranted(visitor, granted, query = '') {
      visitor.outside.forget();
      await walk(visitor, `${gateway.url}/all?d=${EVERY}&hints=1${query}`);
      const seen = spoken(visitor);
      const leaks = Object.entries(seen).filter(([category]) => !granted.includes(category));
      const none = leaks.map(([category]) => [category, []]);
      assert.deepEqual(leaks, none, `leaks ${query} with ${granted.join() || 'nothing'} granted`);
      for (const category of granted) {
        // 103 answers are not passed on; what they hint at stands in the page too.
        const missing = baseline[javaScript][category].filter((carrier) => !seen[category].includes(carrier) && carrier !== 'early-hint');
        assert.deepEqual(missing, [], `${category} is granted and does not work ${query}`);
      }
      // The end of the page is there: nothing was cut.
      assert.equal(await visitor.page.locator('#end').count(), 1, `the page is whole ${query}`);
      // Ours: two week numbers, where statistics were agreed to.
      const ours = granted.includes('statistics') ? ['consentry', 'consentry_weeks'] : ['consentry'];
      const open = ['PHPSESSID', ...ours, ...granted.map((category) => COOKIES[category]).filter(Boolean)];
      assert.deepEqual((await visitor.everyCookie()).filter((name) => !open.includes(name)), [], `cookies ${query}`);
      assert.deepEqual(visitor.faults.filter((fault) => fault.startsWith('page error')), [], `page errors ${query}`);
    }

    /** A browser that has never met the shop, so that no open connection hides a new one. */
    async function afterChoosing(...choices) {
      const fresh = await newVisitor({ javaScript });
      try {
        for (const categories of choices) await choose(fresh, gateway, categories);
        await onlyGranted(fresh, choices.at(-1));
      } finally {
        await fresh.close();
      }
    }

    test('nothing leaks before a choice', () => onlyGranted(visitor, []));
    test('nor through a base', async () => {
      visitor.outside.forget();
      await walk(visitor, `${gateway.url}/base?d=${DOMAINS.unknown}`);
      assert.deepEqual(spoken(visitor).unknown, []);
    });
    for (const coding of [...CODINGS, 'gzip,br', 'deflate,gzip']) {
      test(`nor in a page coded ${coding}`, () => onlyGranted(visitor, [], `&coding=${coding}`));
    }
    for (const chunk of [1, 7, 100]) {
      test(`nor in a page that comes in pieces of ${chunk}`, () => onlyGranted(visitor, [], `&chunk=${chunk}`));
    }
    for (const charset of ['iso-8859-1', 'windows-1252', 'utf-16le']) {
      test(`nor in a page in ${charset}`, () => onlyGranted(visitor, [], `&charset=${charset}`));
    }
    test('nothing leaks after a no', () => afterChoosing([]));
    for (const category of ASKED) {
      test(`a yes to ${category} opens that, and no more`, () => afterChoosing([category]));
    }
    test('a yes to everything but one leaves that one out', () => afterChoosing(['preferences', 'statistics']));
    test('a no after a yes closes it all', () => afterChoosing(ASKED, []));
  });
}
