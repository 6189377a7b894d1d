// The tools are tested before they are believed: a recorder that misses a request would prove every promise.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newVisitor, settle } from './harness.mjs';

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
