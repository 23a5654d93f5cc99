/**
 * The photos taken beside the film: kept in memory until they are saved or discarded. Saving and sharing mean all that there are
 * then; the first photo after that begins anew. Plain state, drawn elsewhere.
 */

import { download, shareFiles } from '../handover.js';
import { photoName } from './format.js';
import type { ToolsHost } from './camera-tools.js';

/** Milliseconds between two downloads: of those that come at once browsers drop all but a few, and say nothing. */
const APART = 250;

export class PhotoRoll {
  readonly #host: ToolsHost;
  readonly #before: () => Promise<void>;
  #taking = false;
  /** Those whose downloads are under way. */
  #saving: readonly File[] | undefined;

  /** A new array after each change. */
  photos: readonly File[] = [];
  /** They were saved or shared: the next photo begins anew. */
  kept = false;

  /** `before`: done before each photo. */
  constructor(host: ToolsHost, before: () => Promise<void>) {
    this.#host = host;
    this.#before = before;
  }

  /** Of what the preview shows, but for a comparison; one at a time. */
  async take(): Promise<void> {
    const { camera } = this.#host.studio() ?? {};
    if (!camera || this.#taking) return;
    this.#taking = true;
    try {
      await this.#before();
      const photo = await camera.photo();
      const file = new File([photo], photoName(), { type: photo.type });
      this.photos = this.kept ? [file] : [...this.photos, file];
      this.kept = false;
      this.#host.speak((t) => t.photoTaken);
    } catch (reason) {
      this.#host.say({ say: (t) => t.photoFailed, icon: 'warning' });
      this.#host.failed(reason);
    } finally {
      this.#taking = false;
      this.#host.changed();
    }
  }

  /** One after another. Photos that are discarded meanwhile are not saved any more. */
  async save(): Promise<void> {
    if (this.#saving) return;
    const photos = (this.#saving = this.photos);
    try {
      for (const [index, photo] of photos.entries()) {
        if (index > 0) await new Promise((resolve) => setTimeout(resolve, APART));
        if (this.#saving !== photos) return;
        download(photo, photo.name);
      }
      this.#keep(photos);
      this.#host.say({ say: (t) => t.savedToast, icon: 'check' });
    } catch (reason) {
      this.#host.say({ say: (t) => t.photoFailed, icon: 'warning' });
      this.#host.failed(reason);
    } finally {
      if (this.#saving === photos) this.#saving = undefined;
    }
  }

  async share(): Promise<void> {
    const { photos } = this;
    try {
      if (await shareFiles([...photos])) this.#keep(photos);
    } catch (reason) {
      this.#host.say({ say: (t) => t.photoShareFailed, icon: 'warning' });
      this.#host.failed(reason);
    }
  }

  drop(): void {
    const { length } = this.photos;
    this.photos = [];
    this.kept = false;
    this.#saving = undefined;
    this.#host.speak((t) => t.photosDropped(length));
    this.#host.changed();
  }

  /** These are elsewhere too: they give way to those that were taken since. */
  #keep(photos: readonly File[]): void {
    const since = this.photos.filter((photo) => !photos.includes(photo));
    this.kept = since.length === 0;
    if (!this.kept) this.photos = since;
    this.#host.changed();
  }
}
