//! What is known of a file without its media bytes: its tracks, their sample tables and edit lists, and where the chunks
//! lie.

use crate::codec::SampleEntry;
use crate::isobmff::FourCc;
use crate::isobmff::edits::{self, Edit};
use crate::isobmff::tables::{Chunk, Tables};
use crate::media::{Size, TrackKind};
use crate::orientation::Orientation;
use crate::time::{Ticks, Timescale};

/// One video or audio track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackIndex {
    /// Its identifier in the file.
    pub id: u32,
    /// Video or audio.
    pub kind: TrackKind,
    /// How its samples are decoded; never empty, chunks name theirs by place.
    pub entries: Vec<SampleEntry>,
    /// Ticks a second of its tables.
    pub timescale: Timescale,
    /// The stored picture as the track header states it; `None` for sound.
    pub size: Option<Size>,
    /// The matrix of its header, row by row (s.8.3.2).
    pub matrix: [i32; 9],
    /// What shows the stored picture upright, as far as `matrix` is one of the eight; else upright.
    pub orientation: Orientation,
    /// Its language as `mdhd` packs it (s.8.4.2.3).
    pub language: u16,
    /// Whether players show it unasked (`track_enabled`, s.8.3.2).
    pub enabled: bool,
    /// Decode time of its first sample, in its ticks.
    pub start: u64,
    /// Its edit list (s.8.6.6); empty where there is none: the media from time 0.
    pub edits: Vec<Edit>,
    /// The `udta` box of the track, whole; empty where there is none.
    pub udta: Vec<u8>,
    /// Its samples; chunk offsets count from the start of the file.
    pub tables: Tables,
}

impl TrackIndex {
    /// Its first sample entry.
    pub fn entry(&self) -> &SampleEntry {
        &self.entries[0]
    }

    /// Whether its edit list shows something else than the whole media from time 0.
    pub fn edited(&self) -> bool {
        edits::changes(&self.edits)
    }

    /// How long its samples last, in ticks of 1/48 000 s, rounded to the nearest. Saturates.
    pub fn duration(&self) -> Ticks {
        let own = Ticks(i64::try_from(self.tables.duration).unwrap_or(i64::MAX));
        self.timescale.rescale(own, Timescale::RECORDING).unwrap_or(Ticks(i64::MAX))
    }
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Container {
    /// Samples in `moov`.
    #[default]
    Mp4,
    /// The same, of the brand `qt  ` or of none.
    Mov,
    /// Samples in `moof` boxes, perhaps some in `moov` too.
    Fragmented,
}

/// The index of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileIndex {
    pub(super) tracks: Vec<TrackIndex>,
    pub(super) head: Head,
    pub(super) length: u64,
    pub(super) whole_length: u64,
    pub(super) fragments: u64,
    pub(super) read_bytes: u64,
    pub(super) torn: Option<String>,
    pub(super) cut: bool,
}

/// What the file says of itself as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What kind of file it is.
    pub container: Container,
    /// `moov` lies before the first media byte.
    pub fast_start: bool,
    /// Ticks a second of `mvhd` and of the durations in edit lists.
    pub timescale: Timescale,
    /// When it was made, seconds since 1904 (s.8.2.2); 0 for unknown.
    pub created: u64,
    /// Handler types of the tracks that are neither video nor audio and so have no index.
    pub others: Vec<FourCc>,
    /// The `udta` box of `moov`, whole; empty where there is none.
    pub udta: Vec<u8>,
}

impl FileIndex {
    /// What the file says of itself as a whole.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Every track, in the order of the file.
    pub fn tracks(&self) -> &[TrackIndex] {
        &self.tracks
    }

    /// The first track of this kind.
    pub fn track(&self, kind: TrackKind) -> Option<&TrackIndex> {
        self.tracks.iter().find(|track| track.kind == kind)
    }

    /// Bytes of the file as it was scanned.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes up to the end of the last whole fragment; without fragments up to the end of `moov` or of the last sample, and
    /// the whole file where no sample is missing.
    pub fn whole_length(&self) -> u64 {
        self.whole_length
    }

    /// Why the bytes after [`Self::whole_length`] do not count, or which samples lie beyond the end of the file; `None`
    /// where nothing is missing.
    pub fn torn(&self) -> Option<&str> {
        self.torn.as_deref()
    }

    /// Whether that is because the file ends there: what comes behind it, if anything does, may make it whole.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whole fragments.
    pub fn fragments(&self) -> u64 {
        self.fragments
    }

    /// Bytes the scan asked for: headers and metadata only.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// How long the longest track lasts, in ticks of 1/48 000 s.
    pub fn duration(&self) -> Ticks {
        self.tracks.iter().map(TrackIndex::duration).max().unwrap_or_default()
    }

    /// Video samples.
    pub fn frames(&self) -> u64 {
        self.track(TrackKind::Video).map_or(0, |track| track.tables.samples())
    }

    /// How much longer video lasts than audio, in ticks of 1/48 000 s; 0 where one of them is missing.
    pub fn skew(&self) -> Ticks {
        match (self.track(TrackKind::Video), self.track(TrackKind::Audio)) {
            (Some(video), Some(audio)) => video.duration() - audio.duration(),
            _ => Ticks(0),
        }
    }

    /// The first byte of media and the end of the last one: what a film needs of the file. `None` without samples.
    pub fn media(&self) -> Option<std::ops::Range<u64>> {
        let chunks = || self.tracks.iter().flat_map(|track| &track.tables.chunks);
        Some(chunks().map(|chunk| chunk.offset).min()?..chunks().map(Chunk::end).max()?)
    }

    /// Ends both tracks at the end of the last whole audio packet: frames that would last beyond it are left out, the last
    /// one before them lasts to it. A first frame stays if it begins before that. A segment without an audio track stays
    /// as it is, and so does a sealed one.
    ///
    /// Video of another timescale than audio ends at the nearest tick.
    pub fn end_at_last_packet(&mut self) {
        let Some(audio) = self.track(TrackKind::Audio) else { return };
        let (scale, end) = (audio.timescale, audio.start.saturating_add(audio.tables.duration));
        let Some(video) = self.tracks.iter_mut().find(|track| track.kind == TrackKind::Video) else { return };
        let end = Ticks(i64::try_from(end).unwrap_or(i64::MAX));
        let end = scale.rescale(end, video.timescale).map_or(u64::MAX, |end| end.0.unsigned_abs());
        let tables = &mut video.tables;
        while let Some(last) = tables.durations.last() {
            let begin = video.start.saturating_add(tables.duration) - u64::from(last);
            let length = end.saturating_sub(begin);
            let first = tables.samples() == 1;
            // Rounding to another timescale is forgiven a tick.
            if length == 0 || (length + 1 < u64::from(last) && !first) {
                tables.pop();
                continue;
            }
            // A frame that would last more than a day at 48 kHz: the tables cannot hold it, so the skew stays.
            tables.set_last_duration(u32::try_from(length).unwrap_or(u32::MAX));
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(kind: TrackKind, samples: &[u32]) -> TrackIndex {
        let mut tables = Tables::default();
        for &duration in samples {
            tables.durations.push(1, duration);
            tables.sizes.push(1, 10);
            tables.offsets.push(1, 0);
            tables.syncs.push(1, true);
            tables.duration += u64::from(duration);
        }
        let count = samples.len() as u32;
        tables.chunks = vec![Chunk { offset: 100, samples: count, bytes: 10 * u64::from(count), entry: 0 }];
        TrackIndex::of_samples(kind, tables)
    }

    fn index(video: &[u32], audio: &[u32]) -> FileIndex {
        let mut tracks = vec![track(TrackKind::Video, video)];
        if !audio.is_empty() {
            tracks.push(track(TrackKind::Audio, audio));
        }
        let head = Head {
            container: Container::Fragmented,
            fast_start: true,
            timescale: Timescale::RECORDING,
            created: 0,
            others: Vec::new(),
            udta: Vec::new(),
        };
        FileIndex { tracks, head, length: 0, whole_length: 0, fragments: 1, read_bytes: 0, torn: None, cut: false }
    }

    fn video(index: &FileIndex) -> Vec<u32> {
        index.tracks[0].tables.durations.iter().collect()
    }

    #[test]
    fn frames_that_last_beyond_the_last_packet_are_left_out_and_the_one_before_lasts_to_it() {
        let mut one = index(&[1600, 1600, 1600, 1600], &[960; 4]);
        assert_eq!(one.skew(), Ticks(2560));
        one.end_at_last_packet();
        assert_eq!((video(&one), one.skew(), one.frames()), (vec![1600, 2240], Ticks(0), 2));
        assert_eq!(one.tracks[0].tables.chunks, [Chunk { offset: 100, samples: 2, bytes: 20, entry: 0 }]);
        let mut short = index(&[1600, 1600], &[960; 4]);
        short.end_at_last_packet();
        assert_eq!((video(&short), short.skew()), (vec![1600, 2240], Ticks(0)));
        let mut edge = index(&[1920, 1920, 1920], &[960; 4]);
        edge.end_at_last_packet();
        assert_eq!(video(&edge), [1920, 1920]);
        let mut lone = index(&[1600, 1600], &[960]);
        lone.end_at_last_packet();
        assert_eq!(video(&lone), [960]);
    }

    #[test]
    fn sealed_and_silent_segments_stay_as_they_are() {
        for (frames, packets) in [(vec![1600, 1280], vec![960; 3]), (vec![1600, 1600], vec![])] {
            let before = index(&frames, &packets);
            let mut after = before.clone();
            after.end_at_last_packet();
            assert_eq!(after, before);
        }
    }
}
