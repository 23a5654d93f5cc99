/** What the camera element and its session say to each other. */

import type { Interrupted, Locale, Studio } from '../index.js';
import type { IconName } from './icons.js';
import type { Messages } from './messages.js';

export type Screen = 'opening' | 'welcome' | 'camera' | 'review' | 'drafts' | 'blocked';
export type Say = (t: Messages) => string;
/** A bar that stays until dismissed; `passing`: until its cause is over. */
export type Notice = {
  about: 'sound' | 'space' | 'interruption' | 'unfinished' | 'lost' | 'memory';
  icon: IconName;
  say: Say;
  safe?: boolean;
  passing?: boolean;
  cause?: Interrupted['reason'];
};
export type Joining = { ratio: number; eta: number | undefined };

/** `offer`: what an earlier visit left is offered, not just opened. */
export type SessionOptions = { draft: string; maxDuration: number; minDuration: number; locale: Locale; offer: boolean };

export interface SessionHost {
  /** Where the preview is mounted. */
  readonly stage: HTMLElement;
  requestUpdate(): void;
  /** A draft is open; `records`: a take begins in it. */
  tend(studio: Studio, records: boolean): void;
  emit(type: 'film' | 'error' | 'draft' | 'look' | 'close', detail: unknown): boolean;
}
