// The figures are the walk: what the API says equals what the browser did, exactly.
//
// Each test walks with a browser name no other test uses, so that its figures stand in a row of their own; a last
// page view under yet another name tells when everything before it has been counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, ask, newVisitor, until } from './harness.mjs';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15';
const EDGE = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0';
const OPERA = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/126.0.0.0';

/** Waits until what was asked for before now is in the figures: a marker view is counted after it. */
async function counted(marker, name) {
  const visitor = await newVisitor({ userAgent: marker });
  try {
    const before = (await ask(['pageviews'], ['visit:browser']))[name]?.[0] ?? 0;
    await visitor.open('/personvern');
    await until(`the marker view of ${name}`, async () => ((await ask(['pageviews'], ['visit:browser']))[name]?.[0] ?? 0) > before);
  } finally {
    await visitor.close();
  }
}

const only = (name) => [['is', 'visit:browser', [name]]];

test('a walk of five pages is one visitor, one visit, five views', async () => {
  const visitor = await newVisitor({ userAgent: FIREFOX });
  try {
    for (const path of ['/', '/dekk', '/dekk/nordgrip-tindra-3', '/dekk', '/handlekurv']) await visitor.open(path);
  } finally {
    await visitor.close();
  }
  await counted(OPERA, 'Opera');
  const figures = await ask(['visitors', 'visits', 'pageviews', 'bounce_rate', 'views_per_visit'], ['visit:browser']);
  assert.deepEqual(figures.Firefox, [1, 1, 5, 0, 5]);
  assert.deepEqual(await ask(['pageviews'], ['event:page'], only('Firefox')), {
    '/': [1], '/dekk': [2], '/dekk/nordgrip-tindra-3': [1], '/handlekurv': [1],
  });
  assert.deepEqual(await ask(['visits'], ['visit:entry_page'], only('Firefox')), { '/': [1] });
  assert.deepEqual(await ask(['visits'], ['visit:exit_page'], only('Firefox')), { '/handlekurv': [1] });
});

test('the reload that follows a yes is not a second view', async () => {
  const visitor = await newVisitor({ userAgent: SAFARI });
  try {
    await visitor.open('/dekk/skarv-kyst');
    await answer(visitor, 'accept-all');
    await visitor.open('/kasse');
  } finally {
    await visitor.close();
  }
  await counted(OPERA, 'Opera');
  const figures = await ask(['visitors', 'visits', 'pageviews'], ['visit:browser']);
  assert.deepEqual(figures.Safari, [1, 1, 2]);
});

test('a no is not a view, nor is the page it returns to without JavaScript', async () => {
  const visitor = await newVisitor({ userAgent: EDGE, javaScript: false });
  try {
    await visitor.open('/dekk/skarv-kyst');
    await answer(visitor, 'reject-all');
  } finally {
    await visitor.close();
  }
  await counted(OPERA, 'Opera');
  const figures = await ask(['visitors', 'visits', 'pageviews', 'bounce_rate'], ['visit:browser']);
  const [edge] = Object.entries(figures).filter(([name]) => name.includes('Edge'));
  assert.deepEqual(edge[1], [1, 1, 1, 100]);
});
