//! Where everything lies in the film: the head, then one span of each clip's file, from its first media byte to its
//! last. The `moof` boxes between them come along as bytes of `mdat` that no table refers to.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::ExportError;
use super::plan::{Plan, Warning};
use crate::isobmff::tables::Tables;
use crate::media::{AudioCodec, Size, TrackKind, VideoCodec};
use crate::mux::MuxError;
use crate::mux::flat::{self, FilmTrack};
use crate::time::Ticks;

/// A stretch of a source file that stands in the film as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Which file.
    pub source: u32,
    /// Which of its bytes.
    pub range: Range<u64>,
}

/// A film: the bytes of `head`, then each span in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `ftyp`, `moov`, and the header of `mdat`.
    pub head: Vec<u8>,
    /// The payload of `mdat`.
    pub spans: Vec<Span>,
    /// What the film is.
    pub report: Report,
}

/// What a film is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How long it plays, in ticks of 1/48 000 s.
    pub duration: Ticks,
    /// The picture as it is seen, turned upright.
    pub size: Size,
    /// Video samples.
    pub frames: u64,
    /// The video coding, if it is one the product names.
    pub video: Option<VideoCodec>,
    /// The audio coding; `None` without sound.
    pub audio: Option<AudioCodec>,
    /// The largest distance between the ends of picture and sound at any join or the end, in ticks of 1/48 000 s.
    pub skew: Ticks,
    /// What its maker should know, each once.
    pub warnings: Vec<Warning>,
    /// Bytes of the spans: what is referred to, not copied.
    pub copied_bytes: u64,
    /// Bytes of the whole film.
    pub bytes: u64,
}

/// Lays out the film of a plan. `created` of its headers is 0: the same clips always give the same bytes.
///
/// # Errors
/// [`ExportError::Mux`] for films beyond the format; [`ExportError::Empty`] for a clip without media bytes.
pub fn layout(plan: &Plan) -> Result<Layout, ExportError> {
    let kinds = [TrackKind::Video, TrackKind::Audio];
    let mut tables = [Tables::default(), Tables::default()];
    let mut spans = Vec::with_capacity(plan.clips().len());
    let (mut payload, mut skew) = (0_u64, 0_u64);
    for clip in plan.clips() {
        let range = clip.index.media().ok_or(ExportError::Empty { source: Some(clip.source) })?;
        for (kind, tables) in kinds.into_iter().zip(&mut tables) {
            if let Some(track) = clip.index.track(kind) {
                // `media` begins at the lowest offset.
                tables.append(&track.tables, |offset| payload + (offset - range.start));
            }
        }
        if plan.model(TrackKind::Audio).is_some() {
            skew = skew.max(tables[0].duration.abs_diff(tables[1].duration));
        }
        let length = range.end - range.start;
        payload = payload.checked_add(length).ok_or(MuxError::TooLarge { what: "bytes of media", amount: u64::MAX })?;
        spans.push(Span { source: clip.source, range });
    }
    let tracks: Vec<FilmTrack<'_>> = kinds
        .into_iter()
        .zip(&tables)
        .filter_map(|(kind, tables)| {
            let model = plan.model(kind)?;
            Some(FilmTrack { kind, entry: &model.entry, size: model.size, orientation: model.orientation, tables })
        })
        .collect();
    let head = flat::head(&tracks, payload, 0)?;
    let report = report(plan, &tables, skew, payload, payload + head.len() as u64);
    Ok(Layout { head, spans, report })
}

fn report(plan: &Plan, [video, audio]: &[Tables; 2], skew: u64, payload: u64, bytes: u64) -> Report {
    let ticks = |value: u64| Ticks(i64::try_from(value).unwrap_or(i64::MAX));
    let picture = plan.model(TrackKind::Video);
    let stored = picture.and_then(|track| track.size.or(track.entry.size())).unwrap_or(Size { width: 0, height: 0 });
    Report {
        duration: ticks(video.duration.max(audio.duration)),
        size: picture.map_or(stored, |track| track.orientation.upright(stored)),
        frames: video.samples(),
        video: picture.and_then(|track| track.entry.video_codec()),
        audio: plan.model(TrackKind::Audio).and_then(|track| track.entry.audio_codec()),
        skew: ticks(skew),
        warnings: plan.warnings().to_vec(),
        copied_bytes: payload,
        bytes,
    }
}
