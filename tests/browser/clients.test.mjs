// Trackers' own clients from npm, packed into the shop's script as their makers show it: real code, which tries the browser
// before it keeps or sends anything. In a real browser.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { chooseBeside, settle, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** What the shop and the gateway keep. */
const OWN = ['PHPSESSID', 'consentry'];

/** How shops call each client. What stands behind is the shop's own, in the same file. */
const CALLS = {
  datadog: `import { datadogRum } from '@datadog/browser-rum';
    datadogRum.init({ applicationId: '00000000-0000-0000-0000-000000000000', clientToken: 'pub1', site: 'datadoghq.eu', sessionSampleRate: 100 });
    datadogRum.addAction('seen');`,
  rudder: `import * as rudderanalytics from 'rudder-sdk-js';
    rudderanalytics.load('key', 'https://shop.dataplane.rudderstack.com'); rudderanalytics.page();`,
};

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  for (const [name, call] of Object.entries(CALLS)) {
    const contents = `${call}\ndocument.querySelector('#app').innerHTML = '<button id="buy">Legg i kurv</button>';`;
    const { outputFiles } = buildSync({ stdin: { contents, resolveDir: HERE, loader: 'js' }, bundle: true, minify: true, write: false, format: 'iife' });
    shop.serve(`/${name}.js`, outputFiles[0].text, { type: 'text/javascript' });
    shop.serve(`/${name}`, `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title></head><body><div id="app"></div><script src="/${name}.js"></script></body></html>`);
  }
  gateway = await startGateway(shop, { more: 'uses = ["datadog-rum", "rudderstack"]' });
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

/** Opens the page of a client and waits until the shop's own part of its script has run and what it asks for is asked for. */
async function open(visitor, name) {
  await visitor.page.goto(`${gateway.url}/${name}`);
  await visitor.page.locator('#buy').waitFor();
  await settle(visitor.page);
}

const cookies = async (visitor) => (await visitor.everyCookie()).filter((name) => !OWN.includes(name));
/** What was written to try the browser and is still there. */
const tried = async (visitor) => [...await cookies(visitor), ...await visitor.stored()].filter((name) => /test/.test(name));
const databases = (visitor) => visitor.page.evaluate(async () => (await indexedDB.databases()).map((base) => base.name));

for (const name of Object.keys(CALLS)) {
  describe(`the client ${name}`, () => {
    for (const answer of ['', 'choice=none', 'choice=some&category=preferences']) {
      test(`keeps and sends nothing and lets the shop start: ${answer || 'before a choice'}`, () => withVisitor(async (visitor) => {
        if (answer) await chooseBeside(visitor, gateway.url, answer);
        await open(visitor, name);
        assert.deepEqual(visitor.faults.filter((fault) => fault.startsWith('page error')), []);
        assert.deepEqual([await cookies(visitor), await visitor.stored(), await databases(visitor)], [[], [], []]);
        // What is left to be sent is sent when the page is left.
        await visitor.page.goto(`${gateway.url}/own.js`);
        await settle(visitor.page);
        assert.deepEqual(visitor.outside.connections, []);
        assert.deepEqual(await cookies(visitor), []);
      }));
    }
  });
}

describe('after a yes to statistics', () => {
  const agreed = (name, walk) => withVisitor(async (visitor) => {
    await chooseBeside(visitor, gateway.url, 'choice=some&category=statistics');
    await open(visitor, name);
    await walk(visitor);
    assert.deepEqual(visitor.faults.filter((fault) => fault.startsWith('page error')), []);
  });

  test('Datadog keeps its session and sends what it measured', () => agreed('datadog', async (visitor) => {
    await until('the session', async () => (await cookies(visitor)).some((name) => name.startsWith('_dd_s')));
    await visitor.page.goto(`${gateway.url}/own.js`);
    await until('a request', () => visitor.outside.to('browser-intake-datadoghq.eu').length > 0);
    assert.deepEqual(await tried(visitor), []);
  }));

  test('RudderStack keeps its visitor and asks for its settings', () => agreed('rudder', async (visitor) => {
    await until('the visitor', async () => (await cookies(visitor)).includes('rl_anonymous_id'));
    await until('a request', () => visitor.outside.to('api.rudderstack.com').length > 0);
    assert.deepEqual(await tried(visitor), []);
  }));
});
