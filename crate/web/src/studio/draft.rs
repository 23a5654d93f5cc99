//! The draft on disk: opened or recovered from its folder, changed by what the journal holds.

use onetake_core::codec::SampleEntry;
use onetake_core::demux::{FileIndex, Scan};
use onetake_core::draft::journal::{self, HEADER};
use onetake_core::draft::recover::to_scan;
use onetake_core::draft::{
    Draft, Edit, Entry, FileInfo, JournalError, PictureSettings, Recovery, SegmentId, SegmentRecord, SoundFormat,
    recover,
};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{AudioCodec, Size, TrackKind, VideoCodec};
use onetake_core::protocol::{Answer, DraftView, EditRequest, Event, SegmentView, Settings};
use onetake_core::record::{GateLimits, Recorder, RecorderConfig};
use onetake_core::time::{Ticks, TimeOrigins, Timescale};
use web_sys::{Blob, MessagePort};

use super::Studio;
use crate::mail::{Mail, post};
use crate::media::frame::micros;
use crate::media::sound::SoundSetup;
use crate::store::{self, Files, Listed, Store};
use crate::{clock, page};

/// The decision log within a draft's folder.
pub(super) const JOURNAL: &str = "journal";
/// Stands in the folder of a deleted draft whose files a film holds; the page's own (drafts.ts).
const MARK: &str = "deleted";

/// Bytes that hold the head of a segment's file.
const HEAD: u64 = 4096;

/// A draft as read from disk.
pub(crate) struct OpenedDraft {
    draft: Draft,
    journal: Journal,
    /// Files of its segments.
    files: Files,
    /// How the first of them describes its pictures, and the first upright one.
    entry: Option<SampleEntry>,
    straight: Option<SampleEntry>,
    /// What of it was saved and what was lost, as the page is told.
    news: News,
}

/// What recovery did to a draft.
#[derive(Clone, Copy)]
pub(super) struct News {
    recovered: u32,
    recovered_seconds: f64,
    lost: u32,
}

impl News {
    pub(super) fn of(recovery: &Recovery) -> News {
        let count = |segments: &[SegmentId]| u32::try_from(segments.len()).unwrap_or(u32::MAX);
        let lengths = recovery.recovered.iter().filter_map(|id| recovery.draft.segment(*id)).map(|one| one.duration);
        News {
            recovered: count(&recovery.recovered),
            recovered_seconds: Timescale::RECORDING.seconds(lengths.fold(Ticks(0), |sum, one| sum + one)),
            lost: count(&recovery.evicted),
        }
    }

    pub(super) fn answer(self, draft: &Draft) -> Answer {
        let News { recovered, recovered_seconds, lost } = self;
        Answer::Opened { draft: view_draft(draft), recovered, recovered_seconds, lost }
    }
}

/// What the next append to the journal must do first.
#[derive(Clone, Default)]
pub(crate) struct Journal {
    /// Cut the file here: what follows is torn.
    cut: Option<u64>,
    /// Bytes that are not written yet: the beginning of a new journal, and what opening decided.
    owed: Vec<u8>,
}

impl Journal {
    /// The bytes to append, and where to cut the file before.
    fn append(&mut self, entry: Option<&Entry>) -> (Vec<u8>, Option<u64>) {
        let Journal { cut, mut owed } = std::mem::take(self);
        if let Some(entry) = entry {
            owed.extend(journal::encode(entry));
        }
        (owed, cut)
    }
}

impl Studio {
    pub(super) fn open(&mut self, request: u32, draft: &str, settings: Settings, port: Option<MessagePort>) {
        let valid = !draft.is_empty()
            && draft.len() <= 64
            && draft.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let (true, Some(port)) = (valid, port) else {
            let detail = format!("`{draft}` is no draft name, or the store's port is missing");
            return page::fail(request, Failure::new("bad_argument", Retry::Never, detail));
        };
        self.settings = settings;
        self.folder = format!("drafts/{draft}");
        self.sound.known = !self.settings.sound;
        let store = Store::new(port);
        self.store = Some(store.clone());
        let folder = self.folder.clone();
        crate::js::spawn(async move {
            let result = read_draft(&store, &folder).await;
            post(Mail::Opened { request, result });
        });
    }

    pub(super) fn handle_opened(&mut self, request: u32, result: Result<OpenedDraft, Failure>) {
        let opened = match result {
            Ok(opened) => opened,
            Err(failure) => return page::fail(request, failure),
        };
        self.files = opened.files;
        self.journal = opened.journal;
        self.draft = Some(opened.draft);
        self.restore_model(opened.entry, opened.straight);
        self.note();
        self.recorder = Some(self.new_recorder());
        // A draft with sound needs its encoder even where there is no microphone now.
        if let Some((codec, channels)) = self.draft_sound() {
            self.measure_sound(Some(codec), channels);
        }
        self.start_ticking();
        if let Some(draft) = &self.draft {
            page::answer(request, opened.news.answer(draft));
        }
    }

    fn new_recorder(&self) -> Recorder {
        Recorder::new(RecorderConfig {
            origins: TimeOrigins { own: clock::origin(), document: Some(micros(self.settings.origin_us)) },
            key_interval: ticks(self.settings.key_frame_interval),
            limits: GateLimits::default(),
        })
    }

    /// The first segment decides for all: written before it is opened.
    pub(super) fn create(&mut self, picture: Size, video: &str, frame_rate: f64, sound: Option<&SoundSetup>) {
        if self.draft_settings().is_some() {
            return;
        }
        let entry = Entry::Created(PictureSettings {
            size: picture,
            frame_rate: thousandths(frame_rate),
            video: video.to_owned(),
            audio: sound.map(|setup| setup.codec_string().to_owned()),
            sound: sound.map(format_of),
        });
        self.decide(entry, None);
    }

    /// Writes a decision to the journal; it becomes true when it is stored.
    pub(super) fn decide(&mut self, entry: Entry, request: Option<u32>) {
        let Some(store) = self.store.clone() else { return };
        let path = self.path(JOURNAL);
        let (bytes, cut) = self.journal.append(Some(&entry));
        crate::js::spawn(async move {
            let result = store.append(&path, &bytes, cut).await;
            post(Mail::Journaled { entry, request, result });
        });
    }

    pub(super) fn edit(&mut self, request: u32, edit: EditRequest) {
        if let EditRequest::Discard {} = edit {
            return self.discard(request);
        }
        let Some(draft) = &self.draft else {
            return page::fail(request, Failure::new("closed", Retry::Never, "no draft is open"));
        };
        let entry = match edit {
            EditRequest::RemoveLast {} => draft.remove_last().map(Entry::Edited),
            EditRequest::Remove { segment } => number(&segment).map(|id| Entry::Edited(Edit::Remove(id))),
            EditRequest::Move { segment, index } => number(&segment).map(|id| Entry::Edited(Edit::Move { id, index })),
            EditRequest::Undo {} => Some(Entry::Undone),
            EditRequest::Redo {} => Some(Entry::Redone),
            EditRequest::Discard {} => None,
        };
        let Some(entry) = entry else {
            return page::fail(request, Failure::new("segment_missing", Retry::Never, "the draft has no such segment"));
        };
        // Refused before it is written: the journal holds only what can be done.
        match draft.clone().apply(&entry) {
            Ok(()) => self.decide(entry, Some(request)),
            Err(error) => page::fail(request, Failure::new("segment_missing", Retry::Never, error.to_string())),
        }
    }

    pub(super) fn handle_journaled(&mut self, entry: &Entry, request: Option<u32>, result: Result<u64, Failure>) {
        if let Err(failure) = result {
            if let Some(request) = request {
                page::fail(request, failure.clone());
            }
            return self.lose_worker(&failure);
        }
        let Some(draft) = &mut self.draft else { return };
        let applied = draft.apply(entry);
        if matches!(entry, Entry::Relaid(_)) {
            // Nobody asked for it, and the page shows how segments lie.
            self.say_draft();
            return self.handle_relaid();
        }
        if let Err(error) = applied {
            // Two edits that were asked for at once can exclude each other; the journal replays the same way.
            let failure = Failure::new("segment_missing", Retry::Never, error.to_string());
            return request.map_or((), |request| page::fail(request, failure));
        }
        if let Entry::Sealed(record) = entry {
            let id = record.id();
            return self.handle_sealed(id);
        }
        let Some(request) = request else { return };
        if matches!(entry, Entry::Started) {
            return self.remove_discarded(request);
        }
        self.say_draft();
        page::answer(request, Answer::Nothing {});
    }

    /// Takes everything off the timeline for good. Numbers go on, so that a file which a film still holds is never
    /// written again.
    fn discard(&mut self, request: u32) {
        if self.take_is_open() {
            let detail = "pause before the draft is discarded";
            return page::fail(request, Failure::new("already_recording", Retry::AfterAction, detail));
        }
        let Some(draft) = &self.draft else {
            return page::fail(request, Failure::new("closed", Retry::Never, "no draft is open"));
        };
        let ids: Vec<SegmentId> = draft.timeline().map(SegmentRecord::id).collect();
        for id in ids {
            self.decide(Entry::Edited(Edit::Remove(id)), None);
        }
        self.decide(Entry::Started, Some(request));
    }

    fn remove_discarded(&mut self, request: u32) {
        self.begin_video_anew();
        let (Some(store), Some(draft)) = (self.store.clone(), &self.draft) else { return };
        let files: Vec<(String, String)> =
            draft.unreferenced_files().into_iter().map(|file| (self.path(&file), file)).collect();
        crate::js::spawn(async move {
            let mut removed = Vec::new();
            for (path, file) in files {
                // One that a film still holds goes when the draft is opened next.
                if store.remove(&path).await.is_ok() {
                    removed.push(file);
                }
            }
            post(Mail::Discarded { request, removed });
        });
    }

    pub(super) fn handle_discarded(&mut self, request: u32, removed: Vec<String>) {
        for file in removed {
            self.decide(Entry::Forgotten { file }, None);
        }
        self.say_draft();
        page::answer(request, Answer::Nothing {});
    }

    /// Writes what opening decided. On a full disk it is owed to the next append, which cuts and begins as this one.
    fn note(&mut self) {
        let Some(store) = self.store.clone().filter(|_| self.journal.owed.len() > HEADER.len()) else { return };
        let path = self.path(JOURNAL);
        let before = self.journal.clone();
        let (bytes, cut) = self.journal.append(None);
        crate::js::spawn(async move {
            if store.append(&path, &bytes, cut).await.is_err() {
                post(Mail::NoteFailed(before));
            }
        });
    }

    pub(super) fn handle_note_failed(&mut self, before: Journal) {
        self.journal = before;
    }

    pub(super) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    pub(super) fn say_draft(&self) {
        if let Some(draft) = &self.draft {
            page::say(&Event::Draft { draft: view_draft(draft) });
        }
    }

    /// What the draft's segments share; undecided where it has none.
    pub(super) fn draft_settings(&self) -> Option<&PictureSettings> {
        let draft = self.draft.as_ref()?;
        draft.first().and_then(|_| draft.settings())
    }

    pub(super) fn draft_sound(&self) -> Option<(AudioCodec, u8)> {
        let sound = self.draft_settings()?.sound.as_ref()?;
        Some((sound.codec, sound.channels))
    }

    pub(super) fn segment_file_name(&self, segment: &str) -> Result<String, Failure> {
        let record = number(segment).and_then(|id| self.draft.as_ref()?.segment(id));
        let missing = || Failure::new("segment_missing", Retry::Never, format!("no segment `{segment}`"));
        record.map(|record| record.opened.file.clone()).ok_or_else(missing)
    }
}

pub(super) fn format_of(setup: &SoundSetup) -> SoundFormat {
    SoundFormat { codec: setup.codec, channels: setup.channels }
}

fn view_draft(draft: &Draft) -> DraftView {
    DraftView {
        segments: draft.timeline().map(view_segment).collect(),
        duration: Timescale::RECORDING.seconds(draft.duration()),
        can_undo: draft.can_undo(),
        can_redo: draft.can_redo(),
    }
}

pub(super) fn view_segment(record: &SegmentRecord) -> SegmentView {
    let opened = &record.opened;
    SegmentView {
        id: opened.id.0.to_string(),
        take: opened.take,
        duration: Timescale::RECORDING.seconds(record.duration),
        frames: u32::try_from(record.frames).unwrap_or(u32::MAX),
        facing: opened.camera.facing,
        size: opened.size,
        rotation: opened.orientation.degrees(),
        mirrored: opened.orientation.mirrored(),
        file: opened.file.clone(),
        bytes: store::number(record.bytes),
        recovered: record.recovered,
        audio: record.audio,
        video: record.video.unwrap_or(VideoCodec::Avc),
        skew: Timescale::RECORDING.seconds(record.skew),
    }
}

/// Reads a draft's folder: the journal, the headers of files that nobody sealed, and the files of its segments.
async fn read_draft(store: &Store, folder: &str) -> Result<OpenedDraft, Failure> {
    let path = |name: &str| format!("{folder}/{name}");
    let journal = match store.file(&path(JOURNAL)).await? {
        Some(file) => store::read(&file, 0, store::length(file.size())).await?,
        None => Vec::new(),
    };
    let listed = store.list(folder).await?.into_iter().filter(|file| file.name != JOURNAL && file.name != MARK);
    let listed: Vec<FileInfo> = listed.map(|Listed { name, length }| FileInfo { name, length }).collect();
    let mut unsure = Vec::new();
    for name in to_scan(&journal, &listed).map_err(damaged)? {
        if let Some(file) = store.file(&path(&name)).await? {
            unsure.push((name, file.into()));
        }
    }
    let mut recovery = bring_back(&journal, &listed, unsure).await?;
    let news = News::of(&recovery);
    remove_unreachable(store, folder, &mut recovery).await;
    let mut files = Files::default();
    for segment in recovery.draft.segments() {
        if let Some(file) = store.file(&path(&segment.opened.file)).await? {
            files.insert(segment.opened.file.clone(), file);
        }
    }
    let entry = first_entry(recovery.draft.first(), &files).await;
    let straight = first_entry(recovery.draft.straight(), &files).await;
    let mut owed = if recovery.cut_to == 0 { HEADER.to_vec() } else { Vec::new() };
    for entry in &recovery.entries {
        owed.extend(journal::encode(entry));
    }
    Ok(OpenedDraft {
        journal: Journal { cut: (recovery.torn > 0).then_some(recovery.cut_to), owed },
        files,
        entry,
        straight,
        news,
        draft: recovery.draft,
    })
}

/// The draft that a journal and the files beside it make; `unsure` are those that [`to_scan`] names.
pub(super) async fn bring_back(
    journal: &[u8],
    listed: &[FileInfo],
    unsure: Vec<(String, Blob)>,
) -> Result<Recovery, Failure> {
    let mut indexes = Vec::new();
    for (name, file) in unsure {
        // A file that cannot be walked holds nothing that could be kept.
        if let Ok(index) = scan(&file).await {
            indexes.push((name, index));
        }
    }
    recover(journal, listed, indexes).map_err(damaged)
}

pub(super) fn damaged(error: JournalError) -> Failure {
    Failure::new("draft_damaged", Retry::Never, error.to_string())
}

/// Deletes what neither the film nor undo can reach. A file that will not go is tried again next time.
async fn remove_unreachable(store: &Store, folder: &str, recovery: &mut Recovery) {
    // Where the journal was torn, an orphan may be a take that it once named: it stays.
    let orphans = if recovery.torn == 0 { recovery.orphans.as_slice() } else { &[] };
    for file in orphans {
        let _ = store.remove(&format!("{folder}/{file}")).await;
    }
    for file in recovery.draft.unreferenced_files() {
        let entry = Entry::Forgotten { file: file.clone() };
        if store.remove(&format!("{folder}/{file}")).await.is_ok() && recovery.draft.apply(&entry).is_ok() {
            recovery.entries.push(entry);
        }
    }
}

/// How a segment's file describes its pictures: in its first bytes, so that its fragments need not be walked.
async fn first_entry(segment: Option<&SegmentRecord>, files: &Files) -> Option<SampleEntry> {
    let file = files.get(&segment?.opened.file)?;
    let index = scan_up_to(file, store::length(file.size()).min(HEAD)).await.ok()?;
    index.track(TrackKind::Video).map(|track| track.entry().clone())
}

/// Walks the headers of a file.
async fn scan(file: &Blob) -> Result<FileIndex, Failure> {
    scan_up_to(file, store::length(file.size())).await
}

async fn scan_up_to(file: &Blob, length: u64) -> Result<FileIndex, Failure> {
    let mut scan = Scan::new(length);
    while let Some(range) = scan.poll_read() {
        let bytes = store::read(file, range.start, range.end).await?;
        scan.handle_read(range.start, &bytes)?;
    }
    Ok(scan.finish()?)
}

/// A segment's number from its public id.
fn number(segment: &str) -> Option<SegmentId> {
    segment.parse().ok().map(SegmentId)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a frame rate is 1 to 120")]
pub(super) fn thousandths(frame_rate: f64) -> u32 {
    (frame_rate * 1000.0).round() as u32
}

/// 48 000 a second; saturates.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
pub(super) fn ticks(seconds: f64) -> Ticks {
    Ticks((seconds * 48_000.0).round() as i64)
}
