//! The film of a recipe: where each of its bytes comes from, computed from the indexes of its clips alone.

use std::iter;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::course::{self, Content, Course};
use super::openings::Opening;
use super::pictures::Pictures;
use super::plan::{self, Clip, Notes, Slot, Warning};
use super::scene::{self, Scene, View};
use super::seams::{self, Seam};
use super::sounds::Sounds;
use super::spans::{Needed, Span};
use super::{ExportError, Form, Missing, Recipe, timing};
use crate::codec::{SampleEntry, silence};
use crate::demux::FileIndex;
use crate::isobmff::edits::Edit;
use crate::isobmff::tables::Tables;
use crate::media::{AudioCodec, Size, TrackKind, VideoCodec};
use crate::mux::MuxError;
use crate::mux::flat::{self, Film, FilmTrack};
use crate::mux::fragmented::{self, Indexes, fragmented};
use crate::time::{Ticks, Timescale};

/// A film: the bytes of each part in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What is no source's: the head, silence.
    pub bytes: Vec<u8>,
    /// Where the bytes of the film come from, in its order.
    pub parts: Vec<Part>,
    /// What the film is.
    pub report: Report,
}

/// Where a stretch of a film comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes of the layout itself.
    Own(Range<usize>),
    /// Bytes of a source.
    Source(Span),
}

impl Layout {
    /// The spans of sources in order.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.parts.iter().filter_map(|part| match part {
            Part::Source(span) => Some(span),
            Part::Own(_) => None,
        })
    }
}

/// What a film is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How long it plays, in ticks of 1/48 000 s.
    pub duration: Ticks,
    /// The picture as it is seen, turned upright; 0 x 0 without one.
    pub size: Size,
    /// Video samples.
    pub frames: u64,
    /// The video coding, if it is one the product names.
    pub video: Option<VideoCodec>,
    /// The audio coding; `None` without sound.
    pub audio: Option<AudioCodec>,
    /// The largest distance between picture and sound of any clip, or between their ends where the last clip has both, in
    /// ticks of 1/48 000 s.
    pub skew: Ticks,
    /// What its maker should know, each once.
    pub warnings: Vec<Warning>,
    /// Bytes of the spans: what is referred to, not copied.
    pub copied_bytes: u64,
    /// Bytes of the whole film.
    pub bytes: u64,
}

/// The film of a recipe over these files. The same arguments always give the same bytes.
///
/// # Errors
/// [`ExportError::Empty`] where a clip shows nothing, [`ExportError::JoinNeedsEncoding`] naming every clip and field that
/// is in the way of copying, [`ExportError::Unsupported`] for a file that asks for what cannot be copied,
/// [`ExportError::WrongSource`] for a clip of a file that is not there, [`ExportError::Mux`] for films beyond the format.
pub fn film(indexes: &[FileIndex], recipe: &Recipe) -> Result<Layout, ExportError> {
    let clips = plan::clips(indexes, recipe)?;
    let mut draft = draft(&clips, recipe, !recipe.patches.is_empty())?;
    if !recipe.patches.is_empty() {
        seams::check(&draft.seams(), &recipe.patches)?;
    }
    draft.warn(recipe);
    draft.write(recipe)
}

/// Decides what stands where. `recode`: with seams.
pub(super) fn draft<'a>(clips: &'a [Clip<'a>], recipe: &Recipe, recode: bool) -> Result<Draft<'a>, ExportError> {
    let mut draft = begin(clips, recipe)?;
    draft.decide(recipe, recode)?;
    Ok(draft)
}

/// Pictures of which it is not known yet whether a part can begin with them.
pub(super) fn asked(clips: &[Clip<'_>], recipe: &Recipe) -> Result<Vec<Opening>, ExportError> {
    let draft = begin(clips, recipe)?;
    let mut asked = Vec::new();
    for (place, slot) in draft.slots.iter().enumerate().filter(|(_, slot)| slot.kind == TrackKind::Video) {
        let mut pictures = Pictures::new(clips, recipe, &mut asked);
        pictures.course(place, &draft.scenes, slot_scale(slot), draft.scale)?;
    }
    Ok(asked)
}

fn begin<'a>(clips: &'a [Clip<'a>], recipe: &Recipe) -> Result<Draft<'a>, ExportError> {
    let mut notes = Notes::default();
    let slots = plan::slots(clips, recipe.entries, &mut notes);
    notes.check()?;
    sound_in_order(clips, &slots)?;
    let scale = film_scale(clips, &slots);
    let scenes = scene::scenes(clips, &slots, scale, recipe)?;
    Ok(Draft { clips, slots, scenes, scale, courses: Vec::new(), skew: 0, notes })
}

/// Sound whose packets are not composed in the order they are decoded is none we know how to join.
fn sound_in_order(clips: &[Clip<'_>], slots: &[Slot<'_>]) -> Result<(), ExportError> {
    for slot in slots.iter().filter(|slot| slot.kind == TrackKind::Audio) {
        for (clip, track) in clips.iter().zip(&slot.tracks) {
            if track.is_some_and(|track| track.tables.offsets.only().is_none()) {
                let what = "sound with composition offsets";
                return Err(ExportError::Unsupported { source: clip.spec.source, what });
            }
        }
    }
    Ok(())
}

/// The ticks of the film: whole for every tick of every track, and for those of edit lists if it can be.
fn film_scale(clips: &[Clip<'_>], slots: &[Slot<'_>]) -> Timescale {
    let own = || slots.iter().flat_map(|slot| slot.tracks.iter().flatten().map(|track| track.timescale));
    let tracks = || own().chain(slots.iter().map(slot_scale));
    let edited = clips.iter().filter(|clip| clip.index.tracks().iter().any(|track| !track.edits.is_empty()));
    let movies = edited.map(|clip| clip.index.head().timescale);
    timing::exact(tracks().chain(movies)).unwrap_or_else(|| timing::common(tracks()))
}

/// Samples of a film from tracks whose ticks are no whole ticks of it.
const MOST_ROUNDED: u64 = 1 << 22;

/// A film in the making.
pub(super) struct Draft<'a> {
    clips: &'a [Clip<'a>],
    slots: Vec<Slot<'a>>,
    scenes: Vec<Scene<'a>>,
    scale: Timescale,
    /// One for each slot.
    courses: Vec<Course>,
    /// In ticks of the film.
    skew: i64,
    notes: Notes,
}

impl Draft<'_> {
    /// Decides which samples stand in each track, and when.
    fn decide(&mut self, recipe: &Recipe, recode: bool) -> Result<(), ExportError> {
        for (place, slot) in self.slots.iter().enumerate() {
            let timescale = slot_scale(slot);
            if slot.kind == TrackKind::Video {
                let mut asked = Vec::new();
                let mut pictures = Pictures::new(self.clips, recipe, &mut asked);
                self.courses.push(pictures.course(place, &self.scenes, timescale, self.scale)?);
                continue;
            }
            let model = slot.model();
            let sounds = Sounds {
                slot,
                place,
                clips: self.clips,
                scenes: &self.scenes,
                film: self.scale,
                timescale,
                silence: silence(model.entry(), model.tables.sizes.only(), model.timescale.get()),
                fill: recipe.missing == Missing::Silence,
                recode: recode && slot.entries.len() == 1,
                one_edit: recipe.form == Form::Fragmented,
                exact: recipe.keeps_frames() || self.scenes.first().is_none_or(|scene| scene.from_start),
            };
            let (course, skew) = sounds.course(&mut self.notes);
            self.courses.push(course);
            self.skew = self.skew.max(skew);
        }
        self.notes.check()?;
        for (slot, course) in self.slots.iter_mut().zip(&self.courses) {
            if course.shows_the_first() {
                slot.entries =
                    std::mem::take(&mut slot.entries).into_iter().map(SampleEntry::without_pre_skip).collect();
            }
        }
        if self.courses.iter().all(|course| course.end().is_none()) {
            return Err(ExportError::Empty { source: None });
        }
        Ok(())
    }

    /// Its seams, numbered.
    pub(super) fn seams(&mut self) -> Vec<Seam> {
        let mut found = Vec::new();
        for (slot, course) in self.slots.iter().zip(&mut self.courses) {
            for piece in &mut course.pieces {
                if let Content::Coded { join, .. } = &mut piece.what {
                    join.number = found.len();
                    found.extend(join.seam(slot, self.clips, course.timescale));
                }
            }
        }
        found
    }

    /// The end of the longest track of this kind.
    fn end(&self, kind: TrackKind) -> Option<i64> {
        let tracks = self.slots.iter().zip(&self.courses).filter(|(slot, _)| slot.kind == kind);
        tracks.filter_map(|(_, course)| course.end()).max()
    }

    fn warn(&mut self, recipe: &Recipe) {
        if !recipe.order(self.clips.len()).is_sorted() {
            self.notes.warn(Warning::NotProgressive);
        }
        if self.skew > 0 {
            self.notes.warn(Warning::Skew);
        }
        for clip in self.clips {
            if clip.index.torn().is_some() {
                self.notes.warn(Warning::TornTail);
            }
            if !clip.index.head().others.is_empty() {
                self.notes.warn(Warning::TrackDropped);
            }
        }
        if self.udta().is_empty() && self.clips.iter().any(|clip| !clip.index.head().udta.is_empty()) {
            self.notes.warn(Warning::MetadataDropped);
        }
        let hidden = |(slot, course): (&Slot<'_>, &Course)| course.needs_edits(slot.kind == TrackKind::Audio);
        if self.slots.iter().zip(&self.courses).any(hidden) {
            self.notes.warn(Warning::EditList);
        }
    }

    /// Finds the place of every byte and writes the head.
    fn write(self, recipe: &Recipe) -> Result<Layout, ExportError> {
        self.few_rounded()?;
        let payload = self.payload(recipe)?;
        let mut tracks: Vec<(&Slot<'_>, Tables, Vec<Edit>)> = Vec::with_capacity(self.slots.len());
        for (number, (slot, course)) in self.slots.iter().zip(&self.courses).enumerate() {
            let silence = |window: i64| {
                let found = payload.silence.iter().find(|one| (one.slot, one.window) == (number, window));
                found.map_or((0, 0), |one| (one.place, one.size))
            };
            let tables =
                course.tables(slot, |clip, offset| payload.clips[clip].place(offset), silence, &recipe.patches)?;
            if tables.samples() > 0 {
                tracks.push((slot, tables, course.edits()));
            }
        }
        let film_tracks: Vec<FilmTrack<'_>> = tracks.iter().map(film_track).collect();
        let described = Film {
            created: recipe.created,
            title: recipe.title.as_deref(),
            poster: recipe.poster.as_ref().map(|poster| poster.bytes.as_slice()),
            udta: self.udta(),
            padding: match recipe.form {
                Form::Padded(padding) => Some(padding),
                _ => None,
            },
            ..Film::new(&film_tracks, self.scale, payload.length)
        };
        let (bytes, parts) = match recipe.form {
            Form::FastStart | Form::Padded(_) => {
                let mut bytes = flat::head(&described)?;
                let head = bytes.len();
                bytes.extend_from_slice(&payload.own);
                let all = 0..payload.length;
                let mut parts = vec![Part::Own(0..head)];
                payload.parts(&all, head, &mut parts);
                (bytes, parts)
            }
            Form::Fragmented => {
                let fragmented = fragmented(&described, Indexes { sidx: true, mfra: false })?;
                let mut bytes = fragmented.bytes;
                let own = bytes.len();
                bytes.extend_from_slice(&payload.own);
                let mut parts = Vec::with_capacity(fragmented.parts.len());
                for part in fragmented.parts {
                    match part {
                        fragmented::Part::Own(range) => parts.push(Part::Own(range)),
                        fragmented::Part::Media(range) => payload.parts(&range, own, &mut parts),
                    }
                }
                (bytes, parts)
            }
        };
        let report = self.report(&tracks, &parts);
        Ok(Layout { bytes, parts, report })
    }

    /// Rows that no table of a clip has are bounded for the film in all, and by the bytes of its clips.
    fn few_rounded(&self) -> Result<(), ExportError> {
        let rounded = self.slots.iter().zip(&self.courses).map(|(slot, course)| course.rounded(slot));
        let amount = rounded.fold(0, u64::saturating_add);
        let bytes = self.clips.iter().map(|clip| clip.index.length()).fold(0, u64::saturating_add);
        if amount > MOST_ROUNDED.min(bytes) {
            return Err(MuxError::TooLarge { what: "samples of a rare timescale", amount }.into());
        }
        Ok(())
    }

    /// The metadata that all files have: of different ones none can speak for the film.
    fn udta(&self) -> &[u8] {
        let mut all = self.clips.iter().map(|clip| clip.index.head().udta.as_slice());
        let first = all.next().unwrap_or_default();
        if all.all(|udta| udta == first) { first } else { &[] }
    }

    /// Puts the bytes of every clip one after the other, silence before each.
    fn payload(&self, recipe: &Recipe) -> Result<Payload, ExportError> {
        let (patches, opened) = (&recipe.patches, &recipe.openings);
        let clips = vec![Needed::default(); self.clips.len()];
        let mut payload = Payload { clips, ..Payload::default() };
        for clip in recipe.order(self.clips.len()) {
            let mut needed = Needed::default();
            for (number, (slot, course)) in self.slots.iter().zip(&self.courses).enumerate() {
                for piece in course.pieces.iter().filter(|piece| piece.clip == clip) {
                    match (&piece.what, slot.tracks.get(clip).copied().flatten()) {
                        (Content::Silence { packets, .. }, _) => {
                            payload.quiet((number, piece.window), slot, *packets);
                        }
                        (Content::Coded { join, .. }, _) => {
                            let packets = patches.get(join.number).map_or(&[][..], |patch| &patch.packets);
                            payload.own((number, piece.window), packets.iter().map(Vec::as_slice));
                        }
                        (Content::Samples { range, broken, .. }, Some(track)) => {
                            if let Some((place, one)) = broken.and_then(|place| Some((place, opened.get(place)?))) {
                                payload.broken((number, piece.window), place, one.broken());
                            }
                            let copied = range.start + u64::from(broken.is_some())..range.end;
                            course::chunks(track, &copied, |chunk| needed.add(&chunk));
                        }
                        _ => {}
                    }
                }
            }
            let before = payload.length;
            let too_long = MuxError::TooLarge { what: "bytes of media", amount: u64::MAX };
            payload.length = needed.put(before).ok_or(too_long)?;
            let source = self.clips[clip].spec.source;
            let spans = needed.places.iter().zip(&needed.ranges);
            payload
                .places
                .extend(spans.map(|(place, range)| (*place, Part::Source(Span { source, range: range.clone() }))));
            payload.clips[clip] = needed;
        }
        Ok(payload)
    }

    fn report(&self, tracks: &[(&Slot<'_>, Tables, Vec<Edit>)], parts: &[Part]) -> Report {
        let (mut own, mut copied_bytes) = (0, 0);
        for part in parts {
            match part {
                Part::Own(range) => own += range.len() as u64,
                Part::Source(span) => copied_bytes += span.range.end - span.range.start,
            }
        }
        let of = |kind| tracks.iter().find(|(slot, ..)| slot.kind == kind);
        let (picture, sound) = (of(TrackKind::Video), of(TrackKind::Audio));
        let (shown, heard) = (self.end(TrackKind::Video), self.end(TrackKind::Audio));
        let both = |views: &[Option<View<'_>>], kind| {
            views.iter().zip(&self.slots).any(|(view, slot)| slot.kind == kind && view.is_some())
        };
        let last = self.scenes.last().map_or(&[][..], |scene| &scene.views);
        let whole = both(last, TrackKind::Video) && both(last, TrackKind::Audio);
        let apart = shown.zip(heard).filter(|_| whole).map_or(0, |(shown, heard)| (shown - heard).abs());
        Report {
            duration: scene::report(self.scale, shown.max(heard).unwrap_or(0)),
            size: picture.map_or(Size { width: 0, height: 0 }, |(slot, ..)| slot.upright()),
            frames: picture.map_or(0, |(_, tables, _)| tables.samples()),
            video: picture.and_then(|(slot, ..)| slot.model().entry().video_codec()),
            audio: sound.and_then(|(slot, ..)| slot.model().entry().audio_codec()),
            skew: scene::report(self.scale, self.skew.max(apart)),
            warnings: self.notes.warnings.clone(),
            copied_bytes,
            bytes: own + copied_bytes,
        }
    }
}

fn film_track<'a>((slot, tables, edits): &'a (&Slot<'_>, Tables, Vec<Edit>)) -> FilmTrack<'a> {
    FilmTrack {
        kind: slot.kind,
        entries: &slot.entries,
        size: slot.size,
        matrix: slot.matrix,
        timescale: slot_scale(slot),
        language: slot.model().language,
        edits,
        tables,
    }
}

/// The ticks of a track of the film: those its clips have in common. Sound of several scales counts in samples, for
/// ffmpeg takes what the first edit skips for samples.
fn slot_scale(slot: &Slot<'_>) -> Timescale {
    let scales = || slot.tracks.iter().flatten().map(|track| track.timescale);
    let first = slot.model().timescale;
    if scales().all(|scale| scale == first) {
        return first;
    }
    let rate = slot.entries.first().and_then(SampleEntry::rate).and_then(Timescale::new);
    rate.filter(|_| slot.kind == TrackKind::Audio).unwrap_or_else(|| timing::common(scales()))
}

/// Packets of its own of one piece.
struct Quiet {
    slot: usize,
    /// The piece, by the window it has.
    window: i64,
    place: u64,
    /// Bytes of each packet of silence.
    size: u32,
}

/// The payload of the film.
#[derive(Default)]
struct Payload {
    /// The bytes of each clip.
    clips: Vec<Needed>,
    silence: Vec<Quiet>,
    /// Of the recipe's openings that stand in it, each once: which, and where.
    broken: Vec<(usize, u64)>,
    /// What lies where, in order.
    places: Vec<(u64, Part)>,
    /// What [`Part::Own`] counts in.
    own: Vec<u8>,
    length: u64,
}

impl Payload {
    /// Adds packets of silence.
    fn quiet(&mut self, (number, window): (usize, i64), slot: &Slot<'_>, packets: u32) {
        let model = slot.model();
        let Some(one) = silence(model.entry(), model.tables.sizes.only(), model.timescale.get()) else { return };
        self.own((number, window), (0..packets).map(|_| one.bytes.as_slice()));
    }

    /// Adds a picture that stands for a clip's.
    fn broken(&mut self, (number, window): (usize, i64), opening: usize, bytes: &[u8]) {
        match self.broken.iter().find(|(known, _)| *known == opening) {
            Some(&(_, place)) => self.silence.push(Quiet { slot: number, window, place, size: 0 }),
            None => {
                self.broken.push((opening, self.length));
                self.own((number, window), iter::once(bytes));
            }
        }
    }

    /// Adds packets of the film's own.
    fn own<'a>(&mut self, (number, window): (usize, i64), packets: impl Iterator<Item = &'a [u8]>) {
        let (begin, mut size) = (self.own.len(), 0);
        for packet in packets {
            size = packet.len() as u32;
            self.own.extend_from_slice(packet);
        }
        self.silence.push(Quiet { slot: number, window, place: self.length, size });
        self.places.push((self.length, Part::Own(begin..self.own.len())));
        self.length = self.length.saturating_add((self.own.len() - begin) as u64);
    }

    /// Appends what this range of the payload is made of; its own bytes come after `own` others.
    fn parts(&self, range: &Range<u64>, own: usize, parts: &mut Vec<Part>) {
        let first = self.places.partition_point(|(place, _)| *place <= range.start).saturating_sub(1);
        for (place, part) in &self.places[first..] {
            if *place >= range.end {
                break;
            }
            let skip = range.start.saturating_sub(*place);
            let most = range.end - place;
            match part {
                Part::Own(bytes) => {
                    let at = |count: u64| usize::try_from(count).map_or(bytes.len(), |count| count.min(bytes.len()));
                    let (start, end) = (bytes.start + at(skip), bytes.start + at(most));
                    if start < end {
                        parts.push(Part::Own(start + own..end + own));
                    }
                }
                Part::Source(Span { source, range: bytes }) => {
                    let (start, end) = (bytes.start + skip, bytes.end.min(bytes.start.saturating_add(most)));
                    if start < end {
                        parts.push(Part::Source(Span { source: *source, range: start..end }));
                    }
                }
            }
        }
    }
}
