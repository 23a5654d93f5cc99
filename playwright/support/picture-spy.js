// Tells of each picture that a script of this worker made, was given or read, and that was collected without being closed. Runs
// before the worker's own script, in a browser that collects garbage when it is told to.

{
  const { close } = VideoFrame.prototype;
  const Picture = VideoFrame;
  /** @type {WeakMap<VideoFrame, { how: string, closed: boolean }>} */
  const known = new WeakMap();
  const registry = new FinalizationRegistry((/** @type {{ how: string, closed: boolean }} */ { how, closed }) => {
    if (!closed) console.error(`a picture that was ${how} was forgotten`);
  });

  /** @param {VideoFrame} picture @param {string} how */
  const note = (picture, how) => {
    if (known.has(picture)) return;
    const fate = { how, closed: false };
    known.set(picture, fate);
    registry.register(picture, fate);
  };

  const { clone } = VideoFrame.prototype;
  VideoFrame.prototype.clone = function () {
    const picture = clone.call(this);
    note(picture, 'cloned');
    return picture;
  };
  VideoFrame.prototype.close = function () {
    const fate = known.get(this);
    if (fate) fate.closed = true;
    close.call(this);
  };
  self.VideoFrame = new Proxy(Picture, {
    construct(target, given, what) {
      const picture = Reflect.construct(target, given, what);
      note(picture, 'made');
      return picture;
    },
  });
  const { read } = ReadableStreamDefaultReader.prototype;
  ReadableStreamDefaultReader.prototype.read = async function () {
    const result = await read.call(this);
    if (result.value instanceof Picture) note(result.value, 'read');
    return result;
  };
  const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data')?.get;
  Object.defineProperty(MessageEvent.prototype, 'data', {
    get() {
      const given = data?.call(this);
      if (given?.frame instanceof Picture) note(given.frame, 'sent here');
      return given;
    },
  });
}
