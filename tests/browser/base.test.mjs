// A shop's page with a <base> that leads elsewhere: what is ours in it still leads to the gateway, with scripts and without.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop);
  shop.serve('/based', '<!doctype html><html lang="nb"><head><meta charset="utf-8"><base href="http://other.test/x/"><title>Butikk</title></head><body><main><h1>Hei</h1><iframe src="https://www.youtube.com/embed/x" title="Film"></iframe></main></body></html>');
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

/** A page of a visitor, and where it stands after each step: never at the other host. */
const walk = (steps, options) => withVisitor(async (visitor) => {
  const { page, context } = visitor;
  await page.goto(`${gateway.url}/based`, { waitUntil: 'networkidle' });
  await steps(page, async () => (await context.cookies(gateway.url)).some((cookie) => cookie.name === 'consentry'));
  assert.deepEqual(visitor.outside.requests.filter((request) => request.host === 'other.test' && !/favicon/.test(request.path ?? '')), []);
}, options);

const stands = (page) => page.url().startsWith(gateway.url);

test('without scripts an answer is stored, and every link leads to our own pages', () => walk(async (page, isStored) => {
  await page.locator('#consentry-banner a').first().click();
  assert.equal(page.url(), `${gateway.url}/_consentry/cookies?nb=/based`);
  await page.goBack();
  await page.locator('#consentry-banner [data-role="reject-all"]').click();
  await page.locator('#consentry-banner').waitFor({ state: 'detached' });
  assert.ok(stands(page) && await isStored());
  await page.locator('#consentry-open').click();
  assert.match(page.url(), new RegExp(`^${gateway.url}/_consentry/consent`));
}, { javaScript: false }));

test('without scripts an embed can be allowed', () => walk(async (page, isStored) => {
  await page.frameLocator('iframe[data-consentry-held]').locator('button').click();
  await page.waitForLoadState('networkidle');
  assert.ok(stands(page) && await isStored());
}, { javaScript: false }));

test('with scripts the preferences open over the page, and a no from there is stored', () => walk(async (page, isStored) => {
  await page.locator('#consentry-open').click();
  const dialog = page.locator('#consentry-dialog dialog');
  await dialog.waitFor();
  const leads = await dialog.evaluate((it) => [...it.querySelectorAll('a')].map((link) => link.href));
  assert.deepEqual(leads.filter((address) => address.startsWith('http://other.test')), []);
  await dialog.locator('[data-role="reject-all"]').first().click();
  await until('the answer', isStored);
  assert.ok(stands(page));
}));
