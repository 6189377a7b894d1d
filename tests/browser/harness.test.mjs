// The tools are tested before they are believed: a recorder that misses a request would prove every promise.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { browserPath, newVisitor, settle, withVisitor } from './harness.mjs';

test('the recorder sees every way a page can speak to the world', async () => {
  const visitor = await newVisitor();
  const { page, outside } = visitor;
  try {
    await page.goto('http://plain.example/');
    await page.setContent(`<link rel="preconnect" href="https://preconnect.example">
      <img src="https://image.example/a.gif"><iframe src="https://frame.example/"></iframe>
      <script src="https://script.example/a.js"></script><script>navigator.sendBeacon('https://beacon.example/b', 'told')</script>`);
    await settle(page);
    const hosts = new Set(outside.requests.map((r) => r.host));
    for (const host of ['plain', 'image', 'frame', 'script', 'beacon']) assert.ok(hosts.has(`${host}.example`), host);
    assert.ok(outside.connections.includes('preconnect.example'), 'a connection without a request');
    assert.equal(outside.to('beacon.example')[0].body, 'told');
  } finally {
    await visitor.close();
  }
});

test('the stand-ins of the vendors set their cookies and send their beacons', async () => {
  const visitor = await newVisitor();
  const { page, context, outside } = visitor;
  try {
    await page.goto('http://plain.example/');
    await page.addScriptTag({ content: `window.dataLayer = []; function gtag() { dataLayer.push(arguments); }
      gtag('js', new Date()); gtag('config', 'G-TEST'); gtag('config', 'AW-1');
      window.fbq = function () { fbq.callMethod ? fbq.callMethod.apply(fbq, arguments) : fbq.queue.push(arguments); };
      fbq.queue = []; fbq('init', '7'); fbq('track', 'PageView');` });
    await page.addScriptTag({ url: 'https://www.googletagmanager.com/gtag/js?id=G-TEST' });
    await page.addScriptTag({ url: 'https://connect.facebook.net/en_US/fbevents.js' });
    await settle(page);
    assert.equal(outside.to('www.google-analytics.com', '/g/collect')[0].query.get('tid'), 'G-TEST');
    assert.equal(outside.to('www.facebook.com', '/tr')[0].query.get('id'), '7');
    assert.equal(outside.to('googleads.g.doubleclick.net').length, 1);
    const names = (await context.cookies('http://plain.example/')).map((cookie) => cookie.name).sort();
    assert.deepEqual(names, ['_fbp', '_ga', '_ga_TEST', '_gcl_au']);
  } finally {
    await visitor.close();
  }
});

/** A program in place of Chromium for as long as `walk` runs; `script` knows the real one as `$chromium`. */
async function inPlaceOfChromium(script, walk) {
  const dir = mkdtempSync(join(tmpdir(), 'chromium-'));
  const named = process.env.CHROMIUM;
  writeFileSync(join(dir, 'program'), `#!/bin/sh\nchromium='${browserPath()}' died='${join(dir, 'died')}'\n${script}\n`, { mode: 0o755 });
  process.env.CHROMIUM = join(dir, 'program');
  try {
    await walk(join(dir, 'died'));
  } finally {
    if (named === undefined) delete process.env.CHROMIUM; else process.env.CHROMIUM = named;
    rmSync(dir, { recursive: true, force: true });
  }
}

test('a Chromium that dies at its start is started again', () => inPlaceOfChromium(
  '[ -e "$died" ] || { : > "$died"; kill -SEGV $$; }; exec "$chromium" "$@"',
  async (died) => withVisitor(async ({ page }) => {
    assert.ok(existsSync(died), 'the first one lived');
    await page.goto('http://plain.example/');
  }),
));

test('a Chromium that never starts fails its test, and keeps nobody waiting', () => inPlaceOfChromium(
  'echo x >> "$died"; kill -SEGV $$',
  async () => assert.rejects(newVisitor(), /launchPersistentContext/),
));
