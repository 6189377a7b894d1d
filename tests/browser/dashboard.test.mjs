// The dashboard by keyboard and by ear: figures come anew with each press and each minute, and take nobody's place in the page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, gateway, newVisitor, until } from './harness.mjs';
import { PAGES } from './shop.mjs';

/** Rows that a list shows at first. */
const ROWS_FIRST = 8;
/** Time between two rounds of questions. Unit: milliseconds. */
const REFRESH_MS = 60_000;

let visitor;
let page;
before(async () => {
  visitor = await newVisitor();
  page = visitor.page;
  for (const path of PAGES) await page.goto(gateway.shop + path, { waitUntil: 'load' });
  await until('rows that are not shown at first', async () => Object.keys(await ask(['visitors'], ['event:page'])).length > ROWS_FIRST);
  await page.clock.install();
  await page.goto(`${gateway.admin}/#token=${gateway.token}`, { waitUntil: 'load' });
  await page.locator('#list-5 .rows > *').first().waitFor();
});
after(() => visitor?.close());

/** What has focus, as it is called. */
const focused = () => page.evaluate(() => {
  const { activeElement } = document;
  return activeElement.getAttribute('aria-label') ?? (activeElement.querySelector('.label') ?? activeElement).textContent;
});

/** What a round asks: six lists, the panel of consent, totals and series. */
const PANEL = 3;
const ROUND = 6 + PANEL + 4;

/** Does something that asks for so much anew, and waits until it is shown. */
async function anew(act, questions = ROUND) {
  const asked = new Set();
  const note = (request) => request.url().endsWith('/query') && asked.add(request);
  page.on('request', note);
  try {
    await act();
    await until('all questions', () => asked.size >= questions);
    await Promise.all([...asked].map(async (request) => (await request.response()).finished()));
    await page.evaluate(() => new Promise(requestAnimationFrame));
  } finally {
    page.off('request', note);
  }
}

test('w4_what_has_focus_keeps_it_when_figures_come_anew', async () => {
  const row = page.locator('#list-0 button.row').nth(2);
  await row.focus();
  const name = await row.locator('.label').textContent();
  await anew(() => page.keyboard.press('m'));
  assert.equal(await focused(), name, 'by a key');
  // What nobody saw before is one of the new figures.
  await visitor.context.request.get(`${gateway.shop}/om-oss`);
  await anew(() => page.clock.fastForward(REFRESH_MS));
  assert.equal(await focused(), name, 'by time');
  await page.locator('#periods button', { hasText: '7 days' }).focus();
  await anew(() => page.keyboard.press('Enter'));
  assert.equal(await focused(), '7 days');
  await page.locator('#consent select').focus();
  await anew(() => page.keyboard.press('ArrowDown'), PANEL);
  assert.equal(await focused(), 'What the answers are told apart by');
});

test('w4_a_filter_leaves_focus_on_its_row_and_one_that_is_removed_on_what_stands_beside_it', async () => {
  const row = page.locator('#list-0 button.row', { hasText: /^\/dekk\d/ });
  await row.focus();
  await anew(() => page.keyboard.press('Enter'));
  assert.equal(await focused(), '/dekk');
  assert.equal(await row.getAttribute('aria-pressed'), 'true');
  await page.locator('#filters button').focus();
  await anew(() => page.keyboard.press('Enter'));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'page');
});

test('rows that were asked for stay when figures come anew', async () => {
  const rows = page.locator('#list-0 .rows li');
  await page.locator('#list-0 .more').click();
  const all = await rows.count();
  assert.ok(all > ROWS_FIRST);
  await anew(() => page.clock.fastForward(REFRESH_MS));
  assert.ok(await rows.count() >= all);
});

test('w7_each_button_and_frame_says_which_list_it_is_about', async () => {
  const names = () => page.evaluate(() => [...document.querySelectorAll('main button:not(.row), main section')].filter((one) => one.checkVisibility())
    .map((one) => `${one.tagName} ${one.getAttribute('aria-label') ?? (document.getElementById(one.getAttribute('aria-labelledby')) ?? one).textContent}`));
  const first = await names();
  assert.equal(new Set(first).size, first.length, `${first}`);
  await page.locator('#list-0 select').selectOption('Exit pages');
  const now = await names();
  for (const name of ['SECTION Exit pages', 'BUTTON CSV: Exit pages']) assert.ok(now.includes(name), `${now}`);
  assert.ok(!now.some((name) => name.endsWith(' Pages')), `${now}`);
});
