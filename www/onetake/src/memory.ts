/**
 * Files without a disk, for the store worker of a browser that has no origin private file system or refuses it (private
 * windows): the same requests as `disk.ts` answers, kept as Blobs. They die with the worker, which lives as long as the page
 * (`stores.ts`); the page says so.
 */

import { Disk, hasDisk, type DiskReply, type DiskRequest } from './disk.js';

export type StorageKind = 'opfs' | 'memory';
/** `all`: every file under the path, as it stands at one moment; only a page that keeps its files in memory asks that. */
export type MemoryRequest = DiskRequest | { ticket: number; op: 'all'; path: string };
export type MemoryReply = DiskReply & { all?: Kept[] };
export type Kept = { path: string; file: File };

/** The best store there is, told once. */
export async function openStore(tell: (kind: StorageKind) => void): Promise<Disk | Memory> {
  const disk = await hasDisk();
  tell(disk ? 'opfs' : 'memory');
  return disk ? new Disk() : new Memory();
}

type Entry = { parts: Blob[]; modified: number };

export class Memory {
  readonly #files = new Map<string, Entry>();

  async answer(request: MemoryRequest): Promise<MemoryReply> {
    const { ticket, path } = request;
    try {
      switch (request.op) {
        case 'append':
          return { ticket, ok: true, length: this.#append(path, request.bytes, request.at) };
        case 'read':
          return { ticket, ok: true, bytes: await this.#read(request) };
        case 'close':
        case 'file':
          return { ticket, ok: true, file: this.#file(path) };
        case 'remove':
          for (const known of this.#under(path)) this.#files.delete(known);
          return { ticket, ok: true };
        case 'list':
          return { ticket, ok: true, files: this.#list(path) };
        case 'all':
          return { ticket, ok: true, all: this.#under(path).map((known) => ({ path: known, file: this.#file(known) as File })) };
      }
    } catch (reason) {
      // A Blob that cannot be made: there is no memory for it.
      return { ticket, ok: false, name: 'QuotaExceededError', detail: `${request.op} ${path}: ${String(reason)}` };
    }
  }

  /** A Blob holds what it was given; the browser moves large ones out of its memory. */
  #append(path: string, bytes: Uint8Array<ArrayBuffer>, at?: number): number {
    const kept = this.#files.get(path)?.parts ?? [];
    const parts = [...(at === undefined ? kept : [new Blob(kept).slice(0, at)]), new Blob([bytes])];
    this.#files.set(path, { parts, modified: Date.now() });
    return length(parts);
  }

  async #read({ path, at, length }: { path: string; at: number; length: number }): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array((await this.#file(path)?.slice(at, at + length).arrayBuffer()) ?? new ArrayBuffer(0));
    if (bytes.length !== length) throw new DOMException(`${bytes.length} of ${length} bytes are there`, 'NotFoundError');
    return bytes;
  }

  #file(path: string): File | undefined {
    const entry = this.#files.get(path);
    return entry && new File(entry.parts, path.slice(path.lastIndexOf('/') + 1), { lastModified: entry.modified });
  }

  #under(path: string): string[] {
    return [...this.#files.keys()].filter((known) => known === path || known.startsWith(`${path}/`));
  }

  #list(folder: string): { name: string; length: number }[] {
    return [...this.#files].flatMap(([path, { parts }]) => {
      const name = path.slice(folder.length + 1);
      return path.startsWith(`${folder}/`) && !name.includes('/') ? [{ name, length: length(parts) }] : [];
    });
  }
}

function length(parts: Blob[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}
