/** The store worker writes files and says so; it does not think. */

import { handedOver, newsOf, type StoreMessage } from '../store-words.js';
import { openStore } from '../memory.js';

const store = openStore((kind) => self.postMessage({ storage: kind }));
const ports = new Map<number, MessagePort>();
// One request at a time, in order: an append must not overtake the one before it.
let tail: Promise<void> = Promise.resolve();

self.onmessage = ({ data: { client, port } }: MessageEvent<StoreMessage>) => {
  // What one that is gone has asked, and nobody has read yet, is as if it had never been asked.
  ports.get(client)?.close();
  ports.delete(client);
  if (!port) return;
  ports.set(client, port);
  port.onmessage = ({ data: request }) => {
    tail = tail.then(async () => {
      const reply = await (await store).answer(request);
      port.postMessage(reply, handedOver(reply));
      const news = newsOf(request, reply);
      if (news) self.postMessage(news);
    });
  };
};
