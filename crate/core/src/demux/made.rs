//! Indexes that no file says so: what repair puts together from the media itself, or leaves of what is not there.

use super::index::{Container, FileIndex, Head, TrackIndex};
use crate::time::Timescale;

impl FileIndex {
    /// An index of these tracks of a file of `length` bytes, whose edits count in ticks of `timescale`.
    pub(crate) fn made(tracks: Vec<TrackIndex>, timescale: Timescale, length: u64) -> FileIndex {
        let head = Head {
            container: Container::Mp4,
            fast_start: false,
            timescale,
            created: 0,
            others: Vec::new(),
            udta: Vec::new(),
        };
        FileIndex { tracks, head, length, whole_length: length, fragments: 0, read_bytes: 0, torn: None, cut: false }
    }

    /// Leaves out what lies beyond the first `length` bytes, from the first such sample on of each track.
    pub(crate) fn keep_within(&mut self, length: u64) {
        for track in &mut self.tracks {
            track.tables.keep_within(length);
        }
        (self.length, self.whole_length) = (length, length.min(self.whole_length));
        self.torn = Some("media beyond the file".to_owned());
    }
}

#[cfg(test)]
impl TrackIndex {
    /// A track of these samples of which nothing else matters.
    pub(crate) fn of_samples(kind: crate::media::TrackKind, tables: crate::isobmff::tables::Tables) -> TrackIndex {
        use crate::orientation::Orientation;
        TrackIndex {
            id: 1,
            kind,
            entries: vec![crate::codec::SampleEntry::opus(&[], 1).unwrap()],
            timescale: Timescale::RECORDING,
            size: None,
            matrix: Orientation::UPRIGHT.matrix(crate::media::Size { width: 0, height: 0 }),
            orientation: Orientation::UPRIGHT,
            language: 0,
            enabled: true,
            start: 0,
            edits: Vec::new(),
            udta: Vec::new(),
            tables,
        }
    }
}
