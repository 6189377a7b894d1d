// Frames that scripts make: the fence refuses them, and the placeholder that a frame in the markup has stands in them, too, from
// the page after the first report on.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chooseBeside, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const FILM = 'https://www.youtube.com/embed/x?autoplay=1&rel=0#t=3';
const MAP = 'https://www.google.com/maps/embed?pb=1';
const make = (src, more = '') => `{ const frame = document.createElement("iframe"); frame.width = 300; frame.height = 200; frame.src = ${JSON.stringify(src)}; ${more} document.querySelector("main").append(frame); }`;
const page = (content, head = '', lang = 'nb') => `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Butikk</title>${head}</head><body><main><h1>Butikk</h1>${content}</main></body></html>`;
const script = (code) => `<script>${code}</script>`;

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

const open = (one, path) => one.goto(gateway.url + path, { waitUntil: 'load' });
const HELD = 'iframe[data-consentry-held]';
const button = (one) => one.frameLocator(HELD).first().locator('button');
const LISTENS = 'securitypolicyviolation';
const answered = async (visitor, form) => {
  await visitor.page.goto('about:blank');
  if (form) await chooseBeside(visitor, gateway.url, form);
};
/** A page of the site made a frame of this tracker before. */
let isReported;
const reported = async () => {
  if (isReported) return;
  isReported = true;
  shop.serve('/first', page(script(make(FILM))));
  await withVisitor(async ({ page: one }) => {
    await open(one, '/first');
    await until('the listener', async () => (await (await fetch(`${gateway.url}/plain`, { headers: { accept: 'text/html', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' } })).text()).includes(LISTENS));
  });
};

describe('a frame that a script makes', () => {
  test('costs a site nothing where no browser reported one', async () => {
    shop.serve('/plain', page('<p>Dekk</p>'));
    const text = await (await fetch(`${gateway.url}/plain`, { headers: { accept: 'text/html' } })).text();
    assert.match(text, /consentry-banner/);
    assert.doesNotMatch(text, new RegExp(LISTENS));
    await reported();
  });

  const held = (path, body, walk, { form = 'choice=none', headers, options } = {}) => withVisitor(async (visitor) => {
    shop.serve(path, body, { headers });
    await reported();
    await answered(visitor, form);
    shop.serve('/inner', page(script(make(FILM))));
    await open(visitor.page, path);
    await walk(visitor.page, visitor);
  }, options);

  for (const form of [null, 'choice=none'])
    for (const [name, code] of Object.entries({
      'while the page is read': make(FILM),
      'when the page has arrived': `addEventListener("load", () => { ${make(FILM)} })`,
      'and gives it an address later': make('about:blank', `setTimeout(() => { frame.src = ${JSON.stringify(FILM)}; });`),
      'in a sandbox': make(FILM, 'frame.sandbox = "allow-scripts"; frame.allow = "autoplay"; frame.loading = "lazy";'),
      'in the shadow of an element': `{ const film = document.createElement("div"); document.querySelector("main").append(film); const frame = document.createElement("iframe"); frame.src = ${JSON.stringify(FILM)}; film.attachShadow({ mode: "open" }).append(frame); }`,
    }))
      test(`shows the placeholder, ${name}, ${form ? 'after a no' : 'with nothing answered'}`, () => held('/made', page(script(code)), async (one, visitor) => {
        await button(one).waitFor();
        assert.match(await one.frameLocator(HELD).locator('body').innerText(), /YouTube/);
        assert.equal(await one.locator(HELD).evaluate((frame) => frame.title), 'YouTube');
        assert.equal(await one.locator(HELD).evaluate((frame) => frame.src), FILM, 'the address stays the one that the shop wrote');
        assert.equal(await button(one).evaluate((element) => getComputedStyle(element).position), 'sticky', 'it has its style');
        await button(one).click();
        await until('the film', () => visitor.outside.requests.some(({ host, path }) => host === 'www.youtube.com' && path.startsWith('/embed/x')));
        assert.equal(new URL(one.url()).pathname, '/made');
        assert.deepEqual(visitor.faults.filter((fault) => fault.startsWith('page error')), []);
      }, { form }));

  test('keeps the box that the shop gives it', () => held('/box', page(`<div></div>${script('{ const frame = document.createElement("iframe"); frame.style.cssText = "width:100%;aspect-ratio:16/9;border:0;display:block"; frame.src = "https://www.youtube.com/embed/x"; document.querySelector("div").append(frame); }')}`), async (one) => {
    await button(one).waitFor();
    const box = await one.locator('iframe').boundingBox();
    await button(one).click();
    await one.locator('iframe:not([data-consentry-held])').waitFor();
    assert.deepEqual(await one.locator('iframe').boundingBox(), box);
  }));

  test('speaks the language of its page', () => held('/en', page(script(make(FILM)), '', 'en-GB'), async (one) => {
    await button(one).waitFor();
    assert.match(await button(one).innerText(), /Always allow YouTube/);
  }));

  test('has each its own placeholder', () => held('/two', page(script(make(FILM) + make(MAP) + make(FILM))), async (one) => {
    await until('three', async () => (await one.locator(HELD).count()) === 3);
    const names = await one.locator(HELD).evaluateAll((frames) => frames.map((frame) => frame.dataset.consentryHeld));
    assert.equal(names[0], names[2]);
    assert.notEqual(names[0], names[1]);
  }));

  test('shows what the shop shows in it next', () => held('/next', page(script(make(FILM))), async (one) => {
    shop.serve('/own', page('<p>Eget</p>'));
    await button(one).waitFor();
    await one.evaluate(() => { document.querySelector('iframe').src = '/own'; });
    await one.frameLocator('iframe').getByText('Eget').waitFor();
    await one.evaluate((film) => { document.querySelector('iframe').src = film; }, FILM);
    await button(one).waitFor();
  }));

  test('leaves the way back as long as it was', () => held('/plain', page('<p>Dekk</p>'), async (one) => {
    shop.serve('/made', page(script(make(FILM) + make(MAP))));
    await open(one, '/made');
    await until('both', async () => (await one.locator(HELD).count()) === 2 && (await button(one).count()) === 1);
    await one.goBack();
    await until('the page before', () => new URL(one.url()).pathname === '/plain');
  }));

  test('stays where the shop writes the same address once more', () => held('/same', page(script(make(FILM))), async (one) => {
    await button(one).waitFor();
    await one.evaluate(() => { const frame = document.querySelector('iframe'); const { src } = frame; frame.src = src; });
    await one.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    assert.equal(await one.locator('iframe').getAttribute('srcdoc') === null, false);
    await button(one).waitFor();
  }));

  test('of a host that nobody can agree to stays as it is', () => held('/unknown', page(script(make('https://unknown.example/frame') + make(FILM))), async (one) => {
    await button(one).waitFor();
    assert.deepEqual(await one.locator('iframe').evaluateAll((frames) => frames.map((frame) => frame.hasAttribute('srcdoc'))), [false, true]);
  }));

  for (const form of [null, 'choice=none'])
    test(`shows the placeholder under a strict policy of the shop, ${form ? 'after a no' : 'with nothing answered'}`, () => held(
      '/strict', page(`<script nonce="r4nd0m">${make(FILM)}</script>`), async (one) => {
        await button(one).waitFor();
        assert.equal(await button(one).evaluate((element) => getComputedStyle(element).position), 'sticky', 'it has its style');
        await button(one).click();
        await until('the film', () => one.locator('iframe:not([data-consentry-held])').count());
        assert.equal(new URL(one.url()).pathname, '/strict');
      }, { form, headers: { 'referrer-policy': 'no-referrer', 'content-security-policy': "default-src 'none'; script-src 'nonce-r4nd0m'; style-src 'nonce-r4nd0m'; frame-src https://www.youtube.com" } }));

  test('in a page within a page has that page go on, and no other', () => held('/outer', page('<iframe name="inner" src="/inner" width="400" height="400"></iframe>'), async (one) => {
    const inner = one.frameLocator('[name=inner]');
    await inner.frameLocator(HELD).locator('button').click();
    await inner.locator('iframe:not([data-consentry-held])').waitFor();
    assert.equal(one.url(), `${gateway.url}/outer`);
  }, { form: null }));

  test('is left alone where the yes covers it', () => held('/granted', page(script(make(FILM))), async (one, visitor) => {
    await until('the film', () => visitor.outside.requests.some(({ host }) => host === 'www.youtube.com'));
    assert.equal(await one.locator(HELD).count(), 0);
    assert.doesNotMatch(await one.content(), new RegExp(LISTENS));
  }, { form: 'choice=all' }));

  test('is sent as every answer is where the page asks, beside frames of the markup', () => held('/mixed', page(`<iframe src="https://player.vimeo.com/video/1" width="300" height="200"></iframe>${script(make(FILM))}`), async (one, visitor) => {
    await one.locator('iframe[data-consentry-held=youtube]').waitFor();
    const sent = one.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/choice'));
    await one.frameLocator('iframe[data-consentry-held=vimeo]').locator('button').click();
    assert.equal((await sent).resourceType(), 'fetch');
    await until('the answer', async () => (await visitor.context.cookies(gateway.url)).some(({ name }) => name === 'consentry'));
    await one.frameLocator('iframe[data-consentry-held=youtube]').locator('button').waitFor();
    const again = one.waitForRequest((request) => request.method() === 'POST' && request.url().includes('/choice'));
    await one.frameLocator('iframe[data-consentry-held=youtube]').locator('button').click();
    await again;
    await one.locator(HELD).first().waitFor({ state: 'detached' });
  }, { form: null }));
});
