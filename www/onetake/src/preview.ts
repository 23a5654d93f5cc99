/**
 * The picture in the host element: a muted video of the camera with CSS fit and mirror. Where pictures are drawn before they
 * are recorded, the canvas that they are drawn on fades in above it. While a camera is being exchanged the last picture is
 * held on a canvas above both, so that nothing flickers.
 */

import type { Point, View } from './coordinates.js';
import type { Facing, Mirror } from './types.js';

/** What a worker says of the canvas it draws on: how to see it upright, and whether that is the camera's mirror image. */
export type Drawn = { shown: boolean; rotation: number; mirrored: boolean; flipped: boolean };

const FADE = 'opacity 200ms';

export class Preview {
  readonly #video = document.createElement('video');
  readonly #held = document.createElement('canvas');
  readonly #box = document.createElement('div');
  /** Drawn on by a worker; another worker needs another one. */
  #drawn: HTMLCanvasElement | undefined;
  #shown: Drawn = { shown: false, rotation: 0, mirrored: false, flipped: false };
  /** Called with the worker's next word on its canvas. */
  #told: () => void = () => undefined;
  #mirror: Mirror['preview'];
  #facing: Facing | undefined;
  readonly #fit: 'cover' | 'contain';

  constructor(host: HTMLElement, fit: 'cover' | 'contain', mirror: Mirror['preview']) {
    this.#fit = fit;
    this.#mirror = mirror;
    this.#box.style.cssText = 'position:relative;width:100%;height:100%;overflow:hidden;container-type:size';
    for (const layer of [this.#video, this.#held]) {
      layer.style.cssText = this.#filling();
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

  get video(): HTMLVideoElement {
    return this.#video;
  }

  get mirrored(): boolean {
    return this.#mirror === 'auto' || this.#mirror === undefined ? this.#facing === 'user' : this.#mirror;
  }

  /** How the picture stands in the preview now; `undefined` before there is one. */
  view(): View | undefined {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const { clientWidth, clientHeight } = this.#box;
    if (!width || !height || !clientWidth || !clientHeight) return undefined;
    const box = { width: clientWidth, height: clientHeight };
    return { box, picture: { width, height }, fit: this.#fit, mirrored: this.mirrored, rotation: this.#rotation() };
  }

  /** A point of the host, CSS pixels, as one of the preview. */
  fromHost({ x, y }: Point): Point {
    const host = this.#box.parentElement?.getBoundingClientRect();
    const box = this.#box.getBoundingClientRect();
    return { x: x - (box.left - (host?.left ?? 0)), y: y - (box.top - (host?.top ?? 0)) };
  }

  /** Shows a camera; the held picture goes with its first frame. */
  async show(track: MediaStreamTrack, facing: Facing | undefined): Promise<void> {
    this.#facing = facing;
    const first = new Promise<void>((resolve) => this.#video.requestVideoFrameCallback(() => resolve()));
    // Until then the canvas shows the camera before.
    const drawn = this.#shown.shown ? new Promise<void>((resolve) => (this.#told = resolve)) : undefined;
    this.#video.srcObject = new MediaStream([track]);
    this.#flip();
    void this.#video.play().catch(() => undefined);
    // A hidden page draws no frames; the picture must not stay held for ever.
    await Promise.race([Promise.all([first, drawn]), new Promise((resolve) => setTimeout(resolve, 2000))]);
    this.#held.hidden = true;
  }

  /** Keeps the picture that is shown now until `show` brings another: the drawn one, where that is on top. */
  hold(): void {
    const drawn = this.#shown.shown ? this.#drawn : undefined;
    const source = drawn ?? this.#video;
    const { width, height } = drawn ?? { width: this.#video.videoWidth, height: this.#video.videoHeight };
    if (!width || !height) return;
    this.#held.width = width;
    this.#held.height = height;
    this.#held.getContext('2d')?.drawImage(source, 0, 0);
    this.#held.style.cssText = `${drawn ? this.#laid(this.#shown) : `${this.#filling()};transform:${source.style.transform || 'none'}`};z-index:1`;
    this.#held.hidden = false;
  }

  /** A fresh canvas for a worker to draw on; undefined where browsers cannot hand one over. */
  canvas(): OffscreenCanvas | undefined {
    this.#drawn?.remove();
    this.#drawn = document.createElement('canvas');
    this.draw({ shown: false, rotation: 0, mirrored: false, flipped: false });
    this.#drawn.setAttribute('aria-hidden', 'true');
    this.#box.append(this.#drawn);
    return this.#drawn.transferControlToOffscreen?.();
  }

  /** The worker draws on its canvas, or no longer. */
  draw(drawn: Drawn): void {
    this.#shown = drawn;
    this.#lay();
    this.#told();
  }

  #lay(): void {
    const drawn = this.#shown;
    if (this.#drawn) this.#drawn.style.cssText = `${this.#laid(drawn)};opacity:${drawn.shown ? 1 : 0};transition:${FADE}`;
  }

  setMirror(mirror: Mirror['preview']): void {
    this.#mirror = mirror;
    this.#flip();
  }

  clear(): void {
    this.#video.srcObject = null;
    this.draw({ ...this.#shown, shown: false });
    this.#held.hidden = true;
  }

  remove(): void {
    this.clear();
    this.#box.remove();
  }

  /** How a picture lies that is upright as it is. */
  #filling(): string {
    return `position:absolute;inset:0;width:100%;height:100%;object-fit:${this.#fit}`;
  }

  /** How one lies that was drawn. */
  #laid({ rotation, mirrored, flipped }: Drawn): string {
    const [width, height] = rotation % 180 === 0 ? ['100cqw', '100cqh'] : ['100cqh', '100cqw'];
    const flip = this.mirrored !== flipped ? 'scaleX(-1) ' : '';
    const turn = `rotate(${rotation}deg)${mirrored ? ' scaleX(-1)' : ''}`;
    return `position:absolute;left:50%;top:50%;width:${width};height:${height};object-fit:${this.#fit};transform:translate(-50%,-50%) ${flip}${turn}`;
  }

  #flip(): void {
    this.#video.style.transform = this.mirrored ? 'scaleX(-1)' : '';
    this.#lay();
  }

  /** By how much the browser turns the camera's frames to show them: asked of the one that is shown. */
  #rotation(): View['rotation'] {
    try {
      const frame = new VideoFrame(this.#video);
      const { rotation = 0 } = frame as VideoFrame & { rotation?: View['rotation'] };
      frame.close();
      return rotation;
    } catch {
      return 0;
    }
  }
}
