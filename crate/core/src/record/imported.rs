//! What a browser's recorder wrote, read as it comes: bytes cut anywhere in, samples in ticks of 1/48 000 s out, counted from
//! the first picture. Decides what such a file may be; which of its samples stand is decided in [`super::import`].

use std::ops::Range;

use super::import::ImportError;
use crate::codec::{SampleEntry, aac};
use crate::demux::walk::Cursor;
use crate::demux::{Container, DemuxError, FileIndex, Scan, TrackIndex};
use crate::isobmff::Path;
use crate::isobmff::read::{Header, Parsed};
use crate::isobmff::tables::Tables;
use crate::media::{AudioCodec, Size, TrackKind, VideoCodec};
use crate::orientation::Orientation;
use crate::time::{Ticks, Timescale};

/// A picture: a sample where it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture<'a> {
    /// When it is shown.
    pub(super) at: i64,
    pub(super) sync: bool,
    pub(super) data: &'a [u8],
}

/// A packet of sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) at: i64,
    /// What it decodes to, whatever the file says: recorders guess at the last one.
    pub(super) lasts: i64,
    pub(super) data: &'a [u8],
}

/// Whole fragments that were not there before.
#[derive(Debug)]
pub(super) struct News<'a> {
    pub(super) video: SampleEntry,
    pub(super) size: Size,
    pub(super) orientation: Orientation,
    /// Says that nothing is skipped: what is heard is counted from the first picture.
    pub(super) sound: Option<SampleEntry>,
    pub(super) pictures: Vec<Picture<'a>>,
    pub(super) packets: Vec<Packet<'a>>,
}

/// Bytes that show whether a file is an MP4 at all.
const TELLS: usize = 16;

/// Ticks between two samples of a track after which its times are not believed: ten minutes.
const JUMP: i64 = 600 * 48_000;
/// How long after the first picture nothing is believed: twelve hours. What is missing before becomes silence.
const LONGEST: i64 = 12 * 3_600 * 48_000;

/// Bytes of a file for each sample, on average, and how many samples need none: what says more of them is no recorder's.
const LEAST: usize = 8;
const FEW: usize = 1024;

/// The header of a `free` box with a size of 64 bits: what stands for fragments that were read.
const FREE: usize = 16;

/// The bytes that were not read yet, behind the head of their file.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    bytes: Vec<u8>,
    /// Length of the head, once it is whole.
    head: usize,
    /// Bytes of fragments that were given out and are still here.
    read: usize,
    /// Bytes of fragments that are not here any more: the file has a `free` box for them behind the head.
    gone: u64,
    /// Fragments behind the last whole one, where more bytes would make none of them whole.
    unread: usize,
    /// Whether a fragment begins inside of the first box that is not whole, so that it never will be one; and up to where
    /// that was looked for.
    claimed: bool,
    looked: usize,
    /// Where tracks ended with what was given out, by their identifiers, in their ticks.
    ends: Vec<(u32, u64)>,
    seen: Seen,
}

/// What was given out, of both tracks.
#[derive(Debug, Default)]
struct Seen {
    /// When the first picture is shown, in ticks of its track.
    origin: Option<i64>,
    pictures: Pace,
    packets: Pace,
}

/// When the last sample of a track was, ticks.
#[derive(Debug, Default)]
struct Pace(i64);

impl Pace {
    /// Whether a sample may stand there.
    fn handle(&mut self, at: i64) -> Result<(), ImportError> {
        let before = std::mem::replace(&mut self.0, at);
        let step = at.checked_sub(before).and_then(i64::checked_abs);
        let fine = step.is_some_and(|step| step <= JUMP) && (-LONGEST..=LONGEST).contains(&at);
        if fine { Ok(()) } else { Err(JUMPS) }
    }
}

const JUMPS: ImportError = ImportError::Unsupported("times that jump");
const BYTELESS: ImportError = ImportError::Unsupported("samples without bytes of their own");

/// Bytes of the file by their places in it, as far as they are here.
#[derive(Clone, Copy)]
struct Present<'a> {
    bytes: &'a [u8],
    /// Where bytes are missing, and how many.
    gap: usize,
    gone: u64,
}

impl<'a> Present<'a> {
    fn of(bytes: &'a [u8], head: usize, gone: u64) -> Present<'a> {
        let gap = if gone > 0 { head + FREE } else { 0 };
        Present { bytes, gap, gone: gone.saturating_sub(FREE as u64) }
    }

    fn length(self) -> u64 {
        self.bytes.len() as u64 + self.gone
    }

    fn get(self, range: Range<u64>) -> Option<&'a [u8]> {
        let place = |at: u64| match usize::try_from(at).ok() {
            Some(here) if here <= self.gap => Some(here),
            _ => usize::try_from(at.checked_sub(self.gone)?).ok().filter(|here| *here >= self.gap),
        };
        let found = self.bytes.get(place(range.start)?..place(range.end)?);
        found.filter(|found| found.len() as u64 == range.end - range.start)
    }

    fn from(self, at: u64) -> &'a [u8] {
        self.get(at..self.length()).unwrap_or_default()
    }
}

impl Fragments {
    /// Takes more bytes. How many wait.
    pub(super) fn push(&mut self, bytes: &[u8]) -> usize {
        if self.bytes.capacity() - self.bytes.len() < bytes.len() {
            // Twice as much again is too much of what may be half a gigabyte.
            self.bytes.reserve_exact(bytes.len().max(self.bytes.len() / 4));
        }
        self.bytes.extend_from_slice(bytes);
        self.held()
    }

    pub(super) fn held(&self) -> usize {
        self.bytes.len() - self.read
    }

    /// Whether fragments came that cannot be read. One at the end is seen again while more may come.
    pub(super) fn check(&self, last: bool) -> Result<(), ImportError> {
        let broken = self.claimed || self.unread > usize::from(!last);
        if broken { Err(ImportError::Unsupported("broken fragments")) } else { Ok(()) }
    }

    /// What was given out before is not needed any more, but for the head. Places in the file stay what they are.
    fn forget(&mut self) {
        if self.read == 0 {
            return;
        }
        let before = if self.gone > 0 { FREE } else { 0 };
        self.gone += self.read as u64;
        let header = [&[0, 0, 0, 1][..], b"free", &self.gone.to_be_bytes()].concat();
        self.bytes.splice(self.head..self.head + before + self.read, header);
        (self.read, self.looked) = (0, 0);
    }

    /// Looks for a fragment inside of what lies behind the whole ones, from this place on.
    fn look_behind(&mut self, from: usize) {
        let behind = self.bytes.get(from..).unwrap_or_default();
        let torn = self.bytes.len() - past_whole(behind).len();
        let begin = self.looked.saturating_sub(MOOF).max(torn + 1);
        self.claimed |= self.bytes.get(begin..).unwrap_or_default().windows(MOOF).any(is_moof);
        self.looked = self.bytes.len();
    }

    /// The samples of all fragments that are whole by now, each once. `last`: nothing more comes.
    pub(super) fn take(&mut self, last: bool) -> Result<Option<News<'_>>, ImportError> {
        self.forget();
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let index = match index(Present::of(&self.bytes, self.head, self.gone), &self.ends) {
            Ok(index) => index,
            Err(error) if last || (matches!(error, DemuxError::Unsupported { .. }) && self.bytes.len() >= TELLS) => {
                return Err(ImportError::File(error));
            }
            // Its head is still to come.
            Err(_) => return Ok(None),
        };
        if index.head().container == Container::Fragmented {
            self.head = head_length(&self.bytes);
            let begin = self.head as u64 + self.gone;
            let whole = index.whole_length().max(begin);
            let broken = index.torn().is_some() && !index.is_cut();
            let behind = Present::of(&self.bytes, self.head, self.gone).from(whole);
            self.unread = if broken { moofs(behind) } else { 0 };
            if index.torn().is_some() {
                self.look_behind(self.bytes.len() - behind.len());
            }
            if index.fragments() == 0 {
                return Ok(None);
            }
            self.read = usize::try_from(whole - begin).unwrap_or(0);
            let chunks = || index.tracks().iter().flat_map(|track| &track.tables.chunks);
            if chunks().any(|chunk| chunk.offset < begin) {
                return Err(ImportError::Unsupported("samples outside their fragments"));
            }
            self.ends = index.tracks().iter().map(|track| (track.id, end(track))).collect();
        } else if !last {
            return Ok(None);
        }
        news(&index, Present::of(&self.bytes, self.head, self.gone), &mut self.seen)
    }
}

fn index(file: Present<'_>, ends: &[(u32, u64)]) -> Result<FileIndex, DemuxError> {
    let mut scan = Scan::new(file.length()).go_on_from(ends);
    while let Some(range) = scan.poll_read() {
        scan.handle_read(range.start, file.get(range.clone()).unwrap_or_default())?;
    }
    scan.finish()
}

fn end(track: &TrackIndex) -> u64 {
    track.start.saturating_add(track.tables.duration)
}

/// Where `moov` ends.
fn head_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && let Ok(Parsed::Whole(header)) = Header::parse(rest, Path::ROOT)
        && let Some(size) = header.size
    {
        at = at.saturating_add(size as usize);
        if header.kind == *b"moov" {
            return at.min(bytes.len());
        }
    }
    0
}

/// The first of these bytes as a box that is whole, and what is behind it.
fn split_box(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let Ok(Parsed::Whole(header)) = Header::parse(bytes, Path::ROOT) else { return None };
    let rest = bytes.get(usize::try_from(header.size?).ok()?..)?;
    Some((header, rest))
}

/// How many whole `moof` boxes begin these bytes or follow in them.
fn moofs(mut bytes: &[u8]) -> usize {
    let mut found = 0;
    while let Some((header, rest)) = split_box(bytes) {
        found += usize::from(header.kind == *b"moof");
        bytes = rest;
    }
    found
}

/// What is behind the whole boxes.
fn past_whole(mut bytes: &[u8]) -> &[u8] {
    while let Some((_, rest)) = split_box(bytes) {
        bytes = rest;
    }
    bytes
}

/// How much of a `moof` is looked at to know it: its header and that of the `mfhd` that it begins with (ISO/IEC 14496-12
/// s.8.8.5), which says as much as chance never would in pictures.
const MOOF: usize = 16;

fn is_moof(bytes: &[u8]) -> bool {
    bytes.get(4..) == Some(b"moof\0\0\0\x10mfhd")
}

fn news<'a>(index: &FileIndex, file: Present<'a>, paced: &mut Seen) -> Result<Option<News<'a>>, ImportError> {
    let video = index.track(TrackKind::Video).ok_or(ImportError::Unsupported("no pictures"))?;
    if video.entry().video_codec() != Some(VideoCodec::Avc) {
        return Err(ImportError::Unsupported("pictures that are not H.264"));
    }
    let sound = index.track(TrackKind::Audio);
    if video.entries.len() > 1 || sound.is_some_and(|sound| sound.entries.len() > 1) {
        return Err(ImportError::Unsupported("several sample entries"));
    }
    // Reordered pictures have different offsets; no browser's recorder is known to write any.
    if video.tables.offsets.runs().len() > 1 {
        return Err(ImportError::Unsupported("pictures out of order"));
    }
    let coding = sound.map(|sound| sound_of(sound.entry())).transpose()?;
    let mut pictures = samples(video, file)?;
    let Some(from) = paced.origin.or(pictures.first().map(|first| first.at)) else { return Ok(None) };
    paced.origin = Some(from);
    let entry = video.entry();
    let size = entry.size().filter(|size| size.width > 0 && size.height > 0);
    let zero = recording(video.timescale, from, 0)?;
    for one in &mut pictures {
        one.at = recording(video.timescale, one.at, zero)?;
        paced.pictures.handle(one.at)?;
    }
    let mut packets = Vec::new();
    if let (Some(track), Some(coding)) = (sound, coding) {
        for one in samples(track, file)? {
            let lasts = match coding {
                AudioCodec::Aac => i64::from(coding.packet()),
                AudioCodec::Opus => opus_length(one.data).ok_or(ImportError::Unsupported("broken packets of Opus"))?,
            };
            let at = recording(track.timescale, one.at, zero)?;
            paced.packets.handle(at)?;
            packets.push(Packet { at, lasts, data: one.data });
        }
    }
    Ok(Some(News {
        video: entry.clone(),
        size: size.ok_or(ImportError::Unsupported("pictures of no size"))?,
        orientation: video.orientation,
        sound: sound.map(|track| track.entry().clone().without_pre_skip()),
        pictures,
        packets,
    }))
}

/// Which sound it is: one that a draft may have.
fn sound_of(entry: &SampleEntry) -> Result<AudioCodec, ImportError> {
    let (channels, rate) = entry.sound();
    if entry.audio_codec() == Some(AudioCodec::Aac) {
        let config = entry.description().and_then(|config| aac::Config::parse(&config).ok());
        // Other kinds decode to more, or to later, than their packets say; one that begins at half the rate is such.
        if !config.is_some_and(|config| config.object == 2 && config.rate == rate) {
            return Err(ImportError::Unsupported("AAC that is not AAC-LC"));
        }
    }
    match entry.audio_codec() {
        Some(coding) if (1..=2).contains(&channels) && rate == Timescale::RECORDING.get() => Ok(coding),
        Some(_) => Err(ImportError::Unsupported("sound that is not of 48 kHz and one or two channels")),
        None => Err(ImportError::Unsupported("sound that is neither AAC nor Opus")),
    }
}

/// Ticks of a recording from `zero` on.
fn recording(scale: Timescale, at: i64, zero: i64) -> Result<i64, ImportError> {
    let at = scale.rescale(Ticks(at), Timescale::RECORDING).ok_or(JUMPS)?;
    at.0.checked_sub(zero).ok_or(JUMPS)
}

/// How much of the media the edit list skips, in ticks of the track.
fn skipped(track: &TrackIndex) -> i64 {
    track.edits.iter().find_map(|edit| edit.start).unwrap_or(0)
}

/// The samples of a track in the order of the file, in its ticks. All of them are there, have bytes, and no byte is told
/// twice, nor is each a few bytes: they could be any number else, and the list of them many times the file.
fn samples<'a>(track: &TrackIndex, file: Present<'a>) -> Result<Vec<Picture<'a>>, ImportError> {
    let Tables { durations, offsets, sizes, syncs, chunks, .. } = &track.tables;
    let (mut durations, mut offsets) = (Cursor::new(durations.runs()), Cursor::new(offsets.runs()));
    let (mut sizes, mut syncs) = (Cursor::new(sizes.runs()), Cursor::new(syncs.runs()));
    let start = i64::try_from(track.start).ok();
    let mut decode = start.and_then(|start| start.checked_sub(skipped(track))).ok_or(JUMPS)?;
    let stated: u64 = chunks.iter().map(|chunk| u64::from(chunk.samples)).sum();
    let most = FEW + file.bytes.len() / LEAST;
    let stated = usize::try_from(stated).ok().filter(|stated| *stated <= most).ok_or(BYTELESS)?;
    let mut found = Vec::with_capacity(stated);
    let mut left = file.bytes.len();
    for chunk in chunks {
        let mut place = chunk.offset;
        for _ in 0..chunk.samples {
            let row = (sizes.take(1), durations.take(1), offsets.take(1), syncs.take(1));
            let (Some(size), Some(duration), Some(offset), Some(sync)) = row else { return Ok(found) };
            let end = place.saturating_add(u64::from(size));
            let data = file.get(place..end).filter(|data| !data.is_empty() && data.len() <= left);
            let data = data.ok_or(BYTELESS)?;
            left -= data.len();
            found.push(Picture { at: decode.checked_add(i64::from(offset)).ok_or(JUMPS)?, sync, data });
            decode = decode.checked_add(i64::from(duration)).ok_or(JUMPS)?;
            place = end;
        }
    }
    Ok(found)
}

/// Samples at 48 kHz in a packet of Opus (RFC 6716 s.3.1 and 3.2), at most 120 ms of them.
fn opus_length(packet: &[u8]) -> Option<i64> {
    let (&toc, rest) = packet.split_first()?;
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)],
        12..=15 => [480, 960][usize::from(config & 1)],
        _ => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => i64::from(rest.first()? & 0x3f),
    };
    (1..=5760).contains(&(frame * frames)).then_some(frame * frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_of_opus_says_how_long_it_is() {
        for (packet, length) in [
            (&[0xf8][..], Some(960)),
            (&[0x78 | 3, 3], Some(2880)),
            (&[0x18], Some(2880)),
            (&[0x80 | 1], Some(240)),
            (&[0xfb, 0x80 | 6], Some(5760)),
            (&[0xfb, 7], None),
            (&[0xfb], None),
            (&[], None),
        ] {
            assert_eq!(opus_length(packet), length, "{packet:02x?}");
        }
    }
}
