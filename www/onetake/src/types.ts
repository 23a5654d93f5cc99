/** The public data types of onetake. Times are seconds, sizes are pixels, bytes are integers. */

import type { OnetakeError } from './errors.js';

export type Facing = 'user' | 'environment';
export type VideoCodec = 'avc' | 'hevc' | 'vp9' | 'av1';
export type AudioCodec = 'aac' | 'opus';
export type Size = { width: number; height: number };
/** The language of hints; by default that of `navigator.language`. */
export type Locale = 'zh' | 'en';
/** `done` and `total` are bytes for uploads, saves and work on files, seconds of media for exports of a draft; `eta` is seconds. */
export type Progress = { ratio: number; done: number; total: number; eta?: number };
export type Range3 = { min: number; max: number; step: number };

/** What this browser can do, and by which route; honest enough to show to a user. */
export type Capabilities = {
  tier: 'webcodecs' | 'mediarecorder' | 'none';
  capture: 'track' | 'readable' | 'callback' | 'none';
  video: VideoCodec[];
  audio: AudioCodec[];
  storage: 'opfs' | 'memory';
  gpu: 'webgl2' | 'none';
  cache: boolean;
  missing: { feature: string; effect: string }[];
};

export type StudioOptions = {
  /** The preview is mounted here and fills it. */
  host: HTMLElement;
  /** Name of the draft to open or recover: letters, digits, `-`, `_`, at most 64. Default: `draft`. */
  draft?: string;
  /** Of the recorded picture; default: the largest 9:16 picture the camera gives, at most 720 x 1280, never enlarged. */
  size?: Size;
  /** Frames a second asked of the camera, 1 to 120. Default 30. */
  frameRate?: number;
  fit?: 'cover' | 'contain';
  /** `bitrate` in bits a second; `keyFrameInterval` in seconds, default 2. */
  video?: { codec?: VideoCodec | 'auto'; bitrate?: number; keyFrameInterval?: number };
  /** `auto`: the browser's AAC, else Opus with a warning in the film's report. `false`: no sound is asked for. */
  audio?: { codec?: AudioCodec | 'auto'; bitrate?: number } | false;
  mirror?: Mirror;
  /** Of the whole draft, seconds; recording stops by itself within one frame of it. */
  maxDuration?: number;
  locale?: Locale;
  signal?: AbortSignal;
};

/** `auto` mirrors the preview of a camera that looks at the user. */
export type Mirror = { preview?: boolean | 'auto'; recording?: boolean };

/** `source`: the camera or the browser never delivered it. */
export type DropReason = 'source' | 'encoder' | 'storage' | 'gpu';

export type StudioState = 'idle' | 'preview' | 'recording' | 'closed';

export type StudioEvents = {
  state: StudioState;
  /** Media time written, not a timer. */
  time: { segment: number; draft: number };
  segment: Segment;
  /** Any change of the draft. */
  draft: Draft;
  devices: Device[];
  camera: { facing?: Facing; size: Size; frameRate: number };
  /** 0..=1, of the last tenth of a second. */
  level: { peak: number; rms: number; clipped: boolean };
  storage: { secondsLeft: number };
  countdown: number;
  drop: { count: number; reason: DropReason };
  interrupted: {
    reason: 'hidden' | 'frozen' | 'device-lost' | 'muted' | 'permission' | 'size-changed' | 'encoder' | 'gpu-lost' | 'storage-full' | 'worker';
  };
  resumed: Record<string, never>;
  recovered: { segments: number; seconds: number };
  error: OnetakeError;
};

/** Counts since the studio was opened; `silence` and `storedLag` in seconds, `encodeMs` in milliseconds. */
export type Stats = {
  captured: number;
  encoded: number;
  dropped: Record<DropReason, number>;
  silence: number;
  fps: number;
  encodeMs: number;
  queue: number;
  storedLag: number;
  bytes: number;
  compressionRatio: number;
  passes: number;
  openFrames: number;
  skew: number;
};

export type Device = { deviceId: string; kind: 'camera' | 'microphone'; label: string; facing?: Facing };

export type CameraStart = {
  facing?: Facing;
  deviceId?: string;
  microphone?: boolean | MediaTrackConstraints;
  microphoneId?: string;
  /** The caller's own stream (screen, canvas, WebRTC); its tracks are not stopped by the studio. */
  stream?: MediaStream;
};

export interface Camera {
  /** Opens camera and microphone, or takes a `stream` of the caller's. A denied microphone is no failure: see `microphone`. */
  start(options?: CameraStart): Promise<void>;
  /** Legal at any time, also while recording: the segment is sealed and a new one opened, in one transaction. */
  flip(): Promise<Facing>;
  use(deviceId: string): Promise<void>;
  devices(): Promise<Device[]>;
  capabilities(): { torch: boolean; focusPoint: boolean; zoom?: Range3; exposure?: Range3; whiteBalance?: Range3 };
  /** `at` in host CSS pixels; unsupported is an answer, not an exception. */
  focus(at: { x: number; y: number }): Promise<'focused' | 'unsupported'>;
  torch(on: boolean): Promise<boolean>;
  zoom(ratio: number): Promise<number>;
  exposure(compensation: number): Promise<number>;
  whiteBalance(kelvin: number | 'auto'): Promise<number | 'auto'>;
  photo(): Promise<Blob>;
  stop(): Promise<void>;
  readonly facing: Facing | undefined;
  readonly microphone: 'live' | 'denied' | 'missing' | 'off';
}

export interface Draft {
  readonly id: string;
  /** A new frozen array after each change, the same one otherwise. */
  readonly segments: readonly Segment[];
  readonly duration: number;
  /** Removes the last take, all its segments. */
  removeLast(): Promise<void>;
  remove(id: string): Promise<void>;
  move(id: string, index: number): Promise<void>;
  split(id: string, at: number): Promise<void>;
  trim(id: string, range: { start: number; end: number }): Promise<void>;
  speed(id: string, factor: number): Promise<void>;
  mute(id: string, muted: boolean): Promise<void>;
  import(file: Blob): Promise<Segment>;
  music(track: { file: Blob; volume?: number; offset?: number; fadeOut?: number } | null): Promise<void>;
  overlay(items: Overlay[]): Promise<void>;
  /** The segment as it lies on disk: a fragmented MP4 of its own. */
  file(id: string): Promise<Blob>;
  undo(): Promise<void>;
  redo(): Promise<void>;
  /** Deletes the draft and its files; the studio goes on with an empty one. */
  discard(): Promise<void>;
}

/** Plain data: cloneable, comparable. */
export type Segment = {
  id: string;
  take: number;
  duration: number;
  frames: number;
  facing?: Facing;
  size: Size;
  rotation: 0 | 90 | 180 | 270;
  mirrored: boolean;
  bytes: number;
  recovered: boolean;
  audio: AudioCodec | null;
  video: VideoCodec;
  skew: number;
};

export type Overlay =
  | { kind: 'text'; text: string; at: { x: number; y: number }; size: number; color: string; start?: number; end?: number }
  | { kind: 'image'; image: Blob; at: { x: number; y: number }; width: number; start?: number; end?: number };

export type DraftSummary = { id: string; duration: number; segments: number; bytes: number; updated: Date; recovered: boolean };

export type Filter = { name: string; id?: string } & Record<string, number | string | Blob | undefined>;
export type FilterSpec = {
  name: string;
  label: { en: string; zh: string };
  kind: 'coord' | 'point' | 'area' | 'composite';
  stages: number;
  categories: string[];
  parameters: Parameter[];
};
export type Parameter = { name: string; label: { en: string; zh: string } } & (
  | { type: 'number'; min: number; max: number; default: number; step?: number; unit?: string }
  | { type: 'color'; default: string }
  | { type: 'choice'; values: string[]; default: string }
  | { type: 'curve'; default: string }
  | { type: 'image' | 'table'; optional: boolean }
);

export type MediaInfo = {
  container: 'mp4' | 'mov' | 'fragmented-mp4';
  duration: number;
  size: Size | null;
  rotation: 0 | 90 | 180 | 270;
  mirrored: boolean;
  fastStart: boolean;
  tracks: {
    kind: 'video' | 'audio';
    codec: string;
    samples: number;
    duration: number;
    start: number;
    syncSamples: number;
    bitrate: number;
    frameRate?: number;
    sampleRate?: number;
    channels?: number;
  }[];
};

export type ExportOptions = {
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  layout?: 'faststart' | 'fragmented';
  poster?: Blob;
  metadata?: { title?: string; date?: Date };
};
export type JoinOptions = ExportOptions & { missingTrack?: 'empty' | 'silence'; joinAudio?: 'edit-list' | 'encode'; entries?: 'one' | 'several' };
export type CompressOptions = ExportOptions & {
  size?: Size;
  frameRate?: number;
  videoBitrate?: number;
  audioBitrate?: number;
  sampleRate?: number;
  maxBytes?: number;
  codec?: VideoCodec | 'auto';
  look?: Filter[];
};

export type FilmReport = {
  joined: 'copy' | 'mixed' | 'encoded';
  copiedBytes: number;
  encodedFrames: number;
  /** null where there is no picture, or one that has no name here. */
  video: VideoCodec | null;
  /** null where there is no sound, or one that has no name here (`inspect` names every coding). */
  audio: AudioCodec | null;
  skew: number;
  warnings: string[];
  lost?: { seconds: number; bytes: number; tracks: string[] };
  /** Bytes of the head that was made: `ftyp`, `moov` and the `mdat` header. */
  headBytes: number;
  /** Bytes of the segments or files that were read to make it: box headers and sample tables, no media. */
  readBytes: number;
};

export type Film = {
  /** Refers to the segments, or your files, on disk: plays, saves and uploads without a copy. Dies with them; see `detach`. */
  file: Blob;
  duration: number;
  size: Size;
  report: FilmReport;
  /** Offers the file to the user as a download; resolves when the browser has taken it over. */
  save(name?: string): Promise<void>;
  /** Opens the system's share sheet; `false` where there is none or the user closed it. */
  share(name?: string): Promise<boolean>;
  /** An independent copy (reads every byte): survives deletion of the draft or of the files. */
  detach(options?: { signal?: AbortSignal; onProgress?: (progress: Progress) => void }): Promise<Blob>;
  release(): void;
};

export type UploadOptions = {
  token: string | (() => Promise<string>);
  key?: string | null;
  fileName?: string;
  mimeType?: string;
  vars?: Record<`x:${string}`, string>;
  metadata?: Record<string, string>;
  endpoints?: string[];
  discovery?: string;
  api?: 'auto' | 'form' | 'v1' | 'v2';
  partSize?: number;
  concurrency?: number;
  resume?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
};
export type UploadState = 'queued' | 'hashing' | 'sending' | 'offline' | 'paused' | 'finishing' | 'done' | 'failed';
export interface Upload extends AsyncIterable<UploadProgress> {
  readonly state: UploadState;
  readonly result: Promise<{ key: string; hash: string; body: unknown; requestId: string | null; resumedBytes: number }>;
  pause(): void;
  resume(): void;
  abort(): Promise<void>;
  finish(film?: Film): Promise<void>;
}
export type UploadProgress = Progress & { state: UploadState; rate: number; retries: number };
export type PendingUpload = {
  id: string;
  key: string | null;
  sent: number;
  total: number;
  resume(options: Pick<UploadOptions, 'token' | 'signal' | 'onProgress'> & { file?: Blob }): Upload;
  discard(): Promise<void>;
};

export interface PlayCache {
  preload(url: string, options?: { bytes?: number; signal?: AbortSignal }): Promise<void>;
  stats(): Promise<{ bytes: number; items: { url: string; total: number; cached: [number, number][] }[]; hits: number; misses: number; networkBytes: number }>;
  remove(url: string): Promise<void>;
  clear(): Promise<void>;
}
export type FeedItem = { url: string; poster?: string; title?: string };
export type FeedEvents = {
  change: number;
  firstFrame: { index: number; ms: number; source: 'cache' | 'network' };
  stall: { index: number };
  error: OnetakeError;
};
