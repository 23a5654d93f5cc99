/**
 * Brightness and white balance as they are set from the screen. Plain state, drawn elsewhere. A finger is faster than a camera:
 * what is shown is the latest wish, until the camera has answered it.
 */

import type { Camera } from '../index.js';
import type { ToolsHost } from './camera-tools.js';

export type WhiteBalance = number | 'auto';

export class Dials {
  readonly #host: ToolsHost;
  /** What was set last, also while a camera runs that cannot. */
  #exposureWish: number | undefined;
  #whiteWish: WhiteBalance | undefined;

  /** Stops; 0 is what the camera chooses by itself. */
  exposure = 0;
  /** Kelvin. */
  whiteBalance: WhiteBalance = 'auto';

  constructor(host: ToolsHost) {
    this.#host = host;
  }

  /** Another camera runs. One that was never told anything is told nothing. */
  async adopt(camera: Camera): Promise<void> {
    const { exposure, whiteBalance } = camera.capabilities();
    this.exposure = exposure && this.#exposureWish !== undefined ? await camera.exposure(this.#exposureWish) : 0;
    this.whiteBalance = whiteBalance && this.#whiteWish !== undefined ? await camera.whiteBalance(this.#whiteWish) : 'auto';
  }

  reset(): void {
    this.#exposureWish = this.#whiteWish = undefined;
    this.exposure = 0;
    this.whiteBalance = 'auto';
  }

  async expose(stops: number): Promise<void> {
    const { camera } = this.#host.studio() ?? {};
    if (!camera) return;
    this.exposure = this.#exposureWish = stops;
    this.#host.changed();
    const taken = await camera.exposure(stops).catch(() => 0);
    if (this.#exposureWish !== stops) return;
    this.exposure = taken;
    this.#host.changed();
  }

  async balance(white: WhiteBalance): Promise<void> {
    const { camera } = this.#host.studio() ?? {};
    if (!camera) return;
    this.whiteBalance = this.#whiteWish = white;
    this.#host.changed();
    const taken = await camera.whiteBalance(white).catch(() => 'auto' as const);
    if (this.#whiteWish !== white) return;
    this.whiteBalance = taken;
    this.#host.changed();
  }
}
