//! Segments that were stored turned, in a draft whose others lie upright: before a film is made of all of them they are
//! encoded anew, upright, into files of their own, which the draft has from then on. Which they are, the draft says.

use std::cell::Cell;
use std::rc::Rc;

use onetake_core::codec::SampleEntry;
use onetake_core::demux::FileIndex;
use onetake_core::draft::{Draft, Entry, OpenedSegment, SegmentRecord};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{Size, VideoCodec};
use onetake_core::orientation::Orientation;
use onetake_core::picture::Fit;
use onetake_core::protocol::FilmOptions;
use onetake_core::time::{Ticks, Timescale};
use web_sys::{Blob, File};

use super::Studio;
use super::desk::Desk;
use super::draft::ticks;
use super::look::{LookDesk, aside};
use super::transcode::{Sink, Target, transcode};
use crate::mail::{Mail, post};
use crate::media::video::{DRAFT_CODING, Joining, VideoSetup};
use crate::store::{self, Store};
use crate::{js, page};

/// The part of an export that this is, where there is any of it.
const SHARE: f64 = 0.98;

/// An export that was asked for.
pub(super) struct Asked {
    pub(super) request: u32,
    pub(super) options: FilmOptions,
    pub(super) poster: Option<Blob>,
    /// Pictures that were encoded for it, and the bytes of their files.
    pub(super) encoded: (u64, u64),
}

/// Exports that wait, and who set the work going that they wait for.
#[derive(Default)]
pub(super) struct StraightenDesk {
    waiting: Vec<Asked>,
    worker: Option<u32>,
    /// New files that the journal does not name yet.
    unnamed: usize,
    /// Whether a take is open, which needs encoder and GPU for itself.
    hold: Rc<Cell<bool>>,
}

/// What segments became: how their pictures are described, and their files.
pub(crate) type Straightened = Vec<(SegmentRecord, SampleEntry, File)>;

impl Studio {
    /// Gives the export back where its segments lie alike, or never will here: what is in the way is said then.
    pub(super) fn straighten(&mut self, asked: Asked) -> Option<Asked> {
        let turned = self.draft.as_ref().map(Draft::turned).unwrap_or_default();
        let settings = self.draft_settings().map(|settings| (settings.size, settings.frame_rate));
        let (Some((size, rate)), Some(store)) = (settings, self.store.clone()) else { return Some(asked) };
        let decodes = js::get(&js_sys::global(), "VideoDecoder").is_function();
        if turned.is_empty() || asked.options.copied || !decodes || aside().is_err() {
            return Some(asked);
        }
        let request = asked.request;
        // Files that were made and are not named yet would be written again.
        if self.straighten.worker.is_some() || self.straighten.unnamed > 0 {
            self.straighten.waiting.push(asked);
            return None;
        }
        let mut files = Vec::with_capacity(turned.len());
        for segment in &turned {
            let Some(file) = self.files.get(&segment.opened.file).cloned() else { return Some(asked) };
            let length = store::length(file.size()).min(segment.bytes);
            files.push((file.into(), length));
        }
        self.straighten.waiting.push(asked);
        self.straighten.worker = Some(request);
        let mut desk = self.open_desk(request, files, 0.0);
        desk.hold_while(&self.straighten.hold);
        // Some phones have one encoder only.
        self.video.spare = None;
        let total = self.draft.as_ref().map_or(0.0, |draft| Timescale::RECORDING.seconds(draft.duration()));
        let work = Work {
            store,
            folder: self.folder.clone(),
            size,
            rate: f64::from(rate) / 1000.0,
            bitrate: self.settings.video_bitrate,
            wanted: self.settings.video_codec.unwrap_or(VideoCodec::Avc),
            key_interval: ticks(self.settings.key_frame_interval),
            upright: self.upright_model().and_then(|model| model.entry.clone()),
            total,
        };
        let joining = self.joining_upright();
        js::spawn(async move {
            let result = work.run(desk, turned, joining).await;
            post(Mail::Straightened { request, result });
        });
        None
    }

    /// Work waits while a take is open.
    pub(super) fn hold_straighten(&self) {
        self.straighten.hold.set(self.take_is_open());
    }

    pub(super) fn handle_straightened(&mut self, request: u32, result: Result<Straightened, Failure>) {
        self.close_desk(request);
        self.straighten.worker = None;
        if self.video.setup.is_some() && !self.video.preparing {
            self.renew_video();
        }
        match result {
            Ok(made) => {
                self.straighten.unnamed = made.len();
                for (record, entry, file) in made {
                    self.note_relaid(entry);
                    self.straighten.waiting.iter_mut().for_each(|asked| {
                        asked.encoded.0 += record.frames;
                        asked.encoded.1 += record.bytes;
                    });
                    self.files.insert(record.opened.file.clone(), file);
                    self.decide(Entry::Relaid(record), None);
                }
            }
            Err(failure) => {
                let waiting = std::mem::take(&mut self.straighten.waiting);
                for asked in waiting {
                    if asked.request == request {
                        page::fail(request, failure.clone());
                    } else {
                        self.export(asked);
                    }
                }
            }
        }
    }

    /// The journal names one of the new files, or will not: with the last of them the exports go on.
    pub(super) fn handle_relaid(&mut self) {
        self.straighten.unnamed = self.straighten.unnamed.saturating_sub(1);
        if self.straighten.unnamed == 0 {
            for asked in std::mem::take(&mut self.straighten.waiting) {
                self.export(asked);
            }
        }
    }

    /// Gives an export up that waits for another one's work; whose work it is gives that up itself.
    pub(super) fn cancel_straighten(&mut self, request: u32) {
        if self.straighten.worker == Some(request) {
            return;
        }
        let before = self.straighten.waiting.len();
        self.straighten.waiting.retain(|asked| asked.request != request);
        if self.straighten.waiting.len() < before {
            page::fail(request, super::desk::given_up());
        }
    }
}

/// What all segments are encoded with.
struct Work {
    store: Store,
    folder: String,
    size: Size,
    rate: f64,
    bitrate: Option<u32>,
    wanted: VideoCodec,
    key_interval: Ticks,
    /// How the draft's upright pictures are described.
    upright: Option<SampleEntry>,
    total: f64,
}

impl Work {
    async fn run(self, mut desk: Desk, turned: Vec<SegmentRecord>, joining: Joining) -> Result<Straightened, Failure> {
        desk.wait_turn().await?;
        let mut indexes = desk.index().await?;
        // Changes nothing in a sealed segment.
        indexes.iter_mut().for_each(FileIndex::end_at_last_packet);
        desk.count_to(self.total);
        let setup = self.setup(joining).await?;
        let whole = turned.iter().fold(0.0, |sum, one| sum + Timescale::RECORDING.seconds(one.duration));
        let (mut done, mut made) = (0.0, Vec::with_capacity(turned.len()));
        for ((source, index), segment) in (0..).zip(&indexes).zip(turned) {
            let lasts = Timescale::RECORDING.seconds(segment.duration);
            let tell = |desk: &mut Desk, part: f64| desk.say_progress(SHARE * (done + part * lasts) / whole);
            let path = [&self.folder, "/", &segment.id().upright_file()].concat();
            match self.one(&mut desk, (source, index), segment, &setup, &tell).await {
                Ok((record, entry)) => made.push((record, entry, self.store.close(&path).await?)),
                Err(failure) => {
                    // What was begun belongs to nobody; what cannot be removed now goes when the draft is opened next.
                    let _ = self.store.remove(&path).await;
                    return Err(failure);
                }
            }
            done += lasts;
        }
        Ok(made)
    }

    /// An encoder whose pictures join the upright ones: one that takes its time, else the camera's.
    async fn setup(&self, joining: Joining) -> Result<VideoSetup, Failure> {
        let picture = (self.size, self.rate);
        match VideoSetup::choose_offline(picture, self.bitrate, self.wanted, joining.clone()).await {
            Err(failure) if failure.code == DRAFT_CODING => {
                VideoSetup::choose(self.size, self.rate, self.bitrate, self.wanted, joining).await
            }
            chosen => chosen,
        }
    }

    async fn one(
        &self,
        desk: &mut Desk,
        (source, index): (u32, &FileIndex),
        segment: SegmentRecord,
        setup: &VideoSetup,
        tell: &dyn Fn(&mut Desk, f64),
    ) -> Result<(SegmentRecord, SampleEntry), Failure> {
        let (frames, lasts, audio) = (segment.frames, segment.duration, segment.audio);
        let recovered = segment.recovered;
        let opened = OpenedSegment {
            file: segment.id().upright_file(),
            size: self.size,
            orientation: Orientation::UPRIGHT,
            ..segment.opened
        };
        let path = [&self.folder, "/", &opened.file].concat();
        let target = Target {
            size: self.size,
            fit: Fit::Cover,
            frame_rate: None,
            joins: self.upright.clone(),
            setup: setup.clone(),
            residual: Orientation::UPRIGHT,
            look: LookDesk::default(),
            key_interval: self.key_interval,
            audio_bitrate: None,
            opened,
        };
        let mut sink = Sink::Store { store: self.store.clone(), path, begun: false };
        let (made, _) = transcode(desk, (source, index), target, &mut sink, tell).await?;
        // What takes the place of what was filmed has all of it.
        let record = SegmentRecord { recovered, ..made.record };
        if made.swallowed > 0 || (record.frames, record.duration, record.audio) != (frames, lasts, audio) {
            let detail =
                format!("a segment of {frames} pictures came out with {}, or of another length", record.frames);
            return Err(Failure::new("encoder_failed", Retry::Later, detail));
        }
        Ok((record, made.entry))
    }
}
