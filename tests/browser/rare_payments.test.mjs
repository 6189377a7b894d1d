// A payment and a login that few shops have work in a real browser, in a shop whose operator said nothing of them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chooseBeside, settle, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

/** What the payment's script does once it runs: it calls its interface, and shows its fields in a frame. */
const GOES_ON = `fetch('https://assets.revolut.com/fields.json', { mode: 'no-cors' });
  const frame = document.createElement('iframe');
  frame.src = 'https://sandbox-merchant.revolut.com/fields';
  document.body.append(frame);`;
const PAYS = `<script src="https://merchant.revolut.com/embed.js" onload="${GOES_ON.replaceAll('\n', ' ')}"></script>`;
/** The same from a file of the shop's, so that no tag names the payment. */
const BY_SCRIPT = `const s = document.createElement('script'); s.src = 'https://merchant.revolut.com/embed.js'; s.onload = () => { ${GOES_ON} }; document.body.append(s);`;
const html = (body) => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Kasse</title></head><body><main><h1>Kasse</h1></main>${body}</body></html>`;
const ALL = ['assets.revolut.com', 'merchant.revolut.com', 'sandbox-merchant.revolut.com'];

let shop;
before(async () => { shop = await startShop(); });
after(async () => { await shop?.stop(); });

/** Which of the payment's hosts a new visitor's browser asks on that page, once the page is quiet. */
async function asked(gateway, path, answer) {
  let hosts;
  await withVisitor(async ({ page, context, outside }) => {
    if (answer) await chooseBeside({ context }, gateway.url, answer);
    await page.goto(gateway.url + path, { waitUntil: 'load' });
    await settle(page);
    hosts = [...new Set(outside.requests.map((request) => request.host))].filter((host) => ALL.includes(host)).sort();
  });
  return hosts;
}

test('a payment in a tag of the page works on the first visit and on the second, whatever was answered', async () => {
  shop.serve('/kasse', html(PAYS));
  for (const answer of [null, 'choice=none', 'choice=some&category=statistics']) {
    const gateway = await startGateway(shop);
    try {
      for (const visit of ['first', 'second']) assert.deepEqual(await asked(gateway, '/kasse', answer), ALL, `${visit}, ${answer}`);
    } finally {
      await gateway.stop();
    }
  }
});

test('a payment that only a script of the shop names is stopped once, and works whole from the next page on', async () => {
  shop.serve('/handlekurv', html(`<script>${BY_SCRIPT}</script>`));
  const gateway = await startGateway(shop);
  try {
    assert.deepEqual(await asked(gateway, '/handlekurv'), []);
    await until('the fence lets the payment in', async () => {
      const fence = (await fetch(`${gateway.url}/handlekurv`)).headers.get('content-security-policy');
      return ALL.every((host) => fence.includes(` ${host}`));
    });
    for (const answer of [null, 'choice=none']) assert.deepEqual(await asked(gateway, '/handlekurv', answer), ALL);
  } finally {
    await gateway.stop();
  }
});

test('what a stranger\'s script is stopped at stays stopped', async () => {
  shop.serve('/fremmed', html('<script>const s = document.createElement("script"); s.src = "https://merchant-revolut.example/embed.js"; document.body.append(s);</script>'));
  const gateway = await startGateway(shop);
  try {
    for (const visit of ['first', 'second']) {
      await withVisitor(async ({ page, outside }) => {
        await page.goto(`${gateway.url}/fremmed`, { waitUntil: 'load' });
        await settle(page);
        assert.deepEqual(outside.requests.map((request) => request.host), [], visit);
      });
    }
  } finally {
    await gateway.stop();
  }
});
