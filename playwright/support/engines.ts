// Other engines than Chromium, each driven by its own protocol: Firefox ESR by WebDriver BiDi, WebKitGTK by WebDriver.
// `filmIn` runs one program there: probe, two takes with a pause between, export. A machine that lacks an engine, or an
// engine that lacks what filming needs, is a leg that cannot run; it says why.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Onetake from 'onetake';

export type Engine = 'firefox' | 'webkit';
/** What the program found and made; `film` in base64. */
export type Filmed = {
  capabilities: Onetake.Capabilities; segments: Onetake.Segment[]; stats: Onetake.Stats; events: string[];
  report: Onetake.Film['report']; duration: number; microphone: string; film: string;
};
/** The program, or why there is none to show. */
export type Leg = { filmed: Filmed } | { skipped: string };

const FIREFOX = '/usr/bin/firefox-esr';
const SPEAKER = '/usr/bin/pulseaudio';
const WEBKIT = { driver: '/usr/bin/WebKitWebDriver', browser: '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser', screen: '/usr/bin/xvfb-run' };

/** Whether an audio graph of this engine runs here. */
export const hears = (engine: Engine): boolean => engine !== 'firefox' || existsSync(SPEAKER);

export async function filmIn(engine: Engine): Promise<Leg> {
  const missing = (engine === 'firefox' ? [FIREFOX] : Object.values(WEBKIT)).filter((path) => !existsSync(path));
  if (missing.length > 0) return { skipped: `no ${missing.join(', ')}` };
  const server = await serve();
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
  try {
    const result = JSON.parse(await (engine === 'firefox' ? inFirefox(address) : inWebKit(address))) as Filmed | { lacks: string };
    return 'lacks' in result ? { skipped: result.lacks } : { filmed: result };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Runs in the page; answers as JSON. An engine without a way to film is an answer, a failure on the way is a rejection. */
const PROGRAM = `async () => {
  // WebKitGTK's media library must be awake before its encoders are asked.
  document.createElement('video').canPlayType('video/mp4');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const onetake = await import('/pkg/index.js');
  const capabilities = await onetake.probe();
  if (capabilities.tier !== 'webcodecs') return JSON.stringify({ lacks: capabilities.missing.map(({ feature }) => feature).join(', ') });
  const events = [];
  addEventListener('unhandledrejection', ({ reason }) => events.push('nobody caught ' + reason));
  const studio = await onetake.Studio.open({ host: document.getElementById('host'), size: { width: 640, height: 480 } });
  for (const event of ['interrupted', 'error', 'resumed']) studio.on(event, (value) => events.push(event + ' ' + (value.message ?? JSON.stringify(value))));
  await studio.camera.start();
  const microphone = studio.camera.microphone;
  await wait(1.5);
  await studio.record();
  await wait(2);
  await studio.pause();
  await wait(0.3);
  await studio.record();
  await wait(1.2);
  await studio.pause();
  const stats = studio.stats;
  const segments = [...studio.draft.segments];
  const { file, report, duration } = await studio.export();
  const bytes = new Uint8Array(await file.arrayBuffer());
  await studio.close();
  let film = '';
  for (let at = 0; at < bytes.length; at += 30_000) film += btoa(String.fromCharCode(...bytes.subarray(at, at + 30_000)));
  return JSON.stringify({ capabilities, segments, stats, events, report, duration, microphone, film });
}`;

/** Firefox invents cameras and microphones, but without a speaker its audio graphs stand still, and with them its worklets. */
async function inFirefox(address: string): Promise<string> {
  const puppeteer = await import('puppeteer-core');
  const speaker = await silentSpeaker();
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath: FIREFOX, headless: true, env: { ...process.env, ...speaker?.env },
    extraPrefsFirefox: { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0 },
  });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    return await page.evaluate(`(${PROGRAM})()`) as string;
  } finally {
    await browser.close();
    await speaker?.end();
  }
}

/** A sound server of our own whose one speaker plays to nobody, in the time of the system's clock. */
async function silentSpeaker(): Promise<{ env: Record<string, string>; end: () => Promise<void> } | undefined> {
  if (!existsSync(SPEAKER)) {
    console.log(`no sound in Firefox: no ${SPEAKER} to play to`);
    return undefined;
  }
  const home = mkdtempSync(join(tmpdir(), 'onetake-sound-'));
  const socket = join(home, 'native');
  const modules = ['module-null-sink rate=48000', `module-native-protocol-unix socket=${socket} auth-anonymous=1`];
  const args = ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', ...modules.flatMap((module) => ['-L', module])];
  const server = spawn(SPEAKER, args, { detached: true, stdio: 'ignore', env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, PULSE_RUNTIME_PATH: join(home, 'run') } });
  for (let tries = 50; tries > 0 && !existsSync(socket); tries -= 1) await new Promise((resolve) => setTimeout(resolve, 100));
  return {
    env: { PULSE_SERVER: `unix:${socket}` },
    end: async () => {
      await end(server);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** As the nearest thing to Safari: tracks are read in the worker. These features are off in WebKitGTK by default. */
const FEATURES = '+MediaStreamTrackProcessing,+StorageAPI,+FileSystem,+AccessHandle';
/**
 * WebKitGTK 2.50 gives a block of GLib's slices back to malloc whenever sound is copied out of an AudioData, and its process ends with
 * "free(): invalid pointer", unless slices are made of malloc, as they are from GLib 2.76 on.
 */
const SLICES = { G_SLICE: 'always-malloc' };

async function inWebKit(address: string): Promise<string> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const driver = spawn(WEBKIT.screen, ['-a', WEBKIT.driver, `--port=${port}`], { detached: true, stdio: 'ignore', env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', ...SLICES } });
  const ask = async (path: string, body: unknown, method = 'POST'): Promise<any> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(method === 'POST' && { body: JSON.stringify(body) }) });
    const { value } = await answer.json() as { value: any };
    if (!answer.ok) throw new Error(`${path}: ${value.error} ${value.message}`);
    return value;
  };
  try {
    await ready(ask);
    const args = ['--automation', '--enable-mock-capture-devices=true', '--enable-media-stream=true', `--features=${FEATURES}`];
    const { sessionId } = await ask('/session', { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary: WEBKIT.browser, args } } } });
    const session = `/session/${sessionId}`;
    await ask(`${session}/timeouts`, { script: 60_000 });
    await ask(`${session}/url`, { url: address });
    const script = `const done = arguments[arguments.length - 1]; (${PROGRAM})().then(done, (reason) => done(JSON.stringify({ failed: String(reason) })));`;
    const text = await ask(`${session}/execute/async`, { script, args: [] }).catch((reason: unknown) => {
      // What the driver says when the browser's own process has crashed, as this engine's media library does: no script can.
      if (!String(reason).includes('Could not parse script result')) throw reason;
      return JSON.stringify({ lacks: 'the web process of this WebKitGTK crashed' });
    }) as string;
    await ask(session, {}, 'DELETE').catch(() => undefined);
    const { failed } = JSON.parse(text) as { failed?: string };
    if (failed) throw new Error(failed);
    return text;
  } finally {
    await end(driver);
  }
}

/** The driver answers a while after it was started. */
async function ready(ask: (path: string, body: unknown, method: string) => Promise<unknown>): Promise<void> {
  for (let tries = 100; ; tries -= 1) {
    try {
      return void await ask('/status', {}, 'GET');
    } catch (reason) {
      if (tries === 0) throw reason;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Ends the group that was started with it: the screen and the browser too. */
async function end(driver: ChildProcess): Promise<void> {
  const over = once(driver, 'exit');
  try {
    if (driver.pid) process.kill(-driver.pid, 'SIGTERM');
  } catch {
    return; // gone by itself
  }
  await over;
}

const TYPES: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm' };

/** The built package and a page with nothing but a host for the preview, on a free port of this machine. */
async function serve(): Promise<Server> {
  const dist = fileURLToPath(new URL('../../www/onetake/dist/', import.meta.url));
  const server = createServer((request, response) => {
    const [, path] = /^\/pkg\/([\w/.-]+)$/.exec(request.url ?? '') ?? [];
    if (!path) return void response.setHeader('content-type', 'text/html').end('<!doctype html><title>blank</title><div id="host" style="width:360px;height:480px"></div>');
    if (path.includes('..') || !existsSync(dist + path)) return void response.writeHead(404).end();
    response.setHeader('content-type', TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain').end(readFileSync(dist + path));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
