/**
 * What people set on the camera from its screen: where to focus, flash, zoom, timer, ghost, its dials, its look; the photos they
 * take; and how loud it is. Plain state, drawn elsewhere; a tool that the camera does not have is not offered, and its key does nothing.
 */

import type { CameraCapabilities, Capabilities, Segment, Studio, StudioEvents } from '../index.js';
import { Dials } from './dials.js';
import type { LookChoice } from './look-choice.js';
import { LookTool } from './look-tool.js';
import { PhotoRoll } from './photo-roll.js';
import type { Say } from './session.js';
import type { Toast } from './toasts.js';

export type ToolsHost = {
  studio: () => Studio | undefined;
  capabilities: () => Capabilities | undefined;
  segments: () => readonly Segment[];
  /** Nothing is filmed or about to be. */
  ready: () => boolean;
  say: (toast: Toast) => void;
  speak: (say: Say) => void;
  /** For the application: why something did not work. */
  failed: (reason: unknown) => void;
  /** For the application: what to bring back on another day. */
  remember: (look: LookChoice) => void;
  changed: () => void;
};

/** The ring around a point of focus, CSS pixels of the stage. */
export type Aim = { x: number; y: number; sharp: boolean };
export type Ghost = { file: Blob; at: number; mirrored: boolean };

const NOTHING: CameraCapabilities = { torch: false, focusPoint: false };
const TIMERS = [0, 3, 10] as const;
/** Milliseconds that the ring stays, its fading included: overlay.ts. */
const AIM = 1000;
/** Milliseconds that a warning of loud sound stays after the last one. */
const LOUD = 1500;
/** Pixels of a slide from the widest to the closest picture. */
const SLIDE = 240;

export class CameraTools {
  readonly #host: ToolsHost;
  #aimTimer: ReturnType<typeof setTimeout> | undefined;
  #loudTimer: ReturnType<typeof setTimeout> | undefined;
  /** What was set last, also while a camera runs that cannot. */
  #torchWish = false;
  #zoomWish = 1;
  #grip = 1;
  #wanted: number | undefined;
  #told = false;
  #ghostOf: string | undefined;

  offers: CameraCapabilities = NOTHING;
  torch = false;
  zoom = 1;
  timer: (typeof TIMERS)[number] = 0;
  /** The last picture of the last segment is wanted over the preview. */
  ghostOn = false;
  ghost: Ghost | undefined;
  aim: Aim | undefined;
  loud = false;
  readonly dials: Dials;
  readonly roll: PhotoRoll;
  readonly look: LookTool;

  constructor(host: ToolsHost) {
    this.#host = host;
    this.dials = new Dials(host);
    this.roll = new PhotoRoll(host, () => this.look.unite());
    this.look = new LookTool(host);
  }

  /** Another camera runs: what it has is known, what it took on of the last one's settings follows. */
  async handleCamera(): Promise<void> {
    const { camera } = this.#host.studio() ?? {};
    if (!camera) return;
    this.aim = undefined;
    this.offers = camera.capabilities();
    this.torch = this.offers.torch && (await camera.torch(this.#torchWish));
    this.zoom = this.offers.zoom ? await camera.zoom(this.#zoomWish) : 1;
    await this.dials.adopt(camera);
    this.#host.changed();
    void this.haunt();
  }

  reset(): void {
    clearTimeout(this.#aimTimer);
    clearTimeout(this.#loudTimer);
    this.offers = NOTHING;
    this.torch = this.#torchWish = this.loud = false;
    this.zoom = this.#zoomWish = 1;
    this.aim = this.ghost = this.#ghostOf = undefined;
    this.dials.reset();
  }

  /** Focus and exposure at a point of the stage; without one, in its middle. */
  async focus(at: { x: number; y: number }): Promise<void> {
    const { camera } = this.#host.studio() ?? {};
    if (!camera) return;
    const aim: Aim = (this.aim = { ...at, sharp: false });
    clearTimeout(this.#aimTimer);
    this.#aimTimer = setTimeout(() => this.#dropAim(), AIM);
    this.#host.changed();
    if (!this.offers.focusPoint) {
      this.#host.speak((t) => t.focusNone);
      // Shown once: the ring alone answers the next taps.
      if (!this.#told) this.#host.say({ say: (t) => t.focusNone, icon: 'info' });
      this.#told = true;
      return;
    }
    if ((await camera.focus(at)) !== 'focused') return;
    this.#host.speak((t) => t.focused);
    if (this.aim !== aim) return;
    this.aim = { ...aim, sharp: true };
    this.#host.changed();
  }

  async toggleTorch(): Promise<void> {
    const { camera } = this.#host.studio() ?? {};
    if (!camera || !this.offers.torch) return;
    const wanted = (this.#torchWish = !this.torch);
    this.torch = await camera.torch(wanted);
    this.#torchWish = this.torch;
    if (this.torch !== wanted) this.#host.say({ say: (t) => t.flashFailed, icon: 'warning' });
    this.#host.changed();
  }

  nextTimer(): void {
    if (!this.#host.ready()) return;
    this.timer = TIMERS[(TIMERS.indexOf(this.timer) + 1) % TIMERS.length] ?? 0;
    const { timer } = this;
    this.#host.speak((t) => t.countdown(timer));
    this.#host.changed();
  }

  /** The zoom from which a pinch or a slide counts. */
  grip(): void {
    this.#grip = this.zoom;
  }

  /** Fingers moved apart by this factor since `grip`. */
  pinch(factor: number): void {
    this.zoomTo(this.#grip * factor);
  }

  /** The thumb slid up by so many pixels since `grip`; as far as the whole range is what SLIDE says, each pixel by the same factor. */
  slide(up: number): void {
    const { zoom } = this.offers;
    if (!zoom) return;
    this.zoomTo(this.#grip * (zoom.max / Math.max(zoom.min, 0.1)) ** (up / SLIDE));
  }

  /** The badge: the whole picture, twice as close, and back. */
  nextZoom(): void {
    this.zoomTo(this.zoom > 1.05 ? 1 : 2);
  }

  /** `false`: this camera has no zoom. */
  zoomBy(factor: number): boolean {
    this.zoomTo((this.#wanted ?? this.zoom) * factor);
    return this.offers.zoom !== undefined;
  }

  /** Fingers are faster than cameras: while one answer is awaited the latest wish waits. */
  zoomTo(ratio: number): void {
    const { zoom } = this.offers;
    if (!zoom) return;
    const waits = this.#wanted !== undefined;
    this.#wanted = Math.min(zoom.max, Math.max(zoom.min, ratio));
    if (!waits) void this.#sendZoom();
  }

  toggleGhost(): void {
    if (!this.#host.ready()) return;
    this.ghostOn = !this.ghostOn;
    void this.haunt();
    this.#host.changed();
  }

  /** Takes the picture of the segment that is the last one now. */
  async haunt(): Promise<void> {
    const studio = this.#host.studio();
    const last = this.#host.segments().at(-1);
    const mirrored = studio?.camera.facing === 'user';
    const key = this.ghostOn && last ? `${last.id} ${mirrored}` : undefined;
    if (key === this.#ghostOf) return;
    this.#ghostOf = key;
    const file = key && last ? await studio?.draft.file(last.id).catch(() => undefined) : undefined;
    if (this.#ghostOf !== key) return;
    this.ghost = file && last ? { file, at: last.duration, mirrored } : undefined;
    this.#host.changed();
  }

  handleLevel({ clipped }: StudioEvents['level']): void {
    if (!clipped) return;
    clearTimeout(this.#loudTimer);
    this.#loudTimer = setTimeout(() => {
      this.loud = false;
      this.#host.changed();
    }, LOUD);
    if (this.loud) return;
    this.loud = true;
    this.#host.speak((t) => t.tooLoud);
    this.#host.changed();
  }

  async #sendZoom(): Promise<void> {
    const { camera } = this.#host.studio() ?? {};
    for (let sent: number | undefined; camera && this.#wanted !== sent; ) {
      sent = this.#wanted;
      if (sent === undefined) break;
      this.zoom = this.#zoomWish = await camera.zoom(sent).catch(() => this.zoom);
      this.#host.changed();
    }
    this.#wanted = undefined;
  }

  #dropAim(): void {
    this.aim = undefined;
    this.#host.changed();
  }
}
