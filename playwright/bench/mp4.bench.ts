// The container layer against its peers, side by side on the same files: join 20 clips of 30 s (one run of media each, and
// as fragments), open a film of 10 min and find a key frame in its middle, trim it, mux 30 min of synthetic units; and what
// memory each took. Prints tables and the acceptance lines and writes artifacts/bench-mp4.json.
// ONETAKE_BENCH_RUNS sets the timed runs (5; opening takes 25 at least); the median counts. ONETAKE_BENCH_ONLY names contestants, with commas between, to run alone. A contestant that fails is shown with its reason.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { test } from '@playwright/test';
import { chromePath } from '../support/chrome.ts';
import { CLIP_SECONDS, CLIPS, countPackets, decodeMessages, FPS, makeClips, warmFiles, type Clips, type Counts } from './clips.ts';
import { Entrant, type Contestant, type Found, type MuxPlan, type Operation, type Result, type Task } from './contest.ts';
import type { Extra } from './memory.ts';
import { floor, onetake, onetakeInspect } from './ours.ts';
import { ffmpegWasm, mediabunny, mediabunnyMux, mp4box, mp4MuxerMux, webav } from './peers.ts';

const runs = Number(process.env['ONETAKE_BENCH_RUNS'] ?? 5);
const only = (process.env['ONETAKE_BENCH_ONLY'] ?? '').split(',');
const folder = fileURLToPath(new URL('../artifacts/', import.meta.url));
const SEEK = 300;
/** A call of three milliseconds says little in five runs. */
const OPENINGS = 25;
const RANGE = { start: 100, end: 500 };
const UNITS = { videoUnits: 54_000, videoBytes: 4000, audioUnits: 90_000, audioBytes: 300 };

/** Milliseconds and megabytes (10^6); ratios > 1 say how many times longer than the reference this took. */
type Row = {
  operation: string; contestant: string; outcome: 'ok' | 'wrong' | 'failed' | 'absent'; reason: string;
  ms: number | null; all: number[]; readable: number | null; toFloor: number | null; toMediabunny: number | null; extra: Extra | null;
  bytes: number; counts: Counts | null;
};
type Wanted = { duration: [number, number]; video: [number, number]; audio: [number, number] };
type Flaw = { problem: string; counts: Counts | null };
const rows: Row[] = [];
const inputs: Record<string, number> = {};
let clips: Clips;
let plan: MuxPlan;

test.beforeAll(async () => {
  test.setTimeout(900_000);
  clips = await makeClips();
  Object.assign(inputs, { flat: await warmFiles(clips.flat), fragmented: await warmFiles(clips.fragmented), long: await warmFiles([clips.long]) });
  plan = { avcC: avcConfiguration(await readFile(clips.small)), ...UNITS };
});

test(`join ${CLIPS} clips of ${CLIP_SECONDS} s`, async ({ baseURL }) => {
  const one = await countPackets(clips.flat[0] ?? '');
  await contest('join', { operation: 'join', small: clips.flat.slice(0, 2), files: clips.flat }, joined(one), [floor, onetake, mediabunny, mp4box, await webav(), ffmpegWasm], baseURL);
});

test(`join ${CLIPS} fragmented clips of ${CLIP_SECONDS} s`, async ({ baseURL }) => {
  const one = await countPackets(clips.fragmented[0] ?? '');
  await contest('join fragmented', { operation: 'join', small: clips.fragmented.slice(0, 2), files: clips.fragmented }, joined(one), [floor, onetake, mediabunny, mp4box, await webav(), ffmpegWasm], baseURL);
});

test(`open a film of 10 min and find the key frame at ${SEEK} s`, async ({ baseURL }) => {
  await contest('open + seek', { operation: 'openAndSeek', small: clips.flat.slice(0, 1), files: [clips.long], warmCalls: 20 }, null, [onetake, onetakeInspect, mediabunny, mp4box, await webav(), ffmpegWasm], baseURL);
});

test(`trim a film of 10 min to [${RANGE.start} s, ${RANGE.end} s)`, async ({ baseURL }) => {
  const length = RANGE.end - RANGE.start;
  const long = await countPackets(clips.long);
  const packets = long.audio / long.duration; // a second; it may begin a second early, at the key frame
  const wanted: Wanted = { duration: [length - 0.1, length + 1.1], video: [length * FPS - 1, (length + 1) * FPS + 1], audio: [length * packets - 10, (length + 1) * packets + 10] };
  await contest('trim', { operation: 'trim', small: [clips.small], files: [clips.long] }, wanted, [floor, onetake, mediabunny, mp4box, await webav(), ffmpegWasm], baseURL);
});

test('mux 30 min of synthetic units into memory', async ({ baseURL }) => {
  const wanted: Wanted = { duration: [1799.9, 1800.1], video: [UNITS.videoUnits, UNITS.videoUnits], audio: [UNITS.audioUnits, UNITS.audioUnits] };
  const muxers = [mediabunnyMux('in-memory'), mediabunnyMux('fragmented'), mp4MuxerMux('in-memory'), mp4MuxerMux('fragmented')];
  await contest('mux', { operation: 'mux', small: [], files: [] }, wanted, [onetake, ...muxers], baseURL);
});

test.afterAll(() => {
  if (rows.length === 0) return;
  const version = execFileSync(chromePath, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${cpus().length} cores, ${version} headless`;
  const targets = acceptance();
  mkdirSync(folder, { recursive: true });
  const memory = 'VmHWM of the processes above their resident size before the call, first full call in a fresh browser; others: browser process and helpers';
  writeFileSync(`${folder}bench-mp4.json`, `${JSON.stringify({ at: new Date().toISOString(), machine, runs, inputs, memory, rows, targets }, null, 2)}\n`);
  console.log(`\n${machine}; medians of ${runs}; inputs in MB: ${Object.entries(inputs).map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(0)}`).join(', ')}`);
  console.log(`memory: ${memory}`);
  const head = ['operation', 'contestant', 'ms', 'min to max', 'last byte readable ms', 'x floor', 'x Mediabunny', 'extra MB, renderer', 'extra MB, others', 'output'];
  const figure = (value: number | null, digits: number) => (value === null ? '-' : value.toFixed(digits));
  const body = rows.map((row) => {
    if (row.outcome === 'failed' || row.outcome === 'absent') return [row.operation, row.contestant, `${row.outcome}: ${row.reason}`, ...Array<string>(7).fill('')];
    const sorted = [...row.all].sort((a, b) => a - b);
    return [row.operation, row.contestant, figure(row.ms, 1), `${figure(sorted[0] ?? null, 1)} to ${figure(sorted.at(-1) ?? null, 1)}`, figure(row.readable, 1),
      figure(row.toFloor, 3), figure(row.toMediabunny, 3), figure(row.extra?.renderer ?? null, 0), figure(row.extra?.others ?? null, 0), [row.outcome, row.reason].filter(Boolean).join(': ')];
  });
  for (const line of [head, head.map(() => '---'), ...body]) console.log(`| ${line.join(' | ')} |`);
  for (const line of openings()) console.log(line);
  for (const { what, wanted, value, met } of targets) console.log(`${what}: wanted ${wanted}, is ${value === null ? 'not measured' : value.toFixed(3)}: ${met === null ? 'OPEN' : met ? 'yes' : 'NO'}`);
});

/** Lets all contestants in one after the other, looks at each output once, then has them run in turns. */
async function contest(operation: string, given: Pick<Task, 'operation' | 'small' | 'files' | 'warmCalls'>, wanted: Wanted | null, contestants: Contestant[], baseURL = ''): Promise<void> {
  test.setTimeout(3_600_000);
  const task: Task = { ...given, seconds: SEEK, range: RANGE, plan };
  const entrants: { contestant: Contestant; entrant: Entrant | null; flaw: Flaw | null }[] = [];
  const path = `${folder}bench-mp4-output.mp4`;
  for (const contestant of contestants.filter(({ name }) => only.some((one) => name.includes(one)))) {
    const entrant = contestant.absent[task.operation] === undefined ? await Entrant.enter(contestant, task, { baseURL, path }) : null;
    const wholeDecode = contestant === onetake && task.operation !== 'mux';
    const flaw = entrant?.result.output && wanted && contestant !== floor ? await judge(path, wanted, wholeDecode) : null;
    entrants.push({ contestant, entrant, flaw });
    rmSync(path, { force: true });
  }
  for (let run = 0; run < (operation === 'open + seek' ? Math.max(runs, OPENINGS) : runs); run += 1) {
    for (const { entrant } of entrants) await entrant?.next();
  }
  const fresh = entrants.map(({ contestant, entrant, flaw }) => rowOf(operation, contestant, task.operation, entrant?.result ?? null, flaw));
  for (const { entrant } of entrants) await entrant?.leave();
  const [ground, peer] = [fresh.find(({ contestant }) => contestant === floor.name)?.ms, fresh.find(({ contestant }) => contestant.startsWith(mediabunny.name))?.ms];
  for (const row of fresh) {
    if (row.ms && ground) row.toFloor = row.ms / ground;
    if (row.ms && peer) row.toMediabunny = row.ms / peer;
    console.log(`${row.operation}: ${row.contestant}: ${row.ms?.toFixed(1) ?? row.outcome} ${row.reason}`);
  }
  rows.push(...fresh);
}

function rowOf(operation: string, contestant: Contestant, task: Operation, result: Result | null, flaw: Flaw | null): Row {
  const failure = result?.failure ?? null;
  const laps = failure === null ? result?.laps ?? [] : [];
  const problem = flaw?.problem ?? (task === 'openAndSeek' && laps[0] ? judgeSeek(laps[0].found) : '');
  return {
    operation, contestant: contestant.name,
    outcome: result === null ? 'absent' : failure !== null ? 'failed' : problem !== '' ? 'wrong' : 'ok',
    reason: contestant.absent[task] ?? failure ?? (problem || (task === 'openAndSeek' && !laps[0]?.found ? 'names no sample' : '')),
    ms: median(laps.map(({ ms }) => ms)), all: laps.map(({ ms }) => ms), readable: median(laps.map(({ readable }) => readable)), toFloor: null, toMediabunny: null,
    extra: result?.extra ?? null, bytes: laps[0]?.bytes ?? 0, counts: flaw?.counts ?? null,
  };
}

/** Duration and packet counts as wanted; decoded to the end where asked. `problem` is empty for a good file. */
async function judge(path: string, wanted: Wanted, decode: boolean): Promise<Flaw> {
  try {
    const counts = await countPackets(path);
    const off = (['duration', 'video', 'audio'] as const).filter((name) => !(counts[name] >= wanted[name][0] && counts[name] <= wanted[name][1]));
    const problems = off.map((name) => `${name} ${counts[name]}, wanted ${wanted[name].join(' to ')}`);
    if (decode) problems.push(...(await decodeMessages(path)).split('\n').filter(Boolean).slice(0, 3));
    return { problem: problems.join('; '), counts };
  } catch (error) {
    return { problem: `unreadable: ${String(error).trim().split('\n').at(-1)?.replace(path, 'the output') ?? ''}`, counts: null };
  }
}

/** What is wrong with the key frame that was found; the key frames lie a second apart. */
function judgeSeek(found: Found): string {
  if (!found || (found.key && found.timestamp <= SEEK && found.timestamp > SEEK - 1.1)) return '';
  return `found ${found.timestamp} s, key: ${found.key}`;
}

/** Join: every picture, and sound but for a few packets of priming at each joint. */
function joined(one: Counts): Wanted {
  return { duration: [CLIPS * CLIP_SECONDS - 0.5, CLIPS * (CLIP_SECONDS + 0.05)], video: [CLIPS * one.video, CLIPS * one.video], audio: [CLIPS * (one.audio - 3), CLIPS * one.audio] };
}

/** Opening as part of Mediabunny's time: the median of all calls, and those of each five in a row. */
function openings(): string[] {
  const rowsOf = rows.filter(({ operation, outcome }) => operation === 'open + seek' && outcome === 'ok');
  const peer = rowsOf.find(({ contestant }) => contestant.startsWith(mediabunny.name))?.all ?? [];
  const part = (own: number[], from: number, to: number) => ((median(own.slice(from, to)) ?? NaN) / (median(peer.slice(from, to)) ?? NaN)).toFixed(2);
  return rowsOf.filter(({ contestant }) => contestant.startsWith('onetake')).map(({ contestant, all }) => {
    const fives = Array.from({ length: Math.floor(all.length / 5) }, (_, five) => part(all, 5 * five, 5 * five + 5));
    return `open, ${contestant}, part of Mediabunny: median of ${all.length} ${part(all, 0, all.length)}; of five in a row ${fives.join(', ')}`;
  });
}

function acceptance(): { what: string; wanted: string; value: number | null; met: boolean | null }[] {
  const ours = (operation: string) => rows.find((row) => row.operation === operation && row.contestant === onetake.name && row.outcome === 'ok');
  const target = (what: string, wanted: string, value: number | null | undefined, met: (value: number) => boolean) => ({ what, wanted, value: value ?? null, met: value === null || value === undefined ? null : met(value) });
  const inverse = (value: number | null | undefined) => (value ? 1 / value : null);
  const muxers = rows.filter(({ operation, contestant, outcome, ms }) => operation === 'mux' && contestant !== onetake.name && outcome === 'ok' && ms !== null).map(({ ms }) => ms as number);
  const mux = ours('mux')?.ms;
  return [
    target('join, times faster than Mediabunny', '>= 30', inverse(ours('join')?.toMediabunny), (value) => value >= 30),
    target('join, part of the copy floor', '< 0.1', ours('join')?.toFloor, (value) => value < 0.1),
    target('open + seek, part of Mediabunny', '<= 0.5', ours('open + seek')?.toMediabunny, (value) => value <= 0.5),
    target('mux, times faster than the fastest peer', '>= 1.5', mux && muxers.length > 0 ? Math.min(...muxers) / mux : null, (value) => value >= 1.5),
    target('join, extra MB in the renderer', '< 16', ours('join')?.extra?.renderer, (value) => value < 16),
  ];
}

/** The avcC of the first sample entry, so that the synthetic units have a real decoder configuration. */
function avcConfiguration(file: Buffer): number[] {
  const at = file.indexOf('avcC');
  if (at < 4) throw new Error('the small clip has no avcC');
  return [...file.subarray(at + 4, at - 4 + file.readUInt32BE(at - 4))];
}

function median(values: number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[middle] ?? null : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
