// The rules of consent, each by its number (docs/rules.md), in a real browser: before the choice, after it, what Google's and
// Microsoft's tags are told, and what a browser's own no does.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chooseBeside, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

/** Only these can be agreed to, as in a shop that has written down what it uses. */
const USES = 'uses = ["google-tag", "google-tag-manager", "google-analytics", "google-ads", "microsoft-uet", "microsoft-clarity", "youtube", "meta-pixel", "google-fonts"]';
/** The seven of Google Consent Mode v2. */
const SEVEN = ['ad_personalization', 'ad_storage', 'ad_user_data', 'analytics_storage', 'functionality_storage', 'personalization_storage', 'security_storage'];
/** One more tracker, which an answer from before does not cover. */
const FILM = `[[site.tracker]]
id = "film"
name = "Film"
category = "marketing"
provider = { name = "Film Ltd", country = "IE", privacy = "https://film.example/" }
purpose = { en = "Shows films." }
hosts = ["film.example"]
source = "https://film.example/docs"`;
const HTML = { accept: 'text/html', 'sec-fetch-dest': 'document' };

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

const html = (body, head = '') => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>${head}</head><body><main>${body}<p id="end">Slutt</p></main></body></html>`;
/** Google's own snippet, as a shop pastes it. */
const GTAG = `<script async src="https://www.googletagmanager.com/gtag/js?id=G-TEST000001"></script>
<script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);} gtag('js', new Date()); gtag('config', 'G-TEST000001');</script>`;

/** Runs `walk` with a new visitor, of whom the shop has seen nothing yet. */
const visit = (walk, options) => withVisitor((visitor) => {
  shop.forget();
  return walk(visitor);
}, options);

const open = (visitor, path, to = gateway) => visitor.page.goto(`${to.url}${path}`, { waitUntil: 'networkidle' });

const choose = (visitor, form, to = gateway) => chooseBeside(visitor, to.url, form);

/** Is this visitor asked on a page, by what the gateway makes of their cookies? */
async function isAskedAgain(visitor, to, path) {
  const cookie = (await visitor.context.cookies(to.url)).map((one) => `${one.name}=${one.value}`).join('; ');
  const reply = await fetch(`${to.url}${path}`, { headers: { ...HTML, cookie } });
  return (await reply.text()).includes('id="consentry-banner"');
}

const isAsked = async (page) => (await page.locator('#consentry-banner').count()) > 0;
const answer = (page, role) => page.locator(`#consentry-banner [data-role="${role}"]`).click();
const spokenTo = (visitor) => [...new Set(visitor.outside.requests.map((request) => request.host))].sort();

/** What was pushed to dataLayer, calls of gtag as lists. */
const said = (page) => page.evaluate(() => [...self.dataLayer].map((one) => (Object.prototype.toString.call(one) === '[object Arguments]' ? [...one] : one)));
const call = (calls, ...start) => calls.findIndex((one) => start.every((word, at) => one[at] === word));

/** What the seven are, in short: preferences, statistics, marketing. */
function short(state) {
  assert.deepEqual(Object.keys(state).filter((key) => /_storage$|^ad_/.test(key)).sort(), SEVEN);
  assert.equal(state.security_storage, 'granted');
  assert.equal(state.functionality_storage, state.personalization_storage);
  assert.equal(state.ad_storage, state.ad_user_data);
  assert.equal(state.ad_storage, state.ad_personalization);
  return [state.functionality_storage, state.analytics_storage, state.ad_storage].map((word) => (word === 'granted' ? 'yes' : 'no')).join(' ');
}

describe('before the choice', () => {
  before(() => {
    shop.serve('/greedy', html(`<script>
      document.cookie = '_ga=1; path=/'; document.cookie = '_fbp=1; path=/';
      localStorage.setItem('_hjid', '1'); sessionStorage.setItem('_uetsid', '1');
      try { indexedDB.open('fingerprint'); } catch {}
      try { caches.open('fingerprint').catch(() => {}); } catch {}
      navigator.sendBeacon('https://beacon.leak.example/b');
      </script><img src="https://pixel.leak.example/p.gif" alt=""><iframe src="https://www.youtube.com/embed/x"></iframe>`, GTAG));
  });
  const kept = (page) => page.evaluate(async () => [
    ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...(await indexedDB.databases()).map((one) => one.name), ...(await caches.keys()),
  ]);

  test('r01_nothing_is_kept_but_the_necessary', () => visit(async (visitor) => {
    await open(visitor, '/greedy');
    assert.deepEqual(await visitor.everyCookie(), ['PHPSESSID']);
    assert.deepEqual(await kept(visitor.page), []);
  }));

  test('r02_no_host_is_spoken_to_but_the_shop', () => visit(async (visitor) => {
    await open(visitor, '/greedy');
    assert.deepEqual(spokenTo(visitor), []);
    assert.deepEqual([...visitor.outside.connections], []);
  }));

  test('r03_scrolling_walking_on_escape_and_waiting_are_no_answer', () => visit(async (visitor) => {
    shop.serve('/long', html('<p style="height:4000px">Langt</p><a href="/greedy" id="on">Videre</a>', GTAG));
    await open(visitor, '/long');
    const { page } = visitor;
    await page.mouse.wheel(0, 3000);
    await page.keyboard.press('Escape');
    await page.mouse.click(5, 5);
    assert.ok(await isAsked(page));
    await page.locator('#on').click();
    await page.waitForLoadState('networkidle');
    assert.ok(await isAsked(page));
    await page.reload({ waitUntil: 'networkidle' });
    assert.ok(await isAsked(page));
    assert.deepEqual(await visitor.everyCookie(), ['PHPSESSID']);
    assert.deepEqual(spokenTo(visitor), []);
  }));

  test('r04_no_box_is_ticked_in_any_layer', () => visit(async (visitor) => {
    await open(visitor, '/greedy');
    assert.equal(await visitor.page.locator('#consentry-banner input:checked').count(), 0);
    await open(visitor, '/_consentry/consent');
    await visitor.page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
    assert.ok((await visitor.page.locator('input[type="checkbox"]').count()) > 3);
    assert.equal(await visitor.page.locator('input:checked').count(), 0);
  }));

  test('r06_the_question_itself_keeps_nothing', () => visit(async (visitor) => {
    shop.serve('/bare', html('<p>Hei</p>'), { headers: { 'set-cookie': [] } });
    await open(visitor, '/bare');
    await open(visitor, '/_consentry/consent');
    await open(visitor, '/_consentry/cookies');
    await open(visitor, '/_consentry/my-data');
    await open(visitor, '/bare');
    assert.ok(await isAsked(visitor.page));
    assert.deepEqual((await visitor.everyCookie()).filter((name) => name.startsWith('consentry')), []);
    assert.deepEqual(await kept(visitor.page), []);
  }));
});

describe('after the choice', () => {
  test('r30_a_no_holds_on_later_pages_in_other_tabs_and_on_the_way_back', () => visit(async (visitor) => {
    shop.serve('/back', html('<img src="https://back.leak.example/p.gif" alt="">', GTAG), { headers: { 'cache-control': 'max-age=600' } });
    const { page } = visitor;
    await open(visitor, '/back');
    await answer(page, 'reject-all');
    await page.locator('#consentry-banner').waitFor({ state: 'detached' });
    await open(visitor, '/back?2');
    await page.goBack({ waitUntil: 'networkidle' });
    assert.equal(await isAsked(page), false, 'the page that comes back does not ask');
    const tab = await visitor.context.newPage();
    await tab.goto(`${gateway.url}/back`, { waitUntil: 'networkidle' });
    assert.equal(await isAsked(tab), false);
    assert.deepEqual(spokenTo(visitor), []);
    assert.deepEqual((await visitor.everyCookie()).filter((name) => /^_/.test(name)), []);
  }));

  test('an answer in one tab closes the question in the others', () => visit(async (visitor) => {
    shop.serve('/tabs', html('<p>Hei</p>'));
    await open(visitor, '/tabs');
    const second = await visitor.context.newPage();
    await second.goto(`${gateway.url}/tabs`, { waitUntil: 'networkidle' });
    await answer(second, 'reject-all');
    await second.locator('#consentry-banner').waitFor({ state: 'detached' });
    await visitor.page.bringToFront();
    await visitor.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await visitor.page.locator('#consentry-banner').waitFor({ state: 'detached' });
  }));

  test('r32_a_withdrawal_takes_cookies_off_every_path_also_those_no_script_sees', () => visit(async (visitor) => {
    shop.serve('/deep/down', html('<p>Hei</p>'));
    await choose(visitor, 'choice=all');
    await visitor.context.addCookies(['/', '/deep/'].flatMap((path) => [
      { name: '_ga', value: '1', domain: '127.0.0.1', path }, { name: '_gcl_au', value: '1', domain: '127.0.0.1', path, httpOnly: true },
    ]));
    await open(visitor, '/deep/down');
    await visitor.page.evaluate(() => { self.before = 1; });
    const loaded = visitor.page.waitForEvent('load');
    await visitor.page.evaluate(() => { consentry.choose('none'); });
    await loaded;
    assert.equal(await visitor.page.evaluate(() => self.before), undefined, 'the page was loaded again');
    assert.deepEqual((await visitor.everyCookie()).filter((name) => /^_g/.test(name)), []);
  }));

  test('r32_what_trackers_keep_beside_cookies_goes_too_and_the_shops_own_stays', () => visit(async (visitor) => {
    const { page } = visitor;
    shop.serve('/stored', html('<p>Hei</p>'));
    const store = () => page.evaluate(() => { localStorage.setItem('_uetvid_exp', '1'); sessionStorage.setItem('_uetsid', '1'); localStorage.setItem('cart', '1'); });
    const stored = () => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort());
    const all = ['_uetsid', '_uetvid_exp', 'cart'];
    await choose(visitor, 'choice=all');
    await open(visitor, '/stored');
    await store();
    assert.deepEqual(await stored(), all);
    const loaded = page.waitForEvent('load');
    await page.evaluate(() => { consentry.choose('none'); });
    await loaded;
    assert.deepEqual(await stored(), ['cart'], 'by a script');

    await page.goto('about:blank');
    await choose(visitor, 'choice=all');
    await open(visitor, '/stored');
    await store();
    await page.locator('#consentry-open').click();
    const refused = page.waitForEvent('load');
    await page.locator('dialog [data-role="reject-all"]').click();
    await refused;
    await until('what was taken back to go', async () => (await stored()).length === 1);
    assert.deepEqual(await stored(), ['cart'], 'by the form of the preferences');

    for (const [path, role] of [['/_consentry/my-data', 'withdraw'], ['/_consentry/consent', 'reject-all']]) {
      await page.goto('about:blank');
      await choose(visitor, 'choice=all');
      await open(visitor, '/stored');
      await store();
      await open(visitor, path);
      assert.deepEqual(await stored(), all, 'nothing goes before it is taken back');
      await page.locator(`[data-role="${role}"]`).first().click();
      await until('what was taken back to go', async () => (await stored()).length === 1);
      assert.deepEqual(await stored(), ['cart'], `on ${path}`);
    }
  }));

  test('r32_a_no_to_a_new_question_ends_a_single_tracker_too', () => visit(async (visitor) => {
    const { page } = visitor;
    shop.serve('/one', html('<p>Hei</p>'));
    const changing = await startGateway(shop, { more: USES });
    try {
      await choose(visitor, 'choice=some&tracker=microsoft-clarity', changing);
      await changing.reload('enforce', () => isAskedAgain(visitor, changing, '/one'), FILM);
      await open(visitor, '/one', changing);
      await page.evaluate(() => { localStorage.setItem('_cltk', '1'); self.before = 1; });
      const loaded = page.waitForEvent('load');
      await answer(page, 'reject-all');
      await loaded;
      assert.equal(await page.evaluate(() => self.before), undefined, 'the page was loaded again');
      await until('what was taken back to go', () => page.evaluate(() => !localStorage.length && !sessionStorage.length));
    } finally {
      await changing.stop();
    }
  }));

  const ANSWERS = {
    'no in the banner': (page) => answer(page, 'reject-all'),
    'no by a script': (page) => page.evaluate(() => { consentry.choose('none'); }),
    'yes to something else': (page) => page.evaluate(() => { consentry.choose({ categories: ['statistics'] }); }),
  };
  const stored = (page) => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort());
  /** A page in which a yes to marketing stands, and what trackers have stored beside the shop. */
  const storing = async (visitor, to) => {
    shop.serve('/stored', html('<p>Hei</p>'));
    await choose(visitor, 'choice=some&category=marketing', to);
    await open(visitor, '/stored', to);
    await visitor.page.evaluate(() => { localStorage.setItem('_uetvid_exp', '1'); sessionStorage.setItem('_uetsid', '1'); localStorage.setItem('cart', '1'); });
    assert.deepEqual(await stored(visitor.page), ['_uetsid', '_uetvid_exp', 'cart']);
  };
  for (const [what, say] of Object.entries(ANSWERS)) {
    test(`r32_what_was_kept_goes_when_a_yes_ran_out_and_the_answer_is ${what}`, () => visit(async (visitor) => {
      await storing(visitor, gateway);
      await visitor.page.goto('about:blank');
      await visitor.context.clearCookies({ name: 'consentry' });
      await open(visitor, '/stored');
      assert.ok(await isAsked(visitor.page));
      await say(visitor.page);
      await until('what trackers kept to go', async () => (await stored(visitor.page).catch(() => [])).join() === 'cart');
    }));

    test(`r32_what_was_kept_goes_when_the_offer_has_changed_and_the_answer_is ${what}`, () => visit(async (visitor) => {
      const changing = await startGateway(shop, { more: USES });
      try {
        await storing(visitor, changing);
        await visitor.page.goto('about:blank');
        await changing.reload('enforce', () => isAskedAgain(visitor, changing, '/stored'), FILM);
        await open(visitor, '/stored', changing);
        await say(visitor.page);
        await until('what trackers kept to go', async () => (await stored(visitor.page).catch(() => [])).join() === 'cart');
      } finally {
        await changing.stop();
      }
    }));
  }

  test('a no of who has nothing stored fetches one file and no more', () => visit(async (visitor) => {
    shop.serve('/new', html('<p>Hei</p>'));
    await open(visitor, '/new');
    const asked = [];
    visitor.page.on('request', (request) => asked.push(new URL(request.url()).pathname + new URL(request.url()).search));
    await answer(visitor.page, 'reject-all');
    await visitor.page.locator('#consentry-status', { hasText: 'lagret' }).waitFor({ state: 'attached' });
    assert.deepEqual(asked.filter((path) => path.includes('choice.js')), ['/_consentry/choice.js']);
  }));

  test('r35_a_new_tracker_is_asked_about_and_the_other_answers_stay', () => visit(async (visitor) => {
    shop.serve('/counted', html('<p>Hei</p>', GTAG));
    const changing = await startGateway(shop, { more: USES });
    try {
      await choose(visitor, 'choice=all', changing);
      await open(visitor, '/counted', changing);
      assert.equal(await isAsked(visitor.page), false);
      await changing.reload('enforce', () => isAskedAgain(visitor, changing, '/counted'), FILM);
      visitor.outside.forget();
      await open(visitor, '/counted', changing);
      assert.ok(await isAsked(visitor.page));
      assert.deepEqual(await visitor.page.evaluate(() => consentry.consent), ['necessary', 'preferences', 'statistics']);
      assert.ok(visitor.outside.to('www.googletagmanager.com').length > 0, 'statistics stay agreed to');
      const loaded = visitor.page.waitForEvent('load');
      await answer(visitor.page, 'reject-all');
      await loaded;
      assert.equal(await isAsked(visitor.page), false);
      assert.deepEqual(await visitor.page.evaluate(() => consentry.consent), ['necessary']);
    } finally {
      await changing.stop();
    }
  }));

  test('r36_an_answer_holds_on_every_host_of_its_domain_and_on_no_other', () => visit(async (visitor) => {
    shop.serve('/wide', html('<p>Hei</p>'));
    // Browsers lead every name below "localhost" to this machine.
    const wide = await startGateway(shop, { more: 'domain = "shop.localhost"', hosts: '["*.shop.localhost", "other.localhost"]' });
    const at = (host) => visitor.page.goto(`http://${host}:${new URL(wide.url).port}/wide`, { waitUntil: 'networkidle' });
    try {
      await at('www.shop.localhost');
      await answer(visitor.page, 'reject-all');
      await visitor.page.locator('#consentry-banner').waitFor({ state: 'detached' });
      await at('kasse.shop.localhost');
      assert.equal(await isAsked(visitor.page), false);
      await at('other.localhost');
      assert.ok(await isAsked(visitor.page));
    } finally {
      await wide.stop();
    }
  }));

  test('r37_a_forged_answer_is_none', () => visit(async (visitor) => {
    shop.serve('/forged', html('<p>Hei</p>', GTAG));
    await visitor.context.addCookies([{ name: 'consentry', value: '2.20000.psm.....0f3a', url: gateway.url }]);
    await open(visitor, '/forged');
    assert.ok(await isAsked(visitor.page));
    assert.deepEqual(spokenTo(visitor), []);
    const loaded = visitor.page.waitForEvent('load');
    await answer(visitor.page, 'accept-all');
    await loaded;
    await until('no question', async () => !(await isAsked(visitor.page)));
  }));
});

describe('what tags are told', () => {
  before(() => {
    shop.serve('/tagged', html('<p>Hei</p>', GTAG));
  });

  test('g1_all_seven_are_denied_before_anything_else_touches_dataLayer', () => visit(async (visitor) => {
    shop.serve('/early', `<!doctype html><script>dataLayer.push({ event: 'first' })</script>${html('<p>Hei</p>')}`);
    await open(visitor, '/early');
    const [first, ...rest] = await said(visitor.page);
    assert.deepEqual(first.slice(0, 2), ['consent', 'default']);
    assert.equal(short(first[2]), 'no no no');
    assert.equal(first[2].wait_for_update, 500);
    assert.ok(rest.some((one) => one.event === 'first'));
    const source = await (await fetch(`${gateway.url}/early`, { headers: HTML })).text();
    assert.ok(source.indexOf('"consent","default"') < source.indexOf("event: 'first'"), 'by its place in the page');
  }));

  test('g2_ids_of_clicks_are_redacted_and_put_into_links_only_where_asked_for', () => visit(async (visitor) => {
    await open(visitor, '/tagged');
    const calls = await said(visitor.page);
    assert.equal(call(calls, 'set', 'ads_data_redaction', true), 1);
    assert.equal(call(calls, 'set', 'url_passthrough'), -1);
    const other = await startGateway(shop, { more: `${USES}\n[site.consent.google]\nurl_passthrough = true\nads_data_redaction = false` });
    try {
      await open(visitor, '/tagged', other);
      const calls = await said(visitor.page);
      assert.equal(call(calls, 'set', 'url_passthrough', true), 1);
      assert.equal(call(calls, 'set', 'ads_data_redaction'), -1);
    } finally {
      await other.stop();
    }
  }));

  test('g4_on_a_page_with_consent_the_default_comes_before_js_and_config', () => visit(async (visitor) => {
    await choose(visitor, 'choice=all');
    await open(visitor, '/tagged');
    const calls = await said(visitor.page);
    assert.equal(call(calls, 'consent', 'default'), 0);
    assert.ok(call(calls, 'js') > 0 && call(calls, 'config') > call(calls, 'js'));
  }));

  test('g5_a_choice_is_told_in_the_same_page_before_anything_that_follows_from_it', () => visit(async (visitor) => {
    await open(visitor, '/tagged');
    const heard = new Promise((done) => { visitor.page.exposeFunction('heard', done); });
    await visitor.page.waitForFunction(() => self.heard);
    await visitor.page.evaluate(() => {
      document.addEventListener('consentry:change', () => {
        gtag('event', 'changed');
        self.heard([...dataLayer].map((one) => [...one]));
      });
      consentry.choose({ categories: ['statistics'] });
    });
    const calls = await heard;
    const update = call(calls, 'consent', 'update');
    assert.equal(short(calls[update][2]), 'no yes no');
    assert.equal(update, call(calls, 'event', 'changed') - 1);
  }));

  test('g6_on_later_pages_the_stored_choice_is_the_default', () => visit(async (visitor) => {
    await choose(visitor, 'choice=all');
    await open(visitor, '/tagged');
    assert.equal(short((await said(visitor.page))[0][2]), 'yes yes yes');
  }));

  test('g7_each_category_has_its_own_signals_and_all_seven_are_told_every_time', () => visit(async (visitor) => {
    for (const [form, expected] of [['category=preferences', 'yes no no'], ['category=statistics', 'no yes no'], ['category=marketing', 'no no yes']]) {
      // A page that is open would follow the choice by itself.
      await visitor.page.goto('about:blank');
      await choose(visitor, `choice=some&${form}`);
      await open(visitor, '/tagged');
      assert.equal(short((await said(visitor.page))[0][2]), expected, form);
    }
  }));

  test('g8_basic_speaks_to_no_host_of_googles_before_a_yes', () => visit(async (visitor) => {
    await open(visitor, '/tagged');
    assert.deepEqual(spokenTo(visitor), []);
    await visitor.page.goto('about:blank');
    await choose(visitor, 'choice=none');
    await open(visitor, '/tagged');
    assert.deepEqual(spokenTo(visitor), []);
  }));

  test('g8_advanced_loads_googles_tags_stores_nothing_and_is_declared', () => visit(async (visitor) => {
    shop.serve('/mixed', html('<img src="https://www.facebook.com/tr?id=1&ev=PageView" alt=""><img src="https://other.leak.example/p.gif" alt="">', GTAG));
    const advanced = await startGateway(shop, { more: `${USES}\n[site.consent.google]\nmode = "advanced"\n[[site.consent.google.region]]\ncountries = ["US", "CA"]\ngranted = ["statistics"]` });
    try {
      await open(visitor, '/mixed', advanced);
      assert.ok(await isAsked(visitor.page));
      assert.ok(visitor.outside.to('www.googletagmanager.com', '/gtag/js').length > 0, 'the tag is there');
      assert.deepEqual(spokenTo(visitor).filter((host) => !/(^|\.)(googletagmanager|google-analytics|doubleclick|google)\./.test(host)), []);
      assert.deepEqual((await visitor.everyCookie()).filter((name) => /^_g/.test(name)), []);
      await open(visitor, '/_consentry/cookies', advanced);
      assert.match(await visitor.page.locator('main').innerText(), /lastes før du svarer/);
      const declared = await (await fetch(`${advanced.url}/_consentry/cookies.json`)).json();
      assert.deepEqual(declared.trackers.filter((one) => one.runs_before_answer).map((one) => one.id).sort(), ['google-ads', 'google-analytics', 'google-tag', 'google-tag-manager']);
    } finally {
      await advanced.stop();
    }
  }));

  test('g3_countries_have_a_default_of_their_own_where_tags_run_before_an_answer', () => visit(async (visitor) => {
    const region = '[[site.consent.google.region]]\ncountries = ["US", "CA"]\ngranted = ["statistics"]';
    const advanced = await startGateway(shop, { more: `${USES}\n[site.consent.google]\nmode = "advanced"\n${region}` });
    try {
      await open(visitor, '/tagged', advanced);
      const defaults = (await said(visitor.page)).filter((one) => one[1] === 'default');
      assert.deepEqual(defaults.map((one) => [one[2].region, short(one[2])]), [[undefined, 'no no no'], [['US', 'CA'], 'no yes no']]);
      await visitor.page.goto('about:blank');
      await choose(visitor, 'choice=none', advanced);
      await open(visitor, '/tagged', advanced);
      assert.equal((await said(visitor.page)).filter((one) => one[1] === 'default').length, 1, 'an answer holds in every country');
    } finally {
      await advanced.stop();
    }
  }));

  test('g9_a_withdrawal_is_told_and_takes_googles_cookies', () => visit(async (visitor) => {
    await choose(visitor, 'choice=all');
    const names = ['_ga', '_ga_TEST000001', '_gid', '_gcl_au', '_gcl_aw', 'FPID', 'FPLC'];
    await visitor.context.addCookies(names.map((name) => ({ name, value: '1', url: gateway.url })));
    await open(visitor, '/tagged');
    const heard = new Promise((done) => { visitor.page.exposeFunction('heard', done); });
    await visitor.page.waitForFunction(() => self.heard);
    const loaded = visitor.page.waitForEvent('load');
    await visitor.page.evaluate(() => {
      document.addEventListener('consentry:change', () => self.heard([...dataLayer].map((one) => [...one])));
      consentry.choose('none');
    });
    const calls = await heard;
    assert.equal(short(calls.findLast((one) => one[0] === 'consent')[2]), 'no no no');
    await loaded;
    assert.deepEqual((await visitor.everyCookie()).filter((name) => names.includes(name)), []);
  }));

  test('g10_microsofts_tags_are_told_in_their_own_words', () => visit(async (visitor) => {
    shop.serve('/microsoft', html('<p>Hei</p>'));
    const told = () => visitor.page.evaluate(() => [[...uetq].slice(0, 3), (clarity.q ?? []).map((one) => [...one])]);
    await open(visitor, '/microsoft');
    assert.deepEqual(await told(), [['consent', 'default', { ad_storage: 'denied' }], [['consentv2', { ad_Storage: 'denied', analytics_Storage: 'denied' }]]]);
    await visitor.page.goto('about:blank');
    await choose(visitor, 'choice=all');
    await open(visitor, '/microsoft');
    assert.deepEqual(await told(), [['consent', 'default', { ad_storage: 'granted' }], [['consentv2', { ad_Storage: 'granted', analytics_Storage: 'granted' }]]]);
    assert.deepEqual(await visitor.page.evaluate(() => [...uetq].slice(3)), ['consent', 'update', { ad_storage: 'granted' }]);
    const heard = new Promise((done) => { visitor.page.exposeFunction('heard', done); });
    await visitor.page.waitForFunction(() => self.heard);
    await visitor.page.evaluate(() => {
      document.addEventListener('consentry:change', () => self.heard([[...uetq], clarity.q.map((one) => [...one])]));
      consentry.choose('none');
    });
    const [queue, calls] = await heard;
    assert.deepEqual(queue.slice(6), ['consent', 'update', { ad_storage: 'denied' }]);
    assert.deepEqual(calls.at(-1), ['consentv2', { ad_Storage: 'denied', analytics_Storage: 'denied' }]);
  }));

  test('scripts of the shop read the choice, make one and hear of one', () => visit(async (visitor) => {
    await open(visitor, '/tagged');
    assert.deepEqual(await visitor.page.evaluate(() => consentry.consent), ['necessary']);
    const heard = await visitor.page.evaluate(() => new Promise((done) => {
      document.addEventListener('consentry:change', (event) => done(event.detail.consent));
      consentry.choose('none');
    }));
    assert.deepEqual(heard, ['necessary']);
    await until('no question', async () => !(await isAsked(visitor.page)));
    await visitor.page.evaluate(() => { consentry.open(); });
    await visitor.page.locator('#consentry-dialog dialog').waitFor();
    const [last] = shop.seen.filter((request) => request.path === '/tagged').slice(-1);
    assert.equal(last.headers['consentry-consent'], 'necessary');
  }));
});

describe('a browser that says no for its visitor', () => {
  const SIGNAL = { 'sec-gpc': '1' };

  test('p3_pages_and_workers_read_what_the_browser_says_of_its_signal', () => visit(async (visitor) => {
    shop.serve('/worker.js', 'postMessage(navigator.globalPrivacyControl);', { type: 'text/javascript' });
    shop.serve('/signal', html('<p>Hei</p>', GTAG));
    const { page } = visitor;
    const read = () => page.evaluate(() => new Promise((done) => {
      const worker = new Worker('/worker.js');
      worker.addEventListener('message', ({ data }) => done([navigator.globalPrivacyControl, data]));
    }));
    // This browser has no such property of its own: nothing of ours makes one up, not even when the signal is sent.
    await visitor.context.setExtraHTTPHeaders(SIGNAL);
    await open(visitor, '/signal');
    assert.deepEqual(await read(), [undefined, undefined]);
    assert.equal(await page.evaluate(() => 'globalPrivacyControl' in Navigator.prototype), false);
    // One that has it is read as it says.
    for (const says of [true, false]) {
      await page.addInitScript((value) => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => value, configurable: true }), says);
      await open(visitor, '/signal');
      assert.equal(await page.evaluate(() => navigator.globalPrivacyControl), says);
    }
  }));

  test('p5_is_not_asked_keeps_the_standing_link_and_a_later_yes_wins', () => visit(async (visitor) => {
    shop.serve('/quiet', html('<p>Hei</p>', GTAG));
    const { page } = visitor;
    await visitor.context.setExtraHTTPHeaders(SIGNAL);
    await open(visitor, '/quiet');
    assert.equal(await isAsked(page), false);
    assert.deepEqual(spokenTo(visitor), []);
    await page.locator('#consentry-open').click();
    await page.waitForLoadState('networkidle');
    assert.match(await page.locator('[role="status"]').first().innerText(), /Global Privacy Control/);
    const loaded = page.waitForEvent('load');
    await page.locator('[data-role="accept-all"]').click();
    await loaded;
    await open(visitor, '/quiet');
    assert.deepEqual(await page.evaluate(() => consentry.consent), ['necessary', 'preferences', 'statistics', 'marketing']);
    assert.ok(visitor.outside.to('www.googletagmanager.com').length > 0);
  }));

  test('p2_the_signal_passes_to_the_shop_and_p4_the_site_says_it_heeds_it', () => visit(async (visitor) => {
    shop.serve('/quiet', html('<p>Hei</p>'));
    await visitor.context.setExtraHTTPHeaders(SIGNAL);
    await open(visitor, '/quiet');
    const [request] = shop.seen.filter((one) => one.path === '/quiet');
    assert.equal(request.headers['sec-gpc'], '1');
    const said = await (await fetch(`${gateway.url}/.well-known/gpc.json`)).json();
    assert.equal(said.gpc, true);
    assert.match(said.lastUpdate, /^\d{4}-\d\d-\d\d$/);
  }));
});
