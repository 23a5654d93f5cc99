//! What the `moov` of a recording and of a film have in common: everything but the sample tables.

use super::boxes::{self, TrackHeader, word};
use crate::codec::SampleEntry;
use crate::codec::entry::MAX_SIDE;
use crate::isobmff::edits::Edit;
use crate::isobmff::read::u16_at;
use crate::isobmff::write::{boxed, full};
use crate::media::{Size, TrackKind, VideoCodec};
use crate::time::Timescale;

/// Ticks a second of a recording and of every track of it.
pub(super) const TIMESCALE: u32 = Timescale::RECORDING.get();

/// One track as `trak` describes it.
pub(super) struct Track<'a> {
    pub(super) id: u32,
    pub(super) kind: TrackKind,
    pub(super) entries: &'a [SampleEntry],
    pub(super) size: Option<Size>,
    pub(super) matrix: [i32; 9],
    /// Ticks a second of its tables.
    pub(super) timescale: u32,
    /// As `mdhd` packs it.
    pub(super) language: u16,
    /// No edit list where there are none.
    pub(super) edits: &'a [Edit],
    /// In ticks of the movie.
    pub(super) shown: u64,
    /// In its own ticks.
    pub(super) duration: u64,
    /// Seconds since 1904.
    pub(super) created: u64,
}

impl Track<'_> {
    /// Appends `trak` (s.8.3.1); `tables` appends the sample tables.
    pub(super) fn write(&self, out: &mut Vec<u8>, tables: impl FnOnce(&mut Vec<u8>)) {
        let (handler, name) = match self.kind {
            TrackKind::Video => (*b"vide", "VideoHandler"),
            TrackKind::Audio => (*b"soun", "SoundHandler"),
        };
        boxed(out, *b"trak", |out| {
            boxes::tkhd(out, &self.header());
            if !self.edits.is_empty() {
                boxed(out, *b"edts", |out| boxes::elst(out, self.edits));
            }
            boxed(out, *b"mdia", |out| {
                boxes::mdhd(out, self.timescale, self.duration, self.created, self.language);
                boxes::hdlr(out, handler, name);
                boxed(out, *b"minf", |out| {
                    match self.kind {
                        TrackKind::Video => full(out, *b"vmhd", 0, 1, |out| out.extend_from_slice(&[0; 8])),
                        TrackKind::Audio => full(out, *b"smhd", 0, 0, |out| out.extend_from_slice(&[0; 4])),
                    }
                    boxed(out, *b"dinf", same_file);
                    boxed(out, *b"stbl", |out| {
                        full(out, *b"stsd", 0, 0, |out| {
                            word(out, self.entries.len() as u32);
                            self.entries.iter().for_each(|entry| sample_entry(out, entry));
                        });
                        tables(out);
                    });
                });
            });
        });
    }

    fn header(&self) -> TrackHeader {
        let Size { width, height } =
            self.size.or(self.entries.first().and_then(SampleEntry::size)).unwrap_or(Size { width: 0, height: 0 });
        // The matrix holds sides as signed 16.16; `SampleEntry` refuses larger ones, so only a foreign entry is cut.
        let size = Size { width: width.min(MAX_SIDE), height: height.min(MAX_SIDE) };
        TrackHeader {
            id: self.id,
            duration: self.shown,
            created: self.created,
            matrix: self.matrix,
            width: size.width as u16,
            height: size.height as u16,
            sound: self.kind == TrackKind::Audio,
        }
    }
}

/// The entry as it is, but for where its media lies: `dref` has one entry, whatever it had where this one is from.
fn sample_entry(out: &mut Vec<u8>, entry: &SampleEntry) {
    let bytes = entry.bytes();
    // Size, type and six reserved bytes (s.8.5.2); `SampleEntry` has 16 bytes or more.
    out.extend_from_slice(&bytes[..14]);
    out.extend_from_slice(&[0, 1]);
    out.extend_from_slice(&bytes[16..]);
}

/// The track identifier of the track at this place.
pub(super) fn track_id(place: usize) -> u32 {
    place as u32 + 1
}

/// `ftyp`, s.4.3. `brands` follow the major one, then those that the codings ask for: `avc1` (ISO/IEC 14496-12 annex
/// E.3), `av01` and with it `iso6` (AV1 Codec ISO Media File Format Binding s.2.1), `qt  ` for sound described in
/// QuickTime's way.
pub(super) fn ftyp<'a>(
    out: &mut Vec<u8>,
    major: &[u8; 4],
    brands: &[&[u8; 4]],
    entries: &(impl Iterator<Item = &'a SampleEntry> + Clone),
) {
    let coding = |codec| entries.clone().any(|entry| entry.video_codec() == Some(codec));
    // A version other than 0 is only read under that brand (QuickTime File Format, "Sound sample descriptions").
    let quicktime = entries.clone().any(|entry| {
        let sound = matches!(&entry.fourcc(), b"mp4a" | b"lpcm" | b"sowt" | b"twos" | b"in24" | b"in32" | b"fl32");
        sound && u16_at(entry.bytes(), 16) != Some(0)
    });
    let av1 = coding(VideoCodec::Av1);
    boxed(out, *b"ftyp", |out| {
        out.extend_from_slice(major);
        word(out, 0x200);
        out.extend_from_slice(major);
        brands.iter().for_each(|brand| out.extend_from_slice(*brand));
        let more: [(bool, &[u8; 4]); 4] = [
            (av1 && !brands.contains(&b"iso6"), b"iso6"),
            (av1, b"av01"),
            (coding(VideoCodec::Avc), b"avc1"),
            (quicktime, b"qt  "),
        ];
        more.iter().filter(|(asked, _)| *asked).for_each(|(_, brand)| out.extend_from_slice(*brand));
    });
}

/// `dref` with one entry: the media is in this file (s.8.7.2).
fn same_file(out: &mut Vec<u8>) {
    full(out, *b"dref", 0, 0, |out| {
        word(out, 1);
        full(out, *b"url ", 0, 1, |_| {});
    });
}
