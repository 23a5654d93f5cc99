/** A studio's figures over the lives of its workers. */

import type { Stats } from './types.js';

/** Of a studio that has not filmed. */
export const NO_STATS: Stats = Object.freeze({
  captured: 0,
  encoded: 0,
  thinned: 0,
  dropped: { source: 0, encoder: 0, storage: 0, gpu: 0 },
  silence: 0,
  fps: 0,
  encodeMs: 0,
  queue: 0,
  storedLag: 0,
  bytes: 0,
  compressionRatio: 0,
  passes: 0,
  copies: 0,
  textures: 0,
  programs: 0,
  openFrames: 0,
  skew: 0,
});

/** What counts goes on over a restart; the other figures are those of now. */
export function sum(before: Stats, now: Stats): Stats {
  const dropped = { ...now.dropped };
  for (const reason of Object.keys(dropped) as (keyof typeof dropped)[]) dropped[reason] += before.dropped[reason];
  const stats = { ...now, dropped: Object.freeze(dropped) };
  for (const name of ['captured', 'encoded', 'thinned', 'silence', 'bytes', 'copies', 'programs'] as const) stats[name] += before[name];
  return Object.freeze(stats);
}
