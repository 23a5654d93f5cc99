/** The studio: supervises the workers, keeps the page's picture of the state, and speaks to the application. */

import { CameraControl, nowUs } from './camera.js';
import { captureRoute } from './routes.js';
import { DraftMirror } from './draft.js';
import { isDeleted, revive } from './drafts.js';
import { aborted, closed, isOnetakeError, OnetakeError, pageLocale, throwIfAborted } from './errors.js';
import { film } from './film.js';
import { orderOf } from './flip-order.js';
import { Interruptions, Permission } from './interruptions.js';
import type { Interruption } from './interruptions.js';
import { Link } from './link.js';
import { lend } from './live.js';
import { type DraftLock, lockDraft, lockHost, unlessAborted } from './locks.js';
import { StudioLook } from './look.js';
import { Minimum } from './minimum.js';
import { Preview } from './preview.js';
import type { DraftView, Event as StudioEvent, Settings } from './protocol.js';
import { filmOptions, paceOf, poster } from './options.js';
import { Room } from './room.js';
import { NO_STATS, sum } from './stats.js';
import { forgetNext, nextKind } from './stores.js';
import { Telling } from './telling.js';
import type { Camera, Draft, ExportOptions, Film, Filter, Locale, Mirror, RecordOptions, Segment, Stats, StudioEvents, StudioOptions, StudioState } from './types.js';
import { WakeLock } from './wake.js';

type Listener<E extends keyof StudioEvents> = (value: StudioEvents[E]) => void;

/** A worker that dies this often within a minute is not started again. */
const MAX_RESTARTS = 3;
const CLIPPED = 0.99;
/** Room for less than this is worth a warning, seconds. */
const TIGHT = 90;
/** Milliseconds within which tracks that end have ended together. */
const TOGETHER = 100;

export class Studio {
  readonly camera: Camera;
  readonly draft: Draft;
  readonly #options: StudioOptions;
  readonly #locale: Locale;
  readonly #preview: Preview;
  readonly #control: CameraControl;
  readonly #mirror: DraftMirror;
  readonly #lock: DraftLock;
  readonly #wake = new WakeLock();
  readonly #room = new Room((secondsLeft) => this.#tellRoom(secondsLeft));
  readonly #listeners = new Map<keyof StudioEvents, Set<Listener<never>>>();
  readonly #endings: (() => void)[] = [];
  readonly #minimum = new Minimum();
  /** How many segments there were before the take. */
  #taken = 0;
  readonly #interruptions: Interruptions;
  readonly #permissions = { camera: new Permission('camera'), microphone: new Permission('microphone') };
  readonly #telling = new Telling({
    interrupted: (interrupted) => this.#state !== 'closed' && this.#emit('interrupted', interrupted),
    resumed: (resumed) => this.#state !== 'closed' && this.#emit('resumed', resumed),
    recording: () => this.#state === 'recording',
  });
  /** The microphone went, and has not come back. */
  #deaf = false;
  #recordingMirror: boolean | undefined;
  readonly #look = new StudioLook(() => this.#link);
  #link: Link;
  #state: StudioState = 'idle';
  #stats: Stats = NO_STATS;
  /** What workers that died had counted. */
  #before: Stats = NO_STATS;
  #countdown: AbortController | undefined;
  #restarts: number[] = [];
  /** Whether files are mirrored: what `setMirror` said last, for workers to come. */
  #mirrored: boolean;
  /** A `record` is under way. */
  #pressed = false;
  /** The running worker has the draft. */
  #opened = false;
  /** Media seconds of the draft, the open segment included. */
  #filmed = 0;
  /** What was last told of the room left. */
  #tight = false;
  #askedToPersist = false;
  #closing: Promise<void> | undefined;

  private constructor(options: StudioOptions, id: string, lock: DraftLock) {
    this.#options = options;
    this.#locale = options.locale ?? pageLocale();
    this.#lock = lock;
    this.#mirrored = options.mirror?.recording ?? false;
    this.#link = this.#startLink();
    this.#preview = new Preview(options.host, options.fit ?? 'cover', options.mirror?.preview);
    this.#recordingMirror = options.mirror?.recording;
    this.#mirror = new DraftMirror(id, () => this.#link, this.#locale);
    this.#interruptions = new Interruptions({
      interrupted: (interruption) => this.#interrupt(interruption),
      over: (interruption) => this.#telling.endInTurn(interruption),
    });
    this.#control = new CameraControl({
      link: () => this.#link,
      preview: this.#preview,
      locale: this.#locale,
      frameRate: options.frameRate ?? 30,
      size: options.size,
      sound: options.audio !== false,
      flipOrder: options.flipOrder && options.flipOrder !== 'auto' ? options.flipOrder : orderOf(navigator),
      recordingMirror: () => this.#recordingMirror,
      drawnPhoto: (mirrored) => this.#look.photo(mirrored),
      onTracks: (tracks) => {
        this.#interruptions.watch(tracks);
        if (tracks.video) void this.#permissions.camera.note();
        if (tracks.audio) void this.#permissions.microphone.note();
        if (tracks.audio?.readyState === 'live') this.#hearAgain();
      },
      onCamera: (camera) => {
        if (this.#state === 'idle') this.#become('preview');
        this.#emit('camera', camera);
        void this.#announceDevices();
      },
      onLost: () => {
        // The take has no camera to go on with.
        void this.#endTake(this.#error('camera_missing', 'the camera was lost'));
        this.#become('idle');
        void this.#announceDevices();
      },
      onMicrophoneLost: () => void this.#tellSilence(),
      endTake: () => this.#endTake(),
      onStopped: () => this.#become('idle'),
    });
    this.camera = this.#control;
    this.draft = this.#mirror;
    lend(this, { link: () => this.#link, files: this.#mirror.files });
    this.#listen(window, 'pagehide', () => void this.#endTake());
    if (screen.orientation) this.#listen(screen.orientation, 'change', () => void this.#control.turn());
    this.#listen(navigator.mediaDevices, 'devicechange', () => void this.#announceDevices());
  }

  /** Starts the workers, mounts the preview in `host`, opens (or recovers) the draft. Asks for no permission yet. */
  static async open(options: StudioOptions): Promise<Studio> {
    const locale = options.locale ?? pageLocale();
    const id = options.draft ?? 'draft';
    checkOptions(options, id, locale);
    const { host, signal } = options;
    if ((await captureRoute()) === 'none') throw new OnetakeError('not_supported', 'never', 'no way from a camera to a VideoEncoder, and no recorder that makes MP4', locale);
    throwIfAborted(signal, locale);
    const leave = await lockHost(host, locale, signal);
    let unlock = leave;
    let studio: Studio | undefined;
    try {
      const kind = await unlessAborted(nextKind(), locale, signal);
      const lock = await lockDraft(id, kind, locale, signal);
      unlock = () => (lock.free(), leave());
      throwIfAborted(signal, locale);
      // What was deleted is on the disk.
      const deleted = kind === 'opfs' && (await isDeleted(id));
      studio = new Studio(options, id, { ...lock, free: unlock });
      await unlessAborted(studio.#openDraft(deleted), locale, signal);
      return studio;
    } catch (reason) {
      forgetNext();
      if (studio) await studio.close();
      else unlock();
      throw reason;
    }
  }

  get state(): StudioState {
    return this.#state;
  }

  /** Live and monotonic; drops are counted by reason, never hidden. */
  get stats(): Stats {
    return this.#stats;
  }

  get look(): readonly Filter[] {
    return this.#look.chain;
  }

  /** Replaces the filter chain between two frames; legal while recording. */
  async setLook(chain: Filter[]): Promise<void> {
    this.#checkOpen();
    return this.#look.set(chain);
  }

  /** Each chain on the camera's current picture, as the preview shows it, so many pixels wide: for a list of looks. */
  async tryLooks(chains: Filter[][], options?: { width?: number; signal?: AbortSignal }): Promise<ImageBitmap[]> {
    this.#checkOpen();
    return this.#look.try(chains, this.#preview.mirrored, options);
  }

  /**
   * What is left out stays. `recording` mirrors files, as seen upright; while recording, the take goes on with another
   * segment, so that each is mirrored or not as a whole.
   */
  async setMirror(mirror: Mirror): Promise<void> {
    this.#checkOpen();
    if (mirror.preview !== undefined) this.#preview.setMirror(mirror.preview);
    const { recording } = mirror;
    if (recording === undefined) return;
    const before = [this.#recordingMirror, this.#mirrored] as const;
    // Noted before it is answered: a worker that dies over it has a successor, which is to film so.
    this.#recordingMirror = this.#mirrored = recording;
    try {
      await this.#link.request({ mirror: { recording } });
    } catch (reason) {
      if (isOnetakeError(reason) && reason.code === 'not_supported') [this.#recordingMirror, this.#mirrored] = before;
      throw reason;
    }
  }

  /**
   * Begins a take; resolves when its first frame is admitted. `speed` 0.25 to 4, to the thousandth: the take's media run so
   * much faster than the world; its sound keeps its pitch, or is silence with `sound: 'mute'`. All durations are of media.
   */
  async record(options: RecordOptions = {}): Promise<void> {
    const { countdown = 0, minDuration = 0, maxDuration, signal } = options;
    this.#checkOpen();
    const pace = paceOf(options);
    for (const [name, value] of Object.entries({ countdown, minDuration })) {
      if (!(value >= 0 && value < Infinity)) throw this.#error('bad_argument', `${name} is ${value}, wanted seconds, 0 or more`);
    }
    if (maxDuration !== undefined && !(maxDuration > 0 && maxDuration >= minDuration)) {
      throw this.#error('bad_argument', `maxDuration is ${maxDuration}, wanted more than 0 and no less than minDuration`);
    }
    if (this.#state === 'recording' || this.#pressed) throw this.#error('already_recording', 'a take is open');
    throwIfAborted(signal, this.#locale);
    if (!this.#control.running) throw this.#error('camera_missing', 'start the camera first');
    this.#pressed = true;
    this.#wake.hold();
    if (!this.#askedToPersist && this.#link.storage === 'opfs') void navigator.storage.persist?.().catch(() => false);
    this.#askedToPersist = true;
    try {
      if (this.#room.secondsLeft === 0) await this.#findRoom();
      if (countdown > 0) await this.#count(countdown, signal);
      await this.#link.request({ record: { pressUs: nowUs(), maxDuration: maxDuration ?? null, ...pace } }, { signal });
      // Not before: it may have waited for the end of another.
      this.#minimum.begin(minDuration, this.#mirror.duration, options.speed);
      this.#taken = this.#mirror.segments.length;
      this.#become('recording');
      this.#room.watch(() => ({ bytes: this.#stats.bytes, seconds: this.#filmed }));
    } catch (reason) {
      this.#wake.release();
      throw reason;
    } finally {
      this.#pressed = false;
    }
  }

  /**
   * Ends the take, or its countdown; resolves, when it is safe on disk, with its segments (empty if no frame had been admitted).
   * A take with a `minDuration` goes on until it is that long.
   */
  async pause(): Promise<readonly Segment[]> {
    this.#checkOpen();
    if (this.#state === 'recording') {
      await this.#minimum.reached();
      // Something else ended it meanwhile: what it gave is on disk.
      if (this.#state !== 'recording') return Object.freeze(this.#mirror.segments.slice(this.#taken));
    }
    return this.#pauseNow();
  }

  async #pauseNow(): Promise<readonly Segment[]> {
    this.#checkOpen();
    this.#countdown?.abort(aborted(this.#locale));
    const { answer } = await this.#link.request({ pause: { atUs: nowUs() } });
    this.#takeOver();
    return answer.type === 'taken' ? Object.freeze(answer.segments as Segment[]) : [];
  }

  /** Joins the draft's segments into one MP4. Copies whatever can be copied. */
  async export(options: ExportOptions = {}): Promise<Film> {
    this.#checkOpen();
    const command = { export: { options: filmOptions(options) } };
    const onProgress = (done: number, total: number) => options.onProgress?.({ ratio: total > 0 ? done / total : 1, done, total });
    const { answer, file } = await this.#link.request(command, { handles: { poster: poster(options) }, signal: options.signal, onProgress });
    if (answer.type !== 'film' || !file) throw this.#error('internal', `an export answered ${answer.type}`);
    if (this.#link.storage === 'memory') answer.report.warnings.push('storage_memory');
    return await film(file, answer.report);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const ended = this.#endTake(closed(this.#locale));
    this.#become('closed');
    this.#room.stop();
    for (const end of this.#endings) end();
    this.#interruptions.close();
    await this.#control.close(ended);
    if (this.#opened) await this.#link.request({ close: {} }).catch(() => undefined);
    this.#link.terminate(closed(this.#locale));
    this.#wake.release();
    this.#preview.remove();
    this.#lock.free();
  }

  on<E extends keyof StudioEvents>(event: E, listener: (value: StudioEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener as Listener<never>);
    return () => listeners.delete(listener as Listener<never>);
  }

  #startLink(): Link {
    this.#opened = false;
    try {
      return new Link(
        this.#locale,
        (event) => this.#receive(event),
        (error) => void this.#restart(error),
        // The store that said where files will be may have died meanwhile, and another one be here.
        { follow: (kind) => this.#lock.follow(kind) },
      );
    } catch (reason) {
      throw new OnetakeError('worker_failed', 'never', `no worker: ${String(reason)}`, this.#locale);
    }
  }

  /** `deleted`: what its journal still names is to be forgotten. */
  async #openDraft(deleted = false): Promise<void> {
    const settings = { ...settingsOf(this.#options), mirror: this.#mirrored };
    const { answer } = await this.#link.request(
      { open: { draft: this.#mirror.id, settings } },
      { handles: { port: this.#link.storePort(), canvas: this.#preview.canvas() } },
    );
    if (answer.type !== 'opened') throw this.#error('internal', `open answered ${answer.type}`);
    this.#mirror.update(answer.draft);
    this.#opened = true;
    this.#look.again();
    void this.#room.look();
    if (deleted) {
      await this.#mirror.discard();
      return revive(this.#mirror.id);
    }
    // Nobody can listen before `open` has resolved.
    const { recovered: segments, recoveredSeconds: seconds, lost } = answer;
    if (segments > 0 || lost > 0) setTimeout(() => this.#emit('recovered', { segments, seconds, lost }));
  }

  /** A worker died: another one recovers the draft and takes the running tracks. */
  async #restart(error: OnetakeError): Promise<void> {
    if (this.#state === 'closed') return;
    // A full disk is no fault of the worker, unless it cannot even open the draft.
    const full = error.code === 'storage_full';
    const now = performance.now();
    const recent = this.#restarts.filter((at) => now - at < 60_000);
    this.#restarts = full && this.#opened ? recent : [...recent, now];
    this.#before = this.#stats;
    this.#telling.begin({ reason: 'worker' });
    this.#takeOver('idle');
    const hopeless = this.#restarts.length > MAX_RESTARTS;
    if (hopeless) {
      // A restart that is still under way ends nothing any more.
      this.#opened = false;
      this.#emit('error', error);
      return;
    }
    const dead = this.#link;
    let link: Link | undefined;
    try {
      link = this.#link = this.#startLink();
      await this.#openDraft();
      this.#emit('draft', this.#mirror);
      await this.#control.reattach(() => this.#link === link && this.#opened);
      // What it went on over went with it.
      this.#telling.endAll(['worker', 'encoder', 'size-changed', 'gpu-lost']);
      if (full) this.#telling.tell({ reason: 'storage-full' });
    } catch (reason) {
      // One that died meanwhile has its own successor.
      if (this.#link !== (link ?? dead)) return;
      this.#emit('error', isOnetakeError(reason) ? reason : error);
      // There is a recorder again, and no camera that it has.
      if (this.#opened) this.#telling.endAll(['worker', 'encoder', 'size-changed', 'gpu-lost']);
    }
  }

  #receive(event: StudioEvent): void {
    switch (event.type) {
      case 'draft':
        return this.#updateDraft(event.draft);
      case 'time':
        this.#filmed = event.draft;
        this.#minimum.handleTime(event.draft);
        return this.#emit('time', { segment: event.segment, draft: event.draft });
      case 'segment':
        this.#room.handleFile(this.#stats.bytes);
        return this.#emit('segment', event.segment as Segment);
      case 'level':
        return this.#emit('level', { peak: event.peak, rms: event.rms, clipped: event.peak >= CLIPPED });
      case 'drop':
        return this.#emit('drop', { count: event.count, reason: event.reason });
      case 'stats':
        this.#stats = sum(this.#before, event.stats);
        return;
      case 'canvas':
        return this.#preview.draw(event);
      case 'resumed':
        return this.#telling.end({ reason: event.reason });
      case 'interrupted':
        if (event.goesOn) return this.#telling.begin({ reason: event.reason }, true);
        this.#takeOver();
        return event.reason === 'device-lost' ? void this.#tellLoss() : this.#telling.tell({ reason: event.reason });
      case 'limit-reached':
        return this.#takeOver();
    }
  }

  #updateDraft(view: DraftView): void {
    this.#filmed = view.duration;
    this.#mirror.update(view);
    this.#emit('draft', this.#mirror);
    // A take that was removed may have made room.
    if (this.#state !== 'recording') void this.#room.look();
  }

  #tellRoom(secondsLeft: number): void {
    const tight = secondsLeft < TIGHT;
    if ((tight || this.#tight) && this.#state !== 'closed') this.#emit('storage', { secondsLeft });
    this.#tight = tight;
    if (secondsLeft > 0 || this.#state !== 'recording') return;
    this.#room.stop();
    void this.#endTake().then(() => this.#telling.tell({ reason: 'storage-full' }));
  }

  /** Ends what `record` began, however far it is; `why` rejects a countdown. */
  #endTake(why?: OnetakeError): Promise<unknown> {
    this.#countdown?.abort(why ?? aborted(this.#locale));
    if (this.#state === 'closed' || (this.#state !== 'recording' && !this.#pressed)) return Promise.resolve();
    return this.#pauseNow().catch(() => undefined);
  }

  /** Told in their order, each once the take that it ended is on disk. */
  #interrupt(interruption: Interruption): void {
    const { reason, ends } = interruption;
    const open = this.#state === 'recording' || this.#pressed;
    const ended = ends ? this.#endTake() : undefined;
    // A page that goes away while nothing is filmed interrupts nothing.
    if (open || reason === 'muted') this.#telling.beginAfter(ended, interruption);
  }

  async #tellLoss(): Promise<void> {
    this.#telling.tell({ reason: (await this.#permissions.camera.isGone()) ? 'permission' : 'device-lost' });
  }

  /** A take goes on in silence; `camera.microphone` says why. */
  async #tellSilence(): Promise<void> {
    if (await this.#permissions.microphone.isGone()) this.#control.forbidMicrophone();
    // Chromium ends all that one request opened: where the camera went too, its loss is what is told.
    await new Promise((resolve) => setTimeout(resolve, TOGETHER));
    if (!this.#control.busy) return;
    this.#deaf = true;
    this.#telling.begin({ reason: 'muted', device: 'microphone' }, true);
  }

  #hearAgain(): void {
    if (this.#deaf) this.#telling.end({ reason: 'muted', device: 'microphone' });
    this.#deaf = false;
  }

  /** The take is over, by whatever cause. */
  #takeOver(next: 'preview' | 'idle' = this.#control.busy ? 'preview' : 'idle'): void {
    if (!this.#pressed) this.#wake.release();
    this.#room.stop();
    this.#minimum.handleOver();
    if (this.#state === 'recording') this.#become(next);
  }

  #become(state: StudioState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#emit('state', state);
  }

  /** Resolves at zero; each second is announced. */
  async #count(seconds: number, signal: AbortSignal | undefined): Promise<void> {
    const stop = (this.#countdown = new AbortController());
    const either = signal ? AbortSignal.any([stop.signal, signal]) : stop.signal;
    try {
      for (let left = Math.ceil(seconds); left > 0; left -= 1) {
        this.#emit('countdown', left);
        await pauseFor(1000, either, this.#locale);
      }
      while (!this.#control.running && this.#control.busy) await pauseFor(50, either, this.#locale);
      if (!this.#control.running) throw this.#error('camera_missing', 'the camera stopped during the countdown');
      this.#emit('countdown', 0);
    } finally {
      this.#countdown = undefined;
    }
  }

  /** Room that was made since the last look counts; a press that is taken back during this one does not. */
  async #findRoom(): Promise<void> {
    const { signal } = (this.#countdown = new AbortController());
    await unlessAborted(this.#room.look(), this.#locale, signal).finally(() => (this.#countdown = undefined));
    if (this.#room.secondsLeft === 0) throw this.#error('storage_full', 'no room is left for a take');
  }

  async #announceDevices(): Promise<void> {
    const devices = await this.#control.devices().catch(() => []);
    if (this.#state !== 'closed') this.#emit('devices', devices);
  }

  #emit<E extends keyof StudioEvents>(event: E, value: StudioEvents[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        (listener as Listener<E>)(value);
      } catch (reason) {
        // A listener's fault is its own; it must not stop the recorder.
        reportError(reason);
      }
    }
  }

  #listen(target: EventTarget, event: string, listener: () => void): void {
    target.addEventListener(event, listener);
    this.#endings.push(() => target.removeEventListener(event, listener));
  }

  #checkOpen(): void {
    if (this.#state === 'closed') throw closed(this.#locale);
  }

  #error(code: string, detail: string): OnetakeError {
    return new OnetakeError(code, code === 'camera_missing' || code === 'storage_full' ? 'after-action' : 'never', detail, this.#locale);
  }
}

function settingsOf(options: StudioOptions): Settings {
  const { size, frameRate, video, audio, maxDuration, fit, mirror } = options;
  const sound = audio === false ? undefined : (audio ?? {});
  return {
    size: size ?? null,
    frameRate: frameRate ?? 30,
    videoCodec: video?.codec === undefined || video.codec === 'auto' ? null : video.codec,
    videoBitrate: video?.bitrate ?? null,
    keyFrameInterval: video?.keyFrameInterval ?? 2,
    audioCodec: sound?.codec === 'aac' || sound?.codec === 'opus' ? sound.codec : null,
    audioBitrate: sound?.bitrate ?? 128_000,
    sound: sound !== undefined,
    maxDuration: maxDuration ?? null,
    contain: fit === 'contain',
    mirror: mirror?.recording ?? false,
    engine: navigator.userAgent,
    originUs: performance.timeOrigin * 1000,
  };
}

function checkOptions(options: StudioOptions, id: string, locale: Locale): void {
  const refuse = (detail: string) => {
    throw new OnetakeError('bad_argument', 'never', detail, locale);
  };
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) refuse(`draft is ${JSON.stringify(id)}, wanted 1 to 64 letters, digits, - or _`);
  const { size, frameRate = 30, video, audio, maxDuration } = options;
  for (const side of size ? [size.width, size.height] : []) {
    if (!Number.isInteger(side) || side < 2 || side > 8192 || side % 2 !== 0) refuse(`a side of size is ${side}, wanted an even number of pixels, 2 to 8192`);
  }
  if (!(frameRate >= 1 && frameRate <= 120)) refuse(`frameRate is ${frameRate}, wanted 1 to 120`);
  if (maxDuration !== undefined && !(maxDuration > 0)) refuse(`maxDuration is ${maxDuration}, wanted more than 0`);
  const { codec: coding = 'auto' } = video ?? {};
  if (!['auto', 'avc', 'hevc', 'vp9', 'av1'].includes(coding)) refuse(`video.codec is ${JSON.stringify(coding)}, wanted 'auto', 'avc', 'hevc', 'vp9' or 'av1'`);
  if (video?.bitrate !== undefined && !(video.bitrate >= 10_000 && video.bitrate <= 200_000_000)) refuse(`video.bitrate is ${video.bitrate}, wanted 10 000 to 200 000 000`);
  if (video?.keyFrameInterval !== undefined && !(video.keyFrameInterval > 0)) refuse(`video.keyFrameInterval is ${video.keyFrameInterval}, wanted more than 0`);
  if (audio) {
    const { codec = 'auto', bitrate = 128_000 } = audio;
    if (!['auto', 'aac', 'opus'].includes(codec)) refuse(`audio.codec is ${JSON.stringify(codec)}, wanted 'auto', 'aac' or 'opus'`);
    if (!(bitrate >= 6000 && bitrate <= 510_000)) refuse(`audio.bitrate is ${bitrate}, wanted 6000 to 510 000`);
  }
  if (!navigator.mediaDevices || !navigator.locks) throw new OnetakeError('not_supported', 'never', 'this browser has no camera access; pages need https, or localhost', locale);
}

/** Rejects with the signal's reason where that is ours, else with `aborted`. */
function pauseFor(milliseconds: number, signal: AbortSignal, locale: Locale): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(isOnetakeError(signal.reason) ? signal.reason : aborted(locale));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}
