// Takes the two pictures of the README from a running demo: node pictures.mjs DIRECTORY

import { join } from 'node:path';
import { gateway, newVisitor, settle } from './harness.mjs';

const directory = process.argv[2] ?? '.';
const visitor = await newVisitor();
try {
  const { page } = visitor;
  await page.setViewportSize({ width: 1280, height: 800 });
  await visitor.open('/');
  await page.locator('#consentry-banner').waitFor();
  await page.screenshot({ path: join(directory, 'banner.png') });
  await page.setViewportSize({ width: 1280, height: 1100 });
  await page.goto(`${process.env.DASHBOARD ?? gateway.admin}`, { waitUntil: 'load' });
  await settle(page);
  await page.screenshot({ path: join(directory, 'dashboard.png') });
} finally {
  await visitor.close();
}
