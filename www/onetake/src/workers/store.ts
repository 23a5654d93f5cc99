/** The store worker writes files and says so; it does not think. */

import { Disk } from '../disk.js';

self.onmessage = ({ data }: MessageEvent<{ port: MessagePort }>) => {
  const disk = new Disk();
  const { port } = data;
  // One request at a time, in order: an append must not overtake the one before it.
  let tail: Promise<void> = Promise.resolve();
  port.onmessage = ({ data: request }) => {
    tail = tail.then(async () => port.postMessage(await disk.answer(request)));
  };
};
