//! The draft itself: segments by id, the timeline, takes, edits with undo and redo.
//!
//! Decides what an edit does and which files nothing refers to any more. Never touches a file and never forgets a
//! segment by itself: that a file is gone is told to it ([`Entry::Forgotten`]).
//!
//! History is linear. An edit, or a newly sealed segment, clears what could be redone; undo takes back edits only, so it
//! never removes footage. A page start ([`Entry::Started`]) ends the history: what was removed before it can no longer
//! be brought back, and its files may go.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::journal::Entry;
use crate::media::{AudioCodec, Facing, Size, VideoCodec};
use crate::orientation::Orientation;
use crate::time::Ticks;

/// Names one segment of one draft; never used twice in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SegmentId(pub u32);

impl SegmentId {
    /// The file it is filmed into, a plain name in the draft's folder.
    pub fn file(self) -> String {
        format!("{}.mp4", self.0)
    }

    /// The file that takes its place once it lies upright.
    pub fn upright_file(self) -> String {
        format!("{}u.mp4", self.0)
    }
}

/// The camera that a segment was filmed with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraInfo {
    /// Where known.
    pub facing: Option<Facing>,
    /// The browser's `deviceId`; empty where it gives none.
    pub device: String,
}

/// The sound of every segment of a draft: always 48 000 samples a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundFormat {
    /// How it is coded.
    pub codec: AudioCodec,
    /// 1 or 2.
    pub channels: u8,
}

/// What all segments of a draft share, so that they join by copying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureSettings {
    /// Of the picture as seen, upright.
    pub size: Size,
    /// Nominal frames a second, in thousandths.
    pub frame_rate: u32,
    /// Codec string that the video encoder was configured with ("avc1.640028").
    pub video: String,
    /// Codec string of the sound ("mp4a.40.2", "opus"); `None` for a silent draft.
    pub audio: Option<String>,
    /// The sound's format; `None` for a silent draft.
    pub sound: Option<SoundFormat>,
}

/// A segment whose file may have been begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedSegment {
    /// Its name in the draft.
    pub id: SegmentId,
    /// The press of record it belongs to, from 1.
    pub take: u32,
    /// Its file, a plain name in the draft's folder.
    pub file: String,
    /// What it is filmed with.
    pub camera: CameraInfo,
    /// The sound it is to have.
    pub sound: Option<SoundFormat>,
    /// Of the coded picture.
    pub size: Size,
    /// What is still to be done to see it upright; in the file as the track's matrix.
    pub orientation: Orientation,
    /// Whether the picture was mirrored before it was encoded.
    pub mirrored: bool,
}

/// A segment whose file is complete and never written again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// What was known when it was opened.
    pub opened: OpenedSegment,
    /// Media time, 48 000 ticks a second; both tracks have exactly this length.
    pub duration: Ticks,
    /// Pictures in the file.
    pub frames: u64,
    /// Coding of the pictures; `None` only where a recovered file names one this version does not know.
    pub video: Option<VideoCodec>,
    /// Coding of the sound; `None` if the file has none.
    pub audio: Option<AudioCodec>,
    /// Bytes of the file up to the last whole fragment.
    pub bytes: u64,
    /// Length of the video track minus that of the sound, ticks; 0 unless something went wrong.
    pub skew: Ticks,
    /// Whether its index must be ended at the last whole audio packet before use (a crash, or an encoder that died).
    pub recovered: bool,
}

impl SegmentRecord {
    /// Its name in the draft.
    pub fn id(&self) -> SegmentId {
        self.opened.id
    }
}

/// A decision about the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    /// Takes all segments of this take off the timeline.
    RemoveTake(u32),
    /// Takes one segment off the timeline.
    Remove(SegmentId),
    /// Puts a segment at this place, counted after it was lifted out.
    Move {
        /// The segment.
        id: SegmentId,
        /// 0 is first; beyond the end means last.
        index: u32,
    },
}

/// What stands against an edit. The draft is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DraftError {
    /// The timeline has no such segment.
    NoSuchSegment(SegmentId),
    /// The timeline has no segment of this take.
    NoSuchTake(u32),
    /// There is nothing to undo.
    NothingToUndo,
    /// There is nothing to redo.
    NothingToRedo,
    /// A segment of this id is there already: the entry is a repetition.
    Repeated(SegmentId),
}

impl fmt::Display for DraftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DraftError::NoSuchSegment(id) => write!(f, "no segment {} on the timeline", id.0),
            DraftError::NoSuchTake(take) => write!(f, "no take {take} on the timeline"),
            DraftError::NothingToUndo => write!(f, "no edit to undo"),
            DraftError::NothingToRedo => write!(f, "no edit to redo"),
            DraftError::Repeated(id) => write!(f, "segment {} exists already", id.0),
        }
    }
}

impl std::error::Error for DraftError {}

/// An edit that was made, with what takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Done {
    edit: Edit,
    /// Where each segment stood, ascending by place.
    before: Vec<(usize, SegmentId)>,
}

/// The draft. It changes only by [`Draft::apply`], so a log of entries says all about it.
///
/// Order: whoever decides makes an [`Entry`], applies it, and appends it to the journal; `Err` means neither changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    settings: Option<PictureSettings>,
    /// Both ascending by id. A draft has a few dozen segments: lists are small and quick enough.
    segments: Vec<SegmentRecord>,
    opened: Vec<OpenedSegment>,
    timeline: Vec<SegmentId>,
    done: Vec<Done>,
    undone: Vec<Edit>,
    /// As they were before they were relaid.
    replaced: Vec<SegmentRecord>,
    last_id: u32,
    last_take: u32,
}

impl Draft {
    /// An empty draft.
    pub fn new() -> Draft {
        Draft::default()
    }

    /// Makes one decision or fact part of the draft.
    ///
    /// # Errors
    /// Where the decision does not fit the draft; facts about files are never refused except as repetitions.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), DraftError> {
        match entry {
            Entry::Created(settings) => self.settings = Some(settings.clone()),
            Entry::Opened(opened) => return self.open(opened),
            Entry::Sealed(record) | Entry::Recovered(record) => return self.seal(record),
            Entry::Shortened(record) => {
                let known = self.segments.iter_mut().find(|one| one.id() == record.id());
                *known.ok_or(DraftError::NoSuchSegment(record.id()))? = record.clone();
            }
            Entry::Discarded(id) => {
                let place = self.opened.iter().position(|one| one.id == *id);
                self.opened.remove(place.ok_or(DraftError::NoSuchSegment(*id))?);
            }
            Entry::Edited(edit) => {
                self.edit(edit)?;
                self.undone.clear();
            }
            Entry::Undone => return self.undo(),
            Entry::Redone => {
                let edit = self.undone.last().cloned().ok_or(DraftError::NothingToRedo)?;
                self.edit(&edit)?;
                self.undone.pop();
            }
            Entry::Forgotten { file } => self.forget(file),
            Entry::Started => {
                self.done.clear();
                self.undone.clear();
            }
            Entry::Relaid(record) => {
                let known = self.segments.iter_mut().find(|one| one.id() == record.id());
                let known = known.ok_or(DraftError::NoSuchSegment(record.id()))?;
                if known.opened.file == record.opened.file {
                    return Err(DraftError::Repeated(record.id()));
                }
                self.replaced.retain(|one| one.opened.file != record.opened.file);
                self.replaced.push(std::mem::replace(known, record.clone()));
            }
        }
        Ok(())
    }

    fn open(&mut self, opened: &OpenedSegment) -> Result<(), DraftError> {
        if self.segment(opened.id).is_some() || self.opened.iter().any(|one| one.id == opened.id) {
            return Err(DraftError::Repeated(opened.id));
        }
        self.last_id = self.last_id.max(opened.id.0);
        self.last_take = self.last_take.max(opened.take);
        let place = self.opened.partition_point(|one| one.id < opened.id);
        self.opened.insert(place, opened.clone());
        Ok(())
    }

    fn seal(&mut self, record: &SegmentRecord) -> Result<(), DraftError> {
        let id = record.id();
        if self.segment(id).is_some() {
            return Err(DraftError::Repeated(id));
        }
        self.opened.retain(|one| one.id != id);
        self.last_id = self.last_id.max(id.0);
        self.last_take = self.last_take.max(record.opened.take);
        let place = self.segments.partition_point(|one| one.id() < id);
        self.segments.insert(place, record.clone());
        self.timeline.push(id);
        self.undone.clear();
        Ok(())
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), DraftError> {
        let places = |wanted: &dyn Fn(&SegmentRecord) -> bool| -> Vec<(usize, SegmentId)> {
            let on_timeline = self.timeline.iter().copied().enumerate();
            on_timeline.filter(|(_, id)| self.segment(*id).is_some_and(wanted)).collect()
        };
        let before = match edit {
            Edit::RemoveTake(take) => places(&|record| record.opened.take == *take),
            Edit::Remove(id) | Edit::Move { id, .. } => places(&|record| record.id() == *id),
        };
        if before.is_empty() {
            return Err(match edit {
                Edit::RemoveTake(take) => DraftError::NoSuchTake(*take),
                Edit::Remove(id) | Edit::Move { id, .. } => DraftError::NoSuchSegment(*id),
            });
        }
        self.timeline.retain(|id| before.iter().all(|(_, gone)| gone != id));
        if let Edit::Move { id, index } = edit {
            let place = usize::try_from(*index).unwrap_or(usize::MAX).min(self.timeline.len());
            self.timeline.insert(place, *id);
        }
        self.done.push(Done { edit: edit.clone(), before });
        Ok(())
    }

    fn undo(&mut self) -> Result<(), DraftError> {
        let done = self.done.pop().ok_or(DraftError::NothingToUndo)?;
        self.timeline.retain(|id| done.before.iter().all(|(_, back)| back != id));
        // Only ends were appended since, so ascending places are the old places.
        for (place, id) in done.before {
            self.timeline.insert(place.min(self.timeline.len()), id);
        }
        self.undone.push(done.edit);
        Ok(())
    }

    fn forget(&mut self, file: &str) {
        let ids: Vec<SegmentId> =
            self.segments.iter().filter(|one| one.opened.file == file).map(SegmentRecord::id).collect();
        self.opened.retain(|one| one.file != file);
        self.replaced.retain(|one| one.opened.file != file && !ids.contains(&one.id()));
        self.segments.retain(|one| !ids.contains(&one.id()));
        self.timeline.retain(|id| !ids.contains(id));
        for done in &mut self.done {
            done.before.retain(|(_, id)| !ids.contains(id));
        }
        self.done.retain(|done| !done.before.is_empty());
        let gone = |edit: &Edit| matches!(edit, Edit::Remove(id) | Edit::Move { id, .. } if ids.contains(id));
        self.undone.retain(|edit| !gone(edit));
    }

    /// What all its segments share; `None` until they were chosen.
    pub fn settings(&self) -> Option<&PictureSettings> {
        self.settings.as_ref()
    }

    /// The segments as the film will show them.
    pub fn timeline(&self) -> impl Iterator<Item = &SegmentRecord> {
        self.timeline.iter().filter_map(|id| self.segment(*id))
    }

    /// A sealed segment, on the timeline or not.
    pub fn segment(&self, id: SegmentId) -> Option<&SegmentRecord> {
        self.segments.iter().find(|one| one.id() == id)
    }

    /// All sealed segments by id, on the timeline or not.
    pub fn segments(&self) -> impl Iterator<Item = &SegmentRecord> {
        self.segments.iter()
    }

    /// Segments that were opened and neither sealed, recovered nor discarded: being filmed, or left by a crash.
    pub fn unsealed(&self) -> impl Iterator<Item = &OpenedSegment> {
        self.opened.iter()
    }

    /// Length of the film, 48 000 ticks a second.
    pub fn duration(&self) -> Ticks {
        self.timeline().fold(Ticks(0), |sum, one| sum + one.duration)
    }

    /// A name no segment of this draft ever had.
    pub fn next_segment_id(&self) -> SegmentId {
        SegmentId(self.last_id.saturating_add(1))
    }

    /// The number of the next press of record, from 1.
    pub fn next_take(&self) -> u32 {
        self.last_take.saturating_add(1)
    }

    /// What delete-last does: removes the take of the segment that ends the film. `None` on an empty timeline.
    pub fn remove_last(&self) -> Option<Edit> {
        self.timeline().last().map(|one| Edit::RemoveTake(one.opened.take))
    }

    /// Whether [`Entry::Undone`] would be accepted.
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether [`Entry::Redone`] would be accepted.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Files of segments that are neither on the timeline nor in reach of undo, by id, then those that others have taken the
    /// place of. They may be deleted as far as the draft is concerned; once one is really gone, apply [`Entry::Forgotten`].
    pub fn unreferenced_files(&self) -> Vec<String> {
        let unreached = self.segments.iter().filter(|one| !self.reaches(one));
        unreached.chain(&self.replaced).map(|one| one.opened.file.clone()).collect()
    }

    /// What a segment was before it was relaid, for as long as the file of that is not known to be gone.
    pub fn replaced(&self) -> impl Iterator<Item = &SegmentRecord> {
        self.replaced.iter()
    }

    /// The segments on the timeline that must be relaid before all of them join: those not stored upright, where not all lie
    /// alike. Of a film that lies alike players turn the whole.
    pub fn turned(&self) -> Vec<SegmentRecord> {
        let lies = |one: &SegmentRecord| one.opened.orientation;
        let first = self.timeline().next().map(lies);
        let alike = self.timeline().all(|one| Some(lies(one)) == first);
        self.timeline().filter(|one| !alike && lies(one) != Orientation::UPRIGHT).cloned().collect()
    }

    /// The first segment, by id, on the timeline or in reach of undo: it decides what later ones must join. One whose file only
    /// a film still holds binds nothing.
    pub fn first(&self) -> Option<&SegmentRecord> {
        self.segments.iter().find(|one| self.reaches(one))
    }

    /// The first segment in reach that is stored upright in the draft's size: where the draft's first one is not, it decides what
    /// other upright ones must join.
    pub fn straight(&self) -> Option<&SegmentRecord> {
        let wanted = (Orientation::UPRIGHT, self.settings()?.size);
        self.segments.iter().find(|one| (one.opened.orientation, one.opened.size) == wanted && self.reaches(one))
    }

    fn reaches(&self, record: &SegmentRecord) -> bool {
        let mut within_undo = self.done.iter().flat_map(|done| done.before.iter().map(|(_, id)| id));
        self.timeline.contains(&record.id()) || within_undo.any(|id| *id == record.id())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::draft) fn record(id: u32, take: u32, seconds: i64) -> SegmentRecord {
        let size = Size { width: 720, height: 1280 };
        let sound = Some(SoundFormat { codec: AudioCodec::Opus, channels: 1 });
        let opened = OpenedSegment {
            id: SegmentId(id),
            take,
            file: format!("{id:04}.mp4"),
            camera: CameraInfo { facing: Some(Facing::User), device: "front".into() },
            sound,
            size,
            orientation: Orientation::UPRIGHT,
            mirrored: false,
        };
        SegmentRecord {
            opened,
            duration: Ticks(seconds * 48_000),
            frames: 30,
            video: Some(VideoCodec::Avc),
            audio: Some(AudioCodec::Opus),
            bytes: 1000,
            skew: Ticks(0),
            recovered: false,
        }
    }

    /// As if the segment of `record` had been encoded anew.
    pub(in crate::draft) fn relaid(id: u32) -> SegmentRecord {
        let record = record(id, 1, 2);
        SegmentRecord { opened: OpenedSegment { file: record.id().upright_file(), ..record.opened }, ..record }
    }

    fn film(draft: &Draft) -> Vec<u32> {
        draft.timeline().map(|one| one.id().0).collect()
    }

    fn draft(takes: &[u32]) -> Draft {
        let mut draft = Draft::new();
        for (id, take) in (1..).zip(takes) {
            draft.apply(&Entry::Sealed(record(id, *take, 2))).unwrap();
        }
        draft
    }

    #[test]
    fn delete_last_removes_the_whole_take_and_undo_puts_it_back() {
        let mut draft = draft(&[1, 2, 2]);
        assert_eq!(draft.duration(), Ticks(6 * 48_000));
        let edit = draft.remove_last().unwrap();
        draft.apply(&Entry::Edited(edit)).unwrap();
        assert_eq!(film(&draft), [1]);
        assert!(draft.unreferenced_files().is_empty(), "still in reach of undo");
        draft.apply(&Entry::Undone).unwrap();
        assert_eq!(film(&draft), [1, 2, 3]);
        draft.apply(&Entry::Redone).unwrap();
        assert_eq!(film(&draft), [1]);
        assert_eq!(draft.apply(&Entry::Redone), Err(DraftError::NothingToRedo));
        assert_eq!((draft.next_segment_id(), draft.next_take()), (SegmentId(4), 3));
    }

    #[test]
    fn a_new_segment_ends_redo_but_undo_never_removes_it() {
        let mut draft = draft(&[1, 2, 3]);
        draft.apply(&Entry::Edited(Edit::Remove(SegmentId(1)))).unwrap();
        draft.apply(&Entry::Edited(Edit::Move { id: SegmentId(3), index: 0 })).unwrap();
        draft.apply(&Entry::Undone).unwrap();
        draft.apply(&Entry::Sealed(record(4, 4, 1))).unwrap();
        assert!(!draft.can_redo());
        draft.apply(&Entry::Undone).unwrap();
        assert_eq!(film(&draft), [1, 2, 3, 4]);
        assert_eq!(draft.apply(&Entry::Undone), Err(DraftError::NothingToUndo));
    }

    #[test]
    fn files_are_free_after_a_page_start_and_forgotten_once_they_are_gone() {
        let mut draft = draft(&[1, 2]);
        draft.apply(&Entry::Edited(Edit::RemoveTake(2))).unwrap();
        draft.apply(&Entry::Started).unwrap();
        assert_eq!(draft.unreferenced_files(), ["0002.mp4"]);
        draft.apply(&Entry::Forgotten { file: "0002.mp4".into() }).unwrap();
        assert!(draft.unreferenced_files().is_empty());
        assert_eq!(draft.next_segment_id(), SegmentId(3), "its name is not used again");
    }

    #[test]
    fn what_a_film_alone_still_holds_binds_no_later_segment() {
        let mut draft = draft(&[1, 2]);
        let first = |draft: &Draft| draft.first().map(|one| one.id().0);
        draft.apply(&Entry::Edited(Edit::Remove(SegmentId(1)))).unwrap();
        assert_eq!(first(&draft), Some(1), "undo may bring it back");
        draft.apply(&Entry::Started).unwrap();
        assert_eq!(first(&draft), Some(2));
        draft.apply(&Entry::Edited(Edit::Remove(SegmentId(2)))).unwrap();
        draft.apply(&Entry::Started).unwrap();
        assert_eq!((first(&draft), draft.segments().count()), (None, 2));
    }

    #[test]
    fn turned_segments_are_relaid_only_where_others_lie_otherwise() {
        let mut draft = Draft::new();
        let ids = |records: Vec<SegmentRecord>| records.iter().map(|one| one.id().0).collect::<Vec<_>>();
        let turned = |id, take| {
            let mut record = record(id, take, 2);
            record.opened.orientation = Orientation::new(1, false);
            record
        };
        let size = turned(1, 1).opened.size;
        let settings = PictureSettings { size, frame_rate: 30_000, video: String::new(), audio: None, sound: None };
        for entry in [Entry::Created(settings), Entry::Sealed(turned(1, 1)), Entry::Sealed(turned(2, 2))] {
            draft.apply(&entry).unwrap();
        }
        assert_eq!((ids(draft.turned()), draft.straight()), (vec![], None), "players turn the whole");
        draft.apply(&Entry::Sealed(record(3, 3, 2))).unwrap();
        assert_eq!(ids(draft.turned()), [1, 2]);
        assert_eq!(draft.straight().map(SegmentRecord::id), Some(SegmentId(3)));
        draft.apply(&Entry::Edited(Edit::Remove(SegmentId(3)))).unwrap();
        assert!(draft.turned().is_empty());
        assert_eq!(draft.straight().map(SegmentRecord::id), Some(SegmentId(3)), "undo may bring it back");
        draft.apply(&Entry::Started).unwrap();
        assert_eq!(draft.straight(), None);
    }

    #[test]
    fn a_relaid_segment_keeps_its_place_and_leaves_its_file() {
        let mut draft = draft(&[1, 2]);
        draft.apply(&Entry::Relaid(relaid(1))).unwrap();
        assert_eq!((film(&draft), draft.duration()), (vec![1, 2], Ticks(4 * 48_000)));
        assert_eq!(draft.segment(SegmentId(1)), Some(&relaid(1)));
        assert_eq!(draft.unreferenced_files(), ["0001.mp4"]);
        assert_eq!(draft.apply(&Entry::Relaid(relaid(1))), Err(DraftError::Repeated(SegmentId(1))));
        draft.apply(&Entry::Forgotten { file: "0001.mp4".into() }).unwrap();
        assert_eq!((film(&draft), draft.replaced().count()), (vec![1, 2], 0));
        // Together with what it was before.
        draft.apply(&Entry::Relaid(relaid(2))).unwrap();
        draft.apply(&Entry::Forgotten { file: "2u.mp4".into() }).unwrap();
        assert_eq!((film(&draft), draft.replaced().count()), (vec![1], 0));
    }

    #[test]
    fn a_refused_entry_changes_nothing() {
        let mut draft = draft(&[1]);
        let before = draft.clone();
        for entry in [
            Entry::Edited(Edit::Remove(SegmentId(9))),
            Entry::Edited(Edit::RemoveTake(9)),
            Entry::Edited(Edit::Move { id: SegmentId(9), index: 0 }),
            Entry::Undone,
            Entry::Redone,
            Entry::Sealed(record(1, 1, 1)),
            Entry::Opened(record(1, 1, 1).opened),
            Entry::Discarded(SegmentId(1)),
            Entry::Relaid(relaid(9)),
            Entry::Relaid(record(1, 1, 2)),
        ] {
            assert!(draft.apply(&entry).is_err(), "{entry:?}");
            assert_eq!(draft, before);
        }
    }

    proptest! {
        #![proptest_config(crate::draft::seeded())]

        #[test]
        fn undoing_everything_gives_all_footage_back_in_order(
            steps in proptest::collection::vec((0..6_u8, 1..8_u32, 0..8_u32), 0..40),
        ) {
            let mut draft = Draft::new();
            for (what, id, index) in steps {
                let next = draft.next_segment_id().0;
                let _ = draft.apply(&match what {
                    0 | 1 => Entry::Sealed(record(next, next / 2, 1)),
                    2 => Entry::Edited(Edit::Remove(SegmentId(id))),
                    3 => Entry::Edited(Edit::Move { id: SegmentId(id), index }),
                    4 => Entry::Undone,
                    _ => Entry::Redone,
                });
                prop_assert!(draft.unreferenced_files().is_empty());
            }
            while draft.can_undo() {
                draft.apply(&Entry::Undone).unwrap();
            }
            let all: Vec<u32> = (1..draft.next_segment_id().0).collect();
            prop_assert_eq!(film(&draft), all);
        }
    }
}
