//! `moov` of a fragmented file: its tracks, and the defaults of their fragments (ISO/IEC 14496-12 s.8.2, s.8.8.1).

use super::DemuxError;
use super::index::TrackIndex;
use crate::codec::SampleEntry;
use crate::isobmff::leaf::{self, Elst, Mdhd, Stsz, StszSamples, Tkhd, Trex};
use crate::isobmff::read::{Child, fourcc_at};
use crate::isobmff::tables::Tables;
use crate::isobmff::trun::Defaults;
use crate::media::{Size, TrackKind};
use crate::orientation::Orientation;
use crate::time::Timescale;

/// Tracks a file may have; more than any camera writes, fewer than would cost memory.
const MAX_TRACKS: usize = 64;

/// A track as `moov` gives it.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// `None` for tracks of other kinds (text, timecode): their samples are walked past.
    pub(super) index: Option<TrackIndex>,
    pub(super) id: u32,
    pub(super) defaults: Defaults,
    /// Which sample entry its samples use, counted from 1.
    pub(super) entry: u32,
}

/// Reads `moov`.
pub(super) fn parse(moov: &Child<'_>) -> Result<Vec<Track>, DemuxError> {
    let mut tracks: Vec<Track> = Vec::new();
    let Some(mvex) = moov.find(*b"mvex")? else {
        return Err(DemuxError::Unsupported { path: moov.path, what: "a film without fragments".to_owned() });
    };
    for child in moov.children() {
        let child = child?;
        match &child.kind {
            b"trak" if tracks.len() == MAX_TRACKS => {
                let what = format!("more than {MAX_TRACKS} tracks");
                return Err(DemuxError::Unsupported { path: child.path, what });
            }
            b"trak" => {
                let track = trak(&child)?;
                if tracks.iter().any(|other| other.id == track.id) {
                    return Err(child.wrong(format!("a second track {}", track.id)).into());
                }
                tracks.push(track);
            }
            _ => {}
        }
    }
    // `mvex` may lie before the tracks.
    for child in mvex.children() {
        let child = child?;
        if child.kind == *b"trex" {
            let trex: Trex = leaf::decode(&child)?;
            if let Some(track) = tracks.iter_mut().find(|track| track.id == trex.track_id) {
                let (duration, size) = (trex.default_sample_duration, trex.default_sample_size);
                track.defaults = Defaults { duration, size, flags: trex.default_sample_flags };
                track.entry = trex.default_sample_description_index;
            }
        }
    }
    Ok(tracks)
}

fn trak(trak: &Child<'_>) -> Result<Track, DemuxError> {
    let tkhd_box = trak.one(*b"tkhd")?;
    let tkhd: Tkhd = leaf::decode(&tkhd_box)?;
    let mdia = trak.one(*b"mdia")?;
    let hdlr = mdia.one(*b"hdlr")?;
    let kind = match fourcc_at(hdlr.body, 8).ok_or_else(|| hdlr.torn(12))? {
        [b'v', b'i', b'd', b'e'] => TrackKind::Video,
        [b's', b'o', b'u', b'n'] => TrackKind::Audio,
        _ => {
            return Ok(Track { index: None, id: tkhd.track_id, defaults: Defaults::default(), entry: 1 });
        }
    };
    let mdhd_box = mdia.one(*b"mdhd")?;
    let mdhd: Mdhd = leaf::decode(&mdhd_box)?;
    let timescale = Timescale::new(mdhd.timescale).ok_or_else(|| mdhd_box.wrong("timescale 0"))?;
    let stbl = mdia.one(*b"minf")?.one(*b"stbl")?;
    if let Some(stsz) = stbl.find(*b"stsz")? {
        let sizes: Stsz = leaf::decode(&stsz)?;
        let none = match &sizes.samples {
            StszSamples::Identical { count, .. } => *count == 0,
            StszSamples::Different { sizes } => sizes.is_empty(),
        };
        if !none {
            let what = "samples outside fragments".to_owned();
            return Err(DemuxError::Unsupported { path: stsz.path, what });
        }
    }
    let (size, orientation) = match kind {
        TrackKind::Audio => (None, Orientation::UPRIGHT),
        TrackKind::Video => {
            let matrix = leaf::matrix(&tkhd);
            let orientation = Orientation::from_matrix(matrix).ok_or_else(|| DemuxError::Unsupported {
                path: tkhd_box.path,
                what: format!("the matrix {matrix:?}"),
            })?;
            let (width, height) = (u32::from(tkhd.width.integer()), u32::from(tkhd.height.integer()));
            (Some(Size { width, height }), orientation)
        }
    };
    let index = TrackIndex {
        id: tkhd.track_id,
        kind,
        entry: entry(&stbl.one(*b"stsd")?)?,
        timescale,
        size,
        orientation,
        start: 0,
        edited: edited(trak)?,
        tables: Tables::default(),
    };
    Ok(Track { id: tkhd.track_id, index: Some(index), defaults: Defaults::default(), entry: 1 })
}

/// The first sample entry of `stsd` (s.8.5.2); fragments that use another one are refused where they do.
fn entry(stsd: &Child<'_>) -> Result<SampleEntry, DemuxError> {
    let first = stsd.children_after(8)?.next().ok_or_else(|| stsd.wrong("no sample entry"))??;
    SampleEntry::parse(first.bytes).map_err(|error| DemuxError::Entry { path: first.path, error })
}

/// Whether there is an edit list that does not just show the media from its start.
fn edited(trak: &Child<'_>) -> Result<bool, DemuxError> {
    let Some(edts) = trak.find(*b"edts")? else { return Ok(false) };
    let Some(elst) = edts.find(*b"elst")? else { return Ok(false) };
    let elst: Elst = leaf::decode(&elst)?;
    Ok(match elst.entries.as_slice() {
        [] => false,
        [only] => only.media_time != Some(0) || only.media_rate.integer() != 1 || only.media_rate.decimal() != 0,
        _ => true,
    })
}
