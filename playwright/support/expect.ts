// Playwright's expectations, asked for often: by itself `poll` looks ever more seldom, in the end once a second, so that a
// test waits half a second on average for what is there already.

import { expect as base } from '@playwright/test';

/** Milliseconds between looks: the first ones, and all after them. */
const INTERVALS = [20, 50, 100];

const poll = ((actual, options) => {
  const given = typeof options === 'string' ? { message: options } : options;
  return base.poll(actual, { intervals: INTERVALS, ...given });
}) as typeof base.poll;

export const expect = new Proxy(base, { get: (target, name) => (name === 'poll' ? poll : Reflect.get(target, name)) as unknown });
