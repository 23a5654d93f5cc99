/**
 * Light, zoom, exposure, white balance and focus point of the running camera, through its track (Image Capture s.9).
 *
 * What a camera does not offer is not asked of it, and is answered by what is in force instead. A wish outlives its camera: the
 * next one is given what it can do of it. Calls that come faster than the camera answers share one application, of the latest
 * wishes. Knows neither the preview nor the recorder.
 */

import type { Point } from './coordinates.js';
import type { CameraCapabilities, Range3 } from './types.js';

type Wishes = { torch?: boolean; zoom?: number; exposure?: number; whiteBalance?: number | 'auto' };

/** What TypeScript's library does not know of tracks yet. */
type Offers = MediaTrackCapabilities & {
  torch?: boolean | boolean[];
  zoom?: Partial<Range3>;
  exposureCompensation?: Partial<Range3>;
  exposureMode?: string[];
  colorTemperature?: Partial<Range3>;
  whiteBalanceMode?: string[];
  focusMode?: string[];
};
type ConstraintSet = {
  torch?: boolean;
  zoom?: number;
  exposureCompensation?: number;
  exposureMode?: string;
  colorTemperature?: number;
  whiteBalanceMode?: string;
  focusMode?: string;
  pointsOfInterest?: Point[];
};

export class CameraControls {
  #track: MediaStreamTrack | undefined;
  #wishes: Wishes = {};
  /** What this camera has taken on. */
  #inForce: Wishes = {};
  #point: Point | undefined;
  #sending: Promise<unknown> = Promise.resolve();
  #next: Promise<boolean> | undefined;

  /** The camera that runs now; it gets the wishes that are left from the one before. */
  async adopt(track: MediaStreamTrack | undefined): Promise<void> {
    this.#track = track;
    this.#inForce = {};
    this.#point = undefined;
    if (track) await this.#apply();
  }

  /** The camera was closed by its user: the next one begins afresh. */
  forget(): void {
    this.#wishes = {};
    void this.adopt(undefined);
  }

  capabilities(): CameraCapabilities {
    const offers = this.#offers();
    const zoom = rangeOf(offers.zoom);
    const exposure = rangeOf(offers.exposureCompensation);
    const whiteBalance = offers.whiteBalanceMode?.includes('manual') ? rangeOf(offers.colorTemperature) : undefined;
    return {
      torch: hasTorch(offers),
      focusPoint: takesPoints() && (modeOf(offers.focusMode) ?? modeOf(offers.exposureMode)) !== undefined,
      ...(zoom && { zoom }),
      ...(exposure && { exposure }),
      ...(whiteBalance && { whiteBalance }),
    };
  }

  /** Focus and exposure at a point of the sensor's picture, 0..1; `false` where the camera takes none. */
  async focus(point: Point): Promise<boolean> {
    if (!this.capabilities().focusPoint) return false;
    this.#point = point;
    return this.#apply();
  }

  async torch(on: boolean): Promise<boolean> {
    await this.#wish({ torch: on });
    return this.#inForce.torch ?? false;
  }

  async zoom(ratio: number): Promise<number> {
    await this.#wish({ zoom: ratio });
    return this.#inForce.zoom ?? this.#setting('zoom') ?? 1;
  }

  async exposure(compensation: number): Promise<number> {
    await this.#wish({ exposure: compensation });
    return this.#inForce.exposure ?? this.#setting('exposureCompensation') ?? 0;
  }

  async whiteBalance(kelvin: number | 'auto'): Promise<number | 'auto'> {
    await this.#wish({ whiteBalance: kelvin });
    return this.#inForce.whiteBalance ?? 'auto';
  }

  async #wish(wish: Wishes): Promise<void> {
    this.#wishes = { ...this.#wishes, ...wish };
    await this.#apply();
  }

  /** Applies what is wished when the application under way is over. */
  #apply(): Promise<boolean> {
    this.#next ??= this.#sending.then(() => {
      this.#next = undefined;
      const sent = this.#send();
      this.#sending = sent;
      return sent;
    });
    return this.#next;
  }

  /**
   * All wishes in one set: a later application replaces an earlier one, and Chromium reads the first advanced set alone. No
   * size or rate beside them: older Chromium refuses to mix those with these.
   */
  async #send(): Promise<boolean> {
    const track = this.#track;
    if (track?.readyState !== 'live') return false;
    const offers = this.#offers();
    const taken = offered(this.#wishes, offers);
    const set = { ...constraintsOf(taken, offers), ...(this.#point && pointAt(this.#point, offers)) };
    this.#point = undefined;
    if (Object.keys(set).length === 0) return false;
    try {
      await track.applyConstraints({ advanced: [set as MediaTrackConstraintSet] });
    } catch {
      // What it refused would spoil every later set.
      if (track === this.#track) this.#wishes = { ...this.#wishes, ...undone(taken, this.#inForce) };
      return false;
    }
    if (track === this.#track) this.#inForce = taken;
    return track === this.#track;
  }

  #offers(): Offers {
    // Firefox before 132 has no such method.
    return (this.#track?.readyState === 'live' && this.#track.getCapabilities?.()) || {};
  }

  #setting(name: 'zoom' | 'exposureCompensation'): number | undefined {
    const value = (this.#track?.getSettings() as Record<string, unknown> | undefined)?.[name];
    return typeof value === 'number' ? value : undefined;
  }
}

/** The wishes that this camera can fulfil, within its ranges. */
function offered(wishes: Wishes, offers: Offers): Wishes {
  const taken: Wishes = {};
  const zoom = rangeOf(offers.zoom);
  const exposure = rangeOf(offers.exposureCompensation);
  const kelvin = rangeOf(offers.colorTemperature);
  const modes = offers.whiteBalanceMode ?? [];
  const { whiteBalance } = wishes;
  if (wishes.torch !== undefined && hasTorch(offers)) taken.torch = wishes.torch;
  if (wishes.zoom !== undefined && zoom) taken.zoom = within(zoom, wishes.zoom);
  if (wishes.exposure !== undefined && exposure) taken.exposure = within(exposure, wishes.exposure);
  if (typeof whiteBalance === 'number' && kelvin && modes.includes('manual')) taken.whiteBalance = within(kelvin, whiteBalance);
  if (whiteBalance === 'auto' && modes.includes('continuous')) taken.whiteBalance = 'auto';
  return taken;
}

function constraintsOf({ torch, zoom, exposure, whiteBalance }: Wishes, offers: Offers): ConstraintSet {
  const set: ConstraintSet = {};
  if (torch !== undefined) set.torch = torch;
  if (zoom !== undefined) set.zoom = zoom;
  if (exposure !== undefined) {
    set.exposureCompensation = exposure;
    // A manual exposure knows no compensation.
    if (offers.exposureMode?.includes('continuous')) set.exposureMode = 'continuous';
  }
  if (whiteBalance === 'auto') set.whiteBalanceMode = 'continuous';
  else if (whiteBalance !== undefined) Object.assign(set, { whiteBalanceMode: 'manual', colorTemperature: whiteBalance });
  return set;
}

/** Sharp at the point now and then held, where the camera can hold; exposure goes on following the point. */
function pointAt(point: Point, offers: Offers): ConstraintSet {
  const focusMode = modeOf(offers.focusMode);
  const exposureMode = offers.exposureMode?.includes('continuous') ? 'continuous' : modeOf(offers.exposureMode);
  return { pointsOfInterest: [point], ...(focusMode && { focusMode }), ...(exposureMode && { exposureMode }) };
}

/** The mode in which a point means something. */
function modeOf(modes: string[] | undefined): string | undefined {
  return ['single-shot', 'continuous'].find((mode) => modes?.includes(mode));
}

/** What a refused application had changed, as it was before. */
function undone(sent: Wishes, before: Wishes): Wishes {
  const back: Wishes = {};
  for (const name of Object.keys(sent) as (keyof Wishes)[]) {
    if (sent[name] !== before[name]) Object.assign(back, { [name]: before[name] });
  }
  return back;
}

function takesPoints(): boolean {
  return (navigator.mediaDevices.getSupportedConstraints() as { pointsOfInterest?: boolean }).pointsOfInterest === true;
}

/** Chromium says whether, the specification which. */
function hasTorch({ torch }: Offers): boolean {
  return Array.isArray(torch) ? torch.includes(true) : torch === true;
}

function rangeOf(range: Partial<Range3> | undefined): Range3 | undefined {
  const { min, max, step = 0 } = range ?? {};
  return min !== undefined && max !== undefined && max > min ? { min, max, step } : undefined;
}

function within({ min, max }: Range3, value: number): number {
  return Math.min(max, Math.max(min, value));
}
