// Types of the classic scripts in this folder. They share one global scope, as they do in a worker: signal.js first.

type PictureSize = { width: number; height: number };
/** A colour in limited-range YUV. */
type Tint = { y: number; u: number; v: number };
/** What a code field says; `number` counts 16 bits. */
type Code = { number: number; camera: number; flash: boolean; readable: boolean };
type SoundKind = 'beep' | 'click' | 'silence';

/** camera-worker.js: one track being written. `next` counts frames or blocks of the worker's clock. */
type Lane = {
  id: number; device: string; kind: 'video' | 'audio'; writer: WritableStreamDefaultWriter<VideoFrame | AudioData>; next: number; stalledUntil: number;
  written: number[]; skipped: number; video?: VideoLane; audio?: AudioLane;
};
type VideoLane = { size: PictureSize; fps: number; camera: number; grain?: boolean; picture: Uint8Array<ArrayBuffer> };
type AudioLane = { rate: number; channels: number; block: number; sound: SoundKind; ownClock: boolean };

/** log-worker.js: what one track delivered. */
type VideoLog = { device: string; frames: ({ stamp: number; arrival: number } & Code)[] };
type AudioLog = { device: string; blocks: { stamp: number; arrival: number; frames: number; rate: number }[]; sound: Float32Array[] };
