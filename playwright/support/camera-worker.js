// The writer of the generated cameras: one worker, one clock, any number of tracks. It paints numbered frames and plays
// numbered seconds, writes each at its due time into the track's `writable`, and keeps a log of what it wrote.
// It never touches the page: a blocked main thread delays nothing here. Runs in a worker of its own, after signal.js.

{
  // Video stamps start at one hour: beyond 32 bits of microseconds and far from performance.now(), so that a recorder
  // that takes them for either is found out. Chromium passes them on as they are. Audio stamps it moves from this
  // worker's timeOrigin to the reader's (and rounds them to 100 us, or 5 us when cross-origin isolated); so the
  // microphone stamps with performance.now(), and looks to every reader as a real one does.
  const STAMP_ORIGIN = 3_600_000_000;
  const LATE_FRAMES = 3; // a frame that is later than this many intervals is skipped, as a real camera would
  const start = performance.now();
  const bell = new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer); // shared without cross-origin isolation
  /** @type {Map<number, Lane>} */
  const lanes = new Map();
  let running = false;

  const seconds = () => (performance.now() - start) / 1000;

  addEventListener('message', async (/** @type {MessageEvent} */ { data }) => {
    if (data.open) postMessage({ id: data.id, result: open(data.open, data.writable) });
    else if (data.close) postMessage({ id: data.id, result: await close(data.close) });
    else if (data.stall) postMessage({ id: data.id, result: stall(data.stall) });
    else if (data.log) postMessage({ id: data.id, result: report() });
  });

  /** @type {{ lane: number, device: string, written: number[], skipped: number }[]} */
  const closed = [];

  /** @param {any} options @param {WritableStream} writable */
  function open(options, writable) {
    const rate = options.kind === 'video' ? options.fps : options.rate / options.block;
    /** @type {Lane} */
    const lane = { id: options.lane, device: options.device, kind: options.kind, writer: writable.getWriter(), next: Math.ceil(seconds() * rate), stalledUntil: 0, written: [], skipped: 0 };
    if (options.kind === 'video') lane.video = { size: options.size, fps: options.fps, camera: options.camera, grain: options.grain, picture: cameraSignal.blankPicture(options.size, options.tint) };
    else lane.audio = { rate: options.rate, channels: options.channels, block: options.block, sound: options.sound, ownClock: options.ownClock };
    lane.writer.closed.catch(() => {}).finally(() => lanes.delete(lane.id));
    lanes.set(lane.id, lane);
    if (!running) void run();
  }

  /** @param {number[]} ids */
  async function close(ids) {
    for (const id of ids) {
      const lane = lanes.get(id);
      if (!lane) continue;
      lanes.delete(id);
      closed.push({ lane: id, device: lane.device, written: lane.written, skipped: lane.skipped });
      await lane.writer.close().catch(() => {});
    }
  }

  /** @param {{ device: string, ms: number }} request */
  function stall({ device, ms }) {
    for (const lane of lanes.values()) if (lane.device === device) lane.stalledUntil = seconds() + ms / 1000;
  }

  function report() {
    const open = [...lanes.values()].map(({ id, device, written, skipped }) => ({ lane: id, device, written, skipped }));
    return { stampOrigin: STAMP_ORIGIN, wallOrigin: (performance.timeOrigin + start) * 1000, lanes: [...closed, ...open] };
  }

  /** When the lane's next frame is to be seen, or its next block complete. @param {Lane} lane */
  function due(lane) {
    if (lane.video) return lane.next / lane.video.fps;
    if (lane.audio) return ((lane.next + 1) * lane.audio.block) / lane.audio.rate;
    return Infinity;
  }

  async function run() {
    running = true;
    while (lanes.size > 0) {
      const lane = [...lanes.values()].reduce((first, other) => (due(other) < due(first) ? other : first));
      const time = due(lane);
      const coarse = (time - seconds()) * 1000 - 5;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, coarse)));
      if (!lanes.has(lane.id) || [...lanes.values()].some((other) => due(other) < time)) continue;
      const item = make(lane);
      // A timer is up to 4 ms late, and the smallest delay seen is what a recorder calibrates on: wait the rest out.
      const rest = (time - seconds()) * 1000;
      if (rest > 0) Atomics.wait(bell, 0, 0, rest);
      if (item) give(lane, item);
      lane.next += 1;
    }
    running = false;
  }

  /** What a track refuses stays its writer's to close. @param {Lane} lane @param {VideoFrame | AudioData} item */
  function give(lane, item) {
    lane.writer.write(item).catch(() => {
      item.close();
      lanes.delete(lane.id);
    });
  }

  /** @param {Lane} lane */
  function make(lane) {
    const now = seconds();
    if (lane.video) return makeFrame(lane, lane.video, now);
    if (lane.audio && now >= lane.stalledUntil) return makeBlock(lane, lane.audio);
    lane.skipped += 1;
    return null;
  }

  /** @param {Lane} lane @param {VideoLane} video @param {number} now */
  function makeFrame(lane, { size, fps, camera, grain, picture }, now) {
    const number = lane.next;
    if (now < lane.stalledUntil || now - number / fps > LATE_FRAMES / fps) {
      lane.skipped += 1;
      return null;
    }
    if (grain) cameraSignal.addGrain(picture, size);
    cameraSignal.paint(picture, size, number & 0xffff, camera, number % fps === 0);
    lane.written.push(number);
    return new VideoFrame(picture, {
      format: 'I420', codedWidth: size.width, codedHeight: size.height, timestamp: STAMP_ORIGIN + Math.round((number * 1e6) / fps), duration: Math.round(1e6 / fps),
      colorSpace: { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: false },
    });
  }

  /** @param {Lane} lane @param {AudioLane} audio */
  function makeBlock(lane, { rate, channels, block, sound, ownClock }) {
    const first = lane.next * block;
    const data = new Float32Array(channels * block);
    for (let i = 0; i < block; i += 1) {
      const value = cameraSignal.soundAt(sound, first + i, rate);
      for (let channel = 0; channel < channels; channel += 1) data[channel * block + i] = value;
    }
    lane.written.push(lane.next);
    return new AudioData({ format: 'f32-planar', sampleRate: rate, numberOfFrames: block, numberOfChannels: channels, timestamp: (ownClock ? STAMP_ORIGIN : start * 1000) + (first * 1e6) / rate, data });
  }
}
