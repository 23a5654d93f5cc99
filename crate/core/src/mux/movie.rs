//! What the `moov` of a recording and of a film have in common: everything but the sample tables.

use crate::codec::SampleEntry;
use crate::codec::entry::MAX_SIDE;
use crate::isobmff::leaf::{self, TrackHeader};
use crate::isobmff::write::{boxed, full};
use crate::media::{Size, TrackKind, VideoCodec};
use crate::orientation::Orientation;
use crate::time::Timescale;

/// Ticks a second of the movie and of every track.
pub(super) const TIMESCALE: u32 = Timescale::RECORDING.get();

/// One track as `trak` describes it.
pub(super) struct Track<'a> {
    pub(super) id: u32,
    pub(super) kind: TrackKind,
    pub(super) entry: &'a SampleEntry,
    pub(super) size: Option<Size>,
    pub(super) orientation: Orientation,
    pub(super) duration: u64,
    /// Seconds since 1904.
    pub(super) created: u64,
}

impl Track<'_> {
    /// Appends `trak` (s.8.3.1); `edits` appends what lies between header and media, `tables` the sample tables.
    pub(super) fn write(&self, out: &mut Vec<u8>, edits: impl FnOnce(&mut Vec<u8>), tables: impl FnOnce(&mut Vec<u8>)) {
        let (handler, name) = match self.kind {
            TrackKind::Video => (*b"vide", "VideoHandler"),
            TrackKind::Audio => (*b"soun", "SoundHandler"),
        };
        boxed(out, *b"trak", |out| {
            leaf::tkhd(out, &self.header());
            edits(out);
            boxed(out, *b"mdia", |out| {
                leaf::mdhd(out, TIMESCALE, self.duration, self.created);
                leaf::hdlr(out, handler, name);
                boxed(out, *b"minf", |out| {
                    match self.kind {
                        TrackKind::Video => full(out, *b"vmhd", 0, 1, |out| out.extend_from_slice(&[0; 8])),
                        TrackKind::Audio => full(out, *b"smhd", 0, 0, |out| out.extend_from_slice(&[0; 4])),
                    }
                    boxed(out, *b"dinf", same_file);
                    boxed(out, *b"stbl", |out| {
                        full(out, *b"stsd", 0, 0, |out| {
                            out.extend_from_slice(&1_u32.to_be_bytes());
                            out.extend_from_slice(self.entry.bytes());
                        });
                        tables(out);
                    });
                });
            });
        });
    }

    fn header(&self) -> TrackHeader {
        let Size { width, height } = self.size.or(self.entry.size()).unwrap_or(Size { width: 0, height: 0 });
        // The matrix holds sides as signed 16.16; `SampleEntry` refuses larger ones, so only a foreign entry is cut.
        let size = Size { width: width.min(MAX_SIDE), height: height.min(MAX_SIDE) };
        TrackHeader {
            id: self.id,
            duration: self.duration,
            created: self.created,
            matrix: self.orientation.matrix(size),
            width: size.width as u16,
            height: size.height as u16,
            sound: self.kind == TrackKind::Audio,
        }
    }
}

/// The track identifier of the track at this place.
pub(super) fn track_id(place: usize) -> u32 {
    place as u32 + 1
}

/// `ftyp`, s.4.3. `brands` follow the major one; `avc1` where a track is H.264 (ISO/IEC 14496-12 annex E.3).
pub(super) fn ftyp<'a>(
    out: &mut Vec<u8>,
    major: &[u8; 4],
    brands: &[&[u8; 4]],
    mut entries: impl Iterator<Item = &'a SampleEntry>,
) {
    boxed(out, *b"ftyp", |out| {
        out.extend_from_slice(major);
        out.extend_from_slice(&0x200_u32.to_be_bytes());
        out.extend_from_slice(major);
        brands.iter().for_each(|brand| out.extend_from_slice(*brand));
        if entries.any(|entry| entry.video_codec() == Some(VideoCodec::Avc)) {
            out.extend_from_slice(b"avc1");
        }
    });
}

/// `dref` with one entry: the media is in this file (s.8.7.2).
fn same_file(out: &mut Vec<u8>) {
    full(out, *b"dref", 0, 0, |out| {
        out.extend_from_slice(&1_u32.to_be_bytes());
        full(out, *b"url ", 0, 1, |_| {});
    });
}
