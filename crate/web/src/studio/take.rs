//! A take: from the press of record to its pause, one segment for each camera in between.

use onetake_core::draft::{CameraInfo, Draft, SegmentId};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::TrackKind;
use onetake_core::protocol::{Answer, Event, InterruptedReason};
use onetake_core::record::{
    Pace, RecordEvent, RecordOutput, RecordState, Recorder, SegmentPlan, SoundPlan, Speed, Ticket,
};
use onetake_core::time::{Micros, Ticks, Timescale};
use web_sys::File;

use super::Studio;
use super::capture::CameraTrack;
use super::draft::{ticks, view_segment};
use crate::mail::{Mail, post};
use crate::media::frame::micros;
use crate::{clock, page};

/// What one press of record began.
pub(super) struct Take {
    number: u32,
    phase: Phase,
    /// No frame captured before this is admitted.
    press: Micros,
    /// Longest duration of the take, if it has one.
    limit: Option<Ticks>,
    /// Of all its segments.
    pace: Pace,
    /// The request to answer when the first frame is admitted.
    begun: Option<u32>,
    /// Requests to answer when the take is over and on disk.
    pauses: Vec<u32>,
    /// Requests to answer when the open segment is on disk.
    flips: Vec<u32>,
    /// Requests to close the studio, answered like pauses.
    closes: Vec<u32>,
    /// Its sealed segments, in order.
    segments: Vec<SegmentId>,
    /// Why it ends, once it does.
    ending: Option<Ending>,
    /// Whether the page was told of a change, and is to be told when the take has got over it.
    changed: bool,
    /// Whether its next segment goes on after one.
    pub(super) resuming: bool,
    /// Whether it has begun and waits for its next segment: frames meanwhile are lost.
    pub(super) reopening: bool,
    /// Whether an encoder of pictures failed in it.
    relayed: bool,
    /// The one that begins when it has ended.
    next: Option<Press>,
}

impl Take {
    /// What the page was told that the take goes on over, and what is over now.
    fn get_over(&mut self) -> impl Iterator<Item = InterruptedReason> + use<> {
        let changed = std::mem::take(&mut self.changed).then_some(InterruptedReason::SizeChanged);
        let resuming = std::mem::take(&mut self.resuming).then_some(InterruptedReason::Encoder);
        changed.into_iter().chain(resuming)
    }

    /// Its video encoder failed: no frame before `now` is for the next. Whether it had begun; `None` if it
    /// ends anyway.
    pub(super) fn lose_encoder(&mut self, now: Micros) -> Option<bool> {
        if self.ending.is_some() {
            return None;
        }
        self.press = self.press.max(now);
        self.resuming = self.begun.is_none();
        self.relayed = true;
        Some(self.resuming)
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Whether `record` is yet to be answered.
    pub(super) fn waits(&self) -> bool {
        self.begun.is_some()
    }

    /// Whether it has begun and nothing has ended it, or another encoder is waited for.
    pub(super) fn goes_on(&self) -> bool {
        self.resuming || (self.begun.is_none() && self.ending.is_none())
    }

    /// Whether it is filmed as the world runs, and heard.
    pub(super) fn is_plain(&self) -> bool {
        self.pace.speed == Speed::ONE && !self.pace.muted
    }

    /// How much longer it may be.
    pub(super) fn left(&self, draft: &Draft) -> Option<Ticks> {
        let filmed = self.segments.iter().filter_map(|id| draft.segment(*id));
        let filmed = filmed.fold(Ticks(0), |sum, segment| sum + segment.duration);
        self.limit.map(|limit| limit - filmed)
    }

    /// The one that was to begin after it is not wanted any more.
    fn drop_next(&mut self) {
        if let Some(next) = self.next.take() {
            page::fail(next.request, Failure::new("aborted", Retry::Later, "the take ended before it began"));
        }
    }

    /// Its next segment is open.
    pub(super) fn arm(&mut self) {
        self.phase = Phase::Open;
    }
}

/// A wish for a take.
pub(super) struct Press {
    pub(super) request: u32,
    pub(super) at_us: f64,
    pub(super) max_duration: Option<f64>,
    /// Thousandths of the world's speed, and whether it is muted.
    pub(super) pace: (u32, bool),
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// A segment is to be opened as soon as camera and encoders are ready.
    Wanted,
    Open,
    Sealing,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ending {
    Asked,
    Limit,
    Interrupted(InterruptedReason),
}

/// A flip this close to the take's limit ends it: half a frame is no segment.
pub(super) const SHORTEST: Ticks = Ticks(960);

impl Studio {
    pub(super) fn record(&mut self, press: Press) {
        // The page believes the one before to be over, for its camera is.
        if let Some(take) = self.take.as_mut().filter(|take| take.ending.is_some() && take.next.is_none()) {
            return take.next = Some(press);
        }
        let Press { request, at_us, max_duration, pace } = press;
        if let Some(failure) = self.obstacle() {
            return page::fail(request, failure);
        }
        let Some(speed) = Speed::from_thousandths(pace.0) else {
            let detail = format!("a speed of {} thousandths, wanted 250 to 4000", pace.0);
            return page::fail(request, Failure::new("bad_argument", Retry::Never, detail));
        };
        let Some(draft) = &self.draft else { return };
        let room = self.settings.max_duration.map(|most| ticks(most) - draft.duration());
        let limit = [max_duration.map(ticks), room].into_iter().flatten().min();
        if limit.is_some_and(|limit| limit < SHORTEST) {
            let detail = format!("the draft is {} s long already", draft.duration().0 / 48_000);
            return page::fail(request, Failure::new("limit_reached", Retry::AfterAction, detail));
        }
        self.take = Some(Take {
            number: draft.next_take(),
            phase: Phase::Wanted,
            press: micros(at_us),
            limit,
            pace: Pace { speed, least_interval: frame_interval(self.settings.frame_rate), muted: pace.1 },
            begun: Some(request),
            pauses: Vec::new(),
            flips: Vec::new(),
            closes: Vec::new(),
            segments: Vec::new(),
            ending: None,
            changed: false,
            resuming: false,
            reopening: false,
            relayed: false,
            next: None,
        });
    }

    /// Why no take can begin now.
    fn obstacle(&mut self) -> Option<Failure> {
        if self.draft.is_none() {
            return Some(Failure::new("closed", Retry::Never, "no draft is open"));
        }
        if self.take.is_some() {
            return Some(Failure::new("already_recording", Retry::AfterAction, "a take is open"));
        }
        if self.import.is_on() {
            return self.import.take_failure();
        }
        let failure = self.video.failure.take().or_else(|| self.sound.failure.take());
        if failure.is_some() {
            // What failed once is tried again, for the next press.
            self.retry_encoders();
        }
        failure
    }

    pub(super) fn pause(&mut self, request: u32, at_us: f64) {
        let Some(take) = &mut self.take else {
            return page::answer(request, Answer::Taken { segments: Vec::new() });
        };
        take.pauses.push(request);
        take.drop_next();
        self.end_take(Ending::Asked, micros(at_us));
    }

    pub(super) fn flip(&mut self, request: u32, at_us: f64) {
        if let Some(camera) = &mut self.camera {
            camera.leave();
        }
        match &mut self.take {
            Some(take) if take.phase != Phase::Wanted => {
                take.flips.push(request);
                take.press = micros(at_us);
                self.seal(micros(at_us));
            }
            _ => page::answer(request, Answer::Nothing {}),
        }
    }

    /// Whether a segment is open: armed or filming.
    pub(super) fn segment_is_open(&self) -> bool {
        self.take.as_ref().is_some_and(|take| take.phase == Phase::Open)
    }

    /// Ends the open segment, if any; the take goes on with another one of the same camera. `changed`: the page was told.
    pub(super) fn reopen(&mut self, at: Micros, changed: bool) {
        let Some(take) = self.take.as_mut().filter(|take| take.phase == Phase::Open) else { return };
        take.press = at;
        take.changed |= changed;
        take.reopening = take.begun.is_none();
        self.seal(at);
        // Frames on their way are the next segment's already.
        if let Some(recorder) = &mut self.recorder {
            recorder.handle_camera_end();
        }
    }

    /// Ends the take for a cause outside; says so once it is on disk, at once if there is none.
    pub(super) fn interrupt(&mut self, reason: InterruptedReason) {
        if self.take.is_some() {
            self.end_take(Ending::Interrupted(reason), clock::now());
        } else {
            page::say(&Event::Interrupted { reason, goes_on: false });
        }
    }

    /// A failure to prepare an encoder: the take that waits for it is refused, later ones are through `remember`.
    pub(super) fn fail_record(&mut self, failure: Failure, remember: impl FnOnce(&mut Studio)) {
        remember(self);
        if let Some(request) = self.take.as_mut().and_then(|take| take.begun.take()) {
            page::fail(request, failure);
            self.end_take(Ending::Asked, clock::now());
        }
    }

    /// The page gave up waiting for the first frame.
    pub(super) fn cancel_record(&mut self, request: u32) {
        let Some(take) = &mut self.take else { return };
        if take.begun == Some(request) {
            self.end_take(Ending::Asked, clock::now());
        } else if take.next.as_ref().is_some_and(|next| next.request == request) {
            take.drop_next();
        }
    }

    /// Ends the open take and answers `request` when it is on disk; `false` where there is none.
    pub(super) fn end_take_for(&mut self, request: u32) -> bool {
        let Some(take) = &mut self.take else { return false };
        take.closes.push(request);
        take.drop_next();
        self.end_take(Ending::Asked, clock::now());
        true
    }

    pub(super) fn end_take(&mut self, ending: Ending, at: Micros) {
        let Some(take) = &mut self.take else { return };
        // A lost device is worth telling even where a pause came first.
        if take.ending.is_none() || matches!(ending, Ending::Interrupted(_)) {
            take.ending = Some(ending);
        }
        match take.phase {
            Phase::Wanted => self.finish_take(),
            Phase::Open => self.seal(at),
            Phase::Sealing => {}
        }
    }

    pub(super) fn seal(&mut self, at: Micros) {
        let (Some(take), Some(recorder)) = (&mut self.take, &mut self.recorder) else { return };
        if take.phase == Phase::Open {
            take.phase = Phase::Sealing;
            if self.import.is_on() {
                return self.import.stop();
            }
            if let Err(error) = recorder.seal(at) {
                let failure = Failure::from(error);
                self.lose_worker(&failure);
            }
        }
    }

    /// Opens the segment that the take waits for once everything it needs is there.
    pub(super) fn open_segment_when_ready(&mut self) {
        let wants = self.take.as_ref().is_some_and(|take| take.phase == Phase::Wanted && take.ending.is_none());
        if wants && self.import.is_on() {
            return self.open_import_when_ready();
        }
        if !wants || !self.ready_to_record() {
            return;
        }
        let Some(plan) = self.plan_segment() else { return };
        if plan.limit.is_some_and(|limit| limit < SHORTEST) {
            return self.end_take(Ending::Limit, clock::now());
        }
        self.note_draft_settings(&plan);
        let with_sound = plan.sound.is_some();
        let (size, residual) = (plan.size, plan.orientation);
        let (Some(take), Some(recorder)) = (&mut self.take, &mut self.recorder) else { return };
        match recorder.open_segment(plan, take.press) {
            Ok(()) => {
                take.phase = Phase::Open;
                self.note_model(size, residual);
                self.start_encoders(with_sound);
            }
            Err(error) => {
                let failure = Failure::from(error);
                self.fail_record(failure.clone(), |studio| studio.lose_worker(&failure));
            }
        }
    }

    fn note_draft_settings(&mut self, plan: &SegmentPlan) {
        let Some(setup) = self.video.setup.clone() else { return };
        let sound = self.sound.setup.clone().filter(|_| plan.sound.is_some());
        self.create(plan.orientation.upright(plan.size), &setup.codec, setup.frame_rate, sound.as_ref());
    }

    fn ready_to_record(&self) -> bool {
        let picture = self.camera.as_ref().is_some_and(CameraTrack::is_settled);
        let idle = self.recorder.as_ref().is_some_and(|recorder| recorder.state() == RecordState::Idle);
        // A draft with sound gets silence where there is no microphone; its encoder is needed all the same.
        let sound = self.sound.spare.is_some() || (self.sound.known && !self.wants_sound());
        picture && idle && self.video.spare.is_some() && sound
    }

    /// The draft's first segment decides for all of them.
    fn wants_sound(&self) -> bool {
        match self.draft_settings() {
            Some(settings) => settings.sound.is_some(),
            None => self.microphone.is_some(),
        }
    }

    fn plan_segment(&self) -> Option<SegmentPlan> {
        let (draft, take, camera, setup) =
            (self.draft.as_ref()?, self.take.as_ref()?, self.camera.as_ref()?, self.video.setup.as_ref()?);
        let sound = self.sound.setup.as_ref().filter(|_| self.wants_sound());
        let id = draft.next_segment_id();
        Some(SegmentPlan {
            id,
            take: take.number,
            file: id.file(),
            camera: CameraInfo { facing: camera.camera.facing, device: camera.camera.device.clone() },
            sound: sound.map(|setup| SoundPlan {
                codec: setup.codec,
                delay: setup.delay,
                dropped: setup.codec.dropped_packets(),
                channels: setup.channels,
            }),
            size: setup.size,
            orientation: camera.picture?.way.residual,
            mirrored: self.settings.mirror,
            limit: take.left(draft),
            pace: take.pace,
        })
    }

    /// Carries out what the recorder decided.
    pub(super) fn drain_recorder(&mut self) {
        while let Some(output) =
            self.recorder.as_mut().and_then(Recorder::poll_output).or_else(|| self.import.poll_output())
        {
            match output {
                RecordOutput::EncodeSound { timestamp, planes, frames } => {
                    self.encode_sound(timestamp, &planes, frames);
                }
                RecordOutput::Flush(track) => self.flush(track),
                RecordOutput::Append { file, bytes, ticket, media } => self.append(&file, bytes, ticket, media),
                RecordOutput::Close { file } => self.close_file(file),
                RecordOutput::Journal(entry) => self.decide(entry, None),
                RecordOutput::Event(event) => self.handle_record_event(&event),
            }
        }
    }

    fn flush(&self, track: TrackKind) {
        match (track, &self.video.running, &self.sound.running) {
            (TrackKind::Video, Some(run), _) => run.flush(),
            (TrackKind::Audio, _, Some(run)) => run.flush(),
            _ => {}
        }
    }

    fn encode_sound(&mut self, timestamp: Micros, planes: &[f32], frames: u32) {
        let Some(run) = &self.sound.running else { return };
        if let Err(reason) = run.encode(timestamp, planes, frames) {
            let (run, detail) = (run.number, crate::js::describe(&reason));
            post(Mail::EncoderFailed { run, detail });
        }
    }

    fn append(&self, file: &str, bytes: Vec<u8>, ticket: Ticket, media: Option<u64>) {
        let Some(store) = self.store.clone() else { return };
        let path = self.path(file);
        crate::js::spawn(async move {
            let result = store.append_media(&path, &bytes, media).await;
            post(Mail::Stored { ticket, result });
        });
    }

    fn close_file(&self, file: String) {
        let Some(store) = self.store.clone() else { return };
        let path = self.path(&file);
        crate::js::spawn(async move {
            let result = store.close(&path).await;
            post(Mail::Closed { file, result });
        });
    }

    pub(super) fn handle_record_event(&mut self, event: &RecordEvent) {
        match *event {
            RecordEvent::Started { .. } => {
                let Some(take) = &mut self.take else { return };
                if let Some(request) = take.begun.take() {
                    page::answer(request, Answer::Nothing {});
                }
                take.reopening = false;
                for reason in take.get_over() {
                    page::say(&Event::Resumed { reason });
                }
            }
            RecordEvent::Time { segment } => self.say_time(segment),
            RecordEvent::Dropped { reason, count } => {
                page::say(&Event::Drop { count, reason });
            }
            RecordEvent::LimitReached => {
                if let Some(take) = &mut self.take {
                    take.ending.get_or_insert(Ending::Limit);
                    take.phase = Phase::Sealing;
                }
            }
            // Told to the page once the journal holds it.
            RecordEvent::Sealed(_) => {}
            RecordEvent::Empty => self.segment_over(),
            RecordEvent::SoundLost => self.explain("the microphone is silent; silence takes its place"),
        }
    }

    fn say_time(&self, segment: Ticks) {
        let draft = self.draft.as_ref().map_or(Ticks(0), Draft::duration);
        let seconds = |ticks| Timescale::RECORDING.seconds(ticks);
        page::say(&Event::Time { segment: seconds(segment), draft: seconds(draft + segment) });
    }

    pub(super) fn handle_stored(&mut self, ticket: Ticket, result: Result<u64, Failure>) {
        match (result, &mut self.recorder) {
            (Ok(_), Some(_)) if self.import.is_on() => self.import.handle_stored(ticket),
            (Ok(_), Some(recorder)) => recorder.handle_stored(ticket),
            (Ok(_), None) => {}
            (Err(failure), _) => self.lose_worker(&failure),
        }
    }

    pub(super) fn handle_closed(&mut self, file: String, result: Result<File, Failure>) {
        match result {
            Ok(closed) => self.files.insert(file, closed),
            Err(failure) => self.lose_worker(&failure),
        }
    }

    /// A segment is true: its file is closed and the journal says so.
    pub(super) fn handle_sealed(&mut self, id: SegmentId) {
        let Some(record) = self.draft.as_ref().and_then(|draft| draft.segment(id)) else { return };
        page::say(&Event::Segment { segment: view_segment(record) });
        self.say_draft();
        if let Some(take) = &mut self.take {
            take.segments.push(id);
        }
        self.segment_over();
    }

    /// The recorder is free again: the take ends or waits for its next camera.
    fn segment_over(&mut self) {
        self.renew_encoders();
        self.choose_again();
        self.say_stats();
        let Some(take) = &mut self.take else { return };
        take.phase = Phase::Wanted;
        for request in take.flips.drain(..) {
            page::answer(request, Answer::Nothing {});
        }
        if take.ending.is_some() {
            self.finish_take();
        }
    }

    fn finish_take(&mut self) {
        let Some(mut take) = self.take.take() else { return };
        let over = take.get_over();
        if let Some(request) = take.begun {
            page::fail(request, Failure::new("aborted", Retry::Later, "the take ended before its first frame"));
        }
        let draft = self.draft.as_ref();
        let segments = || take.segments.iter().filter_map(|id| draft?.segment(*id)).map(view_segment).collect();
        for request in take.pauses {
            page::answer(request, Answer::Taken { segments: segments() });
        }
        for request in take.closes {
            page::answer(request, Answer::Nothing {});
        }
        // It waited for its next segment: there is none to wait for any more.
        for reason in over.filter(|reason| take.ending != Some(Ending::Interrupted(*reason))) {
            page::say(&Event::Resumed { reason });
        }
        match take.ending {
            Some(Ending::Limit) => page::say(&Event::LimitReached {}),
            Some(Ending::Interrupted(reason)) => page::say(&Event::Interrupted { reason, goes_on: false }),
            Some(Ending::Asked) | None => {}
        }
        self.reconsider_video(take.relayed, !take.segments.is_empty());
        if let Some(next) = take.next {
            self.record(next);
        }
    }

    /// This worker's picture of the disk is no longer sure, or nothing more can be stored: another one recovers the draft,
    /// on the one path for that. The page knows by the failure what to say.
    pub(super) fn lose_worker(&mut self, failure: &Failure) {
        self.recorder = None;
        self.draft = None;
        page::say(&Event::Crashed { failure: failure.clone() });
    }

    pub(super) fn take_is_open(&self) -> bool {
        self.take.is_some()
    }

    /// A line for the page's log about a failure whose event carries only a reason.
    pub(super) fn explain(&self, detail: &str) {
        web_sys::console::warn_1(&format!("onetake: {detail}").into());
    }
}

/// How long a picture of the draft lasts at its nominal rate.
#[expect(clippy::cast_possible_truncation, reason = "rates are 1 to 120")]
fn frame_interval(frame_rate: f64) -> Ticks {
    Ticks((f64::from(Timescale::RECORDING.get()) / frame_rate.clamp(1.0, 1_000.0)).round() as i64)
}
