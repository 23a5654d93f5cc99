// How much more memory a browser held at its worst moment than just before: the kernel's own high-water marks
// (VmHWM of /proc/<pid>/status, set back through /proc/<pid>/clear_refs), so no peak falls between two samples. A page's
// workers live in its renderer; Blobs live in the browser process, which is counted apart. Linux only.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

/** Megabytes (10^6) above the mark: in the page's renderer, and in all other processes of that browser together. */
export type Extra = { renderer: number; others: number };

type Process = { pid: number; parent: number; command: string };

export class Memory {
  readonly #profile: string;
  #marks: { pid: number; renderer: boolean; bytes: number }[] = [];

  /** The browser that was started on this profile folder; its only page must be the one that is measured. */
  constructor(profile: string) {
    this.#profile = profile;
  }

  /** Forgets all peaks: what is resident now is the ground that `extra` counts from. */
  mark(): void {
    this.#marks = browserTree(this.#profile).map(({ pid, command }) => {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
      return { pid, renderer: command.includes('--type=renderer'), bytes: peakOf(pid) };
    });
    if (!this.#marks.some(({ renderer }) => renderer)) throw new Error('no renderer found in /proc for this browser');
  }

  /** Peaks since the mark. The peaks of two processes may lie at two moments, so the sums are upper bounds. */
  extra(): Extra {
    const sum = { renderer: 0, others: 0 };
    for (const { pid, renderer, bytes } of this.#marks) sum[renderer ? 'renderer' : 'others'] += Math.max(0, peakOf(pid) - bytes) / 1e6;
    return sum;
  }
}

/** All processes of the browser that was started on this profile folder. */
export function browserTree(profile: string): Process[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => processOf(Number(name)) ?? []);
  const found = all.filter(({ command }) => command.includes(`--user-data-dir=${profile}`) && !command.includes('--type='));
  for (let at = 0; at < found.length; at += 1) {
    found.push(...all.filter(({ pid, parent }) => parent === found[at]?.pid && !found.some((known) => known.pid === pid)));
  }
  return found;
}

function processOf(pid: number): Process | null {
  try {
    const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { pid, parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') };
  } catch {
    return null; // it ended while we looked
  }
}

/** Bytes; 0 for a process that has ended. */
function peakOf(pid: number): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
