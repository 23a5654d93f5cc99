/**
 * onetake: film, join, look good, upload and play short video in a web page.
 *
 * Importing has no side effect; the main thread never runs wasm. Members that a later version brings reject with the
 * code `not_built`.
 */

export { Studio } from './studio.js';
export { probe } from './probe.js';
export { listDrafts, deleteDraft } from './drafts.js';
export { OnetakeError, isOnetakeError } from './errors.js';
export type { ErrorCode } from './errors.js';
export {
  Feed,
  compress,
  cut,
  defineFilter,
  filters,
  inspect,
  installCache,
  join,
  pendingUploads,
  repair,
  split,
  thumbnails,
  trim,
  upload,
} from './later.js';
export type * from './types.js';
