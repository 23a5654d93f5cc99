// Puts the generated cameras into a page: patches navigator.mediaDevices and navigator.permissions so that the page
// sees two cameras and a microphone that are written by camera-worker.js, and offers `numberedCameras` to a test.
// Runs in the page before its own scripts (camera.ts adds it as an init script); does no work per frame.

/**
 * @param {import('./camera.ts').CameraOptions} options
 * @param {{ camera: string, log: string }} sources texts of the two workers
 */
function installNumberedCameras(options, sources) { 
  if (!navigator.mediaDevices || !isSecureContext) return; // about:blank, or a page that may not film anyway

  /** @param {string} source */
  const startWorker = (source) => {
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    let count = 0;
    /** @type {Map<number, (value: any) => void>} */
    const waiting = new Map();
    worker.addEventListener('message', ({ data }) => {
      waiting.get(data.id)?.(data.result);
      waiting.delete(data.id);
    });
    /** @param {any} message @param {Transferable[]} transfer @returns {Promise<any>} */
    const ask = (message, transfer = []) => new Promise((resolve) => {
      count += 1;
      waiting.set(count, resolve);
      worker.postMessage({ ...message, id: count }, transfer);
    });
    return { worker, ask };
  };

  const writer = startWorker(sources.camera);
  const log = options.log ? startWorker(sources.log) : null;
  const real = { getUserMedia: navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices), query: navigator.permissions.query.bind(navigator.permissions) };
  /** @type {Record<'camera' | 'microphone', PermissionState>} */
  const permission = { camera: options.camera ?? 'granted', microphone: options.microphoneState ?? 'granted' };
  const unplugged = new Set();
  /** @type {Map<number, { device: string, tracks: Set<MediaStreamTrack>, tap?: MediaStreamTrack }>} */
  const lanes = new Map();
  let laneCount = 0;
  const cameras = () => options.cameras.filter(({ deviceId }) => !unplugged.has(deviceId));
  const microphones = () => (options.microphone && !unplugged.has(options.microphone.deviceId) ? [options.microphone] : []);

  // ------------------------------------------------------------------ tracks

  /** @param {any} lane @param {any} device @param {any} settings @param {any} constraints */
  async function openTrack(lane, device, settings, constraints) {
    const kind = lane.kind;
    laneCount += 1;
    const id = laneCount;
    const generator = new (/** @type {any} */ (window)).MediaStreamTrackGenerator({ kind }); // Chromium only, in no DOM library
    const { writable } = generator;
    lanes.set(id, { device: device.deviceId, tracks: new Set() });
    if (log) tap(id, generator, kind, device.deviceId);
    dress(id, generator, device, settings, constraints);
    await writer.ask({ open: { ...lane, lane: id, device: device.deviceId }, writable }, [writable]);
    return generator;
  }

  /** A clone for the raw log. @param {number} lane @param {MediaStreamTrack} track @param {'video' | 'audio'} kind @param {string} device */
  function tap(lane, track, kind, device) {
    const clone = track.clone();
    const { readable } = new (/** @type {any} */ (window)).MediaStreamTrackProcessor({ track: clone, maxBufferSize: kind === 'video' ? 10 : 500 });
    log?.worker.postMessage({ tap: kind, device, readable }, [readable]);
    const entry = lanes.get(lane);
    if (entry) entry.tap = clone;
  }

  /**
   * Gives a track the face of a device, and stops its writer when the last copy is stopped.
   * @param {number} lane @param {MediaStreamTrack} track @param {any} device @param {any} settings @param {any} constraints
   */
  function dress(lane, track, device, settings, constraints) {
    const entry = lanes.get(lane);
    if (!entry) return;
    entry.tracks.add(track);
    const stop = track.stop.bind(track);
    const clone = track.clone.bind(track);
    Object.defineProperty(track, 'label', { value: device.label });
    track.getSettings = () => ({ ...settings, deviceId: device.deviceId, groupId: device.groupId });
    track.getCapabilities = () => capabilities(device, settings);
    track.getConstraints = () => (typeof constraints === 'object' ? constraints : {});
    track.applyConstraints = async () => {};
    track.stop = () => {
      stop();
      entry.tracks.delete(track);
      if (entry.tracks.size > 0) return;
      entry.tap?.stop();
      void writer.ask({ close: [lane] });
    };
    track.clone = () => {
      const copy = clone();
      dress(lane, copy, device, settings, constraints);
      return copy;
    };
  }

  /** @param {any} device @param {any} settings */
  function capabilities(device, settings) {
    const shared = { deviceId: device.deviceId, groupId: device.groupId };
    if (!settings.width) return { ...shared, sampleRate: { min: settings.sampleRate, max: settings.sampleRate }, channelCount: { min: 1, max: settings.channelCount } };
    return {
      ...shared, facingMode: device.facing ? [device.facing] : [], resizeMode: ['none'],
      width: { min: 1, max: settings.width }, height: { min: 1, max: settings.height }, frameRate: { min: 1, max: settings.frameRate },
    };
  }

  // ------------------------------------------------------------------ getUserMedia

  /** @param {any} constraint @returns {{ exact: any[], ideal: any[] }} */
  function wishes(constraint) {
    /** @param {any} value @returns {any[]} */
    const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
    if (constraint && typeof constraint === 'object' && !Array.isArray(constraint)) return { exact: list(constraint.exact), ideal: list(constraint.ideal) };
    return { exact: [], ideal: list(constraint) };
  }

  /** The device that fits best, or an OverconstrainedError. @param {any[]} devices @param {any} constraints */
  function choose(devices, constraints) {
    if (devices.length === 0) throw new DOMException('Requested device not found', 'NotFoundError');
    const asked = typeof constraints === 'object' ? constraints : {};
    let best = devices;
    for (const [name, key] of [['deviceId', 'deviceId'], ['facingMode', 'facing']]) {
      const { exact, ideal } = wishes(asked[name ?? '']);
      const strict = best.filter((device) => exact.length === 0 || exact.includes(device[key ?? '']));
      // @ts-expect-error constructible, though the DOM library hides it
      if (strict.length === 0) throw new OverconstrainedError(name, `no numbered device with ${name} ${exact.join()}`);
      const liked = strict.filter((device) => ideal.includes(device[key ?? '']));
      best = liked.length > 0 ? liked : strict;
    }
    const device = best[0];
    for (const [name, have] of [['width', device.size?.width], ['height', device.size?.height], ['frameRate', device.fps]]) {
      const wanted = asked[name];
      const floor = Math.max(wanted?.exact ?? 0, wanted?.min ?? 0);
      if (have && floor > have) throw new OverconstrainedError(name, `${name} ${floor} asked, ${have} there`);
    }
    return device;
  }

  /** @param {'camera' | 'microphone'} name */
  function allow(name) {
    if (permission[name] === 'denied') throw new DOMException('Permission denied', 'NotAllowedError');
    permission[name] = 'granted';
  }

  /** @param {MediaStreamConstraints} [constraints] */
  async function getUserMedia(constraints = {}) {
    if (!constraints.video && !constraints.audio) throw new TypeError('At least one of audio and video must be requested');
    const camera = constraints.video ? choose(cameras(), constraints.video) : null;
    const microphone = constraints.audio ? choose(microphones(), constraints.audio) : null;
    if (camera) allow('camera');
    if (microphone) allow('microphone');
    const tracks = [];
    if (camera) {
      const { size, fps, tint, grain } = camera;
      const settings = { width: size.width, height: size.height, aspectRatio: size.width / size.height, frameRate: fps, resizeMode: 'none', ...(camera.facing ? { facingMode: camera.facing } : {}) };
      tracks.push(await openTrack({ kind: 'video', size, fps, tint, grain, camera: camera.id }, camera, settings, constraints.video));
    }
    if (microphone) {
      const { rate, channels, sound, ownClock = false } = microphone;
      const settings = { sampleRate: rate, channelCount: channels, sampleSize: 16, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      tracks.push(await openTrack({ kind: 'audio', rate, channels, sound, ownClock, block: rate / 100 }, microphone, settings, constraints.audio));
    }
    return new MediaStream(tracks);
  }

  async function enumerateDevices() {
    /** @param {any} device @param {string} kind @param {boolean} named */
    const info = (device, kind, named) => {
      const face = { deviceId: named ? device.deviceId : '', groupId: named ? device.groupId : '', kind, label: named ? device.label : '' };
      return { ...face, toJSON: () => face, getCapabilities: () => (named ? { deviceId: device.deviceId, facingMode: device.facing ? [device.facing] : [] } : {}) };
    };
    return [
      ...microphones().map((device) => info(device, 'audioinput', permission.microphone === 'granted')),
      ...cameras().map((device) => info(device, 'videoinput', permission.camera === 'granted')),
    ];
  }

  /** @param {PermissionDescriptor} descriptor */
  async function query(descriptor) {
    const name = /** @type {string} */ (descriptor.name);
    if (name !== 'camera' && name !== 'microphone') return real.query(descriptor);
    const status = new EventTarget();
    Object.defineProperties(status, { name: { value: name }, state: { get: () => permission[/** @type {'camera' | 'microphone'} */ (name)] }, onchange: { value: null, writable: true } });
    return status;
  }

  // ------------------------------------------------------------------ what a test may do

  /** @param {string} device a device id */
  async function unplug(device) {
    unplugged.add(device);
    const ids = [...lanes].filter(([, lane]) => lane.device === device).map(([id]) => id);
    await writer.ask({ close: ids });
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  }

  /** @param {string} device */
  function plug(device) {
    unplugged.delete(device);
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  }

  /** The real fake device of the launch flags, with its tracks in the raw log. @param {MediaStreamConstraints} [constraints] */
  async function getRealUserMedia(constraints) {
    const stream = await real.getUserMedia(constraints);
    if (log) {
      for (const track of stream.getTracks()) {
        laneCount += 1;
        const device = track.getSettings().deviceId ?? track.label;
        lanes.set(laneCount, { device, tracks: new Set([track]) });
        tap(laneCount, track, track.kind === 'video' ? 'video' : 'audio', device);
      }
    }
    return stream;
  }

  navigator.permissions.query = /** @type {any} */ (query);
  if (options.devices === 'real') {
    navigator.mediaDevices.getUserMedia = getRealUserMedia;
  } else {
    navigator.mediaDevices.getUserMedia = /** @type {any} */ (getUserMedia);
    navigator.mediaDevices.enumerateDevices = /** @type {any} */ (enumerateDevices);
  }
  Object.assign(window, {
    numberedCameras: {
      unplug,
      plug,
      /** Writes nothing for a while: the device is there, but silent. @param {string} device @param {number} ms */
      stall: (device, ms) => writer.ask({ stall: { device, ms } }),
      /** @param {'camera' | 'microphone'} name @param {PermissionState} state */
      permit: (name, state) => { permission[name] = state; },
      /** @param {'beep' | 'click'} [marks] */
      log: async (marks = 'beep') => ({ ...(log ? await log.ask({ log: true, marks }) : { video: [], audio: [] }), written: await writer.ask({ log: true }) }),
    },
  });
}
