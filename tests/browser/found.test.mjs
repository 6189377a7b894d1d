// What a visitor's browser sent stands on the dashboard's page of what was found, with lines for the settings.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateway, newVisitor } from './harness.mjs';

test('what was found is listed with whose it is, and can be copied for the settings', async () => {
  const visitor = await newVisitor();
  try {
    await visitor.context.addCookies([{ name: 'utprovd_9f8e7d6c5b4a', value: 'hemmelig', url: gateway.shop }]);
    await visitor.open('/');
    const { page } = visitor;
    await page.goto(`${gateway.admin}/?page=found#token=${gateway.token}`);
    const row = page.locator('#found tr', { hasText: 'utprovd_*' });
    await row.waitFor();
    assert.match(await row.innerText(), /Cookie\s+utprovd_\*\s+Unknown\s+held\s+browsers only/);
    const lines = await page.locator('#found textarea').inputValue();
    assert.ok(lines.includes('\n#cookie = "utprovd_*"\n'), lines);
    assert.ok(lines.split('\n').every((line) => line === '' || line.startsWith('#')), lines);
    assert.ok(!(await page.content()).includes('9f8e7d6c5b4a'), 'an identifier is shown');
    await page.locator('#page').click();
    await page.locator('#series').waitFor();
    assert.deepEqual(visitor.faults, []);
  } finally {
    await visitor.close();
  }
});
