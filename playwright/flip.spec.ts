// Exchanging cameras: in both orders, on devices that bear one camera or two, and when the other one does not come. Belongs here:
// what a flip may do to the camera, the take and the state. The films that come of flips are in pause_flip_resume.spec.ts.

import { BACK, FRONT, installCameras, numberedDevices } from './support/camera.ts';
import { installRefusals, seeded } from './support/controls.ts';
import { readFilm } from './support/film.ts';
import { exportFilm, gotoBlank, openStudio, recordTake } from './support/studio.ts';
import { expect, expectGoodFilm, statsOf, test } from './support/test.ts';
import { orderOf } from '../www/onetake/src/flip-order.ts';
import type { FlipOrder } from 'onetake';
import type { Page } from '@playwright/test';

const SIZE = { width: 640, height: 360 };
const ORDERS = ['stop-first', 'open-first'] as const;

async function openPage(page: Page, flipOrder: FlipOrder): Promise<void> {
  await installCameras(page, { ...numberedDevices(SIZE), log: false });
  await installRefusals(page);
  await gotoBlank(page);
  await openStudio(page, { size: SIZE, flipOrder });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
}

/** Records, flips in the middle of it, and says what became of flip, take and camera. */
function flipInTake(page: Page, prepare: Partial<Pick<Window, 'refusals' | 'second'>> = {}) {
  return page.evaluate(async (given) => {
    const { studio } = window;
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await studio.record();
    await wait(500);
    window.doings = [];
    Object.assign(window, given);
    const flip = await studio.camera.flip().catch((error: { code: string }) => error.code);
    const state = studio.state;
    await wait(500);
    const taken = await studio.pause();
    await wait(50);
    return { flip, state, after: studio.state, doings: window.doings, facings: taken.map(({ facing }) => facing), takes: new Set(studio.draft.segments.map(({ take }) => take)).size, segments: studio.draft.segments.length };
  }, prepare);
}

test('desktop engines are known to bear two cameras, phones and tablets are not', () => {
  const agent = (userAgent: string, maxTouchPoints = 0) => orderOf({ userAgent, maxTouchPoints });
  expect(agent('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36')).toBe('open-first');
  expect(agent('Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0')).toBe('open-first');
  expect(agent('Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36')).toBe('stop-first');
  expect(agent('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1')).toBe('stop-first');
  // An iPad that asks for desktop pages, and Safari on a Mac, of which nothing is known.
  expect(agent('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15', 5)).toBe('stop-first');
  expect(agent('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15')).toBe('stop-first');
});

test('stop-first never runs two cameras; open-first films on until the other one is there', async ({ page }) => {
  await openPage(page, 'stop-first');
  const stopped = await flipInTake(page);
  expect(stopped).toMatchObject({ flip: 'environment', state: 'recording', facings: ['user', 'environment'], takes: 1 });
  expect(stopped.doings).toEqual([`stop ${FRONT}`, `open ${BACK}`]);
  await page.evaluate(() => window.studio.close());
  await openStudio(page, { size: SIZE, draft: 'open', flipOrder: 'open-first' });
  await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
  const opened = await flipInTake(page);
  expect(opened).toMatchObject({ flip: 'environment', state: 'recording', facings: ['user', 'environment'], takes: 1 });
  expect(opened.doings).toEqual([`open ${BACK}`, `stop ${FRONT}`]);
});

for (const order of ORDERS) {
  for (const [name, code] of [['NotAllowedError', 'camera_denied'], ['NotReadableError', 'camera_busy'], ['NotFoundError', 'camera_missing']] as const) {
    test(`${order}: a camera that fails with ${name} is told of, and the old one goes on with the take`, async ({ page }) => {
      await openPage(page, order);
      const facts = await flipInTake(page, { refusals: { [BACK]: name } });
      expect(facts).toMatchObject({ flip: code, state: 'recording', after: 'preview', takes: 1 });
      // Where the old one filmed on, the take has no seam; one that is busy is tried again by itself, in the other order.
      const whole = order === 'open-first' && name !== 'NotReadableError';
      expect(facts.facings).toEqual(whole ? ['user'] : ['user', 'user']);
      const after = await page.evaluate(async () => {
        window.refusals = {};
        return window.studio.camera.flip();
      });
      expect(after).toBe('environment');
      expect(await recordTake(page, 0.4)).toHaveLength(1);
    });
  }

  test(`${order}: when neither camera can be had the take is closed and kept, and a later start films again`, async ({ page }) => {
    await openPage(page, order);
    // The other one is busy, and on letting go of the first another program takes that one too.
    const facts = await flipInTake(page, { refusals: { [BACK]: 'NotReadableError', [FRONT]: 'NotReadableError' } });
    expect(facts).toMatchObject({ flip: 'camera_busy', state: 'idle', after: 'idle', segments: 1 });
    const taken = await page.evaluate(async () => {
      window.refusals = {};
      await window.studio.camera.start();
      return window.studio.state;
    });
    expect(taken).toBe('preview');
    expect(await recordTake(page, 0.4)).toHaveLength(1);
    expect(await page.evaluate(() => window.studio.draft.segments.length)).toBe(2);
  });

  test(`${order}: fifty records, pauses and flips at seeded moments never leave an illegal state, and export`, async ({ page }, info) => {
    await openPage(page, order);
    const random = seeded(order === 'stop-first' ? 8 : 9);
    const steps = Array.from({ length: 50 }, () => ({ dice: random(), wait: random() * 150, refuse: random() < 0.15 }));
    // Nobody waits for anybody: half of these calls come while others are under way, and some cameras do not come.
    const facts = await page.evaluate(async ({ steps, back, front }) => {
      const { studio } = window;
      const codes = new Set<string>();
      const calls: Promise<unknown>[] = [];
      const illegal: string[] = [];
      let whileRecording = 0;
      let before: string = studio.state;
      const legal: Record<string, string[]> = { preview: ['recording', 'idle'], recording: ['preview', 'idle'], idle: ['preview'] };
      studio.on('state', (state) => {
        if (!legal[before]?.includes(state)) illegal.push(`${before} to ${state}`);
        before = state;
      });
      for (const { dice, wait, refuse } of steps) {
        window.refusals = refuse ? { [back]: 'NotAllowedError' } : {};
        if (dice >= 0.6 && studio.state === 'recording') whileRecording += 1;
        const call = dice < 0.35 ? studio.record() : dice < 0.6 ? studio.pause() : studio.camera.flip();
        calls.push(call.catch((error: { code?: string }) => codes.add(error.code ?? String(error))));
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
      window.refusals = {};
      await studio.pause();
      await Promise.all(calls);
      await studio.pause();
      return { codes: [...codes], illegal, whileRecording, state: studio.state, running: [front, back].includes((document.querySelector('video')?.srcObject as MediaStream | null)?.getVideoTracks()[0]?.getSettings().deviceId ?? '') };
    }, { steps, back: BACK, front: FRONT });
    expect(facts.codes.filter((code) => !['already_recording', 'aborted', 'camera_missing', 'camera_denied'].includes(code))).toEqual([]);
    expect(facts).toMatchObject({ illegal: [], state: 'preview', running: true });
    expect(facts.whileRecording).toBeGreaterThan(3);
    await recordTake(page, 1);
    const exported = await exportFilm(page, info.outputPath('film.mp4'));
    const segments = await page.evaluate(() => [...window.studio.draft.segments]);
    const film = await readFilm(exported.path, { camera: SIZE, fps: 30 });
    expectGoodFilm(film, exported, segments);
    const { captured, encoded, dropped } = await statsOf(page);
    expect([encoded, captured]).toEqual([film.video.packets.length, encoded + dropped.encoder + dropped.storage + dropped.gpu]);
  });
}

test('a device that refuses a second camera is found out once, and is flipped stop-first from then on', async ({ page }) => {
  await openPage(page, 'open-first');
  const first = await flipInTake(page, { second: 'refused' });
  expect(first).toMatchObject({ flip: 'environment', state: 'recording', facings: ['user', 'environment'] });
  expect(first.doings).toEqual([`NotReadableError ${BACK}`, `stop ${FRONT}`, `open ${BACK}`]);
  const second = await flipInTake(page);
  expect(second).toMatchObject({ flip: 'user', facings: ['environment', 'user'] });
  expect(second.doings).toEqual([`stop ${BACK}`, `open ${FRONT}`]);
});

test('a device that mutes the first camera when a second one opens is flipped stop-first from then on', async ({ page }) => {
  await openPage(page, 'open-first');
  const first = await flipInTake(page, { second: 'mutes' });
  expect(first).toMatchObject({ flip: 'environment', state: 'recording', facings: ['user', 'environment'] });
  expect(first.doings).toEqual([`open ${BACK}`, `stop ${FRONT}`]);
  const second = await flipInTake(page);
  expect(second.doings).toEqual([`stop ${BACK}`, `open ${FRONT}`]);
  // The mute of a track that was exchanged interrupts nobody.
  await page.waitForTimeout(1200);
  expect(await page.evaluate(() => window.heard.filter(({ event }) => event === 'interrupted'))).toEqual([]);
});
