/**
 * Chains of filters on their way to the worker that draws them: their values in its words, a handle for each picture, and
 * the files of filters of one's own. What a chain may be is decided there; nothing is drawn on the page.
 */

import { isOnetakeError, OnetakeError } from './errors.js';
import { request } from './files.js';
import type { Link } from './link.js';
import { captureRoute } from './routes.js';
import { checkFile, checkObject, refused } from './options.js';
import type { Asked, Given, LookRequest } from './protocol.js';
import type { Filter, FilterSpec } from './types.js';

/** A picture has one handle as long as its Blob lives, so that the worker reads it once. */
const handles = new WeakMap<Blob, number>();
let lastHandle = 0;
/** Files of one's own filters by name: they compiled. */
const own = new Map<string, string>();

/**
 * A filter of the user's own, in the form of the files in shaders/. Rejects with `shader_invalid` and the line: of what is no
 * filter, of what the browser does not compile, of a loop that is not seen to end (`for (int i = 0; i < 9; i++) { ... }` with
 * numbers is; `while` is not), and where a pixel costs more than 1024 turns of loops and calls of functions.
 */
export async function defineFilter(source: string): Promise<FilterSpec> {
  if (typeof source !== 'string') throw refused('source: the text of a filter is wanted');
  const { answer } = await request({ define: { source } }, {}, {});
  if (answer.type !== 'filter') throw new OnetakeError('internal', 'never', `define answered ${answer.type}`);
  own.set(answer.filter.name, source);
  return answer.filter as FilterSpec;
}

/** The look of a studio. */
export class StudioLook {
  readonly #link: () => Link;
  #chain: readonly Filter[] = [];
  /** What was asked for last and not refused: what a worker that comes next is to draw. */
  #wanted: readonly Filter[] = [];
  #sets = 0;
  /** Which of them is drawn, or was last. */
  #drawn = 0;

  constructor(link: () => Link) {
    this.#link = link;
  }

  get chain(): readonly Filter[] {
    return this.#chain;
  }

  /** Draws this chain from a picture on that finds it compiled; until then, the one before. */
  async set(chain: Filter[]): Promise<void> {
    inWords([chain]);
    if (chain.length > 0 && (await captureRoute()) === 'recorder') throw new OnetakeError('not_supported', 'never', "the browser's recorder, which alone films here, draws no filters");
    return this.#send(Object.freeze(chain.map((filter) => Object.freeze({ ...filter }))));
  }

  async #send(chain: readonly Filter[]): Promise<void> {
    const { looks, files } = inWords([chain]);
    const set = (this.#sets += 1);
    const before = this.#wanted;
    this.#wanted = chain;
    try {
      await this.#link().request({ look: { look: looks[0] as LookRequest } }, { handles: { files } });
    } catch (reason) {
      // A worker that dies over it has a successor, which is to draw it.
      const died = isOnetakeError(reason) && reason.code === 'worker_failed';
      if (this.#wanted === chain && !died) this.#wanted = before;
      throw reason;
    }
    // One that was refused after it leaves this one; one that came after it has taken its place.
    if (set > this.#drawn) [this.#chain, this.#drawn] = [chain, set];
  }

  /** A worker that is new draws nothing yet. Where it cannot, that is what `chain` says. */
  again(): void {
    const wanted = this.#wanted;
    if (wanted.length === 0 && this.#chain.length === 0) return;
    this.#send(wanted).catch(() => {
      if (this.#wanted === wanted) this.#chain = this.#wanted = [];
    });
  }

  /** Each chain on the camera's next pictures, upright, so many pixels wide, for a list of looks. */
  async try(chains: Filter[][], mirrored: boolean, options: { width?: number; signal?: AbortSignal } = {}): Promise<ImageBitmap[]> {
    const { width = 96, signal } = checkObject(options, 'options');
    if (!Array.isArray(chains)) throw refused('chains: a list of chains is wanted');
    if (!Number.isInteger(width) || width < 16 || width > 512) throw refused('width: 16 to 512 pixels are wanted');
    if (chains.length === 0) return [];
    const { looks, files } = inWords(chains);
    const { answer, pictures } = await this.#link().request({ try: { looks, width, mirrored } }, { handles: { files }, signal });
    if (answer.type !== 'pictures' || !pictures) throw new OnetakeError('internal', 'never', `try answered ${answer.type}`);
    return pictures;
  }

  /** A photo of the camera's next picture with the look; `undefined` where there is none. */
  photo(mirrored: boolean): Promise<Blob | undefined> | undefined {
    if (this.#chain.length === 0) return undefined;
    return this.#link().request({ photo: { mirrored } }).then(({ file }) => file);
  }
}

/** Chains in the worker's words, and the pictures to be put beside them, in the order of their handles. */
export function inWords(chains: readonly (readonly Filter[])[]): { looks: LookRequest[]; files: Blob[] } {
  const files: Blob[] = [];
  const looks = chains.map((chain) => {
    if (!Array.isArray(chain)) throw refused('chain: a list of filters is wanted');
    const pictures: number[] = [];
    const picture = (file: Blob): number => {
      const handle = handles.get(checkFile(file)) ?? (lastHandle += 1);
      handles.set(file, handle);
      pictures.push(handle);
      files.push(file);
      return handle;
    };
    const asked = chain.map((filter, place) => inWord(filter, place, picture));
    const sources = [...new Set(chain.map(({ name }) => own.get(name)))].filter((source) => source !== undefined);
    return { chain: asked, sources, pictures };
  });
  return { looks, files };
}

function inWord(filter: Filter, place: number, picture: (file: Blob) => number): Asked {
  const { name, id: _, ...values } = checkObject(filter, `chain[${place}]`);
  if (typeof name !== 'string') throw refused(`chain[${place}].name: the name of a filter is wanted`);
  const params: [string, Given][] = [];
  for (const [parameter, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (typeof value === 'number') params.push([parameter, { number: value }]);
    else if (typeof value === 'string') params.push([parameter, { text: value }]);
    else if (value instanceof Blob) params.push([parameter, { picture: picture(value) }]);
    else throw refused(`chain[${place}].${parameter}: a number, a text or a Blob is wanted`);
  }
  return { name, params };
}
