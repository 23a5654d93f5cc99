//! The pictures of a file on their way through a decoder: what it is fed, and where in the film stands what it gives.

use std::ops::Range;

use crate::demux::{FileIndex, Head, TrackIndex, presentation, walk};
use crate::media::TrackKind;
use crate::mux::walk::Walk;
use crate::time::{Micros, Ticks, Timescale};

/// A stretch of the film that is decoded by itself: from a picture that needs no other one, to the last that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Its samples, by number; not empty.
    samples: Range<u64>,
    /// Which composition times are shown.
    shown: Range<Micros>,
    /// When its first one stands in the film, in ticks of 1/48 000 s.
    pub at: Ticks,
    /// When it ends there.
    pub end: Ticks,
}

/// A sample that a decoder is fed, in decoding order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fed {
    /// Its bytes in the file.
    pub range: Range<u64>,
    /// When it is composed; the decoder gives its picture back with this stamp.
    pub stamp: Micros,
    /// Whether decoding can start here.
    pub key: bool,
    /// Its sample entry, counted from 0.
    pub entry: usize,
}

/// Where a decoded picture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before the passage. The last of these is what its beginning shows, unless one stands exactly there.
    Before,
    /// At this time of the film, in ticks of 1/48 000 s.
    At(Ticks),
    /// Behind it: it was only needed to decode others.
    Behind,
}

/// The passages of a file's pictures, in the film's order.
///
/// # Errors
/// What its edit list asks for that cannot be done, as [`presentation()`](fn@crate::demux::presentation) says it.
pub fn passages(head: &Head, track: &TrackIndex) -> Result<Vec<Passage>, &'static str> {
    let mut list = Vec::new();
    for stretch in presentation(head, track)? {
        let samples = walk::needed(track, &stretch.media);
        let at = head.timescale.rescale(Ticks(i64::try_from(stretch.at).unwrap_or(i64::MAX)), Timescale::RECORDING);
        let (Some(at), false) = (at, samples.is_empty()) else { continue };
        let micros = |ticks| track.timescale.to_micros(Ticks(ticks));
        let shown = micros(stretch.media.start)..micros(stretch.media.end);
        let end = at + Timescale::RECORDING.from_micros(shown.end - shown.start);
        list.push(Passage { samples, shown, at, end });
    }
    Ok(list)
}

impl Passage {
    /// What its decoder is fed.
    pub fn fed<'a>(&self, track: &'a TrackIndex) -> impl Iterator<Item = Fed> + use<'a> {
        let count = usize::try_from(self.samples.end - self.samples.start).unwrap_or(usize::MAX);
        let start = i64::try_from(track.start).unwrap_or(i64::MAX);
        let scale = track.timescale;
        Walk::new(&track.tables).from(self.samples.start).take(count).map(move |step| {
            let time = i64::try_from(step.time).unwrap_or(i64::MAX).saturating_add(i64::from(step.sample.offset));
            Fed {
                range: step.at..step.at.saturating_add(u64::from(step.sample.size)),
                stamp: scale.to_micros(Ticks(start.saturating_add(time))),
                key: step.sample.sync,
                entry: step.entry as usize,
            }
        })
    }

    /// Where the picture with this stamp stands.
    pub fn place(&self, stamp: Micros) -> Place {
        if stamp < self.shown.start {
            return Place::Before;
        }
        if stamp >= self.shown.end {
            return Place::Behind;
        }
        Place::At(self.at + Timescale::RECORDING.from_micros(stamp - self.shown.start))
    }
}

/// Which of the pictures a film of fewer ones a second takes: one for each place of its rhythm.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Places a second, in thousandths; 0 takes every picture.
    rate: i64,
    taken: i64,
}

impl Rhythm {
    /// Of at most so many thousandths of a picture a second; `None` takes every picture.
    pub fn new(rate: Option<u32>) -> Rhythm {
        Rhythm { rate: rate.map_or(0, i64::from), taken: -1 }
    }

    /// Whether the picture at this time, in ticks of 1/48 000 s, is taken. Times rise. A picture that is late or early by a
    /// quarter of its time still counts for its place.
    pub fn takes(&mut self, at: Ticks) -> bool {
        if self.rate == 0 {
            return true;
        }
        let second = i128::from(Timescale::RECORDING.get()) * 1000;
        let place = (i128::from(at.0) * i128::from(self.rate) * 4 + second).div_euclid(second * 4);
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        let takes = place > self.taken;
        self.taken = self.taken.max(place);
        takes
    }
}

/// How long the film of a file is: to the end of the track that is shown longest, in ticks of 1/48 000 s.
///
/// # Errors
/// As [`passages`] has.
pub fn length(index: &FileIndex) -> Result<Ticks, &'static str> {
    let mut longest = Ticks(0);
    for kind in [TrackKind::Video, TrackKind::Audio] {
        let Some(track) = index.track(kind) else { continue };
        for stretch in presentation(index.head(), track)? {
            let at = Ticks(i64::try_from(stretch.at).unwrap_or(i64::MAX));
            let at = index.head().timescale.rescale(at, Timescale::RECORDING);
            let lasts = track.timescale.rescale(Ticks(stretch.media.end - stretch.media.start), Timescale::RECORDING);
            longest = at.zip(lasts).map_or(longest, |(at, lasts)| longest.max(at + lasts));
        }
    }
    Ok(longest)
}

/// Pictures a second of a file, in thousandths, as its tables say; 30 where they say nothing.
pub fn frame_rate(index: &FileIndex) -> u32 {
    let track = index.track(TrackKind::Video);
    let rate = track.filter(|track| track.tables.duration > 0).map(|track| {
        let ticks = u128::from(track.tables.samples()) * u128::from(track.timescale.get()) * 1000;
        (ticks + u128::from(track.tables.duration) / 2) / u128::from(track.tables.duration)
    });
    rate.map_or(30_000, |rate| rate.clamp(1_000, 120_000) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isobmff::edits::Edit;
    use crate::isobmff::tables::{Chunk, Tables};

    /// Two groups of four in the order encoders write them, 100 ticks each, composed 200 after their places.
    fn track() -> TrackIndex {
        let mut tables = Tables::default();
        for (decode, shown) in [0, 3, 1, 2, 4, 7, 5, 6].into_iter().enumerate() {
            tables.durations.push(1, 100);
            tables.sizes.push(1, 10);
            tables.offsets.push(1, 200 + 100 * (shown - decode as i32));
            tables.syncs.push(1, decode % 4 == 0);
            tables.duration += 100;
        }
        tables.chunks = vec![Chunk { offset: 1000, samples: 8, bytes: 80, entry: 0 }];
        TrackIndex { timescale: Timescale::new(1000).unwrap(), ..TrackIndex::of_samples(TrackKind::Video, tables) }
    }

    fn head() -> Head {
        Head {
            container: crate::demux::Container::Mp4,
            fast_start: true,
            timescale: Timescale::new(1000).unwrap(),
            created: 0,
            others: Vec::new(),
            udta: Vec::new(),
        }
    }

    #[test]
    fn an_edit_list_says_which_pictures_stand_where() {
        let edit = |duration, start| Edit { duration, start, rate: Edit::NORMAL };
        // A gap of half a second; from the middle of the third picture to the end of the sixth; the first one once more.
        let edits = vec![edit(500, None), edit(350, Some(450)), edit(100, Some(200))];
        let track = TrackIndex { edits, ..track() };
        let passages = passages(&head(), &track).unwrap();
        let times: Vec<_> = passages.iter().map(|one| (one.at.0 / 48, one.end.0 / 48)).collect();
        assert_eq!(times, [(500, 850), (850, 950)]);
        let fed: Vec<_> = passages[0].fed(&track).map(|one| (one.range.start, one.stamp.0 / 1000, one.key)).collect();
        let first = [(1000, 200, true), (1010, 500, false), (1020, 300, false), (1030, 400, false)];
        assert_eq!(fed[..4], first);
        assert_eq!(fed[4..], [(1040, 600, true), (1050, 900, false), (1060, 700, false)]);
        let places: Vec<_> = [300, 400, 500, 600, 700, 900].map(|stamp| passages[0].place(Micros(stamp * 1000))).into();
        let at = |milliseconds: i64| Place::At(Ticks(milliseconds * 48));
        assert_eq!(places, [Place::Before, Place::Before, at(550), at(650), at(750), Place::Behind]);
        assert_eq!(passages[1].fed(&track).count(), 1);
        assert_eq!(passages[1].place(Micros(200_000)), at(850));
    }

    #[test]
    fn fewer_pictures_a_second_are_taken_evenly_whatever_trembles() {
        let taken = |rate: u32, frames: i64, interval: i64| {
            let mut rhythm = Rhythm::new(Some(rate));
            (0..frames).filter(|frame| rhythm.takes(Ticks(frame * interval + (frame * 7919) % 200 - 100))).count()
        };
        assert_eq!(taken(15_000, 300, 1600), 150);
        assert_eq!(taken(24_000, 300, 1600), 240);
        assert_eq!(taken(30_000, 300, 1600), 300, "its own rate leaves nothing out");
        assert_eq!(taken(60_000, 300, 1600), 300, "nothing is made up");
        let mut all = Rhythm::new(None);
        assert!((0..10).all(|frame| all.takes(Ticks(frame))));
    }
}
