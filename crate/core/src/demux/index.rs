//! What is known of a segment without its media bytes: its tracks, their sample tables, and where the chunks lie.

use crate::codec::SampleEntry;
use crate::isobmff::tables::{Chunk, Tables};
use crate::media::{Size, TrackKind};
use crate::orientation::Orientation;
use crate::time::{Ticks, Timescale};

/// One track of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackIndex {
    /// Its identifier in the file.
    pub id: u32,
    /// Video or audio.
    pub kind: TrackKind,
    /// How its samples are decoded.
    pub entry: SampleEntry,
    /// Ticks a second of its tables.
    pub timescale: Timescale,
    /// The stored picture as the track header states it; `None` for sound.
    pub size: Option<Size>,
    /// What shows the stored picture upright.
    pub orientation: Orientation,
    /// Decode time of its first sample, in its ticks.
    pub start: u64,
    /// An edit list that is more than the whole media from time 0: players would show something else than the samples.
    pub edited: bool,
    /// Its samples; chunk offsets count from the start of the file.
    pub tables: Tables,
}

impl TrackIndex {
    /// How long its samples last, in ticks of 1/48 000 s, rounded to the nearest. Saturates.
    pub fn duration(&self) -> Ticks {
        let own = Ticks(i64::try_from(self.tables.duration).unwrap_or(i64::MAX));
        self.timescale.rescale(own, Timescale::RECORDING).unwrap_or(Ticks(i64::MAX))
    }
}

/// The index of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentIndex {
    pub(super) tracks: Vec<TrackIndex>,
    pub(super) length: u64,
    pub(super) whole_length: u64,
    pub(super) fragments: u64,
    pub(super) read_bytes: u64,
    pub(super) torn: Option<String>,
}

impl SegmentIndex {
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

    /// Bytes up to the end of the last whole fragment; up to the end of `moov` where there is none.
    pub fn whole_length(&self) -> u64 {
        self.whole_length
    }

    /// Why the bytes after [`Self::whole_length`] do not count; `None` where the file ends with a whole box.
    pub fn torn(&self) -> Option<&str> {
        self.torn.as_deref()
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
        tables.chunks = vec![Chunk { offset: 100, samples: count, bytes: 10 * u64::from(count) }];
        TrackIndex {
            id: 1,
            kind,
            entry: SampleEntry::opus(&[], 1).unwrap(),
            timescale: Timescale::RECORDING,
            size: None,
            orientation: Orientation::UPRIGHT,
            start: 0,
            edited: false,
            tables,
        }
    }

    fn index(video: &[u32], audio: &[u32]) -> SegmentIndex {
        let mut tracks = vec![track(TrackKind::Video, video)];
        if !audio.is_empty() {
            tracks.push(track(TrackKind::Audio, audio));
        }
        SegmentIndex { tracks, length: 0, whole_length: 0, fragments: 1, read_bytes: 0, torn: None }
    }

    fn video(index: &SegmentIndex) -> Vec<u32> {
        index.tracks[0].tables.durations.iter().collect()
    }

    #[test]
    fn frames_that_last_beyond_the_last_packet_are_left_out_and_the_one_before_lasts_to_it() {
        let mut one = index(&[1600, 1600, 1600, 1600], &[960; 4]);
        assert_eq!(one.skew(), Ticks(2560));
        one.end_at_last_packet();
        assert_eq!((video(&one), one.skew(), one.frames()), (vec![1600, 2240], Ticks(0), 2));
        assert_eq!(one.tracks[0].tables.chunks, [Chunk { offset: 100, samples: 2, bytes: 20 }]);
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
