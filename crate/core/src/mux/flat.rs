//! The head of a film: `ftyp`, `moov` and the header of `mdat`, every offset final before a media byte moves.

use super::MuxError;
use super::boxes;
use super::metadata::Metadata;
use super::movie::{self, Track};
use super::tables::Shape;
use crate::codec::SampleEntry;
use crate::isobmff::edits::Edit;
use crate::isobmff::tables::{Chunk, Tables};
use crate::isobmff::write::{boxed, mdat_header};
use crate::media::{AudioCodec, Size, TrackKind};
use crate::time::{Ticks, Timescale};

/// Samples, or chunks, a track may have: no table comes near 4 GiB, where the boxes around it end.
const MAX_ROWS: u64 = 1 << 28;
/// Bytes of media a film may have.
const MAX_PAYLOAD: u64 = 1 << 62;
/// Bytes of a head: what every reader and a 32-bit address space can hold.
pub(super) const MAX_HEAD: u64 = 1 << 30;

/// One track of a film.
#[derive(Clone, Copy, Debug)]
pub struct FilmTrack<'a> {
    /// Video or audio.
    pub kind: TrackKind,
    /// How its samples are decoded; chunks name theirs by place. Not empty.
    pub entries: &'a [SampleEntry],
    /// The stored picture, before `matrix`; `None` takes what the first entry states.
    pub size: Option<Size>,
    /// What shows the stored picture upright, row by row (s.8.3.2).
    pub matrix: [i32; 9],
    /// Ticks a second of its tables and of where its edits start.
    pub timescale: Timescale,
    /// As `mdhd` packs it (s.8.4.2.3); see [`UNDETERMINED`].
    pub language: u16,
    /// Which media is shown when, durations in ticks of the film. Empty where there is none: no edit list is written.
    pub edits: &'a [Edit],
    /// Its samples; chunk offsets count from the first byte of `mdat`'s payload.
    pub tables: &'a Tables,
}

/// The language "undetermined", packed.
pub const UNDETERMINED: u16 = 0x55c4;

/// A film as its head describes it. Change a [`Film::new`] to say more than it must.
#[derive(Clone, Copy, Debug)]
pub struct Film<'a> {
    /// Its tracks; identifiers count from 1 in this order.
    pub tracks: &'a [FilmTrack<'a>],
    /// Ticks a second of the movie header and of the durations of edits.
    pub timescale: Timescale,
    /// Bytes of media.
    pub payload: u64,
    /// When it was made, seconds since 1904-01-01 (s.8.2.2); 0 for unknown.
    pub created: u64,
    /// Its title (`udta/meta/ilst/©nam`).
    pub title: Option<&'a str>,
    /// A JPEG or PNG file to show for it (`udta/meta/ilst/covr`).
    pub poster: Option<&'a [u8]>,
    /// A source's `udta` box, whole, or nothing: it is passed on, but for a title or poster that is said anew.
    pub udta: &'a [u8],
    /// Where the media is to begin; `None`: right behind the head.
    pub padding: Option<Padding>,
}

/// Media begins so many bytes into a block of the file: a `free` box (s.8.1.2) before `mdat` sees to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padding {
    /// Bytes in a block, 16 to 1 GiB.
    pub block: u64,
    /// Where in a block the first byte of media stands.
    pub place: u64,
}

impl Padding {
    /// Bytes of the box behind a head of so many bytes: none, or enough to be a box.
    fn bytes(self, head: u64) -> u64 {
        let block = self.block.clamp(16, 1 << 30);
        match (self.place % block + block - head % block) % block {
            0 => 0,
            short @ 1..8 => short + block,
            bytes => bytes,
        }
    }
}

impl<'a> Film<'a> {
    /// A film of these tracks and so many bytes of media, of unknown date, without a name.
    pub fn new(tracks: &'a [FilmTrack<'a>], timescale: Timescale, payload: u64) -> Film<'a> {
        Film { tracks, timescale, payload, created: 0, title: None, poster: None, udta: &[], padding: None }
    }

    pub(super) fn metadata(&self) -> Result<Metadata<'a>, MuxError> {
        Metadata::new(self.udta, self.title, self.poster)
    }

    /// How long the longest track is shown, in ticks of the film.
    pub(super) fn duration(&self) -> u64 {
        self.tracks.iter().map(|track| track.shown(self.timescale)).max().unwrap_or(0)
    }

    /// Refuses what the format does not hold, and tables that contradict each other.
    pub(super) fn check(&self) -> Result<(), MuxError> {
        limit("bytes of media", self.payload, MAX_PAYLOAD)?;
        self.tracks.iter().try_for_each(|track| track.check(self.payload))
    }
}

impl FilmTrack<'_> {
    /// How long a film of this timescale shows it, in ticks of the film.
    pub(super) fn shown(&self, film: Timescale) -> u64 {
        if self.edits.is_empty() {
            let own = Ticks(i64::try_from(self.tables.duration).unwrap_or(i64::MAX));
            return self.timescale.rescale(own, film).map_or(u64::MAX, |ticks| ticks.0.unsigned_abs());
        }
        self.edits.iter().fold(0, |sum: u64, edit| sum.saturating_add(edit.duration))
    }

    fn check(&self, payload: u64) -> Result<(), MuxError> {
        let Tables { durations, sizes, offsets, syncs, chunks, .. } = self.tables;
        let samples = sizes.total();
        limit("samples", samples, MAX_ROWS)?;
        limit("chunks", chunks.len() as u64, MAX_ROWS)?;
        limit("bytes of media", chunks.iter().map(Chunk::end).max().unwrap_or(0), payload)?;
        let in_chunks: u64 = chunks.iter().map(|chunk| u64::from(chunk.samples)).sum();
        let counts = [durations.total(), offsets.total(), syncs.total(), in_chunks];
        let known = |chunk: &Chunk| chunk.samples > 0 && (chunk.entry as usize) < self.entries.len();
        if self.entries.is_empty() || counts != [samples; 4] || !chunks.iter().all(known) {
            return Err(MuxError::Tables { track: self.kind });
        }
        Ok(())
    }

    /// Whether each of its samples needs the one before it to sound right.
    fn rolls(&self) -> bool {
        self.entries.iter().all(|entry| entry.audio_codec() == Some(AudioCodec::Aac))
    }

    /// As `trak` of a film of this timescale describes it.
    pub(super) fn described(&self, place: usize, film: &Film<'_>) -> Track<'_> {
        Track {
            id: movie::track_id(place),
            kind: self.kind,
            entries: self.entries,
            size: self.size,
            matrix: self.matrix,
            timescale: self.timescale.get(),
            language: self.language,
            edits: self.edits,
            shown: self.shown(film.timescale),
            duration: self.tables.duration,
            created: film.created,
        }
    }
}

pub(super) fn limit(what: &'static str, amount: u64, most: u64) -> Result<(), MuxError> {
    if amount > most { Err(MuxError::TooLarge { what, amount }) } else { Ok(()) }
}

/// The bytes of a film before its `payload` bytes of media.
///
/// # Errors
/// [`MuxError::TooLarge`] beyond what the format and memory hold; [`MuxError::Tables`] for tables that contradict each
/// other; [`MuxError::Poster`], [`MuxError::Udta`].
pub fn head(film: &Film<'_>) -> Result<Vec<u8>, MuxError> {
    film.check()?;
    let metadata = film.metadata()?;
    let shapes: Vec<Shape> = film.tracks.iter().map(|track| Shape::new(track.tables, track.rolls())).collect();
    // The size of the head depends on the width of the offsets, and their width on the size of the head; it only grows,
    // so the second step is the last. Everything but tables and metadata is small: it is written to be measured.
    let mut out = Vec::with_capacity(2048);
    build(&mut out, film, None);
    let tables: u64 = film.tracks.iter().zip(&shapes).map(|(track, shape)| shape.bytes(track.tables)).sum();
    let narrow = out.len() as u64 + metadata.bytes() + tables;
    let chunks = || film.tracks.iter().flat_map(|track| &track.tables.chunks);
    let pad = |head: u64| film.padding.map_or(0, |padding| padding.bytes(head));
    let wide = narrow + pad(narrow) + chunks().map(|chunk| chunk.offset).max().unwrap_or(0) > 0xffff_ffff;
    let size = if wide { narrow + 4 * chunks().count() as u64 } else { narrow };
    let (size, free) = (size + pad(size), pad(size));
    let too_large = MuxError::TooLarge { what: "bytes of metadata", amount: size };
    limit("bytes of metadata", size, MAX_HEAD)?;
    out.clear();
    out.try_reserve_exact(size as usize).map_err(|_| too_large)?;
    build(&mut out, film, Some(&Whole { metadata: &metadata, shapes: &shapes, base: size, wide, free }));
    debug_assert_eq!(out.len() as u64, size, "the head was measured before it was written");
    Ok(out)
}

/// What a head has beside its small boxes.
struct Whole<'a> {
    metadata: &'a Metadata<'a>,
    shapes: &'a [Shape],
    /// Where the media begins.
    base: u64,
    wide: bool,
    /// Bytes of the box before it.
    free: u64,
}

/// Appends the head; without `whole` its tables and its metadata are left out.
fn build(out: &mut Vec<u8>, film: &Film<'_>, whole: Option<&Whole<'_>>) {
    let entries = film.tracks.iter().flat_map(|track| track.entries);
    // Negative composition offsets came with `iso4`.
    let signed = film.tracks.iter().any(|track| track.tables.offsets.runs().iter().any(|run| run.1 < 0));
    let brands: &[&[u8; 4]] = if signed { &[b"iso2", b"iso4", b"mp41"] } else { &[b"iso2", b"mp41"] };
    movie::ftyp(out, b"isom", brands, &entries);
    boxed(out, *b"moov", |out| {
        boxes::mvhd(out, film.timescale.get(), film.duration(), film.created, movie::track_id(film.tracks.len()));
        for (place, track) in film.tracks.iter().enumerate() {
            track.described(place, film).write(out, |out| {
                if let Some(Whole { shapes, base, wide, .. }) = whole {
                    shapes[place].write(out, track.tables, *base, *wide);
                }
            });
        }
        if let Some(whole) = whole {
            whole.metadata.write(out);
        }
    });
    if let Some(Whole { free: free @ 8.., .. }) = whole {
        boxed(out, *b"free", |out| out.resize(out.len() + *free as usize - 8, 0));
    }
    mdat_header(out, film.payload);
}
