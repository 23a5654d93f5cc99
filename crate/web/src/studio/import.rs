//! Where nothing but the browser's own recorder films: the page runs it, for it lives nowhere else, and sends what it writes
//! through a port. Here is when it runs: a take is what it is on every other way, and its segments become ordinary ones in
//! [`onetake_core::record::Importer`].

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use js_sys::{ArrayBuffer, Object, Uint8Array};
use onetake_core::draft::CameraInfo;
use onetake_core::error::{Failure, Mismatch, Retry};
use onetake_core::media::Size;
use onetake_core::protocol::{Camera, InterruptedReason};
use onetake_core::record::{
    ImportError, ImportPlan, Importer, Like, RecordEvent, RecordOutput, RecordState, Stats, Ticket,
};
use onetake_core::time::{Micros, Ticks, Timescale};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, MessagePort};

use super::Studio;
use super::draft::thousandths;
use super::take::{Ending, SHORTEST, Take};
use crate::mail::{Mail, post};
use crate::{clock, js};

/// The longest distance between key frames, milliseconds: recorders give fragments no shorter than that.
const FRAGMENT: f64 = 1000.0;
/// A recorder that filmed for longer must have written something.
const LONG: Micros = Micros(1_000_000);

/// What the page says of a recorder: the messages of `recorder.ts`.
pub(crate) enum Said {
    /// It films.
    Started,
    /// It wrote this.
    Wrote(Vec<u8>),
    /// It has stopped, and nothing more comes; `Some`: by a failure.
    Ended(Option<String>),
    /// The take is as long as it may be.
    Limit,
    /// Its camera is gone, and it films nothing else.
    Left,
}

/// The way to the recorder of one camera.
struct Line {
    camera: u32,
    port: MessagePort,
    /// Whether its camera is gone.
    left: bool,
    _listener: EventListener,
}

/// The recorder of the camera that runs, and what is made of its files.
#[derive(Default)]
pub(super) struct ImportDesk {
    /// Stays when its port is closed: this worker films by no other way.
    line: Option<Line>,
    /// Of a camera that was exchanged before its recorder had ended.
    old: Option<Line>,
    /// The camera whose segment is open.
    filming: Option<u32>,
    importer: Importer,
    /// When the open segment began to be filmed.
    started: Option<Micros>,
    /// How long it may be, and what ends it then.
    room: Option<Ticks>,
    end: Option<Timeout>,
    /// Why its last file was none for this draft.
    failure: Option<Failure>,
}

impl ImportDesk {
    /// Whether the camera that runs is filmed by the browser's recorder.
    pub(super) fn is_on(&self) -> bool {
        self.line.is_some()
    }

    pub(super) fn handle_stored(&mut self, ticket: Ticket) {
        self.importer.handle_stored(ticket);
    }

    pub(super) fn poll_output(&mut self) -> Option<RecordOutput> {
        self.importer.poll_output()
    }

    /// What stood against the last take, told once: it is tried again then.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// Asks the recorder to stop; it answers with the end of its file.
    pub(super) fn stop(&mut self) {
        self.end = None;
        self.say("stop", &JsValue::TRUE);
    }

    /// Whether it filmed for long and gave nothing: some name MP4 and make none.
    fn is_mute(&self) -> bool {
        let long = self.started.is_some_and(|started| clock::now() - started > LONG);
        long && self.importer.state() == RecordState::Armed && self.importer.stats().held_bytes == 0
    }

    /// Says one thing to the recorder that films, or else is to. A port that is closed takes it in silence.
    fn say(&self, what: &str, value: &JsValue) {
        if let Some(Line { port, .. }) = self.old.as_ref().or(self.line.as_ref()) {
            let message = Object::new();
            js::set(&message, what, value);
            let _ = port.post_message(&message);
        }
    }

    /// Another camera's recorder comes. What the one before still films is waited for.
    fn exchange(&mut self, line: Line) {
        let before = self.line.replace(line);
        // What stood against that one's file does not stand against this one's.
        self.failure = None;
        match before {
            Some(before) if self.filming == Some(before.camera) => self.old = Some(before),
            Some(before) => before.port.close(),
            None => {}
        }
    }

    /// Nothing more comes of the open segment.
    fn end_film(&mut self) {
        (self.filming, self.started, self.end) = (None, None, None);
        if let Some(old) = self.old.take() {
            old.port.close();
            // Not from inside the call that it would end.
            js::spawn(async move { drop(old) });
        } else if let Some(line) = self.line.as_ref().filter(|line| line.left) {
            line.port.close();
        }
    }

    /// The camera is gone: nothing more comes of its recorder, but for the end of what it films.
    fn handle_left(&mut self, camera: u32) {
        let filming = self.filming == Some(camera);
        if let Some(line) = self.line.as_mut().filter(|line| line.camera == camera) {
            line.left = true;
            if !filming {
                line.port.close();
            }
        }
    }

    /// The counts as of now. A crash costs what is not stored, also of what the recorder has not given.
    pub(super) fn stats(&self) -> Stats {
        let mut stats = self.importer.stats();
        if let Some(started) = self.started {
            let filmed = Timescale::RECORDING.from_micros(clock::now() - started);
            stats.stored_lag = stats.stored_lag.max(filmed - self.importer.stored());
        }
        stats
    }
}

impl Studio {
    /// A camera comes whose pictures never reach this worker.
    pub(super) fn take_recorder(&mut self, request: u32, camera: Camera, port: Option<MessagePort>) {
        self.take_camera(request, camera, None);
        let (Some(port), Some(number)) = (port, self.camera.as_ref().map(|camera| camera.number)) else { return };
        let listener = EventListener::new(&port, "message", move |event| {
            listen(&event.unchecked_ref::<MessageEvent>().data(), number);
        });
        port.start();
        self.import.exchange(Line { camera: number, port, left: false, _listener: listener });
    }

    /// Has the take filmed, once there is a camera for it.
    pub(super) fn open_import_when_ready(&mut self) {
        let Some(camera) = self.camera.as_ref().filter(|camera| !camera.leaving) else { return };
        if let Some(failure) = self.unimportable(camera.camera.shown) {
            return self.refuse_import(failure, InterruptedReason::SizeChanged);
        }
        let Some(plan) = self.plan_import(&camera.camera) else { return };
        if plan.limit.is_some_and(|limit| limit < SHORTEST) {
            return self.end_take(Ending::Limit, clock::now());
        }
        let room = plan.limit;
        if self.import.importer.open_segment(plan).is_err() {
            return;
        }
        (self.import.room, self.import.started, self.import.end) = (room, None, None);
        if let Some(take) = &mut self.take {
            take.arm();
        }
        self.start_recorder();
    }

    /// What no recorder of a browser's can do, said before it films.
    fn unimportable(&self, shown: Option<Size>) -> Option<Failure> {
        if self.settings.mirror {
            return Some(cannot("mirror files"));
        }
        if self.picture.look {
            return Some(cannot("draw filters"));
        }
        if self.take.as_ref().is_some_and(|take| !take.is_plain()) {
            return Some(cannot("film at another speed or without its sound"));
        }
        let size = self.draft_settings()?.size;
        // A browser that turns its pictures may say the size of either.
        let other = shown.filter(|Size { width, height }| {
            (*width, *height) != (size.width, size.height) && (*height, *width) != (size.width, size.height)
        })?;
        let detail = format!(
            "the camera gives {} x {}, the draft is {} x {}",
            other.width, other.height, size.width, size.height
        );
        let mismatch = Some(Mismatch { clips: Vec::new(), fields: vec!["size".to_owned()] });
        Some(Failure { mismatch, ..Failure::new("join_needs_encoding", Retry::AfterAction, detail) })
    }

    /// The take cannot go on with this recorder: it is refused, or ends with what it has.
    fn refuse_import(&mut self, failure: Failure, reason: InterruptedReason) {
        if self.take.as_ref().is_some_and(Take::waits) {
            return self.fail_record(failure, |_| ());
        }
        self.explain(&failure.detail);
        // Another camera may do better.
        self.import.failure = Some(failure).filter(|_| self.import.old.is_none());
        self.end_take(Ending::Interrupted(reason), clock::now());
    }

    fn plan_import(&self, camera: &Camera) -> Option<ImportPlan> {
        let (draft, take) = (self.draft.as_ref()?, self.take.as_ref()?);
        let id = draft.next_segment_id();
        let first = draft.first();
        let like = first.zip(self.draft_settings()).map(|(first, settings)| Like {
            settings: settings.clone(),
            orientation: first.opened.orientation,
            entry: self.import.importer.picture_entry().or_else(|| self.picture.entry()).cloned(),
        });
        Some(ImportPlan {
            id,
            take: take.number(),
            file: id.file(),
            camera: CameraInfo { facing: camera.facing, device: camera.device.clone() },
            frame_rate: thousandths(self.settings.frame_rate),
            like,
            limit: take.left(draft),
        })
    }

    fn start_recorder(&mut self) {
        self.import.filming = self.import.line.as_ref().map(|line| line.camera);
        let start = Object::new();
        // A silent draft stays silent.
        let sound = self.draft_settings().is_none_or(|settings| settings.sound.is_some());
        js::set(&start, "sound", sound && self.settings.sound);
        if let Some(bitrate) = self.settings.video_bitrate {
            js::set(&start, "videoBitrate", bitrate);
        }
        js::set(&start, "audioBitrate", self.settings.audio_bitrate);
        js::set(&start, "keyFrameMs", FRAGMENT.min(self.settings.key_frame_interval * 1000.0));
        self.import.say("start", &start);
    }

    pub(super) fn handle_said(&mut self, camera: u32, said: Said) {
        if matches!(said, Said::Left) {
            return self.import.handle_left(camera);
        }
        if self.import.filming != Some(camera) {
            return;
        }
        match said {
            Said::Started => self.handle_recorder_started(camera),
            Said::Wrote(bytes) => {
                let result = self.import.importer.handle_bytes(&bytes);
                self.note_import(result);
            }
            Said::Ended(failure) => {
                self.handle_recorder_ended(camera, failure.as_deref());
                let result = self.import.importer.handle_end();
                self.note_import(result);
                self.import.end_film();
            }
            Said::Limit => self.end_take(Ending::Limit, clock::now()),
            Said::Left => {}
        }
    }

    /// Nothing more of the segment comes: by a failure, by our word, or because its camera was let go. After that the take
    /// waits for the next one.
    fn handle_recorder_ended(&mut self, camera: u32, failure: Option<&str>) {
        let silent = if self.import.is_mute() { Some("it wrote nothing") } else { None };
        let stays = self.camera.as_ref().is_some_and(|track| track.number == camera && !track.leaving);
        let stopped = if stays && self.segment_is_open() { Some("it stopped") } else { None };
        match failure.or(silent).or(stopped) {
            Some(detail) => self.lose_recorder(detail),
            None => self.seal(clock::now()),
        }
    }

    fn handle_recorder_started(&mut self, camera: u32) {
        let now = clock::now();
        self.import.started = Some(now);
        self.import.end = self.import.room.map(|room| {
            // What comes beyond the limit is cut off.
            let milliseconds = Timescale::RECORDING.to_micros(room).0.clamp(0, 86_400_000_000) / 1000 + 1;
            Timeout::new(u32::try_from(milliseconds).unwrap_or(1), move || {
                post(Mail::Recorder { camera, said: Said::Limit });
            })
        });
        self.handle_record_event(&RecordEvent::Started { origin: now });
    }

    /// The recorder gave up: the take is refused, or ends with what it has.
    fn lose_recorder(&mut self, detail: &str) {
        if !self.take_is_open() {
            return;
        }
        if self.take.as_ref().is_some_and(Take::waits) {
            let failure = Failure::new("encoder_failed", Retry::Later, format!("the browser's recorder: {detail}"));
            return self.fail_record(failure, |_| ());
        }
        self.explain(detail);
        self.interrupt(InterruptedReason::Encoder);
    }

    /// What its file turned out to be stands against it: the take ends with what was taken.
    fn note_import(&mut self, result: Result<(), ImportError>) {
        let Err(error) = result else { return };
        if matches!(error, ImportError::Overflow { .. }) {
            // What it has is kept; the next one may be as long.
            if self.segment_is_open() {
                self.lose_recorder(&error.to_string());
            }
            return;
        }
        let turned = matches!(&error, ImportError::Unlike(fields) if fields.iter().any(|one| *one == "size" || *one == "orientation"));
        let reason = if turned { InterruptedReason::SizeChanged } else { InterruptedReason::Encoder };
        self.refuse_import(error.into(), reason);
    }
}

pub(super) fn cannot(what: &str) -> Failure {
    let detail = format!("the browser's recorder, which alone films here, cannot {what}");
    Failure::new("not_supported", Retry::Never, detail)
}

/// Messages are those of `recorder.ts`: `{ started }`, `{ bytes }`, `{ ended, failure }`, `{ left }`.
fn listen(message: &JsValue, camera: u32) {
    let say = |said| post(Mail::Recorder { camera, said });
    if let Ok(bytes) = js::get(message, "bytes").dyn_into::<ArrayBuffer>() {
        return say(Said::Wrote(Uint8Array::new(&bytes).to_vec()));
    }
    if let Some(ours) = js::get(message, "left").as_bool() {
        post(if ours { Mail::CameraLeft { camera } } else { Mail::CameraEnded { camera } });
        say(Said::Left);
    } else if js::get(message, "ended").is_truthy() {
        say(Said::Ended(js::get(message, "failure").as_string()));
    } else {
        say(Said::Started);
    }
}
