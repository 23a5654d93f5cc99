/**
 * Where a point of the preview lies in the picture that the camera takes, and back; and which part of the picture is shown.
 * Pure: knows no element and no track. Both ways are exact inverses of each other.
 */

import type { Size } from './types.js';

export type Point = { x: number; y: number };
export type Part = Point & Size;

/** How a camera's picture stands in the preview. */
export type View = {
  /** Of the preview, CSS pixels. */
  box: Size;
  /** Of the picture as it is shown, upright. */
  picture: Size;
  fit: 'cover' | 'contain';
  /** Shown as in a mirror. */
  mirrored: boolean;
  /** Degrees clockwise by which the sensor's picture is turned to stand upright. */
  rotation: 0 | 90 | 180 | 270;
};

/** From the preview (CSS pixels from its top left) to the sensor, 0..1 from the top left of its picture; outside of that, beside the picture. */
export function toSensor(at: Point, view: View): Point {
  const { x: left, y: top, width, height } = shownAt(view);
  const x = (at.x - left) / width;
  const y = (at.y - top) / height;
  const seen = view.mirrored ? 1 - x : x;
  switch (view.rotation) {
    case 0:
      return { x: seen, y };
    case 90:
      return { x: y, y: 1 - seen };
    case 180:
      return { x: 1 - seen, y: 1 - y };
    case 270:
      return { x: 1 - y, y: seen };
  }
}

/** The inverse of `toSensor`. */
export function toPreview(point: Point, view: View): Point {
  const { x: left, y: top, width, height } = shownAt(view);
  const turned = {
    0: point,
    90: { x: 1 - point.y, y: point.x },
    180: { x: 1 - point.x, y: 1 - point.y },
    270: { x: point.y, y: 1 - point.x },
  }[view.rotation];
  return { x: left + (view.mirrored ? 1 - turned.x : turned.x) * width, y: top + turned.y * height };
}

/** Whether a point of the sensor is in its picture. */
export function isInside({ x, y }: Point): boolean {
  return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

/** Whether a point of the preview is in its box: the picture may go on beyond it. */
export function isWithin({ x, y }: Point, { width, height }: Size): boolean {
  return x >= 0 && x <= width && y >= 0 && y <= height;
}

/** The part of the upright picture that the preview shows, in whole pixels of the picture. */
export function visiblePart({ box, picture, fit }: View): Part {
  if (fit === 'contain' || !(box.width > 0 && box.height > 0)) return { x: 0, y: 0, ...picture };
  const scale = Math.max(box.width / picture.width, box.height / picture.height);
  const width = Math.max(1, Math.min(picture.width, Math.round(box.width / scale)));
  const height = Math.max(1, Math.min(picture.height, Math.round(box.height / scale)));
  return { x: Math.floor((picture.width - width) / 2), y: Math.floor((picture.height - height) / 2), width, height };
}

/** Where the whole picture lies, CSS pixels; parts of it may lie beyond the box. */
function shownAt({ box, picture, fit }: View): Part {
  const scales = [box.width / picture.width, box.height / picture.height] as const;
  const scale = fit === 'cover' ? Math.max(...scales) : Math.min(...scales);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return { x: (box.width - width) / 2, y: (box.height - height) / 2, width, height };
}
