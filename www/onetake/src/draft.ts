/** The draft as the page sees it: a frozen picture of what the studio worker decided, and requests to change it. */

import { notBuilt } from './errors.js';
import type { Link } from './link.js';
import type { DraftView, EditRequest } from './protocol.js';
import type { Draft, Locale, Overlay, Segment } from './types.js';

export class DraftMirror implements Draft {
  readonly id: string;
  /** The file of each segment that was ever on the timeline. */
  readonly files = new Map<string, string>();
  readonly #link: () => Link;
  readonly #locale: Locale;
  #segments: readonly Segment[] = Object.freeze([]);
  #duration = 0;
  #known = '[]';
  #turn: Promise<void> = Promise.resolve();

  constructor(id: string, link: () => Link, locale: Locale) {
    this.id = id;
    this.#link = link;
    this.#locale = locale;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get duration(): number {
    return this.#duration;
  }

  /** Takes over what the worker says. */
  update(view: DraftView): void {
    this.#duration = view.duration;
    for (const { id, file } of view.segments) this.files.set(id, file);
    const told = JSON.stringify(view.segments);
    if (told === this.#known) return;
    this.#known = told;
    this.#segments = Object.freeze(view.segments.map((segment) => Object.freeze(segment as Segment)));
  }

  removeLast(): Promise<void> {
    return this.#edit({ removeLast: {} });
  }

  remove(id: string): Promise<void> {
    return this.#edit({ remove: { segment: id } });
  }

  move(id: string, index: number): Promise<void> {
    return this.#edit({ move: { segment: id, index: Math.min(Math.max(0, Math.trunc(index) || 0), 0xffff_ffff) } });
  }

  undo(): Promise<void> {
    return this.#edit({ undo: {} });
  }

  redo(): Promise<void> {
    return this.#edit({ redo: {} });
  }

  discard(): Promise<void> {
    return this.#edit({ discard: {} });
  }

  async file(id: string): Promise<Blob> {
    const { file } = await this.#link().request({ file: { segment: id } });
    return file as Blob;
  }

  async split(_id: string, _at: number): Promise<void> {
    throw notBuilt('draft.split', this.#locale);
  }

  async trim(_id: string, _range: { start: number; end: number }): Promise<void> {
    throw notBuilt('draft.trim', this.#locale);
  }

  async speed(_id: string, _factor: number): Promise<void> {
    throw notBuilt('draft.speed', this.#locale);
  }

  async mute(_id: string, _muted: boolean): Promise<void> {
    throw notBuilt('draft.mute', this.#locale);
  }

  async import(_file: Blob): Promise<Segment> {
    throw notBuilt('draft.import', this.#locale);
  }

  async music(_track: { file: Blob } | null): Promise<void> {
    throw notBuilt('draft.music', this.#locale);
  }

  async overlay(_items: Overlay[]): Promise<void> {
    throw notBuilt('draft.overlay', this.#locale);
  }

  /** One after another: each is decided on the draft that the one before it left. */
  #edit(edit: EditRequest): Promise<void> {
    const done = this.#turn.then(async () => void (await this.#link().request({ edit: { edit } })));
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
