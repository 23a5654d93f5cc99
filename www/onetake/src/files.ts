/**
 * Work on files of the user's own: no camera, no draft, no storage. One worker of its own serves all calls; it starts with
 * the first one and stays warm. Arguments are checked here, everything about the files is decided there.
 */

import { OnetakeError, pageLocale, throwIfAborted } from './errors.js';
import { film } from './film.js';
import { Link, type Handles, type Reply } from './link.js';
import { checkFile, checkObject, filmOptions, oneOf, poster, refused } from './options.js';
import type { ClipRequest, Command, FilmOptions } from './protocol.js';
import type { ExportOptions, Film, JoinOptions, MediaInfo, Progress } from './types.js';

/** Reads metadata only, by ranges; a file of any size. */
export async function inspect(file: Blob): Promise<MediaInfo> {
  const { answer } = await request({ inspect: {} }, { files: [checkFile(file)] }, {});
  if (answer.type !== 'info') throw unexpected(answer.type);
  return answer.info as MediaInfo;
}

/** Joins files without touching media bytes. */
export async function join(files: Blob[], options: JoinOptions = {}): Promise<Film> {
  if (!Array.isArray(files) || files.length === 0) throw refused('files: at least one is wanted');
  checkObject(options, 'options');
  const clips = files.map((file, source) => (checkFile(file), { source, start: 0, end: null }));
  const silence = oneOf(options, 'missingTrack', 'empty', 'silence');
  const severalEntries = oneOf(options, 'entries', 'one', 'several');
  const recodeJoins = oneOf(options, 'joinAudio', 'edit-list', 'encode');
  return (await compose(files, [clips], options, { silence, severalEntries, recodeJoins }))[0] as Film;
}

export async function split(file: Blob, at: number, options: ExportOptions = {}): Promise<[Film, Film]> {
  const middle = time(at, 'at');
  if (middle === 0) throw refused('at: nothing lies before 0');
  return (await compose([checkFile(file)], [[clip(0, middle)], [clip(middle, null)]], options)) as [Film, Film];
}

/** Removes ranges; what stays is joined. */
export async function cut(file: Blob, ranges: { start: number; end: number }[], options: ExportOptions = {}): Promise<Film> {
  if (!Array.isArray(ranges)) throw refused('ranges: a list is wanted');
  const kept: ClipRequest[] = [];
  let from: number | null = 0;
  for (const { start, end } of ranges.map(range).sort((a, b) => a.start - b.start)) {
    if (from === null) break;
    if (start > from) kept.push(clip(from, start));
    from = end === null ? null : Math.max(from, end);
  }
  if (from !== null) kept.push(clip(from, null));
  if (kept.length === 0) throw new OnetakeError('film_empty', 'never', 'the ranges leave nothing');
  return (await compose([checkFile(file)], [kept], options))[0] as Film;
}

/** Lossless cut: frame-exact through an edit list (`exact: true`, the default) or widened to key frames. */
export async function trim(file: Blob, options: { start: number; end: number; exact?: boolean } & ExportOptions): Promise<Film> {
  const { start, end } = range(options);
  return (await compose([checkFile(file)], [[clip(start, end)]], options, { exact: options.exact ?? true }))[0] as Film;
}

/** Rewrites a damaged or truncated recording into a playable file; reports what was lost. */
export async function repair(file: Blob, options: ExportOptions = {}): Promise<Film> {
  const command = { repair: { options: filmOptions(options) } };
  return (await films(await request(command, { files: [checkFile(file)], poster: poster(options) }, options)))[0] as Film;
}

async function compose(files: Blob[], clips: ClipRequest[][], options: ExportOptions, more?: Partial<FilmOptions>): Promise<Film[]> {
  const command = { compose: { films: clips, options: filmOptions(options, more) } };
  return films(await request(command, { files, poster: poster(options) }, options));
}

/** The films of an answer that brings some. */
export function films({ answer, files }: Reply): Promise<Film[]> {
  if (answer.type !== 'films' || files?.length !== answer.reports.length) throw unexpected(answer.type);
  return Promise.all(answer.reports.map((report, index) => film(files[index] as Blob, report)));
}

// -------------------------------------------------------------------- the worker

let worker: Link | undefined;

/** Asks the worker that has no store; listing drafts is its work too. Progress counts the bytes of the files. */
export async function request(command: Command, handles: Handles, options: ExportOptions): Promise<Reply> {
  const { signal, onProgress } = options;
  let told = 0;
  const total = handles.files?.reduce((sum, file) => sum + file.size, 0) ?? 0;
  const follow = (done: number) => tell(onProgress, { ratio: total > 0 ? done / total : 1, done: (told = done), total });
  const reply = await ask(command, handles, signal, follow);
  if (told < total || total === 0) follow(total);
  return reply;
}

/** Asks the same worker; progress counts what it says. */
export async function ask(command: Command, handles: Handles, signal: AbortSignal | undefined, onProgress: (done: number, total: number) => void): Promise<Reply> {
  throwIfAborted(signal);
  return link().request(command, { handles, signal, onProgress });
}

export function tell(onProgress: ExportOptions['onProgress'], progress: Progress): void {
  try {
    onProgress?.(progress);
  } catch (reason) {
    // A listener's fault, and no reason to lose the film.
    reportError(reason);
  }
}

function link(): Link {
  if (worker) return worker;
  try {
    // One that died rejects what waited for it; the next call starts another.
    worker = new Link(pageLocale(), () => undefined, () => (worker = undefined), { store: false });
    return worker;
  } catch (reason) {
    throw new OnetakeError('worker_failed', 'never', `no worker: ${String(reason)}`);
  }
}

function unexpected(type: string): OnetakeError {
  return new OnetakeError('internal', 'never', `the worker answered ${type}`);
}

// -------------------------------------------------------------------- arguments

function clip(start: number, end: number | null): ClipRequest {
  return { source: 0, start, end };
}

/** A range that may end at `Infinity`, which means with the file. */
function range(given: { start: number; end: number }): { start: number; end: number | null } {
  const { start, end } = checkObject(given, 'range');
  const until = end === Infinity ? null : time(end, 'end');
  if (until !== null && until <= start) throw refused(`end: more than start is wanted, not ${end} after ${start}`);
  return { start: time(start, 'start'), end: until };
}

function time(seconds: number, name: string): number {
  if (!(Number.isFinite(seconds) && seconds >= 0)) throw refused(`${name}: seconds from 0 on are wanted, not ${seconds}`);
  return seconds;
}
