/**
 * Files in the origin private file system, for the store worker: appends through synchronous handles, each flushed
 * before it is answered. A file is closed once and its `File` taken then; nothing is written to it again.
 */

import { isWanted } from './ledgers.js';

export type DiskRequest =
  | { ticket: number; op: 'append'; path: string; bytes: Uint8Array<ArrayBuffer>; at?: number; media?: number }
  | { ticket: number; op: 'read'; path: string; at: number; length: number }
  | { ticket: number; op: 'close' | 'file' | 'remove' | 'list'; path: string };
export type DiskReply = { ticket: number } & (
  | { ok: true; length?: number; bytes?: Uint8Array<ArrayBuffer>; file?: File; files?: { name: string; length: number }[] }
  | { ok: false; name: string; detail: string }
);

const ROOT = 'onetake';
/** A handle held by a worker that is dying goes within this time. */
const PATIENCE_MS = 2000;

export class Disk {
  readonly #open = new Map<string, FileSystemSyncAccessHandle>();

  async answer(request: DiskRequest): Promise<DiskReply> {
    const { ticket } = request;
    try {
      switch (request.op) {
        case 'append':
          return { ticket, ok: true, length: await this.#append(request.path, request.bytes, request.at) };
        case 'read':
          return { ticket, ok: true, bytes: await this.#read(request) };
        case 'close':
          this.#close(request.path);
          return { ticket, ok: true, file: await file(request.path) };
        case 'file':
          return { ticket, ok: true, file: await file(request.path) };
        case 'remove':
          await this.#remove(request.path);
          return { ticket, ok: true };
        case 'list':
          return { ticket, ok: true, files: await list(request.path) };
      }
    } catch (reason) {
      const { name, message } = reason instanceof Error ? reason : new Error(String(reason));
      return { ticket, ok: false, name, detail: `${request.op} ${request.path}: ${message}` };
    }
  }

  /** Writes at the end, or at `at` after cutting what lies behind it; returns the length on disk. */
  async #append(path: string, bytes: Uint8Array<ArrayBuffer>, at?: number): Promise<number> {
    const handle = this.#open.get(path) ?? (await openHandle(path));
    this.#open.set(path, handle);
    const start = at ?? handle.getSize();
    if (at !== undefined) handle.truncate(at);
    const written = handle.write(bytes, { at: start });
    if (written !== bytes.byteLength) {
      // A short write leaves no half record behind.
      handle.truncate(start);
      throw new DOMException(`${written} of ${bytes.byteLength} bytes fitted`, 'QuotaExceededError');
    }
    handle.flush();
    return start + written;
  }

  /** Exactly these bytes, also of a file that is being written. */
  async #read({ path, at, length }: { path: string; at: number; length: number }): Promise<Uint8Array<ArrayBuffer>> {
    const open = this.#open.get(path);
    const bytes = new Uint8Array(open ? new ArrayBuffer(length) : ((await (await file(path))?.slice(at, at + length).arrayBuffer()) ?? new ArrayBuffer(0)));
    const read = open ? open.read(bytes, { at }) : bytes.length;
    if (read !== length) throw new DOMException(`${read} of ${length} bytes are there`, 'NotFoundError');
    return bytes;
  }

  #close(path: string): void {
    this.#open.get(path)?.close();
    this.#open.delete(path);
  }

  async #remove(path: string): Promise<void> {
    for (const open of [...this.#open.keys()]) {
      if (open === path || open.startsWith(`${path}/`)) this.#close(open);
    }
    if (!(await removeUnlessHeld(path))) throw new DOMException('a film still refers to it', 'InvalidStateError');
  }
}

/** Films hold it shared, in any tab; who removes the file asks for it alone. */
export function lockName(path: string): string {
  return `onetake-file-${path}`;
}

/** Removes a file, or says `false`: a film, or an upload that is not done, refers to it. One that is not there is removed already. */
export function removeUnlessHeld(path: string): Promise<boolean> {
  return navigator.locks.request(lockName(path), { ifAvailable: true }, async (lock) => {
    if (!lock || (await isWanted(path))) return false;
    const { parent, name } = split(path);
    try {
      await (await directory(parent, false)).removeEntry(name, { recursive: true });
    } catch (reason) {
      if (!isMissing(reason)) throw reason;
    }
    return true;
  });
}

/**
 * Whether files can be written here; in a worker alone. A full disk is a disk. Each worker asks with a file of its own, so
 * that none takes another's question for an answer.
 */
export async function hasDisk(): Promise<boolean> {
  const name = `probe-${crypto.randomUUID()}`;
  try {
    const root = await directory('', true);
    const handle = await root.getFileHandle(name, { create: true });
    try {
      (await handle.createSyncAccessHandle()).close();
    } finally {
      await root.removeEntry(name);
    }
    return true;
  } catch (reason) {
    return reason instanceof DOMException && reason.name === 'QuotaExceededError';
  }
}

async function file(path: string): Promise<File | undefined> {
  const { parent, name } = split(path);
  try {
    return await (await (await directory(parent, false)).getFileHandle(name)).getFile();
  } catch (reason) {
    if (isMissing(reason)) return undefined;
    throw reason;
  }
}

export async function list(path: string): Promise<{ name: string; length: number; modified: number }[]> {
  const files: { name: string; length: number; modified: number }[] = [];
  try {
    for await (const entry of (await directory(path, false)).values()) {
      if (entry.kind !== 'file') continue;
      const { size, lastModified } = await (entry as FileSystemFileHandle).getFile();
      files.push({ name: entry.name, length: size, modified: lastModified });
    }
  } catch (reason) {
    if (!isMissing(reason)) throw reason;
  }
  return files;
}

async function openHandle(path: string): Promise<FileSystemSyncAccessHandle> {
  const { parent, name } = split(path);
  const handle = await (await directory(parent, true)).getFileHandle(name, { create: true });
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await handle.createSyncAccessHandle();
    } catch (reason) {
      const held = reason instanceof DOMException && reason.name === 'NoModificationAllowedError';
      if (!held || performance.now() > deadline) throw reason;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

export async function directory(path: string, create: boolean): Promise<FileSystemDirectoryHandle> {
  // Where there are no files none can be found, and nothing asks for more before `hasDisk` has said so.
  const root = await navigator.storage?.getDirectory?.().catch(() => undefined);
  if (!root) throw new DOMException('no origin private file system', 'NotFoundError');
  let here = await root.getDirectoryHandle(ROOT, { create });
  for (const name of path.split('/').filter(Boolean)) here = await here.getDirectoryHandle(name, { create });
  return here;
}

function split(path: string): { parent: string; name: string } {
  const cut = path.lastIndexOf('/');
  return { parent: path.slice(0, Math.max(cut, 0)), name: path.slice(cut + 1) };
}

function isMissing(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'NotFoundError';
}
