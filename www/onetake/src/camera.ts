/**
 * Camera and microphone: permissions, devices, and handing their tracks to the studio worker. Changes of device run one
 * after another; a flip is one transaction that ends with a camera running, or with the take safely closed.
 */

import { CameraControls } from './camera-controls.js';
import { isInside, isWithin, toSensor } from './coordinates.js';
import { cameraError, closed, isOnetakeError, OnetakeError } from './errors.js';
import { cameraFeed, type Feed, microphoneFeed } from './feeds.js';
import type { Link } from './link.js';
import { takePhoto } from './photo.js';
import type { Preview } from './preview.js';
import { recorderFeed } from './recorder.js';
import { captureRoute, type Route } from './routes.js';
import type { Camera, CameraCapabilities, CameraStart, Device, Facing, FlipOrder, Locale, Size } from './types.js';

export type CameraHost = {
  link: () => Link;
  preview: Preview;
  locale: Locale;
  frameRate: number;
  size: Size | undefined;
  sound: boolean;
  flipOrder: FlipOrder;
  /** Whether the recorded picture is mirrored, where the application has said so. */
  recordingMirror: () => boolean | undefined;
  /** A photo with the look, where there is one. */
  drawnPhoto: (mirrored: boolean) => Promise<Blob | undefined> | undefined;
  /** These tracks run now; `own`: we opened them. */
  onTracks: (tracks: { video: MediaStreamTrack | undefined; audio: MediaStreamTrack | undefined; own: boolean }) => void;
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
  /** Ways to the worker that are open. */
  readonly #feeds = new WeakMap<MediaStreamTrack, Feed>();
  #started = false;
  #exchanging = false;
  #closed = false;
  #facing: Facing | undefined;
  #microphone: Camera['microphone'] = 'off';
  readonly #controls = new CameraControls();
  /** Whether this device has been seen to refuse two cameras at once. */
  #onlyOne = false;

  constructor(host: CameraHost) {
    this.#host = host;
  }

  get facing(): Facing | undefined {
    return this.#facing;
  }

  get microphone(): Camera['microphone'] {
    return this.#microphone;
  }

  /** It went with its permission. */
  forbidMicrophone(): void {
    if (this.#microphone === 'missing') this.#microphone = 'denied';
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
      const facing = facingOf((info as InputDeviceInfo).getCapabilities?.().facingMode?.[0]) ?? facingOfLabel(label);
      return [{ deviceId, label, kind: 'camera', ...(facing && { facing }) }];
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  /** For good, and out of turn: a permission prompt may stay open for ever. The tracks stop once `ended` resolves. */
  async close(ended: Promise<unknown>): Promise<void> {
    this.#closed = true;
    await ended;
    this.#letGo();
  }

  /** Hands the running tracks to a fresh worker. One that does not take them has no camera, where `stays` says that it stays. */
  reattach(stays: () => boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#started || this.#closed) return;
      try {
        await this.#attachMicrophone(this.#audio);
        if (this.#video?.readyState === 'live') await this.#attachCamera(this.#video);
      } catch (reason) {
        // In this turn: what is started in the next one is not to be stopped.
        if (stays()) await this.#stop().catch(() => undefined);
        throw reason;
      }
    });
  }

  /** The screen was turned; browsers change a track's size with it, or a moment later. */
  async turn(): Promise<void> {
    for (const wait of [0, 500]) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (!this.#video || this.#closed) return;
      await this.#host.link().request({ turn: lie(this.#video) }).catch(() => undefined);
    }
  }

  capabilities(): CameraCapabilities {
    return this.#controls.capabilities();
  }

  async focus(at: { x: number; y: number }): Promise<'focused' | 'unsupported'> {
    this.#checkNumbers(at.x, at.y);
    const { preview } = this.#host;
    const view = preview.view();
    const tap = preview.fromHost(at);
    if (!view || !isWithin(tap, view.box)) return 'unsupported';
    const point = toSensor(tap, view);
    if (!isInside(point)) return 'unsupported';
    return (await this.#controls.focus(point)) ? 'focused' : 'unsupported';
  }

  async torch(on: boolean): Promise<boolean> {
    this.#checkOpen();
    return this.#controls.torch(on);
  }

  async zoom(ratio: number): Promise<number> {
    this.#checkNumbers(ratio);
    return this.#controls.zoom(ratio);
  }

  async exposure(compensation: number): Promise<number> {
    this.#checkNumbers(compensation);
    return this.#controls.exposure(compensation);
  }

  async whiteBalance(kelvin: number | 'auto'): Promise<number | 'auto'> {
    if (kelvin !== 'auto') this.#checkNumbers(kelvin);
    return this.#controls.whiteBalance(kelvin);
  }

  /** In turn: during a flip it is of the new camera. */
  photo(): Promise<Blob> {
    return this.#inTurn(async () => {
      this.#checkOpen();
      const { preview, recordingMirror, drawnPhoto } = this.#host;
      const shown = { video: preview.video, view: () => preview.view() };
      const mirrored = recordingMirror() ?? preview.mirrored;
      const photo = this.running ? await (drawnPhoto(mirrored) ?? takePhoto(shown, mirrored)) : undefined;
      if (!photo) throw this.#error('camera_missing', 'there is no picture to take');
      return photo;
    });
  }

  async #stop(): Promise<void> {
    if (this.#closed) return;
    await this.#host.endTake();
    await this.#leave();
    this.#letGo();
    this.#host.onStopped();
    await this.#host.link().request({ microphone: { live: false } });
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(change);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #start(options: CameraStart): Promise<void> {
    this.#checkOpen();
    const before = this.#started;
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

  async #exchange(want: MediaTrackConstraints): Promise<void> {
    this.#checkOpen();
    const old = this.#video;
    if (this.#host.flipOrder === 'stop-first' || this.#onlyOne || !old) return this.#stopThenOpen(want, old);
    let track: MediaStreamTrack;
    try {
      track = await this.#openCamera(this.#constraints(want));
    } catch (reason) {
      // Denied or missing: the old one has filmed on, and does.
      if (!isOnetakeError(reason) || reason.code !== 'camera_busy') throw reason;
      this.#onlyOne = true;
      return this.#stopThenOpen(want, this.#video);
    }
    if (old.muted || old.readyState === 'ended') this.#onlyOne = true;
    this.#exchanging = true;
    this.#host.preview.hold();
    await this.#arrive(this.#leave(), async () => track);
  }

  /** For devices that run one camera at a time. Where the new one cannot be had, the old one comes back. */
  async #stopThenOpen(want: MediaTrackConstraints, old: MediaStreamTrack | undefined): Promise<void> {
    const before = old?.getSettings().deviceId;
    const kept = old && !this.#own.has(old) ? old : undefined;
    this.#exchanging = true;
    this.#host.preview.hold();
    // The worker seals the segment while the new camera opens.
    const sealed = this.#leave();
    let failure: unknown;
    await this.#arrive(sealed, () =>
      this.#openCamera(this.#constraints(want)).catch((reason) => {
        failure = reason;
        return kept ?? this.#openCamera(this.#constraints(before ? { deviceId: { exact: before } } : {}));
      }),
    ).catch((reason) => {
      throw this.#closed ? reason : (failure ?? reason);
    });
    if (failure) throw failure;
  }

  /** The second half of an exchange. It ends with a camera that films, or with the take safely closed. */
  async #arrive(sealed: Promise<void>, open: () => Promise<MediaStreamTrack>): Promise<void> {
    let track: MediaStreamTrack | undefined;
    try {
      track = await open();
      await sealed;
      await this.#attachCamera(track);
    } catch (reason) {
      this.#release(track);
      this.#video = undefined;
      this.#exchanging = false;
      this.#host.onLost();
      throw this.#closed ? closed(this.#host.locale) : reason;
    }
    this.#exchanging = false;
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
    this.#controls.forget();
    this.#tellTracks();
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
    this.#tellTracks();
    void this.#controls.adopt(track);
    const route = await this.#route();
    const recorder = route === 'recorder';
    const handles = this.#connect(track, recorder ? recorderFeed(track, () => this.#audio) : cameraFeed(track, route));
    const camera = { facing: this.#facing ?? null, device: deviceId, frameRate: frameRate ?? null, ...lie(track) };
    const shown = this.#host.preview.show(track, this.#facing);
    await this.#host.link().request(recorder ? { recorder: { camera } } : { camera: { camera } }, { handles });
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
    this.#tellTracks();
    const route = await this.#route();
    // It goes into the recorder with the camera.
    const handles = route === 'recorder' ? {} : this.#connect(track, await microphoneFeed(track, route));
    await this.#host.link().request({ microphone: { live: true } }, { handles });
  }

  async #route(): Promise<Route> {
    const route = await captureRoute();
    if (route === 'none') throw this.#error('camera_missing', 'no way to read a camera');
    return route;
  }

  #connect(track: MediaStreamTrack, feed: Feed): Feed['handles'] {
    this.#disconnect(track);
    this.#feeds.set(track, feed);
    return feed.handles;
  }

  #disconnect(track: MediaStreamTrack): void {
    this.#feeds.get(track)?.stop();
    this.#feeds.delete(track);
  }

  #tellTracks(): void {
    const [video, audio] = [this.#video, this.#audio];
    this.#host.onTracks({ video, audio, own: video === undefined || this.#own.has(video) });
  }

  #release(track: MediaStreamTrack | undefined): void {
    if (!track) return;
    track.onended = null;
    this.#disconnect(track);
    if (this.#own.has(track)) track.stop();
  }

  #checkOpen(): void {
    if (this.#closed) throw closed(this.#host.locale);
  }

  #checkNumbers(...values: number[]): void {
    this.#checkOpen();
    for (const value of values) if (!Number.isFinite(value)) throw this.#error('bad_argument', `${value} is no number that a camera knows`);
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

/** How a camera's picture lies, as far as the page can tell. */
function lie(track: MediaStreamTrack): { shown: Size | null; screen: number } {
  const { width, height } = track.getSettings();
  return { shown: width && height ? { width, height } : null, screen: screen.orientation?.angle ?? 0 };
}

/** Android and iOS name their cameras so; where a browser says nothing else, the name is all there is. */
function facingOfLabel(label: string): Facing | undefined {
  if (/\b(front|facetime)\b|前置/i.test(label)) return 'user';
  return /\b(back|rear)\b|后置|後置/i.test(label) ? 'environment' : undefined;
}

function first(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks;
  if (!track) throw new DOMException('the stream has no video track', 'NotFoundError');
  return track;
}
