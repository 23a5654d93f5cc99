/**
 * By which way a camera's pictures reach the studio worker, asked of the browser itself. Decides that alone; `feeds.ts`
 * opens the way. Asking starts a short worker where only a worker knows the answer, and is done once.
 */

import { recorderType } from './recorder.js';

/**
 * `readable`: a processor on the page, its stream transferred (Chromium). `track`: the track is transferred and read in the
 * worker, as the specification has it (WebKit). `callback`: picture by picture off a video element, the only work per frame
 * that the page ever does (Firefox). `recorder`: they never do, for nothing encodes there; the browser's own recorder films.
 */
export type Route = 'readable' | 'track' | 'callback' | 'recorder';
/** What only a worker knows: whether it can read tracks and write to disk. */
export type WorkerFacts = { processor: boolean; disk: boolean };

declare global {
  /** For tests only: takes this way instead of the browser's best. */
  var onetakeForTests: { capture?: Route } | undefined;
}

let asked: Promise<WorkerFacts> | undefined;
let encodes: Promise<boolean> | undefined;

/** Asked once; a worker that does not start knows nothing. */
export function workerFacts(): Promise<WorkerFacts> {
  asked ??= new Promise((resolve) => {
    const nothing = { processor: false, disk: false };
    try {
      const worker = new Worker(new URL('./workers/probe.js', import.meta.url), { type: 'module', name: 'onetake-probe' });
      const end = (facts: WorkerFacts) => {
        worker.terminate();
        resolve(facts);
      };
      worker.onmessage = ({ data }: MessageEvent<WorkerFacts>) => end(data);
      worker.onerror = () => end(nothing);
    } catch {
      resolve(nothing);
    }
  });
  return asked;
}

/** The best way there is; the recorder only where no other leads to a picture that is encoded. */
export async function captureRoute(): Promise<Route | 'none'> {
  const forced = globalThis.onetakeForTests?.capture;
  if (forced) return forced;
  const route = await routeToWorker();
  if (!recorderType()) return route;
  encodes ??= encodesVideo('avc1.42e01f');
  return route !== 'none' && (await encodes) ? route : 'recorder';
}

/** Whether pictures of this coding can be made of frames; `by` hardware or software alone, where that is asked. */
export async function encodesVideo(codec: string, by?: 'prefer-hardware' | 'prefer-software'): Promise<boolean> {
  if (!('VideoEncoder' in globalThis)) return false;
  try {
    const config: VideoEncoderConfig = { codec, width: 640, height: 480, bitrate: 1_000_000, framerate: 30, ...(by && { hardwareAcceleration: by }) };
    return (await VideoEncoder.isConfigSupported(config)).supported === true;
  } catch {
    return false;
  }
}

async function routeToWorker(): Promise<Route | 'none'> {
  if (!('VideoFrame' in globalThis && 'VideoEncoder' in globalThis)) return 'none';
  if ('MediaStreamTrackProcessor' in globalThis) return 'readable';
  if ((await workerFacts()).processor) return 'track';
  return 'requestVideoFrameCallback' in HTMLVideoElement.prototype ? 'callback' : 'none';
}
