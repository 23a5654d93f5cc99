/** The public data types of onetake. Times are seconds, sizes are pixels, bytes are integers. */

import type { OnetakeError } from './errors.js';
import type { FilterName } from './filter-table.js';

export type Facing = 'user' | 'environment';
export type VideoCodec = 'avc' | 'hevc' | 'vp9' | 'av1';
export type AudioCodec = 'aac' | 'opus';
export type Size = { width: number; height: number };
/** The language of hints; by default that of `navigator.language`. */
export type Locale = 'zh' | 'en';
/** `done` and `total` are bytes for uploads, saves and work on files, seconds of media for exports of a draft and for `compress`; `eta` is seconds. */
export type Progress = { ratio: number; done: number; total: number; eta?: number };
export type Range3 = { min: number; max: number; step: number };

/** What this browser can do, and by which route; honest enough to show to a user. */
export type Capabilities = {
  /**
   * `mediarecorder`: nothing but the browser's own recorder films. Takes have the camera's size and its pace: no `speed`, no
   * mirrored files, no level meter; a flip to a camera of another size ends the take. `none`: nothing can be filmed.
   */
  tier: 'webcodecs' | 'mediarecorder' | 'none';
  capture: 'track' | 'readable' | 'callback' | 'none';
  video: VideoCodec[];
  /** Of each of `video`, whether the browser says that it encodes it in hardware, and in software. */
  encoders: { codec: VideoCodec; hardware: boolean; software: boolean }[];
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
  /** How a camera's picture is brought into another shape: cut (`cover`, the default), or whole with black bars beside it. */
  fit?: 'cover' | 'contain';
  /**
   * `codec`: `auto` is H.264, which plays everywhere. Another one is taken where this browser encodes it (`probe().video`), else
   * H.264: no take fails for it, `Segment.video` says what it is, and the film's report has the warning `video_codec`. A draft goes
   * on with the coding it began with. `bitrate` in bits a second, by default 0.14 a pixel, 0.09 of the newer codings;
   * `keyFrameInterval` in seconds, default 2.
   */
  video?: { codec?: VideoCodec | 'auto'; bitrate?: number; keyFrameInterval?: number };
  /**
   * `auto`: the browser's AAC, else the AAC encoder that comes with this package (loaded when the microphone first gives
   * sound), else Opus with the warning `audio_opus` in the film's report. A draft goes on with the sound it began with.
   * A coding that is asked for and cannot be had rejects `record`: `not_supported`, or `load_failed` where the encoder could
   * not be loaded. `bitrate` in bits a second, 6000 to 510 000, default 128 000. `false`: no sound is asked for.
   */
  audio?: { codec?: AudioCodec | 'auto'; bitrate?: number } | false;
  mirror?: Mirror;
  /**
   * How a flip exchanges cameras. `stop-first` suits phones, which run one camera at a time; `open-first` films on with the old
   * one until the new one is there, and loses nothing if it does not come. `auto`: what this engine is known to allow.
   */
  flipOrder?: 'auto' | FlipOrder;
  /** Of the whole draft, seconds; recording stops by itself within one frame of it. */
  maxDuration?: number;
  locale?: Locale;
  signal?: AbortSignal;
};

/** `preview`: `auto`, the default, mirrors a camera that looks at the user. `recording`: whether files are mirrored; default not. */
export type Mirror = { preview?: boolean | 'auto'; recording?: boolean };

export type FlipOrder = 'stop-first' | 'open-first';

export type RecordOptions = {
  /** Seconds to wait before; each whole one is told by a `countdown` event. `pause()`, `signal` or a hidden page end it. */
  countdown?: number;
  /** 0.25 to 4, to the thousandth; default 1. */
  speed?: number;
  /** What becomes of the sound at another speed: it keeps its pitch, or is silence. */
  sound?: 'stretch' | 'mute';
  /** Seconds of media: a `pause()` that comes earlier waits until the take is that long. Whatever else ends a take does not wait. */
  minDuration?: number;
  /** Seconds of media: the take ends by itself within one frame of it. */
  maxDuration?: number;
  /** Gives up until the first frame; it has no meaning for a take that runs. */
  signal?: AbortSignal;
};

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
  /** The take is over and on disk, unless `recording` says that it goes on. */
  interrupted: Interrupted;
  /** What interrupted is over, by its own name: nothing else that stands is over with it. */
  resumed: Resumed;
  /** Of a draft that a dead page left behind. `lost`: segments whose files were removed from the disk. */
  recovered: { segments: number; seconds: number; lost: number };
  error: OnetakeError;
};

export type Interrupted = {
  reason: 'hidden' | 'frozen' | 'device-lost' | 'muted' | 'permission' | 'size-changed' | 'encoder' | 'gpu-lost' | 'storage-full' | 'worker';
  /** With `muted`: which of the two. A microphone is also `muted` when it was unplugged or forbidden: see `camera.microphone`. */
  device?: 'camera' | 'microphone';
  /** A take goes on, in silence where it was the microphone. */
  recording?: true;
};

/**
 * `worker`, `gpu-lost`, `hidden`, `frozen` and `muted` are over when they are; what a take goes on over (`encoder`, `size-changed`, with
 * `recording`) when it films again, or with the take. What needs a hand (`device-lost`, `permission`, `storage-full`, and an
 * `encoder` that ended the take) has no such end: the next `start` or `record` shows.
 */
export type Resumed = Pick<Interrupted, 'reason' | 'device'>;

/** Counts since the studio was opened; `silence` and `storedLag` in seconds, `encodeMs` in milliseconds. */
export type Stats = {
  captured: number;
  encoded: number;
  /** Frames left out evenly because a take faster than the world has no room for them: no loss. */
  thinned: number;
  dropped: Record<DropReason, number>;
  silence: number;
  fps: number;
  encodeMs: number;
  queue: number;
  storedLag: number;
  bytes: number;
  compressionRatio: number;
  passes: number;
  /** Frames copied to the GPU: one for each that is drawn (filmed, shown, tried or a photo), none for one that is not. */
  copies: number;
  /** Textures of the GPU that are held: constant while nothing is changed. */
  textures: number;
  /** Programs of filters that have drawn: each one's first use keeps the GPU busy, and may cost pictures (`dropped.gpu`). */
  programs: number;
  openFrames: number;
  skew: number;
};

export type Device = { deviceId: string; kind: 'camera' | 'microphone'; label: string; facing?: Facing };

export type CameraCapabilities = { torch: boolean; focusPoint: boolean; zoom?: Range3; exposure?: Range3; whiteBalance?: Range3 };

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
  /** Of the camera that runs. What it lacks is `false` or absent. */
  capabilities(): CameraCapabilities;
  /**
   * Focus and exposure at a point, in CSS pixels from the host's top left. `focused`: the camera took the point;
   * `unsupported`: it takes none, or there is no picture there. Unsupported is an answer, not an exception.
   */
  focus(at: { x: number; y: number }): Promise<'focused' | 'unsupported'>;
  /**
   * These answer with what is in force then: the wish, within the camera's range, or what it does instead where it cannot
   * (`false`, 1, 0, `auto`). Wishes go along to the next camera of a flip, until `stop`.
   */
  torch(on: boolean): Promise<boolean>;
  /** 1 is the camera's whole picture. */
  zoom(ratio: number): Promise<number>;
  /** In stops (EV). */
  exposure(compensation: number): Promise<number>;
  whiteBalance(kelvin: number | 'auto'): Promise<number | 'auto'>;
  /**
   * What the preview shows, as a JPEG at the camera's own resolution: cut as the preview is, upright, and mirrored as it is
   * unless `mirror.recording` was set, which then decides. Costs a recording no frame.
   */
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

export type DraftSummary = {
  id: string;
  duration: number;
  segments: number;
  /** On disk: what deleting it frees. */
  bytes: number;
  updated: Date;
  /** A segment of it was cut at its last whole second, or will be when it is opened. */
  recovered: boolean;
  /** A studio has it open, here or in another tab; what that one is filming now is not counted. */
  open: boolean;
  /** Segments that are gone because the browser, or somebody, removed their files. */
  lost: number;
  /** `false`: its files are there, but this version cannot read them. */
  readable: boolean;
  /** Its first segment as it lies on disk, a fragmented MP4 of its own. */
  first: Blob | null;
};

/** `name`: one of `FilterName`, or of a filter of your own (`defineFilter`). */
export type Filter = { name: FilterName | (string & {}); id?: string } & Record<string, number | string | Blob | undefined>;
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

/** `chain` draws it at full strength; less of it is a smaller `amount` of each of its filters. */
export type Look = { name: string; label: { en: string; zh: string }; chain: Filter[] };

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
  /**
   * Of a studio: how takes lie in a faststart film. `'filmed'` keeps them in the order in which they were filmed, whatever was moved since; where
   * that is another, the report warns of `not_progressive`, and the film plays from servers that send ranges.
   */
  order?: 'shown' | 'filmed';
  /** Puts a `free` box behind the head of a faststart film, so that an upload with `padHead` goes on with it. */
  padHead?: boolean;
  poster?: Blob;
  metadata?: { title?: string; date?: Date };
};
export type JoinOptions = ExportOptions & { missingTrack?: 'empty' | 'silence'; joinAudio?: 'edit-list' | 'encode'; entries?: 'one' | 'several' };
/** What is left out stays as the file has it. The film's picture is upright, whichever way the file's lies. */
export type CompressOptions = ExportOptions & {
  /** Of the upright picture: sides of 16 to 8192 pixels, rounded to even ones. A picture of another shape is cut (`cover`). Default: the file's. */
  size?: Size;
  /** At most so many frames a second, 1 to 120: others are left out, none is shown twice. Default: the file's frames at their times. */
  frameRate?: number;
  /** Bits a second of video, 10 000 to 100 000 000. Default: 0.14 a pixel, 0.09 of the newer codings, and no more than the file has. */
  videoBitrate?: number;
  /** Bits a second of audio, 12 000 to 510 000. Default: sound that is as films have it (AAC or Opus of 48 kHz) is copied, other is AAC of 128 000. */
  audioBitrate?: number;
  /** 48 000, the one clock of films; another rejects with `not_built`. */
  sampleRate?: number;
  /** The most bytes that the film may have: bit rates are chosen for it, and given ones lowered. Default: no limit. */
  maxBytes?: number;
  /** `auto`, the default, is H.264, which plays everywhere; another one where this browser encodes it (`probe().video`). */
  codec?: VideoCodec | 'auto';
  /** Filters drawn on each picture, as `setLook` takes them: the same pixels as on a camera. Default: none. */
  look?: Filter[];
};

export type FilmReport = {
  /** `copy`: every packet is one of the sources'; `encoded`: all pictures were encoded anew; `mixed`: some were. */
  joined: 'copy' | 'mixed' | 'encoded';
  /** Bytes of media that are the sources'. */
  copiedBytes: number;
  /** Pictures that were encoded for it. */
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
  /** Bytes of the segments or files that were read to make it: box headers and sample tables, and no media but where it is encoded anew. */
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
  /**
   * Of a studio: a `free` box behind the head lets all parts but the last have 4 MiB, so that the hash is that of the content alone. A
   * film given to `finish` is to be exported with `padHead`, too: another one is sent again whole.
   */
  padHead?: boolean;
  /**
   * Of a studio: what becomes of takes that were moved. `'keep'` leaves them in the object as they were filmed, so that nothing is sent
   * twice; it plays by ranges then, and the result warns of `not_progressive`. `'again'` sends them again, and the object plays as it comes.
   * A film given to `finish` is to be exported with `order: 'filmed'` for `'keep'`, or what was moved is sent again at the end.
   */
  moved?: 'keep' | 'again';
  concurrency?: number;
  /**
   * Where stored objects are read, public and with `ETag` shown to pages of other origins: where the last answer was lost, the hash of
   * what is there decides whether the object was made.
   */
  domain?: string;
  resume?: boolean;
  /** Your name for where it goes, kept with the record and sent nowhere: going on elsewhere is refused (`upload_place`). */
  place?: string;
  signal?: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
};
export type UploadState = 'queued' | 'hashing' | 'sending' | 'offline' | 'paused' | 'finishing' | 'done' | 'failed';
/** `key` is empty where neither you nor the server's answer names one. */
export type UploadResult = { key: string; hash: string; body: unknown; requestId: string | null; resumedBytes: number; warnings: UploadWarning[] };
/** `detail`: what it is about; of `hash_of_parts` the hash by our sums and the server's, of `began_anew` what did not fit; else empty. */
export type UploadWarning = { code: 'not_stored' | 'not_progressive' | 'hash_of_parts' | 'no_hash' | 'began_anew'; detail: string };
/** A request that was not answered as it should be; `wait`: seconds until it was made again, null where it was not. */
export type UploadAttempt = { what: string; host: string; status: number; detail: string; requestId: string | null; wait: number | null };
export interface Upload extends AsyncIterable<UploadProgress> {
  readonly state: UploadState;
  /** Of its record, as in `PendingUpload`; another one once an earlier record of the same file is gone on with. */
  readonly id: string;
  /** Never an unhandled rejection; iterating ends on done and throws on failure. */
  readonly result: Promise<UploadResult>;
  /** The latest two hundred requests that went wrong, for a log. Holds no token. */
  readonly attempts: readonly UploadAttempt[];
  pause(): void;
  resume(): void;
  abort(): Promise<void>;
  /**
   * Of an upload of a studio: from here on it is that of this film; without one the take ends and the draft is exported. Where there
   * is no film yet, or it was released (`closed`), it rejects, and the upload goes on. Resolves when the object is there.
   */
  finish(film?: Film): Promise<void>;
}
export type UploadProgress = Progress & { state: UploadState; rate: number; retries: number };
export type PendingUpload = {
  id: string;
  key: string | null;
  sent: number;
  total: number;
  /** That of a studio is gone on with by `upload(studio)` of the same draft: here its result rejects with `upload_draft_wanted`. */
  resume(options: Pick<UploadOptions, 'token' | 'place' | 'signal' | 'onProgress'> & { file?: Blob }): Upload;
  /**
   * Without a token, of this call or of an upload of this page before it, the server keeps what it has for a week; also with one
   * of another `place`, which is sent nowhere.
   */
  discard(options?: Pick<UploadOptions, 'token' | 'place'>): Promise<void>;
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
