/**
 * What outlives a page of its uploads: how far each is (the ledger), and where its bytes are found again (the source). No token is
 * ever here. In IndexedDB, not in files: a record is replaced whole or not at all, several tabs and workers read it at once, and
 * browsers that refuse files to a private window still have it. The ledger is written by the upload worker, which alone reads it;
 * the page reads what stands beside it. Where there is no such database, uploads work and do not outlive their page.
 */

import type { UploadSettings } from './upload-protocol.js';

/** How the bytes of an upload are found again (`sources.ts`). `head`: those of a film that lie in no file; spans of `null` lie there. */
export type Source =
  | { kind: 'film'; type: string; files: string[]; head: ArrayBuffer; spans: { source: number | null; start: number; end: number }[] }
  | { kind: 'file'; name: string; size: number; lastModified: number }
  // One that still grows: uploading from the same draft goes on with it.
  | { kind: 'live'; name: string };
/** And what the application asked for, to go on with. `place`: its name for where that goes. */
export type Remembered = Source & { settings: UploadSettings; place?: string };
/** What a list of uploads tells without reading ledgers. */
export type Summary = { key: string | null; sent: number; total: number };
export type Kept = Summary & { id: string; updated: number };
type Entry = Kept & { ledger: Uint8Array<ArrayBuffer> };

const NAME = 'onetake-uploads';
const LOCK = 'onetake-upload-';
const MONTH_MS = 30 * 86_400_000;
/** A page that is being reloaded holds its locks until it is gone. */
const PATIENCE_MS = 2000;
const RETRY_MS = 50;

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const { result } = request;
      result.createObjectStore('ledgers', { keyPath: 'id' });
      result.createObjectStore('sources', { keyPath: 'id' }).createIndex('files', 'files', { multiEntry: true });
      result.createObjectStore('hosts', { keyPath: 'id' });
    };
    request.onsuccess = () => {
      const { result } = request;
      // Another version of this package may want to change it.
      result.onversionchange = () => (result.close(), (opened = undefined));
      result.onclose = () => (opened = undefined);
      resolve(result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new DOMException('another tab keeps an older one', 'InvalidStateError'));
  });
  opened.catch(() => (opened = undefined));
  return opened;
}

type Store = 'ledgers' | 'sources' | 'hosts';

async function read<T>(store: Store, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const request = ask((await database()).transaction(store).objectStore(store));
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves once it is written. */
async function write(stores: Store[], change: (transaction: IDBTransaction) => void): Promise<void> {
  const transaction = (await database()).transaction(stores, 'readwrite');
  change(transaction);
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

// -------------------------------------------------------------------- ledgers

/** Newest first. What nobody has touched for a month is forgotten: it may keep files of a film from being removed. */
export async function list(): Promise<Kept[]> {
  const all = await read<Entry[]>('ledgers', (store) => store.getAll()).catch(() => []);
  const entries = all.filter(({ updated }) => Date.now() - updated < MONTH_MS);
  for (const { id } of all.filter((entry) => !entries.includes(entry))) await remove(id);
  return entries.map(({ id, key, sent, total, updated }) => ({ id, key, sent, total, updated })).sort((one, other) => other.updated - one.updated);
}

/** All ledgers, or the one of this record. */
export async function load(id: string | undefined): Promise<Entry[]> {
  if (id === undefined) return read<Entry[]>('ledgers', (store) => store.getAll()).catch(() => []);
  const entry = await read<Entry | undefined>('ledgers', (store) => store.get(id)).catch(() => undefined);
  return entry ? [entry] : [];
}

/** Replaces a record; `source` comes with the first. `false`: it could not be kept. */
export async function save(id: string, ledger: Uint8Array<ArrayBuffer>, summary: Summary, source: Remembered | undefined): Promise<boolean> {
  return write(['ledgers', 'sources'], (transaction) => {
    transaction.objectStore('ledgers').put({ id, ledger, ...summary, updated: Date.now() } satisfies Entry);
    if (source) transaction.objectStore('sources').put({ id, ...source });
  }).then(() => true, () => false);
}

export async function remove(id: string): Promise<void> {
  await write(['ledgers', 'sources'], (transaction) => {
    transaction.objectStore('ledgers').delete(id);
    transaction.objectStore('sources').delete(id);
  }).catch(() => undefined);
}

// -------------------------------------------------------------------- sources

/** What was kept with the first ledger. */
export async function remembered(id: string): Promise<Remembered | undefined> {
  return read<Remembered | undefined>('sources', (store) => store.get(id)).catch(() => undefined);
}

/** Whether an upload that is not done needs this file of the store. Where that cannot be read it may: no file goes by a failure. */
export async function isWanted(path: string): Promise<boolean> {
  if (typeof indexedDB === 'undefined') return false;
  return read('sources', (store) => store.index('files').count(path)).then((count) => count > 0, () => true);
}

// -------------------------------------------------------------------- one writer a record

const held = new Map<string, () => void>();

/** Whether this worker is the only one that works on the record from now on; it is until `letGo`, or its end. `patient`: the one before may be about to end. */
export async function claim(id: string, patient: boolean): Promise<boolean> {
  if (held.has(id)) return false;
  const deadline = performance.now() + (patient ? PATIENCE_MS : 0);
  while (!(await take(id))) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return true;
}

export function letGo(id: string): void {
  held.get(id)?.();
  held.delete(id);
}

/** Records that some page works on; a page without locks (plain http) knows of itself alone. */
export async function busy(): Promise<Set<string>> {
  const { held: locks = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(locks.flatMap(({ name = '' }) => (name.startsWith(LOCK) ? [name.slice(LOCK.length)] : [])));
}

function take(id: string): Promise<boolean> {
  return new Promise((resolve) => {
    const granted = (lock: Lock | null) => {
      resolve(lock !== null);
      return lock ? new Promise<void>((release) => held.set(id, release)) : undefined;
    };
    // A browser that refuses locks, or a page that has none (plain http), has one tab that matters.
    const alone = () => (held.set(id, () => undefined), resolve(true));
    if (navigator.locks) navigator.locks.request(LOCK + id, { ifAvailable: true }, granted).catch(alone);
    else alone();
  });
}

// -------------------------------------------------------------------- hosts

/** What a region query answered, by bucket; kept for as long as the answer says. */
export async function hosts(id: string): Promise<Uint8Array | undefined> {
  return (await read<{ found: Uint8Array } | undefined>('hosts', (store) => store.get(id)).catch(() => undefined))?.found;
}

export async function keepHosts(id: string, found: Uint8Array): Promise<void> {
  await write(['hosts'], (transaction) => void transaction.objectStore('hosts').put({ id, found })).catch(() => undefined);
}
