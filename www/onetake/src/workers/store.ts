/** The store worker writes files and says so; it does not think. */

import { openStore } from '../memory.js';

self.onmessage = ({ data }: MessageEvent<{ port: MessagePort }>) => {
  const store = openStore((kind) => self.postMessage({ storage: kind }));
  const { port } = data;
  // One request at a time, in order: an append must not overtake the one before it.
  let tail: Promise<void> = Promise.resolve();
  port.onmessage = ({ data: request }) => {
    tail = tail.then(async () => port.postMessage(await (await store).answer(request)));
  };
};
