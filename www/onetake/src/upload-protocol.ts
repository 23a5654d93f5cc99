// Generated from crate/core/src/protocol/upload.rs by `cargo xtask generate`. Do not edit.

import type { Failure } from './protocol.js';

export type UploadRequest = { 
/**
 * Which upload is meant; chosen by the page, never reused. 0 means all of them.
 */
job: number, 
/**
 * What to do.
 */
command: UploadCommand, };

export type UploadCommand = { "begin": { 
/**
 * What the application asked for.
 */
settings: UploadSettings, } } | { "media": { 
/**
 * Stretches of files.
 */
spans: Array<MediaSpan>, 
/**
 * Whether this is the whole film: nothing comes after it.
 */
last: boolean, } } | { "token": { 
/**
 * It.
 */
token: string, } } | { "noToken": { 
/**
 * Why; English, no secrets.
 */
detail: string, } } | { "pause": Record<symbol, never> } | { "resume": Record<symbol, never> } | { "stop": Record<symbol, never> } | { "discard": { 
/**
 * As it was begun with.
 */
settings: UploadSettings, 
/**
 * Without one the server forgets it by itself, after a week.
 */
token: string | null, } } | { "link": { 
/**
 * Whether there is a line at all.
 */
online: boolean, 
/**
 * Whether the page is seen.
 */
visible: boolean, } };

export type MediaSpan = { 
/**
 * Which file; absent: the film's own bytes.
 */
source: number | null, 
/**
 * Its first byte.
 */
start: number, 
/**
 * The byte after its last.
 */
end: number, };

export type UploadSettings = { 
/**
 * Under which this upload is recorded.
 */
record: string, 
/**
 * Whether it is recorded already; another record is never taken then.
 */
known: boolean, 
/**
 * Whether a record of the same file for the same place is gone on with.
 */
resume: boolean, 
/**
 * The object's key; absent: the server names it.
 */
key: string | null, 
/**
 * What the file is known by, with its size and its date.
 */
name: string, 
/**
 * Name of the file, as the server is told it.
 */
fileName: string | null, 
/**
 * Its type, if the server is to be told.
 */
mimeType: string | null, 
/**
 * When the file was changed last, milliseconds since 1970; 0 where it has no such date.
 */
lastModified: number, 
/**
 * Names and values of `x:` variables.
 */
vars: Array<[string, string]>, 
/**
 * Names and values of metadata.
 */
metadata: Array<[string, string]>, 
/**
 * Upload hosts, with scheme; none: the region is asked for.
 */
endpoints: Array<string>, 
/**
 * Base address of the region query.
 */
discovery: string | null, 
/**
 * By which calls.
 */
api: UploadApi, 
/**
 * Bytes of a part.
 */
partSize: number | null, 
/**
 * Most parts at a time.
 */
concurrency: number | null, 
/**
 * Where the object can be read once it is there; asked for its hash where the last answer was lost.
 */
address: string | null, 
/**
 * A recording that goes on: its bytes come by [`UploadCommand::Media`].
 */
growing: boolean, 
/**
 * Of one that goes on: its film will be padded, so that all parts but the last have 4 MiB.
 */
padHead: boolean, };

export type UploadApi = "auto" | "form" | "v1" | "v2";

export type UploadEvent = { "type": "token", 
/**
 * For which upload.
 */
job: number, } | { "type": "opened", 
/**
 * Which upload.
 */
job: number, 
/**
 * The record.
 */
record: string, } | { "type": "progress", 
/**
 * Which.
 */
job: number, 
/**
 * What it does.
 */
state: UploadPhase, 
/**
 * Bytes that the server has confirmed, and those on their way as far as they were handed over. Never goes back.
 */
done: number, 
/**
 * Bytes in all.
 */
total: number, 
/**
 * Bytes a second, smoothed.
 */
rate: number, 
/**
 * Seconds to go; absent while nothing can be said.
 */
eta: number | null, 
/**
 * Requests that were made again.
 */
retries: number, } | { "type": "attempt", 
/**
 * Of which upload.
 */
job: number, 
/**
 * It.
 */
attempt: AttemptView, } | { "type": "warning", 
/**
 * Which upload.
 */
job: number, 
/**
 * Stable, snake case.
 */
code: string, 
/**
 * The values that it is about; English, no secrets, empty where the code says all.
 */
detail: string, } | { "type": "done", 
/**
 * Which.
 */
job: number, 
/**
 * Its key; null where the server's answer does not tell it.
 */
key: string | null, 
/**
 * Its hash, compared with the file's own.
 */
hash: string, 
/**
 * What the server answered, JSON.
 */
body: string, 
/**
 * Of the last answer, for support.
 */
requestId: string | null, 
/**
 * Bytes that an earlier page had sent.
 */
resumedBytes: number, } | { "type": "failed", 
/**
 * Which.
 */
job: number, 
/**
 * Why.
 */
failure: Failure, } | { "type": "stopped", 
/**
 * Which.
 */
job: number, } | { "type": "crashed", 
/**
 * Why.
 */
failure: Failure, };

export type AttemptView = { 
/**
 * What was asked: `discover`, `initiate`, `part`, `block`, `list`, `complete`, `form` or `abort`.
 */
what: string, 
/**
 * Scheme, host and port.
 */
host: string, 
/**
 * The status; 0 where there was no answer.
 */
status: number, 
/**
 * What the server said.
 */
detail: string, 
/**
 * The server's `X-Reqid`, which its support asks for.
 */
requestId: string | null, 
/**
 * Seconds until it is asked again; null: it is not.
 */
wait: number | null, };

export type UploadPhase = "queued" | "hashing" | "sending" | "offline" | "paused" | "finishing";
