//! What a file is, in the words a page shows: container, length, size, and each track's coding and figures. Everything is
//! counted from the index; whole numbers only, so that whoever shows them divides.

use super::index::{Container, FileIndex, TrackIndex};
use crate::media::{Size, TrackKind};
use crate::time::{Ticks, Timescale};

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaInfo {
    /// What kind of file it is.
    pub container: Container,
    /// When the last track ends, in ticks of 1/48 000 s.
    pub duration: Ticks,
    /// The picture as it is seen, turned upright; `None` without video.
    pub size: Option<Size>,
    /// Degrees clockwise that the stored picture is turned by, after the mirror: 0, 90, 180 or 270.
    pub rotation: u16,
    /// The stored picture is mirrored left-right.
    pub mirrored: bool,
    /// `moov` lies before the first media byte.
    pub fast_start: bool,
    /// Every video and audio track, in the order of the file.
    pub tracks: Vec<TrackInfo>,
}

/// What a track is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackInfo {
    /// Video or audio.
    pub kind: TrackKind,
    /// The coding as RFC 6381 names it: `avc1.64001f`, `mp4a.40.2`, `opus`.
    pub codec: String,
    /// How many samples it has.
    pub samples: u64,
    /// Ticks a second of `duration` and `start`.
    pub timescale: Timescale,
    /// How long it is shown.
    pub duration: Ticks,
    /// When it is first shown, counted from the start of the film.
    pub start: Ticks,
    /// Samples that decoding can start at.
    pub sync_samples: u64,
    /// Bits a second of its samples, edited away or not; 0 where they last no time.
    pub bitrate: u64,
    /// Pictures a second as dividend and divisor, on average over the samples; `None` for sound, or without time.
    pub frame_rate: Option<(u64, u64)>,
    /// Samples of sound a second; `None` for pictures, or where nothing says so.
    pub sample_rate: Option<u32>,
    /// Channels of sound; `None` for pictures, or where nothing says so.
    pub channels: Option<u32>,
}

/// Describes a file.
pub fn describe(index: &FileIndex) -> MediaInfo {
    let tracks: Vec<TrackInfo> = index.tracks().iter().map(|track| track_info(index, track)).collect();
    let end = |track: &TrackInfo| track.timescale.rescale(track.start + track.duration, Timescale::RECORDING);
    let video = index.track(TrackKind::Video);
    let stored = video.and_then(|track| track.size.or_else(|| track.entry().picture()));
    let orientation = video.map(|track| track.orientation).unwrap_or_default();
    MediaInfo {
        container: index.head().container,
        duration: tracks.iter().filter_map(end).max().unwrap_or_default(),
        size: stored.map(|size| orientation.upright(size)),
        rotation: orientation.degrees(),
        mirrored: orientation.mirrored(),
        fast_start: index.head().fast_start,
        tracks,
    }
}

fn track_info(index: &FileIndex, track: &TrackIndex) -> TrackInfo {
    let tables = &track.tables;
    let sum = |(count, value): &(u32, u32)| u64::from(*count) * u64::from(*value);
    let bytes = tables.sizes.runs().iter().map(sum).fold(0, u64::saturating_add);
    let scale = u64::from(track.timescale.get());
    let bits = u128::from(bytes) * 8 * u128::from(scale);
    let (start, duration) = shown(index, track);
    let sound = (track.kind == TrackKind::Audio).then(|| track.entry().sound());
    let positive = |value: u32| (value > 0).then_some(value);
    TrackInfo {
        kind: track.kind,
        codec: track.entry().codec_string(),
        samples: tables.samples(),
        timescale: track.timescale,
        duration,
        start,
        sync_samples: tables.syncs.runs().iter().filter(|(_, sync)| *sync).map(|(count, _)| u64::from(*count)).sum(),
        bitrate: bits
            .checked_div(u128::from(tables.duration))
            .map_or(0, |rate| u64::try_from(rate).unwrap_or(u64::MAX)),
        frame_rate: (track.kind == TrackKind::Video && tables.duration > 0)
            .then(|| (tables.samples().saturating_mul(scale), tables.duration)),
        sample_rate: sound.and_then(|(_, rate)| positive(rate)),
        channels: sound.and_then(|(channels, _)| positive(channels)),
    }
}

/// When a track is first shown and for how long, in its ticks: what its edit list says, else all of its media from when
/// its first sample is shown.
fn shown(index: &FileIndex, track: &TrackIndex) -> (Ticks, Ticks) {
    let ticks = |value: u64| Ticks(i64::try_from(value).unwrap_or(i64::MAX));
    let media = ticks(track.tables.duration);
    let film = |value: u64| index.head().timescale.rescale(ticks(value), track.timescale).unwrap_or(Ticks(i64::MAX));
    let late = track.edits.iter().take_while(|edit| edit.start.is_none()).count();
    let (before, rest) = track.edits.split_at(late);
    let sum = |edits: &[crate::isobmff::edits::Edit]| {
        edits.iter().fold(0, |sum: u64, edit| sum.saturating_add(edit.duration))
    };
    match rest {
        [] => {
            let first = Ticks(track.tables.offsets.first().map_or(0, i64::from));
            (ticks(track.start) + first + film(sum(before)), media)
        }
        // In fragments the only edit was written before anybody knew how long it would last.
        [only] if only.duration == 0 || index.head().container == Container::Fragmented => {
            let from = Ticks(only.start.unwrap_or(0)) - ticks(track.start);
            let skipped = Ticks(from.0.clamp(0, media.0));
            (film(sum(before)) + (Ticks(0) - from.min(Ticks(0))), media - skipped)
        }
        rest => (film(sum(before)), film(sum(rest))),
    }
}
