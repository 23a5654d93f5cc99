//! The studio worker's state and its single turn.
//!
//! Order of things: `open` reads the draft; `camera` and `microphone` bring tracks, whose first frame and block choose
//! and warm the encoders; `record` asks for a take, and each stretch of one camera becomes a segment. A decision is
//! true once it is in the journal: the draft changes then, and only then is the page told.

mod capture;
mod compress;
mod desk;
mod draft;
mod export;
mod figures;
mod files;
mod import;
mod look;
mod peek;
mod picture;
mod relay;
mod straighten;
mod take;
mod transcode;

use gloo::timers::callback::{Interval, Timeout};
use onetake_core::draft::Draft;
use onetake_core::error::{Failure, Retry};
use onetake_core::protocol::{Answer, Command, Request, Settings};
use onetake_core::record::Recorder;
use onetake_core::time::Micros;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use self::capture::{CameraTrack, SoundDesk, VideoDesk};
use self::desk::Running;
pub(crate) use self::draft::{Journal, OpenedDraft};
pub(crate) use self::export::Exported;
pub(crate) use self::files::Made;
pub(crate) use self::import::Said;
use self::import::{ImportDesk, cannot};
pub(crate) use self::look::Job;
use self::look::LookDesk;
pub(crate) use self::peek::Peeked;
use self::picture::PictureDesk;
pub(crate) use self::straighten::Straightened;
use self::straighten::{Asked, StraightenDesk};
use self::take::{Press, Take};
use crate::mail::Mail;
use crate::mailbox::Mailbox;
use crate::media::source::{CameraFeed, SoundFeed};
use crate::store::{Files, Store};
use crate::{clock, page, wire};

/// A message of the page: a request of the protocol with its handles beside it.
#[wasm_bindgen]
pub fn receive(message: JsValue) {
    post(Mail::Message(message));
}

/// Once per worker, before anything else can fail.
#[wasm_bindgen(start)]
fn start() {
    page::report_panics();
}

/// Hands mail to the studio; from inside a turn it waits for the end of that turn.
pub(crate) fn post(mail: Mail) {
    thread_local! {
        static STUDIO: Mailbox<Mail, Studio> = Mailbox::new(Studio::default(), Studio::turn);
    }
    STUDIO.with(|studio| studio.post(mail));
}

/// Ten times a second: figures, levels and timeouts, never media.
const TICK_MS: u32 = 100;

#[derive(Default)]
pub(crate) struct Studio {
    settings: Settings,
    /// Folder of the draft's files, empty until a draft is open.
    folder: String,
    store: Option<Store>,
    draft: Option<Draft>,
    journal: Journal,
    recorder: Option<Recorder>,
    camera: Option<CameraTrack>,
    /// Number of the live microphone.
    microphone: Option<u32>,
    /// Tracks seen so far, to tell a late frame of an old one.
    tracks: u32,
    video: VideoDesk,
    sound: SoundDesk,
    picture: PictureDesk,
    look: LookDesk,
    straighten: StraightenDesk,
    import: ImportDesk,
    take: Option<Take>,
    /// Closed segment files by name: each taken once, for slices of it die with a second one.
    files: Files,
    running: Vec<Running>,
    ticker: Option<Interval>,
    /// The recorder's next timeout, where it comes before the next tick.
    alarm: Option<(Micros, Timeout)>,
}

impl Studio {
    fn turn(&mut self, mail: Mail) {
        match mail {
            Mail::Message(message) => self.handle_message(&message),
            Mail::Opened { request, result } => self.handle_opened(request, result),
            Mail::Frame { camera, frame, arrival } => self.handle_frame(camera, &frame, arrival),
            Mail::Missed { camera, frames } => self.handle_missed(camera, frames),
            Mail::CameraLeft { camera } => self.handle_camera_left(camera),
            Mail::CameraEnded { camera } => self.handle_camera_ended(camera),
            Mail::Block { microphone, block, arrival } => self.handle_block(microphone, &block, arrival),
            Mail::Samples { microphone, samples } => self.handle_samples(microphone, samples),
            Mail::MicrophoneEnded { microphone } => self.handle_microphone_ended(microphone),
            Mail::VideoReady(result) => self.handle_video_ready(result),
            Mail::RgbMeasured { video, coding } => self.handle_rgb_measured(video, coding),
            Mail::SoundReady(result) => self.handle_sound_ready(result),
            Mail::VideoChunk { run, chunk, description } => self.handle_video_chunk(run, &chunk, description),
            Mail::SoundChunk { run, chunk, description } => self.handle_sound_chunk(run, &chunk, description),
            Mail::EncoderFailed { run, detail } => self.handle_encoder_failed(run, &detail),
            Mail::Flushed { run, track } => self.handle_flushed(run, track),
            Mail::Recorder { camera, said } => self.handle_said(camera, said),
            Mail::Stored { ticket, result } => self.handle_stored(ticket, result),
            Mail::Closed { file, result } => self.handle_closed(file, result),
            Mail::Journaled { entry, request, result } => self.handle_journaled(&entry, request, result),
            Mail::Discarded { request, removed } => self.handle_discarded(request, removed),
            Mail::NoteFailed(before) => self.handle_note_failed(before),
            Mail::Exported { request, result } => self.handle_exported(request, result),
            Mail::Straightened { request, result } => self.handle_straightened(request, result),
            Mail::FilesDone { request, result } => self.handle_files_done(request, result),
            Mail::Pictures { job, result } => self.handle_pictures(job, result),
            Mail::Gpu { lost } => self.handle_gpu(lost),
            Mail::Peeked { request, result } => Studio::handle_peeked(request, result),
            Mail::Tick => self.handle_tick(),
            Mail::Alarm => self.handle_alarm(),
        }
        self.drain_recorder();
        self.open_segment_when_ready();
        self.hold_straighten();
        self.set_alarm();
    }

    fn handle_message(&mut self, message: &JsValue) {
        match wire::read::<Request>(message.clone()) {
            Ok(Request { id, command }) => self.handle_command(id, command, message),
            Err(error) => {
                let id = crate::js::get(message, "id").as_f64().unwrap_or_default();
                page::fail(id as u32, Failure::new("internal", Retry::Never, error.to_string()));
            }
        }
    }

    fn handle_command(&mut self, request: u32, command: Command, message: &JsValue) {
        match command {
            Command::Open { draft, settings } => {
                self.picture.canvas = page::handle(message, "canvas");
                self.open(request, &draft, settings, page::handle(message, "port"));
            }
            Command::Camera { camera } => self.take_camera(request, camera, CameraFeed::of(message)),
            Command::Recorder { camera } => self.take_recorder(request, camera, page::handle(message, "port")),
            Command::Microphone { live } => {
                self.take_microphone(request, live.then(|| SoundFeed::of(message)).flatten());
            }
            Command::Record { press_us, max_duration, speed, mute } => {
                self.record(Press { request, at_us: press_us, max_duration, pace: (speed, mute) });
            }
            Command::Pause { at_us } => self.pause(request, at_us),
            Command::Flip { at_us } => self.flip(request, at_us),
            Command::Turn { shown, screen } => self.turn_camera(request, shown, screen),
            Command::Mirror { recording: true } if self.import.is_on() => page::fail(request, cannot("mirror files")),
            Command::Mirror { recording } => self.mirror(request, recording),
            Command::Look { look } => self.set_look(request, look, message),
            Command::Try { looks, width, mirrored } => self.try_looks(request, &looks, (width, mirrored), message),
            Command::Photo { mirrored } => self.take_photo(request, mirrored),
            Command::Define { source } => self.define_filter(request, &source),
            Command::Edit { edit } => self.edit(request, edit),
            Command::Export { options } => {
                self.export(Asked { request, options, poster: page::handle(message, "poster"), encoded: (0, 0) });
            }
            Command::File { segment } => self.give_file(request, &segment),
            Command::Inspect {} | Command::Compose { .. } | Command::Repair { .. } | Command::Compress { .. } => {
                self.work_on_files(request, command, message);
            }
            Command::Peek { busy } => Studio::peek(request, busy, message),
            Command::Cancel { request } => self.cancel(request),
            Command::Close {} => self.close(request),
        }
    }

    /// Ends the take, if one is open, and answers once it is on disk; the page ends the worker then.
    fn close(&mut self, request: u32) {
        self.running.iter().for_each(Running::cancel);
        self.lose_camera();
        if !self.end_take_for(request) {
            page::answer(request, Answer::Nothing {});
        }
    }

    /// One timer for the recorder's next timeout; a tick is too coarse for the end of a take.
    fn set_alarm(&mut self) {
        let due = self.recorder.as_ref().and_then(Recorder::poll_timeout);
        if self.alarm.as_ref().map(|(at, _)| *at) == due {
            return;
        }
        self.alarm = due.map(|at| {
            let milliseconds = (at - clock::now()).0.clamp(0, 1_000_000) / 1000 + 1;
            let timer = Timeout::new(u32::try_from(milliseconds).unwrap_or(1), || post(Mail::Alarm));
            (at, timer)
        });
    }

    fn handle_alarm(&mut self) {
        self.alarm = None;
        if let Some(recorder) = &mut self.recorder {
            recorder.handle_timeout(clock::now());
        }
    }

    fn start_ticking(&mut self) {
        self.ticker = Some(Interval::new(TICK_MS, || post(Mail::Tick)));
    }
}
