/** One picture of what the preview shows, as a JPEG. Takes nothing from the camera, so that it costs a recording no frame. */

import { visiblePart } from './coordinates.js';
import type { View } from './coordinates.js';

const QUALITY = 0.92;
/** Milliseconds that a picture is waited for, of a camera that has just begun. */
const PATIENCE = 2000;

/** The element that shows the camera, and how it stands there. */
export type Shown = { video: HTMLVideoElement; view: () => View | undefined };

/**
 * What the preview shows, upright, at the camera's own resolution; `mirrored`: as in a mirror. `undefined` where the camera
 * gives no picture. A 2D canvas: no GL, and the pixels stand upright, so that no viewer has to turn them.
 */
export async function takePhoto({ video, view }: Shown, mirrored: boolean): Promise<Blob | undefined> {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) await firstPicture(video);
  const shown = view();
  if (!shown) return undefined;
  const { x, y, width, height } = visiblePart(shown);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) return undefined;
  if (mirrored) context.setTransform(-1, 0, 0, 1, width, 0);
  context.drawImage(video, x, y, width, height, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/jpeg', QUALITY));
}

function firstPicture(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE);
    video.requestVideoFrameCallback(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
