/**
 * One upload as the page sees it, from asking for a token to the link: tried again, given up, waiting for a line. Plain state,
 * drawn elsewhere (`<onetake-upload>`); what is sent, and how, is decided behind `upload()`.
 */

import { isOnetakeError } from '../index.js';
import type { Film, Upload, UploadProgress, UploadState } from '../index.js';
import type { Messages } from './messages.js';
import { publicLink } from '../upload.js';
import { StoreProblem } from './store-choice.js';
import type { Grant } from './store-choice.js';
import { isAbort } from './trouble.js';

/** What is drawn of an upload, and what can be done with it. */
export interface UploadView {
  readonly state: UploadState;
  /** Absent until something was sent. */
  readonly progress: UploadProgress | undefined;
  readonly trouble: UploadTrouble | undefined;
  /** Where it can be seen when it is done; empty: nobody knows. */
  readonly link: string;
  readonly key: string;
  pause(): void;
  resume(): void;
  /** Tries again what failed; with the file, where that was missing. */
  retry(file?: File): void;
  cancel(): void;
}

/** `wants`: what the user has to bring first. */
export type UploadTrouble = { say: (t: Messages) => string; detail: string; again: boolean; wants: 'file' | 'store' | 'nothing' };

/** One try, to one place: what the user changes meanwhile is for the next one. */
export type Attempt = {
  /** A token, and what comes with it. */
  ask: (signal: AbortSignal) => Promise<Grant>;
  begin: (grant: Grant, token: () => Promise<string>, file: File | undefined) => Upload;
  /** Stored films are read below it; empty: nowhere that is known. */
  base: (grant: Grant) => string;
};

export type TaskWork = {
  attempt: () => Attempt;
  changed: () => void;
  /** It is stored. */
  done: (task: UploadTask) => void;
  /** It was given up, and nothing of it runs. */
  gone: (task: UploadTask) => void;
};

/** Failures that another file helps against, and those that another place does. */
const FILE = new Set<string>(['upload_file_wanted', 'upload_file_differs']);
const PLACE = new Set<string>(['upload_token', 'upload_address', 'upload_bucket', 'upload_account', 'upload_forbidden', 'upload_place', 'upload_rejected']);

export class UploadTask implements UploadView {
  readonly #work: TaskWork;
  #own: UploadState = 'queued';
  #upload: Upload | undefined;
  #over = new AbortController();
  #problem: unknown;
  #film: Film | undefined;

  progress: UploadProgress | undefined;
  trouble: UploadTrouble | undefined;
  link = '';
  key = '';
  hash = '';
  /** What its tries may have left behind, by the ids of `pendingUploads()`. */
  readonly records = new Set<string>();

  constructor(work: TaskWork) {
    this.#work = work;
  }

  get state(): UploadState {
    return this.#upload?.state ?? this.#own;
  }

  /** It is on its way, or waits for a line or for the user. */
  get active(): boolean {
    return this.state !== 'done' && this.state !== 'failed';
  }

  start(file?: File): void {
    void this.#run(file);
  }

  pause(): void {
    this.#upload?.pause();
    this.#work.changed();
  }

  resume(): void {
    this.#upload?.resume();
    this.#work.changed();
  }

  retry(file?: File): void {
    if (this.state === 'failed') this.start(file);
  }

  cancel(): void {
    void this.#giveUp();
  }

  /** Of one that goes on while its film is being made: here it is. What failed until now is tried again. */
  finish(film: Film): void {
    // Its own may be released before there is a line.
    this.#film = { ...film };
    if (this.#upload) this.#end(this.#upload, this.#film);
    this.retry();
  }

  async #run(file: File | undefined): Promise<void> {
    const { signal } = (this.#over = new AbortController());
    const attempt = this.#work.attempt();
    this.#upload = this.trouble = this.#problem = undefined;
    this.#own = 'queued';
    this.#work.changed();
    try {
      const first = await this.#ask(attempt, signal);
      let given = false;
      const token = async (): Promise<string> => {
        if (given) return (await this.#ask(attempt, signal).catch(asLine)).token;
        given = true;
        return first.token;
      };
      const upload = (this.#upload = attempt.begin(first, token, file));
      if (this.#film) this.#end(upload, this.#film);
      for await (const progress of upload) this.#show(progress);
      const { key, hash } = await upload.result;
      const base = attempt.base(first);
      Object.assign(this, { key, hash, link: base ? publicLink(base, key) : '' });
      this.#work.done(this);
    } catch (reason) {
      this.#note(this.#upload);
      if (signal.aborted) return;
      this.#upload = undefined;
      this.#own = 'failed';
      this.trouble = troubleOf(this.#problem ?? reason);
    } finally {
      this.#work.changed();
    }
  }

  /** Without a line there is nobody to ask: an upload waits, it does not fail. */
  async #ask(attempt: Attempt, signal: AbortSignal): Promise<Grant> {
    this.#problem = undefined;
    for (;;) {
      await this.#online(signal);
      signal.throwIfAborted();
      try {
        return await attempt.ask(signal);
      } catch (reason) {
        if (!navigator.onLine && !signal.aborted) continue;
        this.#problem = reason;
        throw reason;
      }
    }
  }

  async #online(signal: AbortSignal): Promise<void> {
    if (navigator.onLine || signal.aborted) return;
    this.#own = 'offline';
    this.#work.changed();
    await new Promise<void>((resolve) => {
      addEventListener('online', () => resolve(), { once: true, signal });
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#own = 'queued';
    this.#work.changed();
  }

  #show(progress: UploadProgress): void {
    this.progress = progress;
    this.#work.changed();
  }

  /** What becomes of it, its result says. */
  #end(upload: Upload, film: Film): void {
    upload.finish(film).catch(() => undefined);
  }

  async #giveUp(): Promise<void> {
    const upload = this.#upload;
    this.#over.abort();
    await upload?.abort().catch(() => undefined);
    this.#note(upload);
    this.#work.gone(this);
    this.#work.changed();
  }

  #note(upload: Upload | undefined): void {
    if (upload?.id) this.records.add(upload.id);
  }
}

/** `upload()` waits for a line that fails, which a fetch says by this; for other faults it asks a few times only. */
function asLine(reason: unknown): never {
  throw reason instanceof StoreProblem && reason.fault.kind === 'unreachable' ? new TypeError(reason.message) : reason;
}

function troubleOf(reason: unknown): UploadTrouble {
  if (reason instanceof StoreProblem) {
    const { kind, detail } = reason.fault;
    return { say: (t) => t.uploadNoToken(t.storeFaults[kind](detail)), detail: reason.message, again: true, wants: 'store' };
  }
  const detail = reason instanceof Error ? `${reason.name} ${reason.message}` : String(reason);
  if (!isOnetakeError(reason)) return { say: (t) => t.uploadUnknown, detail, again: !isAbort(reason), wants: 'nothing' };
  const { code, hint, retry } = reason;
  return { say: () => hint, detail, again: retry !== 'never', wants: FILE.has(code) ? 'file' : PLACE.has(code) ? 'store' : 'nothing' };
}
