/**
 * Uploads to Qiniu Kodo, and those that an earlier page left unfinished. Arguments are checked here; how the bytes get there is
 * decided in the upload worker, and where they are found again in `sources.ts`.
 */

import { fromFailure, OnetakeError, pageLocale } from './errors.js';
import { busy, list, remembered } from './ledgers.js';
import { Live } from './live.js';
import { checkObject, oneOf, refused } from './options.js';
import { nameOf, remember, restore } from './sources.js';
import type { Studio } from './studio.js';
import type { PendingUpload, Upload, UploadOptions } from './types.js';
import { failedUpload, type Given, type JobOptions, Sending } from './upload-job.js';
import { enter, leave, tell } from './upload-link.js';
import type { UploadSettings } from './upload-protocol.js';

/** A page that is being reloaded holds its records until it is gone. */
const PATIENCE_MS = 2000;
const RETRY_MS = 50;

/** What records of earlier versions say nothing of. */
const EARLIER = { growing: false, padHead: false };

/** Records that this page works on, and how it comes by their tokens: to forget one on the server takes one too. */
const tokens = new Map<string, UploadOptions['token']>();
const running = new Set<string>();

/**
 * Sends a file, as often interrupted as may be, and answers once the object is there and is what the file is. Of a studio it sends
 * the draft while it is being filmed, and the rest on `finish()`: the object is the film, byte for byte.
 */
export function upload(source: Blob | Studio, options: UploadOptions): Upload {
  try {
    if (!(source instanceof Blob)) return sendLive(source, options);
    const settings = settingsOf(source, options);
    return send(settings.record, options, async () => {
      const kept = await remember(source);
      return { file: source, settings: { ...settings, name: nameOf(kept.source) }, place: options.place, ...kept };
    });
  } catch (reason) {
    return failedUpload(reason);
  }
}

function sendLive(studio: Studio, options: UploadOptions): Upload {
  const settings = settingsOf(new Blob([], { type: 'video/mp4' }), options);
  if (settings.api === 'form' || settings.api === 'v1') throw refused("api: only 'v2' takes what is still being filmed");
  const { padHead = false } = options;
  if (typeof padHead !== 'boolean' || (padHead && settings.partSize !== null)) throw refused('padHead: true or false is wanted, and no partSize');
  const live = Live.of(studio, padHead, oneOf(options, 'moved', 'keep', 'again'));
  if (!live) throw refused('source: a Blob or a Studio is wanted');
  const { name } = live;
  const given: Given = { settings: { ...settings, name, growing: true, padHead }, source: { kind: 'live', name }, place: options.place, letGo: () => undefined };
  return send(settings.record, options, () => Promise.resolve(given), live);
}

/** Uploads that an earlier page, or this one, left unfinished; newest first. Those that some page works on are not among them. */
export async function pendingUploads(): Promise<PendingUpload[]> {
  const kept = await list();
  const deadline = performance.now() + PATIENCE_MS;
  let taken = await busy();
  while (kept.some(({ id }) => taken.has(id) && !running.has(id)) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    taken = await busy();
  }
  // What runs on a page without locks is told by the page alone.
  return kept.filter(({ id }) => !taken.has(id) && !running.has(id)).map(({ id, key, sent, total }) => ({
    id,
    key,
    sent,
    total,
    resume: (options) => goOn(id, options),
    discard: (options) => discard(id, options),
  }));
}

function goOn(id: string, options: JobOptions & { file?: Blob }): Upload {
  try {
    checkJob(options);
    return send(id, options, async () => {
      const kept = await remembered(id);
      if (!kept) throw new OnetakeError('upload_missing', 'never', 'it is done, or was discarded');
      const { settings, place, ...source } = kept;
      if (kept.kind === 'live') throw new OnetakeError('upload_draft_wanted', 'after-action', `upload(studio) goes on with it, of a studio of ${kept.name}`);
      if (isElsewhere(place, options.place)) throw new OnetakeError('upload_place', 'after-action', 'it was begun at another place');
      return { settings: { ...EARLIER, ...settings, record: id, known: true }, source, place, ...(await restore(source, options.file)) };
    });
  } catch (reason) {
    return failedUpload(reason);
  }
}

function send(id: string, options: JobOptions, open: () => Promise<Given>, live?: Live): Upload {
  let record = id;
  const follow = (taken: string) => {
    running.delete(record);
    record = taken;
    running.add(record);
    tokens.set(record, options.token);
  };
  follow(id);
  const sending = new Sending(options, open, id, follow, live);
  sending.result.then(() => tokens.delete(record), () => undefined).finally(() => running.delete(record));
  return sending;
}

/** Resolves once the record is gone; what the server has of it is given up too, where there is a token. */
async function discard(id: string, { token = tokens.get(id), place }: Partial<Pick<UploadOptions, 'token' | 'place'>> = {}): Promise<void> {
  const kept = await remembered(id);
  if (!kept) return;
  const { settings } = kept;
  // Nobody else's server gets a token.
  const usable = isElsewhere(kept.place, place) ? undefined : token;
  const given = typeof usable === 'function' ? await usable().catch(() => undefined) : usable;
  await new Promise<void>((resolve, reject) => {
    const job = enter({
      handle: (event) => {
        if (event.type !== 'failed' && event.type !== 'stopped') return;
        leave(job);
        if (event.type === 'failed') reject(fromFailure(event.failure, pageLocale()));
        else resolve();
      },
      lost: (error) => (leave(job), reject(error)),
    });
    tell(job, { discard: { settings: { ...EARLIER, ...settings, record: id }, token: given || null } });
  });
  tokens.delete(id);
}

/** Whoever names no place is asked for none. */
function isElsewhere(kept: string | undefined, meant: string | undefined): boolean {
  return kept !== undefined && meant !== undefined && kept !== meant;
}

// -------------------------------------------------------------------- arguments

function settingsOf(file: Blob, options: UploadOptions): UploadSettings {
  checkJob(options);
  const { key = null, mimeType = file.type || null, endpoints = [], discovery = null, api = 'auto', partSize = null, concurrency = null, resume = true, domain } = options;
  const fileName = options.fileName ?? (file instanceof File ? file.name : null);
  for (const [name, value] of Object.entries({ key, fileName, mimeType, discovery })) {
    if (value !== null && typeof value !== 'string') throw refused(`${name}: a text is wanted`);
  }
  for (const [name, value] of Object.entries({ partSize, concurrency })) {
    if (value !== null && !(Number.isSafeInteger(value) && value > 0)) throw refused(`${name}: a whole number above 0 is wanted, not ${value}`);
  }
  if (!Array.isArray(endpoints) || !endpoints.every((endpoint) => typeof endpoint === 'string')) throw refused('endpoints: a list of addresses is wanted');
  if (!['auto', 'form', 'v1', 'v2'].includes(api)) throw refused("api: 'auto', 'form', 'v1' or 'v2' is wanted");
  if (domain !== undefined && (typeof domain !== 'string' || !/^https?:\/\/[^/]/.test(domain))) throw refused('domain: an address that begins with http:// or https:// is wanted');
  if (typeof resume !== 'boolean') throw refused('resume: true or false is wanted');
  return {
    record: freshId(),
    known: false,
    resume,
    key,
    name: '',
    fileName,
    mimeType,
    lastModified: file instanceof File ? file.lastModified : 0,
    vars: pairs(options.vars, 'vars'),
    metadata: pairs(options.metadata, 'metadata'),
    endpoints,
    discovery,
    api,
    partSize,
    concurrency,
    address: domain !== undefined && key ? publicLink(domain, key) : null,
    growing: false,
    padHead: false,
  };
}

/** Where an object is read below `domain`. */
export function publicLink(domain: string, key: string): string {
  return `${domain.replace(/\/$/, '')}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

function checkJob(options: JobOptions): void {
  const { token, place, signal, onProgress } = checkObject(options, 'options');
  if (typeof token !== 'function' && (typeof token !== 'string' || token === '')) throw refused('token: a text, or a function that gives one, is wanted');
  if (place !== undefined && typeof place !== 'string') throw refused('place: a text is wanted');
  if (signal && typeof signal.addEventListener !== 'function') throw refused('signal: an AbortSignal is wanted');
  if (onProgress && typeof onProgress !== 'function') throw refused('onProgress: a function is wanted');
}

function pairs(given: Record<string, string> | undefined, name: string): [string, string][] {
  const found = Object.entries(checkObject(given ?? {}, name));
  if (!found.every(([, value]) => typeof value === 'string')) throw refused(`${name}: texts by name are wanted`);
  return found;
}

/** `crypto.randomUUID` wants a secure page, which one served to the local network is not. */
function freshId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
