/**
 * The picture in the host element: a muted video of the camera with CSS fit and mirror. While a camera is being
 * exchanged the last picture is held on a canvas above it, so that nothing flickers.
 */

import type { Facing, Mirror } from './types.js';

export class Preview {
  readonly #video = document.createElement('video');
  readonly #held = document.createElement('canvas');
  readonly #box = document.createElement('div');
  #mirror: Mirror['preview'];
  #facing: Facing | undefined;

  constructor(host: HTMLElement, fit: 'cover' | 'contain', mirror: Mirror['preview']) {
    this.#mirror = mirror;
    this.#box.style.cssText = 'position:relative;width:100%;height:100%;overflow:hidden';
    for (const layer of [this.#video, this.#held]) {
      layer.style.cssText = `position:absolute;inset:0;width:100%;height:100%;object-fit:${fit}`;
      layer.setAttribute('aria-hidden', 'true');
    }
    this.#held.hidden = true;
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.autoplay = true;
    this.#video.disablePictureInPicture = true;
    this.#box.append(this.#video, this.#held);
    host.append(this.#box);
  }

  /** Shows a camera; the held picture goes with its first frame. */
  async show(track: MediaStreamTrack, facing: Facing | undefined): Promise<void> {
    this.#facing = facing;
    const first = new Promise<void>((resolve) => this.#video.requestVideoFrameCallback(() => resolve()));
    this.#video.srcObject = new MediaStream([track]);
    this.#flip();
    void this.#video.play().catch(() => undefined);
    // A hidden page draws no frames; the picture must not stay held for ever.
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 2000))]);
    this.#held.hidden = true;
  }

  /** Keeps the picture that is shown now until `show` brings another. */
  hold(): void {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (!width || !height) return;
    this.#held.width = width;
    this.#held.height = height;
    this.#held.getContext('2d')?.drawImage(this.#video, 0, 0);
    this.#held.style.transform = this.#video.style.transform;
    this.#held.hidden = false;
  }

  setMirror(mirror: Mirror['preview']): void {
    this.#mirror = mirror;
    this.#flip();
  }

  clear(): void {
    this.#video.srcObject = null;
    this.#held.hidden = true;
  }

  remove(): void {
    this.clear();
    this.#box.remove();
  }

  #flip(): void {
    const mirrored = this.#mirror === 'auto' || this.#mirror === undefined ? this.#facing === 'user' : this.#mirror;
    this.#video.style.transform = mirrored ? 'scaleX(-1)' : '';
  }
}
