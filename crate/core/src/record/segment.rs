//! One segment from its press to its last fragment.
//!
//! Decides the segment's length and when nothing more is to be expected of its encoders. The clocks, the microphone's
//! ring and the outputs belong to [`super::recorder`].

use super::file::{Growing, Tickets};
use super::picture::PictureTrack;
use super::plan::{DropReason, RecordEvent, RecordOutput, RecordState, SegmentPlan};
use super::sound::SoundTrack;
use super::speed::{Pace, Speed};
use super::stats::Stats;
use crate::codec::SampleEntry;
use crate::draft::SegmentRecord;
use crate::media::TrackKind;
use crate::time::{Micros, Ticks, Timescale};

/// How long frames taken before the pause may still be on their way when it is asked for, microseconds.
const STRAGGLERS: i64 = 60_000;
/// How long past its limit a segment waits for the frame that shows it, microseconds.
const LIMIT_GRACE: i64 = 200_000;
/// Media that may wait for the sound's first packet before the segment goes on without it, ticks.
const SOUND_PATIENCE: i64 = 10 * 48_000;
/// How long a frame is held to last before the camera has shown its rhythm, ticks.
const INTERVAL: i64 = 1_600;
/// Least and most it is held to last, ticks. A pause waits for its last picture to be over: not for a slide show's.
const INTERVALS: (i64, i64) = (48, 9_600);
/// How long after a camera's clock began anew its map may still be too late: the first frame may have waited for a busy
/// worker. Microseconds.
const LEARNING: i64 = 1_000_000;
/// Time between two reports of media time, in the world, ticks.
const REPORT: i64 = 4_800;

/// What one encoder was asked and has done.
#[derive(Clone, Copy, Debug, Default)]
struct Flush {
    asked: bool,
    done: bool,
}

/// The segment that is armed, recording or sealing.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) plan: SegmentPlan,
    press: Micros,
    /// Wall time of the first frame; `None` while armed.
    started: Option<Micros>,
    pub(super) picture: PictureTrack,
    pub(super) sound: Option<SoundTrack>,
    pub(super) file: Growing,
    limit: Option<i64>,
    /// The pause: wall time, and ticks since the origin.
    end: Option<(Micros, i64)>,
    /// How long a picture of this camera lasts, ticks.
    interval: i64,
    /// How far apart its frames come, in media, before any is left out, ticks.
    spacing: i64,
    /// Length with sound, ticks; known once no frame can come any more.
    length: Option<i64>,
    /// Frames taken before the pause may still come.
    open: bool,
    camera_gone: bool,
    video: Flush,
    audio: Flush,
    reported: i64,
    /// When the camera's clock began anew, and the wall time of the origin by the one before it.
    restart: Option<(Micros, Micros)>,
}

impl Segment {
    pub(super) fn new(plan: SegmentPlan, press: Micros) -> Segment {
        let sound = plan.sound.map(|sound| SoundTrack::new(sound, plan.pace));
        let packet = sound.as_ref().map_or(1, SoundTrack::packet);
        let limit = plan.limit.map(|limit| (limit.0 / packet).max(1) * packet);
        let mut segment = Segment {
            file: Growing::new(plan.opened()),
            press,
            started: None,
            picture: PictureTrack::new(Micros(0), plan.pace),
            sound,
            limit,
            end: None,
            interval: INTERVAL,
            spacing: INTERVAL,
            length: None,
            open: false,
            camera_gone: false,
            video: Flush::default(),
            audio: Flush::default(),
            reported: 0,
            restart: None,
            plan,
        };
        segment.set_interval(Ticks(INTERVAL));
        segment
    }

    pub(super) fn state(&self) -> RecordState {
        match (self.started, self.end) {
            (None, _) => RecordState::Armed,
            (Some(_), None) => RecordState::Recording,
            (Some(_), Some(_)) => RecordState::Sealing,
        }
    }

    /// Whether a frame of this wall time may be the segment's, as far as its state tells.
    pub(super) fn takes(&self, wall: Micros) -> bool {
        match self.state() {
            RecordState::Armed => wall >= self.press,
            RecordState::Recording => !self.camera_gone,
            RecordState::Sealing | RecordState::Idle => self.open,
        }
    }

    /// The first frame is admitted: the segment begins.
    pub(super) fn start(&mut self, stamp: Micros, wall: Micros) {
        self.started = Some(wall);
        self.picture = PictureTrack::new(stamp, self.plan.pace);
    }

    pub(super) fn started(&self) -> Option<Micros> {
        self.started
    }

    /// The camera's clock began anew, and was related to the wall by `before`: by that the origin is where it is, drift
    /// included, and so is the sound.
    pub(super) fn handle_restart(&mut self, before: Option<Micros>, arrival: Micros) {
        if self.started.is_none() {
            return;
        }
        let known = self.learning(arrival);
        let now = before.map(|offset| Micros(self.picture.origin_nanos(offset) / 1000));
        self.restart = known.or(now).map(|origin| (arrival, origin));
    }

    /// Lays a frame where a clock that began anew, as far as it is known by now, has it.
    pub(super) fn relate(&mut self, stamp: Micros, wall: Micros, arrival: Micros) {
        if let Some(origin) = self.learning(arrival) {
            self.picture.rebase(stamp, wall - origin);
        }
    }

    fn learning(&self, arrival: Micros) -> Option<Micros> {
        self.restart.filter(|(since, _)| (arrival - *since).0 < LEARNING).map(|(_, origin)| origin)
    }

    /// Whether a frame at this time lies after the pause; if so, none before it is missing any more.
    pub(super) fn passes_end(&mut self, pts: Ticks) -> bool {
        let after = self.end.is_some_and(|(_, end)| pts.0 >= end);
        self.open &= !after;
        after
    }

    /// Whether a frame at this time, since the origin, would last beyond the limit; a tick of rounding is forgiven.
    pub(super) fn passes_limit(&self, pts: Ticks) -> bool {
        self.end.is_none() && self.limit.is_some_and(|limit| pts.0 > limit - self.interval + 1)
    }

    /// How far apart the camera's frames are, as measured by now: in the world, ticks.
    pub(super) fn set_interval(&mut self, interval: Ticks) {
        let Pace { speed, least_interval, .. } = self.plan.pace;
        self.spacing = speed.media(interval.0);
        let least = if speed == Speed::ONE { 0 } else { least_interval.0 };
        self.interval = self.spacing.max(least).clamp(INTERVALS.0, INTERVALS.1);
    }

    /// Whether the speed leaves room for a frame at this time.
    pub(super) fn has_room(&self, pts: Ticks) -> bool {
        self.picture.thinner.wants(pts, self.spacing)
    }

    /// Whether the limit passed by the wall clock, for a camera that shows no frame beyond it.
    pub(super) fn overdue(&self, now: Micros) -> bool {
        self.limit_deadline().is_some_and(|deadline| now >= deadline)
    }

    fn limit_deadline(&self) -> Option<Micros> {
        let (started, limit) = (self.started.filter(|_| self.end.is_none())?, self.limit?);
        let lasts = self.plan.pace.speed.world_micros(Timescale::RECORDING.to_micros(Ticks(limit)));
        Some(started + lasts + Micros(LIMIT_GRACE))
    }

    /// No further frame of this camera will come.
    pub(super) fn handle_camera_end(&mut self) {
        self.camera_gone = true;
        self.open = false;
    }

    /// Ends the segment at this time since its origin; `None` means at its limit.
    pub(super) fn end_at(&mut self, pause: Option<(Micros, Ticks)>) {
        let limit = self.limit.unwrap_or(i64::MAX);
        let (wall, end) = match pause {
            Some((wall, end)) => (wall, end.0.clamp(1, limit)),
            None => (self.started.unwrap_or_default(), limit),
        };
        self.picture.end_at(Ticks(end));
        // What fragments hold already cannot be taken back.
        self.end = Some((wall, end.max(self.picture.kept.begin())));
        self.open = pause.is_some() && !self.camera_gone;
    }

    /// Once no frame can come any more the last one is known, and with it where the sound ends: at the first whole packet
    /// after the pause at which that picture was shown for as long as a frame lasts. Shorter pictures are legal and play,
    /// but whoever counts time in frames, as ffmpeg does by default, finds two of them in one place.
    pub(super) fn handle_time(&mut self, now: Micros) {
        let Some((wall, end)) = self.end else {
            return;
        };
        self.open &= now < wall + Micros(STRAGGLERS);
        if let Some(sound) = self.sound.as_mut().filter(|_| !self.open && self.length.is_none()) {
            let packet = sound.packet();
            let shown = self.picture.newest().map_or(0, |newest| newest + self.interval);
            let least = end.max(shown.min(self.limit.unwrap_or(i64::MAX)));
            let packets = (least.div_euclid(packet) + i64::from(least % packet != 0)).max(sound.kept.begin() / packet);
            sound.end_at(packets.unsigned_abs());
            self.length = Some(packets * packet);
        }
    }

    /// Asks for the flushes that are due.
    pub(super) fn ask_flushes(&mut self, emit: &mut impl FnMut(RecordOutput)) {
        if self.end.is_some() && !self.open && !self.video.asked {
            self.video.asked = true;
            emit(RecordOutput::Flush(TrackKind::Video));
        }
        if !self.audio.asked && self.sound.as_ref().is_some_and(SoundTrack::fed) {
            self.audio.asked = true;
            emit(RecordOutput::Flush(TrackKind::Audio));
        }
    }

    /// An encoder is empty. How many frames it swallowed.
    pub(super) fn handle_flushed(&mut self, track: TrackKind) -> u32 {
        let flush = match track {
            TrackKind::Video => &mut self.video,
            TrackKind::Audio => &mut self.audio,
        };
        if !flush.asked || flush.done {
            return 0;
        }
        flush.done = true;
        if track == TrackKind::Video { self.picture.handle_flushed() } else { 0 }
    }

    /// Whether frames taken before the pause may still come.
    pub(super) fn open(&self) -> bool {
        self.open
    }

    /// Whether nothing more can come.
    pub(super) fn complete(&self) -> bool {
        self.end.is_some() && self.video.done && (self.sound.is_none() || self.audio.done)
    }

    /// Begins the file once both tracks can be described and have something to say.
    pub(super) fn begin_file(
        &mut self,
        entries: (Option<&SampleEntry>, Option<&SampleEntry>),
        tickets: &mut Tickets,
        emit: &mut impl FnMut(RecordOutput),
    ) {
        if self.file.begun() || self.picture.kept.len() == 0 {
            return;
        }
        let Some(video) = entries.0.cloned() else {
            return;
        };
        let audio = entries.1.filter(|entry| {
            let planned = self.plan.sound.map(|sound| sound.codec);
            entry.audio_codec() == planned
        });
        let waited = self.picture.kept.last().is_some_and(|last| last >= SOUND_PATIENCE);
        let audio = match &self.sound {
            Some(sound) if sound.kept.len() > 0 && audio.is_some() => audio.cloned(),
            Some(_) if waited || self.complete() => {
                self.sound = None;
                self.length = None;
                emit(RecordOutput::Event(RecordEvent::SoundLost));
                None
            }
            Some(_) => return,
            None => None,
        };
        self.file.begin(video, audio, tickets, emit);
    }

    /// Appends a fragment if a second is waiting.
    pub(super) fn cut_if_due(&mut self, tickets: &mut Tickets, emit: &mut impl FnMut(RecordOutput)) {
        let audio_end = self.sound.as_ref().map_or(0, SoundTrack::end);
        if self.file.due(&self.picture.kept, self.sound.as_ref().map(|sound| &sound.kept), audio_end) {
            self.cut(None, tickets, emit);
        }
    }

    fn cut(&mut self, end: Option<i64>, tickets: &mut Tickets, emit: &mut impl FnMut(RecordOutput)) {
        let audio = self.sound.as_mut().map(|sound| {
            let end = sound.end();
            (&mut sound.kept, end)
        });
        self.file.cut((&mut self.picture.kept, end), audio, tickets, emit);
    }

    /// Tells the media time, at most ten times a second.
    pub(super) fn report(&mut self, emit: &mut impl FnMut(RecordOutput)) {
        let step = self.plan.pace.speed.media(REPORT);
        if let Some(last) = self.picture.kept.last().filter(|last| *last >= self.reported + step) {
            self.reported = last;
            emit(RecordOutput::Event(RecordEvent::Time { segment: Ticks(last) }));
        }
    }

    /// Appends the last fragment and makes the record. `None` if there is no picture to keep, and so no file.
    pub(super) fn finish(
        &mut self,
        entries: (Option<&SampleEntry>, Option<&SampleEntry>),
        tickets: &mut Tickets,
        emit: &mut impl FnMut(RecordOutput),
    ) -> Option<SegmentRecord> {
        self.begin_file(entries, tickets, emit);
        if !self.file.begun() {
            let lost = u32::try_from(self.picture.frames()).unwrap_or(u32::MAX);
            if lost > 0 {
                emit(RecordOutput::Event(RecordEvent::Dropped { reason: DropReason::Encoder, count: lost }));
            }
            emit(RecordOutput::Event(RecordEvent::Empty));
            return None;
        }
        let length = self.final_length();
        self.cut(Some(length), tickets, emit);
        let duration = self.sound.as_ref().map_or(self.picture.kept.begin(), |sound| sound.kept.begin());
        let skew = self.picture.kept.begin() - duration;
        let entry = |kind| self.file.entry(kind);
        Some(SegmentRecord {
            opened: self.plan.opened(),
            duration: Ticks(duration),
            frames: self.picture.frames(),
            video: entry(TrackKind::Video).and_then(SampleEntry::video_codec),
            audio: entry(TrackKind::Audio).and_then(SampleEntry::audio_codec),
            bytes: self.file.bytes(),
            skew: Ticks(skew),
            recovered: skew != 0,
        })
    }

    fn final_length(&mut self) -> i64 {
        if let (Some(sound), Some(length)) = (&self.sound, self.length) {
            let sounding = sound.end();
            if sounding < length {
                // The encoder died: as after a crash, both end with the last whole packet, if fragments still allow it.
                let whole = (sounding - self.interval + 2).max(self.picture.kept.begin() + 1);
                self.picture.end_at(Ticks(whole.min(sounding)));
            }
            return sounding.max(self.picture.kept.begin());
        }
        let shown = self.picture.kept.last().map(|last| (last + self.interval).min(self.limit.unwrap_or(i64::MAX)));
        shown.unwrap_or(0).max(self.picture.kept.begin() + 1)
    }

    /// Adds the segment's counts.
    pub(super) fn add_to(&self, stats: &mut Stats) {
        let pixels = u64::from(self.plan.size.width) * u64::from(self.plan.size.height);
        let (silence, samples) = self.sound.as_ref().map_or((0, 0), |sound| (sound.silence(), sound.samples()));
        stats.encoded += self.picture.frames();
        stats.surplus += self.picture.surplus();
        stats.silence = stats.silence + Ticks(silence);
        stats.bytes += self.file.bytes();
        stats.raw_bytes += self.picture.frames() * pixels * 3 / 2 + samples.unsigned_abs() * 2;
    }

    /// No file came of it: what was encoded is lost.
    pub(super) fn count_lost(&self, stats: &mut Stats) {
        stats.encoded -= self.picture.frames();
        stats.dropped.encoder += self.picture.frames();
    }

    /// Encoded bytes waiting for their fragment.
    pub(super) fn waiting_bytes(&self) -> u64 {
        let sound = self.sound.as_ref().map_or(0, |sound| sound.kept.bytes());
        (self.picture.kept.bytes() + sound) as u64
    }

    /// When the segment must be looked at again although nothing happens.
    pub(super) fn deadline(&self) -> Option<Micros> {
        match self.end {
            Some((wall, _)) if self.open => Some(wall + Micros(STRAGGLERS)),
            _ => self.limit_deadline(),
        }
    }
}
