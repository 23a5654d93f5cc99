//! The recording format: one init segment (`ftyp`, `moov` with `mvex`), then fragments (`moof`, `mdat`) that are only
//! ever appended. Every offset counts from its own `moof`, so a fragment does not know where in the file it lies.

use super::MuxError;
use super::boxes;
use super::flat::UNDETERMINED;
use super::moof::{self, Defaults, Piece, Sample, Traf};
use super::movie::{self, TIMESCALE, Track};
use super::tables::Shape;
use crate::codec::SampleEntry;
use crate::codec::entry::MAX_SIDE;
use crate::isobmff::tables::Tables;
use crate::isobmff::write::{boxed, full};
use crate::media::{Size, TrackKind};
use crate::orientation::Orientation;
use crate::time::Ticks;

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

impl TrackConfig {
    fn matrix(&self) -> [i32; 9] {
        let stored = self.size.or(self.entry.size()).unwrap_or(Size { width: 0, height: 0 });
        let side = |side: u32| side.min(MAX_SIDE);
        self.orientation.matrix(Size { width: side(stored.width), height: side(stored.height) })
    }
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
    movie::ftyp(&mut out, b"iso5", &[b"isom", b"iso6", b"mp41"], &tracks.iter().map(|track| &track.entry));
    boxed(&mut out, *b"moov", |out| {
        boxes::mvhd(out, TIMESCALE, 0, 0, movie::track_id(tracks.len()));
        for (place, track) in tracks.iter().enumerate() {
            let trak = Track {
                id: movie::track_id(place),
                kind: track.kind,
                entries: std::slice::from_ref(&track.entry),
                size: track.size,
                matrix: track.matrix(),
                timescale: TIMESCALE,
                language: UNDETERMINED,
                edits: &[],
                shown: 0,
                duration: 0,
                created: 0,
            };
            trak.write(out, no_samples);
        }
        boxed(out, *b"mvex", |out| {
            for (place, track) in tracks.iter().enumerate() {
                trex(out, movie::track_id(place), Defaults::of(track.kind));
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
    let (mut trafs, mut payload) = (Vec::with_capacity(runs.len()), 0_u64);
    let runs = || runs.iter().filter(|run| !run.samples.is_empty() || !run.data.is_empty());
    for run in runs() {
        trafs.push(traf(run, tracks, payload)?);
        payload += run.data.len() as u64;
    }
    // Rows of up to twelve bytes, and small boxes.
    let rows: usize = trafs.iter().map(|traf| 12 * traf.samples.len() + 128).sum();
    let mut out = Vec::with_capacity((payload as usize).saturating_add(rows + 64));
    moof::write(&mut out, sequence, &trafs, payload)?;
    let end = out.len() as u64 + payload;
    if i32::try_from(end).is_err() {
        return Err(MuxError::TooLarge { what: "bytes in a fragment", amount: end });
    }
    runs().for_each(|run| out.extend_from_slice(run.data));
    Ok(out)
}

/// A run that was checked, whose data begins at this offset of the payload.
fn traf(run: &Run<'_>, tracks: &[TrackConfig], offset: u64) -> Result<Traf, MuxError> {
    let track = run.track;
    let place = tracks.iter().position(|config| config.kind == track).ok_or(MuxError::Track { track })?;
    let stated = run.samples.iter().map(|sample| u64::from(sample.size)).sum();
    let present = run.data.len() as u64;
    if stated != present {
        return Err(MuxError::Size { track, stated, present });
    }
    let time = u64::try_from(run.decode_time.0).map_err(|_| MuxError::Time { track, time: run.decode_time })?;
    let sample = |&RunSample { duration, size, sync }: &RunSample| Sample { duration, size, offset: 0, sync };
    Ok(Traf {
        id: movie::track_id(place),
        entry: 0,
        time,
        defaults: Defaults::of(track),
        samples: run.samples.iter().map(sample).collect(),
        pieces: vec![Piece { samples: run.samples.len() as u32, offset }],
    })
}

/// `trex`, s.8.8.3, of the first sample entry.
pub(super) fn trex(out: &mut Vec<u8>, id: u32, defaults: Defaults) {
    full(out, *b"trex", 0, 0, |out| {
        [id, 1, defaults.duration, defaults.size, defaults.flags].into_iter().for_each(|value| boxes::word(out, value));
    });
}

/// Tables of no samples: the samples are in the fragments.
pub(super) fn no_samples(out: &mut Vec<u8>) {
    let none = Tables::default();
    Shape::new(&none, false).write(out, &none, 0, false);
}
