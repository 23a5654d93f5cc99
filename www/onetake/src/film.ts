/** A film: a Blob that refers to segments on disk or to files of the user's own, and ways to hand it to the user. */

import { lockName } from './disk.js';
import { aborted, OnetakeError, throwIfAborted } from './errors.js';
import { download, shareFiles } from './handover.js';
import type { FilmView } from './protocol.js';
import type { Film, Progress } from './types.js';

const MIME = 'video/mp4';
const COPY_STEP = 4 << 20;
/** Where the bytes of films lie that refer to files of the store. */
const origins = new WeakMap<Blob, Origin>();
export type Origin = Pick<FilmView, 'files' | 'spans'>;

/** Resolves once the files it refers to are held. */
export async function film(file: Blob, view: FilmView): Promise<Film> {
  const { duration, size, joined, encodedFrames, copiedBytes, headBytes, readBytes, video, audio, skew, warnings, lost } = view;
  const letGo = await hold(view.files);
  if (view.spans.length > 0) origins.set(file, { files: view.files, spans: view.spans });
  const self: Film = {
    file,
    duration,
    size,
    report: { joined, copiedBytes, encodedFrames, video, audio, skew, warnings, ...(lost && { lost }), headBytes, readBytes },
    save: (name) => save(self.file, fileName(name)),
    share: (name) => share(self.file, fileName(name)),
    detach: (options) => copy(self.file, options),
    release: () => {
      letGo();
      self.file = new Blob([], { type: MIME });
    },
  };
  return self;
}

/** Where the bytes of a film's file lie, if it is one and the store has them. */
export function originOf(file: Blob): Origin | undefined {
  return origins.get(file);
}

/** Keeps the files of a film from being removed, from now on until they are let go. */
export function keep(file: Blob): () => void {
  const held = hold(originOf(file)?.files ?? []);
  return () => void held.then((letGo) => letGo());
}

/** Keeps the files from being removed, in this tab and others, until they are let go or the page is gone. */
export async function hold(files: string[]): Promise<() => void> {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const take = (file: string) =>
    new Promise<void>((resolve) => {
      const granted = () => (resolve(), held);
      // A browser that refuses a lock, or has none on plain http, lets files be removed under the film; the film is good until then.
      if (navigator.locks) navigator.locks.request(lockName(file), { mode: 'shared' }, granted).catch(() => resolve());
      else resolve();
    });
  await Promise.all([...new Set(files)].map(take));
  return letGo;
}

function fileName(name: string | undefined): string {
  const base = name?.trim() || `onetake-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`;
  return base.toLowerCase().endsWith('.mp4') ? base : `${base}.mp4`;
}

/** Rejects a film that was released. */
export function checkHeld(file: Blob): void {
  if (file.size === 0) throw new OnetakeError('closed', 'never', 'the film was released');
}

async function save(file: Blob, name: string): Promise<void> {
  checkHeld(file);
  download(file, name);
}

async function share(blob: Blob, name: string): Promise<boolean> {
  checkHeld(blob);
  return shareFiles([new File([blob], name, { type: MIME })]);
}

async function copy(file: Blob, options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {}): Promise<Blob> {
  checkHeld(file);
  const parts: ArrayBuffer[] = [];
  for (let done = 0; done < file.size; done += COPY_STEP) {
    throwIfAborted(options.signal);
    parts.push(await file.slice(done, done + COPY_STEP).arrayBuffer().catch(unreadable));
    const read = Math.min(done + COPY_STEP, file.size);
    options.onProgress?.({ ratio: read / file.size, done: read, total: file.size });
  }
  if (options.signal?.aborted) throw aborted();
  return new Blob(parts, { type: MIME });
}

function unreadable(reason: unknown): never {
  const code = reason instanceof DOMException && reason.name === 'NotFoundError' ? 'segment_missing' : 'file_damaged';
  throw new OnetakeError(code, 'never', `the film cannot be read: ${String(reason)}`);
}
