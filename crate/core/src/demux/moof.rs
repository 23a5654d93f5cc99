//! `moof` (ISO/IEC 14496-12 s.8.8.4): the samples of one fragment, with `trex`, `tfhd` and `trun` resolved in that order,
//! and where their bytes lie.

use super::DemuxError;
use super::moov::Track;
use crate::isobmff::BoxError;
use crate::isobmff::headers;
use crate::isobmff::read::Child;
use crate::isobmff::tables::{Chunk, Runs, Tables};
use crate::isobmff::trun::{Defaults, Trun, TrunSample};
use crate::media::TrackKind;

/// The samples of one track in a fragment.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Which track, by its place in `moov`.
    pub(super) place: usize,
    /// Decode time of the first sample, where stated.
    pub(super) time: Option<u64>,
    /// The samples; chunk offsets count from the start of the file.
    pub(super) tables: Tables,
}

/// Reads a `moof` that lies `offset` bytes into the file. Tracks of other kinds than video and audio are left out.
pub(super) fn parse(moof: &Child<'_>, offset: u64, tracks: &[Track]) -> Result<Vec<Piece>, DemuxError> {
    let mut pieces = Vec::new();
    // Where data goes on for a fragment that says neither its base nor "from moof" (s.8.8.7.1).
    let mut implied = offset;
    for child in moof.children() {
        let child = child?;
        if child.kind == *b"traf" {
            let (piece, end) = traf(&child, offset, implied, tracks)?;
            implied = end;
            if let Some(piece) = piece {
                merge(&mut pieces, piece).map_err(|what| child.wrong(what))?;
            }
        }
    }
    Ok(pieces)
}

/// Adds a piece. A second one of the same track goes on where the first ends, whatever time it states: one fragment has
/// one decode time.
fn merge(pieces: &mut Vec<Piece>, piece: Piece) -> Result<(), &'static str> {
    let Some(before) = pieces.iter_mut().find(|before| before.place == piece.place) else {
        pieces.push(piece);
        return Ok(());
    };
    if before.tables.duration.checked_add(piece.tables.duration).is_none() {
        return Err(TOO_LONG);
    }
    before.tables.append(&piece.tables, |offset| offset);
    Ok(())
}

/// Reads one `traf`: its samples, if they are wanted, and where its data ends.
fn traf(traf: &Child<'_>, moof: u64, implied: u64, tracks: &[Track]) -> Result<(Option<Piece>, u64), DemuxError> {
    let tfhd_box = traf.one(*b"tfhd")?;
    let tfhd = headers::tfhd(&tfhd_box)?;
    let Some(place) = tracks.iter().position(|track| track.id == tfhd.track_id) else {
        return Err(tfhd_box.wrong(format!("no track {}", tfhd.track_id)).into());
    };
    let track = &tracks[place];
    let entry = tfhd.entry.unwrap_or(track.entry.max(1));
    let entries = track.index.as_ref().map_or(u32::MAX, |index| index.entries.len() as u32);
    let entry = entry.checked_sub(1).filter(|entry| *entry < entries);
    let entry = entry.ok_or_else(|| tfhd_box.wrong("a sample entry that stsd does not have"))?;
    let defaults = Defaults {
        duration: tfhd.duration.unwrap_or(track.defaults.duration),
        size: tfhd.size.unwrap_or(track.defaults.size),
        flags: tfhd.flags.unwrap_or(track.defaults.flags),
    };
    let base = match tfhd.base {
        Some(base) => base,
        None if tfhd.base_is_moof => moof,
        None => implied,
    };
    let (mut end, mut time, mut tables) = (base, None, Tables::default());
    for child in traf.children() {
        let child = child?;
        match &child.kind {
            b"tfdt" => time = Some(headers::tfdt(&child)?),
            b"trun" => {
                let trun = Trun::parse(&child)?;
                let start = match trun.data_offset {
                    Some(offset) => base.checked_add_signed(i64::from(offset)),
                    None => Some(end),
                };
                let start = start.ok_or_else(|| child.wrong("data before the file"))?;
                end = run(&child, &trun, &defaults, (start, entry), &mut tables)?;
            }
            _ => {}
        }
    }
    if track.index.as_ref().is_some_and(|index| index.kind == TrackKind::Audio) {
        // Writers leave flags of video on sound; every reader starts anywhere in it.
        let samples = tables.samples();
        tables.syncs = Runs::default();
        tables.syncs.fill(samples, true);
    }
    let piece = Piece { place, time, tables };
    Ok((track.index.is_some().then_some(piece), end))
}

/// Appends the samples of one `trun` whose data starts at `start`; where it ends.
fn run(
    child: &Child<'_>,
    trun: &Trun<'_>,
    defaults: &Defaults,
    (start, entry): (u64, u32),
    tables: &mut Tables,
) -> Result<u64, DemuxError> {
    // Samples without fields of their own cost the file nothing, so they are taken by their number; the first may have
    // other flags. Without bytes either they could be any number.
    let (rows, alike) = if trun.explicit { (trun.count, 0) } else { (trun.count.min(1), trun.count.saturating_sub(1)) };
    if alike > 0 && defaults.size == 0 {
        return Err(child.wrong(format!("{} samples of no bytes", trun.count)).into());
    }
    let too_long = || child.wrong(TOO_LONG);
    let mut bytes = 0_u64;
    let mut push = |count: u32, sample: TrunSample| {
        tables.durations.push(count, sample.duration);
        tables.sizes.push(count, sample.size);
        tables.offsets.push(count, sample.offset);
        tables.syncs.push(count, sample.sync());
        bytes += u64::from(count) * u64::from(sample.size);
        let length = u64::from(count) * u64::from(sample.duration);
        tables.duration = tables.duration.checked_add(length).ok_or_else(too_long)?;
        Ok::<(), BoxError>(())
    };
    for number in 0..rows {
        push(1, trun.sample(number, defaults))?;
    }
    if alike > 0 {
        push(alike, trun.sample(1, defaults))?;
    }
    let end = start.checked_add(bytes).ok_or_else(|| child.wrong(format!("data from {start} past 2^64")))?;
    if trun.count > 0 {
        tables.chunks.push(Chunk { offset: start, samples: trun.count, bytes, entry });
    }
    Ok(end)
}

const TOO_LONG: &str = "durations past 2^64";
