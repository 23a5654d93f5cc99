//! The recorder: clocks, microphone ring, the open segment, files on their way to the disk.

use std::collections::VecDeque;

use super::file::{Growing, Ticket, Tickets, close_stored};
use super::gate::Load;
use super::pcm::{Block, Tape};
use super::plan::{
    Admission, DropReason, RecordError, RecordEvent, RecordOutput, RecordState, RecorderConfig, SegmentPlan,
};
use super::segment::Segment;
use super::sound::SoundTrack;
use super::stats::{Rhythm, Stats};
use crate::codec::{Likeness, SampleEntry, compare};
use crate::media::TrackKind;
use crate::time::{ClockMap, Micros, Ticks, TimeOrigins, Timescale};

/// Silence of the microphone, seen and not slept through, after which its sound is given up: while recording, and
/// while a seal waits for it. Microseconds.
const PATIENCE: (i64, i64) = (1_000_000, 400_000);
/// Longest time between two calls that counts as silence seen; the rest was the worker being busy. Microseconds.
const SEEN: i64 = 100_000;
/// Bytes that may wait for a sample entry.
const HELD: usize = 64 << 20;
/// Times from outside are held within this, some 126 years around 1970, so that sums of them stay numbers.
const TIMES: i64 = 4_000_000_000_000_000;
/// A pause further ahead than this is a mistake, microseconds.
const AHEAD: i64 = 1_000_000;

/// Records one camera and one microphone, segment after segment.
///
/// Order of calls: every delivered frame and block is handed in at all times, previewing too, which keeps the clock maps
/// and the last seconds of sound warm. `open_segment`, then for each admitted frame its chunk, `seal`, and the flushes
/// that are asked for; the next segment may be opened as soon as [`Recorder::state`] is idle again, also while the disk
/// still works on the last one. After each call drain [`Recorder::poll_output`], in order, and see
/// [`Recorder::poll_timeout`]. Time is the caller's: wall microseconds, never asked for.
///
/// An `Err` means that nothing changed.
#[derive(Debug)]
pub struct Recorder {
    config: RecorderConfig,
    camera: ClockMap,
    rhythm: Rhythm,
    /// Frames known to be missing before the next one.
    missed: u32,
    /// Frames missing before the last one, where they were not counted: no segment was open, or it began with that one.
    hole: u32,
    tape: Option<Tape>,
    tapes: u32,
    microphone_gone: bool,
    quiet: i64,
    now: Option<Micros>,
    segment: Option<Segment>,
    closing: VecDeque<Growing>,
    video: Option<SampleEntry>,
    audio: Option<SampleEntry>,
    tickets: Tickets,
    output: VecDeque<RecordOutput>,
    /// Of finished segments; the open one is added when asked.
    total: Stats,
    backlog: bool,
}

impl Recorder {
    /// A recorder that has seen nothing yet.
    pub fn new(config: RecorderConfig) -> Recorder {
        let TimeOrigins { own, document } = config.origins;
        let origins = TimeOrigins { own: bounded(own), document: document.map(bounded) };
        let config = RecorderConfig { origins, ..config };
        Recorder {
            config,
            camera: ClockMap::new(),
            rhythm: Rhythm::default(),
            missed: 0,
            hole: 0,
            tape: None,
            tapes: 0,
            microphone_gone: false,
            quiet: 0,
            now: None,
            segment: None,
            closing: VecDeque::new(),
            video: None,
            audio: None,
            tickets: Tickets::default(),
            output: VecDeque::new(),
            total: Stats::default(),
            backlog: false,
        }
    }

    /// A delivered frame, in every state: its stamp on the camera's clock, and when it reached the worker (wall).
    pub fn handle_frame(&mut self, stamp: Micros, arrival: Micros, load: Load) -> Admission {
        let (stamp, arrival) = (bounded(stamp), bounded(arrival));
        self.advance(arrival);
        let before = self.camera.offset();
        if self.camera.handle_stamp(stamp, arrival) {
            self.rhythm.handle_break(false);
            if let Some(segment) = &mut self.segment {
                segment.handle_restart(before, arrival);
            }
        }
        // The same frames, counted in two ways.
        self.hole = self.rhythm.handle_stamp(stamp).max(std::mem::take(&mut self.missed));
        let wall = self.camera.wall(stamp).unwrap_or(arrival);
        let admission = self.admit(stamp, wall, arrival, load);
        self.turn();
        admission
    }

    /// The browser says that so many frames came between the last one handed in and the next, and were not caught. They count
    /// as `source` where stamps do not tell of more.
    pub fn handle_missed(&mut self, frames: u32) {
        self.missed = self.missed.saturating_add(frames);
    }

    fn admit(&mut self, stamp: Micros, wall: Micros, arrival: Micros, load: Load) -> Admission {
        let unstored = self.unstored_bytes();
        let interval = self.rhythm.interval();
        let Some(segment) = self.segment.as_mut().filter(|segment| segment.takes(wall)) else {
            return Admission::Idle;
        };
        if let Some(interval) = interval {
            segment.set_interval(Timescale::RECORDING.from_micros(Micros(interval)));
        }
        let limits = self.config.limits;
        if segment.started().is_none() {
            self.total.captured += 1;
            if let Some(reason) = limits.refuse(load, 0, unstored) {
                self.drop_frames(reason, 1);
                return Admission::Drop(reason);
            }
            segment.start(stamp, wall);
            self.output.push_back(RecordOutput::Event(RecordEvent::Started { origin: wall }));
            let key = segment.picture.admit(Micros(0), Ticks(0), self.config.key_interval);
            return Admission::Encode { timestamp: Micros(0), key };
        }
        segment.relate(stamp, wall, arrival);
        let timestamp = segment.picture.timestamp(stamp);
        let pts = Timescale::RECORDING.from_micros(timestamp);
        if segment.passes_end(pts) {
            return Admission::Idle;
        }
        if segment.passes_limit(pts) {
            segment.end_at(None);
            self.output.push_back(RecordOutput::Event(RecordEvent::LimitReached));
            return Admission::Idle;
        }
        let follows = segment.picture.follows(pts);
        if follows && !segment.has_room(pts) {
            segment.picture.refuse(pts);
            self.total.captured += 1;
            self.total.thinned += 1;
            self.handle_hole();
            return Admission::Thin;
        }
        let refusal = limits.refuse(load, segment.picture.late(), unstored);
        let admission = match refusal {
            _ if !follows => Admission::Drop(DropReason::Source),
            Some(reason) => {
                segment.picture.refuse(pts);
                Admission::Drop(reason)
            }
            None => {
                Admission::Encode { timestamp, key: segment.picture.admit(timestamp, pts, self.config.key_interval) }
            }
        };
        self.total.captured += u64::from(follows);
        self.handle_hole();
        if let Admission::Drop(reason) = admission {
            self.drop_frames(reason, 1);
        }
        admission
    }

    /// A frame was delivered that the take should have had and that no segment was open for: it is captured, and lost.
    pub fn handle_homeless(&mut self, reason: DropReason) {
        self.total.captured += 1;
        self.drop_frames(reason, 1);
        self.handle_hole();
    }

    /// The last frame goes on with a take: what is missing before it counts as `source`.
    pub fn handle_hole(&mut self) {
        let hole = std::mem::take(&mut self.hole);
        self.drop_frames(DropReason::Source, hole);
    }

    /// A delivered block of sound, in every state. Blocks of no samples or of an impossible rate are ignored.
    pub fn handle_block(&mut self, block: Block<'_>) {
        let block = Block { stamp: bounded(block.stamp), arrival: bounded(block.arrival), ..block };
        self.advance(block.arrival);
        if block.usable() {
            self.quiet = 0;
            self.microphone_gone = false;
            if self.tape.as_ref().is_some_and(|tape| !tape.fits(&block)) {
                self.end_tape();
            }
            let recording = self.segment.is_some();
            let origins = self.config.origins;
            let tape = self.tape.get_or_insert_with(|| Tape::new(origins, &block));
            tape.handle_block(&block, recording);
        }
        self.turn();
    }

    /// The next frame is of another track. A segment that has begun takes no more frames: seal it.
    pub fn handle_new_camera(&mut self) {
        self.camera.handle_new_track();
        self.missed = 0;
        self.rhythm.handle_break(true);
        self.handle_camera_end();
    }

    /// The camera ended or was unplugged: `seal` then waits for no frame.
    pub fn handle_camera_end(&mut self) {
        if let Some(segment) = self.segment.as_mut().filter(|segment| segment.started().is_some()) {
            segment.handle_camera_end();
        }
        self.turn();
    }

    /// The next block is of another track: it has its own clock, and a hole before it is silence.
    pub fn handle_new_microphone(&mut self) {
        self.end_tape();
        self.microphone_gone = false;
        self.quiet = 0;
        self.turn();
    }

    /// The microphone ended or was unplugged: silence goes on in its place without waiting for it.
    pub fn handle_microphone_end(&mut self) {
        self.microphone_gone = true;
        self.turn();
    }

    fn end_tape(&mut self) {
        let Some(tape) = self.tape.take() else {
            return;
        };
        if let Some(sound) = self.segment.as_mut().and_then(|segment| segment.sound.as_mut()) {
            sound.handle_tape_end(self.tapes, &tape, |output| self.output.push_back(output));
        }
        self.tapes = self.tapes.wrapping_add(1);
    }

    /// Arms a segment: it begins with the first admitted frame taken at `press` (wall) or later.
    ///
    /// # Errors
    /// `Busy` until the segment before is sealed and flushed; `BadPlan` for what cannot be recorded.
    pub fn open_segment(&mut self, plan: SegmentPlan, press: Micros) -> Result<(), RecordError> {
        if self.segment.is_some() {
            return Err(RecordError::Busy { state: self.state() });
        }
        let wrong = |field, found| Err(RecordError::BadPlan { field, found });
        match (plan.sound, plan.limit) {
            (Some(sound), _) if !(1..=2).contains(&sound.channels) => wrong("channels", sound.channels.into()),
            (Some(sound), _) if sound.delay > 48_000 => wrong("delay", sound.delay.into()),
            (Some(sound), _) if sound.dropped > 48 => wrong("dropped", sound.dropped.into()),
            (_, Some(limit)) if limit.0 <= 0 => wrong("limit", limit.0),
            _ => {
                self.quiet = 0;
                self.segment = Some(Segment::new(plan, bounded(press)));
                Ok(())
            }
        }
    }

    /// The sample entry of an encoder, in any state: before its first chunk and whenever it gives a new description. It
    /// holds for later segments too, since an encoder that was warmed up or goes on may not describe itself again.
    ///
    /// # Errors
    /// `EntryChanged` if the file's head says otherwise (other colours alone are no difference), `WrongEntry`.
    pub fn handle_entry(&mut self, track: TrackKind, entry: SampleEntry) -> Result<(), RecordError> {
        let fits = match track {
            TrackKind::Video => entry.video_codec().is_some(),
            TrackKind::Audio => entry.audio_codec().is_some(),
        };
        if !fits {
            return Err(RecordError::WrongEntry(track));
        }
        let written = self.segment.as_ref().and_then(|segment| segment.file.entry(track));
        if let Some(Likeness::Different(fields)) = written.map(|written| compare(written, &entry)) {
            return Err(RecordError::EntryChanged { fields });
        }
        match track {
            TrackKind::Video => self.video = Some(entry),
            TrackKind::Audio => self.audio = Some(entry),
        }
        self.turn();
        Ok(())
    }

    /// An encoded chunk, in the encoder's order. For pictures `timestamp` is the one given at admission; sound is
    /// counted, its timestamp is not read.
    ///
    /// # Errors
    /// `NotRecording`, `NoSuchFrame`, `NoSuchTrack`, `BadChunk`, `Overflow`.
    pub fn handle_chunk(
        &mut self,
        track: TrackKind,
        timestamp: Micros,
        sync: bool,
        data: &[u8],
    ) -> Result<(), RecordError> {
        let state = self.state();
        let Some(segment) = self.segment.as_mut().filter(|segment| segment.started().is_some()) else {
            return Err(RecordError::NotRecording { state });
        };
        if data.is_empty() || u32::try_from(data.len()).is_err() {
            return Err(RecordError::BadChunk { bytes: data.len() });
        }
        let sound = segment.sound.as_ref().map_or(0, |sound| sound.kept.bytes());
        let held = segment.picture.kept.bytes() + sound;
        if held.saturating_add(data.len()) > HELD {
            return Err(RecordError::Overflow { held });
        }
        match track {
            TrackKind::Audio if segment.plan.sound.is_none() => return Err(RecordError::NoSuchTrack(track)),
            // Sound given up as lost may still come; it is too late.
            TrackKind::Audio => segment.sound.iter_mut().for_each(|sound| sound.handle_packet(data)),
            TrackKind::Video => {
                let taken = segment.picture.handle_chunk(timestamp, sync, data);
                let taken = taken.ok_or(RecordError::NoSuchFrame { timestamp })?;
                segment.report(&mut |output| self.output.push_back(output));
                self.drop_frames(DropReason::Encoder, taken.swallowed);
            }
        }
        self.turn();
        Ok(())
    }

    /// The flush that was asked for is done, or failed: nothing more comes from that encoder for this segment.
    pub fn handle_flushed(&mut self, track: TrackKind) {
        let swallowed = self.segment.as_mut().map_or(0, |segment| segment.handle_flushed(track));
        self.drop_frames(DropReason::Encoder, swallowed);
        self.turn();
    }

    /// An append is on the disk. Tickets that are not open are ignored.
    pub fn handle_stored(&mut self, ticket: Ticket) {
        let open = self.segment.as_mut().map(|segment| &mut segment.file);
        let _found = self.closing.iter_mut().chain(open).any(|file| file.handle_stored(ticket));
        self.turn();
    }

    /// Time passed although nothing else happened.
    pub fn handle_timeout(&mut self, now: Micros) {
        self.advance(bounded(now));
        self.turn();
    }

    /// When to call `handle_timeout` if nothing else happens before; wall microseconds, possibly past.
    pub fn poll_timeout(&self) -> Option<Micros> {
        let (segment, now) = (self.segment.as_ref()?, self.now?);
        if self.backlog {
            return Some(now);
        }
        let waiting = segment.sound.as_ref().is_some_and(|sound| !sound.fed()) && segment.started().is_some();
        let left = (self.patience() - self.quiet).clamp(1_000, SEEN);
        let silence = waiting.then_some(now + Micros(left));
        segment.deadline().into_iter().chain(silence).min()
    }

    /// Ends the segment: frames taken at `at` (wall) or later do not belong to it, sound runs on to the next whole
    /// packet at which the last picture was shown for a frame's time. An armed segment without a frame ends as
    /// [`RecordEvent::Empty`].
    ///
    /// # Errors
    /// `NotRecording` if none is armed or recording.
    pub fn seal(&mut self, at: Micros) -> Result<(), RecordError> {
        let state = self.state();
        let Some(segment) = self.segment.as_mut().filter(|_| state != RecordState::Sealing) else {
            return Err(RecordError::NotRecording { state });
        };
        if state == RecordState::Armed {
            self.segment = None;
            self.output.push_back(RecordOutput::Event(RecordEvent::Empty));
            return Ok(());
        }
        let at = bounded(at).min(self.now.unwrap_or_default() + Micros(AHEAD));
        let offset = self.camera.offset().unwrap_or_default();
        let since = Micros(at.0.saturating_sub(segment.picture.origin_nanos(offset) / 1000));
        let since = segment.plan.pace.speed.media_micros(since);
        segment.end_at(Some((at, Timescale::RECORDING.from_micros(since))));
        self.turn();
        Ok(())
    }

    /// What to do next; `None` when there is nothing more until the next call.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<RecordOutput> {
        self.output.pop_front()
    }

    /// What it is doing.
    pub fn state(&self) -> RecordState {
        self.segment.as_ref().map_or(RecordState::Idle, Segment::state)
    }

    /// What the encoder of pictures said of itself last.
    pub fn picture_entry(&self) -> Option<&SampleEntry> {
        self.video.as_ref()
    }

    /// Whether files are still on their way to the disk.
    pub fn storing(&self) -> bool {
        !self.closing.is_empty()
    }

    /// The counts as of now.
    pub fn stats(&self) -> Stats {
        let mut stats = self.total;
        stats.unstored_bytes = self.unstored_bytes();
        stats.frame_rate = self.rhythm.interval().map_or(0.0, |interval| 1e6 / interval as f64);
        let mut held = self.tape.as_ref().map_or(0, Tape::bytes) as u64;
        let lag = self.closing.iter().map(Growing::lag).max().unwrap_or(0);
        stats.stored_lag = Ticks(lag);
        if let Some(segment) = &self.segment {
            segment.add_to(&mut stats);
            stats.in_flight = segment.picture.in_flight() as u64;
            held += segment.waiting_bytes() + segment.sound.as_ref().map_or(0, SoundTrack::stretching_bytes) as u64;
            let newest = segment.picture.last().max(0);
            stats.stored_lag = Ticks(lag.max(newest - segment.file.stored()));
        }
        stats.held_bytes = held;
        stats
    }

    fn unstored_bytes(&self) -> u64 {
        let open = self.segment.as_ref().map_or(0, |segment| segment.file.unstored_bytes() + segment.waiting_bytes());
        self.closing.iter().map(Growing::unstored_bytes).sum::<u64>() + open
    }

    fn drop_frames(&mut self, reason: DropReason, count: u32) {
        if count > 0 {
            self.total.dropped.add(reason, count);
            self.output.push_back(RecordOutput::Event(RecordEvent::Dropped { reason, count }));
        }
    }

    fn advance(&mut self, now: Micros) {
        let last = self.now.unwrap_or(now);
        self.quiet += (now - last).0.clamp(0, SEEN);
        self.now = Some(last.max(now));
    }

    fn patience(&self) -> i64 {
        match self.state() {
            _ if self.microphone_gone => 0,
            RecordState::Sealing => PATIENCE.1,
            _ => PATIENCE.0,
        }
    }

    /// Everything that follows from what just happened.
    fn turn(&mut self) {
        let now = self.now.unwrap_or_default();
        if let Some(segment) = &mut self.segment {
            if segment.overdue(now) {
                segment.end_at(None);
                self.output.push_back(RecordOutput::Event(RecordEvent::LimitReached));
            }
            segment.handle_time(now);
        }
        self.pump_sound();
        if let Some(segment) = &mut self.segment {
            let output = &mut self.output;
            let mut emit = |one| output.push_back(one);
            segment.ask_flushes(&mut emit);
            let entries = (self.video.as_ref(), self.audio.as_ref());
            segment.begin_file(entries, &mut self.tickets, &mut emit);
            segment.cut_if_due(&mut self.tickets, &mut emit);
        }
        if self.segment.as_ref().is_some_and(Segment::complete)
            && let Some(segment) = self.segment.take()
        {
            self.finish(segment);
        }
        close_stored(&mut self.closing, &mut self.output);
    }

    fn pump_sound(&mut self) {
        let patience = self.patience();
        let sealing = self.state() == RecordState::Sealing && !self.segment.as_ref().is_some_and(Segment::open);
        let Some(segment) = self.segment.as_mut().filter(|segment| segment.started().is_some()) else {
            return;
        };
        let (Some(sound), Some(now)) = (&mut segment.sound, self.now) else {
            return;
        };
        let origin = segment.picture.origin_nanos(self.camera.offset().unwrap_or_default());
        let muted = segment.plan.pace.muted;
        let silent_until = match muted || self.quiet >= patience {
            true if sealing => i64::MAX,
            // Silence is counted in media, however fast the world runs.
            true if muted => {
                let world = now.0.saturating_mul(1000).saturating_sub(origin);
                origin.saturating_add(segment.plan.pace.speed.media(world))
            }
            true => (now.0 - patience).saturating_mul(1000),
            false => i64::MIN,
        };
        let tape = self.tape.as_ref().filter(|_| !muted).map(|tape| (self.tapes, tape));
        let output = &mut self.output;
        self.backlog = sound.pump(tape, origin, silent_until, |one| output.push_back(one));
    }

    fn finish(&mut self, mut segment: Segment) {
        let entries = (self.video.as_ref(), self.audio.as_ref());
        let output = &mut self.output;
        let record = segment.finish(entries, &mut self.tickets, &mut |one| output.push_back(one));
        self.backlog = false;
        segment.add_to(&mut self.total);
        match record {
            Some(record) => {
                self.total.skew = record.skew;
                segment.file.seal(record);
                self.closing.push_back(segment.file);
            }
            None => segment.count_lost(&mut self.total),
        }
    }
}

fn bounded(time: Micros) -> Micros {
    Micros(time.0.clamp(-TIMES, TIMES))
}
