// The bars over the picture: each goes when its own cause is over, whatever else begins and ends meanwhile. Pages are hidden and
// tracks muted by their events: headless Chromium does neither.

import { installInterruptions } from './support/controls.ts';
import { expect, test } from './support/screen.ts';

test('the end of one interruption takes no word of another away, and uncovers what was not read', async ({ visit }) => {
  const screen = await visit({ before: installInterruptions });
  const { page, t } = screen;
  const bar = (words: string) => page.getByRole('alert').filter({ hasText: words });
  await screen.ready();
  await screen.record.click();
  await expect.poll(() => screen.live()).toBeGreaterThan(0.3);
  await page.evaluate(() => window.mute('audio', true));
  await expect(bar(`${t.recordingOn} ${t.soundOffMuted}`)).toBeVisible();
  await page.evaluate(() => window.hide(true));
  await expect(bar(t.hidden)).toBeVisible();
  // The take is over: nothing goes on without sound, but there is none.
  await expect(bar(t.recordingOn)).toBeHidden();
  await expect(bar(t.soundOffMuted)).toBeVisible();
  await page.evaluate(() => window.mute('video', true));
  await expect(bar(t.mutedCamera)).toBeVisible();
  await page.evaluate(() => window.hide(false));
  await page.waitForTimeout(200);
  await expect(bar(t.mutedCamera)).toBeVisible();
  await expect(bar(t.soundOffMuted)).toBeVisible();
  await page.evaluate(() => window.mute('video', false));
  await expect(bar(t.mutedCamera)).toBeHidden();
  await expect(bar(t.hidden)).toBeVisible();
  await expect(bar(t.soundOffMuted)).toBeVisible();
  await page.evaluate(() => window.mute('audio', false));
  await expect(bar(t.soundOffMuted)).toBeHidden();
  await page.getByRole('button', { name: t.dismiss }).click();
  await expect(page.locator('.notice')).toHaveCount(0);
});

test('what was dismissed is not said again when something else is over', async ({ visit }) => {
  const screen = await visit({ before: installInterruptions });
  const { page, t } = screen;
  const bar = (words: string) => page.getByRole('alert').filter({ hasText: words });
  await screen.ready();
  await page.evaluate(() => window.mute('audio', true));
  await expect(bar(t.soundOffMuted)).toBeVisible();
  await page.getByRole('button', { name: t.dismiss }).click();
  await page.evaluate(() => window.mute('video', true));
  await expect(bar(t.mutedCamera)).toBeVisible();
  await page.evaluate(() => window.mute('video', false));
  await expect(page.locator('.notice')).toHaveCount(0);
  // A cause that comes again is news.
  await page.evaluate(() => (window.mute('audio', false), window.mute('audio', true)));
  await expect(bar(t.soundOffMuted)).toBeVisible();
});

test('a recorder that is restarted without its camera says that the camera is gone, and takes it back', async ({ visit }) => {
  const screen = await visit();
  const { page, t } = screen;
  await screen.ready();
  await screen.take(0.6);
  await page.evaluate(() => {
    // One way in which the tracks do not reach the next worker.
    const scope = window as unknown as { MediaStreamTrackProcessor: unknown; mend: () => void };
    const { MediaStreamTrackProcessor } = scope;
    scope.mend = () => (scope.MediaStreamTrackProcessor = MediaStreamTrackProcessor);
    scope.MediaStreamTrackProcessor = function () {
      throw new DOMException('a test refuses', 'NotSupportedError');
    };
    [...(window.openPictures?.keys() ?? [])].forEach((worker) => worker.dispatchEvent(new ErrorEvent('error', { message: 'killed by a test' })));
  });
  await expect(page.getByRole('heading', { name: t.lostTitle })).toBeVisible();
  await expect(page.getByText(t.safeOne)).toBeVisible();
  await page.evaluate(() => (window as unknown as { mend(): void }).mend());
  await screen.button(t.turnOnAgain).click();
  await screen.ready();
  await expect(page.locator('.notice')).toHaveCount(0);
  await expect(screen.cells).toHaveCount(1);
  await screen.take(0.6);
});
