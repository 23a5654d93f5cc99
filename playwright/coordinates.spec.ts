// The map between preview and sensor, as arithmetic: no page, no camera. Belongs here: whatever must hold for every size, fit,
// mirror and turn.

import { expect, test } from '@playwright/test';
import { isInside, toPreview, toSensor, visiblePart, type View } from '../www/onetake/src/coordinates.ts';
import { seeded } from './support/controls.ts';

const ROTATIONS = [0, 90, 180, 270] as const;

function* views(count: number): Generator<View & { random: () => number }> {
  const random = seeded(20_261_121);
  const side = () => 1 + Math.floor(random() * 4000);
  for (let index = 0; index < count; index += 1) {
    yield {
      box: { width: side() / 2, height: side() / 2 },
      picture: { width: side(), height: side() },
      fit: random() < 0.5 ? 'cover' : 'contain',
      mirrored: random() < 0.5,
      rotation: ROTATIONS[index % 4] ?? 0,
      random,
    };
  }
}

test('a point that goes to the sensor and back is the same point, whatever the preview', () => {
  for (const { random, ...view } of views(20_000)) {
    const at = { x: (random() * 3 - 1) * view.box.width, y: (random() * 3 - 1) * view.box.height };
    const back = toPreview(toSensor(at, view), view);
    const there = { x: random(), y: random() };
    const again = toSensor(toPreview(there, view), view);
    const reach = Math.max(view.box.width, view.box.height, 1);
    const errors = [(back.x - at.x) / reach, (back.y - at.y) / reach, again.x - there.x, again.y - there.y].map(Math.abs);
    // One message for 20 000 cases, and only where one fails: expect() is slow.
    if (!(Math.max(...errors) < 1e-9)) expect({ view, at, back, there, again }).toBe('the same both ways');
  }
});

test('cover shows only picture, contain all of it, and the corners of the part that is shown are those of the box', () => {
  for (const { random: _, ...view } of views(4_000)) {
    const { width, height } = view.box;
    const corners = [{ x: 0, y: 0 }, { x: width, y: height }].map((at) => toSensor(at, { ...view, rotation: 0, mirrored: false }));
    const part = visiblePart(view);
    const inside = part.x >= 0 && part.y >= 0 && part.x + part.width <= view.picture.width && part.y + part.height <= view.picture.height;
    // A part is whole pixels, at least one.
    const [from, to] = [corners[0] ?? { x: 0, y: 0 }, corners[1] ?? { x: 0, y: 0 }];
    const near = Math.abs(from.x * view.picture.width - part.x) <= 1.01 && Math.abs(to.y * view.picture.height - part.y - part.height) <= 1.01;
    const all = part.width === view.picture.width && part.height === view.picture.height;
    const good = inside && (view.fit === 'cover' ? near && corners.every(({ x, y }) => isInside({ x: x + (x < 0.5 ? 1e-9 : -1e-9), y: y + (y < 0.5 ? 1e-9 : -1e-9) })) : all);
    if (!good) expect({ view, corners, part }).toBe('consistent');
  }
});

test('known points: a wide camera in an upright preview, mirrored and turned', () => {
  const view: View = { box: { width: 360, height: 640 }, picture: { width: 1280, height: 720 }, fit: 'cover', mirrored: false, rotation: 0 };
  // The picture is 1137.8 wide, of which 360 are seen in the middle.
  expect(toSensor({ x: 180, y: 320 }, view)).toEqual({ x: 0.5, y: 0.5 });
  expect(toSensor({ x: 0, y: 0 }, view).x).toBeCloseTo(0.3418, 4);
  expect(toSensor({ x: 0, y: 0 }, { ...view, mirrored: true }).x).toBeCloseTo(0.6582, 4);
  expect(visiblePart(view)).toEqual({ x: 437, y: 0, width: 405, height: 720 });
  // With bars above and below: what is tapped there is no picture.
  const bars: View = { ...view, fit: 'contain' };
  expect(isInside(toSensor({ x: 180, y: 100 }, bars))).toBe(false);
  expect(toSensor({ x: 0, y: 320 }, bars)).toEqual({ x: 0, y: 0.5 });
  // A sensor that lies on its side: the top right of the upright picture is the sensor's top left after a quarter turn clockwise.
  const upright: View = { box: { width: 90, height: 160 }, picture: { width: 90, height: 160 }, fit: 'cover', mirrored: false, rotation: 90 };
  expect(toSensor({ x: 90, y: 0 }, upright)).toEqual({ x: 0, y: 0 });
  expect(toSensor({ x: 90, y: 160 }, upright)).toEqual({ x: 1, y: 0 });
  expect(toSensor({ x: 0, y: 0 }, { ...upright, rotation: 180 })).toEqual({ x: 1, y: 1 });
  expect(toSensor({ x: 0, y: 160 }, { ...upright, rotation: 270 })).toEqual({ x: 0, y: 0 });
});
