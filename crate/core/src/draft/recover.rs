//! The one way back: from the journal and the files on disk to the draft, after a crash, a killed tab or a plain reload.
//!
//! Decides which files are whole, which are cut short and which belong to nobody. Reads nothing itself: the driver lists
//! the files and walks the headers of those that [`to_scan`] names ([`crate::demux::Scan`]). Deletes nothing either.

use super::journal::{Entry, JournalError, Log, read};
use super::model::{Draft, OpenedSegment, SegmentId, SegmentRecord};
use crate::codec::SampleEntry;
use crate::demux::{FileIndex, TrackIndex};
use crate::media::TrackKind;
use crate::time::Ticks;

/// One file of the draft's folder, the journal left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// A plain name.
    pub name: String,
    /// In bytes.
    pub length: u64,
}

/// A draft brought back.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// As it stands after `entries`.
    pub draft: Draft,
    /// To be appended to the journal, in order, once `cut_to` is done. Already applied to `draft`.
    pub entries: Vec<Entry>,
    /// Length the journal must be cut to first; 0 means that it must be begun anew, with [`super::journal::HEADER`].
    pub cut_to: u64,
    /// Bytes that go with that cut.
    pub torn: u64,
    /// Segments whose file had no end and that were kept up to their last whole packet.
    pub recovered: Vec<SegmentId>,
    /// Segments whose file is gone or holds nothing: eviction, or a crash before the first second was stored.
    pub lost: Vec<SegmentId>,
    /// Those of the lost that stood whole on the timeline: the browser, or somebody, removed their files.
    pub evicted: Vec<SegmentId>,
    /// Files no entry names, or whose segment was lost: may be deleted.
    pub orphans: Vec<String>,
}

/// The files whose headers must be walked before [`recover`]: of unsealed segments, and of sealed ones that are shorter
/// than they were when they were sealed.
///
/// # Errors
/// For a journal of another version.
pub fn to_scan(journal: &[u8], files: &[FileInfo]) -> Result<Vec<String>, JournalError> {
    let (draft, _) = replay(journal)?;
    let unsealed = draft.unsealed().map(|one| one.file.clone());
    let short = draft.segments().filter(|one| length(files, &one.opened.file).is_some_and(|found| found < one.bytes));
    let wanted = unsealed.chain(short.map(|one| one.opened.file.clone()));
    Ok(wanted.filter(|file| length(files, file).is_some()).collect())
}

/// Brings the draft back. `indexes` holds, by file name, what the walks of [`to_scan`] found; a file that could not be
/// walked is left out of it, and its segment is lost.
///
/// # Errors
/// For a journal of another version: the files are left alone.
pub fn recover(
    journal: &[u8],
    files: &[FileInfo],
    indexes: impl IntoIterator<Item = (String, FileIndex)>,
) -> Result<Recovery, JournalError> {
    let (draft, log) = replay(journal)?;
    let mut indexes: Vec<_> = indexes.into_iter().collect();
    let mut recovery = Recovery {
        draft,
        entries: Vec::new(),
        cut_to: log.whole,
        torn: log.torn,
        recovered: Vec::new(),
        lost: Vec::new(),
        evicted: Vec::new(),
        orphans: Vec::new(),
    };
    let unsealed: Vec<OpenedSegment> = recovery.draft.unsealed().cloned().collect();
    for opened in unsealed {
        let id = opened.id;
        let index = take(&mut indexes, &opened.file);
        match index.and_then(|index| shortened(opened, index)) {
            Some(record) => {
                recovery.recovered.push(id);
                recovery.decide(Entry::Recovered(record));
            }
            None => {
                recovery.lost.push(id);
                recovery.decide(Entry::Discarded(id));
            }
        }
    }
    let sealed: Vec<SegmentRecord> = recovery.draft.segments().cloned().collect();
    for record in sealed {
        let found = length(files, &record.opened.file).unwrap_or(0);
        if found >= record.bytes {
            continue;
        }
        let (id, file) = (record.id(), record.opened.file.clone());
        // What it was before it was relaid is worth more than what is left of it.
        let whole = |one: &&SegmentRecord| length(files, &one.opened.file).is_some_and(|found| found >= one.bytes);
        let before = recovery.draft.replaced().filter(|one| one.id() == id).find(whole).cloned();
        if let Some(before) = before {
            recovery.decide(Entry::Relaid(before));
            recovery.decide(Entry::Forgotten { file });
            continue;
        }
        let index = take(&mut indexes, &file);
        match index.and_then(|index| shortened(record.opened, index)) {
            Some(shorter) => {
                recovery.recovered.push(id);
                recovery.decide(Entry::Shortened(shorter));
            }
            None => {
                recovery.lost.push(id);
                if recovery.draft.timeline().any(|one| one.id() == id) {
                    recovery.evicted.push(id);
                }
                recovery.decide(Entry::Forgotten { file });
            }
        }
    }
    if recovery.draft.can_undo() || recovery.draft.can_redo() {
        recovery.decide(Entry::Started);
    }
    let named = recovery.draft.segments().chain(recovery.draft.replaced());
    let named: Vec<&str> = named.map(|one| &*one.opened.file).collect();
    let orphans = files.iter().filter(|file| !named.contains(&file.name.as_str())).map(|file| file.name.clone());
    recovery.orphans = orphans.collect();
    Ok(recovery)
}

impl Recovery {
    fn decide(&mut self, entry: Entry) {
        // Each entry names a segment that was just found in the draft.
        if self.draft.apply(&entry).is_ok() {
            self.entries.push(entry);
        }
    }
}

/// What the journal says, entry by entry. One that does not fit the draft changes nothing: the same entry was refused,
/// or never existed, when it was written.
fn replay(journal: &[u8]) -> Result<(Draft, Log), JournalError> {
    let log = read(journal)?;
    let mut draft = Draft::new();
    for entry in &log.entries {
        let _refused = draft.apply(entry).is_err();
    }
    Ok((draft, log))
}

fn length(files: &[FileInfo], name: &str) -> Option<u64> {
    files.iter().find(|file| file.name == name).map(|file| file.length)
}

fn take(indexes: &mut Vec<(String, FileIndex)>, name: &str) -> Option<FileIndex> {
    let place = indexes.iter().position(|(file, _)| file == name)?;
    Some(indexes.swap_remove(place).1)
}

/// The record of a file without an end: both tracks end at the last whole packet stored. `None` if nothing is left.
fn shortened(opened: OpenedSegment, mut index: FileIndex) -> Option<SegmentRecord> {
    index.end_at_last_packet();
    let (duration, frames) = (index.duration(), index.frames());
    if duration <= Ticks(0) || frames == 0 {
        return None;
    }
    let entry = |kind| index.track(kind).map(TrackIndex::entry);
    let video = entry(TrackKind::Video).and_then(SampleEntry::video_codec);
    let audio = entry(TrackKind::Audio).and_then(SampleEntry::audio_codec);
    let (bytes, skew) = (index.whole_length(), index.skew());
    Some(SegmentRecord { opened, duration, frames, video, audio, bytes, skew, recovered: true })
}
