// What an answer must not cost: an order sent twice, a confirmation that is gone, a form that has to be filled in again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chooseBeside, settle, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const page = (body) => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title></head><body><main>${body}</main></body></html>`;
/** With a policy that lets in what has its hash, and so no file of ours. */
const STRICT = { 'content-security-policy': "script-src 'self' 'sha256-Tqnl3eLXTbQ9lVBGUx2hDqLTbF5KDwXZkm1LRAdWJ2s='" };
const FORM = (to) => `<form method="post" action="${to}"><input id="name" name="name"><textarea id="note" name="note"></textarea><button id="order">Bestill</button></form>`;
/** A press that waits for nothing that comes of it. */
const NOW = { noWaitAfter: true };
const DONE = '<h1 id="done">Takk for bestillingen</h1>';

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop, { more: 'uses = ["google-tag", "google-analytics", "youtube"]' });
  shop.serve('/kasse', page(FORM('/takk')));
  shop.serve('/takk', page(DONE));
  shop.serve('/strengt', page(FORM('/strengt-takk')), { headers: STRICT });
  shop.serve('/strengt-takk', page(DONE), { headers: STRICT });
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

const asked = (path) => shop.seen.filter((one) => one.path === path).map((one) => one.method);

/** Fills in what is to be lost or kept, as a person does. */
async function filled(page_, path = '/kasse') {
  await page_.goto(gateway.url + path, { waitUntil: 'load' });
  await page_.locator('#name').fill('Kari Nordmann');
  await page_.locator('#note').fill('Ring på');
  await page_.locator('#note').blur();
}

async function ordered(page_, path = '/kasse') {
  shop.forget();
  await filled(page_, path);
  await page_.locator('#order').click();
  await page_.locator('#done').waitFor();
}

const answerOf = async (visitor) => (await visitor.context.cookies()).find((one) => one.name === 'consentry')?.value;

/** Does something, and waits for the answer to be stored and the page to be quiet. */
async function answered(visitor, go) {
  const before = await answerOf(visitor);
  await go();
  await until('an answer', async () => (await answerOf(visitor)) !== before);
  await settle(visitor.page);
}

const inBanner = (visitor, role) => () => visitor.page.locator(`#consentry-banner [data-role="${role}"]`).click();

async function inDialog({ page: page_ }, role) {
  await page_.locator('#consentry-open').click();
  await page_.locator(`dialog [data-role="${role}"]`).click();
}

for (const [path, end, name] of [['/kasse', '/takk', ''], ['/strengt', '/strengt-takk', ', where no file of ours is let in']]) {
  describe(`a page that answered a form is not sent for again${name}`, () => {
    const stillThere = async (visitor) => {
      assert.equal(await visitor.page.locator('#done').count(), 1, 'the confirmation stands');
      assert.deepEqual(asked(end), ['POST'], 'the order was sent once');
    };
    for (const role of ['accept-all', 'reject-all']) {
      for (const javaScript of [true, false]) {
        test(`by ${role} in the banner, JavaScript ${javaScript}`, () => withVisitor(async (visitor) => {
          await ordered(visitor.page, path);
          await answered(visitor, inBanner(visitor, role));
          await stillThere(visitor);
          if (javaScript) await visitor.page.locator('#consentry-banner').waitFor({ state: 'detached' });
        }, { javaScript }));
      }
    }
    test('by a script that takes a consent back', () => withVisitor(async (visitor) => {
      await chooseBeside(visitor, gateway.url, 'choice=all');
      await ordered(visitor.page, path);
      await answered(visitor, () => visitor.page.evaluate(() => consentry.choose('none')));
      await stillThere(visitor);
      assert.deepEqual(await visitor.page.evaluate(() => consentry.consent), ['necessary'], 'tags were told');
    }));
    for (const [from, to] of [['', 'choice=all'], ['choice=all', 'choice=none'], ['choice=none', 'choice=all']]) {
      test(`by an answer in another tab, from ${from || 'none'} to ${to}`, () => withVisitor(async (visitor) => {
        if (from) await chooseBeside(visitor, gateway.url, from);
        await ordered(visitor.page, path);
        const told = path === '/kasse' && visitor.page.waitForResponse(/choice\.js\?(now|new)/);
        await chooseBeside(visitor, gateway.url, to);
        await told;
        await visitor.page.evaluate(() => dispatchEvent(new Event('pageshow')));
        await settle(visitor.page);
        await stillThere(visitor);
      }));
    }
  });
}

test('no to all in the dialog leaves a confirmation where it is', () => withVisitor(async (visitor) => {
  await chooseBeside(visitor, gateway.url, 'choice=all');
  await ordered(visitor.page);
  await answered(visitor, () => inDialog(visitor, 'reject-all'));
  assert.equal(await visitor.page.locator('#done').count(), 1);
  assert.deepEqual(asked('/takk'), ['POST']);
}));

describe('a page that sends its first form by itself', () => {
  for (const find of ['document.forms[0]', "document.querySelector('form')", "document.getElementsByTagName('form')[0]", 'document.forms.item(0)']) {
    test(`sends the shop's, by ${find}`, () => withVisitor(async (visitor) => {
      shop.serve('/betal', page(`<form method="post" action="/takk"><input type="hidden" name="sum" value="990"></form>`).replace('<body>', `<body onload="${find}.submit()">`));
      shop.forget();
      await visitor.page.goto(`${gateway.url}/betal`);
      await visitor.page.locator('#done').waitFor();
      assert.deepEqual(asked('/takk'), ['POST']);
    }));
  }
});

describe('while the page is still on its way', () => {
  /** A page of which the end comes when `arrive` is called. */
  const serveSlowly = (path) => {
    const [first, rest] = page('<h1>Dekk</h1><a id="on" href="/takk">Videre</a><hr>').split('<hr>');
    let arrive;
    shop.serve(path, first + ' '.repeat(30_000), { rest: new Promise((done) => { arrive = () => done(rest); }) });
    return arrive;
  };
  const arriving = async ({ page: page_ }, path) => {
    await page_.goto(gateway.url + path, { waitUntil: 'commit' });
    await page_.locator('#consentry-banner').waitFor();
    await page_.locator('#on').waitFor();
  };
  for (const [role, granted] of [['reject-all', /^2\.\d+\.\./], ['accept-all', /^2\.\d+\.sm\./]]) {
    for (const javaScript of [true, false]) {
      test(`${role} is stored, JavaScript ${javaScript}`, () => withVisitor(async (visitor) => {
        const arrive = serveSlowly('/sakte');
        await arriving(visitor, '/sakte');
        await visitor.page.locator(`#consentry-banner [data-role="${role}"]`).click(NOW);
        const kept = await until('an answer', () => answerOf(visitor));
        assert.match(kept, granted);
        arrive();
        await visitor.page.locator('#consentry-banner').waitFor({ state: 'detached' });
      }, { javaScript }));
    }
  }
  test('it is stored even when a link is followed at once', () => withVisitor(async (visitor) => {
    const arrive = serveSlowly('/sakte');
    await arriving(visitor, '/sakte');
    await visitor.page.locator('#consentry-banner [data-role="reject-all"]').click(NOW);
    await visitor.page.locator('#on').click();
    await visitor.page.locator('#done').waitFor();
    assert.match(await until('an answer', () => answerOf(visitor)), /^2\.\d+\.\./);
    arrive();
  }));
  test('the preferences open over it, and without JavaScript in its place', async () => {
    for (const javaScript of [true, false]) {
      await withVisitor(async (visitor) => {
        const arrive = serveSlowly('/sakte');
        await arriving(visitor, '/sakte');
        await visitor.page.locator('#consentry-banner [data-role="preferences"]').click(NOW);
        await visitor.page.locator('h1#title, body > main h1').first().waitFor();
        await visitor.page.locator('[value="statistics"]').first().waitFor();
        arrive();
      }, { javaScript });
    }
  });
});

describe('a form that the page leaves open', () => {
  const html = (body) => `<!doctype html><html lang="nb"><head><title>Butikk</title></head>${body}</html>`;
  const FIELDS = '<input name="q" value="dekk"><button id="go">Søk</button>';
  const pages = {
    'in the body': html(`<body><form action="/funnet">${FIELDS}<p>tekst</body>`),
    'in a table': html(`<body><table><form action="/funnet"><tr><td>${FIELDS}</table></body>`),
    'around the body': html(`<form action="/funnet"><body>${FIELDS}</body></form>`),
    'of a page without a body': html(`<p>tekst<form action="/funnet">${FIELDS}`),
  };
  for (const [where, body] of Object.entries(pages)) {
    for (const javaScript of [true, false]) {
      test(`keeps no answer away: ${where}, JavaScript ${javaScript}`, () => withVisitor(async (visitor) => {
        shop.serve('/skjema', body);
        await visitor.page.goto(`${gateway.url}/skjema`, { waitUntil: 'load' });
        await answered(visitor, inBanner(visitor, 'reject-all'));
        await visitor.page.locator('#consentry-banner').waitFor({ state: 'detached' });
      }, { javaScript }));
    }
    test(`and takes no field of ours along: ${where}`, () => withVisitor(async (visitor) => {
      shop.serve('/skjema', body);
      shop.serve('/funnet', page(DONE));
      await visitor.page.goto(`${gateway.url}/skjema`, { waitUntil: 'load' });
      await visitor.page.locator('#go').click();
      await visitor.page.locator('#done').waitFor();
      assert.equal(visitor.page.url(), `${gateway.url}/funnet?q=dekk`);
    }));
  }
});

test('who stays in a page that asks before it goes has answered all the same', () => withVisitor(async (visitor) => {
  const { page: page_ } = visitor;
  shop.serve('/kladd', page('<button id="edit">Endre</button><script>addEventListener("beforeunload", (event) => event.preventDefault())</script>'));
  await page_.goto(`${gateway.url}/kladd`, { waitUntil: 'load' });
  await page_.locator('#edit').click();
  let wasAsked = 0;
  page_.on('dialog', (dialog) => { wasAsked += 1; return dialog.dismiss(); });
  await page_.locator('#consentry-banner [data-role="accept-all"]').click(NOW);
  await page_.locator('#consentry-banner').waitFor({ state: 'detached' });
  assert.deepEqual([wasAsked, await page_.evaluate(() => consentry.busy)], [1, 0]);
  assert.match(await answerOf(visitor), /\.sm\./);
}));

test('without a network a no leaves the page and the question, and can be said again', () => withVisitor(async (visitor) => {
  const { page: page_ } = visitor;
  await filled(page_);
  await visitor.context.setOffline(true);
  const failed = page_.waitForEvent('requestfailed', (request) => request.url().endsWith('/choice'));
  await page_.locator('#consentry-banner [data-role="reject-all"]').click(NOW);
  await failed;
  assert.deepEqual([await page_.locator('#name').inputValue(), await page_.locator('#consentry-banner').count()], ['Kari Nordmann', 1]);
  await visitor.context.setOffline(false);
  await answered(visitor, inBanner(visitor, 'reject-all'));
  await page_.locator('#consentry-banner').waitFor({ state: 'detached' });
}));

describe('what was typed', () => {
  const stands = (page_) => page_.evaluate(() => [document.querySelector('#name').value, document.querySelector('#note').value]);
  const TYPED = ['Kari Nordmann', 'Ring på'];
  const walks = {
    'a yes in the banner': async (visitor) => {
      await filled(visitor.page);
      await answered(visitor, inBanner(visitor, 'accept-all'));
    },
    'a yes in the dialog': async (visitor) => {
      await chooseBeside(visitor, gateway.url, 'choice=none');
      await filled(visitor.page);
      await answered(visitor, () => inDialog(visitor, 'accept-all'));
    },
    'a yes in another tab': async (visitor) => {
      await filled(visitor.page);
      const told = visitor.page.waitForResponse(/choice\.js\?new/);
      await chooseBeside(visitor, gateway.url, 'choice=all');
      await told;
      await visitor.page.locator('#consentry-banner').waitFor({ state: 'detached' });
    },
  };
  for (const [what, walk] of Object.entries(walks)) {
    test(`is not lost by ${what}, and the next page is the new one`, () => withVisitor(async (visitor) => {
      await walk(visitor);
      assert.deepEqual(await stands(visitor.page), TYPED);
      assert.ok((await visitor.page.evaluate(() => consentry.consent)).includes('statistics'), 'scripts were told');
      await visitor.page.goto(`${gateway.url}/takk`);
      assert.equal(await visitor.page.locator('#consentry-banner').count(), 0);
    }));
  }

  const RICH = '<div id="rich" contenteditable>Hei</div><script>customElements.define("x-field", class extends HTMLElement { constructor() { super(); this.attachShadow({ mode: "open" }).innerHTML = "<input id=inner>"; } })</script><x-field></x-field><input id="range" type="range">';
  const writes = {
    'in rich text': async (page_) => (await page_.locator('#rich').click(), page_.keyboard.type(' på deg')),
    'in a shadow tree': async (page_) => (await page_.locator('#inner').click(), page_.keyboard.type('Kari')),
    'with a slider': async (page_) => (await page_.locator('#range').focus(), page_.keyboard.press('ArrowRight')),
  };
  for (const [where, write] of Object.entries(writes)) {
    test(`is not lost ${where}`, () => withVisitor(async (visitor) => {
      shop.serve('/rikt', page(RICH));
      await visitor.page.goto(`${gateway.url}/rikt`, { waitUntil: 'load' });
      await write(visitor.page);
      const all = () => visitor.page.evaluate(() => [document.querySelector('#rich').textContent, document.querySelector('x-field').shadowRoot.querySelector('input').value, document.querySelector('#range').value]);
      const typed = await all();
      await answered(visitor, inBanner(visitor, 'accept-all'));
      await visitor.page.locator('#consentry-banner').waitFor({ state: 'detached' });
      assert.deepEqual(await all(), typed);
    }));
  }

  test('does not keep a page that was made for a consent that is taken back', () => withVisitor(async (visitor) => {
    await chooseBeside(visitor, gateway.url, 'choice=all');
    await filled(visitor.page);
    await visitor.page.evaluate(() => { self.isOld = true; });
    await chooseBeside(visitor, gateway.url, 'choice=none');
    await until('another page', () => visitor.page.evaluate(() => !self.isOld).catch(() => false));
  }));

  test('is what somebody typed, not what a script of the shop says of its own fields', () => withVisitor(async (visitor) => {
    const sets = '<input id="sum"><script>addEventListener("load", () => { const sum = document.querySelector("#sum"); sum.value = "990"; sum.dispatchEvent(new InputEvent("input", { bubbles: true })); });</script>';
    shop.serve('/sum', page(sets));
    await visitor.page.goto(`${gateway.url}/sum`, { waitUntil: 'load' });
    await visitor.page.evaluate(() => { self.isOld = true; });
    await inBanner(visitor, 'accept-all')();
    await until('another page', () => visitor.page.evaluate(() => !self.isOld).catch(() => false));
  }));

  test('and a page in which nothing was typed is loaded again', () => withVisitor(async (visitor) => {
    await visitor.page.goto(`${gateway.url}/kasse`, { waitUntil: 'load' });
    await visitor.page.evaluate(() => { self.isOld = true; });
    await chooseBeside(visitor, gateway.url, 'choice=all');
    await until('another page', () => visitor.page.evaluate(() => !self.isOld).catch(() => false));
  }));
});
