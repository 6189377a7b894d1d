// Pages of well-known sites, as they were in 2013, from a package that measures parsers with them: written by hundreds of hands,
// with tags, widgets and markup that nobody made up for a test.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { chooseBeside, newVisitor, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const directory = join(dirname(createRequire(import.meta.url).resolve('htmlparser-benchmark')), 'files');
const pages = readdirSync(directory).filter((name) => name.endsWith('.html')).sort()
  .map((name) => ({ name, path: `/${name.slice(0, 12)}`, body: readFileSync(join(directory, name)) }));

/** How many are opened in a browser: those that load from the most hosts. */
const OPENED = 24;

/** Libraries, a sign-in, and who delivers a shop's own pictures: the catalogue counts them as necessary. */
const NECESSARY = [
  /^ajax\.(aspnetcdn|googleapis|microsoft)\.com$/, /^(cdnjs\.cloudflare|code\.jquery|netdna\.bootstrapcdn)\.com$/,
  /^[is][0-2]\.wp\.com$/, /\.files\.wordpress\.com$/, /^cdns?\.gigya\.com$/,
];

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop);
  for (const { path, body } of pages) shop.serve(path, body);
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

/** Hosts that a page's tags load from, as a person counts them. */
const named = ({ body }) => new Set([...body.toString().matchAll(/<(?:script|img|iframe|embed)[^>]+src=["']?(?:https?:)?\/\/([\w.-]+)/gi)].map((match) => match[1])).size;

/** How many bytes of `page` are in `answer`, in their order. */
function kept(page, answer) {
  let at = 0;
  for (let here = 0; here < answer.length && at < page.length; here += 1) at += answer[here] === page[at];
  return at;
}

/** Runs in a browser. The first difference between two pages, apart from what the gateway puts in; nothing when there is none. */
function difference([page, answer]) {
  const [was, is] = [page, answer].map((text) => new DOMParser().parseFromString(text, 'text/html'));
  const held = (element) => element.hasAttribute('data-consentry-held');
  for (const element of is.querySelectorAll('*')) {
    const isOurs = element.matches('[id^=consentry-]') || element.querySelector(':scope > #consentry-open')
      || (element.localName === 'iframe' && held(element) && ![...element.attributes].some(({ name }) => /^data-consentry-(?!held)/.test(name)))
      || (element.matches('script,style') && /consentry/.test(element.textContent));
    if (isOurs) element.remove();
  }
  is.normalize();
  const path = (element) => `${element.parentElement ? `${path(element.parentElement)} > ` : ''}${element.localName}`;
  const differ = (a, b) => {
    if (a?.nodeName !== b?.nodeName) return `${a?.nodeName} is ${b?.nodeName}`;
    if (a.nodeType !== Node.ELEMENT_NODE) return a.nodeValue === b.nodeValue ? null : `the text ${JSON.stringify(a.nodeValue?.slice(0, 60))}`;
    const lost = [...a.attributes].find(({ name, value }) => !(name === 'type' && held(b)) && value !== b.getAttribute(name) && value !== b.getAttribute(`data-consentry-${name}`));
    if (lost) return `${path(a)} has lost ${lost.name}`;
    const added = [...b.attributes].find(({ name }) => !held(b) && !a.hasAttribute(name));
    if (added) return `${path(a)} has got ${added.name}`;
    const [left, right] = [a, b].map((node) => [...(node.localName === 'template' ? node.content : node).childNodes]);
    for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
      const found = differ(left[index], right[index]);
      if (found) return `${path(a)}: ${found}`;
    }
    return null;
  };
  return differ(was.documentElement, is.documentElement);
}

for (const [answered, form] of [['before an answer', null], ['after a no', 'choice=none'], ['after a yes', 'choice=all']]) {
  test(`every page is what the site wrote, and what is put in, ${answered}`, async () => {
    assert.ok(pages.length > 250, `${pages.length} pages`);
    await withVisitor(async ({ page, context }) => {
      if (form) await chooseBeside({ context }, gateway.url, form);
      let marks = 0;
      for (const { name, path, body } of pages) {
        const reply = await context.request.get(gateway.url + path, { headers: { accept: 'text/html', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' } });
        const answer = await reply.body();
        assert.equal(kept(body, answer), body.length, `${name}: not all of it came`);
        assert.equal(await page.evaluate(difference, [body.toString(), answer.toString()]), null, name);
        marks += answer.toString().split('data-consentry-held').length - 1;
      }
      assert.ok(form === 'choice=all' ? marks === 0 : marks > 5_000, `${marks} tags are held`);
    });
  });
}

test('the pages that load most ask nobody before an answer, throw nothing more, and ask in plain sight', async () => {
  const most = [...pages].sort((a, b) => named(b) - named(a)).slice(0, OPENED);
  const [beside, visitor] = [await newVisitor(), await newVisitor()];
  const open = async ({ page, outside, faults }, address) => {
    outside.forget();
    faults.length = 0;
    await page.goto(address, { waitUntil: 'load' });
    const asked = new Set([...outside.requests.map((request) => request.host), ...outside.connections]);
    return { asked: [...asked], thrown: new Set(faults.filter((fault) => fault.startsWith('page error'))) };
  };
  try {
    let without = 0;
    for (const { name, path } of most) {
      const direct = await open(beside, shop.url + path);
      const { asked, thrown } = await open(visitor, gateway.url + path);
      without += direct.asked.length;
      assert.deepEqual(asked.filter((host) => !NECESSARY.some((known) => known.test(host))), [], name);
      assert.deepEqual([...thrown].filter((fault) => !direct.thrown.has(fault)), [], name);
      await visitor.page.locator('#consentry-banner [data-role="reject-all"]').click();
      await visitor.page.locator('#consentry-banner').waitFor({ state: 'detached' });
      await visitor.context.clearCookies();
    }
    assert.ok(without > 10 * OPENED, `without the gateway ${without} hosts are asked`);
  } finally {
    await beside.close();
    await visitor.close();
  }
});
