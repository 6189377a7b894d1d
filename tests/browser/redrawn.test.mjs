// The question and the standing link on pages whose scripts draw all of them anew.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';
import { NAMES, serveReact, serveSwapped } from './redrawn.mjs';

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

/** How many there are of the question, the link and the question's form. */
const ours = (one) => one.evaluate(() => ['banner', 'open', 'answer'].map((name) => document.querySelectorAll(`#consentry-${name}`).length).join(' '));
const ASKS = '1 1 1';
const IS_ANSWERED = '0 1 0';
/** On the page that was answered with a no, the form stays. */
const WAS_ANSWERED = '0 1 1';

/** Are there so many of ours, in view and in our style? */
async function keeps(one, wanted) {
  await until(`${wanted} of ours`, async () => await ours(one) === wanted);
  assert.ok(await one.locator('#consentry-open').isVisible());
  assert.equal(await one.locator('#consentry-open').evaluate((link) => getComputedStyle(link).display), 'table');
  if (wanted === ASKS) assert.equal(await one.locator('#consentry-banner:visible').evaluate((banner) => getComputedStyle(banner).position), 'fixed');
}

/** Says no in the question, which closes it. */
async function refuse(one) {
  await one.locator('#consentry-banner [data-role="reject-all"]').click();
  await one.locator('#consentry-banner').waitFor({ state: 'detached' });
}

/** Says yes to all by way of the link. The page loads again. */
async function agree(one) {
  await one.locator('#consentry-open').click();
  const loaded = one.waitForEvent('load');
  await one.locator('#consentry-dialog [data-role="accept-all"]').click();
  await loaded;
}

/** Opens a page of React's and waits until it is alive. */
async function openAlive(one, path) {
  await one.goto(gateway.url + path, { waitUntil: 'load' });
  await one.locator('html[data-drawn]').waitFor();
  await one.locator('#buy').click();
  await one.getByText('Kurv 1').waitFor();
}

// What the policy refuses, browsers say in the console, too.
const errors = ({ faults }) => faults.filter((fault) => !fault.includes('Content Security Policy'));

for (const version of [18, 19])
  describe(`a page that React ${version} hydrates as a whole`, () => {
    before(() => serveReact(shop, version));

    for (const name of [...NAMES, 'film?chunk=100', 'plain/strict', 'film/strict'])
      test(`asks and has the link, without an error and before and after each answer: ${name}`, () => withVisitor(async (visitor) => {
        const one = visitor.page;
        const open = async (wanted) => {
          await openAlive(one, `/react${version}/${name}`);
          await keeps(one, wanted);
        };
        await open(ASKS);
        await refuse(one);
        await keeps(one, WAS_ANSWERED);
        await open(IS_ANSWERED);
        await agree(one);
        await open(IS_ANSWERED);
        assert.deepEqual(errors(visitor), []);
      }));

    test('has the question where the keyboard comes to it first', () => withVisitor(async (visitor) => {
      const one = visitor.page;
      await one.goto(`${gateway.url}/react${version}/plain`);
      await until('it to be first', () => one.evaluate(() => document.body.firstElementChild.id === 'consentry-banner'));
      assert.equal(await one.evaluate(() => document.head.firstElementChild.tagName), 'STYLE', 'the page may say otherwise behind it');
      await one.locator('html[data-drawn]').waitFor();
      await one.keyboard.press('Tab');
      assert.equal(await one.evaluate(() => document.activeElement.dataset.role), 'reject-all');
      await one.keyboard.press('Enter');
      await keeps(one, WAS_ANSWERED);
    }));

    test('has a placeholder whose button works', () => withVisitor(async (visitor) => {
      const one = visitor.page;
      await openAlive(one, `/react${version}/film`);
      assert.equal(await one.locator('iframe[src]').count(), 0);
      await one.frameLocator('iframe[data-consentry-held]').locator('button').click();
      await one.locator('iframe[src]').waitFor();
      await one.locator('html[data-drawn]').waitFor();
      assert.equal(await one.locator('iframe[data-consentry-held]').count(), 0);
      assert.deepEqual(errors(visitor), []);
    }));

    test('keeps both where React throws the page away for what the shop wrote itself', () => withVisitor(async (visitor) => {
      const one = visitor.page;
      const drawn = async (wanted) => {
        await openAlive(one, `/react${version}/differs`);
        await one.getByText('object').waitFor();
        await keeps(one, wanted);
      };
      await drawn(ASKS);
      assert.ok(errors(visitor).length > 0, 'React says so');
      await refuse(one);
      await keeps(one, WAS_ANSWERED);
      await drawn(IS_ANSWERED);
      await agree(one);
      await drawn(IS_ANSWERED);
    }));
  });

describe('a page whose body scripts put in the place of another', () => {
  before(() => serveSwapped(shop));

  const visit = async (one, there) => {
    await one.getByRole('link', { name: `Til ${there}` }).click();
    await one.getByRole('heading', { name: `Side ${there}` }).waitFor();
  };

  test('keeps the question until it is answered, and the link, on each visit of Turbo', () => withVisitor(async (visitor) => {
    const one = visitor.page;
    await one.goto(`${gateway.url}/turbo/1`);
    await one.evaluate(() => { window.isSame = true; });
    await visit(one, 2);
    await keeps(one, ASKS);
    await one.goBack();
    await one.getByRole('heading', { name: 'Side 1' }).waitFor();
    await keeps(one, ASKS);
    await refuse(one);
    await visit(one, 2);
    await keeps(one, WAS_ANSWERED);
    await one.goBack();
    await one.getByRole('heading', { name: 'Side 1' }).waitFor();
    await keeps(one, WAS_ANSWERED);
    assert.ok(await one.evaluate(() => window.isSame), 'no page was loaded');
    await agree(one);
    await visit(one, 2);
    await keeps(one, IS_ANSWERED);
    assert.deepEqual(visitor.faults, []);
  }));

  test('has no second question where the next page brings its own', () => withVisitor(async (visitor) => {
    const one = visitor.page;
    await one.goto(`${gateway.url}/turbo/1`);
    let brought;
    // Without Sec-Fetch fields, as browsers send it over plain HTTP.
    await one.route(`${gateway.url}/turbo/2`, async (route) => {
      const response = await route.fetch();
      brought = await response.text();
      await route.fulfill({ response, body: brought });
    });
    await visit(one, 2);
    // Turbo also fetches what a pointer rests on: the last such fetch may outlive the test.
    await one.unrouteAll({ behavior: 'wait' });
    assert.ok(brought.includes('id="consentry-banner"'), brought);
    await keeps(one, ASKS);
    await refuse(one);
    await visit(one, 1);
    await keeps(one, WAS_ANSWERED);
  }));

  test('keeps its style where the head is swapped, too', () => withVisitor(async (visitor) => {
    const one = visitor.page;
    await one.goto(`${gateway.url}/swap`);
    await one.getByRole('button', { name: 'Neste' }).click();
    await one.getByText('Neste side').waitFor();
    await keeps(one, ASKS);
    await refuse(one);
    await keeps(one, WAS_ANSWERED);
  }));
});
