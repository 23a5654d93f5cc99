/**
 * How the upload worker reads what a studio is still filming. A `File` of a growing file dies with the next append, so the store's
 * worker reads and hands copies over, when a part is to be sent and not before: nothing queues, however slow the line is.
 * Decides nothing about parts.
 */

import type { DiskReply, DiskRequest } from './disk.js';
import type { UploadRequest } from './upload-protocol.js';

/** Beside a command of the page: `port` to the store, `files` by the numbers that ranges name them by, `file` the film that takes their place. */
export type Lent = { port?: MessagePort; files?: string[]; file?: Blob };
type Waiting = { resolve: (bytes: Uint8Array<ArrayBuffer>) => void; reject: (reason: unknown) => void };

class Reader {
  files: string[] = [];
  #port: MessagePort | undefined;
  #next = 1;
  readonly #waiting = new Map<number, Waiting>();

  /** Whoever waits for the store before asks this one. */
  connect(port: MessagePort): void {
    this.end();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<DiskReply>) => {
      const waiting = this.#waiting.get(data.ticket);
      this.#waiting.delete(data.ticket);
      if (data.ok && data.bytes) waiting?.resolve(data.bytes);
      else waiting?.reject(data);
    };
  }

  read(source: number, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      const ticket = this.#next++;
      this.#waiting.set(ticket, { resolve, reject });
      this.#port?.postMessage({ ticket, op: 'read', path: this.files[source] ?? '', at, length } satisfies DiskRequest);
    });
  }

  end(): void {
    this.#port?.close();
    for (const { reject } of this.#waiting.values()) reject(new DOMException('the store is gone', 'InvalidStateError'));
    this.#waiting.clear();
  }
}

/** What the store is still asked for when there is a film; its studio may be closed from then on. */
const PATIENCE_MS = 2000;

const readers = new Map<number, Reader>();

/** Takes what stands beside a command, before the command is carried out; an upload that is over, or does not grow, has no reader. */
export function handle({ job, command, port, files, file }: UploadRequest & Lent): void {
  if ('begin' in command && command.begin.settings.growing) readers.set(job, new Reader());
  const reader = readers.get(job);
  if (!reader) return port?.close();
  if (files) reader.files = files;
  if (port) reader.connect(port);
  if (file) setTimeout(() => leave(job), PATIENCE_MS);
}

/** The upload is over: its store is not asked any more. */
export function leave(job: number): void {
  readers.get(job)?.end();
  readers.delete(job);
}

/** Stretches of an upload's files (source, first byte, length, and so on) one behind the other. */
export async function gather(job: number, stretches: Float64Array): Promise<Blob> {
  const reader = readers.get(job);
  if (!reader) throw new DOMException('no store', 'InvalidStateError');
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < stretches.length; at += 3) {
    const [source = 0, offset = 0, length = 0] = stretches.subarray(at, at + 3);
    parts.push(await reader.read(source, offset, length));
  }
  return new Blob(parts);
}
