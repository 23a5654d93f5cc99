/**
 * One studio a host and one writer a draft: turns within this page, and a Web Lock asked for across pages. Pages that keep their
 * files in memory share none, so each has locks of its own.
 */

import { aborted, isOnetakeError, OnetakeError } from './errors.js';
import type { StorageKind } from './memory.js';
import type { Locale } from './types.js';

/** A page that is being reloaded holds its locks until it is gone. */
const PATIENCE_MS = 2000;
const RETRY_MS = 50;
const PREFIX: Record<StorageKind, string> = { opfs: 'onetake-draft-', memory: `onetake-memory-${Math.random()}-` };
const drafts = new Map<string, Promise<void>>();
const hosts = new WeakMap<HTMLElement, Promise<void>>();

/** Resolves, once no studio is on `host`, to the function that frees it. */
export function lockHost(host: HTMLElement, locale: Locale, signal?: AbortSignal): Promise<() => void> {
  return takeTurn(hosts, host, locale, signal);
}

/** A draft that is held. */
export type DraftLock = {
  free(): void;
  /** Its files are here after all. Rejects with `draft_busy` when another tab has that one; this one is held on then. */
  follow(kind: StorageKind): Promise<void>;
};

/** Rejects with `draft_busy` when another tab keeps it. `kind`: of its files. */
export async function lockDraft(id: string, kind: StorageKind, locale: Locale, signal?: AbortSignal): Promise<DraftLock> {
  const leave = await takeTurn(drafts, id, locale, signal);
  try {
    let release = await hold(id, kind, locale, signal);
    let [held, freed] = [kind, false];
    const follow = async (next: StorageKind) => {
      if (next === held || freed) return;
      const taken = await hold(id, next, locale);
      if (freed) return taken();
      release();
      [held, release] = [next, taken];
    };
    const free = () => {
      freed = true;
      release();
      leave();
    };
    return { free, follow };
  } catch (reason) {
    leave();
    throw reason;
  }
}

/** Takes the lock across pages; resolves to the function that releases it. */
async function hold(id: string, kind: StorageKind, locale: Locale, signal?: AbortSignal): Promise<() => void> {
  const name = `${PREFIX[kind]}${id}`;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  try {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await request(name, held))) {
      if (performance.now() > deadline) throw new OnetakeError('draft_busy', 'after-action', `draft ${id} is open in another tab`, locale);
      await unlessAborted(new Promise((resolve) => setTimeout(resolve, RETRY_MS)), locale, signal);
    }
    return release;
  } catch (reason) {
    release();
    throw isOnetakeError(reason) ? reason : new OnetakeError('not_supported', 'never', `no lock: ${String(reason)}`, locale);
  }
}

/** Drafts that somebody has open, in this tab or another that shares its files. */
export async function openDrafts(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  const prefixes = Object.values(PREFIX);
  const named = (name = '') => prefixes.flatMap((prefix) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  return new Set(held.flatMap(({ name }) => named(name)));
}

/** Rejects with `aborted` when the signal comes first. */
export function unlessAborted<T>(work: Promise<T>, locale: Locale, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(aborted(locale));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

type Turns<K> = { get(key: K): Promise<void> | undefined; set(key: K, turn: Promise<void>): unknown };

/** First come, first served; one that gives up lets the next one pass. */
async function takeTurn<K>(turns: Turns<K>, key: K, locale: Locale, signal?: AbortSignal): Promise<() => void> {
  const before = turns.get(key) ?? Promise.resolve();
  let leave: () => void = () => undefined;
  const mine = new Promise<void>((resolve) => (leave = resolve));
  turns.set(key, before.then(() => mine));
  try {
    await unlessAborted(before, locale, signal);
  } catch (reason) {
    leave();
    throw reason;
  }
  return leave;
}

/** Whether the lock was granted; it is held until `held` resolves. */
function request(name: string, held: Promise<void>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? held : undefined;
      })
      .catch(reject);
  });
}
