//! The two indexes of a fragmented film: `sidx` in front, which tells a player where to ask for a time, and `mfra` at the
//! end, which tells an editor where decoding can start. Neither is needed to read the film.

use super::boxes::{long, word};
use crate::isobmff::write::{boxed, full};

/// One subsegment as `sidx` lists it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reference {
    /// Bytes, less than 2^31.
    pub(super) size: u32,
    /// In ticks of the track.
    pub(super) duration: u32,
    /// How decoding can start at its first sample: 1 with no earlier picture after it, 0 not known; `None` not there.
    pub(super) access: Option<u8>,
}

/// `sidx`, s.8.16.3, version 1, right before the first of its subsegments.
pub(super) fn sidx(out: &mut Vec<u8>, track_id: u32, timescale: u32, earliest: u64, references: &[Reference]) {
    full(out, *b"sidx", 1, 0, |out| {
        word(out, track_id);
        word(out, timescale);
        long(out, earliest);
        long(out, 0);
        word(out, references.len() as u32);
        for reference in references {
            word(out, reference.size);
            word(out, reference.duration);
            word(out, reference.access.map_or(0, |kind| 1 << 31 | u32::from(kind) << 28));
        }
    });
}

/// Where a fragment begins at a sync sample: its composition time, and the offset of its `moof` in the file.
pub(super) type Access = (u64, u64);

/// `mfra`, s.8.8.9, with a `tfra` for each of these tracks: places at which decoding can start.
pub(super) fn mfra(out: &mut Vec<u8>, tracks: &[(u32, Vec<Access>)]) {
    let start = out.len();
    boxed(out, *b"mfra", |out| {
        for (id, places) in tracks.iter().filter(|(_, places)| !places.is_empty()) {
            full(out, *b"tfra", 1, 0, |out| {
                word(out, *id);
                // Numbers of traf, trun and sample of one byte each: every place is a fragment's first sample.
                word(out, 0);
                word(out, places.len() as u32);
                for &(time, moof) in places {
                    long(out, time);
                    long(out, moof);
                    out.extend_from_slice(&[1, 1, 1]);
                }
            });
        }
        // `mfro`: the size of all this is its last word.
        full(out, *b"mfro", 0, 0, |out| word(out, 0));
    });
    let size = (out.len() - start) as u32;
    let end = out.len();
    out[end - 4..].copy_from_slice(&size.to_be_bytes());
}
