/**
 * Camera and microphone: permissions, devices, and handing their tracks to the studio worker. Changes of device run one
 * after another; a flip is one transaction that ends with a camera running, or with the take safely closed.
 */

import { cameraError, closed, notBuilt, OnetakeError } from './errors.js';
import type { Link } from './link.js';
import type { Preview } from './preview.js';
import type { Camera, CameraStart, Device, Facing, Locale, Range3, Size } from './types.js';

/** Frames that may wait while the worker is busy; the capture pool allows no more. */
const FRAMES_WAITING = 3;
/** Blocks of 10 ms that may wait: 5 s of sound. */
const BLOCKS_WAITING = 500;

export type CameraHost = {
  link: () => Link;
  preview: Preview;
  locale: Locale;
  frameRate: number;
  size: Size | undefined;
  sound: boolean;
  /** The camera runs. */
  onCamera: (camera: { facing?: Facing; size: Size; frameRate: number }) => void;
  /** The camera was unplugged, or could not be had again after a flip. */
  onLost: () => void;
  onMicrophoneLost: () => void;
  /** The camera is about to be stopped: resolves when the take is on disk. */
  endTake: () => Promise<unknown>;
  onStopped: () => void;
};

export class CameraControl implements Camera {
  readonly #host: CameraHost;
  #turn: Promise<unknown> = Promise.resolve();
  #video: MediaStreamTrack | undefined;
  #audio: MediaStreamTrack | undefined;
  /** Tracks that we opened; those of the caller are not stopped. */
  readonly #own = new WeakSet<MediaStreamTrack>();
  #started = false;
  #exchanging = false;
  #closed = false;
  #facing: Facing | undefined;
  #microphone: Camera['microphone'] = 'off';

  constructor(host: CameraHost) {
    this.#host = host;
  }

  get facing(): Facing | undefined {
    return this.#facing;
  }

  get microphone(): Camera['microphone'] {
    return this.#microphone;
  }

  get running(): boolean {
    return this.#video?.readyState === 'live';
  }

  /** Running, or between two cameras. */
  get busy(): boolean {
    return this.running || this.#exchanging;
  }

  start(options: CameraStart = {}): Promise<void> {
    return this.#inTurn(() => this.#start(options));
  }

  flip(): Promise<Facing> {
    return this.#inTurn(async () => {
      if (this.#video && !this.#own.has(this.#video)) throw this.#error('bad_argument', 'a stream of your own has no other camera to flip to');
      if (this.#started) await this.#exchange(await this.#other());
      else await this.#start({ facing: 'environment' });
      return this.#facing ?? 'environment';
    });
  }

  use(deviceId: string): Promise<void> {
    return this.#inTurn(() => (this.#started ? this.#exchange({ deviceId: { exact: deviceId } }) : this.#start({ deviceId })));
  }

  async devices(): Promise<Device[]> {
    const all = await navigator.mediaDevices.enumerateDevices().catch((reason) => {
      throw cameraError(reason, this.#host.locale);
    });
    return all.flatMap((info): Device[] => {
      const { deviceId, label } = info;
      if (info.kind === 'audioinput') return [{ deviceId, label, kind: 'microphone' }];
      if (info.kind !== 'videoinput') return [];
      const facing = facingOf((info as InputDeviceInfo).getCapabilities?.().facingMode?.[0]);
      return [{ deviceId, label, kind: 'camera', ...(facing && { facing }) }];
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return;
      await this.#host.endTake();
      await this.#leave();
      this.#letGo();
      this.#host.onStopped();
      await this.#host.link().request({ microphone: { live: false } });
    });
  }

  /** For good, and out of turn: a permission prompt may stay open for ever. The tracks stop once `ended` resolves. */
  async close(ended: Promise<unknown>): Promise<void> {
    this.#closed = true;
    await ended;
    this.#letGo();
  }

  /** Hands the running tracks to a fresh worker. */
  reattach(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#started || this.#closed) return;
      await this.#attachMicrophone(this.#audio);
      if (this.#video?.readyState === 'live') await this.#attachCamera(this.#video);
    });
  }

  capabilities(): { torch: boolean; focusPoint: boolean; zoom?: Range3; exposure?: Range3; whiteBalance?: Range3 } {
    return { torch: false, focusPoint: false };
  }

  async focus(_at: { x: number; y: number }): Promise<'focused' | 'unsupported'> {
    return 'unsupported';
  }

  async torch(_on: boolean): Promise<boolean> {
    throw notBuilt('camera.torch', this.#host.locale);
  }

  async zoom(_ratio: number): Promise<number> {
    throw notBuilt('camera.zoom', this.#host.locale);
  }

  async exposure(_compensation: number): Promise<number> {
    throw notBuilt('camera.exposure', this.#host.locale);
  }

  async whiteBalance(_kelvin: number | 'auto'): Promise<number | 'auto'> {
    throw notBuilt('camera.whiteBalance', this.#host.locale);
  }

  async photo(): Promise<Blob> {
    throw notBuilt('camera.photo', this.#host.locale);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(change);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #start(options: CameraStart): Promise<void> {
    this.#checkOpen();
    const before = this.running;
    await this.#leave();
    this.#release(this.#audio);
    this.#audio = undefined;
    this.#started = false;
    let tracks: { video?: MediaStreamTrack; audio?: MediaStreamTrack | undefined } = {};
    try {
      tracks = await this.#open(options);
      await this.#attachMicrophone(tracks.audio);
      await this.#attachCamera(tracks.video as MediaStreamTrack);
      this.#started = true;
    } catch (reason) {
      this.#release(tracks.video);
      this.#release(tracks.audio);
      this.#video = this.#audio = undefined;
      if (this.#microphone === 'live') this.#microphone = 'off';
      if (before) this.#host.onLost();
      throw this.#closed ? closed(this.#host.locale) : reason;
    }
  }

  /** One prompt for both; then each alone, so that a denied microphone does not cost the picture. */
  async #open(options: CameraStart): Promise<{ video: MediaStreamTrack; audio: MediaStreamTrack | undefined }> {
    const { stream, microphone = true, microphoneId, facing, deviceId } = options;
    if (stream) return this.#borrow(stream);
    const wantVideo = this.#constraints(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: facing ?? 'user' } });
    const wantAudio = this.#host.sound && microphone !== false ? audioConstraints(microphone, microphoneId) : false;
    this.#microphone = 'off';
    if (wantAudio) {
      try {
        const both = await this.#ask({ video: wantVideo, audio: wantAudio });
        this.#microphone = 'live';
        return { video: first(both.getVideoTracks()), audio: both.getAudioTracks()[0] };
      } catch {
        // Which of the two failed is not said: ask for each.
      }
    }
    const video = await this.#openCamera(wantVideo);
    if (!wantAudio) return { video, audio: undefined };
    try {
      const sound = await this.#ask({ audio: wantAudio });
      this.#microphone = 'live';
      return { video, audio: sound.getAudioTracks()[0] };
    } catch (reason) {
      this.#microphone = reason instanceof DOMException && reason.name === 'NotAllowedError' ? 'denied' : 'missing';
      return { video, audio: undefined };
    }
  }

  #borrow(stream: MediaStream): { video: MediaStreamTrack; audio: MediaStreamTrack | undefined } {
    const [video] = stream.getVideoTracks();
    const audio = this.#host.sound ? stream.getAudioTracks()[0] : undefined;
    if (!video) throw this.#error('camera_missing', 'the stream has no video track');
    this.#microphone = audio ? 'live' : 'off';
    return { video, audio };
  }

  /** A stream that comes after the close is stopped at once. */
  async #ask(constraints: MediaStreamConstraints): Promise<MediaStream> {
    this.#checkOpen();
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    for (const track of stream.getTracks()) {
      this.#own.add(track);
      if (this.#closed) track.stop();
    }
    this.#checkOpen();
    return stream;
  }

  async #openCamera(video: MediaTrackConstraints): Promise<MediaStreamTrack> {
    try {
      return first((await this.#ask({ video })).getVideoTracks());
    } catch (reason) {
      throw cameraError(reason, this.#host.locale);
    }
  }

  /** Wishes, never demands, so that no camera is refused for its size. Browsers turn them for an upright phone. */
  #constraints(which: MediaTrackConstraints): MediaTrackConstraints {
    const { width, height } = this.#host.size ?? { width: 720, height: 1280 };
    return {
      ...which,
      width: { ideal: Math.max(width, height) },
      height: { ideal: Math.min(width, height) },
      frameRate: { ideal: this.#host.frameRate },
    };
  }

  /** The camera that `flip` means: the other way round where browsers say, else the next in the list. */
  async #other(): Promise<MediaTrackConstraints> {
    const cameras = (await this.devices()).filter((device) => device.kind === 'camera');
    if (cameras.length < 2) throw this.#error('camera_missing', 'there is no second camera');
    if (this.#facing) return { facingMode: { ideal: this.#facing === 'user' ? 'environment' : 'user' } };
    const current = this.#video?.getSettings().deviceId;
    const next = cameras[(cameras.findIndex((camera) => camera.deviceId === current) + 1) % cameras.length];
    return { deviceId: { exact: next?.deviceId ?? '' } };
  }

  /** Stops the old camera before it opens the new one: phones refuse to run both. */
  async #exchange(want: MediaTrackConstraints): Promise<void> {
    this.#checkOpen();
    const before = this.#video?.getSettings().deviceId;
    this.#exchanging = true;
    this.#host.preview.hold();
    // The worker seals the segment while the new camera opens.
    const sealed = this.#leave();
    let track: MediaStreamTrack | undefined;
    let failure: unknown;
    try {
      track = await this.#openCamera(this.#constraints(want)).catch((reason) => {
        failure = reason;
        return this.#openCamera(this.#constraints(before ? { deviceId: { exact: before } } : {}));
      });
      await sealed;
      await this.#attachCamera(track);
    } catch (reason) {
      this.#release(track);
      this.#video = undefined;
      this.#exchanging = false;
      this.#host.onLost();
      throw this.#closed ? closed(this.#host.locale) : (failure ?? reason);
    }
    this.#exchanging = false;
    if (failure) throw failure;
  }

  /** Tells the worker that the camera goes, then lets it go. A worker that dies meanwhile has left it too. */
  async #leave(): Promise<void> {
    if (!this.#video) return;
    const sealed = this.#host.link().request({ flip: { atUs: nowUs() } });
    this.#release(this.#video);
    this.#video = undefined;
    await sealed.catch(() => undefined);
  }

  #letGo(): void {
    this.#release(this.#video);
    this.#release(this.#audio);
    this.#video = this.#audio = this.#facing = undefined;
    this.#started = false;
    this.#microphone = 'off';
    this.#host.preview.clear();
  }

  async #attachCamera(track: MediaStreamTrack): Promise<void> {
    this.#checkOpen();
    if (track.readyState !== 'live') throw this.#error('camera_missing', 'the video track has ended');
    const { facingMode, frameRate, deviceId = '', width = 0, height = 0 } = track.getSettings();
    this.#video = track;
    this.#facing = facingOf(facingMode);
    track.onended = () => {
      if (this.#video !== track) return;
      this.#video = undefined;
      this.#host.onLost();
    };
    const { readable } = new MediaStreamTrackProcessor<VideoFrame>({ track, maxBufferSize: FRAMES_WAITING });
    const camera = { facing: this.#facing ?? null, device: deviceId, frameRate: frameRate ?? null };
    const shown = this.#host.preview.show(track, this.#facing);
    await this.#host.link().request({ camera: { camera } }, { handles: { readable } });
    await shown;
    this.#checkOpen();
    this.#host.onCamera({ ...(this.#facing && { facing: this.#facing }), size: { width, height }, frameRate: frameRate ?? this.#host.frameRate });
  }

  async #attachMicrophone(track: MediaStreamTrack | undefined): Promise<void> {
    this.#checkOpen();
    this.#audio = track;
    if (track?.readyState !== 'live') {
      if (this.#microphone === 'live') this.#microphone = 'missing';
      await this.#host.link().request({ microphone: { live: false } });
      return;
    }
    track.onended = () => {
      if (this.#audio !== track) return;
      this.#microphone = 'missing';
      this.#host.onMicrophoneLost();
    };
    const { readable } = new MediaStreamTrackProcessor<AudioData>({ track, maxBufferSize: BLOCKS_WAITING });
    await this.#host.link().request({ microphone: { live: true } }, { handles: { readable } });
  }

  #release(track: MediaStreamTrack | undefined): void {
    if (!track) return;
    track.onended = null;
    if (this.#own.has(track)) track.stop();
  }

  #checkOpen(): void {
    if (this.#closed) throw closed(this.#host.locale);
  }

  #error(code: string, detail: string): OnetakeError {
    return new OnetakeError(code, code === 'bad_argument' ? 'never' : 'after-action', detail, this.#host.locale);
  }
}

/** Now on the wall clock that the worker shares, microseconds. */
export function nowUs(): number {
  return (performance.timeOrigin + performance.now()) * 1000;
}

function audioConstraints(microphone: true | MediaTrackConstraints, deviceId: string | undefined): MediaTrackConstraints {
  const wishes = microphone === true ? {} : microphone;
  return deviceId ? { ...wishes, deviceId: { exact: deviceId } } : wishes;
}

function facingOf(mode: string | undefined): Facing | undefined {
  return mode === 'user' || mode === 'environment' ? mode : undefined;
}

function first(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks;
  if (!track) throw new DOMException('the stream has no video track', 'NotFoundError');
  return track;
}
