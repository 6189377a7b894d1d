// Pages that Chromium fetches ahead for a link: counted when somebody goes there, and only then.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

/** A page whose rules have the browser fetch two others at once. */
const FIRST = `<!doctype html><html lang="nb"><title>Dekk</title><h1>Dekk</h1><a id="to" href="/vinterdekk">Vinterdekk</a>
<script type="speculationrules">{"prefetch":[{"source":"list","urls":["/vinterdekk","/sommerdekk"],"eagerness":"immediate"}]}</script>`;
const NEXT = '<!doctype html><html lang="nb"><title>Vinterdekk</title><h1 id="there">Vinterdekk</h1>';

let shop;
let gateway;
let statistics;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop, { statistics: 'k = { text = 1, answer = 1 }' });
  statistics = { admin: gateway.admin, token: gateway.token() };
  shop.serve('/dekk', FIRST);
  for (const path of ['/vinterdekk', '/sommerdekk']) shop.serve(path, NEXT);
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

test('a page that Chromium fetched ahead is one view when it is shown, and none when it is not', () => withVisitor(async ({ page }) => {
  await page.goto(`${gateway.url}/dekk`);
  const ahead = () => shop.seen.filter(({ headers }) => headers['sec-purpose']?.startsWith('prefetch')).map(({ path }) => path).sort();
  await until('both pages fetched ahead', () => ahead().length === 2);
  assert.deepEqual(ahead(), ['/sommerdekk', '/vinterdekk']);
  const told = page.waitForRequest((request) => request.url().endsWith('/event'));
  await page.locator('#to').click();
  await page.locator('#there').waitFor();
  assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].deliveryType), 'navigational-prefetch');
  const { notice, ...view } = (await told).postDataJSON();
  assert.deepEqual(view, { name: 'pageview', ahead: true, url: `${gateway.url}/vinterdekk`, referrer: `${gateway.url}/dekk` });
  assert.equal(notice, await page.locator('#consentry-banner').getAttribute('data-notice'));
  assert.equal(shop.seen.filter(({ path }) => path === '/vinterdekk').length, 1, 'the page was asked for once');
  const pages = () => ask(['pageviews'], ['event:page'], [], statistics);
  await until('the view', async () => '/vinterdekk' in (await pages()));
  assert.deepEqual(await pages(), { '/dekk': [1], '/vinterdekk': [1] });
  // It was asked for again: counted as any other, and told by nobody.
  await page.goto(`${gateway.url}/dekk`);
  await page.reload();
  await until('the other views', async () => (await pages())['/dekk'][0] === 3);
  assert.deepEqual(await pages(), { '/dekk': [3], '/vinterdekk': [1] });
}));
