// The raw log: what the browser really delivered, written down apart from the product. It reads a clone of each track
// (a MediaStreamTrackProcessor's `readable`, transferred) and keeps stamp, arrival and number of each frame, and stamp,
// arrival, length and rate of each block with the onsets of its beeps. It judges nothing; film.ts does.
// Runs in a worker of its own, after signal.js.

{
  /** @type {VideoLog[]} */
  const video = [];
  /** @type {AudioLog[]} */
  const audio = [];
  const wall = () => Math.round((performance.timeOrigin + performance.now()) * 1000); // us, comparable between workers

  addEventListener('message', (/** @type {MessageEvent} */ { data }) => {
    if (data.tap === 'video') void readVideo(data.device, data.readable.getReader());
    else if (data.tap === 'audio') void readAudio(data.device, data.readable.getReader());
    else if (data.log) postMessage({ id: data.id, result: report(data.marks) });
  });

  /** @param {string} device @param {ReadableStreamDefaultReader<VideoFrame>} reader */
  async function readVideo(device, reader) {
    /** @type {VideoLog} */
    const log = { device, frames: [] };
    video.push(log);
    let buffer = new Uint8Array(0);
    for (;;) {
      const { done, value: frame } = await reader.read();
      if (done) return;
      const arrival = wall();
      const visible = frame.visibleRect ?? { x: 0, y: 0, width: frame.codedWidth, height: frame.codedHeight };
      const field = cameraSignal.codeField(visible);
      const rect = { x: visible.x + field.x, y: visible.y + field.y, width: field.width, height: field.height };
      const bytes = frame.allocationSize({ rect });
      if (buffer.length < bytes) buffer = new Uint8Array(bytes);
      const [plane] = await frame.copyTo(buffer, { rect });
      const stamp = frame.timestamp;
      frame.close();
      if (!plane) continue;
      const code = cameraSignal.readCode((column, row) => {
        const x = Math.floor((column + 0.5) * field.edge);
        const y = Math.floor((row + 0.5) * field.edge);
        return buffer[plane.offset + y * plane.stride + x] ?? 0;
      });
      log.frames.push({ stamp, arrival, ...code });
    }
  }

  /** @param {string} device @param {ReadableStreamDefaultReader<AudioData>} reader */
  async function readAudio(device, reader) {
    /** @type {AudioLog} */
    const log = { device, blocks: [], sound: [] };
    audio.push(log);
    for (;;) {
      const { done, value: block } = await reader.read();
      if (done) return;
      const arrival = wall();
      const samples = new Float32Array(block.numberOfFrames);
      block.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      log.blocks.push({ stamp: block.timestamp, arrival, frames: block.numberOfFrames, rate: block.sampleRate });
      log.sound.push(samples);
      block.close();
    }
  }

  /** @param {'beep' | 'click'} kind */
  function report(kind) {
    return { origin: performance.timeOrigin * 1000, video, audio: audio.map(({ device, blocks, sound }) => ({ device, blocks, marks: stampMarks(blocks, sound, kind) })) };
  }

  /**
   * Marks with the stamp of their onset. Stamps of blocks are rounded (to 100 us without cross-origin isolation), so a
   * mark is placed by the mean of the blocks within a second of it that follow each other without a hole.
   * @param {AudioLog['blocks']} blocks @param {Float32Array[]} sound @param {'beep' | 'click'} kind
   */
  function stampMarks(blocks, sound, kind) {
    const first = blocks[0];
    if (!first) return [];
    const whole = new Float32Array(blocks.reduce((sum, block) => sum + block.frames, 0));
    /** @type {number[]} */
    const starts = [];
    let length = 0;
    sound.forEach((samples) => {
      starts.push(length);
      whole.set(samples, length);
      length += samples.length;
    });
    /** Stamp of sample 0 if this block's clock had always run. @param {number} index */
    const base = (index) => (blocks[index]?.stamp ?? 0) - ((starts[index] ?? 0) * 1e6) / first.rate;
    return cameraSignal.findMarks(whole, first.rate, kind).map(({ at, score }) => {
      const after = starts.findIndex((start) => start > at);
      const block = after < 0 ? starts.length - 1 : Math.max(0, after - 1);
      let [low, high, sum] = [block, block, base(block)];
      while (block - low < 100 && low > 0 && Math.abs(base(low - 1) - base(low)) < 1500) sum += base(low -= 1);
      while (high - block < 100 && high + 1 < blocks.length && Math.abs(base(high + 1) - base(high)) < 1500) sum += base(high += 1);
      return { stamp: sum / (high - low + 1) + (at * 1e6) / first.rate, block, score };
    });
  }
}
