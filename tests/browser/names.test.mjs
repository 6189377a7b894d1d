// A form or picture of the shop's may be called as something of `document` is, and then stands in its place (HTML, "named elements
// of a document"): every answer is sent all the same, and the preferences are reached, if need be on a page of their own.

import { after, before, test } from 'node:test';
import { gateway as demo, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

/** What our scripts in the page call of `document`, and where they put things. */
const NAMES = ['querySelector', 'querySelectorAll', 'addEventListener', 'getElementById', 'createElement', 'dispatchEvent', 'body'];

const page = (name) => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title></head><body><main><h1>Butikk</h1>
<form name="${name}"></form><iframe src="https://www.youtube.com/embed/x" width="300" height="200"></iframe></main></body></html>`;

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop);
  for (const name of NAMES) shop.serve(`/${name}`, page(name));
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

/** Opens the page as somebody who has answered nothing, and does this. */
const anew = async ({ page: one, context }, name, walk) => {
  await one.goto('about:blank');
  await context.clearCookies();
  await one.goto(`${gateway.url}/${name}`, { waitUntil: 'load' });
  await walk(one);
};
const answered = ({ context }) => until('the answer', async () => (await context.cookies(gateway.url)).some(({ name }) => name === 'consentry'));

for (const name of NAMES)
  test(`answers are sent where a form is called ${name}`, () => withVisitor(async (visitor) => {
    for (const role of ['reject-all', 'accept-all'])
      await anew(visitor, name, async (one) => {
        await one.locator(`#consentry-banner [data-role=${role}]`).click();
        await answered(visitor);
        await one.locator('#consentry-banner').waitFor({ state: 'detached' });
      });
    await anew(visitor, name, async (one) => {
      await one.frameLocator('iframe').locator('button').click();
      await answered(visitor);
      await until('the film', () => one.locator('iframe[src]').count());
    });
    for (const opens of ['#consentry-banner [data-role=preferences]', '#consentry-open'])
      await anew(visitor, name, async (one) => {
        await one.locator(opens).click();
        await until('the preferences', async () => (await one.locator('dialog').count()) || new URL(one.url()).pathname === `${demo.prefix}/consent`);
      });
  }));
