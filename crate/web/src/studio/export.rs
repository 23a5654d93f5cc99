//! Export: the head is computed from headers, the film is the head and slices of the segments' files.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use onetake_core::draft::SegmentRecord;
use onetake_core::error::{Failure, Retry};
use onetake_core::export::{ExportJob, Layout};
use onetake_core::media::VideoCodec;
use onetake_core::protocol::{Answer, Event, FilmView};
use onetake_core::time::Timescale;
use web_sys::{Blob, BlobPropertyBag, File};

use super::Studio;
use crate::mail::{Mail, post};
use crate::{js, page, store};

/// A segment's file as a film uses it.
struct Source {
    file: File,
    length: u64,
    /// In the store.
    path: String,
}

/// A computed film: where each byte of it lies.
pub(crate) struct Exported {
    layout: Layout,
    sources: Vec<Source>,
    read_bytes: u64,
}

/// A request that is being worked on and can be given up.
pub(super) struct Running {
    request: u32,
    given_up: Rc<Cell<bool>>,
}

impl Running {
    pub(super) fn cancel(&self) {
        self.given_up.set(true);
    }
}

impl Studio {
    pub(super) fn export(&mut self, request: u32) {
        let sources = match self.film_sources() {
            Ok(sources) => sources,
            Err(failure) => return page::fail(request, failure),
        };
        let given_up = Rc::new(Cell::new(false));
        self.running.push(Running { request, given_up: Rc::clone(&given_up) });
        let total = self.draft.as_ref().map_or(0.0, |draft| Timescale::RECORDING.seconds(draft.duration()));
        js::spawn(async move {
            let result = compute(request, sources, total, &given_up).await;
            post(Mail::Exported { request, result });
        });
    }

    pub(super) fn handle_exported(&mut self, request: u32, result: Result<Exported, Failure>) {
        self.running.retain(|running| running.request != request);
        let film = result.and_then(|exported| {
            let blob = exported.compose()?;
            let warnings = self.sound.warnings(exported.layout.report.audio);
            let view = exported.view(warnings);
            Ok((blob, view))
        });
        match film {
            Ok((file, report)) => page::answer_with_file(request, Answer::Film { report }, &file),
            Err(failure) => page::fail(request, failure),
        }
    }

    pub(super) fn cancel(&mut self, request: u32) {
        self.running.iter().filter(|running| running.request == request).for_each(Running::cancel);
        self.cancel_record(request);
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
            Ok(Source { file, length, path: self.path(name) })
        };
        draft.ok_or_else(nothing)?.timeline().map(source).collect()
    }
}

impl Exported {
    /// The film as a Blob: nothing of the media is read.
    fn compose(&self) -> Result<Blob, Failure> {
        let parts = Array::new();
        parts.push(&Uint8Array::from(self.layout.head.as_slice()));
        for span in &self.layout.spans {
            let file = &self.sources[span.source as usize].file;
            let slice = file.slice_with_f64_and_f64(store::number(span.range.start), store::number(span.range.end));
            let slice = slice.map_err(|reason| js::failure("file_damaged", &reason))?;
            parts.push(&slice);
        }
        let options = BlobPropertyBag::new();
        options.set_type("video/mp4");
        let blob = Blob::new_with_blob_sequence_and_options(&parts, &options);
        blob.map_err(|reason| js::failure("internal", &reason))
    }

    fn view(&self, more: Vec<String>) -> FilmView {
        let report = &self.layout.report;
        FilmView {
            duration: Timescale::RECORDING.seconds(report.duration),
            size: report.size,
            copied_bytes: store::number(report.copied_bytes),
            head_bytes: u32::try_from(self.layout.head.len()).unwrap_or(u32::MAX),
            read_bytes: store::number(self.read_bytes),
            video: report.video.unwrap_or(VideoCodec::Avc),
            audio: report.audio,
            skew: Timescale::RECORDING.seconds(report.skew),
            files: self.sources.iter().map(|source| source.path.clone()).collect(),
            warnings: report.warnings.iter().map(|warning| warning.code().to_owned()).chain(more).collect(),
        }
    }
}

/// Reads the headers that the job asks for; progress counts the part of the walk that is done.
async fn compute(request: u32, sources: Vec<Source>, total: f64, given_up: &Cell<bool>) -> Result<Exported, Failure> {
    let lengths = (0u32..).zip(&sources).map(|(number, source)| (number, source.length)).collect();
    let mut job = ExportJob::new(lengths);
    let mut read_bytes = 0;
    while let Some((source, range)) = job.poll_read() {
        if given_up.get() {
            return Err(Failure::new("aborted", Retry::Later, "given up through the signal"));
        }
        let bytes = store::read(&sources[source as usize].file, range.start, range.end).await?;
        read_bytes += bytes.len() as u64;
        job.handle_read(source, range.start, &bytes)?;
        page::say(&Event::Progress { request, done: total * job.progress(), total });
    }
    Ok(Exported { layout: job.finish()?, sources, read_bytes })
}
