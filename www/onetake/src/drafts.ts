/** Drafts as a list, without opening one. */

import { directory } from './disk.js';
import { isOnetakeError, notBuilt, OnetakeError, pageLocale } from './errors.js';
import { lockDraft } from './locks.js';
import type { DraftSummary } from './types.js';

/** A studio that is closing on this page gives its draft up within this time. */
const PATIENCE_MS = 5000;

export async function listDrafts(): Promise<DraftSummary[]> {
  throw notBuilt('listDrafts');
}

/** Deletes a draft with all its files. A draft that is not there is a success; one that is open is `draft_busy`. */
export async function deleteDraft(id: string): Promise<void> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new OnetakeError('bad_argument', 'never', `${JSON.stringify(id)} is no draft name`);
  const unlock = await lockDraft(id, pageLocale(), AbortSignal.timeout(PATIENCE_MS)).catch((reason) => {
    const waited = isOnetakeError(reason) && reason.code === 'aborted';
    throw waited ? new OnetakeError('draft_busy', 'after-action', `draft ${id} is open on this page`) : reason;
  });
  try {
    await (await directory('drafts', true)).removeEntry(id, { recursive: true });
  } catch (reason) {
    const name = reason instanceof DOMException ? reason.name : '';
    if (name === 'NotFoundError') return;
    // A file that is still open for writing.
    if (name === 'NoModificationAllowedError') throw new OnetakeError('draft_busy', 'later', `${id}: ${String(reason)}`);
    throw new OnetakeError('storage_failed', 'later', `${id}: ${String(reason)}`);
  } finally {
    unlock();
  }
}
