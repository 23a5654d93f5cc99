/** The upload worker forwards messages to wasm in the order they came; it does not think. */

import * as growing from '../growing.js';
import * as ledgers from '../ledgers.js';
import { hashAt } from '../stored.js';
import init, { receive_upload as receive } from '../wasm/upload.js';

// The wasm looks for them here: crate/web/src/upload/record.rs, live.rs.
Object.assign(self, { ledgers, growing, hashAt });

const ready = init();

self.onmessage = ({ data }: MessageEvent) => {
  growing.handle(data);
  ready.then(() => receive(data)).catch(crashed);
};

/** A trap leaves the state half-way: another worker goes on with what is recorded. */
function crashed(reason: unknown): void {
  self.postMessage({ type: 'crashed', failure: { code: 'worker_failed', retry: 'later', detail: String(reason) } });
}
