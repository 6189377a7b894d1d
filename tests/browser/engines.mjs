// What the tests in browsers other than Chromium share: how a page is walked, and whom it spoke to.

import assert from 'node:assert/strict';
import { CARRIERS, DOMAINS } from './carriers.mjs';
import { until } from './harness.mjs';

/** Every category's hosts, as the shop's pages take them. */
export const EVERY = Object.values(DOMAINS).join(',');
/** What a yes to everything reads like in a page. */
export const ALL = 'necessary,preferences,statistics,marketing';
/** The key under which WebDriver names an element (section 12.2). */
export const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
/** Named keys, as WebDriver has them (section 15.4.2). */
export const KEYS = { tab: '\uE004', enter: '\uE007', escape: '\uE00C', shift: '\uE008', space: ' ' };
/** Looks in a row that find nothing new before a page counts as quiet. */
const QUIET_LOOKS = 8;

/** A page of a shop. */
export const page = (body, head = '') => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>${head}</head><body><main>${body}</main></body></html>`;

/** Hosts that something was wanted from, as names of carriers, by category. */
export function spoken({ passed, outside }) {
  const hosts = new Set([...passed.asked, ...outside.requests.map((one) => one.host)]);
  return Object.fromEntries(Object.entries(DOMAINS).map(([category, domain]) => [
    category, [...hosts].filter((host) => host.endsWith(`.${domain}`)).map((host) => host.slice(0, -domain.length - 1)).sort(),
  ]));
}

/** Opens a page and waits until shop, proxy and recorder hear no more of it. */
export async function walk(visitor, shop, url) {
  await visitor.go(url);
  let [heard, looks] = [-1, 0];
  await until('quiet', () => {
    const now = shop.seen.length + visitor.passed.asked.length + visitor.outside.requests.length;
    looks = now === heard ? looks + 1 : 0;
    heard = now;
    return looks >= QUIET_LOOKS;
  });
}

export const consent = (visitor) => visitor.evaluate(() => String(self.consentry?.consent ?? ''));
export const isConsent = (visitor, wanted) => until(`the page for ${wanted}`, async () => (await consent(visitor).catch(() => '')) === wanted
  && visitor.evaluate(() => document.readyState === 'complete').catch(() => false));
/** Marks the page, so that another in its place shows. */
export const mark = (visitor) => visitor.evaluate(() => { self.isMarked = true; });
export const isNew = (visitor) => until('another page', () => visitor.evaluate(() => !self.isMarked && document.readyState === 'complete').catch(() => false));
/** Do the preferences lie over the page? */
export const isOpen = (visitor) => visitor.evaluate(() => Boolean(document.querySelector('#consentry-dialog')?.shadowRoot.querySelector('dialog')?.open));
/** What has focus, by what its role or its id says. */
export const focused = (visitor) => visitor.evaluate(() => document.activeElement.dataset.role ?? document.activeElement.id);

/** Every carrier was asked for without the gateway, but for those that the engine may leave (`maySleep`); without JavaScript the plainest. */
export function assertAwake(bare, javaScript, maySleep) {
  const wanted = javaScript ? CARRIERS.filter((one) => !maySleep.includes(one)) : ['image', 'stylesheet', 'noscript-image', 'frame', 'own-css'];
  assert.deepEqual(wanted.filter((one) => !bare.unknown.includes(one)), []);
}

/** What is granted works as without us, and nothing else leaves: `bare` holds what was asked for without the gateway. */
export async function assertOnlyGranted(visitor, shop, url, { bare, granted, lost }) {
  visitor.passed.forget();
  await walk(visitor, shop, url);
  const seen = spoken(visitor);
  const others = Object.entries(seen).filter(([category]) => !granted.includes(category));
  assert.deepEqual(others, others.map(([category]) => [category, []]), `with ${granted.join() || 'nothing'} granted`);
  for (const category of granted) {
    assert.deepEqual(bare[category].filter((one) => !seen[category].includes(one) && !lost.includes(one)), [], `${category} does not work`);
  }
  assert.equal((await visitor.every('#end')).length, 1, 'the page is whole');
}

/** In a page: writes under held names, by every store that there is. */
export async function writeWhatIsHeld() {
  const attempt = async (write) => { try { await write(); } catch { /* Refused aloud. */ } };
  const open = (name) => new Promise((done, fail) => { const asked = indexedDB.open(name); asked.onsuccess = done; asked.onerror = fail; });
  for (const name of ['test_statistics', '_ga', 'unknown_id']) {
    await attempt(() => { document.cookie = `${name}=1; path=/`; });
    await attempt(() => cookieStore.set(name, '1'));
    await attempt(() => cookieStore.set({ name, value: '1' }));
    await attempt(() => localStorage.setItem(name, '1'));
    await attempt(() => { localStorage[name] = '1'; });
    await attempt(() => { sessionStorage[name] = '1'; });
    await attempt(() => open(name));
    await attempt(() => caches.open(name));
  }
  await attempt(() => navigator.storage.getDirectory());
}
