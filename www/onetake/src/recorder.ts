/**
 * The last way from a camera to a film: the browser's own recorder, where nothing else encodes. It lives on the page alone, so
 * the page runs it when the studio worker says so and hands on what it wrote, unread. Decides how it is asked, never when.
 */

import type { Feed } from './feeds.js';

/** What segments can be made of, best first: AAC plays everywhere. */
const TYPES = [
  'video/mp4;codecs="avc1.640028,mp4a.40.2"',
  'video/mp4;codecs="avc1.42e01f,mp4a.40.2"',
  'video/mp4;codecs="avc1.640028,opus"',
  'video/mp4;codecs="avc1.42e01f,opus"',
];
/** H.264, unless the browser has another coding to put into it. */
const PLAIN = 'video/mp4';
const OTHERS = ['video/mp4;codecs=vp09.00.10.08', 'video/mp4;codecs=av01.0.04M.08'];
/** Milliseconds between two looks for a fragment that is whole: they come with key frames, whatever is asked here. */
const TIMESLICE = 250;

/** What the worker asks for, `import.rs`. */
type Start = { sound: boolean; videoBitrate?: number; audioBitrate: number; keyFrameMs: number };
type Asked = { start?: Start; stop?: true };
/** What it is told. `left`: the camera is gone, given up by us or not. */
type Told = { started: true } | { bytes: ArrayBuffer } | { ended: true; failure?: string } | { left: boolean };
/** MediaStream Recording s.2.2; younger than TypeScript's library. */
type Options = MediaRecorderOptions & { videoKeyFrameIntervalDuration?: number };

/** How an MP4 is asked of this browser's recorder; `undefined` where it makes none. */
export function recorderType(): string | undefined {
  if (!('MediaRecorder' in globalThis)) return undefined;
  const makes = (type: string) => MediaRecorder.isTypeSupported(type);
  return TYPES.find(makes) ?? (makes(PLAIN) && !OTHERS.some(makes) ? PLAIN : undefined);
}

/** The way to the worker for a camera that is recorded here, with the microphone that runs when a take begins. */
export function recorderFeed(video: MediaStreamTrack, audio: () => MediaStreamTrack | undefined): Feed {
  const { port1: port, port2 } = new MessageChannel();
  const running = new Running(video, audio, (told, transfer = []) => port.postMessage(told, transfer));
  port.onmessage = ({ data }: MessageEvent<Asked>) => (data.start ? running.start(data.start) : running.stop());
  const lost = () => running.leave(false);
  video.addEventListener('ended', lost);
  const stop = () => {
    video.removeEventListener('ended', lost);
    running.leave(true);
  };
  return { handles: { port: port2 }, stop };
}

type Tell = (told: Told, transfer?: Transferable[]) => void;

/** The recorder of one camera, take after take. */
class Running {
  readonly #video: MediaStreamTrack;
  readonly #audio: () => MediaStreamTrack | undefined;
  readonly #tell: Tell;
  #recorder: MediaRecorder | undefined;
  /** Pieces are told in their order. */
  #told: Promise<unknown> = Promise.resolve();

  constructor(video: MediaStreamTrack, audio: () => MediaStreamTrack | undefined, tell: Tell) {
    this.#video = video;
    this.#audio = audio;
    this.#tell = tell;
  }

  start({ sound, videoBitrate, audioBitrate, keyFrameMs }: Start): void {
    const audio = sound ? this.#audio() : undefined;
    const tracks = audio?.readyState === 'live' ? [this.#video, audio] : [this.#video];
    const options: Options = {
      mimeType: recorderType(),
      audioBitsPerSecond: audioBitrate,
      videoKeyFrameIntervalDuration: keyFrameMs,
      videoBitsPerSecond: videoBitrate ?? usualBitrate(this.#video),
    };
    let failure: string | undefined;
    try {
      const recorder = (this.#recorder = new MediaRecorder(new MediaStream(tracks), options));
      recorder.onstart = () => this.#tell({ started: true });
      recorder.ondataavailable = ({ data }) => this.#give(data);
      recorder.onerror = (event) => (failure = describe((event as Event & { error?: unknown }).error));
      recorder.onstop = () => this.#end(failure);
      recorder.start(TIMESLICE);
    } catch (reason) {
      this.#end(describe(reason));
    }
  }

  stop(): void {
    if (this.#recorder?.state === 'recording') this.#recorder.stop();
  }

  /** The camera goes: what was filmed of it is given before its track ends. `ours`: we let it go. */
  leave(ours: boolean): void {
    if (!ours) this.#tell({ left: false });
    this.stop();
    if (ours) this.#told = this.#told.then(() => this.#tell({ left: true }));
  }

  #give(piece: Blob): void {
    if (piece.size === 0) return;
    const bytes = piece.arrayBuffer();
    this.#told = this.#told.then(async () => {
      const whole = await bytes;
      this.#tell({ bytes: whole }, [whole]);
    });
  }

  #end(failure: string | undefined): void {
    this.#recorder = undefined;
    this.#told = this.#told.catch((reason) => (failure ??= describe(reason))).then(() => this.#tell({ ended: true, failure }));
  }
}

/** What the worker's encoders are asked for: 0.14 bits a pixel. */
function usualBitrate(video: MediaStreamTrack): number {
  const { width = 1280, height = 720, frameRate = 30 } = video.getSettings();
  return Math.round(Math.min(Math.max(width * height * frameRate * 0.14, 300_000), 40_000_000));
}

function describe(reason: unknown): string {
  return reason instanceof Error ? `${reason.name} ${reason.message}` : String(reason ?? 'it gave up');
}
