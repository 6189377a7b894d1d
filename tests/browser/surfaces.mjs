// Everything of ours that a visitor meets, and how to get there.

import { gateway, settle, until } from './harness.mjs';

/** A page of the shop that has a film: before an answer a placeholder stands there. */
const FILM = '/guide/vinterdekk';

/** Opens the preference centre over the page that is shown, and gives its locator. */
export async function openDialog(page, from = '#consentry-open') {
  await page.locator(from).click();
  const dialog = page.locator('#consentry-dialog dialog');
  await dialog.waitFor();
  return dialog;
}

const own = (path) => async (visitor) => {
  await visitor.page.goto(gateway.shop + gateway.prefix + path, { waitUntil: 'load' });
  return 'html';
};

/** Name → opens it and gives a selector of what is ours in the document. */
export const SURFACES = {
  banner: async (visitor) => { await visitor.open('/'); return '#consentry-banner'; },
  'standing link': async (visitor) => { await visitor.open('/'); return '#consentry-open'; },
  placeholder: async (visitor) => { await visitor.open(FILM); return 'iframe[data-consentry-held]'; },
  dialog: async (visitor) => {
    await visitor.open('/');
    await openDialog(visitor.page, '#consentry-banner [data-role="preferences"]');
    return '#consentry-dialog';
  },
  'preference page': own('/consent'),
  declaration: own('/cookies'),
  'my data': own('/my-data'),
  statistics: own('/statistics'),
  error: own('/nothing-is-here'),
};

/** Opens each category of what is shown, so that everything in it is seen. */
export async function openDetails(page) {
  await page.evaluate(() => {
    const roots = [document, document.querySelector('#consentry-dialog')?.shadowRoot].filter(Boolean);
    for (const root of roots) for (const details of root.querySelectorAll('details')) details.open = true;
  });
}

/** Waits for a stored answer and what follows it. */
export async function answered(visitor, press) {
  const posted = visitor.page.waitForResponse((r) => r.request().method() === 'POST' && r.url().includes(`${gateway.prefix}/choice`));
  await press();
  await posted;
  await until('the page after the answer', async () => (await visitor.jar()).includes('consentry'));
  await settle(visitor.page);
}
