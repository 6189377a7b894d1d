// The stand-in of a held frame, which is in the frame itself: the frame has the box that it has once it is shown, the button can be
// seen and pressed in whatever page, and nothing is seen where the shop itself shows no frame.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chooseBeside, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const FILM = (attributes = '', id = 'x') => `<iframe src="https://www.youtube.com/embed/${id}" title="Film" ${attributes}></iframe>`;
const RATIO = (percent) => `content:"";display:block;padding-top:${percent}%`;
const FILLING = 'position:absolute;top:0;left:0;width:100%;height:100%';

/** Name → the shop's style, and the frames in its content. */
const LAYOUTS = {
  'a block of WordPress': [
    `.wp-block-embed__wrapper{position:relative}.wp-has-aspect-ratio .wp-block-embed__wrapper:before{${RATIO(56.25)}}.wp-has-aspect-ratio iframe{position:absolute;inset:0;width:100%;height:100%}`,
    `<figure class="wp-block-embed wp-has-aspect-ratio"><div class="wp-block-embed__wrapper">${FILM('width="500" height="281"')}</div></figure>`],
  'a ratio of Bootstrap 5': [
    `.ratio{position:relative;width:100%}.ratio::before{${RATIO(56.25)}}.ratio>*{${FILLING}}`,
    `<div class="ratio">${FILM()}</div>`],
  'a responsive embed of Bootstrap 4': [
    `.embed-responsive{position:relative;display:block;width:100%;padding:0;overflow:hidden}.embed-responsive::before{${RATIO(56.25)}}.embed-responsive iframe{${FILLING};bottom:0;border:0}`,
    `<div class="embed-responsive">${FILM('class="embed-responsive-item"')}</div>`],
  FitVids: [
    `.fluid-width-video-wrapper{width:100%;position:relative;padding:0}.fluid-width-video-wrapper iframe{${FILLING}}`,
    `<div class="fluid-width-video-wrapper" style="padding-top:56.25%">${FILM('name="fitvid0"')}</div>`],
  'a ratio in plain CSS': ['iframe{display:block;aspect-ratio:16/9;width:100%;margin:0 auto 20px}', FILM('width="560" height="315"')],
  'padding in style attributes': [
    '', `<div style="position:relative;padding-bottom:56.25%;height:0;overflow:hidden">${FILM(`style="${FILLING}"`)}</div>`],
  'width and height': ['', `<p>Se her: ${FILM('width="280" height="200"')} og kjøp.</p>`],
  'a child of a flex box': ['.row{display:flex;gap:8px;flex-wrap:wrap}.row>*{flex:1 1 200px;min-width:0}iframe{height:260px}', `<div class="row"><p>Til venstre</p>${FILM()}</div>`],
  'a child of a grid': ['.grid{display:grid;gap:10px;grid-template-columns:1fr 2fr}.grid>*{margin:5px;min-width:0}iframe{width:100%;height:300px}', `<div class="grid"><p>Til venstre</p>${FILM()}<p>Under</p></div>`],
  'two side by side in columns of their own': ['.row{display:flex}.row>*{flex:1;position:relative}iframe{width:100%;height:300px}', `<div class="row"><div>${FILM()}</div><div>${FILM('', 'y')}</div></div>`],
  'three in one parent': ['iframe{width:32%;height:320px}', `<div>${FILM()}${FILM('', 'y')}<b>og</b>${FILM('', 'z')}</div>`],
  'two that are laid out in one box': ['.box{position:relative;height:320px}iframe{position:absolute;width:48%;height:100%}iframe:last-of-type{right:0}', `<div class="box">${FILM()}${FILM('', 'y')}</div>`],
  'a cover that is larger than its box': [`.cover{position:relative;height:300px;overflow:hidden;background:#000}.cover iframe{position:absolute;top:50%;left:50%;width:110%;height:120%;transform:translate(-50%,-50%)}`, `<div class="cover">${FILM()}</div>`],
  'something turned': ['.turned{transform:scale(.8)}', `<div class="turned">${FILM('width="300" height="300"')}</div>`],
  'something that scrolls': ['.scrolls{overflow:auto;height:250px}', `<div class="scrolls">${FILM('width="250" height="200"')}<p style="height:400px">Mer</p></div>`],
  'text and a low player': ['iframe{width:100%;height:80px;border:0}', `<p>Lytt</p>${FILM()}`],
};

const page = (css, content) => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Butikk</title><style>body{font:16px sans-serif;margin:10px}${css}</style></head><body><main><h1>Butikk</h1>${content}<p>Etter</p></main></body></html>`;

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop);
  for (const [index, [css, content]] of Object.values(LAYOUTS).entries()) shop.serve(`/${index}`, page(css, content));
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

/** Where these are, in pixels of the page. */
const boxes = (one, selector) => one.evaluate((selector) => [...document.querySelectorAll(selector)].map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x, y: y + scrollY, width, height };
}), selector);

const open = (one, path) => one.goto(gateway.url + path, { waitUntil: 'load' });
const answer = async (visitor, form) => {
  await visitor.page.goto('about:blank');
  await chooseBeside(visitor, gateway.url, form);
};
const HELD = 'iframe[data-consentry-held]';
const button = (one) => one.frameLocator(HELD).locator('button');
const isStored = async (visitor) => (await visitor.context.cookies(gateway.url)).some(({ name }) => name === 'consentry');

for (const javaScript of [true, false])
  describe(`a stand-in, ${javaScript ? 'with' : 'without'} JavaScript`, () => {
    for (const width of [1280, 320])
      test(`leaves its frame the box that it has at ${width} px`, () => withVisitor(async (visitor) => {
        const one = visitor.page;
        await one.setViewportSize({ width, height: 800 });
        const told = {};
        for (const form of ['choice=none', 'choice=all']) {
          await answer(visitor, form);
          told[form] = [];
          for (const index of Object.keys(Object.keys(LAYOUTS))) {
            await open(one, `/${index}`);
            told[form].push(await boxes(one, 'iframe'));
          }
        }
        assert.deepEqual(told['choice=none'], told['choice=all']);
        assert.ok(told['choice=all'].every((frames) => frames.length > 0));
      }, { javaScript }));

    test('has a button that is in view and works', () => withVisitor(async (visitor) => {
      const one = visitor.page;
      for (const width of [1280, 320])
        for (const [index, name] of Object.keys(LAYOUTS).entries()) {
          await one.setViewportSize({ width, height: 800 });
          await answer(visitor, 'choice=none');
          await open(one, `/${index}`);
          const frame = one.locator(HELD).last();
          await frame.scrollIntoViewIfNeeded();
          const last = frame.contentFrame().locator('button');
          const [box, its] = [await frame.boundingBox(), await last.boundingBox()];
          assert.ok(its.y >= box.y && its.y + its.height <= box.y + box.height + 1, `${name} at ${width} px: ${JSON.stringify([box, its])}`);
          await last.click();
          await until(`the film in ${name}`, () => one.locator('iframe[src]').count());
          assert.equal(new URL(one.url()).pathname, `/${index}`);
        }
    }, { javaScript }));

    /** Name → headers of the page, what is in its head, and the frame. */
    const STRICT = {
      'nothing may be loaded': [{ 'content-security-policy': "default-src 'none'; frame-src 'none'; child-src 'none'; form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'" }],
      'a nonce is asked for': [{ 'content-security-policy': "default-src 'none'; script-src 'nonce-r4nd0m'; style-src 'nonce-r4nd0m'; frame-src 'none'" }],
      'the frame is in a sandbox': [{}, '', 'sandbox="allow-scripts" csp="default-src https:"'],
      'addresses start elsewhere': [{}, '<base href="http://other.test/x/">'],
      'all is kept apart': [{ 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-opener-policy': 'same-origin', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' }],
    };
    for (const [name, [headers, head = '', attributes = '']] of Object.entries(STRICT))
      for (const form of [null, 'choice=none'])
        test(`works where ${name}, ${form ? 'after a no' : 'with nothing answered'}`, () => withVisitor(async (visitor) => {
          const one = visitor.page;
          shop.serve('/strict', page('', FILM(attributes)).replace('<title>', `${head}<title>`), { headers });
          if (form) await answer(visitor, form);
          await open(one, '/strict?side=2');
          const style = await button(one).evaluate((element) => getComputedStyle(element).position);
          assert.equal(style, 'sticky', 'it has its style');
          await button(one).click();
          await until('the film', () => one.locator('iframe[src]').count());
          assert.equal(one.url(), `${gateway.url}/strict?side=2`);
        }, { javaScript }));

    test('can be read and pressed where a policy in the markup lets in nothing', () => withVisitor(async (visitor) => {
      const one = visitor.page;
      shop.serve('/meta', page('', FILM()).replace('<title>', '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; frame-src \'none\'"><title>'));
      await answer(visitor, 'choice=none');
      await open(one, '/meta');
      await button(one).click();
      await until('the film', () => one.locator('iframe[src]').count());
    }, { javaScript }));

    test('is reached by the keyboard, also in a frame that is small and may not scroll', () => withVisitor(async (visitor) => {
      const one = visitor.page;
      shop.serve('/keys', page('', `<p><a href="/">Hjem</a> ${FILM('width="40" height="40" scrolling="no"')} <a href="/">Mer</a></p>`));
      await answer(visitor, 'choice=none');
      await open(one, '/keys');
      const reached = [];
      for (let step = 0; step < 3; step += 1) {
        await one.keyboard.press('Tab');
        reached.push(await one.evaluate(() => document.activeElement.tagName));
      }
      assert.deepEqual(reached, ['A', 'IFRAME', 'A']);
      await one.keyboard.press('Shift+Tab');
      assert.equal(await button(one).evaluate((element) => element.ownerDocument.activeElement === element), true);
      await one.keyboard.press('Enter');
      await until('the film', () => one.locator('iframe[src]').count());
    }, { javaScript }));

    test('w5_is_in_view_and_not_under_the_question_when_it_has_focus', () => withVisitor(async ({ page: one }) => {
      shop.serve('/far', page('p{height:1200px}', `<a href="/">Hjem</a><p>Les</p>${FILM('width="300" height="200"')}<p>Mer</p>`));
      for (const size of [{ width: 320, height: 568 }, { width: 1280, height: 900 }]) {
        await one.setViewportSize(size);
        // Far below what is seen, and where the question lies.
        for (const scrolled of [0, 850]) {
          await open(one, '/far');
          await one.evaluate((y) => scrollTo(0, y), scrolled);
          await one.locator('main a').evaluate((link) => link.focus({ preventScroll: true }));
          await one.keyboard.press('Tab');
          await until('the button in view', async () => {
            const { y, height } = await button(one).boundingBox();
            const { y: top } = await one.locator('#consentry-banner').boundingBox();
            return y >= 0 && y + height <= top;
          });
        }
      }
    }, { javaScript }));

    test('in a page within a page has that page go on, and no other', () => withVisitor(async (visitor) => {
      const one = visitor.page;
      shop.serve('/inner', page('', FILM()));
      shop.serve('/outer', page('', '<iframe name="inner" src="/inner" width="400" height="400"></iframe>'));
      await answer(visitor, 'choice=none');
      await open(one, '/outer');
      await one.frameLocator('[name=inner]').frameLocator(HELD).locator('button').click();
      await one.frameLocator('[name=inner]').locator('iframe[src]').waitFor();
      assert.equal(one.url(), `${gateway.url}/outer`);
    }, { javaScript }));
  });

describe('a stand-in', () => {
  const held = (path, css, content, walk, form = 'choice=none') => withVisitor(async (visitor) => {
    shop.serve(path, page(css, content));
    if (form) await answer(visitor, form);
    await open(visitor.page, path);
    await walk(visitor.page, visitor);
  });

  for (const [name, css] of [['the frame', 'iframe{display:none}'], ['what it stands in', 'div{display:none}']])
    test(`is not seen where the shop hides ${name}`, () => held('/hides', css, `<div>${FILM()}</div>`, async (one) => {
      assert.equal(await one.locator(HELD).isVisible(), false);
      await one.addStyleTag({ content: 'div{display:block!important}iframe{display:inline!important}' });
      await button(one).waitFor();
    }));

  test('stays where a script moves its frame, and where one gives the frame an address', () => {
    const moves = '<script>{ const film = document.querySelector("iframe"); const box = document.createElement("div"); film.before(box); box.append(film); film.src = "https://www.youtube.com/embed/y"; film.contentWindow?.postMessage("play", "*"); }</script>';
    return held('/moved', '', FILM('width="300" height="200"') + moves, async (one, visitor) => {
      await button(one).click();
      await until('the answer', () => isStored(visitor));
      await until('the film', () => one.locator('iframe[src]:not([data-consentry-held])').count());
    }, null);
  });

  for (const form of [null, 'choice=none'])
    test(`is in what a script fetches, ${form ? 'after a no' : 'with nothing answered'}`, () => {
      shop.serve('/del', `<p>Del</p>${FILM('', 'part')}`);
      const fetches = '<div></div><script>fetch("/del").then((answer) => answer.text()).then((text) => { document.querySelector("div").innerHTML = text; });</script>';
      return held('/fetches', '', fetches, async (one) => {
        const seen = await button(one).evaluate((element) => getComputedStyle(element).position);
        assert.equal(seen, 'sticky');
        await button(one).click();
        await one.locator('iframe[src]').waitFor();
        assert.equal(one.url(), `${gateway.url}/fetches`);
      }, form);
    });

  const TYPED = `<p><input aria-label="Navn"><input type="password" aria-label="Kode"><textarea aria-label="Melding"></textarea>
    <select aria-label="Størrelse"><option>16<option>17</select><input type="checkbox" aria-label="Montering">
    <input type="radio" name="side" aria-label="Foran" checked><input type="radio" name="side" aria-label="Bak"></p><output></output>
    <script>addEventListener("change", ({ target }) => { document.querySelector("output").textContent += target.ariaLabel + ";"; })</script>${FILM()}`;
  const type = async (one) => {
    for (const label of ['Navn', 'Kode', 'Melding']) await one.getByLabel(label).pressSequentially('Kari');
    await one.getByLabel('Størrelse').selectOption('17');
    for (const label of ['Montering', 'Bak']) await one.getByLabel(label).check();
  };
  const typed = (one) => one.evaluate(() => [...document.querySelectorAll('main input, textarea, select')].map((field) => (/box|radio/.test(field.type) ? field.checked : field.value)));
  for (const form of [null, 'choice=none'])
    test(`shows its film where something was typed or chosen, ${form ? 'after a no' : 'and leaves the question'}`, () => held('/typed', '', TYPED, async (one) => {
      await type(one);
      await button(one).click();
      await until('the film', () => one.locator('iframe[src]').count());
      assert.equal(await one.locator('#consentry-banner').count(), form ? 0 : 1);
    }, form));

  test('loses nothing that was typed or chosen but what is secret, and tells the shop of it', () => held('/typed', '', TYPED, async (one) => {
    await type(one);
    await button(one).click();
    await until('the film', () => one.locator('iframe[src]').count());
    await until('what was typed', async () => (await typed(one))[0]);
    const stands = ['Kari', '', 'Kari', '17', true, false, true];
    assert.deepEqual(await typed(one), stands);
    assert.equal(await one.locator('output').textContent(), 'Navn;Melding;Størrelse;Montering;Bak;');
    assert.equal(await one.evaluate(() => history.state), null, 'nothing of it is left in the history');
    await one.locator('#consentry-banner [data-role="accept-all"]').click();
    await one.locator('#consentry-banner').waitFor({ state: 'detached' });
    assert.deepEqual(await typed(one), stands, 'nor by a yes that follows');
  }, null));

  test('shows its film where a yes left the page as it was', () => held('/typed', '', TYPED, async (one, visitor) => {
    await type(one);
    await one.locator('#consentry-banner [data-role="accept-all"]').click();
    await until('the answer', () => isStored(visitor));
    await one.locator('#consentry-banner').waitFor({ state: 'detached' });
    await button(one).click();
    await until('the film', () => one.locator('iframe[src]').count());
  }, null));

  // WCAG 2.2, 2.4.3: whoever hears the page is not sent back to where it begins.
  test('gives its place in the page to the film, by keyboard, with the same one twice and another above', () => {
    shop.serve('/above', page('', `${FILM('', 'above')}${FILM('', 'it?a=1&amp;b=2')}${FILM('', 'it?a=1&amp;b=2')}`));
    return withVisitor(async ({ page: one }) => {
      await open(one, '/above');
      await one.frameLocator(`${HELD} >> nth=1`).locator('button').focus();
      await one.keyboard.press('Enter');
      await until('the films', async () => (await one.locator('iframe[src]').count()) === 3);
      await one.locator('#consentry-status', { hasText: 'YouTube' }).waitFor({ state: 'attached' });
      const at = await one.evaluate(() => [...document.querySelectorAll('iframe')].indexOf(document.activeElement));
      assert.equal(at, 1);
    });
  });

  test('says what stands where the page answered a form, and leaves the question', () => withVisitor(async ({ page: one }) => {
    shop.serve('/order', page('', '<form method="post" action="/done"><button id="order">Bestill</button></form>'));
    shop.serve('/done', page('', FILM('width="300" height="200"')));
    await open(one, '/order');
    shop.forget();
    await one.locator('#order').click();
    await button(one).click();
    await one.frameLocator(HELD).getByText(/Du sa ja .* YouTube/).waitFor();
    assert.equal(await one.locator('#consentry-banner').count(), 1);
    assert.deepEqual(shop.seen.filter(({ path }) => path === '/done').map(({ method }) => method), ['POST'], 'the order was sent once');
    assert.equal(await button(one).count(), 0);
  }));

  test('of what can show no document is a frame as large as the tag says', () => held('/object', '.film{border:0}', '<object class="film" data="https://www.youtube.com/embed/x" width="300" height="200"></object>', async (one) => {
    assert.equal(await one.locator('object').isVisible(), false);
    const [{ width, height }] = await boxes(one, 'iframe');
    assert.deepEqual([width, height], [300, 200]);
    await button(one).click();
    await one.locator('object[data]').waitFor({ state: 'attached' });
  }));
});
