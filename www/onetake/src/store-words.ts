/** What the store's worker and the page say to each other besides requests and their answers. */

import type { StorageKind, MemoryReply, MemoryRequest } from './memory.js';

/** To a store worker: `client` speaks through `port`, or is gone. */
export type StoreMessage = { client: number; port?: MessagePort };
/** From one: where files are; or what became of some. */
export type StoreNews = { storage: StorageKind } | FileNews;
/** How far the media of a segment's file reaches now; or that there is nothing under a path any more. */
export type FileNews = { grown: Grown } | { removed: string };
export type Grown = { path: string; start: number; end: number };

/** What an answer told of files, if it was carried out. */
export function newsOf(request: MemoryRequest, reply: MemoryReply): FileNews | undefined {
  if (!reply.ok) return undefined;
  if (request.op === 'remove') return { removed: request.path };
  if (request.op !== 'append' || request.media === undefined) return undefined;
  return { grown: { path: request.path, start: request.media, end: reply.length ?? 0 } };
}

/** Bytes that were read go without a copy. */
export function handedOver(reply: MemoryReply): Transferable[] {
  return reply.ok && reply.bytes ? [reply.bytes.buffer] : [];
}
