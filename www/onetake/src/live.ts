/**
 * What an upload is told of a draft that is still being filmed: which bytes of which files are its film by now, in order. The store
 * says how far each file reaches, the draft which of them stand where; a file that no timeline has named yet is the one that
 * grows. When the camera is done the film itself takes their place. Decides nothing about parts, and reads no byte.
 */

import { closed, OnetakeError } from './errors.js';
import { checkHeld, keep, originOf } from './film.js';
import type { Link } from './link.js';
import { filmOptions } from './options.js';
import type { Store } from './stores.js';
import type { Studio } from './studio.js';
import type { Film, Segment } from './types.js';
import type { UploadCommand } from './upload-protocol.js';
import type { Handles } from './upload-link.js';

/** What a studio lends: `link` is another one after its worker died, `files` has that of each segment that was ever on the timeline. */
export type Lender = { link: () => Link; files: ReadonlyMap<string, string> };
type Tell = (command: UploadCommand, handles: Handles) => void;
type Span = { source: number | null; start: number; end: number };

const lenders = new WeakMap<object, Lender>();

export function lend(studio: Studio, lender: Lender): void {
  lenders.set(studio, lender);
}

export class Live {
  /** The upload cannot go on: its studio was closed before there was a film. */
  onLost: (error: OnetakeError) => void = () => undefined;
  readonly name: string;
  /** Known once there is a film. */
  isProgressive = true;
  readonly #studio: Studio;
  readonly #padHead: boolean;
  /** Takes lie as they are shown, else as they were filmed. */
  readonly #again: boolean;
  readonly #lender: Lender;
  readonly #folder: string;
  readonly #endings: (() => void)[] = [];
  /** By their numbers. */
  readonly #files: string[] = [];
  /** Where the media of each file begins. */
  readonly #starts = new Map<string, number>();
  #store: Store | undefined;
  #deaf: () => void = () => undefined;
  #unlend: () => void = () => undefined;
  #letGo: () => void = () => undefined;
  #tell: Tell | undefined;
  #film: { file: Blob; spans: Span[] } | undefined;
  #finishing: Promise<void> | undefined;
  #over = false;
  #asking = false;
  /** Segments of which there is no film as they are. */
  #refused: readonly Segment[] | undefined;
  /** What was told last of a film that was still growing. */
  #spans: Span[] = [];

  /** Of a studio; `undefined` of anything else. */
  static of(source: unknown, padHead: boolean, again: boolean): Live | undefined {
    const lender = typeof source === 'object' && source !== null ? lenders.get(source) : undefined;
    return lender && new Live(source as Studio, lender, padHead, again);
  }

  private constructor(studio: Studio, lender: Lender, padHead: boolean, again: boolean) {
    this.#studio = studio;
    this.#padHead = padHead;
    this.#again = again;
    this.#lender = lender;
    this.#folder = `drafts/${studio.draft.id}/`;
    this.name = `draft ${studio.draft.id}`;
    this.#endings.push(
      studio.on('draft', () => this.#change()),
      studio.on('state', (state) => state === 'closed' && !this.#film && this.onLost(closed())),
    );
  }

  /** Bytes of the film by now; more than are parts. */
  get size(): number {
    return (this.#film?.spans ?? this.#spans).reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Each worker that has the upload is told all that is known. */
  begin(tell: Tell): void {
    if (this.#studio.state === 'closed' && !this.#film) return this.onLost(closed());
    this.#tell = tell;
    this.#store = undefined;
    this.#change();
  }

  /**
   * From here on the upload is that of the film; without one the take ends, and the draft is exported. Whoever asks meanwhile
   * hears how the first one went. `closed` where the film was released: the upload goes on, as after any failure here.
   */
  finish(given?: Film): Promise<void> {
    this.#finishing ??= this.#take(given).catch((reason) => {
      this.#finishing = undefined;
      throw reason;
    });
    return this.#finishing;
  }

  end(): void {
    this.#over = true;
    this.#tell = undefined;
    this.#leave();
    this.#unlend();
    this.#letGo();
  }

  async #take(given: Film | undefined): Promise<void> {
    if (given) checkHeld(given.file);
    else if (this.#studio.state === 'recording') await this.#studio.pause();
    if (this.#over) return;
    const { file, report, release } = given ?? (await this.#studio.export({ padHead: this.#padHead, order: this.#again ? 'shown' : 'filmed' }));
    // Given up meanwhile: nobody would let the film go.
    if (this.#over) return given ? undefined : release();
    this.#letGo = keep(file);
    if (!given) release();
    const { files, spans } = originOf(file) ?? { files: [], spans: [{ source: null, start: 0, end: file.size }] };
    this.isProgressive = !report.warnings.includes('not_progressive');
    this.#film = { file, spans: spans.map((span) => ({ ...span, source: span.source === null ? null : this.#number(files[span.source] ?? '') })) };
    this.#leave();
    this.#change();
  }

  #leave(): void {
    for (const end of this.#endings.splice(0)) end();
    this.#deaf();
  }

  #change(): void {
    if (this.#film) return this.#tell?.({ media: { spans: this.#film.spans, last: true } }, { file: this.#film.file, files: this.#files });
    const { store } = this.#lender.link();
    if (!this.#tell || !store) return;
    const port = store === this.#store ? undefined : this.#follow(store);
    const spans = this.#media(store);
    if (!spans && !port) return;
    // Less than what was told is told for what is gone, not for what is not known yet.
    this.#spans = spans ?? this.#spans;
    this.#tell({ media: { spans: this.#spans, last: false } }, { files: this.#files, ...(port && { port }) });
  }

  /** After a crash the store is another one. */
  #follow(store: Store): MessagePort {
    this.#deaf();
    // Its store may be the same: then the upload's worker is another one.
    this.#unlend();
    const { port, end } = store.lend();
    this.#deaf = store.listen((path) => path.startsWith(this.#folder) && this.#change());
    this.#unlend = end;
    this.#store = store;
    return port;
  }

  /** The film by now; `undefined` while it is not known where the media of each of its files begins. */
  #media(store: Store): Span[] | undefined {
    for (const [path, { start }] of store.media) this.#starts.set(path, start);
    const segments = [...this.#studio.draft.segments];
    // Ids count what was begun.
    if (!this.#again) segments.sort((one, other) => Number(one.id) - Number(other.id));
    const known = segments.map(({ id, bytes }) => ({ path: this.#path(id), end: bytes }));
    // A file begins with the number of its segment, which may be in another one by now.
    const isKnown = (path: string) => this.#lender.files.has(String(Number.parseInt(path.slice(this.#folder.length), 10)));
    const growing = [...store.media].filter(([path]) => path.startsWith(this.#folder) && !isKnown(path));
    const all = [...known, ...growing.map(([path, { end }]) => ({ path, end }))];
    if (!all.every(({ path }) => this.#starts.has(path))) {
      void this.#ask();
      return undefined;
    }
    return all.map(({ path, end }) => ({ source: this.#number(path), start: this.#starts.get(path) ?? 0, end }));
  }

  /** Segments that an earlier page filmed: their headers say where their media is. */
  async #ask(): Promise<void> {
    const { segments } = this.#studio.draft;
    if (this.#asking || this.#refused === segments) return;
    this.#asking = true;
    try {
      const { answer } = await this.#lender.link().request({ export: { options: filmOptions({}, { copied: true }) } });
      if (answer.type !== 'film') return;
      const { files, spans } = answer.report;
      for (const { source, start } of [...spans].reverse()) if (source !== null) this.#starts.set(files[source] ?? '', start);
      this.#change();
    } catch {
      // What is in the way of a film is said when there is to be one; until then nothing is sent, nor asked before something changes.
      this.#refused = segments;
    } finally {
      this.#asking = false;
    }
  }

  #path(id: string): string {
    return `${this.#folder}${this.#lender.files.get(id) ?? ''}`;
  }

  #number(path: string): number {
    const known = this.#files.indexOf(path);
    return known >= 0 ? known : this.#files.push(path) - 1;
  }
}
