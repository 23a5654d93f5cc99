/**
 * Opens the way that `routes.ts` picked from a track to the studio worker. Decides what is sent, never what is recorded.
 * Runs on the page; only the `callback` way works here once a frame, in `take` below.
 */

import type { Handles } from './link.js';
import type { Route } from './routes.js';

/** Frames that may wait while the worker is busy; the capture pool allows no more. */
const FRAMES_WAITING = 3;
/** Blocks of 10 ms that may wait: 5 s of sound. */
const BLOCKS_WAITING = 500;

/** What goes to the worker, and the end of it: nothing of ours runs on after `stop`. The track is its owner's to stop. */
export type Feed = { handles: Handles; stop(): void };

export function cameraFeed(track: MediaStreamTrack, route: Route): Feed {
  if (route === 'callback') return pictures(track);
  if (route === 'readable') {
    const { readable } = new MediaStreamTrackProcessor<VideoFrame>({ track, maxBufferSize: FRAMES_WAITING });
    return { handles: { readable }, stop: () => undefined };
  }
  // The page keeps the track itself, for the preview. The worker stops its copy when the camera is let go; one that never got
  // there is stopped here.
  const copy = track.clone();
  return { handles: { track: copy }, stop: () => copy.stop() };
}

/** Sound comes from a processor where the page has one; elsewhere processors take pictures alone. */
export async function microphoneFeed(track: MediaStreamTrack, route: Route): Promise<Feed> {
  if (route !== 'readable') return graph(track);
  const { readable } = new MediaStreamTrackProcessor<AudioData>({ track, maxBufferSize: BLOCKS_WAITING });
  return { handles: { readable }, stop: () => undefined };
}

/** What is said of each picture; `captured` is wall milliseconds. */
type Picture = { frame: VideoFrame; missed: number; captured: number | undefined };

/** No callback is so late, microseconds: a picture whose stamp is so far from what is told bears another clock. */
const OTHER_CLOCK = 10_000_000;

/**
 * Each picture that a muted video shows, stamped with its media time and transferred at once. What a busy or hidden page
 * does not see is counted by the browser (`presentedFrames`) and told with the next one. A callback that comes late finds a
 * newer picture than it tells of: that one goes by the time it bears itself, also where no callback is ever in time.
 */
function pictures(track: MediaStreamTrack): Feed {
  const { port1: port, port2 } = new MessageChannel();
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  void video.play().catch(() => undefined);
  let [waiting, stamp, next] = [0, -1, 0];
  // Which picture was sent last, by the browser's count.
  let shown: number | undefined;
  // What the last callback told of, and how far pictures lie apart by that, microseconds: 0 until two were told of.
  let [toldBefore, countBefore, apart] = [0, 0, 0];
  // The worker has closed one.
  port.onmessage = () => (waiting -= 1);
  const take = (_now: number, { presentedFrames, mediaTime, captureTime }: VideoFrameCallbackMetadata) => {
    next = video.requestVideoFrameCallback(take);
    const told = Math.round(mediaTime * 1e6);
    if (countBefore > 0 && presentedFrames > countBefore && told > toldBefore) apart = (told - toldBefore) / (presentedFrames - countBefore);
    [toldBefore, countBefore] = [told, presentedFrames];
    // It is the turn of the one that was found before.
    if (told === stamp) shown = presentedFrames;
    const found = waiting < FRAMES_WAITING ? picture(video) : undefined;
    if (!found) return;
    // Pictures bear media times of their own, and none is older than what is told; Firefox's bear whole seconds.
    const since = found.timestamp - told;
    const own = since >= 0 && since < OTHER_CLOCK;
    const time = own ? found.timestamp : told;
    if (time === stamp) return found.close();
    // One that is newer than what is told of stands as many places behind it as its time says.
    const place = time === told ? presentedFrames : apart > 0 ? presentedFrames + Math.round((time - told) / apart) : undefined;
    const missed = shown === undefined || place === undefined ? 0 : Math.max(0, place - shown - 1);
    shown = place;
    stamp = time;
    const frame = own ? found : restamped(found, told);
    waiting += 1;
    const captured = captureTime === undefined ? undefined : performance.timeOrigin + captureTime + (time - told) / 1000;
    port.postMessage({ frame, missed, captured } satisfies Picture, [frame]);
  };
  next = video.requestVideoFrameCallback(take);
  const end = (left: boolean) => {
    track.removeEventListener('ended', lost);
    video.cancelVideoFrameCallback(next);
    video.srcObject = null;
    port.postMessage({ left });
  };
  const lost = () => end(false);
  track.addEventListener('ended', lost);
  return { handles: { port: port2 }, stop: () => end(true) };
}

/** The picture that the video shows now, if it still has one. */
function picture(video: HTMLVideoElement): VideoFrame | undefined {
  try {
    return new VideoFrame(video);
  } catch {
    return undefined;
  }
}

function restamped(found: VideoFrame, timestamp: number): VideoFrame {
  const frame = new VideoFrame(found, { timestamp });
  found.close();
  return frame;
}

/** How long a worklet may take to say its last word, milliseconds: in a graph that does not run it may say none. */
const FAREWELL_MS = 1000;

/** An audio graph whose worklet sends blocks straight to the worker: a blocked page loses none. */
async function graph(track: MediaStreamTrack): Promise<Feed> {
  const { port1, port2 } = new MessageChannel();
  const context = new AudioContext();
  const ending = new AbortController();
  // Without a user's touch some browsers let no graph run, and a phone call ends it.
  const wake = () => {
    if (context.state !== 'running' && context.state !== 'closed') void context.resume().catch(() => undefined);
  };
  const { signal } = ending;
  for (const event of ['pointerdown', 'keydown']) addEventListener(event, wake, { signal, capture: true });
  context.addEventListener('statechange', wake, { signal });
  const close = () => {
    ending.abort();
    if (context.state !== 'closed') void context.close().catch(() => undefined);
  };
  try {
    await context.audioWorklet.addModule(new URL('./workers/microphone.js', import.meta.url));
    const node = new AudioWorkletNode(context, 'onetake-microphone');
    node.port.postMessage(port1, [port1]);
    // The worker closes the way when it hears of the end; a worklet that is closed before cannot tell it.
    const end = (left: boolean) => {
      if (signal.aborted) return;
      ending.abort();
      node.port.onmessage = close;
      setTimeout(close, FAREWELL_MS);
      node.port.postMessage({ left });
    };
    track.addEventListener('ended', () => end(false), { signal });
    // A graph runs towards its speaker; the worklet gives that silence.
    context.createMediaStreamSource(new MediaStream([track])).connect(node).connect(context.destination);
    wake();
    return { handles: { port: port2 }, stop: () => end(true) };
  } catch (reason) {
    close();
    throw reason;
  }
}
