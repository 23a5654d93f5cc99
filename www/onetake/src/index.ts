/**
 * onetake: film, join, look good, upload and play short video in a web page.
 *
 * Importing has no side effect; the main thread never runs wasm. Members that a later version brings reject with the
 * code `not_built`.
 */

export { Studio } from './studio.js';
export { probe } from './probe.js';
export { cut, inspect, join, repair, split, trim } from './files.js';
export { compress } from './compress.js';
export { defineFilter } from './look.js';
export { listDrafts, deleteDraft } from './drafts.js';
export { filters, looks } from './filters.js';
export { OnetakeError, isOnetakeError } from './errors.js';
export type { ErrorCode } from './errors.js';
export {
  Feed,
  installCache,
  thumbnails,
} from './later.js';
export { pendingUploads, upload } from './upload.js';
export type { FilterName } from './filter-table.js';
export type * from './types.js';
