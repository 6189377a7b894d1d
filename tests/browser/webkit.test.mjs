// The promises in WebKit, the engine of Safari: what leaves it, what its pages may keep, how it asks, and what follows from an
// answer.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DOMAINS, TABLES } from './carriers.mjs';
import { ALL, ELEMENT, EVERY, KEYS, assertAwake, assertOnlyGranted, consent, focused, isConsent, isNew, isOpen, mark, page, spoken, walk, writeWhatIsHeld } from './engines.mjs';
import { until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';
import { newWebKit } from './webkit.mjs';

const TAG = '<script src="https://script.stats.example/a.js"></script>';
const FILM = '<iframe id="film" width="400" height="225" src="https://www.youtube.com/embed/abc"></iframe>';

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop, { tables: TABLES });
  shop.serve('/dekk', page(`<h1>Dekk</h1><a id="on" href="/felger">Felger</a>${FILM}<form action="/sok"><input name="q"><button>Søk</button></form>`, TAG));
  shop.serve('/felger', page('<h1>Felger</h1>'));
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

const withWebKit = (steps, options) => withVisitor(steps, options, newWebKit);

/** Answers beside the pages, as another tab would. */
async function answerBeside(visitor, form) {
  await visitor.go(`${gateway.url}/own.gif`);
  const status = await visitor.evaluate(async (body) => (
    (await fetch('/_consentry/choice', { method: 'POST', body: new URLSearchParams(`${body}&return=/`), headers: { accept: 'application/json' } })).status
  ), form);
  assert.equal(status, 200, form);
}

for (const javaScript of [true, false]) {
  describe(javaScript ? 'nothing held leaves' : 'nothing held leaves without JavaScript', () => {
    let bare;
    before(() => withWebKit(async (visitor) => {
      await walk(visitor, shop, `${shop.url}/all?d=${EVERY}&hints=1`);
      bare = spoken(visitor);
    }, { javaScript }));

    test('while all of it does without the gateway', () => {
      // WebKit knows no speculation rules and no prefetch, and takes up manifests, tracks and hints as it likes.
      const maySleep = ['early-hint', 'speculation-rules', 'noscript-image', 'noscript-frame', 'manifest', 'prefetch', 'track', 'base-image'];
      assertAwake(bare, javaScript, maySleep);
    });

    test('before an answer, after a no, and after a yes to one category', () => withWebKit(async (visitor) => {
      // 103 answers are not passed on. A shared worker is the one that the page before it made, as long as that one is remembered.
      const lost = ['early-hint', 'shared-worker'];
      const onlyGranted = (granted) => assertOnlyGranted(visitor, shop, `${gateway.url}/all?d=${EVERY}&hints=1`, { bare, granted, lost });
      await onlyGranted([]);
      for (const category of ['', ...Object.keys(DOMAINS).filter((one) => one !== 'unknown')]) {
        await answerBeside(visitor, category ? `choice=some&category=${category}` : 'choice=none');
        await onlyGranted(category ? [category] : []);
      }
    }, { javaScript }));
  });
}

test('nothing held leaves by a worker of an address, which WebKit has under no policy', () => withWebKit(async (visitor) => {
  const made = (scheme) => `new Worker("data:text/javascript,fetch('https://${scheme}.leak.example/a', { mode: 'no-cors' })")`;
  shop.serve('/worker', page(`<h1>Dekk</h1><script>try { ${made('worker')}; } catch {}</script>`));
  await walk(visitor, shop, `${shop.url}/worker`);
  await until('the worker without the gateway', () => spoken(visitor).unknown.includes('worker'));
  for (const answer of ['', 'choice=none', 'choice=some&category=marketing']) {
    if (answer) await answerBeside(visitor, answer);
    visitor.passed.forget();
    await walk(visitor, shop, `${gateway.url}/worker`);
    assert.deepEqual(spoken(visitor).unknown, [], answer);
  }
}));

test('a page keeps nothing under a held name, by whatever store, and what the shop needs under its own', () => withWebKit(async (visitor) => {
  shop.serve('/stores', page('<h1>Butikk</h1>', '<script>localStorage.setItem("cart", "1"); sessionStorage.cart = "2"; self.isOn = true;</script>'));
  await visitor.go(`${gateway.url}/stores`);
  await visitor.evaluate(writeWhatIsHeld);
  const kept = await visitor.evaluate(async () => (
    [self.isOn, Object.keys(localStorage), localStorage.getItem('cart') + sessionStorage.cart, Object.keys(sessionStorage), await caches.keys(), document.cookie]
  ));
  assert.deepEqual(kept, [true, ['cart'], '12', ['cart'], [], '']);
  assert.deepEqual((await visitor.cookies()).map((one) => one.name), ['PHPSESSID']);
}));

describe('the question', () => {
  test('is reached first by keyboard, opens its preferences as often as they are asked for, and takes an answer in every tab', () => withWebKit(async (visitor) => {
    await visitor.go(`${gateway.url}/dekk`);
    const reached = [];
    for (let presses = 0; presses < 3; presses++) {
      await visitor.keys(KEYS.tab);
      reached.push(await focused(visitor));
    }
    assert.deepEqual(reached, ['reject-all', 'accept-all', 'preferences']);
    for (let times = 0; times < 2; times++) {
      await visitor.keys(KEYS.enter);
      await until('the preferences', () => isOpen(visitor));
      await visitor.keys(KEYS.escape);
      await until('the page', async () => !(await isOpen(visitor)));
      assert.equal(await focused(visitor), 'preferences', 'focus is where it was');
    }
    const first = await visitor.command('GET', '/window');
    const { handle } = await visitor.command('POST', '/window/new', { type: 'tab' });
    await visitor.command('POST', '/window', { handle });
    await visitor.go(`${gateway.url}/felger`);
    assert.equal(visitor.outside.requests.length, 0);
    await mark(visitor);
    await visitor.click('#consentry-banner [data-role="accept-all"]');
    await isNew(visitor);
    await visitor.command('POST', '/window', { handle: first });
    await isConsent(visitor, ALL);
    await until('the tag', () => visitor.outside.to('script.stats.example').length);
  }));

  test('is answered by forms without JavaScript', () => withWebKit(async (visitor) => {
    await visitor.go(`${gateway.url}/dekk`);
    await visitor.click('#consentry-banner [data-role="reject-all"]');
    await until('the answer', async () => (await visitor.every('#consentry-banner')).length === 0);
    assert.equal(await visitor.url(), `${gateway.url}/dekk`);
    await visitor.click('#consentry-open');
    await until('the preferences', async () => (await visitor.url()).includes('/consent'));
    assert.deepEqual(visitor.passed.asked, []);
    await visitor.click('main [data-role="accept-all"]');
    await until('the film', () => visitor.outside.to('www.youtube.com').length);
  }, { javaScript: false }));
});

describe('an answer', () => {
  test('takes hold at once, with a form in the page, and so does its withdrawal', () => withWebKit(async (visitor) => {
    await visitor.go(`${gateway.url}/dekk`);
    await mark(visitor);
    await visitor.click('#consentry-banner [data-role="accept-all"]');
    await isNew(visitor);
    assert.equal(await consent(visitor), ALL);
    assert.deepEqual(await visitor.evaluate(() => [...dataLayer[0]].slice(0, 2)), ['consent', 'default'], 'the defaults stand first');
    await until('the tag', () => visitor.outside.to('script.stats.example').length);
    await visitor.click('#consentry-open');
    await until('the preferences', () => isOpen(visitor));
    await mark(visitor);
    await visitor.evaluate(() => document.querySelector('#consentry-dialog').shadowRoot.querySelector('[data-role="reject-all"]').click());
    await isNew(visitor);
    await isConsent(visitor, 'necessary');
    visitor.passed.forget();
    await walk(visitor, shop, `${gateway.url}/dekk`);
    assert.deepEqual(Object.values(spoken(visitor)).flat(), []);
  }));

  test('stands in a page that comes back from the history', () => withWebKit(async (visitor) => {
    await answerBeside(visitor, 'choice=all');
    await visitor.go(`${gateway.url}/dekk`);
    await isConsent(visitor, ALL);
    await visitor.click('#on');
    await until('the next page', async () => (await visitor.url()).endsWith('/felger'));
    await visitor.evaluate(() => { consentry.choose('none'); });
    await isConsent(visitor, 'necessary');
    visitor.passed.forget();
    await visitor.back();
    await until('the page before', async () => (await visitor.url()).endsWith('/dekk'));
    await isConsent(visitor, 'necessary');
    assert.equal(visitor.outside.to('script.stats.example').length, 0);
  }));

  test('is given for one film by its button', () => withWebKit(async (visitor) => {
    await visitor.go(`${gateway.url}/dekk`);
    const film = await visitor.one('#film');
    await visitor.command('POST', '/frame', { id: { [ELEMENT]: film } });
    await until('the placeholder', async () => /YouTube/.test(await visitor.text('body')));
    await visitor.click('button');
    await visitor.command('POST', '/frame', { id: null });
    await until('the film', () => visitor.outside.to('www.youtube.com').length);
    assert.deepEqual([...new Set(visitor.passed.asked)], ['www.youtube.com']);
  }));
});
