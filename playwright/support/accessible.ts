// What axe knows of accessibility, asked in the page itself: it is brought there once, and lists nothing but what is wrong.

import type { Page } from '@playwright/test';
import axe from 'axe-core';
import { expect } from './expect.ts';

/** Nothing that axe finds. */
export async function expectAccessible(page: Page): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
  expect(found).toEqual([]);
}
