/** Which order of a flip this engine is known to bear. Nothing is opened to find out: a camera's light would go on. */

import type { FlipOrder } from './types.js';

/**
 * Desktop engines run two cameras at once. Phones and tablets mostly do not: iOS mutes the first track for good when a second
 * one opens, Android refuses the second with `NotReadableError` or takes the first away.
 */
export function orderOf({ userAgent, maxTouchPoints }: Pick<Navigator, 'userAgent' | 'maxTouchPoints'>): FlipOrder {
  const mobile = /Android|Mobi|iPhone|iPad|iPod/.test(userAgent);
  // An iPad says that it is a Mac; no Mac has a touch screen.
  const tablet = /Macintosh/.test(userAgent) && maxTouchPoints > 1;
  const known = /Chrome\/|Firefox\//.test(userAgent);
  return known && !mobile && !tablet ? 'open-first' : 'stop-first';
}
