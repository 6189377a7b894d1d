// WCAG 2.2 AA on every surface of ours: the rules W1 to W14 of docs/rules.md, in a real browser.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { answer, newVisitor, settle } from './harness.mjs';
import { SURFACES, openDetails, openDialog } from './surfaces.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The smallest phone that the rules name, and a page of 1280 pixels at 400 %. Unit: CSS pixels. */
const PHONE = { width: 320, height: 568 };
const DESKTOP = { width: 1280, height: 900 };
/** Distances that are the same. Unit: CSS pixels. */
const SLACK = 0.51;

let visitor;
let page;
before(async () => {
  visitor = await newVisitor();
  page = visitor.page;
});
after(() => visitor?.close());

async function violations(selector, on = page) {
  for (const frame of on.frames()) await frame.evaluate(AXE);
  // Which landmark a frame is in, the page around it says.
  const isFrame = selector.startsWith('iframe');
  const found = await on.evaluate(async (selector) => {
    const { violations } = await axe.run(selector === 'html' ? document : selector, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
  }, isFrame ? 'html' : selector);
  return isFrame ? found.filter((fault) => fault.includes('iframe')) : found;
}

/** Elements in our surface, through its shadow tree, that `look` finds fault with. */
const faulty = (selector, look) => page.evaluate(([selector, look]) => {
  const found = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      const fault = new Function('element', look)(element);
      if (fault) found.push(`${element.tagName} ${element.className} ${element.dataset?.role ?? ''} ${element.textContent.slice(0, 40)}: ${fault}`);
      if (element.shadowRoot) visit(element.shadowRoot);
      if (element.contentDocument) visit(element.contentDocument);
    }
  };
  const surface = document.querySelector(selector);
  visit(selector === 'html' ? document : { querySelectorAll: () => [surface, ...surface.querySelectorAll('*')] });
  return found;
}, [selector, look]);

const rect = (locator) => locator.evaluate((element) => {
  const { x, y, width, height, bottom, right } = element.getBoundingClientRect();
  return { x, y, width, height, bottom, right };
});

test('w1_axe_finds_nothing_of_ours_in_a_whole_page_with_landmarks: undecided, and after an answer', async () => {
  const one = await newVisitor();
  try {
    await one.page.setViewportSize(DESKTOP);
    for (const act of [() => one.open('/'), () => answer(one, 'reject-all')]) {
      await act();
      assert.deepEqual((await violations('html', one.page)).filter((fault) => fault.includes('consentry')), []);
    }
  } finally {
    await one.close();
  }
});

describe('with nothing answered', () => {
  for (const name of ['dialog', 'preference page', 'declaration']) {
    test(`w7_tables_and_what_opens_say_which_they_are: ${name}`, async () => {
      await SURFACES[name](visitor);
      await openDetails(page);
      const session = await page.context().newCDPSession(page);
      const { nodes } = await session.send('Accessibility.getFullAXTree');
      await session.detach();
      const names = (role) => nodes.filter((node) => !node.ignored && node.role.value === role).map((node) => node.name?.value ?? '');
      const tables = names('table');
      assert.ok(tables.length > 2 && tables.every(Boolean), `${tables}`);
      const opening = names('DisclosureTriangle');
      assert.equal(new Set(opening).size, opening.length, `${opening}`);
      // Chromium reads out the text of one that is named by something else, as well.
      const twice = nodes.filter((node) => node.role?.value === 'DisclosureTriangle' && node.description?.value);
      assert.deepEqual(twice.map((node) => `${node.name.value}: ${node.description.value}`), []);
      assert.equal(opening.length > 2, name !== 'declaration');
    });
  }

  for (const [name, open] of Object.entries(SURFACES)) {
    for (const colorScheme of ['light', 'dark']) {
      test(`w1_w7_w11_axe_finds_nothing: ${name}, ${colorScheme}`, async () => {
        await page.setViewportSize(DESKTOP);
        await page.emulateMedia({ colorScheme });
        const selector = await open(visitor);
        await openDetails(page);
        assert.deepEqual(await violations(selector), []);
      });
    }

    test(`w2_no_scrolling_sideways_at_320_pixels: ${name}`, async () => {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(PHONE);
      const selector = await open(visitor);
      await openDetails(page);
      const wide = await faulty(selector, `
        if (element.closest('head') || getComputedStyle(element).position === 'absolute') return '';
        const { right, left } = element.getBoundingClientRect();
        return right > innerWidth + 1 || left < -1 ? left + ' to ' + right : '';`);
      assert.deepEqual(wide, []);
      if (selector === 'html') assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await page.setViewportSize(DESKTOP);
    });

    test(`w6_targets_are_24_pixels_at_least: ${name}`, async () => {
      await page.setViewportSize(PHONE);
      const selector = await open(visitor);
      await openDetails(page);
      // A link within a sentence is excepted (WCAG 2.2, 2.5.8 "inline"); none of ours below stands in one.
      const small = await faulty(selector, `
        if (!element.matches('button, input:not([type=hidden]), summary, a, #consentry-open')) return '';
        if (element.matches('p a, li a') && !element.closest('#consentry-banner')) return '';
        const { width, height } = element.getBoundingClientRect();
        return element.checkVisibility({ visibilityProperty: true }) && (width < 24 || height < 23.9) ? width + ' by ' + height : '';`);
      assert.deepEqual(small, []);
      const low = await faulty(selector, `
        return element.matches('button') && element.checkVisibility() && element.getBoundingClientRect().height < 44 ? 'lower than 44' : '';`);
      assert.deepEqual(low, []);
      await page.setViewportSize(DESKTOP);
    });

    test(`w10_nothing_moves: ${name}`, async () => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      const selector = await open(visitor);
      const moving = await faulty(selector, `
        const style = getComputedStyle(element);
        return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0 ? style.animationName + style.transitionDuration : '';`);
      assert.deepEqual(moving, []);
      await page.emulateMedia({ reducedMotion: 'no-preference' });
    });

    test(`w12_edges_stay_in_forced_colours: ${name}`, async () => {
      await page.emulateMedia({ forcedColors: 'active' });
      const selector = await open(visitor);
      const bare = await faulty(selector, `
        if (!element.matches('button:not(.back)')) return '';
        const style = getComputedStyle(element);
        return parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== 'none' ? '' : 'no edge';`);
      assert.deepEqual(bare, []);
      await page.emulateMedia({ forcedColors: 'none' });
    });

    test(`w14_text_spacing_cuts_nothing_off: ${name}`, async () => {
      await page.setViewportSize(PHONE);
      const selector = await open(visitor);
      await openDetails(page);
      await page.evaluate(() => {
        const css = '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }';
        const inFrames = [...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument);
        for (const root of [document, document.querySelector('#consentry-dialog')?.shadowRoot, ...inFrames].filter(Boolean)) {
          const { CSSStyleSheet } = root.defaultView ?? self;
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(css);
          root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
        }
      });
      const cut = await faulty(selector, `
        if (!element.matches('button, a, p, h1, h2, h3, label, summary, li') || !element.checkVisibility()) return '';
        const style = getComputedStyle(element);
        const hides = /hidden|clip/.test(style.overflow + style.overflowX + style.overflowY);
        return hides && (element.scrollHeight > element.clientHeight + 1 || element.scrollWidth > element.clientWidth + 1) ? 'cut' : '';`);
      assert.deepEqual(cut, []);
      const wide = await faulty(selector, `
        if (!element.matches('table, tr, th, td, p, h1, h2, h3')) return '';
        return element.scrollWidth > element.clientWidth + 1 && element.clientWidth ? element.scrollWidth + ' in ' + element.clientWidth : '';`);
      assert.deepEqual(wide, []);
      assert.deepEqual(await violations(selector), []);
      await page.setViewportSize(DESKTOP);
    });
  }

  test('w3_w4_the_banner_comes_first_and_is_no_trap', async () => {
    await visitor.open('/');
    const seen = [];
    for (let step = 0; step < 8; step += 1) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => {
        const element = document.activeElement;
        return element.closest('#consentry-banner') ? element.dataset.role ?? element.textContent : 'shop';
      }));
    }
    const first = seen.indexOf('reject-all');
    assert.deepEqual(seen.slice(first, first + 6), ['reject-all', 'accept-all', 'preferences', 'Hvem og hva', 'Personvern', 'shop']);
    assert.ok(first <= 2, `the banner is early in the document: ${seen}`);
  });

  test('w3_an_answer_is_given_by_keyboard_alone', async () => {
    const one = await newVisitor();
    try {
      await one.open('/');
      for (let step = 0; step < 5 && await one.page.evaluate(() => document.activeElement.dataset?.role !== 'reject-all'); step += 1) await one.page.keyboard.press('Tab');
      const posted = one.page.waitForResponse((r) => r.request().method() === 'POST');
      await one.page.keyboard.press('Enter');
      assert.equal((await posted).status(), 200);
      await one.page.locator('#consentry-banner').waitFor({ state: 'hidden' });
      assert.deepEqual(await one.jar(), ['consentry']);
    } finally {
      await one.close();
    }
  });

  test('w9_what_became_of_an_answer_is_announced_and_focus_is_not_lost', async () => {
    const one = await newVisitor();
    try {
      await one.open('/');
      await one.page.locator('#consentry-banner [data-role="reject-all"]').focus();
      await one.page.keyboard.press('Enter');
      await one.page.locator('#consentry-banner').waitFor({ state: 'hidden' });
      const status = one.page.locator('#consentry-status', { hasText: 'lagret' });
      await status.waitFor({ state: 'attached' });
      assert.deepEqual([await status.getAttribute('role'), await status.getAttribute('lang')], ['status', 'nb']);
      assert.equal(await one.page.evaluate(() => document.activeElement.tagName), 'MAIN');
    } finally {
      await one.close();
    }
  });

  test('w14_a_word_longer_than_a_narrow_window_breaks_in_links_above_and_below', async () => {
    await page.setViewportSize({ width: 240, height: 400 });
    await visitor.open('/_consentry/my-data');
    const right = await page.evaluate(() => {
      document.body.style.letterSpacing = '.12em';
      return [...document.querySelectorAll('nav a, footer a')].map((link) => {
        link.textContent = 'Persovdnasuodjaleapmi';
        return link.getBoundingClientRect().right;
      });
    });
    assert.ok(right.length && Math.max(...right) <= 240, `${right}`);
    await page.setViewportSize(DESKTOP);
  });

  test('w5_what_has_focus_is_seen_and_not_covered_by_the_banner', async () => {
    for (const size of [PHONE, DESKTOP]) {
      await page.setViewportSize(size);
      await visitor.open('/dekk');
      const banner = await rect(page.locator('#consentry-banner'));
      for (let step = 0; step < 40; step += 1) {
        await page.keyboard.press('Tab');
        const covered = await page.evaluate(() => {
          const element = document.activeElement;
          if (element === document.body || element.closest('#consentry-banner')) return '';
          const box = element.getBoundingClientRect();
          const banner = document.querySelector('#consentry-banner').getBoundingClientRect();
          const inside = box.left >= banner.left && box.right <= banner.right && box.top >= banner.top && box.bottom <= banner.bottom;
          return inside ? `${element.tagName} ${element.textContent.trim().slice(0, 30)}` : '';
        });
        assert.equal(covered, '', `step ${step} at ${size.width}`);
      }
      assert.ok(banner.height > 0);
    }
    await visitor.open('/');
    await page.locator('#consentry-banner [data-role="reject-all"]').focus();
    await page.keyboard.press('Tab');
    const ring = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return [outlineStyle, parseFloat(outlineWidth)];
    });
    assert.deepEqual(ring, ['solid', 3]);
  });

  test('w2_r13_both_answers_are_in_view_on_the_smallest_phone_and_zoomed_in', async () => {
    // 200 % of a phone of 640 by 1136, 400 % of a desk of 1280 by 1024.
    for (const size of [PHONE, { width: 320, height: 256 }, { width: 568, height: 320 }, { width: 640, height: 450 }]) {
      await page.setViewportSize(size);
      await visitor.open('/');
      for (const role of ['reject-all', 'accept-all', 'preferences']) {
        const box = await rect(page.locator(`#consentry-banner [data-role="${role}"]`));
        assert.ok(box.y >= 0 && box.bottom <= size.height + SLACK && box.right <= size.width + SLACK, `${role} at ${size.width} by ${size.height}: ${JSON.stringify(box)}`);
      }
    }
    await page.setViewportSize(DESKTOP);
  });

  test('the banner takes at most two fifths of a phone', async () => {
    for (const size of [PHONE, { width: 390, height: 844 }]) {
      await page.setViewportSize(size);
      await visitor.open('/');
      const { height } = await rect(page.locator('#consentry-banner'));
      assert.ok(height <= size.height * 0.4 + SLACK, `${height} of ${size.height}`);
    }
    await page.setViewportSize(DESKTOP);
  });

  test('a banner that is only half there is not shown, so nothing moves when the rest comes', async () => {
    await visitor.open('/');
    const shown = () => page.locator('#consentry-banner').evaluate((banner) => getComputedStyle(banner).visibility);
    assert.equal(await shown(), 'visible');
    await page.evaluate(() => document.querySelector('#consentry-banner > p:last-child').remove());
    assert.equal(await shown(), 'hidden');
  });

  test('w8_escape_closes_the_dialog_without_choosing_and_focus_returns', async () => {
    for (const opener of ['#consentry-banner [data-role="preferences"]', '#consentry-open']) {
      await visitor.open('/');
      const dialog = await openDialog(page, opener);
      assert.ok(await dialog.evaluate((element) => element.matches(':modal')), 'the page behind it is inert');
      assert.ok(await page.evaluate(() => document.activeElement.id === 'consentry-dialog'), 'focus is in it');
      const switches = dialog.locator('input[name="category"]');
      assert.deepEqual(await switches.evaluateAll((all) => all.map((one) => one.checked)), [false, false, false]);
      await switches.first().check();
      await page.keyboard.press('Escape');
      await page.locator('#consentry-dialog').waitFor({ state: 'detached' });
      assert.equal(await page.evaluate((opener) => document.activeElement === document.querySelector(opener), opener), true, opener);
      assert.ok(!(await visitor.jar()).includes('consentry'), 'nothing was chosen');
      assert.ok(await page.locator('#consentry-banner').isVisible());
    }
  });

  test('r03_w8_escape_on_the_banner_chooses_nothing', async () => {
    await visitor.open('/');
    await page.locator('#consentry-banner [data-role="accept-all"]').focus();
    for (const key of ['Escape', 'PageDown', 'End']) await page.keyboard.press(key);
    await settle(page);
    assert.ok(!(await visitor.jar()).includes('consentry'));
    assert.ok(await page.locator('#consentry-banner').isVisible());
  });

  for (const path of ['/', '/en/']) {
    for (const size of [{ width: 1280, height: 800 }, { width: 1280, height: 720 }, { width: 640, height: 400 }, PHONE, { width: 568, height: 320 }]) {
      test(`w5_w6_nothing_in_the_dialog_is_covered: ${path} at ${size.width} by ${size.height}`, async () => {
        await page.setViewportSize(size);
        await visitor.open(path);
        await openDialog(page, '#consentry-banner [data-role="preferences"]');
        assert.deepEqual(await violations('#consentry-dialog'), []);
        await openDetails(page);
        const covered = [];
        for (const key of ['Tab', 'Shift+Tab']) {
          for (let step = 0; step < 24; step += 1) {
            await page.keyboard.press(key);
            covered.push(...await page.evaluate(() => {
              const root = document.querySelector('#consentry-dialog').shadowRoot;
              const element = root.activeElement;
              if (!element) return [];
              const { left, top, height, width } = element.getBoundingClientRect();
              const seen = [0, 1, 2, 3, 4].some((part) => {
                const there = root.elementFromPoint(left + Math.min(20, width / 2), top + 1 + (part * (height - 2)) / 4);
                return there && (element.contains(there) || there.closest('label')?.control === element);
              });
              return seen ? [] : [element.id || element.textContent.trim()];
            }));
          }
        }
        assert.deepEqual(covered, []);
        await page.setViewportSize(DESKTOP);
      });
    }
  }

  test('w8_tab_stays_in_the_dialog', async () => {
    await visitor.open('/');
    await openDialog(page);
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab');
      const where = await page.evaluate(() => document.activeElement.closest('#consentry-dialog') || document.activeElement === document.body ? '' : document.activeElement.outerHTML);
      assert.equal(where, '');
    }
  });

  test('w7_w8_the_banner_is_a_named_region_with_one_heading_and_native_buttons', async () => {
    await visitor.open('/');
    const banner = page.locator('#consentry-banner');
    assert.equal(await banner.evaluate((element) => element.tagName), 'SECTION');
    assert.equal(await banner.locator('h2').count(), 1);
    assert.equal(await page.getByRole('region', { name: 'Kan vi bruke informasjonskapsler?' }).count(), 1);
    assert.equal(await banner.locator('[data-role]').evaluateAll((all) => all.every((one) => one.tagName === 'BUTTON')), true);
    assert.equal(await page.evaluate(() => document.querySelector('#consentry-banner').matches('[aria-modal], dialog')), false);
  });

  test('w11_language_and_direction_are_said', async () => {
    for (const [path, language] of [['/', 'nb'], ['/en/', 'en']]) {
      await visitor.open(path);
      assert.equal(await page.locator('#consentry-banner').getAttribute('lang'), language);
      assert.equal(await page.locator('#consentry-open').getAttribute('lang'), language);
      await openDialog(page);
      assert.equal(await page.locator('#consentry-dialog').getAttribute('lang'), language, 'the dialog speaks as the page does');
    }
  });

  test('w11_everything_turns_round_from_right_to_left', async () => {
    await visitor.open('/');
    const before = await rect(page.locator('#consentry-banner'));
    await page.evaluate(() => { document.querySelector('#consentry-banner').dir = 'rtl'; });
    const turned = await rect(page.locator('#consentry-banner'));
    assert.ok(Math.abs(before.x - (DESKTOP.width - turned.right)) < 20, `${JSON.stringify([before, turned])}`);
    const [no, yes] = await Promise.all(['reject-all', 'accept-all'].map((role) => rect(page.locator(`#consentry-banner [data-role="${role}"]`))));
    assert.ok(no.x > yes.x, 'no comes first, which is right');
    await SURFACES['preference page'](visitor);
    await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    const [label, box] = [await rect(page.locator('label[for="category-statistics"]')), await rect(page.locator('#category-statistics'))];
    assert.ok(label.x > box.x, 'the switch is to the left of its name');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.deepEqual(await violations('html'), []);
  });
});

test('w2_the_preference_page_fits_320_pixels_in_every_language', async () => {
  await page.setViewportSize(PHONE);
  const wide = [];
  for (const name of readdirSync(new URL('../../config/texts/', import.meta.url))) {
    const language = name.replace('.toml', '');
    const texts = readFileSync(new URL(`../../config/texts/${name}`, import.meta.url), 'utf8');
    await SURFACES['preference page'](visitor);
    // The categories' names are the longest words in a row with a switch.
    const widest = await page.evaluate((names) => {
      const labels = document.querySelectorAll('main h2');
      names.forEach((name, at) => { (labels[at].querySelector('label') ?? labels[at]).textContent = name; });
      return document.documentElement.scrollWidth;
    }, ['necessary', 'preferences', 'statistics', 'marketing'].map((category) => /^name = "(.*)"$/m.exec(texts.split(`\n[${category}]\n`)[1])[1]));
    if (widest > PHONE.width) wide.push(`${language}: ${widest}`);
  }
  await page.setViewportSize(DESKTOP);
  assert.deepEqual(wide, []);
});

test('w13_the_way_back_has_the_same_name_and_place_on_every_page', async () => {
  const one = await newVisitor();
  try {
    const seen = [];
    await one.open('/');
    await answer(one, 'reject-all');
    for (const path of ['/', '/dekk', '/kasse', '/om-oss', '/personvern']) {
      await one.open(path);
      const link = one.page.locator('#consentry-open');
      seen.push(await link.evaluate((element) => [element.textContent, element.tagName, element.nextElementSibling?.tagName ?? 'last'].join()));
    }
    assert.equal(new Set(seen).size, 1, `${seen}`);
  } finally {
    await one.close();
  }
});

test('w1_my_data_with_a_receipt_has_no_fault_either', async () => {
  const one = await newVisitor();
  try {
    await one.open('/');
    await answer(one, 'accept-all');
    page = one.page;
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await SURFACES['my data'](one);
      assert.deepEqual(await violations('html'), []);
    }
  } finally {
    page = visitor.page;
    await one.close();
  }
});
