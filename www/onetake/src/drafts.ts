/**
 * Drafts as a list, without opening one: their files are only looked at, and what they make is decided by the same
 * recovery as when one is opened, in the worker that has no store. A deleted draft goes at once but for files that a film
 * still shows; those wait in its folder beside a mark, which makes the draft empty for whoever comes first. What a page without
 * files keeps in memory is listed, and deleted, by that page alone.
 */

import { directory, list, lockName, removeUnlessHeld } from './disk.js';
import { isOnetakeError, OnetakeError, pageLocale } from './errors.js';
import { request } from './files.js';
import { isWanted } from './ledgers.js';
import { lockDraft, openDrafts } from './locks.js';
import { inMemory, removeInMemory } from './stores.js';
import type { DraftSummary, Segment } from './types.js';

/** A studio that is closing on this page gives its draft up within this time. */
const PATIENCE_MS = 5000;
/** A tab that films writes to its journal twice a take: looking again a few times is enough. */
const LOOKS = 6;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const JOURNAL = 'journal';
const MARK = 'deleted';

/** Newest first. Empty ones are left out; one that cannot be read is told of as such. */
export async function listDrafts(): Promise<DraftSummary[]> {
  const found: DraftSummary[] = [];
  const kept = await keptInMemory();
  for (const id of await folders()) {
    const draft = kept.has(id) ? undefined : await look(id);
    if (draft) found.push(draft);
  }
  for (const [id, files] of kept) {
    const draft = await peek(id, files, (await openDrafts()).has(id));
    if (draft) found.push(draft);
  }
  return found.sort((one, other) => other.updated.getTime() - one.updated.getTime());
}

/**
 * Deletes a draft with all its files: of two of one name, in memory and on disk, the one that is listed. A draft that is not
 * there is a success; one that is open is `draft_busy`.
 */
export function deleteDraft(id: string): Promise<void> {
  return erase(id, async () => true);
}

/** Deletes a draft if that is `due` once it is held. */
async function erase(id: string, due: () => Promise<boolean>): Promise<void> {
  if (!NAME.test(id)) throw new OnetakeError('bad_argument', 'never', `${JSON.stringify(id)} is no draft name`);
  const kept = (await inMemory(`drafts/${id}`)).length > 0;
  const { free } = await lockDraft(id, kept ? 'memory' : 'opfs', pageLocale(), AbortSignal.timeout(PATIENCE_MS)).catch((reason) => {
    const waited = isOnetakeError(reason) && reason.code === 'aborted';
    throw waited ? new OnetakeError('draft_busy', 'after-action', `draft ${id} is open on this page`) : reason;
  });
  try {
    if (await due()) await (kept ? removeInMemory(`drafts/${id}`) : remove(id));
  } catch (reason) {
    if (isOnetakeError(reason)) throw reason;
    const name = reason instanceof DOMException ? reason.name : '';
    if (name === 'NotFoundError') return;
    // A file that is still open for writing.
    if (name === 'NoModificationAllowedError') throw new OnetakeError('draft_busy', 'later', `${id}: ${String(reason)}`);
    throw new OnetakeError('storage_failed', 'later', `${id}: ${String(reason)}`);
  } finally {
    free();
  }
}

/** Whether the draft was deleted while a film held files of it: it is empty then, whatever its journal says. */
export async function isDeleted(id: string): Promise<boolean> {
  return directory(`drafts/${id}`, false).then((folder) => folder.getFileHandle(MARK)).then(() => true, () => false);
}

/** The draft is used again. */
export async function revive(id: string): Promise<void> {
  await directory(`drafts/${id}`, false).then((folder) => folder.removeEntry(MARK)).catch(() => undefined);
}

/** The caller holds the draft. */
async function remove(id: string): Promise<void> {
  const path = `drafts/${id}`;
  await (await directory(path, false)).getFileHandle(MARK, { create: true });
  let held = false;
  for (const { name } of await list(path)) {
    // The journal goes last: it knows which numbers of files were used.
    if (name === JOURNAL || name === MARK || (await removeUnlessHeld(`${path}/${name}`))) continue;
    held = true;
    // The film that holds it lets the rest go. What an upload still wants goes when drafts are listed after it.
    void navigator.locks.request(lockName(`${path}/${name}`), () => isWanted(`${path}/${name}`)).then((wanted) => (wanted ? undefined : sweep(id)));
  }
  if (!held) await (await directory('drafts', false)).removeEntry(id, { recursive: true });
}

/** Finishes what a deletion had to leave, unless somebody uses the draft again. */
async function sweep(id: string): Promise<void> {
  // Asked again once nobody else has it: whoever had it meanwhile may have filmed.
  if (await isDeleted(id)) await erase(id, () => isDeleted(id)).catch(() => undefined);
}

/** The files of each draft that this page has in memory, all of one moment. */
async function keptInMemory(): Promise<Map<string, File[]>> {
  const drafts = new Map<string, File[]>();
  for (const { path, file } of await inMemory('drafts')) {
    const id = path.split('/')[1] ?? '';
    drafts.set(id, [...(drafts.get(id) ?? []), file]);
  }
  return drafts;
}

async function folders(): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of (await directory('drafts', false)).values()) {
      if (entry.kind === 'directory' && NAME.test(entry.name)) names.push(entry.name);
    }
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'NotFoundError') return [];
    throw new OnetakeError('storage_failed', 'later', `drafts: ${String(reason)}`);
  }
  return names;
}

/** `undefined` for a draft with nothing in it. */
async function look(id: string): Promise<DraftSummary | undefined> {
  for (let left = LOOKS - 1; ; left -= 1) {
    const open = (await openDrafts()).has(id);
    try {
      const seen = await snapshot(id);
      if (seen.some(({ name }) => name === MARK)) return void (open || sweep(id));
      const draft = await peek(id, seen, open);
      // Whoever opened it meanwhile may have changed what was read.
      if (open === (await openDrafts()).has(id) || left === 0) return draft;
    } catch (reason) {
      // Written to, or removed, while it was read.
      if (left === 0 || !(reason instanceof DOMException || (isOnetakeError(reason) && reason.code === 'file_damaged'))) throw reason;
    }
  }
}

/** The files of a draft. The journal is looked at first, for everything that it vouches for is then seen whole. */
async function snapshot(id: string): Promise<File[]> {
  const folder = await directory(`drafts/${id}`, false);
  const files: File[] = [];
  const journal = await folder.getFileHandle(JOURNAL).then((handle) => handle.getFile(), () => undefined);
  if (journal) files.push(journal);
  for await (const entry of folder.values()) {
    if (entry.kind === 'file' && entry.name !== JOURNAL) files.push(await (entry as FileSystemFileHandle).getFile());
  }
  return files;
}

async function peek(id: string, files: File[], open: boolean): Promise<DraftSummary | undefined> {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const updated = new Date(Math.max(0, ...files.map(({ lastModified }) => lastModified)));
  const facts = { id, bytes, updated, open };
  try {
    const { answer, file } = await request({ peek: { busy: open } }, { files }, {});
    if (answer.type !== 'opened') throw new OnetakeError('internal', 'never', `a look answered ${answer.type}`);
    const { draft, lost } = answer;
    const segments = draft.segments as Segment[];
    if (segments.length === 0 && lost === 0) return undefined;
    const recovered = segments.some((segment) => segment.recovered);
    return { ...facts, duration: draft.duration, segments: segments.length, recovered, lost, readable: true, first: file ?? null };
  } catch (reason) {
    if (!isOnetakeError(reason) || reason.code !== 'draft_damaged') throw reason;
    return { ...facts, duration: 0, segments: 0, recovered: false, lost: 0, readable: false, first: null };
  }
}
