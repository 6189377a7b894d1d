// The dashboard tells what became of the question, and gives every panel as a table to keep.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { answer, ask, gateway, newVisitor, until } from './harness.mjs';

test('a no and a silence are told in the panel of consent, by language too', async () => {
  // A visit is asked once: one that no other test has begun.
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.7390.5 Safari/537.36';
  const visitor = await newVisitor({ language: 'en-GB', userAgent });
  try {
    const before = await ask(['events'], ['event:choice']);
    const more = async (value) => ((await ask(['events'], ['event:choice']))[value]?.[0] ?? 0) - (before[value]?.[0] ?? 0);
    await visitor.open('/dekk');
    await until('the silence is counted', async () => (await more('shown')) >= 1 && (await more('ignored')) >= 1);
    await answer(visitor, 'reject-all');
    await until('the no is counted', async () => (await more('refused')) >= 1);

    const { page } = visitor;
    await page.goto(`${gateway.admin}/#token=${gateway.token}`, { waitUntil: 'load' });
    const no = page.locator('#consent .legend li', { hasText: 'No to all' }).locator('.number').last();
    await no.waitFor();
    assert.ok(Number((await no.textContent()).replace(/\D/g, '')) >= 1);
    await page.locator('#consent button.row').first().click();
    await page.locator('#consent .chip').waitFor();
    await page.locator('#consent .chip').click();
    await page.locator('#consent .chip').waitFor({ state: 'detached' });

    for (const [button, first] of [['#consent .csv', 'event:choice,events'], ['#series-csv', 'time:day,visitors'], ['#list-0 .csv', 'event:page,visitors']]) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator(button).click()]);
      assert.ok(readFileSync(await download.path(), 'utf8').startsWith(first), button);
    }
  } finally {
    await visitor.close();
  }
});
