// A user's app beside the workspace: packs the npm package, installs the tarball into a folder of its own, bundles and
// serves the app of vite-app/ with the workspace's Vite and no configuration. Needs no network and leaves no process.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const workspace = fileURLToPath(new URL('../../', import.meta.url));

/** Where the app lies, and where in it the package was installed. */
export type App = { folder: string; installed: string };

/** Packs `www/onetake` as `cargo xtask package` does and installs the tarball into a fresh app. */
export async function makeApp(): Promise<App> {
  const home = mkdtempSync(join(tmpdir(), 'onetake-app-'));
  const { stdout } = await run('npm', ['pack', './www/onetake', '--loglevel=error', '--pack-destination', home], { cwd: workspace });
  const tarball = stdout.trim().split('\n').at(-1) ?? '';
  const folder = join(home, 'app');
  cpSync(fileURLToPath(new URL('./vite-app/', import.meta.url)), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module', dependencies: { onetake: `file:../${tarball}` } }));
  // npm takes what it finds in node_modules before it asks a registry, so the declared dependencies are put there first.
  for (const name of dependenciesOf(join(workspace, 'www/onetake'))) supply(folder, name);
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'], { cwd: folder });
  symlinkSync(join(workspace, 'node_modules/vite'), join(folder, 'node_modules/vite'), 'dir');
  return { folder, installed: join(folder, 'node_modules/onetake') };
}

export function removeApp({ folder }: App): void {
  rmSync(join(folder, '..'), { recursive: true, force: true });
}

function dependenciesOf(folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies);
}

/** Copies a package of the workspace, and what it depends on, into the app. */
function supply(folder: string, name: string): void {
  const [from, to] = [join(workspace, 'node_modules', name), join(folder, 'node_modules', name)];
  mkdirSync(to, { recursive: true });
  cpSync(from, to, { recursive: true });
  for (const next of dependenciesOf(from)) supply(folder, next);
}

/** All files under `folder`, by their paths in it, sorted. */
export function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

const vite = (app: App, ...args: string[]): string[] => [join(app.folder, 'node_modules/vite/bin/vite.js'), ...args];

/** `vite build`, and what it says. */
export async function bundle(app: App): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, vite(app, 'build'), { cwd: app.folder, env: environment() });
  return stdout + stderr;
}

/** What the app's compiler says about the app and the types of the package; empty if it is content. */
export async function checkTypes(app: App): Promise<string> {
  const tsc = join(workspace, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '--pretty', 'false'], { cwd: app.folder }).then(({ stdout }) => stdout, (error: { stdout?: string }) => error.stdout || String(error));
}

/** A module for Vite's process: it ends when its standard input does, so that it does not outlive a test runner that is killed. */
const ENDS_WITH_US = 'data:text/javascript,process.stdin.resume().on("end", () => process.exit());';

/** A Vite server on a free port of the loopback address. */
export class Server {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit');
  }

  /** Starts `vite` (the development server) or `vite preview` (what was bundled) and calls `use` with its address. */
  static async with(app: App, command: 'dev' | 'preview', use: (address: string) => Promise<void>): Promise<void> {
    const child = spawn(process.execPath, ['--import', ENDS_WITH_US, ...vite(app, command, '--host', '127.0.0.1', '--port', '0')], { cwd: app.folder, env: environment(), stdio: ['pipe', 'pipe', 'pipe'] });
    const server = new Server(child);
    try {
      await use(await server.#address());
    } finally {
      await server.#stop();
    }
  }

  async #address(): Promise<string> {
    const said: string[] = [];
    this.#child.stderr?.on('data', (text: Buffer) => said.push(text.toString()));
    if (this.#child.stdout) {
      for await (const line of createInterface({ input: this.#child.stdout })) {
        said.push(line);
        const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
        if (address) return address;
      }
    }
    throw new Error(`vite ended before it served anything:\n${said.join('\n')}`);
  }

  async #stop(): Promise<void> {
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    this.#child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(insist);
  }
}

function environment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...rest } = process.env; // colours would hide the address in Vite's output
  return { ...rest, NO_COLOR: '1' };
}
