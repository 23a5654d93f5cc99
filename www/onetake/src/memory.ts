/**
 * Files without a disk, for the store worker of a browser that has no origin private file system or refuses it (private
 * windows): the same requests as `disk.ts` answers, kept as Blobs. They die with the worker; the page says so.
 */

import { Disk, hasDisk, type DiskReply, type DiskRequest } from './disk.js';

export type StorageKind = 'opfs' | 'memory';

/** The best store there is, told once. */
export async function openStore(tell: (kind: StorageKind) => void): Promise<Disk | Memory> {
  const disk = await hasDisk();
  tell(disk ? 'opfs' : 'memory');
  return disk ? new Disk() : new Memory();
}

export class Memory {
  readonly #files = new Map<string, Blob[]>();

  async answer(request: DiskRequest): Promise<DiskReply> {
    const { ticket, path } = request;
    switch (request.op) {
      case 'append':
        return { ticket, ok: true, length: this.#append(path, request.bytes, request.at) };
      case 'close':
      case 'file':
        return { ticket, ok: true, file: this.#file(path) };
      case 'remove':
        for (const known of [...this.#files.keys()]) if (known === path || known.startsWith(`${path}/`)) this.#files.delete(known);
        return { ticket, ok: true };
      case 'list':
        return { ticket, ok: true, files: this.#list(path) };
    }
  }

  /** A Blob holds what it was given; the browser moves large ones out of its memory. */
  #append(path: string, bytes: Uint8Array<ArrayBuffer>, at?: number): number {
    const kept = this.#files.get(path) ?? [];
    const parts = at === undefined ? kept : [new Blob(kept).slice(0, at)];
    parts.push(new Blob([bytes]));
    this.#files.set(path, parts);
    return length(parts);
  }

  #file(path: string): File | undefined {
    const parts = this.#files.get(path);
    return parts && new File(parts, path.slice(path.lastIndexOf('/') + 1));
  }

  #list(folder: string): { name: string; length: number }[] {
    return [...this.#files].flatMap(([path, parts]) => {
      const name = path.slice(folder.length + 1);
      return path.startsWith(`${folder}/`) && !name.includes('/') ? [{ name, length: length(parts) }] : [];
    });
  }
}

function length(parts: Blob[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}
