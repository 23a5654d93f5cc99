// The same short filming in other engines, by the ways that they have: two takes, a pause between, one film. What they lack
// is said; a leg that cannot run on this machine says why and holds nothing against the product.

import { writeFileSync } from 'node:fs';
import { filmIn, hears, type Engine } from './support/engines.ts';
import { decodeMessages, probeFile } from './support/film.ts';
import { expect, test, ticks } from './support/test.ts';

for (const { engine, capture } of [
  { engine: 'firefox', capture: 'callback' },
  { engine: 'webkit', capture: 'track' },
] satisfies { engine: Engine; capture: string }[]) {
  test(`${engine} films, pauses, films on and exports a film of equal tracks`, async ({}, info) => {
    const leg = await filmIn(engine);
    if ('skipped' in leg) return console.log(`leg skipped: ${engine}: ${leg.skipped}`);
    const { capabilities, segments, stats, events, report, duration, microphone, film } = leg.filmed;
    console.log(`${engine}: ${capabilities.capture}, ${capabilities.storage}, ${report.video} and ${report.audio}, microphone ${microphone}, captured ${stats.captured}, dropped ${JSON.stringify(stats.dropped)}, silence ${stats.silence.toFixed(2)} s, warnings ${report.warnings.join() || 'none'}`);
    expect(events).toEqual([]);
    expect(capabilities.capture).toBe(capture);
    expect(segments).toHaveLength(2);
    const { encoder, storage, gpu } = stats.dropped;
    expect(stats.captured).toBe(stats.encoded + encoder + storage + gpu);
    expect(segments.reduce((sum, { frames }) => sum + frames, 0)).toBe(stats.encoded);
    const path = info.outputPath('film.mp4');
    writeFileSync(path, Buffer.from(film, 'base64'));
    const { video, audio } = await probeFile(path);
    const length = segments.reduce((sum, { duration }) => sum + ticks(duration), 0);
    expect({ frames: video.packets.length, ticks: video.ticks, start: video.start }).toEqual({ frames: stats.encoded, ticks: length, start: 0 });
    expect(ticks(duration)).toBe(length);
    if (segments.some((segment) => segment.audio)) expect({ ticks: audio?.ticks, start: audio?.start }).toEqual({ ticks: length, start: 0 });
    expect(segments.map(({ skew }) => skew)).toEqual([0, 0]);
    expect(segments.every(({ frames }) => frames > 5)).toBe(true);
    // What Firefox invents is a tone: wherever it is heard, next to none of it is missing. Without a speaker it is not (said above).
    if (engine === 'firefox' && hears(engine) && microphone === 'live' && segments.every((segment) => segment.audio)) expect(stats.silence).toBeLessThan(0.3);
    expect(report.warnings.includes('storage_memory')).toBe(capabilities.storage === 'memory');
    // Firefox 153 describes its encoder by a parameter set without emulation prevention; ffmpeg says so and reads it. Pictures
    // that come one by one off a video carry stamps that wander, and ffmpeg's null muxer counts time in frames.
    const known = /SPS decoding failure|sps_id \d+ out of range|Last message repeated|non monotonically increasing dts to muxer/;
    const messages = (await decodeMessages(path)).split('\n').filter((line) => !known.test(line));
    expect(messages.filter(Boolean)).toEqual([]);
  });
}
