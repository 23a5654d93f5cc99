/** What can stand in the way of filming, sorted into the few cases that people can do something about. */

import { isOnetakeError } from '../index.js';
import type { Camera, Capabilities, Segment, StudioEvents } from '../index.js';
import { clock, total } from './format.js';
import type { Messages } from './messages.js';
import type { Notice, Say } from './session.js';

/** `detail` is for the line that can be copied. */
export type Trouble = { kind: TroubleKind; detail: string; hint: string };
export type TroubleKind = 'denied' | 'missing' | 'in-use' | 'elsewhere' | 'unsupported' | 'lost' | 'failed';

const KINDS: Record<string, TroubleKind> = {
  camera_denied: 'denied',
  camera_missing: 'missing',
  camera_busy: 'in-use',
  draft_busy: 'elsewhere',
  not_supported: 'unsupported',
};

export function troubleOf(reason: unknown): Trouble {
  const known = isOnetakeError(reason) ? reason : undefined;
  const detail = reason instanceof Error ? `${reason.name} ${reason.message}` : String(reason);
  return { kind: KINDS[known?.code ?? ''] ?? 'failed', hint: known?.hint ?? '', detail };
}

/** Given up by the user: no failure, nothing to say. */
export function isAbort(reason: unknown): boolean {
  if (isOnetakeError(reason)) return reason.code === 'aborted';
  return reason instanceof DOMException && reason.name === 'AbortError';
}

export function describe({ tier, capture, storage, missing }: Capabilities): string {
  return [`tier ${tier}, capture ${capture}, storage ${storage}`, ...missing.map(({ feature, effect }) => `${feature}: ${effect}`)].join('\n');
}

/** Why a take ended by itself while the camera stays. */
export function interruption(reason: Exclude<StudioEvents['interrupted']['reason'], 'device-lost' | 'permission'>): (t: Messages) => string {
  return (t) =>
    ({
      hidden: t.hidden,
      frozen: t.hidden,
      muted: t.mutedCamera,
      'size-changed': t.sizeChanged,
      encoder: t.encoderLost,
      'gpu-lost': t.restarted,
      'storage-full': t.spaceOut,
      worker: t.restarted,
    })[reason];
}

/** Why there is no sound, if there is none; first of all, whether a take goes on. `muted`: the system has silenced a live microphone. */
export function soundNotice(microphone: Camera['microphone'], muted: boolean, goesOn: () => boolean): Notice | undefined {
  const live = microphone === 'live' || microphone === 'off';
  if (live && !muted) return undefined;
  const why: Say = (t) => (live ? t.soundOffMuted : microphone === 'denied' ? t.soundOffDenied : t.soundOffMissing);
  return { about: 'sound', icon: 'muted', say: (t) => (goesOn() ? `${t.recordingOn} ${why(t)}` : why(t)) };
}

/** What an earlier visit left. */
export function unfinishedNotice(segments: readonly Segment[]): Notice {
  const { length } = segments;
  return { about: 'unfinished', icon: 'film', say: (t) => t.continueClip(t.segments(length), clock(total(segments))) };
}

export async function cameraPermission(): Promise<PermissionState> {
  try {
    return (await navigator.permissions.query({ name: 'camera' as PermissionName })).state;
  } catch {
    // Firefox knows no such name; asking is then the only way to know.
    return 'prompt';
  }
}
