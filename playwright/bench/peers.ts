// The peers of the container bench, each used as its own documents say for the least work: packets copied, never decoded.
// Every module comes from node_modules through our own server's address; versions are those of the lockfile.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageFolder, packageVersion, type Contestant } from './contest.ts';

type FastStart = 'in-memory' | 'fragmented';

const mediabunnyFolders = () => ({ mediabunny: `${packageFolder('mediabunny')}/dist/bundles` });

/** Packet sinks into packet sources. Its Conversion would re-encode a trim that does not start at 0. */
export const mediabunny: Contestant = {
  name: `Mediabunny ${packageVersion('mediabunny')}`,
  absent: {},
  folders: mediabunnyFolders(),
  install: (page) => page.evaluate(async () => {
    const address = '/peer/mediabunny/mediabunny.mjs';
    const library = await import(address) as typeof import('mediabunny');
    const { BlobSource, BufferTarget, EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource, Input, MP4, Mp4OutputFormat, Output } = library;
    const open = async (file: File) => {
      const input = new Input({ source: new BlobSource(file), formats: [MP4] });
      const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
      if (!video || !audio) throw new Error('a track is missing');
      return { input, video, audio, pictures: new EncodedPacketSink(video), sounds: new EncodedPacketSink(audio) };
    };
    const copy = async (files: File[], range: { start: number; end: number } | null) => {
      const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target: new BufferTarget() });
      const [picture, sound] = [new EncodedVideoPacketSource('avc'), new EncodedAudioPacketSource('aac')];
      output.addVideoTrack(picture);
      output.addAudioTrack(sound);
      await output.start();
      let base = 0;
      for (const file of files) {
        const { input, video, audio, pictures, sounds } = await open(file);
        const [pictureConfig, soundConfig] = [await video.getDecoderConfig(), await audio.getDecoderConfig()];
        if (!pictureConfig || !soundConfig) throw new Error('a decoder configuration is missing');
        const [pictureMeta, soundMeta] = [{ decoderConfig: pictureConfig }, { decoderConfig: soundConfig }];
        const [start, end] = [range?.start ?? 0, range?.end ?? Infinity];
        const key = range ? await pictures.getKeyPacket(start) : null;
        const zero = (key?.timestamp ?? 0) - base;
        const first = range ? await sounds.getPacket(key?.timestamp ?? 0) : null;
        let last = 0;
        const both = [
          async () => {
            for await (const packet of key ? pictures.packets(key) : pictures.packets()) {
              if (packet.timestamp >= end) break;
              await picture.add(packet.clone({ timestamp: packet.timestamp - zero }), pictureMeta);
              last = Math.max(last, packet.timestamp - zero + packet.duration);
            }
          },
          async () => {
            for await (const packet of first ? sounds.packets(first) : sounds.packets()) {
              if (packet.timestamp >= end) break;
              const timestamp = packet.timestamp - zero;
              if (timestamp < base) continue; // priming of the encoder; a film must not begin before 0
              await sound.add(packet.clone({ timestamp }), soundMeta);
            }
          },
        ];
        await Promise.all(both.map((task) => task()));
        base = last;
        input.dispose();
      }
      await output.finalize();
      return { data: new Blob([output.target.buffer ?? new ArrayBuffer(0)], { type: 'video/mp4' }) };
    };
    window.contestant = {
      join: (files) => copy(files, null),
      trim: (file, range) => copy([file], range),
      openAndSeek: async (file, seconds) => {
        const { input, pictures } = await open(file);
        const packet = await pictures.getKeyPacket(seconds, { metadataOnly: true });
        input.dispose();
        return packet && { timestamp: packet.timestamp, key: packet.type === 'key' };
      },
    };
  }),
};

export const mediabunnyMux = (fastStart: FastStart): Contestant => ({
  name: `${mediabunny.name}, ${fastStart}`,
  absent: {},
  folders: mediabunnyFolders(),
  install: (page) => page.evaluate(async (layout) => {
    const address = '/peer/mediabunny/mediabunny.mjs';
    const library = await import(address) as typeof import('mediabunny');
    const { BufferTarget, EncodedAudioPacketSource, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } = library;
    window.contestant = {
      mux: async ({ video, audio, fps, codec, avcC, opusHead, width, height }) => {
        const output = new Output({ format: new Mp4OutputFormat({ fastStart: layout }), target: new BufferTarget() });
        const [picture, sound] = [new EncodedVideoPacketSource('avc'), new EncodedAudioPacketSource('opus')];
        output.addVideoTrack(picture, { frameRate: fps });
        output.addAudioTrack(sound);
        await output.start();
        const pictureMeta = { decoderConfig: { codec, codedWidth: width, codedHeight: height, description: avcC } };
        const soundMeta = { decoderConfig: { codec: 'opus', sampleRate: 48000, numberOfChannels: 2, description: opusHead } };
        let heard = 0;
        for (let frame = 0; frame < video.count; frame += 1) {
          for (; heard < audio.count && heard / 50 <= frame / fps; heard += 1) {
            await sound.add(new EncodedPacket(audio.data[heard % audio.data.length] as Uint8Array, 'key', heard / 50, 0.02), soundMeta);
          }
          const [units, type] = frame % fps === 0 ? [video.keys, 'key' as const] : [video.deltas, 'delta' as const];
          await picture.add(new EncodedPacket(units[frame % units.length] as Uint8Array, type, frame / fps, 1 / fps), pictureMeta);
        }
        for (; heard < audio.count; heard += 1) await sound.add(new EncodedPacket(audio.data[heard % audio.data.length] as Uint8Array, 'key', heard / 50, 0.02), soundMeta);
        await output.finalize();
        return { data: output.target.buffer ?? new ArrayBuffer(0) };
      },
    };
  }, fastStart),
});

export const mp4MuxerMux = (fastStart: FastStart): Contestant => ({
  name: `mp4-muxer ${packageVersion('mp4-muxer')}, ${fastStart}`,
  absent: {},
  folders: { 'mp4-muxer': `${packageFolder('mp4-muxer')}/build` },
  install: (page) => page.evaluate(async (layout) => {
    const address = '/peer/mp4-muxer/mp4-muxer.mjs';
    const { ArrayBufferTarget, Muxer } = await import(address) as typeof import('mp4-muxer');
    window.contestant = {
      mux: async ({ video, audio, fps, codec, avcC, opusHead, width, height }) => {
        const target = new ArrayBufferTarget();
        const muxer = new Muxer({ target, fastStart: layout, video: { codec: 'avc', width, height, frameRate: fps }, audio: { codec: 'opus', numberOfChannels: 2, sampleRate: 48000 } });
        const pictureMeta = { decoderConfig: { codec, codedWidth: width, codedHeight: height, description: avcC } };
        const soundMeta = { decoderConfig: { codec: 'opus', sampleRate: 48000, numberOfChannels: 2, description: opusHead } };
        let heard = 0;
        for (let frame = 0; frame < video.count; frame += 1) {
          for (; heard < audio.count && heard / 50 <= frame / fps; heard += 1) {
            muxer.addAudioChunkRaw(audio.data[heard % audio.data.length] as Uint8Array, 'key', heard * 20_000, 20_000, soundMeta);
          }
          const [units, type] = frame % fps === 0 ? [video.keys, 'key' as const] : [video.deltas, 'delta' as const];
          muxer.addVideoChunkRaw(units[frame % units.length] as Uint8Array, type, frame / fps * 1e6, 1e6 / fps, pictureMeta);
        }
        for (; heard < audio.count; heard += 1) muxer.addAudioChunkRaw(audio.data[heard % audio.data.length] as Uint8Array, 'key', heard * 20_000, 20_000, soundMeta);
        muxer.finalize();
        return { data: target.buffer };
      },
    };
  }, fastStart),
});

/** Samples extracted from each file and added to a new one; the only film it writes is one fragment for each sample. */
export const mp4box: Contestant = {
  name: `mp4box.js ${packageVersion('mp4box')}`,
  absent: {},
  folders: { mp4box: `${packageFolder('mp4box')}/dist` },
  install: (page) => page.evaluate(async () => {
    const address = '/peer/mp4box/mp4box.all.mjs';
    const { createFile, MP4BoxBuffer } = await import(address) as typeof import('mp4box');
    type IsoFile = ReturnType<typeof createFile>;
    type Sample = ReturnType<IsoFile['getTrackSample']>;
    type Tracks = { ids: Map<string, number>; ends: Map<string, number> };
    /** All samples of a file, decode order, through `extract`. */
    const read = async (file: File, extract: (isoFile: IsoFile, kind: string, samples: Sample[]) => void) => {
      const source = createFile(true); // keeps mdat, which samples are extracted from
      const kinds = new Map<number, string>();
      source.onReady = ({ tracks }) => {
        for (const { id, type, nb_samples } of tracks) {
          kinds.set(id, type ?? 'other');
          source.setExtractionOptions(id, undefined, { nbSamples: Math.max(nb_samples, 1) });
        }
        source.start();
      };
      const failures: string[] = [];
      source.onError = (module, message) => failures.push(`${module}: ${message}`);
      source.onSamples = (id, _, samples) => {
        extract(source, kinds.get(id) ?? 'other', samples);
        source.releaseUsedSamples(id, (samples.at(-1)?.number ?? 0) + 1);
      };
      source.appendBuffer(MP4BoxBuffer.fromArrayBuffer(await file.arrayBuffer(), 0), true);
      source.flush();
      if (failures.length > 0) throw new Error(failures.join('; '));
    };
    const write = (output: IsoFile, tracks: Tracks, source: IsoFile, kind: string, samples: Sample[], base: number) => {
      const first = samples[0];
      if (!first) return;
      if (!tracks.ids.has(kind)) {
        const entry = source.getTrackById(first.track_id).mdia.minf.stbl.stsd.entries[0] as unknown as { type: 'avc1' | 'mp4a'; boxes?: never[]; width?: number; height?: number; channel_count?: number; samplerate?: number };
        const shape = kind === 'video' ? { width: entry.width ?? 0, height: entry.height ?? 0, hdlr: 'vide' } : { channel_count: entry.channel_count ?? 2, samplerate: entry.samplerate ?? 48000, hdlr: 'soun' };
        tracks.ids.set(kind, output.addTrack({ type: entry.type, timescale: first.timescale, description_boxes: entry.boxes ?? [], ...shape }));
      }
      for (const { data, duration, dts, cts, is_sync } of samples) {
        if (data) output.addSample(tracks.ids.get(kind) ?? 0, data, { duration, dts: dts - first.dts + base, cts: cts - first.dts + base, is_sync });
        tracks.ends.set(kind, dts - first.dts + base + duration);
      }
    };
    const finish = (output: IsoFile) => {
      const { buffer } = output.getBuffer();
      return { data: new Blob([buffer], { type: 'video/mp4' }) };
    };
    window.contestant = {
      join: async (files) => {
        const [output, tracks] = [createFile(), { ids: new Map<string, number>(), ends: new Map<string, number>() }];
        for (const file of files) await read(file, (source, kind, samples) => write(output, tracks, source, kind, samples, tracks.ends.get(kind) ?? 0));
        return finish(output);
      },
      trim: async (file, { start, end }) => {
        const [output, tracks] = [createFile(), { ids: new Map<string, number>(), ends: new Map<string, number>() }];
        await read(file, (source, kind, samples) => {
          const from = samples.findLastIndex(({ is_sync, cts, timescale }) => is_sync && cts / timescale <= start);
          const kept = samples.slice(Math.max(from, 0)).filter(({ cts, timescale }) => cts / timescale < end);
          write(output, tracks, source, kind, kept, 0);
        });
        return finish(output);
      },
      openAndSeek: async (file, seconds) => {
        const source = createFile();
        let video = 0;
        source.onReady = ({ videoTracks }) => { video = videoTracks[0]?.id ?? 0; };
        for (let at = 0; video === 0 && at < file.size;) {
          const piece = await file.slice(at, at + (1 << 20)).arrayBuffer();
          at = source.appendBuffer(MP4BoxBuffer.fromArrayBuffer(piece, at)) ?? at + piece.byteLength;
        }
        const { time } = source.seekTrack(seconds, true, source.getTrackById(video));
        return { timestamp: time, key: true };
      },
    };
  }),
};

/** It has to be bundled: its parts are CommonJS and bare imports. */
export async function webav(): Promise<Contestant> {
  const outDir = fileURLToPath(new URL('../artifacts/peers/webav', import.meta.url));
  mkdirSync(outDir, { recursive: true });
  const { build } = await import('vite');
  const entry = `${packageFolder('@webav/av-cliper')}/dist/av-cliper.js`;
  await build({ configFile: false, logLevel: 'error', publicDir: false, build: { lib: { entry, formats: ['es'], fileName: () => 'webav.mjs' }, outDir, emptyOutDir: true, target: 'esnext' } });
  return {
    name: `WebAV ${packageVersion('@webav/av-cliper')}`,
    absent: { trim: 'none without encoding', mux: 'none' },
    folders: { webav: outDir },
    install: (page) => page.evaluate(async () => {
      const address = '/peer/webav/webav.mjs';
      const { fastConcatMP4, Log, MP4Clip } = await import(address) as typeof import('@webav/av-cliper');
      Log.setLogLevel(Log.error);
      window.contestant = {
        join: async (files) => {
          const stream = await fastConcatMP4(files.map((file) => file.stream()));
          return { data: await new Response(stream, { headers: { 'Content-Type': 'video/mp4' } }).blob() };
        },
        openAndSeek: async (file) => {
          const clip = new MP4Clip(file.stream());
          await clip.ready; // from here its tick(time) decodes; finding a sample is not offered
          clip.destroy();
          return null;
        },
      };
    }),
  };
}

/** Single thread; files mounted, not copied in; the film comes out of its memory file system. */
export const ffmpegWasm: Contestant = {
  name: `ffmpeg.wasm ${packageVersion('@ffmpeg/ffmpeg')}, core ${packageVersion('@ffmpeg/core')}`,
  absent: { mux: 'none' },
  folders: { ffmpeg: `${packageFolder('@ffmpeg/ffmpeg')}/dist/esm`, 'ffmpeg-core': `${packageFolder('@ffmpeg/core')}/dist/esm` },
  install: (page) => page.evaluate(async () => {
    const address = '/peer/ffmpeg/index.js';
    const { FFmpeg } = await import(address) as typeof import('@ffmpeg/ffmpeg');
    const ffmpeg = new FFmpeg();
    const log: string[] = [];
    ffmpeg.on('log', ({ message }) => log.push(message));
    const root = `${location.origin}/peer/ffmpeg-core/ffmpeg-core`;
    await ffmpeg.load({ coreURL: `${root}.js`, wasmURL: `${root}.wasm` });
    await ffmpeg.createDir('/in');
    const run = async (files: File[], args: string[], output: string) => {
      log.length = 0;
      await ffmpeg.mount('WORKERFS' as never, { blobs: files.map((data, index) => ({ name: `${index}.mp4`, data })) }, '/in');
      try {
        const code = await ffmpeg.exec(['-nostdin', '-y', ...args, output]);
        if (code !== 0) throw new Error(`exit ${code}: ${log.slice(-3).join(' ')}`);
        return await ffmpeg.readFile(output) as Uint8Array<ArrayBuffer>;
      } finally {
        await ffmpeg.unmount('/in');
        await ffmpeg.deleteFile(output).catch(() => {});
      }
    };
    window.contestant = {
      join: async (files) => {
        await ffmpeg.writeFile('list.txt', files.map((_, index) => `file '/in/${index}.mp4'\n`).join(''));
        return { data: new Blob([await run(files, ['-f', 'concat', '-safe', '0', '-i', 'list.txt', '-c', 'copy'], 'out.mp4')], { type: 'video/mp4' }) };
      },
      trim: async (file, { start, end }) => (
        { data: new Blob([await run([file], ['-ss', String(start), '-to', String(end), '-i', '/in/0.mp4', '-c', 'copy'], 'out.mp4')], { type: 'video/mp4' }) }
      ),
      openAndSeek: async (file, seconds) => {
        await run([file], ['-ss', String(seconds), '-i', '/in/0.mp4', '-map', '0:v', '-frames:v', '1', '-c', 'copy', '-f', 'h264'], 'out.h264');
        return null;
      },
    };
  }),
};
