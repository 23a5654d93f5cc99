/** The studio worker forwards messages to wasm in the order they came; it does not think. */

import { loadAac } from '../aac/encoder.js';
import init, { receive } from '../wasm/studio.js';

// The wasm looks for it here where the browser encodes no AAC: media/aac.rs.
Object.assign(self, { loadAac });

const ready = init();

self.onmessage = ({ data }: MessageEvent) => {
  ready.then(() => receive(data)).catch(crashed);
};

/** A trap leaves the state half-way: another worker recovers the draft. */
function crashed(reason: unknown): void {
  self.postMessage({ type: 'crashed', failure: { code: 'worker_failed', retry: 'later', detail: String(reason) } });
}
