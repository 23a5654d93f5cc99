//! What comes from camera and microphone, and the encoders it goes to.

use std::collections::VecDeque;

use onetake_core::codec::{SampleEntry, av1};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{AudioCodec, Size, TrackKind, VideoCodec};
use onetake_core::protocol::{Answer, Camera, InterruptedReason, Settings};
use onetake_core::record::{Admission, Block, DropReason, Load, Probation};
use onetake_core::time::Micros;
use web_sys::{EncodedAudioChunk, EncodedVideoChunk};

use super::Studio;
use super::picture::Picture;
use crate::mail::{Mail, post};
use crate::media::frame::{OwnedFrame, OwnedSound, micros};
use crate::media::sound::{SoundRun, SoundSetup};
use crate::media::source::{CameraFeed, Samples, SoundFeed, WatchedTrack};
use crate::media::video::{DRAFT_CODING, Joining, VideoRun, VideoSetup, bytes_of};
use crate::{clock, page};

/// A camera whose frames arrive.
pub(super) struct CameraTrack {
    pub(super) number: u32,
    pub(super) camera: Camera,
    /// Whether another camera came before it in this worker.
    follows: bool,
    /// Known from its first frame on.
    pub(super) picture: Option<Picture>,
    /// Frames it delivered.
    frames: u32,
    /// Ticks since its first frame: a still screen delivers few.
    ticks: u32,
    /// Whether the page has let it go: what it took before still counts, its end is no loss.
    pub(super) leaving: bool,
    /// Where this worker reads the camera itself.
    track: Option<WatchedTrack>,
}

impl CameraTrack {
    /// The page lets it go: what it took before still counts, nothing more comes.
    pub(super) fn leave(&mut self) {
        self.leaving = true;
        self.track = None;
    }

    /// Whether its clock is known well enough to begin a segment: the smallest of a dozen arrival delays is steady, a
    /// single one can be late by 2 ms. After a flip the clock is the one known before.
    pub(super) fn is_settled(&self) -> bool {
        self.picture.is_some()
            && !self.leaving
            && (self.follows || self.frames >= SETTLED_FRAMES || self.ticks >= SETTLED_TICKS)
    }
}

const SETTLED_FRAMES: u32 = 12;
const SETTLED_TICKS: u32 = 5;
const UNHEARD_TICKS: u32 = 10;
/// Spare encoders that are made anew before a failure is told.
const MOST_SPARES: u32 = 3;

/// Encoders of pictures: one configured spare, one running.
#[derive(Default)]
pub(super) struct VideoDesk {
    pub(super) setup: Option<VideoSetup>,
    pub(super) preparing: bool,
    pub(super) spare: Option<VideoRun>,
    pub(super) running: Option<VideoRun>,
    /// When the frames in the encoder were handed over, by their timestamps.
    handed: VecDeque<(Micros, Micros)>,
    /// Milliseconds in the encoder, smoothed.
    pub(super) encode_ms: f64,
    pub(super) failure: Option<Failure>,
    /// The run that failed last.
    pub(super) failed: Option<u32>,
    /// Spares in a row that died before they were needed: browsers take idle encoders away.
    spares_lost: u32,
    /// Whether a camera was there before: its clock is known.
    seen: bool,
    /// What takes in which an encoder failed say of the next ones.
    pub(super) probation: Probation,
}

/// Encoders of sound: one spare, one running.
#[derive(Default)]
pub(super) struct SoundDesk {
    pub(super) setup: Option<SoundSetup>,
    preparing: bool,
    /// Whether the page has said if there is a microphone.
    pub(super) known: bool,
    pub(super) spare: Option<SoundRun>,
    pub(super) running: Option<SoundRun>,
    planes: Vec<f32>,
    /// Ticks that a take has waited for the first block.
    unheard: u32,
    pub(super) level: Level,
    pub(super) failure: Option<Failure>,
}

/// Loudness since it was last said.
#[derive(Default)]
pub(super) struct Level {
    peak: f32,
    squares: f64,
    samples: u32,
}

impl Studio {
    pub(super) fn take_camera(&mut self, request: u32, camera: Camera, feed: Option<CameraFeed>) {
        self.tracks += 1;
        let track = match feed.map(|feed| feed.watch(self.tracks)).transpose() {
            Ok(track) => track.flatten(),
            Err(reason) => return page::fail(request, crate::js::failure("not_supported", &reason)),
        };
        let follows = std::mem::replace(&mut self.video.seen, true);
        self.camera = Some(CameraTrack {
            number: self.tracks,
            camera,
            follows,
            picture: None,
            frames: 0,
            ticks: 0,
            leaving: false,
            track,
        });
        self.picture.forget_shown();
        if let Some(recorder) = &mut self.recorder {
            recorder.handle_new_camera();
        }
        page::answer(request, Answer::Nothing {});
    }

    pub(super) fn take_microphone(&mut self, request: u32, feed: Option<SoundFeed>) {
        self.tracks += 1;
        self.sound.known = true;
        self.microphone = feed.is_some().then_some(self.tracks);
        if let Some(recorder) = &mut self.recorder {
            recorder.handle_new_microphone();
        }
        if let Some(feed) = feed {
            feed.watch(self.tracks);
        }
        page::answer(request, Answer::Nothing {});
    }

    /// A late frame of a camera that was exchanged is only closed.
    pub(super) fn handle_frame(&mut self, camera: u32, frame: &OwnedFrame, arrival: Micros) {
        let Some(track) = self.camera.as_mut().filter(|track| track.number == camera) else { return };
        track.frames = track.frames.saturating_add(1);
        self.look_at(frame);
        self.settle_look();
        self.record_frame(frame, arrival);
        self.draw_aside(frame);
    }

    fn record_frame(&mut self, frame: &OwnedFrame, arrival: Micros) {
        let (gpu_queue, pauses) = (self.gpu_queue(), self.take_pauses());
        let Some(recorder) = &mut self.recorder else { return };
        let load = Load { encoder_queue: self.video.running.as_ref().map_or(0, VideoRun::queue), gpu_queue };
        let admission = recorder.handle_frame(frame.stamp(), arrival, load);
        if pauses {
            recorder.handle_hole();
        }
        match admission {
            Admission::Encode { timestamp, key } => self.encode(frame, timestamp, key),
            // Between an encoder that failed, or a segment that could not hold a change, and the next one.
            Admission::Idle if pauses => recorder.handle_homeless(DropReason::Encoder),
            Admission::Idle | Admission::Thin => self.preview(frame, gpu_queue),
            Admission::Drop(_) => {}
        }
    }

    fn encode(&mut self, frame: &OwnedFrame, timestamp: Micros, key: bool) {
        let Some(run) = &self.video.running else { return };
        let picture = match self.picture.drawn(self.camera.as_ref()) {
            Some((view, way)) => self.picture.draw_recorded(frame, timestamp, &view, &way),
            None => frame.recorded(timestamp, run.size),
        };
        let encoded = picture.and_then(|picture| run.encode(&picture, key));
        match encoded {
            // Its frame is missed when the encoder is seen to give a later one.
            Err(_) if self.picture.is_lost() => {}
            Ok(()) => self.video.handed.push_back((timestamp, clock::now())),
            Err(reason) => {
                let (run, detail) = (run.number, crate::js::describe(&reason));
                post(Mail::EncoderFailed { run, detail });
            }
        }
    }

    pub(super) fn handle_block(&mut self, microphone: u32, block: &OwnedSound, arrival: Micros) {
        if self.microphone != Some(microphone) {
            return;
        }
        let mut planes = std::mem::take(&mut self.sound.planes);
        if block.planes(&mut planes).is_ok() {
            self.sound.level.add(&planes);
            let channels = block.channels();
            self.choose_sound(channels);
            if let Some(recorder) = &mut self.recorder {
                let (stamp, rate) = (block.stamp(), block.rate());
                recorder.handle_block(Block { stamp, arrival, rate, channels, planes: &planes });
            }
        }
        self.sound.planes = planes;
    }

    /// Sound of an audio graph, on a clock that only arrivals relate to ours.
    pub(super) fn handle_samples(&mut self, microphone: u32, samples: Samples) {
        if self.microphone != Some(microphone) {
            return;
        }
        let Samples { stamp, arrival, rate, channels, planes } = samples;
        self.sound.level.add(&planes);
        self.choose_sound(channels);
        if let Some(recorder) = &mut self.recorder {
            recorder.handle_block(Block { stamp, arrival, rate, channels, planes: &planes });
        }
    }

    pub(super) fn handle_missed(&mut self, camera: u32, frames: u32) {
        let current = self.camera.as_ref().is_some_and(|track| track.number == camera);
        if let Some(recorder) = self.recorder.as_mut().filter(|_| current) {
            recorder.handle_missed(frames);
        }
    }

    /// The page's words may overtake those of the camera's own port: whichever comes first, the camera was let go.
    pub(super) fn handle_camera_left(&mut self, camera: u32) {
        if let Some(track) = self.camera.as_mut().filter(|track| track.number == camera) {
            track.leave();
        }
        self.handle_camera_ended(camera);
    }

    pub(super) fn handle_camera_ended(&mut self, camera: u32) {
        let Some(track) = self.camera.as_ref().filter(|track| track.number == camera) else { return };
        let leaving = track.leaving;
        self.lose_camera();
        if !leaving {
            self.interrupt(InterruptedReason::DeviceLost);
        }
    }

    /// Nothing more comes from this camera: what is open can be sealed at once.
    pub(super) fn lose_camera(&mut self) {
        self.camera = None;
        if let Some(recorder) = &mut self.recorder {
            recorder.handle_camera_end();
        }
    }

    /// The recorder goes on with silence; the page has seen the track end too and says so.
    pub(super) fn handle_microphone_ended(&mut self, microphone: u32) {
        if self.microphone == Some(microphone) {
            self.microphone = None;
            if let Some(recorder) = &mut self.recorder {
                recorder.handle_microphone_end();
            }
        }
    }

    pub(super) fn choose_video(&mut self, size: Size) {
        if self.video.preparing {
            return;
        }
        if self.video.setup.as_ref().is_some_and(|setup| setup.size == size) {
            return self.renew_video();
        }
        self.video = VideoDesk {
            preparing: true,
            running: self.video.running.take(),
            seen: true,
            probation: self.video.probation,
            ..VideoDesk::default()
        };
        // Of a draft that has begun: an encoder writes its level from it.
        let begun = self.draft_settings().map(|settings| f64::from(settings.frame_rate) / 1000.0);
        let (rate, bitrate, wanted) = self.asked_video();
        let (rate, joining) = (begun.unwrap_or(rate), self.joining());
        crate::js::spawn(async move {
            post(Mail::VideoReady(VideoSetup::choose(size, rate, bitrate, wanted, joining).await));
        });
    }

    /// Frames a second, bits a second and the coding of a draft that begins.
    fn asked_video(&self) -> (f64, Option<u32>, VideoCodec) {
        let Settings { frame_rate, video_bitrate, video_codec, .. } = &self.settings;
        (*frame_rate, *video_bitrate, video_codec.unwrap_or(VideoCodec::Avc))
    }

    /// The draft is discarded: nothing has to be joined any more, and what was chosen to join it is chosen anew. A take that
    /// was begun meanwhile goes on as it began.
    pub(super) fn begin_video_anew(&mut self) {
        if self.take_is_open() {
            return;
        }
        self.picture.forget_model();
        if self.video.preparing {
            return;
        }
        self.video.failure = None;
        if let Some(setup) = self.video.setup.take() {
            self.keep_video(setup);
        }
        self.choose_again();
    }

    /// Takes what was chosen, unless it was for a draft that is discarded.
    fn keep_video(&mut self, setup: VideoSetup) {
        let (rate, bitrate, wanted) = self.asked_video();
        let free = matches!(self.joining(), Joining::Nothing);
        if !free || setup.is_as_asked(rate, bitrate, wanted) {
            self.video.setup = Some(setup);
        } else {
            self.video.spare = None;
        }
    }

    /// What the encoder can do may send the camera's picture another way.
    pub(super) fn handle_video_ready(&mut self, result: Result<VideoSetup, Failure>) {
        self.video.preparing = false;
        let setup = match result {
            Ok(setup) => setup,
            // The draft that they should have joined was discarded meanwhile.
            Err(failure) if failure.code == DRAFT_CODING && matches!(self.joining(), Joining::Nothing) => {
                return self.choose_again();
            }
            Err(failure) => {
                self.fail_record(failure.clone(), |studio| studio.video.failure = Some(failure));
                return self.end_unrelayed();
            }
        };
        self.keep_video(setup);
        match self.camera.as_ref().and_then(|track| track.picture) {
            Some(picture) => self.choose_picture(picture.given),
            None => self.renew_video(),
        }
    }

    /// A fresh encoder for the next segment, once the one before is closed: some phones have only one.
    pub(super) fn renew_video(&mut self) {
        let free = self.video.spare.is_none() && self.video.running.is_none();
        let Some(setup) = self.video.setup.as_ref().filter(|_| free) else { return };
        match VideoRun::new(setup) {
            Ok(run) => self.video.spare = Some(run),
            Err(reason) => self.video.failure = Some(crate::js::failure("encoder_failed", &reason)),
        }
    }

    /// The draft's sound, else what the first block of the microphone suggests.
    fn choose_sound(&mut self, channels: u32) {
        if self.sound.setup.is_some() || self.sound.preparing || self.sound.failure.is_some() {
            return;
        }
        let (wanted, channels) = match self.draft_sound() {
            Some((codec, channels)) => (Some(codec), channels),
            None => (self.settings.audio_codec, if channels == 1 { 1 } else { 2 }),
        };
        self.measure_sound(wanted, channels);
    }

    pub(super) fn count_camera_ticks(&mut self) {
        if let Some(camera) = self.camera.as_mut().filter(|camera| camera.picture.is_some()) {
            camera.ticks = camera.ticks.saturating_add(1);
        }
    }

    /// Makes again what failed before.
    pub(super) fn retry_encoders(&mut self) {
        if let Some(picture) = self.camera.as_ref().and_then(|camera| camera.picture) {
            self.choose_video(picture.way.size);
        }
        match self.draft_sound() {
            Some((codec, channels)) if self.sound.setup.is_none() && !self.sound.preparing => {
                self.measure_sound(Some(codec), channels);
            }
            _ => self.renew_sound(),
        }
    }

    /// A microphone that gives nothing must not keep a take waiting: after a second it counts as a silent mono one.
    pub(super) fn choose_sound_unheard(&mut self) {
        let waits = self.microphone.is_some() && self.take_is_open() && self.sound.setup.is_none();
        self.sound.unheard = if waits { self.sound.unheard + 1 } else { 0 };
        if self.sound.unheard > UNHEARD_TICKS {
            self.choose_sound(1);
        }
    }

    pub(super) fn measure_sound(&mut self, wanted: Option<AudioCodec>, channels: u8) {
        let Some(store) = self.store.clone() else { return };
        self.sound.preparing = true;
        let (bitrate, engine) = (self.settings.audio_bitrate, self.settings.engine.clone());
        crate::js::spawn(async move {
            post(Mail::SoundReady(SoundSetup::choose(wanted, channels, bitrate, &engine, &store).await));
        });
    }

    pub(super) fn handle_sound_ready(&mut self, result: Result<SoundSetup, Failure>) {
        self.sound.preparing = false;
        match result {
            Ok(setup) => {
                self.sound.setup = Some(setup);
                self.renew_sound();
            }
            // Nothing is encoded here.
            Err(_) if self.import.is_on() => {}
            Err(failure) => self.fail_record(failure.clone(), |studio| studio.sound.failure = Some(failure)),
        }
    }

    /// A fresh encoder for the next segment.
    pub(super) fn renew_sound(&mut self) {
        let Some(setup) = self.sound.setup.as_ref().filter(|_| self.sound.spare.is_none()) else { return };
        match SoundRun::new(setup) {
            Ok(run) => self.sound.spare = Some(run),
            Err(failure) => self.sound.failure = Some(failure),
        }
    }

    /// Puts the spare encoders to work for the segment that opens.
    pub(super) fn start_encoders(&mut self, with_sound: bool) {
        self.video.running = self.video.spare.take();
        self.video.spares_lost = 0;
        self.video.handed.clear();
        self.sound.running = if with_sound { self.sound.spare.take() } else { None };
    }

    /// Closes the encoders of a sealed segment and makes the next ones.
    pub(super) fn renew_encoders(&mut self) {
        self.video.running = None;
        self.sound.running = None;
        self.video.handed.clear();
        self.renew_video();
        self.renew_sound();
    }

    pub(super) fn handle_video_chunk(&mut self, run: u32, chunk: &EncodedVideoChunk, description: Option<Vec<u8>>) {
        let timestamp = micros(chunk.timestamp());
        let drawn = self.passes() > 0;
        if self.video.running.as_ref().is_none_or(|running| running.number != run || running.spoilt.get()) {
            return;
        }
        self.note_latency(timestamp);
        let (Some(recorder), Some(running)) = (&mut self.recorder, &self.video.running) else { return };
        let (coding, size) = (running.coding, running.size);
        let entry = description.map(|record| {
            let entry = SampleEntry::of_pictures(coding, &record, size).map_err(Failure::from)?;
            let entry = self.picture.describe(entry, drawn);
            recorder.handle_entry(TrackKind::Video, entry).map_err(Failure::from)
        });
        let sync = chunk.type_() == web_sys::EncodedVideoChunkType::Key;
        let handled = entry.unwrap_or(Ok(())).and_then(|()| {
            let bytes = bytes_of(chunk).map_err(|reason| crate::js::failure("encoder_failed", &reason))?;
            let stored = if coding == VideoCodec::Av1 { av1::stored(&bytes) } else { &bytes };
            recorder.handle_chunk(TrackKind::Video, timestamp, sync, stored).map_err(Failure::from)
        });
        if let Err(failure) = handled {
            running.spoilt.set(true);
            post(Mail::EncoderFailed { run, detail: failure.to_string() });
        }
    }

    fn note_latency(&mut self, timestamp: Micros) {
        while let Some(&(handed, at)) = self.video.handed.front() {
            if handed > timestamp {
                return;
            }
            self.video.handed.pop_front();
            if handed == timestamp {
                let spent = crate::media::frame::number((clock::now() - at).0) / 1000.0;
                self.video.encode_ms += (spent - self.video.encode_ms) / 8.0;
            }
        }
    }

    pub(super) fn handle_sound_chunk(&mut self, run: u32, chunk: &EncodedAudioChunk, description: Option<Vec<u8>>) {
        let current = self.sound.running.as_ref().is_some_and(|running| running.number == run);
        let (Some(recorder), Some(setup), true) = (&mut self.recorder, &self.sound.setup, current) else { return };
        if let Some(record) = description {
            let entry = match setup.codec {
                AudioCodec::Opus => SampleEntry::opus(&record, setup.channels),
                AudioCodec::Aac => SampleEntry::mp4a(&record, setup.channels, crate::media::sound::RATE),
            };
            let entry = entry.map_err(Failure::from);
            let handled = entry.and_then(|entry| recorder.handle_entry(TrackKind::Audio, entry).map_err(Failure::from));
            if let Err(failure) = handled {
                return post(Mail::EncoderFailed { run, detail: failure.to_string() });
            }
        }
        let mut bytes = vec![0; chunk.byte_length() as usize];
        let copied =
            chunk.copy_to_with_u8_slice(&mut bytes).map_err(|reason| crate::js::failure("encoder_failed", &reason));
        let timestamp = micros(chunk.timestamp());
        let handled = copied
            .and_then(|()| recorder.handle_chunk(TrackKind::Audio, timestamp, true, &bytes).map_err(Failure::from));
        if let Err(failure) = handled {
            post(Mail::EncoderFailed { run, detail: failure.to_string() });
        }
    }

    pub(super) fn handle_encoder_failed(&mut self, run: u32, detail: &str) {
        if self.video.spare.as_ref().is_some_and(|spare| spare.number == run) {
            self.video.spare = None;
            self.video.spares_lost += 1;
            if self.video.spares_lost <= MOST_SPARES {
                return self.renew_video();
            }
            self.video.failure = Some(Failure::new("encoder_failed", Retry::Later, detail));
        }
        if self.sound.spare.as_ref().is_some_and(|spare| spare.number == run) {
            self.sound.spare = None;
            self.sound.failure = Some(Failure::new("encoder_failed", Retry::Later, detail));
        }
        let video = self.video.running.as_ref().is_some_and(|running| running.number == run);
        let sound = self.sound.running.as_ref().is_some_and(|running| running.number == run);
        if video || sound {
            self.explain(detail);
            if video && self.hand_over_video(run) {
                return;
            }
            self.interrupt(InterruptedReason::Encoder);
        }
    }

    pub(super) fn handle_flushed(&mut self, run: u32, track: TrackKind) {
        let current = match track {
            TrackKind::Video => self.video.running.as_ref().map(|running| running.number),
            TrackKind::Audio => self.sound.running.as_ref().map(|running| running.number),
        };
        if let Some(recorder) = self.recorder.as_mut().filter(|_| current == Some(run)) {
            recorder.handle_flushed(track);
        }
    }
}

impl SoundDesk {
    /// What a listener of a film with this sound may hear, or its player may lack. `foreign`: it was coded by the browser's
    /// recorder, which nobody measured.
    pub(super) fn warnings(&self, audio: Option<AudioCodec>, foreign: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        if audio == Some(AudioCodec::Opus) {
            warnings.push("audio_opus".to_owned());
        }
        if audio.is_some() && (foreign || self.setup.as_ref().is_some_and(|setup| !setup.joins_clean)) {
            warnings.push("audio_joins".to_owned());
        }
        warnings
    }
}

impl Level {
    fn add(&mut self, samples: &[f32]) {
        for &sample in samples {
            self.peak = self.peak.max(sample.abs());
            self.squares += f64::from(sample) * f64::from(sample);
        }
        self.samples += u32::try_from(samples.len()).unwrap_or(0);
    }

    /// Peak and root mean square since the last call; `None` where nothing was heard.
    pub(super) fn taken(&mut self) -> Option<(f64, f64)> {
        let Level { peak, squares, samples } = std::mem::take(self);
        (samples > 0).then(|| (f64::from(peak), (squares / f64::from(samples)).sqrt()))
    }
}
