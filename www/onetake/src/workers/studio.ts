/** The studio worker forwards messages to wasm in the order they came; it does not think. */

import init, { receive } from '../wasm/studio.js';

const ready = init();

self.onmessage = ({ data }: MessageEvent) => {
  ready.then(() => receive(data)).catch(crashed);
};

/** A trap leaves the state half-way: another worker recovers the draft. */
function crashed(reason: unknown): void {
  self.postMessage({ type: 'crashed', failure: { code: 'worker_failed', retry: 'later', detail: String(reason) } });
}
