// The rules R03 to R40 of docs/rules.md that can be seen in a browser: how it is asked, and what an answer does.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { answer, gateway, newVisitor, settle, withVisitor } from './harness.mjs';
import { openDetails, openDialog } from './surfaces.mjs';

const TEXTS = new URL('../../config/texts/', import.meta.url);
/** Sizes that are the same (rule R12). Unit: CSS pixels. */
const SAME = 2;
const WIDTHS = [320, 390, 768, 1280];

/** What can be seen of a button. */
const looks = (locator) => locator.evaluate((element) => {
  const { width, height, y } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const { fontSize, fontWeight, fontFamily, backgroundColor, borderTopColor, borderTopWidth, borderRadius, color, textDecorationLine } = style;
  return {
    box: { width, height, y },
    kind: element.tagName + element.className,
    style: { fontSize, fontWeight, fontFamily, backgroundColor, borderTopColor, borderTopWidth, borderRadius, color, textDecorationLine },
  };
});

function assertEqual(no, yes, where) {
  assert.deepEqual(no.style, yes.style, where);
  assert.equal(no.kind, yes.kind, where);
  assert.ok(Math.abs(no.box.width - yes.box.width) <= SAME, `${where}: ${no.box.width} and ${yes.box.width} wide`);
  assert.ok(Math.abs(no.box.height - yes.box.height) <= SAME, `${where}: ${no.box.height} and ${yes.box.height} high`);
}

/** A text of a language file; what is needed of TOML. */
const said = (file, table, key) => {
  const [, rest] = file.split(`\n[${table}]\n`);
  return new RegExp(`^${key} = "(.*)"$`, 'm').exec(rest)[1];
};

describe('the question', () => {
  let visitor;
  let page;
  before(async () => { visitor = await newVisitor(); page = visitor.page; });
  after(() => visitor?.close());

  test('r10_r11_no_stands_beside_yes_and_costs_one_click', async () => {
    await visitor.open('/');
    const roles = await page.locator('#consentry-banner [data-role]').evaluateAll((all) => all.map((one) => one.dataset.role));
    assert.deepEqual(roles, ['reject-all', 'accept-all', 'preferences']);
    for (const role of ['reject-all', 'accept-all']) {
      await withVisitor(async (one) => {
        await one.open('/');
        await answer(one, role);
        assert.ok((await one.jar()).includes('consentry'), role);
      });
    }
  });

  test('r12_no_and_yes_are_alike_in_every_language_and_width', async () => {
    await visitor.open('/');
    for (const name of readdirSync(TEXTS)) {
      const file = readFileSync(new URL(name, TEXTS), 'utf8');
      await page.evaluate((texts) => {
        for (const [role, text] of Object.entries(texts)) document.querySelector(`#consentry-banner [data-role="${role}"]`).textContent = text;
      }, { 'reject-all': said(file, 'banner', 'refuse'), 'accept-all': said(file, 'banner', 'accept'), preferences: said(file, 'banner', 'choose') });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 700 });
        const [no, yes] = await Promise.all(['reject-all', 'accept-all'].map((role) => looks(page.locator(`#consentry-banner [data-role="${role}"]`))));
        assertEqual(no, yes, `${name} at ${width}`);
      }
    }
  });

  test('r12_no_and_yes_are_alike_in_the_preference_centre', async () => {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 700 });
      await visitor.open('/');
      await openDialog(page);
      const pair = (root) => Promise.all(['reject-all', 'accept-all'].map((role) => looks(root.locator(`[data-role="${role}"]`))));
      const [no, yes] = await pair(page.locator('#consentry-dialog'));
      assertEqual(no, yes, `dialog at ${width}`);
      assert.equal(no.box.y, yes.box.y, `in one row at ${width}`);
      await page.goto(`${gateway.shop}${gateway.prefix}/consent`);
      assertEqual(...await pair(page.locator('main')), `page at ${width}`);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('r15_the_first_layer_says_who_what_for_and_how_to_take_it_back', async () => {
    await visitor.open('/');
    const text = await page.locator('#consentry-banner').innerText();
    for (const told of ['Fjordhjul AS', '2 andre selskaper', 'statistikk', 'markedsføring', 'ombestemme deg når som helst', 'Hvem og hva', 'Personvern']) assert.ok(text.includes(told), told);
  });

  test('r16_every_tracker_is_declared_with_name_provider_purpose_and_lifetime', async () => {
    const { trackers, own } = await (await page.context().request.get(`${gateway.shop}${gateway.prefix}/cookies.json`)).json();
    await page.goto(`${gateway.shop}${gateway.prefix}/cookies`);
    const text = await page.locator('main').innerText();
    assert.ok(trackers.length > 5 && own.length === 3);
    for (const tracker of trackers) {
      assert.ok(text.includes(tracker.name) && Object.values(tracker.purpose).some((purpose) => text.includes(purpose)), tracker.id);
      if (tracker.third_party) assert.ok(text.includes(tracker.provider.name), tracker.id);
      for (const cookie of tracker.cookies) assert.ok(text.includes(cookie.name), cookie.name);
    }
  });

  test('r17_every_purpose_and_tracker_has_a_switch_and_none_is_on', async () => {
    await visitor.open('/');
    const dialog = await openDialog(page);
    await openDetails(page);
    const switches = await dialog.locator('input[type=checkbox]').evaluateAll((all) => all.map((one) => [one.name, one.value, one.checked, one.disabled]));
    assert.deepEqual(switches.filter(([name]) => name === 'category').map(([, value]) => value), ['preferences', 'statistics', 'marketing']);
    assert.ok(switches.filter(([name]) => name === 'tracker').length >= 3);
    assert.deepEqual(switches.filter(([, , checked, disabled]) => checked || disabled), []);
  });

  test('r17_save_keeps_exactly_what_is_switched_on', () => withVisitor(async (one) => {
    await one.open('/');
    const dialog = await openDialog(one.page, '#consentry-banner [data-role="preferences"]');
    await openDetails(one.page);
    await dialog.locator('#category-statistics').check();
    await dialog.locator('#tracker-youtube').check();
    const loaded = one.page.waitForEvent('load');
    await dialog.locator('[data-role="save"]').click();
    await loaded;
    await settle(one.page);
    assert.deepEqual(await one.page.evaluate(() => consentry.consent), ['necessary', 'statistics']);
    await openDialog(one.page);
    const on = await one.page.locator('#consentry-dialog input:checked').evaluateAll((all) => all.map((box) => box.value));
    assert.deepEqual(on, ['statistics', 'youtube']);
    assert.deepEqual(one.faults.filter((fault) => fault.startsWith('page error')), []);
  }));

  test('r17_the_name_of_a_tracker_whose_category_is_on_ticks_nothing_that_is_not_seen', async () => {
    await visitor.open('/');
    const dialog = await openDialog(page);
    await dialog.locator('#category-marketing').check();
    await openDetails(page);
    await dialog.locator('label[for=tracker-youtube]').click({ force: true });
    await dialog.locator('#category-marketing').uncheck();
    assert.equal(await dialog.locator('#tracker-youtube').isChecked(), false);
  });

  test('r18_the_shop_is_the_same_after_a_no', () => withVisitor(async (one) => {
    await one.open('/dekk');
    const text = () => one.page.locator('main').innerText();
    const asked = await text();
    await answer(one, 'reject-all');
    await one.open('/dekk');
    assert.equal(await text(), asked);
    assert.equal(await one.page.locator('dialog, [aria-modal=true]').count(), 0);
  }));

  test('r19_it_speaks_as_the_page_does', async () => {
    for (const [path, heading] of [['/', 'Kan vi bruke informasjonskapsler?'], ['/en/', 'May we use cookies?']]) {
      await visitor.open(path);
      assert.equal(await page.locator('#consentry-banner h2').innerText(), heading);
    }
  });
});

test('r31_taking_it_back_is_two_clicks_from_every_page', () => withVisitor(async (one) => {
  await one.open('/');
  await answer(one, 'accept-all');
  for (const path of ['/dekk', '/kasse', '/om-oss']) {
    await one.open(path);
    assert.ok(await one.page.locator('#consentry-open').isVisible(), path);
  }
  await one.page.locator('#consentry-open').click();
  const loaded = one.page.waitForEvent('load');
  await one.page.locator('#consentry-dialog [data-role="reject-all"]').click();
  await loaded;
  await settle(one.page);
  assert.deepEqual(await one.page.evaluate(() => consentry.consent), ['necessary']);
}));

describe('every right', () => {
  for (const javaScript of [true, false]) {
    test(`r31_is_within_two_clicks_${javaScript ? 'with' : 'without'}_javascript`, () => withVisitor(async (one) => {
      const { page } = one;
      for (const [path, seen] of [['my-data', /Dette sendte nettleseren din/], ['cookies', /Hvem og hva/], ['statistics', /Slik teller vi/]]) {
        await one.open('/om-oss');
        await page.locator('#consentry-open').click();
        const within = javaScript ? '#consentry-dialog' : 'footer';
        await page.locator(`${within} a[href*="${gateway.prefix}/${path}?"]`).click();
        await page.waitForURL((url) => url.pathname === `${gateway.prefix}/${path}`);
        assert.match(await page.locator('main').innerText(), seen);
      }
      await page.goto(`${gateway.shop}${gateway.prefix}/my-data`);
      for (const role of ['withdraw', 'preferences', 'object']) assert.ok(await page.locator(`[data-role="${role}"]`).isVisible(), role);
      const text = await page.locator('main').innerText();
      for (const told of ['Fjordhjul AS', 'Kaigata 1', 'personvern@fjordhjul.example']) assert.ok(text.includes(told), told);
      assert.equal(await page.locator('a[href="https://www.datatilsynet.no/"]').count(), 1);
      assert.equal(await page.locator(`a[href^="${gateway.prefix}/my-data.json"]`).count(), 1);
    }, { javaScript }));
  }

  test('opening the preferences moves nothing, and an answer leaves no room behind', () => withVisitor(async (one) => {
    await one.open('/');
    const at = () => one.page.evaluate(() => [scrollY, parseFloat(getComputedStyle(document.querySelector('#consentry-open').parentElement).paddingBottom)]);
    assert.ok((await at())[1] > 100, 'the banner covers nothing at the end of the page');
    await one.page.locator('#consentry-banner [data-role="preferences"]').click();
    await one.page.locator('dialog[open]').waitFor();
    assert.equal((await at())[0], 0);
    await one.page.keyboard.press('Escape');
    await answer(one, 'reject-all');
    assert.deepEqual(await at(), [0, 0]);
  }));

  test('r40_r41_the_receipt_is_shown_downloaded_and_erased_by_its_holder', () => withVisitor(async (one) => {
    const { page, context } = one;
    await one.open('/');
    await answer(one, 'accept-all');
    await page.goto(`${gateway.shop}${gateway.prefix}/my-data`);
    const number = await page.locator('main code').innerText();
    const told = await (await context.request.get(`${gateway.shop}${gateway.prefix}/my-data.json`)).json();
    const text = JSON.stringify(told);
    assert.ok(text.includes(number));
    assert.deepEqual(told.answer.categories, ['necessary', 'preferences', 'statistics', 'marketing']);
    assert.ok(told.cookies_sent.some((cookie) => cookie.name === 'consentry' && cookie.class === 'answer'));
    // The shop's own host is an address here, and stands in the receipt.
    const others = text.replaceAll(gateway.shop, '');
    for (const never of ['127.0.0.1', 'Mozilla']) assert.ok(!others.includes(never), never);
    await page.locator('[data-role="erase"]').click();
    await page.waitForLoadState('load');
    assert.equal(await page.locator('main code').count(), 0);
    const left = await (await context.request.get(`${gateway.shop}${gateway.prefix}/my-data.json`)).json();
    assert.equal(left.receipt, null);
  }));

  test('an objection is one button, and is remembered', () => withVisitor(async (one) => {
    await one.page.goto(`${gateway.shop}${gateway.prefix}/my-data`);
    await one.page.locator('[data-role="object"]').click();
    await one.page.waitForLoadState('load');
    assert.ok((await one.jar()).includes('consentry_objection'));
    const told = await (await one.context.request.get(`${gateway.shop}${gateway.prefix}/my-data.json`)).json();
    assert.equal(told.objects_to_statistics, true);
  }, { javaScript: false }));
});

test('the preference centre takes at most 8 KiB, and only when it is asked for', async () => {
  const wire = (path) => new Promise((done, failed) => {
    get(`${gateway.shop}${gateway.prefix}${path}`, { headers: { 'accept-encoding': 'br' } }, (reply) => {
      assert.equal(reply.headers['content-encoding'], 'br');
      let bytes = 0;
      reply.on('data', (piece) => { bytes += piece.length; });
      reply.on('end', () => done(bytes));
    }).on('error', failed);
  });
  const bytes = await wire('/choice.js') + await wire('/consent?return=/');
  assert.ok(bytes <= 8 * 1024, `${bytes} bytes`);
  await withVisitor(async (one) => {
    const asked = [];
    one.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await one.open('/');
    assert.deepEqual(asked.filter((path) => path.startsWith(gateway.prefix)), [], 'nothing of ours beside the page');
    await openDialog(one.page);
    assert.deepEqual(asked.filter((path) => path.startsWith(gateway.prefix)), [`${gateway.prefix}/choice.js`, `${gateway.prefix}/consent`]);
  });
});

describe('a client that answers for people', () => {
  /** Knows the fixed interface and nothing else: the question's id, and the roles or names of its buttons. */
  const answerFor = (page, wanted) => page.evaluate((wanted) => {
    const banner = document.querySelector('#consentry-banner');
    const byRole = banner?.querySelector(`[data-role="${wanted === 'Reject all' ? 'reject-all' : 'accept-all'}"]`);
    const byName = [...(banner?.querySelectorAll('button') ?? [])].find((button) => [button.textContent, button.title].includes(wanted));
    if (!byRole || byRole !== byName) return false;
    byRole.click();
    return true;
  }, wanted);

  for (const [wanted, consent] of [['Reject all', ['necessary']], ['Accept all', ['necessary', 'preferences', 'statistics', 'marketing']]]) {
    test(`finds its button and is believed: ${wanted}`, () => withVisitor(async (one) => {
      await one.open('/en/');
      const posted = one.page.waitForResponse((r) => r.url().endsWith('/choice'));
      assert.ok(await answerFor(one.page, wanted));
      assert.equal((await posted).status(), 200);
      await one.page.locator('#consentry-banner').waitFor({ state: 'hidden' });
      await one.open('/en/');
      assert.deepEqual(await one.page.evaluate(() => consentry.consent), consent);
      assert.equal(await one.page.locator('#consentry-banner').count(), 0);
    }));
  }
});
