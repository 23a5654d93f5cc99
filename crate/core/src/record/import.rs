//! Segments of the browser's own recorder: the MP4 that it writes, piece by piece, becomes an ordinary segment. Its samples
//! are taken out of each fragment as it comes and written again in ours, so that what is stored, recovered and joined is
//! what every other way of filming leaves: one timescale, tracks of one length, packets that last as long as they say.
//!
//! Decides which samples stand and when; asks for nothing and knows no clock: such a recorder tells nothing but what it
//! wrote. Runs in the studio worker and natively.

use std::collections::VecDeque;
use std::fmt;

use super::file::{Batch, Growing, Ticket, Tickets, close_stored};
use super::imported::{self, Fragments, Packet, Picture};
use super::plan::{DropReason, RecordError, RecordEvent, RecordOutput, RecordState};
use super::stats::{Rhythm, Stats};
use crate::codec::{Likeness, SampleEntry, Silence, compare, silence};
use crate::demux::DemuxError;
use crate::draft::{CameraInfo, Entry, OpenedSegment, PictureSettings, SegmentId, SegmentRecord, SoundFormat};
use crate::error::{Commas, Failure, Mismatch, Retry};
use crate::media::{AudioCodec, TrackKind};
use crate::orientation::Orientation;
use crate::time::{Micros, Ticks, Timescale};

/// Bytes that may wait for the end of a fragment, and so how long a take may be whose recorder writes none.
const HELD: usize = 64 << 20;
/// Bytes that are kept at all: recorders give much when they stop.
const MOST: usize = 512 << 20;
/// Sound that is later than this, against the pictures beside it, does not come any more, ticks.
const LAG: i64 = 96_000;
/// How long a picture is held to last where nothing tells, ticks.
const INTERVAL: i64 = 1_600;

/// One segment to be imported.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportPlan {
    /// From [`crate::draft::Draft::next_segment_id`].
    pub id: SegmentId,
    /// The press of record it belongs to.
    pub take: u32,
    /// A new file, a plain name in the draft's folder.
    pub file: String,
    /// What it is filmed with.
    pub camera: CameraInfo,
    /// Nominal frames a second, in thousandths: noted with a draft's first segment.
    pub frame_rate: u32,
    /// What it must be like; `None` for a draft's first segment.
    pub like: Option<Like>,
    /// The segment is not longer than this, 48 000 ticks a second.
    pub limit: Option<Ticks>,
}

/// What the segments of a draft share.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    /// As the draft has them.
    pub settings: PictureSettings,
    /// How its pictures lie.
    pub orientation: Orientation,
    /// How its first segment describes its pictures, where that is known.
    pub entry: Option<SampleEntry>,
}

/// Why what a recorder wrote is no segment. What was taken before stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportError {
    /// It is no MP4, or one that cannot be read.
    File(DemuxError),
    /// It does not decode as the draft's segments do; the names of what differs.
    Unlike(Vec<&'static str>),
    /// It is an MP4, but not one that segments are made of.
    Unsupported(&'static str),
    /// More than this came without a whole fragment: the recorder is to be stopped. Said once; what it gives until then is
    /// taken at the end.
    Overflow {
        /// Bytes held.
        held: usize,
    },
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::File(error) => write!(f, "the browser's recorder: {error}"),
            ImportError::Unlike(fields) => write!(f, "the browser's recorder gives another {}", Commas(fields)),
            ImportError::Unsupported(what) => write!(f, "the browser's recorder writes {what}"),
            ImportError::Overflow { held } => write!(f, "{held} bytes of the browser's recorder without a fragment"),
        }
    }
}

impl std::error::Error for ImportError {}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Failure {
        let detail = error.to_string();
        match error {
            ImportError::Unlike(fields) => {
                let fields = fields.into_iter().map(str::to_owned).collect();
                let mismatch = Some(Mismatch { clips: Vec::new(), fields });
                Failure { mismatch, ..Failure::new("join_needs_encoding", Retry::Never, detail) }
            }
            ImportError::File(_) | ImportError::Unsupported(_) => {
                Failure::new("codec_unsupported", Retry::Never, detail)
            }
            ImportError::Overflow { .. } => Failure::new("encoder_failed", Retry::Later, detail),
        }
    }
}

/// Imports segment after segment.
///
/// Order of calls: `open_segment`, `handle_bytes` for every piece in the recorder's order, `handle_end` once it has stopped.
/// After each call drain [`Self::poll_output`]; the next segment may be opened when [`Self::state`] is idle again.
#[derive(Debug, Default)]
pub struct Importer {
    segment: Option<Importing>,
    closing: VecDeque<Growing>,
    tickets: Tickets,
    output: VecDeque<RecordOutput>,
    /// How the pictures of the last segment are described.
    entry: Option<SampleEntry>,
    /// Of finished segments.
    total: Stats,
}

impl Importer {
    /// Begins a segment.
    ///
    /// # Errors
    /// `Busy` until the one before has ended.
    pub fn open_segment(&mut self, plan: ImportPlan) -> Result<(), RecordError> {
        if self.segment.is_some() {
            return Err(RecordError::Busy { state: self.state() });
        }
        self.segment = Some(Importing::new(plan));
        Ok(())
    }

    /// The next bytes of the recorder's file, cut anywhere. Ignored where no segment is open.
    ///
    /// # Errors
    /// What stands against the segment; bytes after that are ignored, but for [`ImportError::Overflow`], and `handle_end`
    /// keeps what came before.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let Some(segment) = self.segment.as_mut().filter(|segment| !segment.broken) else { return Ok(()) };
        let waiting = segment.fragments.held();
        // What comes after a piece that was left out would stand in its place.
        segment.full |= waiting.saturating_add(bytes.len()) > MOST;
        if segment.full {
            return if waiting > HELD { Ok(()) } else { Err(ImportError::Overflow { held: waiting }) };
        }
        segment.fragments.push(bytes);
        if waiting > HELD {
            // It was told; nothing is looked for in as much again and again.
            return Ok(());
        }
        let output = &mut self.output;
        let taken = segment.take(false, &mut self.tickets, &mut |one| output.push_back(one));
        segment.broken = taken.is_err();
        taken?;
        let held = segment.fragments.held();
        if held > HELD { Err(ImportError::Overflow { held }) } else { Ok(()) }
    }

    /// The recorder has stopped, by whatever cause: what it gave becomes the segment.
    ///
    /// # Errors
    /// As above, for bytes that only the end makes whole; the segment is closed all the same.
    pub fn handle_end(&mut self) -> Result<(), ImportError> {
        let Some(mut segment) = self.segment.take() else { return Ok(()) };
        let output = &mut self.output;
        let mut emit = |one| output.push_back(one);
        let taken = if segment.broken { Ok(()) } else { segment.take(true, &mut self.tickets, &mut emit) };
        let record = segment.finish(&mut self.tickets, &mut emit);
        segment.add_to(&mut self.total);
        match segment.file.zip(record) {
            Some((mut file, record)) => {
                self.entry = file.entry(TrackKind::Video).cloned();
                file.seal(record);
                self.closing.push_back(file);
            }
            None => self.output.push_back(RecordOutput::Event(RecordEvent::Empty)),
        }
        close_stored(&mut self.closing, &mut self.output);
        taken
    }

    /// An append is on the disk. Tickets that are not open are ignored.
    pub fn handle_stored(&mut self, ticket: Ticket) {
        let open = self.segment.as_mut().and_then(|segment| segment.file.as_mut());
        let _found = self.closing.iter_mut().chain(open).any(|file| file.handle_stored(ticket));
        close_stored(&mut self.closing, &mut self.output);
    }

    /// What to do next; `None` when there is nothing more until the next call.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<RecordOutput> {
        self.output.pop_front()
    }

    /// What it is doing; armed until the first fragment came.
    pub fn state(&self) -> RecordState {
        match &self.segment {
            None => RecordState::Idle,
            Some(segment) if segment.file.is_none() => RecordState::Armed,
            Some(_) => RecordState::Recording,
        }
    }

    /// How the pictures of the last segment are described.
    pub fn picture_entry(&self) -> Option<&SampleEntry> {
        self.entry.as_ref()
    }

    /// The counts as of now. What the recorder was given and did not write it does not tell: captured are the pictures it
    /// wrote, `source` counts the gaps between them.
    pub fn stats(&self) -> Stats {
        let mut stats = self.total;
        stats.stored_lag = Ticks(self.closing.iter().map(Growing::lag).max().unwrap_or(0));
        if let Some(segment) = &self.segment {
            segment.add_to(&mut stats);
            stats.frame_rate = segment.rhythm.interval().map_or(0.0, |interval| 1e6 / interval as f64);
            stats.held_bytes = segment.fragments.held() as u64;
        }
        stats.captured = stats.encoded + stats.surplus;
        stats
    }

    /// Media time of the open segment that is on the disk, ticks.
    pub fn stored(&self) -> Ticks {
        let file = self.segment.as_ref().and_then(|segment| segment.file.as_ref());
        Ticks(file.map_or(0, Growing::stored))
    }
}

/// The segment under way.
#[derive(Debug)]
struct Importing {
    plan: ImportPlan,
    fragments: Fragments,
    /// From the first picture on.
    file: Option<Growing>,
    pictures: Batch,
    /// Pictures kept, those in fragments included.
    frames: u64,
    /// How many were left out at the end.
    surplus: u64,
    missing: u64,
    rhythm: Rhythm,
    sound: Option<Sound>,
    /// What came could not be used: nothing more is taken.
    broken: bool,
    /// Bytes were left out: there were too many.
    full: bool,
}

/// The sound of a segment: packets one behind the other, as they are heard.
#[derive(Debug)]
struct Sound {
    packets: Batch,
    /// Where the next one stands, ticks.
    end: i64,
    /// What the last one lasts, ticks.
    step: i64,
    limit: i64,
    /// How much later than pictures it may come, ticks.
    lag: i64,
    silence: Option<Silence>,
    /// Ticks of it.
    silent: i64,
}

impl Importing {
    fn new(plan: ImportPlan) -> Importing {
        Importing {
            plan,
            fragments: Fragments::default(),
            file: None,
            pictures: Batch::default(),
            frames: 0,
            surplus: 0,
            missing: 0,
            rhythm: Rhythm::default(),
            sound: None,
            broken: false,
            full: false,
        }
    }

    /// Takes what is whole by now, and appends it.
    fn take(
        &mut self,
        last: bool,
        tickets: &mut Tickets,
        emit: &mut dyn FnMut(RecordOutput),
    ) -> Result<(), ImportError> {
        let mut fragments = std::mem::take(&mut self.fragments);
        let taken = match fragments.take(last) {
            Ok(Some(news)) => self.add(&news, tickets, emit),
            nothing => nothing.map(drop),
        };
        let taken = taken.and_then(|()| fragments.check(last));
        if !last {
            self.fragments = fragments;
            self.cut(tickets, emit);
        }
        taken
    }

    fn add(
        &mut self,
        news: &imported::News<'_>,
        tickets: &mut Tickets,
        emit: &mut dyn FnMut(RecordOutput),
    ) -> Result<(), ImportError> {
        if self.file.is_none() && !news.pictures.is_empty() {
            self.begin(news, tickets, emit)?;
        }
        let before = self.missing;
        self.pictures.reserve(news.pictures.iter().map(|picture| picture.data.len()).sum());
        for picture in &news.pictures {
            self.add_picture(picture);
        }
        if let Some(sound) = &mut self.sound {
            news.packets.iter().for_each(|packet| sound.add(packet));
            // A microphone that ended must not keep pictures from the disk.
            sound.fill(self.pictures.last().unwrap_or(0) - sound.lag, 0);
        }
        if let Ok(count @ 1..) = u32::try_from(self.missing - before) {
            emit(RecordOutput::Event(RecordEvent::Dropped { reason: DropReason::Source, count }));
        }
        if let Some(segment) = self.pictures.last() {
            emit(RecordOutput::Event(RecordEvent::Time { segment: Ticks(segment) }));
        }
        Ok(())
    }

    /// The first picture came: now it is known what the segment is like.
    fn begin(
        &mut self,
        news: &imported::News<'_>,
        tickets: &mut Tickets,
        emit: &mut dyn FnMut(RecordOutput),
    ) -> Result<(), ImportError> {
        let (size, orientation) = (news.size, news.orientation);
        let video = news.video.clone();
        let mut sound = news.sound.clone();
        let format = sound.as_ref().and_then(format_of);
        let mut opened_sound = format;
        match &self.plan.like {
            Some(like) => {
                let mut fields = unlike(like, news);
                match (like.settings.sound, format) {
                    (None, _) => (sound, opened_sound) = (None, None),
                    (Some(wanted), Some(found)) if wanted != found => fields.push("audio"),
                    (wanted, _) => opened_sound = wanted,
                }
                if !fields.is_empty() {
                    return Err(ImportError::Unlike(fields));
                }
            }
            None => emit(RecordOutput::Journal(Entry::Created(PictureSettings {
                size: orientation.upright(size),
                frame_rate: self.plan.frame_rate,
                video: video.codec_string(),
                audio: sound.as_ref().map(SampleEntry::codec_string),
                sound: format,
            }))),
        }
        let absent = sound.is_none() && opened_sound.is_some();
        if absent {
            // A draft with sound gets silence where there is no microphone.
            sound = opened_sound.and_then(plain_entry);
            emit(RecordOutput::Event(RecordEvent::SoundLost));
        }
        self.sound = sound.as_ref().map(|entry| Sound::new(entry, self.plan.limit, if absent { 0 } else { LAG }));
        let mut file = Growing::new(OpenedSegment {
            id: self.plan.id,
            take: self.plan.take,
            file: self.plan.file.clone(),
            camera: self.plan.camera.clone(),
            sound: opened_sound,
            size,
            orientation,
            mirrored: false,
        });
        file.begin(video, sound, tickets, emit);
        self.file = Some(file);
        Ok(())
    }

    fn add_picture(&mut self, picture: &Picture<'_>) {
        let late = self.plan.limit.is_some_and(|limit| picture.at > limit.0 - self.interval() + 1);
        let follows = picture.at > self.pictures.last().unwrap_or(-1);
        if late || !follows || (self.frames == 0 && !picture.sync) {
            self.surplus += u64::from(late);
            self.missing += u64::from(!late);
            return;
        }
        self.missing += u64::from(self.rhythm.handle_stamp(Timescale::RECORDING.to_micros(Ticks(picture.at))));
        self.pictures.push(Ticks(picture.at), picture.sync, picture.data);
        self.frames += 1;
    }

    /// What a picture must be shown for, ticks.
    fn most(&self) -> i64 {
        self.interval() * 3 / 4
    }

    /// How long a picture lasts, ticks.
    fn interval(&self) -> i64 {
        self.rhythm.interval().map_or(INTERVAL, |interval| Timescale::RECORDING.from_micros(Micros(interval)).0)
    }

    /// Appends what came, so that a crash costs what the recorder has not given yet, and of that what may not stand:
    /// pictures that no sound was heard with so far.
    fn cut(&mut self, tickets: &mut Tickets, emit: &mut dyn FnMut(RecordOutput)) {
        let heard = self.sound.as_ref().map_or(i64::MAX, |sound| sound.end - self.most());
        let later = self.pictures.split_off(heard);
        self.append(None, tickets, emit);
        self.pictures.append(later);
    }

    fn append(&mut self, end: Option<i64>, tickets: &mut Tickets, emit: &mut dyn FnMut(RecordOutput)) {
        let Some(file) = &mut self.file else { return };
        let sound = self.sound.as_mut().map(|sound| (&mut sound.packets, sound.end));
        file.cut((&mut self.pictures, end), sound, tickets, emit);
    }

    /// Appends the last fragment and makes the record. `None` if there is no picture to keep, and so no file.
    fn finish(&mut self, tickets: &mut Tickets, emit: &mut dyn FnMut(RecordOutput)) -> Option<SegmentRecord> {
        self.file.as_ref()?;
        let end = self.end_tracks();
        self.append(Some(end), tickets, emit);
        let file = self.file.as_ref()?;
        let entry = |kind| file.entry(kind);
        let sounding = self.sound.as_ref().map_or(end, |sound| sound.end);
        Some(SegmentRecord {
            opened: file.opened().clone(),
            duration: Ticks(sounding),
            frames: self.frames,
            video: entry(TrackKind::Video).and_then(SampleEntry::video_codec),
            audio: entry(TrackKind::Audio).and_then(SampleEntry::audio_codec),
            bytes: file.bytes(),
            skew: Ticks(end - sounding),
            recovered: end != sounding,
        })
    }

    /// Where both tracks end: with the last whole packet of sound, or with the last picture where there is none. A picture
    /// that could not be shown for most of its time is left out; sound that ended much earlier goes on as silence.
    fn end_tracks(&mut self) -> i64 {
        let (interval, most, begun) = (self.interval(), self.most(), self.pictures.begin());
        let limit = self.plan.limit.map_or(i64::MAX, |limit| limit.0);
        let shown = self.pictures.last().map_or(begun, |last| last.saturating_add(interval)).min(limit);
        let Some(sound) = &mut self.sound else { return shown.max(begun + 1) };
        // A picture that fragments have promised must be heard through.
        let least = if sound.end - begun < most { 0 } else { sound.step };
        if shown - sound.end > least {
            sound.fill(shown.saturating_add(sound.step / 2), 0);
        }
        let gone = self.pictures.truncate((sound.end - most).max(begun + 1)) as u64;
        self.frames -= gone;
        self.surplus += gone;
        sound.end.max(begun + 1)
    }

    fn add_to(&self, stats: &mut Stats) {
        let size = self.file.as_ref().map(|file| file.opened().size);
        let pixels = size.map_or(0, |size| u64::from(size.width) * u64::from(size.height));
        stats.encoded += self.frames;
        stats.surplus += self.surplus;
        stats.dropped.source += self.missing;
        stats.bytes += self.file.as_ref().map_or(0, Growing::bytes);
        stats.raw_bytes += self.frames * pixels * 3 / 2;
        if let Some(sound) = &self.sound {
            stats.silence = stats.silence + Ticks(sound.silent);
            stats.raw_bytes += sound.end.unsigned_abs() * 2;
        }
    }
}

impl Sound {
    fn new(entry: &SampleEntry, limit: Option<Ticks>, lag: i64) -> Sound {
        let silence = silence(entry, None, Timescale::RECORDING.get());
        let limit = limit.map_or(i64::MAX, |limit| limit.0);
        Sound { packets: Batch::default(), end: 0, step: 0, limit, lag, silence, silent: 0 }
    }

    /// A packet stands where the ones before it end, unless most of one is missing there: that is silence.
    fn add(&mut self, packet: &Packet<'_>) {
        self.step = packet.lasts;
        // Before the first picture nothing is heard, nor what came too late.
        if packet.at + packet.lasts / 2 < self.end {
            return;
        }
        self.fill(packet.at, packet.lasts / 2);
        if self.end.saturating_add(packet.lasts) > self.limit {
            return;
        }
        self.packets.push(Ticks(self.end), true, packet.data);
        self.end += packet.lasts;
    }

    /// Silence up to the packet's end nearest to `until`, if more than `least` is missing. Its packets are as long as the
    /// others: one that is longer than most is taken for a gap where films are made.
    fn fill(&mut self, until: i64, least: i64) {
        let Some(silence) = self.silence.as_ref().filter(|_| until - self.end > least) else { return };
        let (bytes, step) = silence_of(silence, self.step);
        while until - self.end > step / 2 && self.end + step <= self.limit {
            self.packets.push(Ticks(self.end), true, &bytes);
            self.end += step;
            self.silent += step;
        }
    }
}

/// A packet of silence of this length, and how long it is: for Opus several frames in one (RFC 6716 s.3.2.5, constant bit
/// rate), for others the plain one.
fn silence_of(silence: &Silence, step: i64) -> (Vec<u8>, i64) {
    let plain = i64::from(silence.samples);
    match (u8::try_from(step / plain), silence.bytes.split_first()) {
        (Ok(count @ 2..=6), Some((toc, frame))) if step % plain == 0 => {
            let mut bytes = vec![toc | 3, count];
            (0..count).for_each(|_| bytes.extend_from_slice(frame));
            (bytes, step)
        }
        _ => (silence.bytes.clone(), plain),
    }
}

/// The plainest description of a draft's sound: under it silence decodes.
fn plain_entry(format: SoundFormat) -> Option<SampleEntry> {
    let SoundFormat { codec, channels } = format;
    match codec {
        AudioCodec::Opus => SampleEntry::opus(&[], channels),
        // AAC-LC of 48 kHz (ISO/IEC 14496-3 s.1.6.2.1).
        AudioCodec::Aac => SampleEntry::mp4a(&[0x11, 0x80 | channels << 3], channels, Timescale::RECORDING.get()),
    }
    .ok()
}

fn format_of(entry: &SampleEntry) -> Option<SoundFormat> {
    let channels = u8::try_from(entry.channels()?).ok()?;
    Some(SoundFormat { codec: entry.audio_codec()?, channels })
}

/// What keeps pictures from the draft's.
fn unlike(like: &Like, news: &imported::News<'_>) -> Vec<&'static str> {
    let mut fields = Vec::new();
    if news.orientation != like.orientation {
        fields.push("orientation");
    }
    if news.orientation.upright(news.size) != like.settings.size {
        fields.push("size");
    }
    match like.entry.as_ref().map(|entry| compare(entry, &news.video)) {
        Some(Likeness::Different(names)) => {
            for name in names {
                if !fields.contains(&name) {
                    fields.push(name);
                }
            }
        }
        Some(Likeness::SameButColour { range: true, .. }) => fields.push("range"),
        _ => {}
    }
    fields
}
