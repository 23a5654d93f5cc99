//! Export: the head is computed from headers, the film is the head and slices of the segments' files.

use onetake_core::demux::FileIndex;
use onetake_core::draft::{Draft, SegmentRecord};
use onetake_core::error::{Failure, Retry};
use onetake_core::export::{Layout, Part, Recipe, Span, film};
use onetake_core::protocol::{Answer, ClipRequest, Event, FilmOptions, Joined, SpanView};
use onetake_core::time::Timescale;
use web_sys::Blob;

use super::Studio;
use super::desk::Desk;
use super::files::{open, read_poster, recipe};
use super::straighten::Asked;
use crate::mail::{Mail, post};
use crate::{js, page, store};

/// A computed film: where each byte of it lies, and the files it refers to, as the store names them.
pub(crate) struct Exported {
    layout: Layout,
    desk: Desk,
    paths: Vec<String>,
    /// Pictures that were encoded for it, and the bytes of their files.
    encoded: (u64, u64),
}

/// A file of the film with the length that counts, and where it lies in the store.
type Source = ((Blob, u64), String);

impl Studio {
    pub(super) fn export(&mut self, asked: Asked) {
        // What lies otherwise than the rest is encoded first; then all are alike.
        let Some(Asked { request, options, poster, encoded }) = self.straighten(asked) else { return };
        let sources = match self.film_sources() {
            Ok(sources) => sources,
            Err(failure) => return page::fail(request, failure),
        };
        let total = self.draft.as_ref().map_or(0.0, |draft| Timescale::RECORDING.seconds(draft.duration()));
        let (files, paths) = sources.into_iter().unzip();
        // Segments are numbered as they are begun.
        let timeline = self.draft.iter().filter(|_| options.filmed).flat_map(Draft::timeline);
        let ranks = timeline.map(|segment| segment.id().0).collect();
        // Of a film that needed encoding first, as much as everything was told already.
        let desk = self.open_desk(request, files, if encoded.0 > 0 { 0.0 } else { total });
        js::spawn(async move {
            let result = compute(desk, paths, options, ranks, poster).await;
            let result = result.map(|film| Exported { encoded, ..film });
            post(Mail::Exported { request, result });
        });
    }

    pub(super) fn handle_exported(&mut self, request: u32, result: Result<Exported, Failure>) {
        self.close_desk(request);
        let film = result.and_then(|exported| {
            let (blob, mut view) = exported.desk.film(&exported.layout)?;
            if self.settings.video_codec.is_some_and(|wanted| exported.layout.report.video != Some(wanted)) {
                view.warnings.push("video_codec".to_owned());
            }
            view.warnings.extend(self.sound.warnings(exported.layout.report.audio, self.import.is_on()));
            let (frames, bytes) = exported.encoded;
            if frames > 0 {
                let all = frames == exported.layout.report.frames;
                view.joined = if all { Joined::Encoded } else { Joined::Mixed };
                view.encoded_frames = u32::try_from(frames).unwrap_or(u32::MAX);
                view.copied_bytes = (view.copied_bytes - store::number(bytes)).max(0.0);
                page::say(&Event::Progress { request, done: view.duration, total: view.duration });
            }
            view.files = exported.paths;
            view.spans = exported.layout.parts.iter().map(span).collect();
            Ok((blob, view))
        });
        match film {
            Ok((file, report)) => page::answer_with_file(request, Answer::Film { report }, &file),
            Err(failure) => page::fail(request, failure),
        }
    }

    pub(super) fn give_file(&mut self, request: u32, segment: &str) {
        let file = self.segment_file_name(segment).and_then(|name| {
            self.files
                .get(&name)
                .ok_or_else(|| Failure::new("segment_missing", Retry::Never, format!("no file {name}")))
        });
        match file {
            Ok(file) => page::answer_with_file(request, Answer::File {}, file),
            Err(failure) => page::fail(request, failure),
        }
    }

    /// The files of the film in order.
    fn film_sources(&self) -> Result<Vec<Source>, Failure> {
        let draft = self.draft.as_ref().filter(|draft| draft.timeline().next().is_some());
        let nothing = || Failure::new("nothing_to_export", Retry::AfterAction, "the draft has no segment");
        let source = |segment: &SegmentRecord| {
            let name = &segment.opened.file;
            let missing = || Failure::new("file_damaged", Retry::Never, format!("{name} is not there"));
            let file = self.files.get(name).cloned().ok_or_else(missing)?;
            // A recovered file may go on with a torn fragment that is no part of the segment.
            let length = store::length(file.size()).min(segment.bytes);
            Ok(((file.into(), length), self.path(name)))
        };
        draft.ok_or_else(nothing)?.timeline().map(source).collect()
    }
}

/// Where a part of the film lies: whoever uploads it finds it there again after a reload.
fn span(part: &Part) -> SpanView {
    let number = store::number;
    match part {
        Part::Own(range) => SpanView { source: None, start: number(range.start as u64), end: number(range.end as u64) },
        Part::Source(Span { source, range }) => {
            SpanView { source: Some(*source), start: number(range.start), end: number(range.end) }
        }
    }
}

/// Reads the headers and lays the film out; progress counts the part of the walk that is done.
async fn compute(
    mut desk: Desk,
    paths: Vec<String>,
    options: FilmOptions,
    ranks: Vec<u32>,
    poster: Option<Blob>,
) -> Result<Exported, Failure> {
    let poster = read_poster(poster).await?;
    let mut indexes = desk.index().await?;
    // Changes nothing in a sealed segment.
    indexes.iter_mut().for_each(FileIndex::end_at_last_packet);
    let whole = |source| ClipRequest { source, start: 0.0, end: None };
    let clips: Vec<ClipRequest> = (0..indexes.len() as u32).map(whole).collect();
    let mut recipe = Recipe { ranks, ..recipe(&clips, &options, poster) };
    open(&mut desk, &indexes, &mut recipe).await?;
    let layout = film(&indexes, &recipe)?;
    Ok(Exported { layout, desk, paths, encoded: (0, 0) })
}
