/**
 * One upload as its caller holds it: hands options and bytes to the upload worker, gives it tokens when it asks, and turns what
 * it says into state, progress and result. A worker that dies is begun again with what is recorded. Decides nothing
 * about the protocol, and keeps a token no longer than the call that asks for it takes.
 */

import { aborted, fromFailure, isOnetakeError, OnetakeError, pageLocale } from './errors.js';
import type { Remembered, Source } from './ledgers.js';
import type { Live } from './live.js';
import { refused } from './options.js';
import type { Film, Upload, UploadAttempt, UploadOptions, UploadProgress, UploadState, UploadWarning } from './types.js';
import { enter, leave, tell } from './upload-link.js';
import type { UploadEvent, UploadSettings } from './upload-protocol.js';

export type JobOptions = Pick<UploadOptions, 'token' | 'place' | 'signal' | 'onProgress'>;
/** What is uploaded, and where to; its files are held until they are let go. */
export type Given = { file?: Blob; settings: UploadSettings; source: Source | undefined; place: string | undefined; letGo: () => void };
type Result = Awaited<Upload['result']>;

/** A worker that dies so often without a byte more on the server will always die. */
const DEATHS = 3;
/** A source of tokens that fails is asked again after so many milliseconds, as long as it may be the line that fails (a fetch says `TypeError`). */
const WAITS = [500, 1000, 2000];
const LONGEST_WAIT = 15_000;
const PATIENCE = 600_000;
/** A log that nobody reads must not grow. */
const ATTEMPTS = 200;

export class Sending implements Upload {
  readonly result: Promise<Result>;
  readonly attempts: UploadAttempt[] = [];
  readonly #warnings: UploadWarning[] = [];
  readonly #options: JobOptions;
  #state: UploadState = 'queued';
  #record: string;
  #given: Given | undefined;
  #job = 0;
  #paused = false;
  #over = false;
  #deaths = 0;
  #doneAtDeath = -1;
  #progress: UploadProgress = { ratio: 0, done: 0, total: 0, state: 'queued', rate: 0, retries: 0 };
  #told = 0;
  #changed: () => void = () => undefined;
  #change: Promise<void> = new Promise((resolve) => (this.#changed = resolve));
  #resolve: (result: Result) => void = () => undefined;
  #reject: (error: OnetakeError) => void = () => undefined;
  #stopping: Promise<void> | undefined;
  #stopped: () => void = () => undefined;
  readonly #giveUp = () => void this.abort();
  readonly #onRecord: (record: string) => void;
  readonly #live: Live | undefined;

  /** `record`: what it begins under; `onRecord` hears under which it goes on; `live`: a source that grows. */
  constructor(options: JobOptions, open: () => Promise<Given>, record = '', onRecord: (record: string) => void = () => undefined, live?: Live) {
    this.#options = options;
    this.#live = live;
    if (live) live.onLost = (error) => void this.#stop(error);
    this.#record = record;
    this.#onRecord = onRecord;
    this.result = new Promise<Result>((resolve, reject) => ([this.#resolve, this.#reject] = [resolve, reject]));
    // Whoever does not look at the result loses nothing by it.
    this.result.catch(() => undefined);
    options.signal?.addEventListener('abort', this.#giveUp, { once: true });
    if (options.signal?.aborted) this.#fail(aborted());
    else open().then((given) => this.#begin(given)).catch((reason) => this.#fail(reason));
  }

  get state(): UploadState {
    return this.#state;
  }

  get id(): string {
    return this.#record;
  }

  pause(): void {
    this.#paused = true;
    if (this.#job && !this.#over) tell(this.#job, { pause: {} });
  }

  resume(): void {
    this.#paused = false;
    if (this.#job && !this.#over) tell(this.#job, { resume: {} });
  }

  abort(): Promise<void> {
    return this.#stop(aborted());
  }

  #stop(error: OnetakeError): Promise<void> {
    if (this.#over) return this.#stopping ?? Promise.resolve();
    this.#stopping = this.#job ? new Promise((resolve) => (this.#stopped = resolve)) : Promise.resolve();
    if (this.#job) tell(this.#job, { stop: {} });
    this.#fail(error);
    return this.#stopping;
  }

  async finish(film?: Film): Promise<void> {
    if (this.#live && !this.#over) await this.#live.finish(film);
    else if (film && !this.#live) throw refused('film: the source of this upload is a file');
    await this.result;
  }

  [Symbol.asyncIterator](): AsyncIterator<UploadProgress> {
    let seen = 0;
    const next = async (): Promise<IteratorResult<UploadProgress>> => {
      while (seen === this.#told) {
        if (this.#over) return { done: true, value: await this.result.then(() => undefined) };
        await this.#change;
      }
      seen = this.#told;
      return { done: false, value: this.#progress };
    };
    return { next, return: async () => ({ done: true, value: undefined }) };
  }

  // ------------------------------------------------------------------ the worker

  #begin(given: Given): void {
    if (this.#over) return given.letGo();
    this.#given = given;
    this.#post(given);
  }

  #post({ file, source, settings, place }: Given): void {
    this.#job = enter({ handle: (event) => this.#handle(event), lost: (error) => this.#lost(error) });
    const kept = source && ({ ...source, settings, ...(place !== undefined && { place }) } satisfies Remembered);
    try {
      tell(this.#job, { begin: { settings } }, { ...(file && { file }), source: kept });
      this.#live?.begin((command, handles) => tell(this.#job, command, handles));
      if (this.#paused) tell(this.#job, { pause: {} });
    } catch (reason) {
      this.#lost(new OnetakeError('worker_failed', 'never', `no worker: ${String(reason)}`), true);
    }
  }

  #handle(event: UploadEvent): void {
    switch (event.type) {
      case 'token':
        return void this.#giveToken();
      case 'opened':
        if (this.#given) this.#given.settings = { ...this.#given.settings, record: event.record, known: true };
        this.#record = event.record;
        return this.#onRecord(event.record);
      case 'progress':
        return this.#tell(event);
      case 'attempt':
        if (this.attempts.push(event.attempt) > ATTEMPTS) this.attempts.shift();
        return;
      case 'warning':
        return void this.#warnings.push({ code: event.code as UploadWarning['code'], detail: event.detail });
      case 'done':
        return this.#finish(event);
      case 'failed':
        return this.#fail(fromFailure(event.failure, pageLocale())), this.#leave();
      case 'stopped':
        return this.#leave();
    }
  }

  /** What was in flight is sent again; nothing that was confirmed is. */
  #lost(error: OnetakeError, final = false): void {
    if (this.#over) return this.#leave();
    this.#deaths = this.#progress.done > this.#doneAtDeath ? 1 : this.#deaths + 1;
    this.#doneAtDeath = this.#progress.done;
    if (final || this.#deaths >= DEATHS) return this.#fail(error), this.#leave();
    leave(this.#job);
    this.#post(this.#given as Given);
  }

  async #giveToken(): Promise<void> {
    const job = this.#job;
    const given = await this.#askForToken().catch((reason) => ({ detail: `the page's own source of tokens failed: ${nameOf(reason)}` }));
    // Only what asked is answered: a worker that began anew asks anew.
    if (this.#over || job !== this.#job) return;
    if (typeof given === 'string') tell(job, { token: { token: given } });
    else tell(job, { noToken: given });
  }

  async #askForToken(): Promise<string> {
    const { token } = this.#options;
    if (typeof token === 'string') return token;
    const deadline = performance.now() + PATIENCE;
    for (let failed = 0; ; failed += 1) {
      try {
        const given: unknown = await token();
        if (typeof given === 'string' && given !== '') return given;
        throw refused(`token: a text is wanted, not ${typeof given}`);
      } catch (reason) {
        const [line, wait] = [reason instanceof TypeError, WAITS[failed]];
        if (this.#over || isOnetakeError(reason) || performance.now() > deadline || !(line || wait)) throw reason;
        await new Promise((resolve) => setTimeout(resolve, wait ?? LONGEST_WAIT));
      }
    }
  }

  // ------------------------------------------------------------------ the caller

  #tell({ state, done, total: told, rate, eta, retries }: Extract<UploadEvent, { type: 'progress' }>): void {
    if (this.#over) return;
    const total = Math.max(told, this.#live?.size ?? 0);
    // A worker that begins again knows nothing of what was under way.
    const most = Math.min(total, Math.max(done, this.#progress.done));
    this.#say({ ratio: total > 0 ? most / total : 0, done: most, total, ...(eta !== null && { eta }), state, rate, retries });
  }

  #say(progress: UploadProgress): void {
    this.#state = progress.state;
    this.#progress = progress;
    this.#told += 1;
    this.#notify();
    try {
      this.#options.onProgress?.(progress);
    } catch (reason) {
      // A listener's fault, and no reason to end the upload.
      reportError(reason);
    }
  }

  #notify(): void {
    this.#changed();
    this.#change = new Promise((resolve) => (this.#changed = resolve));
  }

  #finish({ key, hash, body, requestId, resumedBytes }: Extract<UploadEvent, { type: 'done' }>): void {
    const { total, retries } = this.#progress;
    if (!this.#over) {
      if (this.#live?.isProgressive === false) this.#warnings.push({ code: 'not_progressive', detail: '' });
      this.#say({ ratio: 1, done: total, total, eta: 0, state: 'done', rate: 0, retries });
      this.#resolve({ key: key ?? this.#given?.settings.key ?? '', hash, body: parse(body), requestId, resumedBytes, warnings: this.#warnings });
      this.#end();
    }
    this.#leave();
  }

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.#state = 'failed';
    this.#reject(isOnetakeError(reason) ? reason : new OnetakeError('internal', 'never', String(reason)));
    this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#live?.end();
    this.#options.signal?.removeEventListener('abort', this.#giveUp);
    this.#notify();
  }

  /** The worker has nothing of it any more. */
  #leave(): void {
    leave(this.#job);
    this.#given?.letGo();
    this.#stopped();
  }
}

/** One that cannot begin. */
export function failedUpload(reason: unknown): Upload {
  return new Sending({ token: '' }, () => Promise.reject(reason));
}

/** Never what it says: that may hold a token. */
function nameOf(reason: unknown): string {
  if (isOnetakeError(reason)) return reason.message;
  return reason instanceof Error ? reason.name : typeof reason;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
