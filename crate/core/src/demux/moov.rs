//! `moov` (ISO/IEC 14496-12 s.8.2): the film as a whole, its tracks with their samples, and the defaults of fragments.

use super::DemuxError;
use super::index::{Container, Head, TrackIndex};
use crate::codec::SampleEntry;
use crate::isobmff::edits::Edit;
use crate::isobmff::read::{Child, u16_at, u32_at};
use crate::isobmff::tables::Tables;
use crate::isobmff::trun::Defaults;
use crate::isobmff::{BoxError, FourCc, headers, stbl};
use crate::media::{Size, TrackKind};
use crate::orientation::Orientation;
use crate::time::Timescale;

/// Tracks a file may have; more than any camera writes.
const MAX_TRACKS: usize = 256;

/// The boxes of `moov` that must not be broken; what is behind another broken one is not seen.
const HEEDED: [FourCc; 2] = [*b"trak", *b"mvex"];

/// What `moov` says.
#[derive(Clone, Debug)]
pub(super) struct Moov {
    pub(super) head: Head,
    pub(super) tracks: Vec<Track>,
    /// Whether fragments may follow: there is an `mvex` (s.8.8.1).
    pub(super) extends: bool,
}

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

/// Reads `moov`. Where chunks lie is not checked yet.
pub(super) fn parse(moov: &Child<'_>) -> Result<Moov, DemuxError> {
    if let Some(packed) = moov.find(*b"cmov")? {
        return Err(DemuxError::Unsupported { path: packed.path, what: "a compressed moov".to_owned() });
    }
    let mut head = head(moov)?;
    let (mut tracks, mut mvex): (Vec<Track>, Option<Child<'_>>) = (Vec::new(), None);
    for child in moov.heeding(&HEEDED) {
        let child = child?;
        match &child.kind {
            b"trak" if tracks.len() == MAX_TRACKS => {
                let what = format!("more than {MAX_TRACKS} tracks");
                return Err(DemuxError::Unsupported { path: child.path, what });
            }
            b"trak" => tracks.push(trak(&child, &mut head)?),
            b"mvex" => mvex = mvex.or(Some(child)),
            _ => {}
        }
    }
    if tracks.is_empty() {
        // Tracks are read without it, but it is what makes this a `moov`.
        moov.one(*b"mvhd")?;
    }
    // `mvex` may lie before the tracks.
    for child in mvex.iter().flat_map(Child::children) {
        let child = child?;
        if child.kind == *b"trex" {
            let trex = headers::trex(&child)?;
            if let Some(track) = tracks.iter_mut().find(|track| track.id == trex.track_id) {
                track.defaults = Defaults { duration: trex.duration, size: trex.size, flags: trex.flags };
                track.entry = trex.entry;
            }
        }
    }
    Ok(Moov { head, tracks, extends: mvex.is_some() })
}

fn trak(trak: &Child<'_>, head: &mut Head) -> Result<Track, DemuxError> {
    let tkhd = headers::tkhd(&trak.one(*b"tkhd")?)?;
    let track = |index| Track { id: tkhd.id, index, defaults: Defaults::default(), entry: 1 };
    let mdia = trak.one(*b"mdia")?;
    let kind = match headers::handler(&mdia.one(*b"hdlr")?)? {
        // Depth and alpha (s.12.1), and the pictures of an image sequence (ISO/IEC 23008-12 s.7.2), are video but in name.
        [b'v', b'i', b'd', b'e'] | [b'a', b'u', b'x', b'v'] | [b'p', b'i', b'c', b't'] => TrackKind::Video,
        [b's', b'o', b'u', b'n'] => TrackKind::Audio,
        other => {
            head.others.push(other);
            return Ok(track(None));
        }
    };
    let mdhd = mdia.find(*b"mdhd")?.map(|mdhd| headers::times(&mdhd)).transpose()?;
    let minf = mdia.one(*b"minf")?;
    let stbl = minf.one(*b"stbl")?;
    let entries = entries(&stbl.one(*b"stsd")?)?;
    if let Some(dinf) = minf.find(*b"dinf")? {
        same_file(&dinf, &entries)?;
    }
    let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let sound = (kind == TrackKind::Audio).then(|| entries[0].packing());
    let size = match kind {
        TrackKind::Audio => None,
        // Some writers leave the header's size at 0.
        TrackKind::Video if tkhd.width == 0 || tkhd.height == 0 => entries[0].picture(),
        TrackKind::Video => Some(Size { width: tkhd.width, height: tkhd.height }),
    };
    let index = TrackIndex {
        id: tkhd.id,
        kind,
        timescale: mdhd.map_or(head.timescale, timescale),
        size,
        matrix: tkhd.matrix,
        orientation: Orientation::from_matrix(tkhd.matrix).filter(|_| size.is_some()).unwrap_or(Orientation::UPRIGHT),
        language: mdhd.unwrap_or_default().language,
        enabled: tkhd.enabled,
        start: 0,
        edits: edits(trak)?,
        udta: udta(trak),
        tables: stbl::read(&stbl, count, sound)?,
        entries,
    };
    Ok(track(Some(index)))
}

/// The sample entries of `stsd` (s.8.5.2), each as the bytes it is; at least one.
fn entries(stsd: &Child<'_>) -> Result<Vec<SampleEntry>, DemuxError> {
    let stated = u32_at(stsd.body, 4).ok_or_else(|| stsd.torn(8))?;
    let mut entries = Vec::new();
    for child in stsd.children_after(8)?.take(stated as usize) {
        let child = child?;
        entries.push(SampleEntry::parse(child.bytes).map_err(|error| DemuxError::Entry { path: child.path, error })?);
    }
    if entries.is_empty() {
        return Err(stsd.wrong("no sample entry").into());
    }
    Ok(entries)
}

/// Refuses media that lies in another file (s.8.7.2). Writers forget the flag that says "this file", so only a reference
/// that names something counts.
fn same_file(dinf: &Child<'_>, entries: &[SampleEntry]) -> Result<(), DemuxError> {
    let Some(dref) = dinf.find(*b"dref")? else { return Ok(()) };
    for (number, child) in (1_u16..).zip(dref.children_after(8)?) {
        let child = child?;
        let used = entries.iter().any(|entry| u16_at(entry.bytes(), 14) == Some(number));
        let (_, flags, rest) = child.full()?;
        let named = rest.iter().any(|&byte| byte != 0);
        if used && flags & 1 == 0 && named {
            return Err(DemuxError::Unsupported { path: child.path, what: "media in another file".to_owned() });
        }
    }
    Ok(())
}

/// The edit list, empty where there is none.
fn edits(trak: &Child<'_>) -> Result<Vec<Edit>, DemuxError> {
    let Some(edts) = trak.find(*b"edts")? else { return Ok(Vec::new()) };
    let Some(elst) = edts.find(*b"elst")? else { return Ok(Vec::new()) };
    Ok(headers::elst(&elst)?)
}

/// The whole `udta`; empty where there is none, or a broken one, for nothing depends on it.
fn udta(parent: &Child<'_>) -> Vec<u8> {
    parent.find(*b"udta").ok().flatten().map(|child| child.bytes.to_vec()).unwrap_or_default()
}

/// What the file says of itself as a whole.
fn head(moov: &Child<'_>) -> Result<Head, BoxError> {
    let mvhd = moov.find(*b"mvhd")?.map(|mvhd| headers::times(&mvhd)).transpose()?.unwrap_or_default();
    Ok(Head {
        container: Container::Mp4,
        fast_start: true,
        timescale: timescale(mvhd),
        created: mvhd.created,
        others: Vec::new(),
        udta: udta(moov),
    })
}

/// Ticks a second; 1, as ffmpeg has it, where a file does not say.
fn timescale(times: headers::Times) -> Timescale {
    Timescale::new(times.timescale.max(1)).unwrap_or(Timescale::RECORDING)
}

/// Leaves out samples that lie beyond the end of a file of `length` bytes; which came first.
pub(super) fn keep_within(tracks: &mut [Track], length: u64) -> Option<String> {
    let mut first = None;
    for index in tracks.iter_mut().filter_map(|track| track.index.as_mut()) {
        if let Some(sample) = index.tables.keep_within(length) {
            let id = index.id;
            first.get_or_insert_with(|| {
                format!("track {id}: samples from number {} on lie beyond the file", sample + 1)
            });
        }
    }
    first
}

/// Whether any track has samples.
pub(super) fn samples(tracks: &[Track]) -> bool {
    tracks.iter().filter_map(|track| track.index.as_ref()).any(|index| index.tables.samples() > 0)
}

/// The end of the last byte of any sample.
pub(super) fn media_end(tracks: &[Track]) -> u64 {
    let tables = tracks.iter().filter_map(|track| track.index.as_ref()).map(|index| &index.tables);
    tables.flat_map(|tables: &Tables| &tables.chunks).map(crate::isobmff::tables::Chunk::end).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isobmff::Path;
    use crate::isobmff::write::{boxed, full};

    #[test]
    fn media_in_another_file_is_refused_where_a_sample_entry_names_it() {
        let refused = |kind: FourCc, flags: u32, body: &[u8]| {
            let mut dinf = Vec::new();
            full(&mut dinf, *b"dref", 0, 0, |out| {
                out.extend_from_slice(&2_u32.to_be_bytes());
                full(out, kind, 0, flags, |out| out.extend_from_slice(body));
                full(out, *b"url ", 0, 0, |out| out.extend_from_slice(b"https://example.org/"));
            });
            let dinf = Child { kind: *b"dinf", path: Path::top(*b"dinf"), bytes: &dinf, body: &dinf };
            same_file(&dinf, &[SampleEntry::opus(&[], 1).unwrap()]).err().map(|error| error.to_string())
        };
        assert_eq!(refused(*b"url ", 1, &[]), None);
        assert_eq!(refused(*b"url ", 0, &[0]), None);
        assert_eq!(refused(*b"alis", 1, b"alias"), None);
        let wanted = "dinf/dref/url : media in another file is not supported";
        assert_eq!(refused(*b"url ", 0, b"film.mp4").as_deref(), Some(wanted));
        assert!(refused(*b"alis", 0, b"alias").is_some());
    }

    #[test]
    fn a_broken_box_that_nothing_needs_is_no_matter() {
        let mut moov = Vec::new();
        full(&mut moov, *b"mvhd", 0, 0, |out| out.extend_from_slice(&[0; 96]));
        boxed(&mut moov, *b"udta", |out| out.extend_from_slice(&[7; 20]));
        let place = moov.len() - 28;
        moov[place..place + 4].copy_from_slice(&1000_u32.to_be_bytes());
        let read = |bytes: &[u8]| parse(&Child { kind: *b"moov", path: Path::top(*b"moov"), bytes, body: bytes });
        assert!(read(&moov).unwrap().head.udta.is_empty());
        moov[place + 4..place + 8].copy_from_slice(b"trak");
        assert_eq!(read(&moov).unwrap_err().to_string(), "moov/trak: 1000 bytes needed, 28 present");
    }
}
