//! One request that makes something of files: it reads what their indexes need, all files at once, tells how far it is, can
//! be given up, and composes films as Blobs. Indexes are made of box headers and sample tables; media is read for what is encoded
//! anew alone, but for the guess with which a long file begins. It runs outside the studio's state, beside others.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use onetake_core::demux::FileIndex;
use onetake_core::error::{Failure, Retry};
use onetake_core::export::{ExportJob, Layout, Part};
use onetake_core::protocol::{Event, FilmView, Joined};
use onetake_core::time::Timescale;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag};

use super::Studio;
use crate::store::Beginning;
use crate::{js, page, store};

/// What is read of every file before anything is known of it: `ftyp` as most write it, and the header after it. It saves
/// a round of reads.
const BEGINNING: u64 = 40;
/// A file of this length is begun with a guess where it is alone.
const LONG: u64 = 64 << 10;
/// The most that one round of reads asks for, unless a single table is larger.
const ROUND: u64 = 1 << 20;

/// How often it is asked whether it is one's turn, in milliseconds.
const HOLD_MS: u32 = 200;

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
    /// A desk for a request on files of these lengths, in bytes. `total` is what progress counts to.
    pub(super) fn open_desk(&mut self, request: u32, files: Vec<(Blob, u64)>, total: f64) -> Desk {
        let given_up = Rc::new(Cell::new(false));
        self.running.push(Running { request, given_up: Rc::clone(&given_up) });
        // Where it is not known yet what progress counts to, nothing is told.
        let told = if total > 0.0 { 0 } else { 100 };
        Desk { request, files, given_up, read_bytes: 0, total, told, hold: Rc::default() }
    }

    pub(super) fn close_desk(&mut self, request: u32) {
        self.running.retain(|running| running.request != request);
    }

    pub(super) fn cancel(&mut self, request: u32) {
        self.running.iter().filter(|running| running.request == request).for_each(Running::cancel);
        self.cancel_record(request);
        self.cancel_try(request);
        self.cancel_straighten(request);
    }
}

/// One request at work.
pub(crate) struct Desk {
    request: u32,
    files: Vec<(Blob, u64)>,
    given_up: Rc<Cell<bool>>,
    read_bytes: u64,
    total: f64,
    /// Hundredths of the way that the page knows of.
    told: u32,
    /// Whether somebody else has the codecs and the GPU for now.
    hold: Rc<Cell<bool>>,
}

impl Desk {
    /// Indexes all files: each round asks every file for what it needs next.
    pub(super) async fn index(&mut self) -> Result<Vec<FileIndex>, Failure> {
        let mut job = ExportJob::new(self.files.iter().map(|(_, length)| *length).collect());
        match self.files.as_slice() {
            [(file, length)] if *length >= LONG => {
                let file = file.clone();
                self.begin_alone(&mut job, &file, *length).await?;
            }
            _ => self.begin(&mut job).await?,
        }
        loop {
            let wants = self.round(&job);
            if wants.is_empty() {
                return Ok(job.finish()?);
            }
            let bytes = self.read(&wants).await?;
            let mut rest = bytes.as_slice();
            for (source, range) in wants {
                let (own, more) = rest.split_at((range.end - range.start) as usize);
                job.handle_read(source, range.start, own)?;
                rest = more;
            }
            self.say_progress(job.progress());
        }
    }

    /// Hands the job the beginning of every file.
    async fn begin(&mut self, job: &mut ExportJob) -> Result<(), Failure> {
        let wants: Vec<(u32, Range<u64>)> =
            (0..).zip(&self.files).map(|(source, (_, length))| (source, 0..BEGINNING.min(*length))).collect();
        let bytes = self.read(&wants).await?;
        let mut rest = bytes.as_slice();
        for (source, beginning) in wants {
            let (own, more) = rest.split_at(beginning.end as usize);
            while let Some(range) = job.poll_read_of(source)
                && let Some(wanted) = own.get(range.start as usize..range.end as usize)
            {
                job.handle_read(source, range.start, wanted)?;
            }
            rest = more;
        }
        Ok(())
    }

    /// Hands the job what it wants of the beginning of the only file.
    async fn begin_alone(&mut self, job: &mut ExportJob, file: &Blob, length: u64) -> Result<(), Failure> {
        let mut beginning = Beginning::of(file, length).await?;
        while let Some(range) = job.poll_read_of(0) {
            self.go_on()?;
            let Some(bytes) = beginning.get(&range).await? else { break };
            job.handle_read(0, range.start, bytes)?;
        }
        self.read_bytes += beginning.read_bytes();
        Ok(())
    }

    fn round(&self, job: &ExportJob) -> Vec<(u32, Range<u64>)> {
        let (mut wants, mut size) = (Vec::new(), 0);
        for source in 0..self.files.len() as u32 {
            let Some(range) = job.poll_read_of(source) else { continue };
            size += range.end - range.start;
            if size > ROUND && !wants.is_empty() {
                break;
            }
            wants.push((source, range));
        }
        wants
    }

    /// Reads these bytes of the files, one after the other. A read costs half a millisecond, however little it is; one
    /// Blob of all the slices is read at less than two thirds of the price of slice after slice.
    pub(super) async fn read(&mut self, wants: &[(u32, Range<u64>)]) -> Result<Vec<u8>, Failure> {
        self.go_on()?;
        let slices = wants.iter().map(|(source, range)| self.slice(*source, range)).collect::<Result<Vec<_>, _>>()?;
        let wanted = wants.iter().map(|(_, range)| range.end - range.start).sum();
        let whole = match slices.as_slice() {
            [one] => one.clone(),
            several => Blob::new_with_blob_sequence(&several.iter().collect::<Array>()).map_err(|e| unreadable(&e))?,
        };
        let bytes = read_whole(&whole).await?;
        self.read_bytes += wanted;
        if bytes.len() as u64 == wanted { Ok(bytes) } else { Err(unreadable(&JsValue::from_str("it became shorter"))) }
    }

    /// Refuses once the request was given up.
    pub(super) fn go_on(&self) -> Result<(), Failure> {
        match self.given_up.get() {
            true => Err(given_up()),
            false => Ok(()),
        }
    }

    /// From now on waits its turn while that says so.
    pub(super) fn hold_while(&mut self, hold: &Rc<Cell<bool>>) {
        self.hold = Rc::clone(hold);
    }

    /// Waits while another has its turn.
    pub(super) async fn wait_turn(&self) -> Result<(), Failure> {
        while self.hold.get() {
            self.go_on()?;
            js::within::<()>(HOLD_MS, &mut std::future::pending()).await;
        }
        self.go_on()
    }

    fn slice(&self, source: u32, range: &Range<u64>) -> Result<Blob, Failure> {
        let (file, _) = self.files.get(source as usize).ok_or_else(no_file)?;
        let slice = file.slice_with_f64_and_f64(store::number(range.start), store::number(range.end));
        slice.map_err(|reason| unreadable(&reason))
    }

    /// From now on progress counts to this.
    pub(super) fn count_to(&mut self, total: f64) {
        (self.total, self.told) = (total, 0);
    }

    /// Exchanges the files.
    pub(super) fn turn_to(&mut self, files: Vec<(Blob, u64)>) -> Vec<(Blob, u64)> {
        std::mem::replace(&mut self.files, files)
    }

    /// Tells how much of the files has been walked, at most a hundred times.
    pub(super) fn say_progress(&mut self, ratio: f64) {
        let hundredths = (ratio * 100.0) as u32;
        if hundredths > self.told {
            self.told = hundredths;
            page::say(&Event::Progress { request: self.request, done: ratio * self.total, total: self.total });
        }
    }

    /// The film as a Blob, and its facts: nothing of the media is read.
    pub(super) fn film(&self, layout: &Layout) -> Result<(Blob, FilmView), Failure> {
        let own = Uint8Array::from(layout.bytes.as_slice());
        let parts = Array::new();
        for part in &layout.parts {
            match part {
                Part::Own(range) => parts.push(&own.subarray(range.start as u32, range.end as u32)),
                Part::Source(span) => parts.push(self.slice(span.source, &span.range)?.as_ref()),
            };
        }
        let options = BlobPropertyBag::new();
        options.set_type("video/mp4");
        let blob = Blob::new_with_blob_sequence_and_options(&parts, &options);
        Ok((blob.map_err(|reason| js::failure("internal", &reason))?, self.view(layout)))
    }

    fn view(&self, layout: &Layout) -> FilmView {
        let report = &layout.report;
        FilmView {
            duration: Timescale::RECORDING.seconds(report.duration),
            size: report.size,
            joined: Joined::Copy,
            encoded_frames: 0,
            copied_bytes: store::number(report.copied_bytes),
            head_bytes: u32::try_from(layout.bytes.len()).unwrap_or(u32::MAX),
            read_bytes: store::number(self.read_bytes),
            video: report.video,
            audio: report.audio,
            skew: Timescale::RECORDING.seconds(report.skew),
            warnings: report.warnings.iter().map(|warning| warning.code().to_owned()).collect(),
            lost: None,
            files: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// The length of the first file, in bytes.
    pub(super) fn length(&self) -> Result<u64, Failure> {
        self.files.first().map(|(_, length)| *length).ok_or_else(no_file)
    }
}

/// All bytes of a Blob: one copy, into wasm.
pub(super) async fn read_whole(blob: &Blob) -> Result<Vec<u8>, Failure> {
    let buffer = JsFuture::from(blob.array_buffer()).await.map_err(|reason| unreadable(&reason))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

pub(super) fn given_up() -> Failure {
    Failure::new("aborted", Retry::Later, "given up through the signal")
}

fn no_file() -> Failure {
    Failure::new("bad_argument", Retry::Never, "a file is missing")
}

fn unreadable(reason: &JsValue) -> Failure {
    js::failure("file_damaged", reason)
}
