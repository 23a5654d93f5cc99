/** Arguments that ask for a film or a take, checked once for all who ask. Throws `bad_argument`; decides nothing else. */

import { OnetakeError } from './errors.js';
import type { FilmOptions } from './protocol.js';
import type { ExportOptions } from './types.js';

/** Seconds from 1904-01-01, where MP4 counts from, to 1970-01-01. */
const EPOCH = 2_082_844_800;

/** What a film shall be like, in the worker's words. Throws `bad_argument`. */
export function filmOptions(options: ExportOptions, more: Partial<FilmOptions> = {}): FilmOptions {
  const { metadata, signal, onProgress } = checkObject(options, 'options');
  if (signal && typeof signal.addEventListener !== 'function') throw refused('signal: an AbortSignal is wanted');
  if (onProgress && typeof onProgress !== 'function') throw refused('onProgress: a function is wanted');
  const { title, date } = checkObject(metadata ?? {}, 'metadata');
  if (title != null && typeof title !== 'string') throw refused('metadata.title: a string is wanted');
  const created = date == null ? 0 : date instanceof Date ? Math.floor(date.getTime() / 1000) + EPOCH : NaN;
  if (!(created >= 0)) throw refused('metadata.date: a Date from 1904 on is wanted');
  const fragmented = oneOf(options, 'layout', 'faststart', 'fragmented');
  const padded = options.padHead ?? false;
  if (typeof padded !== 'boolean' || (padded && fragmented)) throw refused("padHead: true or false is wanted, and no layout of 'fragmented'");
  const filmed = oneOf(options, 'order', 'shown', 'filmed');
  if (filmed && fragmented) throw refused("order: 'filmed' is for a layout of 'faststart'");
  return { exact: true, fragmented, padded, filmed, copied: false, silence: false, severalEntries: false, recodeJoins: false, created, title: title ?? null, ...more };
}

/** Whether an option is the second of its two values; the first is the default. */
export function oneOf<K extends string>(options: { [name in K]?: string }, name: K, first: string, second: string): boolean {
  const value = options[name] ?? first;
  if (value !== first && value !== second) throw refused(`${name}: '${first}' or '${second}' is wanted`);
  return value === second;
}

/** The poster's bytes, if one is given. */
export function poster({ poster }: ExportOptions): Blob | undefined {
  if (!poster) return undefined;
  if (!/^image\/(jpeg|png)$/.test(checkFile(poster).type)) throw refused(`poster: a JPEG or PNG is wanted, not '${poster.type}'`);
  return poster;
}

/** A take's speed in the worker's words, thousandths. Throws `bad_argument`. */
export function paceOf(options: { speed?: number; sound?: 'stretch' | 'mute' }): { speed: number; mute: boolean } {
  const { speed = 1 } = options;
  const thousandths = Math.round(speed * 1000);
  const whole = Math.abs(thousandths - speed * 1000) < 1e-6;
  if (typeof speed !== 'number' || !whole || thousandths < 250 || thousandths > 4000) throw refused(`speed is ${speed}, wanted 0.25 to 4 in thousandths`);
  return { speed: thousandths, mute: oneOf(options, 'sound', 'stretch', 'mute') };
}

export function checkObject<T extends object>(value: T, name: string): T {
  if (typeof value !== 'object' || value === null) throw refused(`${name}: an object is wanted`);
  return value;
}

export function checkFile(file: Blob): Blob {
  if (!(file instanceof Blob)) throw refused('a Blob is wanted');
  return file;
}

export function refused(detail: string): OnetakeError {
  return new OnetakeError('bad_argument', 'never', detail);
}
