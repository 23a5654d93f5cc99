/**
 * Which store worker a studio writes through. Where there are files each studio has one of its own, which ends with it and so
 * gives its file handles up. Where there are none, files live in one worker that the whole page shares until the page is gone:
 * a studio that dies or closes takes nothing with it. A page that once keeps files in memory does so for its life, so that
 * its takes are never parted. Decides nothing about files.
 */

import { OnetakeError } from './errors.js';
import type { Kept, MemoryReply, MemoryRequest, StorageKind } from './memory.js';
import type { FileNews, Grown, StoreMessage, StoreNews } from './store-words.js';

type Die = (reason: string | OnetakeError) => void;
/** Takes the lock of files of this kind. */
export type Follow = (kind: StorageKind) => Promise<void>;
type Done = Extract<MemoryReply, { ok: true }>;

class StoreWorker {
  /** Unknown of one that ended before it said so. */
  readonly kind: Promise<StorageKind | undefined>;
  readonly #worker = new Worker(new URL('./workers/store.js', import.meta.url), { type: 'module', name: 'onetake-store' });
  readonly #clients = new Map<number, Die>();
  /** Each hears what becomes of all files here. */
  readonly listeners = new Set<(news: FileNews) => void>();
  #settle: (kind: StorageKind | undefined) => void = () => undefined;

  constructor() {
    this.kind = new Promise((resolve) => (this.#settle = resolve));
    this.#worker.onmessage = ({ data }: MessageEvent<StoreNews>) => {
      if ('storage' in data) return this.#settle(data.storage);
      for (const tell of [...this.listeners]) tell(data);
    };
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

  /** A port alone is no client: it keeps no worker. */
  close(client: number): void {
    this.#worker.postMessage({ client } satisfies StoreMessage);
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
  readonly #media = new Map<string, Grown>();
  readonly #listeners = new Set<(path: string) => void>();
  readonly #hear = (news: FileNews) => this.#note(news);

  /** `die` is told once why the worker failed. Nothing is read or written before `follow`, told where, has resolved. */
  constructor(die: Die, follow?: Follow) {
    this.#worker = shared ?? ready ?? new StoreWorker();
    if (this.#worker === ready) ready = undefined;
    this.#worker.listeners.add(this.#hear);
    this.#worker.join(this.#client, die);
    void this.#worker.kind.then((kind = 'opfs') => this.#settle(kind, die, follow)).catch(die);
  }

  port(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    if (this.#early) this.#early.push(port1);
    else this.#worker.connect(this.#client, port1);
    return port2;
  }

  /** How far the media of each file reaches that has grown since this was opened, and is there; memory outlives who filmed into it. */
  get media(): ReadonlyMap<string, Grown> {
    return this.#media;
  }

  /** Tells the path of each file that grows or goes, until the answer is called. */
  listen(tell: (path: string) => void): () => void {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  }

  /** A port by which another worker reads; the store has been opened. */
  lend(): { port: MessagePort; end: () => void } {
    const worker = this.#worker;
    const client = (clients += 1);
    const { port1, port2 } = new MessageChannel();
    worker.connect(client, port1);
    return { port: port2, end: () => worker.close(client) };
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#worker.listeners.delete(this.#hear);
    this.#worker.leave(this.#client);
  }

  #note(news: FileNews): void {
    if ('grown' in news) {
      this.#media.set(news.grown.path, news.grown);
      return this.#tell(news.grown.path);
    }
    const gone = [...this.#media.keys()].filter((path) => path === news.removed || path.startsWith(`${news.removed}/`));
    for (const path of gone) {
      this.#media.delete(path);
      this.#tell(path);
    }
  }

  #tell(path: string): void {
    for (const tell of [...this.#listeners]) tell(path);
  }

  async #settle(kind: StorageKind, die: Die, follow?: Follow): Promise<void> {
    if (this.#ended) return;
    this.kind = kind;
    if (kind === 'memory') {
      shared ??= this.#worker;
      if (shared !== this.#worker) {
        this.#worker.leave(this.#client);
        this.#worker = shared;
        this.#worker.listeners.add(this.#hear);
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
