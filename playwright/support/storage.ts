// Browsers that give a page no files, as private windows do.

import type { Page } from '@playwright/test';

/** Takes the origin private file system from this page and its workers. Workers run `code` too. */
export async function withoutFiles(page: Page, code = ''): Promise<void> {
  const gone = 'delete StorageManager.prototype.getDirectory;';
  await page.addInitScript({ content: gone });
  await page.route(/\/(store|probe)(-[\w-]+)?\.js$/, async (request) => {
    const response = await request.fetch();
    await request.fulfill({ response, body: `${gone}\n${code}\n${await response.text()}` });
  });
}
