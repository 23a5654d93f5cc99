// Colours of what is drawn, where the browser is slow to say how it codes them.

import { execFileSync } from 'node:child_process';
import { numberedDevices } from './support/camera.ts';
import { exportFilm, openBlankPage, openStudio, patchWorker, settleClocks } from './support/studio.ts';
import { expect, test } from './support/test.ts';

const SMALL = { width: 320, height: 180 };

/** The measurement's encoder, which is handed a picture of a canvas 720 high, answers after so many milliseconds. */
const slowToAnswer = (ms: number) => `{
  const Real = self.VideoEncoder;
  self.VideoEncoder = class extends Real {
    #measured = false;
    encode(frame, options) {
      this.#measured ||= frame.codedHeight === 720 && frame.format?.startsWith('RGB');
      super.encode(frame, options);
    }
    async flush() {
      await super.flush();
      if (this.#measured) await new Promise((answer) => setTimeout(answer, ${ms}));
    }
  };
}`;

/** Red, green and blue of each frame, in the mean. */
function means(path: string): number[][] {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-vf', 'scale=1:1:flags=area', '-fps_mode', 'passthrough', '-enc_time_base', '1:48000', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { maxBuffer: 1 << 26 });
  return Array.from({ length: raw.length / 3 }, (_, frame) => [...raw.subarray(frame * 3, frame * 3 + 3)]);
}

// As it is in Chromium while a page of another process draws: the answer waits for the end of that.
for (const [name, ms] of [['late', 2500], ['not at all', 600_000]] as const) {
  test(`a browser that says ${name} how it codes what is drawn keeps no take waiting, and its colours are the camera's`, async ({ page }, info) => {
    await patchWorker(page, 'studio', slowToAnswer(ms));
    await openBlankPage(page, numberedDevices(SMALL));
    await openStudio(page, { size: SMALL });
    await page.evaluate(() => window.studio.camera.start({ facing: 'user' }));
    await settleClocks(page);
    await page.evaluate(() => window.studio.record());
    await page.waitForTimeout(1000);
    // Hardly to be seen, but drawn.
    await page.evaluate(() => window.studio.setLook([{ name: 'saturation', amount: 0.002 }]));
    await page.waitForTimeout(1000);
    const segments = await page.evaluate(async () => [...await window.studio.pause()]);
    expect(segments).toHaveLength(2);
    const exported = await exportFilm(page, info.outputPath('film.mp4'));
    expect(exported.report).toMatchObject({ joined: 'copy', warnings: expect.not.arrayContaining(['colour_matrix']) as string[] });
    const colours = means(exported.path);
    const first = segments[0]?.frames ?? 0;
    const [filmed, drawn] = [colours[first - 2] ?? [], colours[first + 4] ?? []];
    console.log(`filmed ${filmed.join()}, drawn ${drawn.join()}`);
    // Of light the pictures' numbers change a little; of a wrong matrix the distance of red and blue changes by 7.
    const warmth = ([red = NaN, , blue = NaN]: number[]) => red - blue;
    expect(Math.abs(warmth(filmed) - warmth(drawn))).toBeLessThanOrEqual(3);
  });
}
