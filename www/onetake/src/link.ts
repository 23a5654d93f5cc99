/**
 * The page's end of a studio worker: starts it, and a way to its files for one that films, matches answers to requests, tells
 * when a worker died. It decides nothing about recording.
 */

import { aborted, fromFailure, isOnetakeError, OnetakeError } from './errors.js';
import type { StorageKind } from './memory.js';
import type { Answer, Command, Event as StudioEvent, Failure } from './protocol.js';
import { type Follow, Store } from './stores.js';
import type { Locale } from './types.js';

/** What stands beside a message: see crate/core/src/protocol.rs. */
export type Handles = { readable?: ReadableStream; track?: MediaStreamTrack; port?: MessagePort; canvas?: OffscreenCanvas; files?: Blob[]; poster?: Blob };
export type Reply = { answer: Answer; file?: Blob; files?: Blob[]; pictures?: ImageBitmap[] };
export type Pending = { id: number; reply: Promise<Reply> };
type Said = StudioEvent & Omit<Reply, 'answer'>;
type Waiting = { resolve: (reply: Reply) => void; reject: (error: unknown) => void; onProgress?: (done: number, total: number) => void };

export class Link {
  readonly #studio: Worker;
  readonly #store: Store | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #locale: Locale;
  #next = 1;
  #dead: OnetakeError | undefined;

  /** Starts a fresh studio worker, with a store or without; `follow` as in `Store`. `onDeath` is called once if one of them fails by itself. */
  constructor(locale: Locale, onEvent: (event: StudioEvent) => void, onDeath: (error: OnetakeError) => void, { store = true, follow }: { store?: boolean; follow?: Follow } = {}) {
    this.#locale = locale;
    this.#studio = new Worker(new URL('./workers/studio.js', import.meta.url), { type: 'module', name: 'onetake-studio' });
    const die = (reason: string | Failure | OnetakeError) => {
      if (this.#dead) return;
      const said = typeof reason === 'string' ? new OnetakeError('worker_failed', 'later', reason, locale) : reason;
      const error = isOnetakeError(said) ? said : fromFailure(said, locale);
      this.#end(error);
      onDeath(error);
    };
    if (store) this.#store = new Store(die, follow);
    this.#studio.onerror = (event) => die(event.message || 'a worker could not be loaded');
    this.#studio.onmessageerror = () => die('a message could not be read');
    this.#studio.onmessage = ({ data }: MessageEvent<Said>) => {
      if (data.type === 'crashed') die(data.failure);
      else if (!this.#settle(data)) onEvent(data);
    };
  }

  /** Where the store keeps files: known before the draft is open. */
  get storage(): StorageKind {
    return this.#store?.kind ?? 'opfs';
  }

  /** Its files, if it has any; one that is opened. */
  get store(): Store | undefined {
    return this.#store;
  }

  /** The store's port, to be handed over with the `open` command. */
  storePort(): MessagePort {
    return this.#store?.port() ?? new MessageChannel().port2;
  }

  request(command: Command, options: { handles?: Handles; signal?: AbortSignal; onProgress?: Waiting['onProgress'] } = {}): Promise<Reply> {
    const { handles = {}, signal, onProgress } = options;
    if (this.#dead) return Promise.reject(this.#dead);
    if (signal?.aborted) return Promise.reject(aborted(this.#locale));
    const id = this.#next++;
    const giveUp = () => this.#studio.postMessage({ id: this.#next++, command: { cancel: { request: id } } satisfies Command });
    signal?.addEventListener('abort', giveUp, { once: true });
    const reply = new Promise<Reply>((resolve, reject) => this.#waiting.set(id, { resolve, reject, onProgress }));
    const transfer = [handles.readable, handles.track, handles.port, handles.canvas].filter((handle) => handle !== undefined) as unknown as Transferable[];
    this.#studio.postMessage({ id, command, ...handles }, transfer);
    return reply.finally(() => signal?.removeEventListener('abort', giveUp));
  }

  /** Ends the studio worker at once; whatever still waits is rejected with `reason`. */
  terminate(reason: OnetakeError): void {
    this.#end(reason);
  }

  #end(reason: OnetakeError): void {
    this.#dead ??= reason;
    this.#studio.terminate();
    this.#store?.end();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #settle(event: Said): boolean {
    if (event.type !== 'done' && event.type !== 'failed' && event.type !== 'progress') return false;
    const waiting = this.#waiting.get(event.request);
    if (event.type === 'progress') {
      waiting?.onProgress?.(event.done, event.total);
      return true;
    }
    this.#waiting.delete(event.request);
    if (event.type === 'done') waiting?.resolve({ answer: event.answer, file: event.file, files: event.files, pictures: event.pictures });
    else waiting?.reject(event.failure.code === 'aborted' ? aborted(this.#locale) : fromFailure(event.failure, this.#locale));
    return true;
  }
}
