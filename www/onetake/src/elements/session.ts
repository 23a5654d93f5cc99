/**
 * What the camera element shows, as plain state: which screen, what is being recorded, what went wrong.
 *
 * It owns the Studio (one at a time; `open` ends the one before) and turns its events and rejections into that state. It
 * draws nothing and knows no words: what is to be said is a function of the message table, so that a change of language
 * needs no new state. Order: `open`, then `start`; `close` ends it and may be followed by another `open`.
 */

import { Studio, isOnetakeError, probe } from '../index.js';
import type { Capabilities, Film, Segment, Stats, StudioEvents } from '../index.js';
import { CameraTools } from './camera-tools.js';
import { clock, filmName, spoken, total } from './format.js';
import type { RecordState } from './record-button.js';
import type { Joining, Notice, Say, Screen, SessionHost, SessionOptions } from './session-types.js';
import { cameraPermission, describe, isAbort, troubleOf, unfinishedNotice, type Trouble, type TroubleKind } from './trouble.js';
import { Notices } from './notices.js';
import { Toasts, type Toast } from './toasts.js';

export type * from './session-types.js';

const ERASE = 6000;

export class Session {
  readonly #host: SessionHost;
  #studio: Studio | undefined;
  #options: SessionOptions = { draft: '', maxDuration: 0, minDuration: 0, locale: 'en', offer: false };
  #generation = 0;
  #offs: (() => void)[] = [];
  #arming: AbortController | undefined;
  #exporting: AbortController | undefined;
  #eraseTimer: ReturnType<typeof setTimeout> | undefined;
  #written = 0;
  /** Where the take began. */
  #from = 0;
  #saving = false;
  #brief = false;
  #restarting = false;
  #lossShown = false;
  #wasFull = false;
  #spokenStep = 0;

  screen: Screen = 'opening';
  capabilities: Capabilities | undefined;
  trouble: Trouble | undefined;
  readonly #notices = new Notices({ microphone: () => this.#studio?.camera.microphone ?? 'off', changed: () => this.#changed() });
  readonly toasts = new Toasts(() => this.#changed());
  /** For the live region; `urgent` interrupts. */
  spoken: { say: Say; urgent: boolean } | undefined;
  starting = false;
  flipping = false;
  cameraOn = false;
  cameras = 0;
  countdown = 0;
  readonly tools: CameraTools;
  /** Of the next take. */
  speed = 1;
  /** The take that the next press on delete removes. */
  doomed: number | undefined;
  joining: Joining | undefined;
  film: Film | undefined;
  filmTrouble: Trouble | undefined;
  storing: 'no' | 'now' | 'done' = 'no';

  constructor(host: SessionHost) {
    this.#host = host;
    this.tools = new CameraTools({
      studio: () => this.#studio,
      capabilities: () => this.capabilities,
      segments: () => this.segments,
      ready: () => this.take === 'ready',
      say: (toast) => this.#say(toast),
      speak: (say) => this.#speak(say),
      failed: (reason) => this.#host.emit('error', reason),
      remember: (look) => this.#host.emit('look', look),
      changed: () => this.#changed(),
    });
  }

  get notices(): readonly Notice[] {
    return this.#notices.list;
  }

  get segments(): readonly Segment[] {
    return this.#studio?.draft.segments ?? [];
  }

  get draftId(): string | undefined {
    return this.#studio?.draft.id;
  }

  get stats(): Stats | undefined {
    return this.#studio?.stats;
  }

  get take(): RecordState {
    if (this.#saving && !this.holding) return 'saving';
    if (this.#studio?.state === 'recording') return 'recording';
    return this.#arming ? 'waiting' : 'ready';
  }

  /** Seconds of the segment being recorded. */
  get live(): number {
    return this.take === 'recording' || this.take === 'saving' ? Math.max(0, this.#written - total(this.segments)) : 0;
  }

  get elapsed(): number {
    return total(this.segments) + this.live;
  }

  get limit(): number {
    return this.#options.maxDuration;
  }

  /** How much of the shortest duration the take has, 0..1; 1 where none is asked for. */
  get least(): number {
    const { minDuration } = this.#options;
    return this.#studio?.state === 'recording' && minDuration > 0 ? Math.min(1, (this.#written - this.#from) / minDuration) : 1;
  }

  /** The take goes on although it was paused, since it is too short. */
  get holding(): boolean {
    return this.#saving && this.#studio?.state === 'recording' && this.least < 1;
  }

  get shortest(): number {
    return this.#options.minDuration;
  }

  /** How loud it is; returns the end of telling. */
  readonly listenLevel = (hear: (level: StudioEvents['level']) => void): (() => void) => this.#studio?.on('level', hear) ?? (() => undefined);

  get full(): boolean {
    return this.take === 'ready' && this.limit > 0 && this.elapsed >= this.limit - 0.05;
  }

  async open(options: SessionOptions): Promise<void> {
    await this.close();
    const generation = ++this.#generation;
    this.#options = options;
    this.screen = 'opening';
    this.#changed();
    try {
      this.capabilities = await probe();
      if (generation !== this.#generation) return;
      if (this.capabilities.tier === 'none') return this.#block({ kind: 'unsupported', detail: describe(this.capabilities), hint: '' });
      const studio = await Studio.open({
        host: this.#host.stage,
        locale: options.locale,
        ...(options.draft ? { draft: options.draft } : {}),
        ...(options.maxDuration > 0 ? { maxDuration: options.maxDuration } : {}),
      });
      if (generation !== this.#generation) return void studio.close();
      this.#studio = studio;
      this.#listen(studio);
      this.tools.look.adopt();
      this.#host.emit('draft', { id: studio.draft.id });
      this.#host.tend(studio, false);
      this.screen = 'welcome';
      if (options.offer && this.segments.length > 0) this.#notices.show(unfinishedNotice(this.segments));
      this.#changed();
      if ((await cameraPermission()) === 'granted' && generation === this.#generation) await this.start();
    } catch (reason) {
      if (generation === this.#generation) this.#block(this.#trouble(reason));
    }
  }

  /** Tries again what `open` could not do. */
  reopen(): Promise<void> {
    return this.open(this.#options);
  }

  async close(): Promise<void> {
    this.#generation += 1;
    this.#arming?.abort();
    this.#exporting?.abort();
    this.#dropFilm();
    for (const off of this.#offs.splice(0)) off();
    const studio = this.#studio;
    this.#studio = undefined;
    this.cameraOn = this.starting = this.flipping = this.#saving = this.#restarting = false;
    this.#arming = this.trouble = this.doomed = undefined;
    this.#notices.reset();
    this.countdown = 0;
    this.tools.reset();
    this.toasts.drop();
    clearTimeout(this.#eraseTimer);
    await studio?.close();
  }

  /** Asks the browser for camera and microphone. */
  async start(): Promise<void> {
    const studio = this.#studio;
    if (!studio || this.starting) return;
    const generation = this.#generation;
    this.trouble = undefined;
    if (this.screen === 'blocked') this.screen = 'welcome';
    this.starting = true;
    this.#changed();
    try {
      await studio.camera.start();
      if (generation !== this.#generation) return;
      if (!this.starting) return void (await studio.camera.stop());
      this.cameraOn = true;
      this.screen = 'camera';
      this.#wasFull = this.full;
      this.#notices.tellSound();
      if (this.capabilities?.storage === 'memory') this.#notices.tellMemory();
      this.#speak((t) => t.stateReady);
      this.#countCameras(await studio.camera.devices());
    } catch (reason) {
      if (generation === this.#generation && this.starting) this.#block(this.#trouble(reason));
    } finally {
      if (generation === this.#generation) this.starting = false;
      this.#changed();
    }
  }

  /** Gives up waiting for the camera. */
  cancelStart(): void {
    this.starting = false;
    this.#changed();
  }

  async leave(): Promise<void> {
    if (this.take !== 'ready') await this.pause();
    this.cameraOn = false;
    this.doomed = undefined;
    this.#notices.reset();
    this.tools.reset();
    this.screen = 'welcome';
    this.#changed();
    this.#host.emit('close', undefined);
    await this.#studio?.camera.stop();
  }

  /** Leaves camera and draft for the list of drafts; `open` comes back. */
  async showDrafts(): Promise<void> {
    if (this.take !== 'ready') await this.pause();
    const closed = this.close();
    const generation = this.#generation;
    this.screen = 'opening';
    this.#changed();
    await closed;
    if (generation !== this.#generation) return;
    this.screen = 'drafts';
    this.#changed();
  }

  /** Begins or ends a take, or stops its countdown. */
  async press(): Promise<void> {
    if (this.take === 'ready') await this.record();
    else if (this.take !== 'saving') await this.pause();
  }

  async record(): Promise<void> {
    this.#lossShown = false;
    const studio = this.#studio;
    if (!studio || !this.cameraOn || this.take !== 'ready') return;
    this.spare();
    this.#notices.clear('unfinished');
    if (this.full) return this.#say({ say: (t) => t.fullHint, icon: 'info' });
    const arming = (this.#arming = new AbortController());
    this.#written = this.#from = total(this.segments);
    this.#notices.clear('interruption');
    this.#spokenStep = Math.floor(this.#written / 5);
    this.toasts.drop();
    this.#brief = false;
    this.#changed();
    try {
      await this.tools.look.settle();
      const { signal } = arming;
      this.#host.tend(studio, true);
      if (!signal.aborted) await studio.record({ countdown: this.tools.timer, minDuration: this.#options.minDuration, speed: this.speed, signal });
    } catch (reason) {
      if (!isAbort(reason)) this.#report(reason);
    } finally {
      if (this.#arming === arming) this.#arming = undefined;
      this.countdown = 0;
      this.#changed();
    }
    if (this.#brief) await this.pause();
  }

  /** The end of a hold: ends the take, as soon as it has begun. */
  async letGo(): Promise<void> {
    if (this.take === 'recording') await this.pause();
    else this.#brief = this.tools.timer === 0;
  }

  /** Ends the take; one that has not begun is given up. */
  async pause(): Promise<void> {
    const studio = this.#studio;
    if (!studio || this.#saving) return;
    if (studio.state !== 'recording') return this.#arming?.abort();
    this.#saving = true;
    this.#changed();
    try {
      const kept = await studio.pause();
      if (kept.length === 0) this.#say({ say: (t) => t.tooShort, icon: 'info' });
    } catch (reason) {
      if (!isAbort(reason)) this.#report(reason);
    } finally {
      this.#saving = false;
      this.#speakPaused();
      this.#changed();
    }
  }

  async flip(): Promise<void> {
    const studio = this.#studio;
    if (!studio || !this.cameraOn || this.flipping || this.cameras < 2) return;
    this.spare();
    this.flipping = true;
    this.#changed();
    try {
      const facing = await studio.camera.flip();
      this.#speak((t) => (facing === 'user' ? t.front : facing === 'environment' ? t.rear : t.anyCamera));
    } catch (reason) {
      this.#say({ say: (t) => t.flipFailed, icon: 'warning' });
      this.#host.emit('error', reason);
    } finally {
      this.flipping = false;
      if (studio.state === 'idle' && this.cameraOn) this.#lose('lost', 'no camera came up after a flip');
      this.#changed();
    }
  }

  /** First asks, then deletes the last take. */
  async erase(): Promise<void> {
    const studio = this.#studio;
    const last = this.segments.at(-1);
    if (!studio || !last || this.take !== 'ready') return;
    if (this.doomed !== last.take) {
      this.doomed = last.take;
      this.#speak((t) => t.eraseAsk, true);
      clearTimeout(this.#eraseTimer);
      this.#eraseTimer = setTimeout(() => this.spare(), ERASE);
      return this.#changed();
    }
    this.spare();
    try {
      await studio.draft.removeLast();
      this.#say({ say: (t) => t.erased, icon: 'erase', undo: true });
    } catch (reason) {
      this.#report(reason);
    }
  }

  /** Takes the question about deleting back. */
  spare(): void {
    clearTimeout(this.#eraseTimer);
    if (this.doomed === undefined) return;
    this.doomed = undefined;
    this.#changed();
  }

  async undo(): Promise<void> {
    this.toasts.hush();
    try {
      await this.#studio?.draft.undo();
      this.#say({ say: (t) => t.undone, icon: 'undo' });
    } catch (reason) {
      this.#report(reason);
    }
  }

  setSpeed(speed: number): void {
    if (this.take !== 'ready') return;
    this.speed = speed;
    this.#changed();
  }

  /** Joins what was filmed and shows it. */
  async review(): Promise<void> {
    const studio = this.#studio;
    if (!studio) return;
    this.spare();
    if (this.take !== 'ready') await this.pause();
    if (this.segments.length === 0 || this.take !== 'ready' || this.screen === 'review') return;
    const exporting = (this.#exporting = new AbortController());
    this.toasts.drop();
    this.filmTrouble = undefined;
    this.storing = 'no';
    this.joining = { ratio: 0, eta: undefined };
    this.screen = 'review';
    this.#changed();
    try {
      const film = await studio.export({
        signal: exporting.signal,
        onProgress: ({ ratio, eta }) => {
          this.joining = { ratio, eta };
          this.#changed();
        },
      });
      if (exporting.signal.aborted) return film.release();
      this.film = film;
      this.#speak((t) => t.joined);
      this.#host.emit('film', film);
    } catch (reason) {
      if (exporting.signal.aborted || isAbort(reason)) return;
      this.filmTrouble = this.#trouble(reason);
      this.#host.emit('error', reason);
    } finally {
      if (this.#exporting === exporting) this.#exporting = this.joining = undefined;
      this.#changed();
    }
  }

  /** Tries an export again that failed. */
  rejoin(): Promise<void> {
    this.screen = 'camera';
    return this.review();
  }

  /** Back to the camera; also gives up an export. */
  async back(): Promise<void> {
    this.#exporting?.abort();
    this.#exporting = this.joining = this.filmTrouble = undefined;
    this.#dropFilm();
    this.screen = this.cameraOn ? 'camera' : 'welcome';
    this.#changed();
    if (this.trouble) this.#block(this.trouble);
  }

  async save(): Promise<void> {
    if (!this.film || this.storing === 'now') return;
    this.storing = 'now';
    this.#changed();
    try {
      await this.film.save(filmName());
      this.storing = 'done';
      this.#say({ say: (t) => t.savedToast, icon: 'check' });
    } catch (reason) {
      this.storing = 'no';
      if (isAbort(reason)) return this.#changed();
      this.#say({ say: (t) => t.saveFailed, icon: 'warning' });
      this.#host.emit('error', reason);
    }
  }

  async share(): Promise<void> {
    try {
      await this.film?.share(filmName());
    } catch (reason) {
      if (isAbort(reason)) return;
      this.#say({ say: (t) => t.shareFailed, icon: 'warning' });
      this.#host.emit('error', reason);
    }
  }

  dismiss(notice: Notice): void {
    this.#notices.dismiss(notice);
  }

  #listen(studio: Studio): void {
    this.#offs = [
      studio.on('state', (state) => this.#onState(state)),
      studio.on('time', ({ draft }) => this.#onTime(draft)),
      studio.on('draft', () => this.#onDraft()),
      studio.on('segment', () => this.#changed()),
      studio.on('camera', () => void this.tools.handleCamera()),
      studio.on('level', (level) => this.tools.handleLevel(level)),
      studio.on('devices', (devices) => this.#countCameras(devices)),
      studio.on('countdown', (left) => this.#onCountdown(left)),
      studio.on('storage', ({ secondsLeft }) => this.#notices.tellRoom(secondsLeft)),
      studio.on('interrupted', (interrupted) => this.#onInterrupted(interrupted)),
      studio.on('resumed', (resumed) => this.#onResumed(resumed)),
      studio.on('recovered', (news) => this.#onRecovered(news)),
      studio.on('error', (error) => this.#report(error)),
    ];
  }

  #onState(state: StudioEvents['state']): void {
    if (state !== 'recording') this.#notices.takeOver();
    if (state === 'recording') this.#speak((t) => t.stateRecording);
    else if (state === 'preview' && this.cameraOn && !this.#saving && !this.#arming && this.segments.length > 0) this.#speakPaused();
    else if (state === 'idle' && this.cameraOn && !this.flipping && !this.#restarting) this.#lose('lost', 'the camera ended', true);
    this.#noticeFull();
    this.#changed();
  }

  #onDraft(): void {
    this.#noticeFull();
    void this.tools.haunt();
    this.#changed();
  }

  #onResumed(resumed: StudioEvents['resumed']): void {
    this.#notices.resumed(resumed);
    if (resumed.reason !== 'worker') return;
    this.#restarting = false;
    if (this.#studio?.state === 'idle' && this.cameraOn && !this.flipping) this.#lose('lost', 'no camera came back with the worker');
  }

  #onRecovered({ segments, seconds, lost }: StudioEvents['recovered']): void {
    if (segments > 0) this.#say({ say: (t) => t.recovered(t.segments(segments), clock(seconds)), icon: 'check' });
    if (lost > 0) this.#notices.show({ about: 'lost', icon: 'warning', say: (t) => t.lost(t.segments(lost)) });
  }

  #onTime(draft: number): void {
    this.#written = draft;
    const step = Math.floor(draft / 5);
    if (step > this.#spokenStep) {
      this.#spokenStep = step;
      this.#speak((t) => t.stateAt(spoken(step * 5, t)));
    }
    this.#changed();
  }

  #onCountdown(left: number): void {
    this.countdown = left;
    if (left > 0) this.#speak(() => String(left), true);
    this.#changed();
  }

  #onInterrupted(interrupted: StudioEvents['interrupted']): void {
    const { reason, device, recording } = interrupted;
    if (device === 'microphone') return this.#notices.interrupted(interrupted);
    // The take goes on by itself, as another segment.
    if (recording && reason === 'size-changed') return;
    if (recording && reason === 'encoder') return this.#say({ say: (t) => t.encoderBack, icon: 'info' });
    if (!recording) this.#arming?.abort();
    if (reason === 'device-lost' || reason === 'permission') {
      // Why it went is known a moment later; by then it may have been turned on again.
      if (!this.#lossShown || !(this.starting || this.cameraOn)) this.#lose(reason === 'permission' ? 'denied' : 'lost', reason);
      return;
    }
    if (reason === 'worker') this.#restarting = true;
    this.#notices.interrupted(interrupted);
  }

  /** The camera is gone; the segment being sealed is told of by a draft event of its own. A film being watched is left alone. */
  #lose(kind: TroubleKind, detail: string, shown = false): void {
    this.#lossShown = shown;
    this.cameraOn = false;
    this.trouble = { kind, detail, hint: '' };
    if (this.screen === 'review') return this.#changed();
    this.#block(this.trouble);
  }

  #countCameras(devices: StudioEvents['devices']): void {
    this.cameras = devices.filter(({ kind }) => kind === 'camera').length;
    this.#changed();
  }

  #block(trouble: Trouble): void {
    this.trouble = trouble;
    this.screen = 'blocked';
    this.doomed = undefined;
    this.#changed();
  }

  /** A failure that leaves the screen usable. */
  #report(reason: unknown): void {
    const { code, hint } = isOnetakeError(reason) ? reason : { code: '', hint: String(reason) };
    if (code === 'storage_full') this.#notices.interrupted({ reason: 'storage-full' });
    else this.#say({ say: () => hint, icon: 'warning' });
    this.#host.emit('error', reason);
  }

  #trouble(reason: unknown): Trouble {
    if (this.screen !== 'review') this.#host.emit('error', reason);
    return troubleOf(reason);
  }

  #say(toast: Toast): void {
    this.toasts.show(toast);
    this.#speak(toast.say);
    this.#changed();
  }

  #speak(say: Say, urgent = false): void {
    this.spoken = { say, urgent };
  }

  #noticeFull(): void {
    const { full } = this;
    if (full && !this.#wasFull && this.screen === 'camera') this.#say({ say: (t) => t.full(clock(this.limit)), icon: 'check' });
    if (this.take === 'ready') this.#wasFull = full;
  }

  #speakPaused(): void {
    if (this.toasts.now) return;
    const { length } = this.segments;
    const seconds = this.elapsed;
    this.#speak((t) => t.statePaused(t.segments(length), spoken(seconds, t)));
  }

  #dropFilm(): void {
    this.film?.release();
    this.film = undefined;
  }

  #changed(): void {
    this.#host.requestUpdate();
  }
}
