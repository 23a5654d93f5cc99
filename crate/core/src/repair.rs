//! Making the best of a damaged file: [`Repair`] reads it like [`Scan`](crate::demux::Scan) does, and where that fails it
//! puts box sizes right, leaves out tracks and fragments that cannot be read, or finds the pictures in media that lost
//! their tables. It decides what still belongs to the film and counts what was lost. It never changes the file and
//! never decodes; what it returns is an index to export from. Runs natively and in the studio worker.

mod order;
mod pictures;
mod retold;
mod stream;
mod survey;
mod traks;

use std::fmt;
use std::ops::Range;

use crate::demux::{DemuxError, FileIndex, TrackIndex};
use crate::error::{Failure, Retry};
use crate::time::{Ticks, Timescale};
use retold::{Fix, Retold};
use stream::Stream;
use survey::{Found, Survey};
use traks::Trak;

/// The most media that is asked for at once.
const WINDOW: u64 = 1 << 20;

/// How the index came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The file is whole.
    Intact,
    /// Its end is missing, and everything before it is there.
    Cut,
    /// Boxes had wrong sizes or lay where no size led to, or a fragment in the middle was left out.
    Mended,
    /// A track could not be read and was left out.
    Tracks,
    /// No `moov`: made from the pictures themselves. Whether 30 frames a second were assumed, for the stream names no rate.
    Rebuilt {
        /// The stream names no rate.
        rate_assumed: bool,
    },
}

/// What is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// How much shorter the longest track has become, as far as its tables tell, in ticks of 1/48 000 s. Where a fragment
    /// is missing in the middle, the picture before it lasts so much longer.
    pub duration: Ticks,
    /// Bytes of media: of samples that the tables name and the file does not hold whole; where no table names them, of
    /// the file, in which nothing could be found.
    pub bytes: u64,
    /// Tracks of which nothing is left: `video`, `audio`, another handler type, or `track` and its number.
    pub tracks: Vec<String>,
}

/// What could be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Its samples; every one lies within the file.
    pub index: FileIndex,
    /// How it came about.
    pub how: How,
    /// What is gone.
    pub lost: Lost,
}

/// Why there is nothing to save, or what went wrong on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RepairError {
    /// Nothing in the file can be played.
    Impossible {
        /// What was looked for and found or not.
        why: &'static str,
    },
    /// The boxes are there, but no track of them can be read.
    File(DemuxError),
    /// The bytes handed in are not those that were asked for.
    WrongRead {
        /// What [`Repair::poll_read`] asked for.
        wanted: Option<Range<u64>>,
        /// What came.
        got: Range<u64>,
    },
    /// Finished while bytes are still asked for.
    Unfinished {
        /// What [`Repair::poll_read`] asks for.
        wanted: Range<u64>,
    },
}

impl fmt::Display for RepairError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RepairError::Impossible { why } => f.write_str(why),
            RepairError::File(error) => error.fmt(f),
            RepairError::WrongRead { wanted, got } => match wanted {
                Some(wanted) => write!(f, "bytes {}.. wanted, {}.. given", wanted.start, got.start),
                None => write!(f, "bytes {}.. given, none wanted", got.start),
            },
            RepairError::Unfinished { wanted } => write!(f, "finished while bytes {}.. are wanted", wanted.start),
        }
    }
}

impl std::error::Error for RepairError {}

impl From<RepairError> for Failure {
    fn from(error: RepairError) -> Failure {
        let code = match error {
            RepairError::Impossible { .. } | RepairError::File(_) => "repair_impossible",
            RepairError::WrongRead { .. } | RepairError::Unfinished { .. } => "internal",
        };
        Failure::new(code, Retry::Never, error.to_string())
    }
}

/// Saves what can be saved of a file.
///
/// Call [`Self::poll_read`], read these bytes of the file, hand them to [`Self::handle_read`]; repeat until there is
/// nothing to read, then [`Self::finish`]. Media is read, in stretches of at most a mebibyte, only where the boxes do not
/// lead on.
#[derive(Clone, Debug)]
pub struct Repair {
    length: u64,
    phase: Phase,
    /// What the boxes at the top are, once that was looked at.
    found: Found,
    /// The same with what begins at this place left out, and looked at further behind it.
    trial: Option<(u64, Found)>,
    /// The best index so far, and how it came about.
    best: Option<(FileIndex, How)>,
    /// Why the file could not be read as it is.
    refused: Option<DemuxError>,
    lost: Lost,
    position: u64,
}

/// What is being read.
#[derive(Clone, Debug)]
enum Phase {
    /// The file as it is.
    Plain(Retold),
    /// Its boxes, and what lies where none is.
    Survey(Survey),
    /// The file with its sizes put right.
    Mended(Retold),
    /// What lies behind a fragment that cannot be read.
    Beyond(Survey),
    /// The file without that fragment.
    Skipping(Retold),
    /// The bytes of `moov`.
    Moov(Range<u64>),
    /// `moov` with one track alone.
    Alone(Alone, Retold),
    /// The file without the tracks that cannot be read.
    Fewer(Retold),
    /// The file as if its end were there.
    Whole(Retold),
    /// Media that no table describes.
    Stream(Stream),
    Done(Result<(), RepairError>),
}

/// Which tracks can be read.
#[derive(Clone, Debug, Default)]
struct Alone {
    traks: Vec<Trak>,
    /// Sizes put right, those inside `moov` too.
    fixes: Vec<Fix>,
    /// Whether each of the first tracks can be read.
    good: Vec<bool>,
}

impl Alone {
    /// A scan in which only the next track is told.
    fn next(&self, length: u64) -> Option<Retold> {
        let shown = self.good.len();
        (shown < self.traks.len()).then(|| self.scan(length, |place, trak| (place != shown).then_some(trak.hide)))
    }

    /// A scan of all that can be read.
    fn rest(&self, length: u64, fragmented: bool) -> Retold {
        let bad = |trak: &Trak| if fragmented { trak.mute.unwrap_or(trak.hide) } else { trak.hide };
        self.scan(length, |place, trak| (!self.good[place]).then(|| bad(trak)))
    }

    fn scan(&self, length: u64, hide: impl Fn(usize, &Trak) -> Option<Fix>) -> Retold {
        let mut fixes = self.fixes.clone();
        fixes.extend(self.traks.iter().enumerate().filter_map(|(place, trak)| hide(place, trak)));
        Retold::new(length, length, fixes)
    }
}

impl Repair {
    /// A repair of a file of `length` bytes.
    pub fn new(length: u64) -> Repair {
        let mut repair = Repair {
            length,
            phase: Phase::Plain(Retold::new(length, length, Vec::new())),
            found: Found::default(),
            trial: None,
            best: None,
            refused: None,
            lost: Lost::default(),
            position: 0,
        };
        repair.advance();
        repair
    }

    /// The bytes of the file that are needed next; `None` where it is done.
    pub fn poll_read(&self) -> Option<Range<u64>> {
        match &self.phase {
            Phase::Plain(scan)
            | Phase::Mended(scan)
            | Phase::Skipping(scan)
            | Phase::Fewer(scan)
            | Phase::Whole(scan) => scan.poll_read(),
            Phase::Alone(alone, scan) => match &self.found.moov {
                // Once past `moov` the track was read.
                Some(moov) if !alone.traks.is_empty() => scan.poll_read().filter(|range| range.start < moov.end),
                _ => None,
            },
            Phase::Survey(survey) | Phase::Beyond(survey) => survey.poll_read(),
            Phase::Moov(range) => Some(range.clone()),
            Phase::Stream(stream) => stream.poll_read(),
            Phase::Done(_) => None,
        }
    }

    /// How far the present pass has come, in bytes of the file; another pass may begin.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Takes exactly the bytes that [`Self::poll_read`] asked for.
    ///
    /// # Errors
    /// [`RepairError::WrongRead`] for other bytes; the repair stays where it was.
    pub fn handle_read(&mut self, offset: u64, bytes: &[u8]) -> Result<(), RepairError> {
        let got = offset..offset.saturating_add(bytes.len() as u64);
        let wanted = self.poll_read();
        if wanted.as_ref() != Some(&got) {
            return Err(RepairError::WrongRead { wanted, got });
        }
        self.position = got.end;
        match &mut self.phase {
            Phase::Plain(scan)
            | Phase::Mended(scan)
            | Phase::Skipping(scan)
            | Phase::Alone(_, scan)
            | Phase::Fewer(scan)
            | Phase::Whole(scan) => scan.handle_read(offset, bytes),
            Phase::Survey(survey) | Phase::Beyond(survey) => survey.handle_read(bytes),
            Phase::Stream(stream) => stream.handle_read(offset, bytes),
            Phase::Moov(_) => {
                let fixes = self.fixes();
                let traks = traks::find(offset, bytes, &fixes);
                self.lost.tracks = traks.gone;
                let alone = Alone { traks: traks.list, fixes: [fixes, traks.fixes].concat(), good: Vec::new() };
                self.phase = self.alone(alone);
            }
            Phase::Done(_) => {}
        }
        self.advance();
        Ok(())
    }

    /// What could be saved.
    ///
    /// # Errors
    /// [`RepairError::Unfinished`] before the repair is done; [`RepairError::Impossible`] and [`RepairError::File`] where
    /// there is nothing.
    pub fn finish(self) -> Result<Repaired, RepairError> {
        if let Some(wanted) = self.poll_read() {
            return Err(RepairError::Unfinished { wanted });
        }
        if let Phase::Done(Err(error)) = self.phase {
            return Err(error);
        }
        let (index, how) = self.best.ok_or(RepairError::Impossible { why: NOTHING })?;
        Ok(Repaired { index, how, lost: self.lost })
    }

    /// Sizes put right, the last box ending with the file.
    fn fixes(&self) -> Vec<Fix> {
        self.found.fixes.iter().copied().chain(self.found.clamp).collect()
    }

    /// Goes from phase to phase until one wants to read.
    fn advance(&mut self) {
        while self.poll_read().is_none() {
            self.phase = match std::mem::replace(&mut self.phase, Phase::Done(Ok(()))) {
                Phase::Plain(scan) => self.read_plain(scan),
                Phase::Survey(survey) => self.surveyed(survey.finish()),
                Phase::Mended(scan) => {
                    self.keep(scan.finish(), How::Mended);
                    self.read()
                }
                Phase::Beyond(survey) => self.looked_beyond(survey.finish()),
                Phase::Skipping(scan) => self.skipped(scan.finish()),
                Phase::Moov(_) => Phase::Done(Ok(())),
                Phase::Alone(mut alone, scan) => {
                    alone.good.push(!scan.failed());
                    self.alone(alone)
                }
                Phase::Fewer(scan) => {
                    self.keep(scan.finish(), How::Tracks);
                    self.settle()
                }
                Phase::Whole(scan) => {
                    let whole = scan.finish().ok();
                    self.keep_part(whole.as_ref());
                    self.count(whole);
                    Phase::Done(if self.best.is_some() { Ok(()) } else { Err(self.refusal()) })
                }
                Phase::Stream(stream) => self.rebuilt(stream),
                done @ Phase::Done(_) => {
                    self.phase = done;
                    return;
                }
            };
        }
    }

    /// The file was read as it is.
    fn read_plain(&mut self, scan: Retold) -> Phase {
        let read = scan.finish();
        let torn = read.as_ref().is_ok_and(|index| index.torn().is_some());
        let whole = read.as_ref().is_ok_and(|index| index.torn().is_none() && !swallows(index));
        let hollow = read.as_ref().is_ok_and(|index| index.tracks().iter().any(hollow));
        self.keep(
            read,
            if torn {
                How::Cut
            } else if hollow {
                How::Tracks
            } else {
                How::Intact
            },
        );
        if whole && self.best.is_some() {
            self.count(None);
            return Phase::Done(Ok(()));
        }
        Phase::Survey(Survey::new(self.length))
    }

    /// Keeps an index that has more samples than the best so far.
    fn keep(&mut self, read: Result<FileIndex, DemuxError>, how: How) {
        match read {
            Ok(index) => {
                let before = self.best.as_ref().map_or(0, |(index, _)| samples(index));
                if samples(&index) > before {
                    self.best = Some((index, how));
                }
            }
            Err(error) => {
                self.refused.get_or_insert(error);
            }
        }
    }

    /// The boxes are known: what next.
    fn surveyed(&mut self, found: Found) -> Phase {
        self.found = found;
        let fixes = self.fixes();
        match (&self.found.moov, &self.found.media) {
            // Where the end alone is missing, the file as it is says as much.
            (Some(_), _) if !self.found.fixes.is_empty() || (self.best.is_none() && !fixes.is_empty()) => {
                Phase::Mended(Retold::new(self.length, self.length, fixes))
            }
            (Some(_), _) => self.read(),
            (None, _) if self.found.moof => Phase::Done(Err(RepairError::Impossible { why: NO_INIT })),
            (None, Some(media)) => Phase::Stream(Stream::new(media.clone())),
            (None, None) => Phase::Done(Err(RepairError::Impossible { why: NOTHING })),
        }
    }

    /// The file was read with its sizes put right, if they were wrong: without an index, track by track.
    fn read(&mut self) -> Phase {
        match &self.found.moov {
            Some(moov) if self.best.is_none() && moov.end - moov.start <= BUDGET => Phase::Moov(moov.clone()),
            _ => self.settle(),
        }
    }

    /// The next track alone, or all that can be read.
    fn alone(&mut self, alone: Alone) -> Phase {
        if let Some(scan) = alone.next(self.length) {
            return Phase::Alone(alone, scan);
        }
        let bad = alone.traks.iter().zip(&alone.good).filter(|(_, good)| !**good);
        self.lost.tracks.extend(bad.map(|(trak, _)| trak.name.clone()));
        if alone.good.contains(&true) { Phase::Fewer(alone.rest(self.length, self.found.moof)) } else { self.settle() }
    }

    /// There is an index or there is none. Behind a fragment that cannot be read there may be others.
    fn settle(&mut self) -> Phase {
        if let Some((index, How::Cut | How::Mended)) = &self.best {
            let at = index.whole_length();
            let tried = self.trial.as_ref().is_some_and(|(before, _)| at <= *before);
            let few = self.found.gaps.len() < MAX_GAPS;
            if index.fragments() > 0 && index.torn().is_some() && few && !tried {
                self.trial = Some((at, Found::default()));
                return Phase::Beyond(Survey::beyond(self.length, at, self.found.clone()));
            }
        }
        self.conclude()
    }

    /// The boxes behind it are known.
    fn looked_beyond(&mut self, found: Found) -> Phase {
        let more = found.gaps.len() > self.found.gaps.len();
        let Some((_, trial)) = self.trial.as_mut().filter(|_| more) else { return self.conclude() };
        *trial = found;
        let fixes = trial.fixes.iter().copied().chain(trial.clamp).collect();
        Phase::Skipping(Retold::new(self.length, self.length, fixes))
    }

    /// The file was read without it. What follows must begin with pictures that need none of it.
    fn skipped(&mut self, read: Result<FileIndex, DemuxError>) -> Phase {
        let (Ok(index), Some((before, _)), Some((_, trial))) = (read, &self.best, &self.trial) else {
            return self.conclude();
        };
        let fresh = before.tracks().iter().zip(index.tracks()).all(|(before, after)| {
            let seam = before.tables.samples();
            after.tables.samples() == seam || synced(after, seam)
        });
        if !fresh || samples(&index) <= samples(before) {
            return self.conclude();
        }
        self.found = trial.clone();
        self.best = Some((index, How::Mended));
        self.settle()
    }

    /// What the index lacks is counted.
    fn conclude(&mut self) -> Phase {
        match (&self.best, &self.found) {
            (None, Found { moov: Some(_), moof: true, stated, fixes, .. }) if *stated > self.length => {
                Phase::Whole(Retold::new(*stated, self.length, fixes.clone()))
            }
            (None, Found { media: Some(media), moof: false, .. }) => Phase::Stream(Stream::new(media.clone())),
            (None, _) => Phase::Done(Err(self.refusal())),
            (Some((index, How::Cut | How::Mended)), found) if index.torn().is_some() => {
                // Samples in `moov` name themselves, however far they lie.
                let length = if index.fragments() == 0 { ENDLESS } else { found.stated };
                Phase::Whole(Retold::new(length, self.length, found.fixes.clone()))
            }
            _ => {
                self.count(None);
                Phase::Done(Ok(()))
            }
        }
    }

    /// Where not one fragment is whole, what there is of the first.
    fn keep_part(&mut self, whole: Option<&FileIndex>) {
        if let (None, Some(whole)) = (&self.best, whole) {
            let mut part = whole.clone();
            part.keep_within(self.length);
            self.keep(Ok(part), How::Cut);
        }
    }

    fn refusal(&self) -> RepairError {
        match &self.refused {
            Some(error) if self.found.moov.is_some() => RepairError::File(error.clone()),
            None if self.found.moov.is_some() => RepairError::Impossible { why: NO_SAMPLE },
            _ => RepairError::Impossible { why: NOTHING },
        }
    }

    /// Counts what is lost against the index of the file as it would be with its end.
    fn count(&mut self, whole: Option<FileIndex>) {
        let Some((index, _)) = &self.best else { return };
        // Of a torn recording what lies behind the tear, and the gaps before it.
        let torn = index.fragments() > 0 && index.torn().is_some();
        let end = if torn { index.whole_length() } else { self.length };
        let gaps = self.found.gaps.iter().filter(|gap| gap.end <= end).map(|gap| gap.end - gap.start);
        self.lost.bytes = gaps.sum::<u64>() + if torn { self.length - end } else { self.found.rest };
        for track in index.tracks().iter().filter(|track| hollow(track)) {
            self.lost.tracks.push(kind(track).to_owned());
        }
        let Some(whole) = whole else { return };
        let mut named = 0_u64;
        for before in whole.tracks() {
            let after = index.tracks().iter().find(|after| after.id == before.id);
            let left = after.map_or(0, |after| after.tables.duration);
            let ticks = |ticks: u64| Ticks(i64::try_from(ticks).unwrap_or(i64::MAX));
            let less = ticks(before.tables.duration.saturating_sub(left));
            let less = before.timescale.rescale(less, Timescale::RECORDING).unwrap_or(Ticks(i64::MAX));
            self.lost.duration = self.lost.duration.max(less);
            named = named.saturating_add(bytes(before).saturating_sub(after.map_or(0, bytes)));
            let gone = after.is_none_or(|after| after.tables.samples() == 0 && !hollow(after));
            if before.tables.samples() > 0 && gone {
                self.lost.tracks.push(kind(before).to_owned());
            }
        }
        if index.fragments() == 0 || index.whole_length() == self.length {
            self.lost.bytes = self.lost.bytes.saturating_add(named);
        }
    }

    /// The media was read through.
    fn rebuilt(&mut self, stream: Stream) -> Phase {
        match stream.finish() {
            Ok((track, rate_assumed, unused)) => {
                self.lost.bytes = unused;
                let timescale = track.timescale;
                let index = FileIndex::made(vec![track], timescale, self.length);
                self.best = Some((index, How::Rebuilt { rate_assumed }));
                Phase::Done(Ok(()))
            }
            Err(_) if self.found.moov.is_some() => Phase::Done(Err(self.refusal())),
            Err(error) => Phase::Done(Err(error)),
        }
    }
}

/// The largest `moov` that is looked into, as in the reader.
const BUDGET: u64 = 64 << 20;
/// Damaged fragments that are looked behind; each costs another walk over the file.
const MAX_GAPS: usize = 16;
/// Longer than any file.
const ENDLESS: u64 = 1 << 62;
const NOTHING: &str = "no moov, no moof and no mdat with samples in it";
const NO_SAMPLE: &str = "no sample is whole";
const NO_INIT: &str = "fragments (moof) without the moov that describes their tracks";

fn samples(index: &FileIndex) -> u64 {
    index.tracks().iter().map(|track| track.tables.samples()).fold(0, u64::saturating_add)
}

/// Whether decoding can start at this sample.
fn synced(track: &TrackIndex, sample: u64) -> bool {
    let mut end = 0;
    let mut runs = track.tables.syncs.runs().iter();
    runs.find(|(count, _)| {
        end += u64::from(*count);
        sample < end
    })
    .is_some_and(|(_, sync)| *sync)
}

/// Whether the last fragment's `mdat` has room for another fragment behind its samples: one of size 0 ends with the file.
fn swallows(index: &FileIndex) -> bool {
    let end = index.media().map_or(0, |media| media.end);
    index.fragments() > 0 && index.whole_length().saturating_sub(end) >= 16
}

/// Whether a track shows media that its tables do not have.
fn hollow(track: &TrackIndex) -> bool {
    track.tables.samples() == 0 && track.edits.iter().any(|edit| edit.start.is_some() && edit.duration > 0)
}

/// Bytes of all samples of a track.
fn bytes(track: &TrackIndex) -> u64 {
    track.tables.chunks.iter().map(|chunk| chunk.bytes).fold(0, u64::saturating_add)
}

fn kind(track: &TrackIndex) -> &'static str {
    match track.kind {
        crate::media::TrackKind::Video => "video",
        crate::media::TrackKind::Audio => "audio",
    }
}
