/**
 * The page's end of the upload worker: one serves all uploads of the page, from the first until a while after the last. Tells it how the
 * line is and whether the page is seen, and starts another where one died; it decides nothing about uploads.
 */

import { fromFailure, OnetakeError, pageLocale } from './errors.js';
import type { UploadCommand, UploadEvent, UploadRequest } from './upload-protocol.js';

/** One upload as the worker knows it. */
export type Job = {
  /** Hears of itself alone. */
  handle: (event: UploadEvent) => void;
  /** The worker is gone: begin anew in another one, or fail with this. */
  lost: (error: OnetakeError) => void;
};

/** Milliseconds that the worker outlives the last upload: to start another costs a small file half of its time. */
const KEPT = 30_000;

let worker: Worker | undefined;
let idle: ReturnType<typeof setTimeout> | undefined;
const jobs = new Map<number, Job>();
let next = 1;

/** A number for an upload that begins. */
export function enter(job: Job): number {
  clearTimeout(idle);
  const number = next++;
  jobs.set(number, job);
  return number;
}

/** The upload is over. */
export function leave(number: number): void {
  jobs.delete(number);
  if (jobs.size > 0) return;
  clearTimeout(idle);
  idle = setTimeout(end, KEPT);
}

export type Handles = { file?: Blob; source?: unknown; port?: MessagePort; files?: string[] };

/** Handles stand beside a command: crate/core/src/protocol/upload.rs. */
export function tell(job: number, command: UploadCommand, handles: Handles = {}): void {
  worker ??= start();
  worker.postMessage({ job, command, ...handles } satisfies UploadRequest & Handles, handles.port ? [handles.port] : []);
}

function start(): Worker {
  const made = new Worker(new URL('./workers/upload.js', import.meta.url), { type: 'module', name: 'onetake-upload' });
  made.onmessage = ({ data }: MessageEvent<UploadEvent>) => {
    if (data.type === 'crashed') die(made, fromFailure(data.failure, pageLocale()));
    else jobs.get(data.job)?.handle(data);
  };
  const failed = (detail: string) => die(made, new OnetakeError('worker_failed', 'later', detail));
  made.onerror = (event) => failed(event.message || 'the worker could not be loaded');
  made.onmessageerror = () => failed('a message could not be read');
  for (const [target, name] of LINK) target.addEventListener(name, sayLink);
  made.postMessage({ job: 0, command: link() } satisfies UploadRequest);
  return made;
}

function end(): void {
  clearTimeout(idle);
  worker?.terminate();
  worker = undefined;
  for (const [target, name] of LINK) target.removeEventListener(name, sayLink);
}

/** What it held, its locks among them, is free once it is terminated. */
function die(which: Worker, error: OnetakeError): void {
  if (which !== worker) return;
  end();
  for (const job of [...jobs.values()]) job.lost(error);
}

const LINK = (typeof window === 'undefined' ? [] : [[window, 'online'], [window, 'offline'], [document, 'visibilitychange']]) as [EventTarget, string][];

function sayLink(): void {
  worker?.postMessage({ job: 0, command: link() } satisfies UploadRequest);
}

function link(): UploadCommand {
  return { link: { online: navigator.onLine, visible: document.visibilityState === 'visible' } };
}
