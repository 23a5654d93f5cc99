/** Times, sizes, rates and file names as people read them. */

import type { Messages } from './messages.js';
import type { Locale, Segment } from '../index.js';

/** `0:07`, `1:05`; seconds are cut, not rounded, so that a clock never runs ahead. */
export function clock(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds) + 1e-6);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `0:07.3`, for a take in progress. */
export function fineClock(seconds: number): string {
  const tenths = Math.floor(Math.max(0, seconds) * 10 + 1e-6);
  return `${clock(tenths / 10)}.${tenths % 10}`;
}

/** `+0.5`, `−1`, `0`; to a hundredth. */
export function signed(value: number): string {
  const size = String(Math.abs(Math.round(value * 100) / 100));
  return size === '0' ? size : `${value < 0 ? '−' : '+'}${size}`;
}

export function spoken(seconds: number, t: Messages): string {
  const whole = Math.floor(Math.max(0, seconds) + 1e-6);
  return t.spokenTime(Math.floor(whole / 60), whole % 60);
}

/** In units of 1000, as stores and file managers of phones count. */
export function bytes(count: number): string {
  if (count < 1_000_000) return `${Math.max(1, Math.round(count / 1000))} KB`;
  if (count < 1_000_000_000) return `${(count / 1_000_000).toFixed(1)} MB`;
  return `${(count / 1_000_000_000).toFixed(2)} GB`;
}

/** A day and a time of day, as the language writes them. */
export function moment(date: Date, locale: Locale): string {
  return new Intl.DateTimeFormat(locale === 'zh' ? 'zh-CN' : 'en', { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

export function filmName(): string {
  return `${nameOfNow()}.mp4`;
}

export function photoName(): string {
  return `${nameOfNow()}.jpg`;
}

/** In local time, since it is read beside the user's other files. */
function nameOfNow(): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, '0');
  return `onetake-${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

/** `Your 3 segments are safe.`, or nothing where there is nothing to lose. */
export function safe(segments: readonly Segment[], t: Messages): string {
  if (segments.length === 0) return '';
  return segments.length === 1 ? t.safeOne : t.safe(t.segments(segments.length));
}

export function total(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.duration, 0);
}
