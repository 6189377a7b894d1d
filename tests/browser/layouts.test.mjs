// Pages that shops build in their own way: what takes the question out of view, hides what has focus under it, turns its
// words round, or takes the browser's means away. And what a visitor does twice.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chooseBeside, until, withVisitor } from './harness.mjs';
import { startGateway, startShop } from './hostile.mjs';

const ROWS = Array.from({ length: 60 }, (_, i) => `<p><a href="/plain?${i}">Vare ${i}</a> med litt tekst.</p>`).join('');
const page = (css, { body = `<main><h1>Butikk</h1>${ROWS}</main>`, head = '', root = 'lang="nb"' } = {}) =>
  `<!doctype html><html ${root}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Butikk</title><style>${css}</style>${head}</head><body>${body}</body></html>`;
const PHONE = { width: 390, height: 600 };
const SHELL = 'html,body{height:100%;margin:0;overflow:hidden}main{height:100%;overflow:auto}';
/** As MediaWiki and many themes have it: what the page holds runs out of the body, and a margin there makes no page longer. */
const LOW = 'html,body{height:100%;margin:0}';
const COLUMN = `${LOW}body{display:flex;flex-direction:column}main{flex:1 0 auto}`;

let shop;
let gateway;
before(async () => {
  shop = await startShop();
  gateway = await startGateway(shop);
  shop.serve('/plain', page(''));
});
after(async () => {
  await gateway?.stop();
  await shop?.stop();
});

const visit = (walk, options) => withVisitor(async (visitor) => {
  await visitor.page.setViewportSize(PHONE);
  return walk(visitor.page, visitor);
}, options);
const open = (one, path) => one.goto(gateway.url + path, { waitUntil: 'networkidle' });
const press = (one, role) => one.locator(`#consentry-banner [data-role="${role}"]`).click();
const openDialog = async (one, from = '#consentry-banner [data-role="preferences"]') => {
  await one.locator(from).click();
  await one.locator('#consentry-dialog dialog[open]').waitFor();
};
const closed = (one) => one.locator('#consentry-banner').waitFor({ state: 'detached' });
const answerOf = async (visitor) => (await visitor.context.cookies(gateway.url)).find((one) => one.name === 'consentry')?.value ?? '';
/** Is a yes sealed in it? Its second field but one names the categories. */
const isYes = (cookie) => /^\d+\.\d+\.[a-z]+\./.test(cookie);

/** What is wholly under the banner when it has focus, of all that Tab comes to. */
async function coveredOf(one) {
  const covered = [];
  for (let step = 0; step < 66; step += 1) {
    await one.keyboard.press('Tab');
    covered.push(...await one.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body || element.closest('#consentry-banner')) return [];
      const box = element.getBoundingClientRect();
      return box.top >= document.querySelector('#consentry-banner').getBoundingClientRect().top ? [element.textContent] : [];
    }));
  }
  return covered;
}

describe('what has focus', () => {
  test('w5_what_is_taller_than_the_room_above_the_banner_moves_nothing', () => visit(async (one) => {
    shop.serve('/main', page('', { body: `<a href="#main">Til innholdet</a><main id="main" tabindex="-1">${ROWS}</main>` }));
    shop.serve('/area', page('', { body: `<main><textarea style="height:1400px"></textarea>${ROWS}</main>` }));
    for (const [path, at] of [['/main', { x: 300, y: 120 }], ['/area', { x: 60, y: 200 }]]) {
      await open(one, path);
      await one.mouse.click(at.x, at.y);
      assert.deepEqual(await one.evaluate(() => [scrollY, document.activeElement !== document.body]), [0, true], path);
    }
  }));

  test('w5_what_is_fixed_does_not_scroll_the_page', () => visit(async (one) => {
    shop.serve('/bar', page('', { body: `<main>${ROWS}</main><div style="position:fixed;bottom:0"><button id="buy">Kjøp</button></div>` }));
    await open(one, '/bar');
    await one.evaluate(() => document.querySelector('#buy').focus({ preventScroll: true }));
    assert.equal(await one.evaluate(() => scrollY), 0);
  }));

  for (const height of [800, 600]) {
    test(`w8_the_preferences_move_nothing_on_a_phone ${height} pixels high`, () => visit(async (one) => {
      await one.setViewportSize({ width: height === 800 ? 390 : 320, height });
      await open(one, '/plain');
      await one.evaluate(() => scrollTo(0, 150));
      const at = () => one.evaluate(() => scrollY);
      await openDialog(one);
      assert.equal(await at(), 150, 'while they are open');
      for (let step = 0; step < 12; step += 1) await one.keyboard.press('Tab');
      await one.keyboard.press('Escape');
      await one.locator('#consentry-dialog').waitFor({ state: 'detached' });
      assert.equal(await at(), 150, 'after Escape');
    }));
  }

  test('w5_what_is_fixed_in_a_shadow_tree_does_not_scroll_the_page', () => visit(async (one) => {
    const chat = '<div id="chat"></div><script>document.querySelector("#chat").attachShadow({ mode: "open" }).innerHTML = "<div style=\\"position:fixed;top:0;right:0\\"><button>Spør</button></div>"</script>';
    shop.serve('/chat', page('', { body: `<main>${ROWS}</main>${chat}` }));
    await open(one, '/chat');
    await one.evaluate(() => document.querySelector('#chat').shadowRoot.querySelector('button').focus({ preventScroll: true }));
    assert.equal(await one.evaluate(() => scrollY), 0);
  }));

  // A laptop at 200 %, a phone held sideways. Above what is above the window a browser puts nothing: a header of the shop's that
  // stays in view covers what is tabbed to backwards with and without us.
  for (const [width, height] of [[640, 288], [683, 312], [780, 357], [844, 280], [932, 260], [1280, 480], [1280, 560], [256, 205]]) {
    for (const javaScript of [true, false]) {
      test(`w5_focus_is_in_view_in_a_window_of ${width} by ${height}, ${javaScript ? 'with' : 'without'} JavaScript`, () => visit(async (one) => {
        const header = height < 240 ? 0 : 64;
        shop.serve('/header', page(`header{position:sticky;top:0;height:${header}px;overflow:hidden;background:#eee}`, { body: `<header>Butikk</header><main>${ROWS}</main>` }));
        await one.setViewportSize({ width, height });
        await open(one, '/header');
        const seen = { Tab: [], 'Shift+Tab': [] };
        for (const [key, hidden] of Object.entries(seen)) {
          for (let step = 0; step < 30; step += 1) {
            await one.keyboard.press(key);
            hidden.push(...await one.evaluate((isBack) => {
              const element = document.activeElement;
              if (!element.matches('main a')) return [];
              const { top, bottom, left, height } = element.getBoundingClientRect();
              const isIn = top >= -1 && bottom <= innerHeight + 1;
              const there = document.elementFromPoint(left + 2, top + height / 2);
              return isIn && (there === element || (isBack && there?.matches('header'))) ? [] : [`${element.textContent} at ${top}`];
            }, key !== 'Tab'));
          }
        }
        // What was in view before is left where it is without a script, as far as the banner reaches.
        if (!javaScript) seen.Tab = seen.Tab.slice(6);
        assert.deepEqual(seen, { Tab: [], 'Shift+Tab': [] });
      }, { javaScript }));
    }
  }

  test('w5_what_has_focus_is_not_left_under_the_banner_when_the_window_is_made_smaller', () => visit(async (one) => {
    await one.setViewportSize({ width: 390, height: 750 });
    await open(one, '/plain');
    const link = one.locator('main a').nth(8);
    await link.focus();
    for (const [width, height] of [[390, 360], [750, 340]]) {
      await one.setViewportSize({ width, height });
      await until(`focus above the banner at ${width} by ${height}`, () => one.evaluate(() => {
        const { top, bottom } = document.activeElement.getBoundingClientRect();
        return document.activeElement.matches('main a') && top >= -1 && bottom <= document.querySelector('#consentry-banner').getBoundingClientRect().top + 1;
      }));
    }
  }));

  // Many themes set the root to 62.5 %, so that 1.6 rem are 16 px: what is measured in rem is another size in each shop.
  for (const root of ['50%', '62.5%', '200%']) {
    for (const width of [1280, 640]) {
      test(`w2_w5_r13_nothing_is_cut_or_covered_where_the_root_is ${root}, ${width} pixels wide`, () => visit(async (one) => {
        shop.serve('/root', page(`html{font-size:${root}}main{font-size:16px}`));
        await one.setViewportSize({ width, height: 700 });
        await open(one, '/root');
        const found = await one.evaluate(() => {
          const banner = document.querySelector('#consentry-banner');
          const { left, top, right, bottom, width } = banner.getBoundingClientRect();
          const cut = [...banner.querySelectorAll('h2, p, a, button')].filter((part) => {
            const box = part.getBoundingClientRect();
            return box.left < left || box.right > right || box.top < top || box.bottom > bottom;
          });
          // A line of its own for each word at most: none is broken.
          const broken = [...banner.querySelectorAll('button')].filter((button) => {
            const range = document.createRange();
            range.selectNodeContents(button);
            return range.getClientRects().length > button.textContent.trim().split(/\s+/).length;
          });
          const scrolls = banner.scrollHeight > banner.clientHeight || banner.scrollWidth > banner.clientWidth;
          // As much room as is kept free for what has focus.
          const isKept = innerHeight - top <= 320;
          const isIn = left >= 0 && right <= innerWidth;
          const words = (parts) => parts.map((part) => part.textContent);
          return { cut: words(cut), broken: words(broken), scrolls, isKept, isIn, width };
        });
        assert.deepEqual(found, { cut: [], broken: [], scrolls: false, isKept: true, isIn: true, width: 448 });
        assert.deepEqual(await coveredOf(one), []);
      }));
    }
  }

  for (const [name, css] of [['a page', ''], ['a page that scrolls inside', SHELL], ['a page longer than its body', LOW], ['a page longer than its column', COLUMN]]) {
    for (const javaScript of [true, false]) {
      test(`w5_nothing_with_focus_is_wholly_under_the_banner: ${name}, ${javaScript ? 'with' : 'without'} JavaScript`, () => visit(async (one) => {
        shop.serve('/long', page(css));
        await open(one, '/long');
        const covered = await coveredOf(one);
        // Browsers leave what was in view already where it is; only a script knows that something lies over it.
        if (javaScript) assert.deepEqual(covered, []);
        else assert.ok(covered.length <= 6, `${covered}`);
      }, { javaScript }));
    }
  }
});

describe('the question', () => {
  for (const css of ['body{transform:translateZ(0)}', 'body{filter:brightness(1)}', 'body{contain:layout}', 'html{transform:translateZ(0)}']) {
    test(`is in view, and is no modal dialog, under ${css}`, () => visit(async (one) => {
      shop.serve('/moved', page(css));
      await open(one, '/moved');
      const box = await one.locator('#consentry-banner').boundingBox();
      assert.ok(box.y >= 0 && box.y + box.height <= PHONE.height + 1, JSON.stringify(box));
      await one.locator('main a').first().click();
      await one.waitForURL('**/plain?0');
    }));
  }

  // 1280 pixels wide at 500 %, at 400 % in a low window, the smallest phones.
  for (const [width, height] of [[240, 320], [240, 400], [256, 205], [256, 144], [320, 200], [640, 144]]) {
    test(`r15_can_be_read_in_a_window_of ${width} by ${height}`, () => visit(async (one) => {
      await one.setViewportSize({ width, height });
      await open(one, '/plain');
      const unread = await one.evaluate(() => {
        const banner = document.querySelector('#consentry-banner');
        const lines = [...banner.querySelectorAll('h2, p, button')].flatMap((part, at) => {
          const range = document.createRange();
          range.selectNodeContents(part);
          return [...range.getClientRects()].map((_, line) => ({ part, line, name: `${part.tagName} ${at}, line ${line}`, rects: () => range.getClientRects() }));
        });
        const isSeen = ({ part, line, rects }) => {
          const { left, top, bottom } = rects()[line];
          return [top + 3, bottom - 3].every((y) => part.contains(document.elementFromPoint(left + 2, y)));
        };
        const read = new Set();
        for (let at = 0; at <= banner.scrollHeight; at += 4) {
          banner.scrollTop = at;
          lines.filter(isSeen).forEach(({ name }) => read.add(name));
        }
        return lines.map(({ name }) => name).filter((name) => !read.has(name));
      });
      assert.deepEqual(unread, []);
    }));
  }

  test('r13_keeps_its_answers_in_view_in_a_narrow_window_that_is_high', () => visit(async (one) => {
    await one.setViewportSize({ width: 240, height: 600 });
    await open(one, '/plain');
    for (const role of ['reject-all', 'accept-all', 'preferences']) {
      const box = await one.locator(`#consentry-banner [data-role="${role}"]`).boundingBox();
      assert.ok(box.y + box.height <= 600.5, `${role}: ${JSON.stringify(box)}`);
    }
  }));

  test('w11_reads_from_left_to_right_in_a_page_that_does_not', () => visit(async (one) => {
    shop.serve('/arabic', page('', { root: 'lang="ar" dir="rtl"' }));
    await open(one, '/arabic');
    const direction = (selector) => one.locator(selector).evaluate((element) => getComputedStyle(element).direction);
    assert.equal(await direction('#consentry-banner h2'), 'ltr');
    assert.equal(await direction('main'), 'rtl');
    await openDialog(one);
    assert.equal(await direction('#consentry-dialog'), 'ltr');
  }));

  test('is not printed', () => visit(async (one) => {
    await open(one, '/plain');
    await one.emulateMedia({ media: 'print' });
    assert.equal(await one.locator('#consentry-banner').isVisible(), false);
  }));

  test('opens no tab where the page says that links do', () => visit(async (one, visitor) => {
    shop.serve('/tabs', page('', { head: '<base target="_blank">' }));
    await open(one, '/tabs');
    await press(one, 'reject-all');
    await closed(one);
    assert.ok(await answerOf(visitor));
    assert.equal(visitor.context.pages().length, 1);
  }, { javaScript: false }));

  for (const from of ['#consentry-banner [data-role="preferences"]', '#consentry-open']) {
    test(`the preferences are a page of their own where the file for them cannot be had: ${from}`, () => visit(async (one) => {
      await one.route('**/choice.js', (route) => route.fulfill({ status: 503 }));
      await open(one, '/plain');
      await one.locator(from).click();
      await one.waitForURL((url) => url.pathname === '/_consentry/consent');
    }));
  }

  test('the preferences open where the page hides what it does not know', () => visit(async (one) => {
    shop.serve('/hiding', page('body>*{display:none!important}body>main,body>section{display:block!important}'));
    await open(one, '/hiding');
    await one.evaluate(() => { consentry.open(); });
    const box = await one.locator('#consentry-dialog dialog').boundingBox();
    assert.ok(box.height > 200, JSON.stringify(box));
  }));

  // An app that draws its own pages: what was loaded first is not where somebody is.
  for (const take of ['none', 'some']) {
    test(`the preferences lead back to where a script has gone on to: ${take}`, () => visit(async (one, visitor) => {
      await chooseBeside(visitor, gateway.url, 'choice=all');
      await open(one, '/plain');
      await one.evaluate(() => history.pushState({}, '', '/felg/5?sort=pris'));
      await openDialog(one, '#consentry-open');
      const switches = one.locator('#consentry-dialog [name=category]');
      for (const at of [0, 1, 2]) await switches.nth(at).uncheck();
      await Promise.all([one.waitForEvent('load'), one.locator(`#consentry-dialog [value=${take}]`).click()]);
      assert.equal(one.url(), `${gateway.url}/felg/5?sort=pris`);
      assert.ok(!isYes(await answerOf(visitor)));
    }));
  }

  for (const [path, policy] of [['/', ''], ['/felg?sort=pris', ''], ['/policy', "default-src 'none'; script-src 'sha256-abc='"]]) {
    for (const answer of ['', 'choice=none', 'choice=all']) {
      test(`the preferences open where a script drew the page without our link: ${path}, ${answer || 'before an answer'}`, () => visit(async (one, visitor) => {
        shop.serve(new URL(path, gateway.url).pathname, page('', { root: 'lang="en"' }), { headers: policy ? { 'content-security-policy': policy } : {} });
        if (answer) await chooseBeside(visitor, gateway.url, answer);
        await open(one, path);
        await one.evaluate(() => { document.body.innerHTML = '<main><h1>Drawn anew</h1></main>'; });
        await one.evaluate(() => { consentry.open(); });
        if (policy) {
          await one.waitForURL((url) => url.pathname === '/_consentry/consent');
          assert.ok(decodeURIComponent(one.url()).endsWith(`=${path}`), one.url());
          return;
        }
        const dialog = one.locator('#consentry-dialog');
        await dialog.locator('dialog[open]').waitFor();
        assert.equal(await dialog.getAttribute('lang'), 'en', 'in the language of the page');
        assert.equal(await dialog.locator('[name=return]').inputValue(), path);
      }));
    }
  }
});

describe('an answer', () => {
  for (const [name, script] of [['fails at once', '() => Promise.reject(1)'], ['throws', '() => { throw 1 }']]) {
    test(`is sent as a plain form where fetch ${name}`, () => visit(async (one, visitor) => {
      shop.serve('/broken', page('', { head: `<script>window.fetch = ${script}</script>` }));
      await open(one, '/broken');
      await press(one, 'reject-all');
      await closed(one);
      assert.ok(await answerOf(visitor));
    }));
  }

  for (const role of ['reject-all', 'accept-all']) {
    test(`is sent as a plain form where the file that knows more cannot be had: ${role}`, () => visit(async (one, visitor) => {
      await one.route('**/choice.js', (route) => route.fulfill({ status: 503 }));
      await open(one, '/plain');
      const loaded = one.waitForEvent('load');
      await press(one, role);
      await loaded;
      await closed(one);
      assert.equal(isYes(await answerOf(visitor)), role === 'accept-all');
    }));

    test(`arrives where the page is left as soon as it was given: ${role}`, () => visit(async (one, visitor) => {
      await open(one, '/plain');
      await one.evaluate((role) => {
        document.querySelector(`#consentry-banner [data-role="${role}"]`).click();
        location.href = '/plain?next';
      }, role);
      await until('the answer', () => answerOf(visitor));
      assert.equal(isYes(await answerOf(visitor)), role === 'accept-all');
    }));
  }

  test('is given by the words in a button too, where they stand in an element of their own', () => visit(async (one, visitor) => {
    await open(one, '/plain');
    await one.evaluate(() => {
      const no = document.querySelector('#consentry-banner [data-role="reject-all"]');
      no.innerHTML = `<font><font>${no.textContent}</font></font>`;
      self.before = 1;
    });
    await one.locator('#consentry-banner font font').click();
    await closed(one);
    assert.deepEqual([!!await answerOf(visitor), await one.evaluate(() => self.before)], [true, 1]);
  }));

  test('given twice is sent once', () => visit(async (one) => {
    await open(one, '/plain');
    const posts = [];
    one.on('request', (request) => request.method() === 'POST' && posts.push(request.postData()));
    const loaded = one.waitForEvent('load');
    await one.evaluate(() => {
      const yes = document.querySelector('[data-role="accept-all"]');
      yes.click();
      yes.click();
    });
    await loaded;
    assert.equal(posts.length, 1, `${posts}`);
  }));

  test('that is changed before it is stored: the last one counts', () => visit(async (one, visitor) => {
    await open(one, '/plain');
    const loaded = one.waitForEvent('load');
    await one.evaluate(() => {
      document.querySelector('[data-role="accept-all"]').click();
      document.querySelector('[data-role="reject-all"]').click();
    });
    await loaded;
    await one.waitForLoadState('networkidle');
    assert.deepEqual(await one.evaluate(() => consentry.consent), ['necessary']);
    assert.equal(isYes(await answerOf(visitor)), false);
  }));

  test('that is no leaves the page as it is, from the preferences too', () => visit(async (one, visitor) => {
    for (const role of ['reject-all', 'save']) {
      await visitor.context.clearCookies();
      await open(one, '/plain');
      await one.evaluate(() => { self.typed = 'half a form'; });
      await openDialog(one);
      await one.locator(`#consentry-dialog [data-role="${role}"]`).click();
      await closed(one);
      await one.waitForLoadState('networkidle');
      assert.equal(await one.evaluate(() => self.typed), 'half a form', role);
      assert.ok(await answerOf(visitor), role);
    }
  }));

  test('that takes something back loads the page again', () => visit(async (one) => {
    await open(one, '/plain');
    const yes = one.waitForEvent('load');
    await press(one, 'accept-all');
    await yes;
    for (const answer of ['reject-all', 'accept-all', 'save']) {
      await openDialog(one, '#consentry-open');
      if (answer === 'save') await one.locator('#consentry-dialog #category-marketing').uncheck();
      const loaded = one.waitForEvent('load');
      await one.locator(`#consentry-dialog [data-role="${answer}"]`).click();
      await loaded;
    }
    assert.deepEqual(await one.evaluate(() => consentry.consent), ['necessary', 'preferences', 'statistics']);
  }));

  test('that is not taken is an error with the sentence of the server', () => visit(async (one) => {
    await open(one, '/plain');
    const failed = await one.evaluate(() => consentry.choose({ categories: ['foo'] }).catch((error) => [error instanceof Error, error.message, error.status]));
    assert.deepEqual([failed[0], failed[2]], [true, 400]);
    assert.match(failed[1], /category/);
  }));

  test('that nobody meant is refused before it is sent, and takes nothing back', () => visit(async (one, visitor) => {
    for (const strict of [false, true]) {
      const path = strict ? '/strict' : '/plain';
      if (strict) shop.serve(path, page(''), { headers: { 'content-security-policy': "script-src 'self' 'sha256-Tqnl3eLXTbQ9lVBGUx2hDqLTbF5KDwXZkm1LRAdWJ2s='" } });
      await open(one, path);
      await one.evaluate(() => { consentry.choose({ categories: ['statistics'] }); });
      await one.waitForFunction(() => self.consentry?.consent.length === 2 && !consentry.busy);
      const before = await answerOf(visitor);
      const refused = await one.evaluate(async () => {
        const slips = [['statistics'], ['all'], {}, true, 42, 'some', { category: [] }, { categories: 'statistics' }, { categories: [], trackers: 'youtube' }];
        return Promise.all(slips.map((slip) => consentry.choose(slip).then(() => 'taken', (error) => `${error.name}: ${error.message}`)));
      });
      assert.deepEqual(refused.slice(0, 7), Array(7).fill('TypeError: choose() takes all, none, categories or trackers'), path);
      for (const said of refused.slice(7)) assert.match(said, /^TypeError: .*forEach/, path);
      assert.equal(refused.length, 9);
      assert.equal(await answerOf(visitor), before, path);
    }
  }));
});

describe('w9_what_became_of_an_answer_is_said_and_focus_is_not_lost', () => {
  const said = (one, words) => one.locator('#consentry-status', { hasText: words }).waitFor({ state: 'attached' });
  const focused = (one, tag) => until(`focus on ${tag}`, () => one.evaluate((tag) => document.activeElement.tagName === tag || document.activeElement.id === tag, tag));
  const inDialog = (one, role) => one.locator(`#consentry-dialog [data-role="${role}"]`).click();

  for (const [name, answer, words] of [
    ['yes', (one) => press(one, 'accept-all'), /Du sa ja/],
    ['no', (one) => press(one, 'reject-all'), /Det er lagret/],
    ['yes in the preferences', async (one) => { await openDialog(one); await inDialog(one, 'accept-all'); }, /Du sa ja/],
    ['no in the preferences', async (one) => { await openDialog(one); await inDialog(one, 'reject-all'); }, /Det er lagret/],
    ['nothing switched on', async (one) => { await openDialog(one); await inDialog(one, 'save'); }, /Det er lagret/],
  ]) {
    test(name, () => visit(async (one) => {
      await open(one, '/plain');
      await answer(one);
      await said(one, words);
      await focused(one, 'MAIN');
    }));
  }

  test('a withdrawal, and a yes to some: focus is where it was', () => visit(async (one) => {
    await open(one, '/plain');
    await press(one, 'accept-all');
    await said(one, /Du sa ja/);
    await openDialog(one, '#consentry-open');
    await one.locator('#consentry-dialog #category-marketing').uncheck();
    await inDialog(one, 'save');
    await said(one, /Det gjelder innstillinger og statistikk/);
    await focused(one, 'consentry-open');
    await openDialog(one, '#consentry-open');
    await inDialog(one, 'reject-all');
    await said(one, /Det er lagret/);
    await focused(one, 'MAIN');
  }));
});

/** How many pages of paper it makes. */
const sheets = async (one) => (await one.pdf({ preferCSSPageSize: true })).toString('latin1').match(/\/Type\s*\/Page\b/g).length;

test('nothing of ours is printed, before an answer and after a no', () => visit(async (one) => {
  shop.serve('/label', page('@page{size:100mm 150mm;margin:0}body{margin:0}div{height:150mm}', { body: '<div>Etikett</div>' }));
  await open(one, '/label');
  assert.equal(await sheets(one), 1);
  await press(one, 'reject-all');
  await closed(one);
  await until('it is said what became of the answer', () => one.locator('#consentry-status').textContent());
  assert.equal(await sheets(one), 1);
  await open(one, '/label');
  assert.equal(await sheets(one), 1);
}));
