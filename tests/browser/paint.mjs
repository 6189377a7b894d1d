// First paint with and without the question, side by side: node paint.mjs [ROUNDS]
//
// One shop, two gateways before it: one in mode "off", which passes the page as the shop wrote it, and one that asks. A
// page of the shop is opened in turns, each time by a new visitor with an empty cache, and the browser says when it first
// painted something and what moved. How long our script ran is told by a profiler, in loads of its own: it makes all script
// slower. The least and the median of each: on a busy machine the least is the one to compare.

import { startGateway, startShop } from './hostile.mjs';
import { newVisitor } from './harness.mjs';

const ROUNDS = Number(process.argv[2] ?? 15);
/** A page as shops have them: 29 KB, text and a table, no picture that would be waited for. */
const PAGE = `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>
<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:auto}</style></head><body><main><h1>Vinterdekk</h1>
${'<p>Dekk med godt grep på is og snø, levert hjem eller til et verksted nær deg. <a href="/">Se alle</a></p>\n'.repeat(260)}</main></body></html>`;

/** Ways of looking: as fast as the machine is, and four times slower, as a phone. */
const SPEEDS = [1, 4];

/** The least and the middle of some figures. */
const least = (values) => Math.min(...values);
const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

/** One load by a new visitor; `measure` gets the tools, and a function that loads. */
async function visit(url, slower, measure) {
  const visitor = await newVisitor();
  try {
    const { page, context } = visitor;
    const tools = await context.newCDPSession(page);
    // The browser itself is warmed up by a page that is neither.
    await page.goto('about:blank');
    await tools.send('Emulation.setCPUThrottlingRate', { rate: slower });
    return await measure(page, tools, () => page.goto(url, { waitUntil: 'networkidle' }));
  } finally {
    await visitor.close();
  }
}

/** When the page was painted first after its answer began, and what moved. */
const look = (url, slower) =>
  visit(url, slower, async (page, tools, load) => {
    await page.addInitScript(() => {
      self.moved = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => (self.moved += entry.value))).observe({ type: 'layout-shift', buffered: true });
    });
    await load();
    const told = await page.evaluate(() => ({
      paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      answer: performance.getEntriesByType('navigation')[0].responseStart,
      requests: performance.getEntriesByType('resource').length,
      moved: self.moved,
      banner: !!document.querySelector('#consentry-banner'),
    }));
    return { ...told, paint: told.paint - told.answer };
  });

/** How long the page's script ran, in milliseconds. */
const script = (url, slower) =>
  visit(url, slower, async (page, tools, load) => {
    await tools.send('Profiler.enable');
    await tools.send('Profiler.setSamplingInterval', { interval: 100 });
    await tools.send('Profiler.start');
    await load();
    const { profile } = await tools.send('Profiler.stop');
    const inPage = new Set(profile.nodes.filter(({ callFrame }) => callFrame.url === url).map((node) => node.id));
    return profile.samples.reduce((sum, id, at) => sum + (inPage.has(id) ? profile.timeDeltas[at] : 0), 0) / 1000;
  });

const shop = await startShop();
shop.serve('/vinterdekk', PAGE);
const asking = await startGateway(shop);
const passing = await startGateway(shop, { mode: 'off' });
try {
  for (const slower of SPEEDS) {
    const seen = { without: [], with: [] };
    const scripts = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      seen.without.push(await look(`${passing.url}/vinterdekk`, slower));
      seen.with.push(await look(`${asking.url}/vinterdekk`, slower));
      if (round % 3 === 0) scripts.push(await script(`${asking.url}/vinterdekk`, slower));
    }
    if (seen.without.some((one) => one.banner) || !seen.with.every((one) => one.banner)) throw new Error('the wrong pages were compared');
    for (const [name, pick] of [['least', least], ['median', median]]) {
      const of = (which, what) => pick(seen[which].map((one) => one[what]));
      const [before, after] = ['without', 'with'].map((which) => of(which, 'paint'));
      console.log(`CPU × ${slower}, ${name}: first paint ${before.toFixed(1)} ms without, ${after.toFixed(1)} ms with the question (${(after - before).toFixed(1)} more), script ${pick(scripts).toFixed(1)} ms`);
    }
    const [before, after] = ['without', 'with'].map((which) => seen[which].map((one) => one.moved));
    console.log(`CPU × ${slower}: ${median(seen.with.map((one) => one.requests)) - median(seen.without.map((one) => one.requests))} requests more, largest layout shift ${Math.max(...before).toFixed(4)} without, ${Math.max(...after).toFixed(4)} with`);
  }
} finally {
  await asking.stop();
  await passing.stop();
  await shop.stop();
}
