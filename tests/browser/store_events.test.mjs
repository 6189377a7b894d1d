// What scripts of the shop tell each other of what they store: by events that they make, and by those of the browser from other
// tabs. The guard's stores are no stores to the browser, and it makes no event of one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

/** As VueUse and Docusaurus do it: one writes, tells of it, and all that look at this store hear. */
const page = (head) => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>${head}</head><body><h1>Butikk</h1><script>
  const heard = [];
  addEventListener('storage', (event) => heard.push([event.key, event.newValue, event.storageArea === localStorage, event.storageArea === sessionStorage].join(' ')));
  const tell = (storage, key, newValue) => dispatchEvent(new StorageEvent('storage', { key, newValue, storageArea: storage }));
  const tellAsBefore = (storage, key, newValue) => {
    const event = document.createEvent('StorageEvent');
    event.initStorageEvent('storage', false, false, key, null, newValue, location.href, storage);
    dispatchEvent(event);
  };
</script></body></html>`;

const SIGNS = {
  docusaurus: '<meta name="generator" content="Docusaurus v3.10.2">',
  vitepress: '<meta name="generator" content="VitePress v1.6.4">',
  nuxt: '<script type="module" src="/_nuxt/entry.js"></script>',
  vite: '<script type="module" crossorigin src="/assets/index-B1.js"></script>',
};

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop);
  for (const [name, head] of Object.entries(SIGNS)) shop.serve(`/${name}`, page(head));
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

for (const name of Object.keys(SIGNS))
  test(`a page that ${name} built tells of what it stores while the question stands`, () => withVisitor(async ({ page: one, context, faults }) => {
    await one.goto(`${gateway.url}/${name}`, { waitUntil: 'load' });
    assert.equal(await one.locator('#consentry-banner').count(), 1);
    const heard = await one.evaluate(() => {
      tell(localStorage, 'a', '1');
      tell(sessionStorage, 'b', '2');
      tellAsBefore(localStorage, 'c', '3');
      tellAsBefore(null, 'd', '4');
      dispatchEvent(new StorageEvent('storage', { key: 'e' }));
      dispatchEvent(new StorageEvent('storage'));
      return heard.splice(0);
    });
    assert.deepEqual(heard, ['a 1 true false', 'b 2 false true', 'c 3 true false', 'd 4 false false', 'e  false false', '  false false']);
    assert.ok(await one.evaluate(() => new StorageEvent('storage') instanceof StorageEvent && new (class extends StorageEvent {})('storage') instanceof StorageEvent));

    const other = await context.newPage();
    await other.goto(`${gateway.url}/${name}`, { waitUntil: 'load' });
    await other.evaluate(() => { localStorage.theme = 'dark'; });
    await until('the other tab', async () => await one.evaluate(() => heard.at(-1)) === 'theme dark true false');
    assert.deepEqual(faults.filter((fault) => !fault.includes('404')), []);
  }));
