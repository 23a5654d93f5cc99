//! The head of a film: `ftyp`, `moov` and the header of `mdat`, every offset final before a media byte moves.

use super::MuxError;
use super::movie::{self, TIMESCALE, Track};
use crate::codec::SampleEntry;
use crate::isobmff::leaf;
use crate::isobmff::tables::{Chunk, Tables};
use crate::isobmff::write::{boxed, full, mdat_header};
use crate::media::{AudioCodec, Size, TrackKind};
use crate::orientation::Orientation;

/// Samples, or chunks, a track may have: no table comes near 4 GiB, where the boxes around it end.
const MAX_ROWS: u64 = 1 << 28;
/// Bytes of media a film may have.
const MAX_PAYLOAD: u64 = 1 << 62;

/// One track of a film, of timescale 48 000.
#[derive(Clone, Copy, Debug)]
pub struct FilmTrack<'a> {
    /// Video or audio.
    pub kind: TrackKind,
    /// How its samples are decoded.
    pub entry: &'a SampleEntry,
    /// The stored picture, before `orientation`; `None` takes what `entry` states.
    pub size: Option<Size>,
    /// What shows the stored picture upright.
    pub orientation: Orientation,
    /// Its samples; chunk offsets count from the first byte of `mdat`'s payload.
    pub tables: &'a Tables,
}

/// The bytes of a film before its `payload` bytes of media. Track identifiers count from 1 in the order given; `created`
/// is in seconds since 1904-01-01 (s.8.2.2), 0 for unknown.
///
/// # Errors
/// [`MuxError::TooLarge`].
pub fn head(tracks: &[FilmTrack<'_>], payload: u64, created: u64) -> Result<Vec<u8>, MuxError> {
    let limit = |what, amount, most| if amount > most { Err(MuxError::TooLarge { what, amount }) } else { Ok(()) };
    limit("bytes of media", payload, MAX_PAYLOAD)?;
    for track in tracks {
        limit("samples", track.tables.samples(), MAX_ROWS)?;
        limit("chunks", track.tables.chunks.len() as u64, MAX_ROWS)?;
        let end = track.tables.chunks.iter().map(Chunk::end).max();
        limit("bytes of media", end.unwrap_or(0), payload)?;
    }
    // The size of the head depends on the width of the offsets, and their width on the size of the head; it only grows,
    // so the second pass is the last.
    let narrow = build(tracks, payload, created, 0, false).len() as u64;
    let wide = tracks.iter().flat_map(|track| &track.tables.chunks).any(|chunk| narrow + chunk.offset > 0xffff_ffff);
    let base = if wide { build(tracks, payload, created, 0, true).len() as u64 } else { narrow };
    Ok(build(tracks, payload, created, base, wide))
}

fn build(tracks: &[FilmTrack<'_>], payload: u64, created: u64, base: u64, wide: bool) -> Vec<u8> {
    let mut out = Vec::new();
    movie::ftyp(&mut out, b"isom", &[b"iso2", b"mp41"], tracks.iter().map(|track| track.entry));
    let duration = tracks.iter().map(|track| track.tables.duration).max().unwrap_or(0);
    boxed(&mut out, *b"moov", |out| {
        leaf::mvhd(out, TIMESCALE, duration, created, movie::track_id(tracks.len()));
        for (place, track) in tracks.iter().enumerate() {
            let trak = Track {
                id: movie::track_id(place),
                kind: track.kind,
                entry: track.entry,
                size: track.size,
                orientation: track.orientation,
                duration: track.tables.duration,
                created,
            };
            let edits = |out: &mut Vec<u8>| {
                boxed(out, *b"edts", |out| leaf::identity_elst(out, track.tables.duration));
            };
            trak.write(out, edits, |out| tables(out, track, base, wide));
        }
    });
    mdat_header(&mut out, payload);
    out
}

fn tables(out: &mut Vec<u8>, track: &FilmTrack<'_>, base: u64, wide: bool) {
    let tables = track.tables;
    leaf::stts(out, &tables.durations);
    if tables.offsets.only().is_none_or(|offset| offset != 0) && tables.samples() > 0 {
        leaf::ctts(out, &tables.offsets);
    }
    // Without `stss` every sample is a sync sample (s.8.6.2).
    if tables.syncs.only() != Some(true) && tables.samples() > 0 {
        leaf::stss(out, &tables.syncs);
    }
    leaf::stsc(out, &tables.chunks);
    leaf::stsz(out, &tables.sizes);
    leaf::chunk_offsets(out, &tables.chunks, base, wide);
    if track.entry.audio_codec() == Some(AudioCodec::Aac) {
        roll(out, tables.samples() as u32);
    }
}

/// Every AAC packet needs the one before it (s.10.1): `sgpd` version 1 and `sbgp` of type `roll`, distance -1, without
/// which Apple's players assume 2112 samples of encoder delay.
fn roll(out: &mut Vec<u8>, samples: u32) {
    full(out, *b"sgpd", 1, 0, |out| {
        out.extend_from_slice(b"roll");
        out.extend_from_slice(&2_u32.to_be_bytes());
        out.extend_from_slice(&1_u32.to_be_bytes());
        out.extend_from_slice(&(-1_i16).to_be_bytes());
    });
    full(out, *b"sbgp", 0, 0, |out| {
        out.extend_from_slice(b"roll");
        for word in [1, samples, 1] {
            out.extend_from_slice(&u32::to_be_bytes(word));
        }
    });
}
