/**
 * All uploads of the page: of the films that were made here, and those that an earlier page left unfinished. It outlives the
 * review, so that filming goes on while a film is sent. Plain state, drawn elsewhere.
 */

import { keep } from '../film.js';
import { pendingUploads, upload } from '../index.js';
import type { Film, PendingUpload, Segment } from '../index.js';
import { filmName } from './format.js';
import { keyFor } from './put-policy.js';
import { askToken } from './store-choice.js';
import type { Grant, StoreChoice } from './store-choice.js';
import { UploadTask } from './upload-task.js';
import type { Attempt, TaskWork } from './upload-task.js';

export type UploadsHost = {
  /** Gives tokens of the page's own store; empty: nothing is uploaded here. */
  ownTokens: () => string;
  /** The bucket that the user chose instead. */
  store: () => StoreChoice | undefined;
  changed: () => void;
  stored: (what: Stored) => void;
};

export type Stored = { key: string; hash: string; link: string };

/** One upload in the list. `task`: it runs in this page, or ran. */
export type UploadRow = { id: string; key: string | null; sent: number; total: number; task: UploadTask | undefined; goOn: () => void; discard: () => void };

/** One name for what was filmed: it is the same film until a take is added, deleted or moved. */
export function filmId(draft: string, segments: readonly Segment[]): string {
  return `${draft} ${segments.map(({ id, duration }) => `${id}:${duration}`).join(' ')}`;
}

export class Uploads {
  readonly #host: UploadsHost;
  /** By what was filmed. */
  readonly #films = new Map<string, { task: UploadTask; file: Blob }>();
  /** Those of an earlier page that go on in this one, by their own ids. */
  readonly #earlier = new Map<string, { task: UploadTask; pending: PendingUpload }>();
  #pending: readonly PendingUpload[] = [];

  /** An earlier page left some, and nobody has looked at them yet. */
  offered = false;
  /** A new array after each change: what is under way, then what is not. */
  rows: readonly UploadRow[] = [];

  constructor(host: UploadsHost) {
    this.#host = host;
  }

  get on(): boolean {
    return this.#host.ownTokens() !== '';
  }

  of(film: string): UploadTask | undefined {
    return this.#films.get(film)?.task;
  }

  /** Sends a film; one that is under way, or there, is not sent again. */
  send(id: string, { file }: Film): void {
    if (this.#films.has(id)) return;
    // Before there is a token, and whatever becomes of the film: its takes may be deleted meanwhile.
    const letGo = keep(file);
    const name = filmName();
    // Others may film into the same bucket in the same second.
    const object = name.replace('.mp4', `-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}.mp4`);
    const { changed, done } = this.#telling();
    const task = new UploadTask({
      changed,
      done: (stored) => {
        letGo();
        done(stored);
      },
      attempt: () => {
        const store = this.#host.store();
        return {
          ...this.#place(store),
          begin: ({ policy, hosts, domain: given }, token) => {
            const endpoints = store?.hosts.length ? store.hosts : hosts;
            const domain = store?.publicBase || given;
            // In parts, however short it is: only what is noted part by part can be gone on with after a reload.
            return upload(file, { token, place: policy.place, key: keyFor(policy, object), fileName: name, mimeType: file.type, api: 'v2', ...(endpoints.length > 0 && { endpoints }), ...(domain && { domain }) });
          },
        };
      },
      gone: ({ records }) => {
        letGo();
        this.#films.delete(id);
        void this.#forget(records);
      },
    });
    this.#films.set(id, { task, file });
    task.start();
  }

  /** Reads what earlier pages left; `offer`: the user is told of it. */
  async look(offer = false): Promise<void> {
    if (!this.on) return;
    this.#pending = await pendingUploads().catch(() => []);
    if (offer) this.offered = this.#pending.length > 0;
    this.#list();
  }

  /** The user has seen them, or does not want to. */
  seen(): void {
    this.offered = false;
    this.#host.changed();
  }

  #goOn(pending: PendingUpload): void {
    const { id } = pending;
    const task = new UploadTask({
      ...this.#telling(),
      attempt: () => ({ ...this.#place(this.#host.store()), begin: ({ policy }, token, file) => pending.resume({ token, place: policy.place, ...(file && { file }) }) }),
      gone: ({ state }) => (state === 'done' ? this.#drop(id) : void this.#discard(pending)),
    });
    this.#earlier.set(id, { task, pending });
    task.start();
  }

  #drop(gone: string): void {
    this.#earlier.delete(gone);
    this.#pending = this.#pending.filter(({ id }) => id !== gone);
    this.#list();
  }

  async #discard(pending: PendingUpload): Promise<void> {
    this.#drop(pending.id);
    await this.#giveUp(pending);
    await this.look();
  }

  /** What was sent of a film that was given up. */
  async #forget(records: ReadonlySet<string>): Promise<void> {
    const left = (await pendingUploads().catch(() => [])).filter(({ id }) => records.has(id));
    for (const pending of left) await this.#giveUp(pending);
    await this.look();
  }

  /** Also on the server, which would keep what it has for a week; unless the user has gone to another one. */
  async #giveUp(pending: PendingUpload): Promise<void> {
    const grant = await this.#place(this.#host.store()).ask().catch(() => undefined);
    await pending.discard({ token: grant?.token ?? '', place: grant?.policy.place }).catch(() => undefined);
  }

  #place(store: StoreChoice | undefined): { ask: (signal?: AbortSignal) => Promise<Grant>; base: Attempt['base'] } {
    const url = new URL(store?.tokenUrl ?? this.#host.ownTokens(), location.href).href;
    return { ask: (signal) => askToken(url, signal), base: ({ domain }) => store?.publicBase || domain };
  }

  #telling(): Pick<TaskWork, 'changed' | 'done'> {
    return { changed: () => this.#list(), done: ({ key, hash, link }) => this.#host.stored({ key, hash, link }) };
  }

  #list(): void {
    const films = [...this.#films].filter(([, { task }]) => task.active);
    const waiting = this.#pending.filter(({ id }) => !this.#earlier.has(id));
    this.rows = [
      ...films.map(([id, { task, file }]) => ({ id, key: null, sent: 0, total: file.size, task, goOn: () => undefined, discard: () => task.cancel() })),
      ...[...this.#earlier.values()].map(({ task, pending }) => this.#row(pending, task)),
      ...waiting.map((pending) => this.#row(pending, undefined)),
    ];
    this.#host.changed();
  }

  #row(pending: PendingUpload, task: UploadTask | undefined): UploadRow {
    const { id, key, sent, total } = pending;
    return { id, key, sent, total, task, goOn: () => this.#goOn(pending), discard: () => void this.#discard(pending) };
  }
}
