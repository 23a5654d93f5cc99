/** The upload worker forwards messages to wasm in the order they came; it does not think. */

import * as ledgers from '../ledgers.js';
import init, { receive_upload as receive } from '../wasm/upload.js';

// The wasm looks for them here: crate/web/src/upload/record.rs.
Object.assign(self, { ledgers });

const ready = init();

self.onmessage = ({ data }: MessageEvent) => {
  ready.then(() => receive(data)).catch(crashed);
};

/** A trap leaves the state half-way: another worker goes on with what is recorded. */
function crashed(reason: unknown): void {
  self.postMessage({ type: 'crashed', failure: { code: 'worker_failed', retry: 'later', detail: String(reason) } });
}
