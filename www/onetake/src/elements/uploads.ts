/**
 * All uploads of the page: of the films that were made here, of what is being filmed, and those that an earlier page left unfinished.
 * It outlives the review, so that filming goes on while a film is sent. Plain state, drawn elsewhere.
 */

import { keep } from '../film.js';
import { pendingUploads, upload } from '../index.js';
import type { Film, PendingUpload, Segment, Studio, Upload, UploadOptions } from '../index.js';
import { filmName } from './format.js';
import { remembered } from '../ledgers.js';
import { keyFor } from './put-policy.js';
import type { PutPolicy } from './put-policy.js';
import { askToken } from './store-choice.js';
import type { Grant, StoreChoice } from './store-choice.js';
import { UploadTask } from './upload-task.js';
import type { Attempt, TaskWork } from './upload-task.js';

export type UploadsHost = {
  /** Gives tokens of the page's own store; empty: nothing is uploaded here. */
  ownTokens: () => string;
  /** The bucket that the user chose instead. */
  store: () => StoreChoice | undefined;
  /** Takes are uploaded while they are filmed. */
  live: () => boolean;
  /** Opens a draft: it is gone on with there. */
  open: (draft: string) => void;
  changed: () => void;
  stored: (what: Stored) => void;
};

export type Stored = { key: string; hash: string; link: string };

/** One upload in the list. `task`: it runs in this page, or ran. */
export type UploadRow = { id: string; key: string | null; sent: number; total: number; task: UploadTask | undefined; goOn: () => void; discard: () => void };

/** What is being uploaded while it is filmed. `left`: its studio was closed before there was a film; `letGo`: that film's files. */
type Filming = { studio: Studio; task: UploadTask; left: boolean; letGo: () => void };

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
  /** Of those that wait for the end of their films, by their own ids. */
  #drafts: ReadonlyMap<string, string> = new Map();
  #filming: Filming | undefined;
  #studio: Studio | undefined;
  /** Given up by the user: not begun again by itself. */
  #unwanted: Studio | undefined;
  /** Gone on with by the user, whatever the switch says. */
  #wanted = '';
  #offered = false;
  /** A new array after each change: what is under way, then what is not. */
  rows: readonly UploadRow[] = [];

  constructor(host: UploadsHost) {
    this.#host = host;
  }

  get on(): boolean {
    return this.#host.ownTokens() !== '';
  }

  /** An earlier page left some, and nobody has looked at them yet. */
  get offered(): boolean {
    return this.#offered && this.rows.some(({ task }) => !task);
  }

  /** Of what is being filmed. */
  get live(): UploadTask | undefined {
    return this.#filming?.task;
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
    const object = objectName(name);
    const task = new UploadTask({
      ...this.#telling(letGo),
      // In parts, however short it is: only what is noted part by part can be gone on with after a reload.
      attempt: () => this.#attempt(name, (options, policy) => upload(file, { ...options, key: keyFor(policy, object), mimeType: file.type, api: 'v2' })),
      gone: ({ records }) => {
        letGo();
        this.#films.delete(id);
        void this.#forget(records);
      },
    });
    this.#films.set(id, { task, file });
    task.start();
  }

  /** A draft was opened or, with `records`, is being filmed: its upload begins, or goes on. */
  async tend(studio: Studio, records: boolean): Promise<void> {
    this.#studio = studio;
    if (!this.on || this.#unwanted === studio) return;
    if (this.#filming?.studio === studio) return this.#filming.task.retry();
    const wanted = this.#wanted === studio.draft.id;
    if (!wanted && !this.#host.live()) return;
    if (!wanted && !records && (await this.#recall(studio, new Set())) === undefined) return;
    // The switch may have been turned meanwhile.
    if (this.#unwanted === studio || (!wanted && !this.#host.live())) return;
    if (studio.state !== 'closed' && !this.#filming) this.#follow(studio);
  }

  /** The switch was turned. */
  turn(): void {
    this.#unwanted = undefined;
    this.#wanted = '';
    if (!this.#host.live()) {
      const filming = this.#filming;
      // Turned on again before that has ended, it begins anew.
      this.#filming = undefined;
      return filming?.task.cancel();
    }
    if (this.#studio?.state === 'recording') void this.tend(this.#studio, true);
  }

  /** What was filmed is this film now. */
  finish(id: string, film: Film): void {
    const filming = this.#filming;
    if (!filming) return;
    this.#filming = undefined;
    // No take was added.
    if (this.#films.has(id)) return filming.task.cancel();
    filming.letGo = keep(film.file);
    this.#films.set(id, { task: filming.task, file: film.file });
    filming.task.finish(film);
  }

  #follow(studio: Studio): void {
    this.#wanted = '';
    const name = filmName();
    const object = objectName(name);
    const task = new UploadTask({
      ...this.#telling(() => filming.letGo()),
      attempt: () => {
        let kept: Recalled | undefined;
        const attempt = this.#attempt(name, (options, policy) =>
          // What an earlier page sent of it stands under the name of then; the film that is saved here is the object.
          upload(studio, { ...options, moved: 'again', key: kept?.place === policy.place ? kept.key : keyFor(policy, object) }));
        const ask = async (signal: AbortSignal): Promise<Grant> => ((kept = await this.#recall(studio, task.records)), attempt.ask(signal));
        return { ...attempt, ask };
      },
      gone: (task) => this.#end(filming, task),
    });
    const filming: Filming = { studio, task, left: false, letGo: () => undefined };
    this.#filming = filming;
    studio.on('state', (state) => {
      if (state !== 'closed' || this.#filming !== filming) return;
      filming.left = true;
      this.#filming = undefined;
      task.cancel();
    });
    task.start();
  }

  /** Given up by the user, or left with its draft. */
  #end(filming: Filming, task: UploadTask): void {
    for (const [id, film] of this.#films) if (film.task === task) this.#films.delete(id);
    filming.letGo();
    if (this.#filming === filming) {
      this.#filming = undefined;
      this.#unwanted = filming.studio;
    }
    if (filming.left && filming.studio.draft.segments.length > 0) void this.look();
    else void this.#forget(task.records);
  }

  /** What an earlier page, or an attempt of these records, left of this draft's upload. */
  async #recall({ draft }: Studio, own: ReadonlySet<string>): Promise<Recalled | undefined> {
    const others = [...this.#films.values()].flatMap(({ task }) => [...task.records]).filter((id) => !own.has(id));
    for (const { id, key } of await pendingUploads().catch(() => [])) {
      if (!others.includes(id) && (await draftOf(id)) === draft.id) return { key, place: (await remembered(id))?.place };
    }
    return undefined;
  }

  #attempt(name: string, begin: (options: Begun, policy: PutPolicy) => Upload): Attempt {
    const store = this.#host.store();
    return {
      ...this.#place(store),
      begin: ({ policy, hosts, domain: given }, token) => {
        const endpoints = store?.hosts.length ? store.hosts : hosts;
        const domain = store?.publicBase || given;
        return begin({ token, place: policy.place, fileName: name, ...(endpoints.length > 0 && { endpoints }), ...(domain && { domain }) }, policy);
      },
    };
  }

  /** Reads what earlier pages left; `offer`: the user is told of it. */
  async look(offer = false): Promise<void> {
    if (!this.on) return;
    this.#pending = await pendingUploads().catch(() => []);
    const drafts = await Promise.all(this.#pending.map(async ({ id }) => [id, await draftOf(id)] as const));
    this.#drafts = new Map(drafts.filter((pair): pair is [string, string] => pair[1] !== undefined));
    if (offer) this.#offered = true;
    this.#list();
  }

  /** The user has seen them, or does not want to. */
  seen(): void {
    this.#offered = false;
    this.#host.changed();
  }

  /** Its end is the end of its film. */
  #reopen(draft: string): void {
    this.#wanted = draft;
    this.#host.open(draft);
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

  /** The user removed a draft: what was sent of it has nothing to go on with. */
  async handleRemoved(draft: string): Promise<void> {
    for (const pending of await pendingUploads().catch(() => [])) if ((await draftOf(pending.id)) === draft) await this.#giveUp(pending);
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

  #telling(letGo: () => void = () => undefined): Pick<TaskWork, 'changed' | 'done'> {
    return {
      changed: () => this.#list(),
      done: ({ key, hash, link }) => {
        letGo();
        this.#host.stored({ key, hash, link });
      },
    };
  }

  #list(): void {
    const films = [...this.#films].filter(([, { task }]) => task.active);
    const filmed = this.#filming?.studio.draft.id;
    const waiting = this.#pending.filter(({ id }) => !this.#earlier.has(id) && (filmed === undefined || this.#drafts.get(id) !== filmed));
    this.rows = [
      ...films.map(([id, { task, file }]) => ({ id, key: null, sent: 0, total: file.size, task, goOn: () => undefined, discard: () => task.cancel() })),
      ...[...this.#earlier.values()].map(({ task, pending }) => this.#row(pending, task)),
      ...waiting.map((pending) => this.#row(pending, undefined)),
    ];
    this.#host.changed();
  }

  #row(pending: PendingUpload, task: UploadTask | undefined): UploadRow {
    const { id, key, sent, total } = pending;
    const draft = this.#drafts.get(id);
    const goOn = (): void => (draft === undefined ? this.#goOn(pending) : this.#reopen(draft));
    return { id, key, sent, total, task, goOn, discard: () => void this.#discard(pending) };
  }
}

type Recalled = { key: string | null; place: string | undefined };
type Begun = Omit<UploadOptions, 'key' | 'mimeType' | 'api'>;

/** Others may film into the same bucket in the same second. */
function objectName(name: string): string {
  return name.replace('.mp4', `-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}.mp4`);
}

/** The draft whose film this record waits for. */
async function draftOf(record: string): Promise<string | undefined> {
  const kept = await remembered(record);
  return kept?.kind === 'live' ? kept.name.replace(/^draft /, '') : undefined;
}
