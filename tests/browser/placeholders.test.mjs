// The stand-in of a held frame, in the ways that shops lay frames out: it fills the box that the frame has once it is shown,
// its button can be seen and pressed, and nothing is left where the shop itself shows no frame.

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
/** Is anything of a stand-in seen in the window? */
const isSeen = (one) => one.evaluate(() => {
  for (let y = 2; y < innerHeight; y += 8)
    for (let x = 2; x < innerWidth; x += 8) if (document.elementFromPoint(x, y)?.closest('.consentry-placeholder')) return true;
  return false;
});

for (const javaScript of [true, false])
  describe(`a stand-in, ${javaScript ? 'with' : 'without'} JavaScript`, () => {
    for (const width of [1280, 320])
      test(`fills the box of its frame at ${width} px`, () => withVisitor(async (visitor) => {
        const one = visitor.page;
        await one.setViewportSize({ width, height: 800 });
        const told = {};
        for (const form of ['choice=none', 'choice=all']) {
          await answer(visitor, form);
          told[form] = [];
          for (const index of Object.keys(Object.keys(LAYOUTS))) {
            await open(one, `/${index}`);
            told[form].push(await boxes(one, form === 'choice=all' ? 'iframe' : '.consentry-placeholder > span'));
          }
        }
        for (const [index, name] of Object.keys(LAYOUTS).entries()) {
          const [held, shown] = [told['choice=none'][index], told['choice=all'][index]];
          assert.ok(shown.length > 0 && held.length === shown.length, name);
          for (const [at, box] of shown.entries())
            for (const side of Object.keys(box))
              assert.ok(Math.abs(box[side] - held[at][side]) <= 1, `${name}, ${at}: ${JSON.stringify([held[at], box])}`);
        }
      }, { javaScript }));

    test('has a button that is in view and works', () => withVisitor(async (visitor) => {
      const one = visitor.page;
      for (const width of [1280, 320])
        for (const [index, name] of Object.keys(LAYOUTS).entries()) {
          await one.setViewportSize({ width, height: 800 });
          await answer(visitor, 'choice=none');
          await open(one, `/${index}`);
          const last = one.locator('.consentry-placeholder button').last();
          await last.scrollIntoViewIfNeeded();
          const [box, button] = [(await boxes(one, '.consentry-placeholder > span')).at(-1), (await boxes(one, '.consentry-placeholder button')).at(-1)];
          assert.ok(button.y >= box.y && button.y + button.height <= box.y + box.height + 1, `${name} at ${width} px: ${JSON.stringify([box, button])}`);
          await last.click();
          await until(`the film in ${name}`, () => one.locator('iframe[src]').count());
        }
    }, { javaScript }));
  });

describe('a stand-in', () => {
  const held = (path, css, content, walk, options) => withVisitor(async (visitor) => {
    shop.serve(path, page(css, content));
    await answer(visitor, 'choice=none');
    await open(visitor.page, path);
    await walk(visitor.page);
  }, options);

  for (const [name, css] of [['the frame', 'iframe{display:none}'], ['what it stands in', 'div{display:none}']])
    test(`is not seen where the shop hides ${name}`, () => held('/hides', css, `<div>${FILM()}</div>`, async (one) => {
      assert.equal(await isSeen(one), false);
      await one.addStyleTag({ content: 'div{display:block!important}iframe{display:inline!important}' });
      await until('it to be seen', () => isSeen(one));
    }));

  test('is as large as the tag says where more frames stand in one parent than have a name', () => {
    const films = ['1', '2', '3', '4', '5'].map((id) => FILM('style="width:200px;height:150px;border:0"', id)).join('');
    return held('/many', '', films, async (one) => {
      const [frames, seen] = [await boxes(one, 'iframe'), await boxes(one, '.consentry-placeholder > span')];
      assert.deepEqual(frames.map(({ width }) => width), [200, 200, 200, 0, 0]);
      assert.deepEqual(seen.slice(0, 3), frames.slice(0, 3));
      assert.ok(seen.every(({ width, height }) => width === 200 && height >= 150), JSON.stringify(seen));
    });
  });

  test('is as large as the tag says when a script takes the frame away from it', () => {
    const moves = '<script>{ const film = document.querySelector("iframe"); const box = document.createElement("div"); film.before(box); box.append(film); }</script>';
    return held('/moved', '', FILM('width="300" height="200"') + moves, async (one) => {
      assert.deepEqual(await one.locator('iframe').boundingBox(), null);
      const [{ width, height }] = await boxes(one, '.consentry-placeholder > span');
      assert.deepEqual([width, height], [300, 200]);
    });
  });

  test('is as large as the tag says in a browser that cannot lay one thing over another', () => {
    shop.serve('/older', page('iframe{width:100%}', FILM('width="300" height="200"')));
    return withVisitor(async (visitor) => {
      const one = visitor.page;
      await answer(visitor, 'choice=none');
      await one.route('**/older', async (route) => {
        const response = await route.fetch();
        const parts = (await response.text()).split('(anchor-scope: all)');
        assert.equal(parts.length, 3, 'what is asked of the browser');
        await route.fulfill({ response, body: parts.join('(anchor-scope: unheard-of)') });
      });
      await open(one, '/older');
      assert.deepEqual(await one.locator('iframe').boundingBox(), null);
      const [{ width, height }] = await boxes(one, '.consentry-placeholder > span');
      assert.deepEqual([width, height], [300, 200]);
    });
  });

  test('fills the box where the page refuses style attributes in its markup', () => {
    const policy = '<meta http-equiv="Content-Security-Policy" content="style-src \'none\'">';
    shop.serve('/refuses', `<!doctype html><html lang="nb"><head>${policy}<title>Butikk</title></head><body><p>Hei ${FILM('width="400" height="220"')}</p></body></html>`);
    return withVisitor(async (visitor) => {
      await answer(visitor, 'choice=none');
      await open(visitor.page, '/refuses');
      const [[frame], [seen]] = [await boxes(visitor.page, 'iframe'), await boxes(visitor.page, '.consentry-placeholder > span')];
      assert.deepEqual([seen, frame.width, frame.height], [frame, 404, 224]);
    }, { javaScript: false });
  });

  test('is reached by the keyboard, and the frame under it by nobody', () => held('/keys', '', `<p><a href="/">Hjem</a> ${FILM('width="400" height="220"')} <a href="/">Mer</a></p>`, async (one) => {
    const reached = [];
    for (let step = 0; step < 3; step += 1) {
      await one.keyboard.press('Tab');
      reached.push(await one.evaluate(() => document.activeElement.tagName));
    }
    assert.deepEqual(reached, ['A', 'BUTTON', 'A']);
    assert.ok(!(await one.locator('main').ariaSnapshot()).includes('iframe'));
  }));
});
