//! The recording format: one init segment (`ftyp`, `moov` with `mvex`), then fragments (`moof`, `mdat`) that are only
//! ever appended. Every offset counts from its own `moof`, so a fragment does not know where in the file it lies.

use super::MuxError;
use super::movie::{self, TIMESCALE, Track};
use crate::codec::SampleEntry;
use crate::isobmff::leaf::{self, TrunEntry};
use crate::isobmff::tables::{Runs, Tables};
use crate::isobmff::write::{boxed, mdat_header};
use crate::media::{Size, TrackKind};
use crate::orientation::Orientation;
use crate::time::Ticks;

/// Sample flags (s.8.8.3.1) of a sample that depends on no other.
const SYNC: u32 = 0x0200_0000;
/// Sample flags of a sample that depends on others and where decoding cannot start.
const NON_SYNC: u32 = 0x0101_0000;

/// One track of a recording. Its timescale is 48 000, as the movie's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackConfig {
    /// Video or audio; a recording has one of each at most.
    pub kind: TrackKind,
    /// How its samples are decoded.
    pub entry: SampleEntry,
    /// The stored picture, before `orientation`; `None` takes what `entry` states. At most 32767 each way.
    pub size: Option<Size>,
    /// What shows the stored picture upright.
    pub orientation: Orientation,
}

/// Consecutive samples of one track in a fragment.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Whose samples they are.
    pub track: TrackKind,
    /// When the first of them is decoded, in ticks of 1/48 000 s since the segment's origin; not negative.
    pub decode_time: Ticks,
    /// The samples, in decoding order, which is their order of presentation: realtime encoders do not reorder.
    pub samples: &'a [RunSample],
    /// Their bytes, one after another.
    pub data: &'a [u8],
}

/// One sample of a [`Run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSample {
    /// In ticks of 1/48 000 s.
    pub duration: u32,
    /// In bytes.
    pub size: u32,
    /// Whether decoding can start here.
    pub sync: bool,
}

/// The first bytes of a recording: `ftyp` and `moov`. Track identifiers count from 1 in the order given.
pub fn init_segment(tracks: &[TrackConfig]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    movie::ftyp(&mut out, b"iso5", &[b"isom", b"iso6", b"mp41"], tracks.iter().map(|track| &track.entry));
    boxed(&mut out, *b"moov", |out| {
        leaf::mvhd(out, TIMESCALE, 0, 0, movie::track_id(tracks.len()));
        for (place, track) in tracks.iter().enumerate() {
            let trak = Track {
                id: movie::track_id(place),
                kind: track.kind,
                entry: &track.entry,
                size: track.size,
                orientation: track.orientation,
                duration: 0,
                created: 0,
            };
            trak.write(out, |_| {}, empty_tables);
        }
        boxed(out, *b"mvex", |out| {
            for (place, track) in tracks.iter().enumerate() {
                leaf::trex(out, movie::track_id(place), default_flags(track.kind));
            }
        });
    });
    out
}

/// One fragment, `moof` and `mdat`, of the recording that `tracks` began. `sequence` counts from 1. Runs without samples
/// are left out; the data lies in the order of `runs`.
///
/// # Errors
/// [`MuxError::Track`], [`MuxError::Size`] and [`MuxError::Time`] for a run that contradicts itself or `tracks`;
/// [`MuxError::TooLarge`] from 2 GiB on, where the offsets of s.8.8.8 end.
pub fn fragment(sequence: u32, tracks: &[TrackConfig], runs: &[Run<'_>]) -> Result<Vec<u8>, MuxError> {
    let mut plans = Vec::with_capacity(runs.len());
    let mut payload = 0_u64;
    for run in runs.iter().filter(|run| !run.samples.is_empty() || !run.data.is_empty()) {
        plans.push(RunPlan::new(run, tracks, payload)?);
        payload += run.data.len() as u64;
    }
    // The offsets have a fixed width: the first pass gives the size of `moof`, the second the bytes.
    let size = moof(sequence, &plans, 0).len();
    let mut out = Vec::new();
    mdat_header(&mut out, payload);
    let base = size + out.len();
    let last = base as u64 + payload;
    let Ok(base) = i32::try_from(base) else { return Err(too_large(last)) };
    if i32::try_from(last).is_err() {
        return Err(too_large(last));
    }
    let header = std::mem::replace(&mut out, moof(sequence, &plans, base));
    out.reserve_exact(header.len() + payload as usize);
    out.extend_from_slice(&header);
    plans.iter().for_each(|plan| out.extend_from_slice(plan.run.data));
    Ok(out)
}

fn too_large(amount: u64) -> MuxError {
    MuxError::TooLarge { what: "bytes in a fragment", amount }
}

/// A run that was checked, and what its fragment header needs to say about it.
struct RunPlan<'a> {
    run: &'a Run<'a>,
    id: u32,
    time: u64,
    /// Where its data starts in the payload of `mdat`.
    offset: u64,
    /// Set where all samples share the value.
    duration: Option<u32>,
    size: Option<u32>,
    flags: Flags,
}

/// How the sync marks of a run are said in the fewest bytes.
enum Flags {
    /// All as the track's default.
    Default,
    /// All alike, not the default.
    All(u32),
    /// The first one, the others as the default.
    First(u32),
    /// One for each.
    Each,
}

impl<'a> RunPlan<'a> {
    fn new(run: &'a Run<'a>, tracks: &[TrackConfig], offset: u64) -> Result<RunPlan<'a>, MuxError> {
        let track = run.track;
        let place = tracks.iter().position(|config| config.kind == track).ok_or(MuxError::Track { track })?;
        let stated = run.samples.iter().map(|sample| u64::from(sample.size)).sum();
        let present = run.data.len() as u64;
        if stated != present {
            return Err(MuxError::Size { track, stated, present });
        }
        let time = u64::try_from(run.decode_time.0).map_err(|_| MuxError::Time { track, time: run.decode_time })?;
        let (mut durations, mut sizes) = (Runs::default(), Runs::default());
        for sample in run.samples {
            durations.push(1, sample.duration);
            sizes.push(1, sample.size);
        }
        // Samples of no bytes are listed: readers refuse a bare number of them.
        let (duration, size) = (durations.only(), sizes.only().filter(|size| *size > 0));
        Ok(RunPlan { run, id: movie::track_id(place), time, offset, duration, size, flags: sync_flags(run) })
    }

    fn write(&self, out: &mut Vec<u8>, base: i32) {
        let all = if let Flags::All(flags) = self.flags { Some(flags) } else { None };
        leaf::tfhd(out, self.id, self.duration, self.size, all);
        leaf::tfdt(out, self.time);
        let entry = |(index, sample): (usize, &RunSample)| TrunEntry {
            duration: if self.duration.is_some() { None } else { Some(sample.duration) },
            size: if self.size.is_some() { None } else { Some(sample.size) },
            flags: match self.flags {
                Flags::First(flags) if index == 0 => Some(flags),
                Flags::Each => Some(flags_of(sample)),
                _ => None,
            },
            cts: None,
        };
        // `fragment` checked that the end of the payload fits; in its first pass the value does not matter.
        let offset = base.wrapping_add(self.offset as i32);
        leaf::trun(out, offset, self.run.samples.iter().enumerate().map(entry).collect());
    }
}

fn moof(sequence: u32, plans: &[RunPlan<'_>], base: i32) -> Vec<u8> {
    let mut out = Vec::new();
    boxed(&mut out, *b"moof", |out| {
        leaf::mfhd(out, sequence);
        for plan in plans {
            boxed(out, *b"traf", |out| plan.write(out, base));
        }
    });
    out
}

fn default_flags(kind: TrackKind) -> u32 {
    if kind == TrackKind::Video { NON_SYNC } else { SYNC }
}

fn flags_of(sample: &RunSample) -> u32 {
    if sample.sync { SYNC } else { NON_SYNC }
}

fn sync_flags(run: &Run<'_>) -> Flags {
    let default = default_flags(run.track);
    let [first, rest @ ..] = run.samples else { return Flags::Default };
    match (flags_of(first), rest.first().map_or(flags_of(first), flags_of)) {
        (_, second) if rest.iter().any(|sample| flags_of(sample) != second) => Flags::Each,
        (first, second) if first == second && first == default => Flags::Default,
        (first, second) if first == second => Flags::All(first),
        (first, second) if second == default => Flags::First(first),
        _ => Flags::Each,
    }
}

/// Tables of no samples: the samples are in the fragments.
fn empty_tables(out: &mut Vec<u8>) {
    let none = Tables::default();
    leaf::stts(out, &none.durations);
    leaf::stsc(out, &none.chunks);
    leaf::stsz(out, &none.sizes);
    leaf::chunk_offsets(out, &none.chunks, 0, false);
}
