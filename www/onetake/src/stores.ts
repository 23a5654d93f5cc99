/**
 * Which store worker a studio writes through. Where there are files each studio has one of its own, which ends with it and so
 * gives its file handles up. Where there are none, files live in one worker that the whole page shares until the page is gone:
 * a studio that dies or closes takes nothing with it. A page that once keeps files in memory does so for its life, so that
 * its takes are never parted. Decides nothing about files.
 */

import { OnetakeError } from './errors.js';
import type { Kept, MemoryReply, MemoryRequest, StorageKind } from './memory.js';

/** To a store worker: `client` speaks through `port`, or is gone. */
export type StoreMessage = { client: number; port?: MessagePort };
type Die = (reason: string | OnetakeError) => void;
/** Takes the lock of files of this kind. */
export type Follow = (kind: StorageKind) => Promise<void>;
type Done = Extract<MemoryReply, { ok: true }>;

class StoreWorker {
  /** Unknown of one that ended before it said so. */
  readonly kind: Promise<StorageKind | undefined>;
  readonly #worker = new Worker(new URL('./workers/store.js', import.meta.url), { type: 'module', name: 'onetake-store' });
  readonly #clients = new Map<number, Die>();
  #settle: (kind: StorageKind | undefined) => void = () => undefined;

  constructor() {
    this.kind = new Promise((resolve) => (this.#settle = resolve));
    this.#worker.onmessage = ({ data }: MessageEvent<{ storage: StorageKind }>) => this.#settle(data.storage);
    const die = (reason: string) => {
      if (shared === this) shared = undefined;
      for (const tell of [...this.#clients.values()]) tell(reason);
      this.end();
    };
    this.#worker.onerror = (event) => die(event.message || 'a worker could not be loaded');
    this.#worker.onmessageerror = () => die('a message could not be read');
  }

  join(client: number, die: Die): void {
    this.#clients.set(client, die);
  }

  connect(client: number, port: MessagePort): void {
    this.#worker.postMessage({ client, port } satisfies StoreMessage, [port]);
  }

  /** One that holds no file but in its client's name ends with it. */
  leave(client: number): void {
    this.#clients.delete(client);
    if (shared === this) this.#worker.postMessage({ client } satisfies StoreMessage);
    else this.end();
  }

  /** Whoever waits to hear where files will be asks another one. */
  end(): void {
    if (ready === this) ready = undefined;
    this.#worker.terminate();
    this.#settle(undefined);
  }
}

/** The worker in whose memory this page keeps its files, once it is known that there is nothing better. */
let shared: StoreWorker | undefined;
/** The next studio's, begun before it so that it says where files will be. */
let ready: StoreWorker | undefined;
let clients = 0;

/** How many workers are asked where files will be, where one after another ends over it. */
const ASKED = 3;

/** Where the next studio of this page will keep its files, as far as that can be said before it is there. */
export async function nextKind(): Promise<StorageKind> {
  try {
    for (let asked = 0; asked < ASKED; asked += 1) {
      const kind = shared ? 'memory' : await (ready ??= new StoreWorker()).kind;
      if (kind) return kind;
    }
  } catch {
    // Whoever opens it hears that no worker starts here.
  }
  return 'opfs';
}

/** The next studio does not come: nobody knows when another one will. */
export function forgetNext(): void {
  ready?.end();
}

/** One client's way to its files. */
export class Store {
  /** Known before anything is answered. */
  kind: StorageKind = 'opfs';
  readonly #client = (clients += 1);
  #worker: StoreWorker;
  /** Made before it was known where to. */
  #early: MessagePort[] | undefined = [];
  #ended = false;

  /** `die` is told once why the worker failed. Nothing is read or written before `follow`, told where, has resolved. */
  constructor(die: Die, follow?: Follow) {
    this.#worker = shared ?? ready ?? new StoreWorker();
    if (this.#worker === ready) ready = undefined;
    this.#worker.join(this.#client, die);
    void this.#worker.kind.then((kind = 'opfs') => this.#settle(kind, die, follow)).catch(die);
  }

  port(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    if (this.#early) this.#early.push(port1);
    else this.#worker.connect(this.#client, port1);
    return port2;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#worker.leave(this.#client);
  }

  async #settle(kind: StorageKind, die: Die, follow?: Follow): Promise<void> {
    if (this.#ended) return;
    this.kind = kind;
    if (kind === 'memory') {
      shared ??= this.#worker;
      if (shared !== this.#worker) {
        this.#worker.leave(this.#client);
        this.#worker = shared;
        this.#worker.join(this.#client, die);
      }
    }
    if (follow) await follow(kind);
    if (this.#ended) return;
    for (const port of this.#early ?? []) this.#worker.connect(this.#client, port);
    this.#early = undefined;
  }
}

/**
 * The files under this path that the page keeps in memory; none where it has a disk. Rejects with `storage_full` where there
 * is no memory for an answer, `worker_failed` where the worker died over it, else `storage_failed`.
 */
export async function inMemory(path: string): Promise<Kept[]> {
  return shared ? ((await ask({ ticket: 1, op: 'all', path })).all ?? []) : [];
}

/** Removes them. Films made of them go on: a Blob holds what it was made of. Rejects as `inMemory` does. */
export async function removeInMemory(path: string): Promise<void> {
  if (shared) await ask({ ticket: 1, op: 'remove', path });
}

function ask(request: MemoryRequest): Promise<Done> {
  return new Promise((resolve, reject) => {
    const store = new Store((reason) => reject(typeof reason === 'string' ? new OnetakeError('worker_failed', 'later', reason) : reason));
    const port = store.port();
    port.onmessage = ({ data }: MessageEvent<MemoryReply>) => {
      store.end();
      port.close();
      if (data.ok) resolve(data);
      else reject(refused(data.name, data.detail));
    };
    port.postMessage(request);
  });
}

/** As the studio worker says it of a disk. */
function refused(name: string, detail: string): OnetakeError {
  if (name === 'QuotaExceededError') return new OnetakeError('storage_full', 'after-action', detail);
  return new OnetakeError('storage_failed', 'later', `${name} ${detail}`);
}
