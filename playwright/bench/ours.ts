// onetake and the copy floor as contestants of the container bench. onetake is called as any page would call it; where the
// public API has no such call (seeking in a file, muxing units) a bench hook of the engine stands in, both in `hooks`.

import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type * as Onetake from 'onetake';
import type { Contest, Contestant } from './contest.ts';

/**
 * Functions for the page, run there after `window.contestant` has the public calls; null: not wired, and shown so.
 * `openAndSeek` opens the file anew each time; `mux` fills a film in memory unit by unit, as a recorder would.
 */
const hooks: { openAndSeek: Contest['openAndSeek'] | null; mux: Contest['mux'] | null } = {
  openAndSeek: async (file, seconds) => {
    const engine = await window.engine;
    return { timestamp: await engine.openAndSeek(file, seconds), key: true };
  },
  mux: async ({ avcC, width, height, fps, video, audio }) => {
    const engine = await window.engine;
    const muxer = new engine.Muxer(avcC, width, height, fps);
    let packets = 0;
    for (let unit = 0; unit < video.count; unit += 1) {
      for (; packets < audio.count && packets * fps <= unit * 50; packets += 1) muxer.audio(audio.data[packets % audio.data.length]!);
      const key = unit % fps === 0;
      const data = key ? video.keys : video.deltas;
      muxer.video(data[unit % data.length]!, key);
    }
    for (; packets < audio.count; packets += 1) muxer.audio(audio.data[packets % audio.data.length]!);
    return { data: muxer.finish() };
  },
};

/** What target/bench/wasm/bench.js exports (crate/web/src/bench.rs). */
type Engine = {
  default(): Promise<unknown>;
  openAndSeek(file: Blob, seconds: number): Promise<number>;
  Muxer: new (avcC: Uint8Array, width: number, height: number, fps: number) => {
    video(unit: Uint8Array, key: boolean): void; audio(unit: Uint8Array): void; finish(): Blob;
  };
};

declare global {
  interface Window {
    engine: Promise<Engine>;
  }
}

export const onetake: Contestant = {
  name: 'onetake',
  absent: { ...(hooks.openAndSeek ? {} : { openAndSeek: 'not wired' }), ...(hooks.mux ? {} : { mux: 'not wired' }) },
  folders: { onetake: fileURLToPath(new URL('../../target/bench/wasm', import.meta.url)) },
  install: async (page: Page) => {
    await page.evaluate(async () => {
      const hooks = '/peer/onetake/bench.js';
      window.engine = import(hooks).then(async (engine: Engine) => {
        await engine.default();
        return engine;
      });
      await window.engine;
      const address = '/pkg/index.js';
      const package_ = await import(address) as typeof Onetake;
      const made = (film: Onetake.Film) => ({ data: film.file, release: () => film.release() });
      window.contestant = {
        join: async (files) => made(await package_.join(files)),
        trim: async (file, { start, end }) => made(await package_.trim(file, { start, end })),
      };
    });
    for (const [name, hook] of Object.entries(hooks)) {
      if (hook) await page.evaluate(`window.contestant.${name} = (${String(hook)})`);
    }
  },
};

/** Opening alone: `inspect` reads all tables and answers a description, a round trip through the worker included. */
export const onetakeInspect: Contestant = {
  name: 'onetake inspect() (opens, no seek)',
  absent: {},
  install: (page) => page.evaluate(async () => {
    const address = '/pkg/index.js';
    const package_ = await import(address) as typeof Onetake;
    window.contestant = {
      openAndSeek: async (file) => {
        await package_.inspect(file);
        return null;
      },
    };
  }),
};

/** What anybody pays who copies: each byte read once, one new Blob of them. A trim keeps 2/3 of the bytes. */
export const floor: Contestant = {
  name: 'copy floor',
  absent: {},
  install: (page) => page.evaluate(() => {
    window.contestant = {
      join: async (files) => {
        const parts: ArrayBuffer[] = [];
        for (const file of files) parts.push(await file.arrayBuffer());
        return { data: new Blob(parts, { type: 'video/mp4' }) };
      },
      trim: async (file) => ({ data: new Blob([await file.slice(file.size / 6, file.size / 6 * 5).arrayBuffer()], { type: 'video/mp4' }) }),
    };
  }),
};
