// A link of the shop's own to a page of ours, in a footer or in its privacy statement: it knows no way back, and leads back
// all the same, with and without JavaScript.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const PAGE = `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Personvern</title></head><body><main><h1>Personvern</h1>
<a id="own" href="/_consentry/consent">Endre samtykke</a> <a id="all" href="/_consentry/cookies">Informasjonskapsler</a></main></body></html>`;

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  shop.serve('/personvern', PAGE);
  gateway = await startGateway(shop);
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

for (const javaScript of [true, false]) {
  describe(`a link that the shop wrote, ${javaScript ? 'with' : 'without'} JavaScript`, () => {
    test('leads back to its page after an answer', () => withVisitor(async ({ page }) => {
      const from = `${gateway.url}/personvern?del=2&a=b`;
      for (const role of ['accept-all', 'reject-all', 'save']) {
        await page.goto(from, { waitUntil: 'load' });
        await page.locator('#own').click();
        await page.waitForURL('**/_consentry/consent');
        await page.locator(`[data-role="${role}"]`).click();
        await page.waitForURL(from);
        assert.equal(await page.locator('h1').textContent(), 'Personvern');
        assert.equal(await page.locator('#consentry-banner').count(), 0, role);
      }
    }, { javaScript }));

    test('leads back through all pages of ours', () => withVisitor(async ({ page }) => {
      const from = `${gateway.url}/personvern?del=2`;
      await page.goto(from, { waitUntil: 'load' });
      await page.locator('#all').click();
      await page.waitForURL('**/_consentry/cookies');
      for (const name of ['statistics', 'my-data', 'consent']) {
        await page.locator(`footer a[href*="/_consentry/${name}"]`).click();
        await page.waitForURL((url) => url.pathname === `/_consentry/${name}`);
      }
      await page.locator('nav a').first().click();
      await page.waitForURL(from);
    }, { javaScript }));
  });
}
