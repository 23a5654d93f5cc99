//! The sound of a film: packets cannot be cut, so inside the film each clip begins with the packet that lies nearest to
//! the end of the sound before it, and ends with the one nearest to the end of the clip. Sound is thus never moved by
//! more than half a packet, and what is moved never adds up. The film's first sound begins to the sample by its edit
//! list. Packets a decoder needs before those that are heard come along, hidden. Gaps are filled with silence, for
//! players ignore them; a packet that claims to last longer than the others leaves one behind it, or before it where it
//! is the first of its file: some writers begin every track at once.

use std::ops::Range;

use super::course::{Content, Course};
use super::plan::{Clip, Notes, Slot};
use super::scene::{Scene, Stretch, View};
use super::seams::BESIDE;
use super::timing::Scale;
use crate::codec::Silence;
use crate::demux::{TrackIndex, walk};
use crate::time::Timescale;

/// The sound of one slot as it is put together.
pub(super) struct Sounds<'a, 'b> {
    pub(super) slot: &'b Slot<'a>,
    /// Its place in each scene.
    pub(super) place: usize,
    pub(super) clips: &'b [Clip<'a>],
    pub(super) scenes: &'b [Scene<'a>],
    pub(super) film: Timescale,
    pub(super) timescale: Timescale,
    /// A packet that decodes to silence, if the coding has one.
    pub(super) silence: Option<Silence>,
    /// Whether silence also stands at the beginning and the end.
    pub(super) fill: bool,
    /// Whether the first sound begins to the sample.
    pub(super) exact: bool,
    /// Whether packets around a join are encoded anew instead of hiding some.
    pub(super) recode: bool,
    /// Whether its player may know the first edit alone, so that nothing after it can be hidden.
    pub(super) one_edit: bool,
}

/// A stretch of a clip's sound, and until when it may be heard.
struct Part<'a, 'b> {
    clip: usize,
    view: &'b View<'a>,
    stretch: &'b Stretch,
    /// In ticks of the film.
    stop: i64,
    /// Nothing follows it.
    is_last: bool,
    /// It follows a gap in its clip.
    after_gap: bool,
    /// The longest that a packet of it lasts, whatever it claims.
    most: i64,
}

/// Bytes of silence a track may have in all: hours, unless they are not compressed. A file may claim any length.
const MOST_SILENCE: i64 = 4 << 20;

impl Sounds<'_, '_> {
    /// Puts the sound of every clip into one track; the largest distance, in ticks of the film, that any of it lies from
    /// where it belongs.
    pub(super) fn course(&self, notes: &mut Notes) -> (Course, i64) {
        let mut course = Course::new(self.timescale, self.film);
        let mut skew = 0;
        let last = self.slot.tracks.iter().rposition(Option::is_some).unwrap_or(0);
        for (clip, scene) in self.scenes.iter().enumerate() {
            let Some(view) = scene.views.get(self.place).and_then(Option::as_ref) else { continue };
            // A film of one clip is what that is; without a packet of silence gaps stay.
            let fills = self.silence.is_some() && self.clips.len() > 1;
            let gaps = if fills { gaps(view.track) } else { Vec::new() };
            let most = if gaps.is_empty() { i64::MAX } else { packet(view.track) };
            for (number, whole) in view.stretches.iter().enumerate() {
                let parts = split(view, whole, &gaps, most);
                for (place, stretch) in parts.iter().enumerate() {
                    let mut stop = stretch.at + view.scale.of(stretch.media.end - stretch.media.start);
                    if clip < last {
                        stop = stop.min(scene.at.end);
                    }
                    let is_last = clip == last && number + 1 == view.stretches.len() && place + 1 == parts.len();
                    let part = Part { clip, view, stretch, stop, is_last, after_gap: place > 0, most };
                    let off = self.add(&mut course, notes, &part);
                    skew = skew.max(off);
                }
            }
        }
        let end = self.scenes.last().map_or(0, |scene| scene.at.end);
        if self.fill && course.end().is_some() {
            let clip = self.scenes.len() - 1;
            self.still(&mut course, notes, clip, end);
        }
        (course, skew)
    }

    /// Adds the packets of one stretch; how far they lie from where they belong.
    fn add(&self, course: &mut Course, notes: &mut Notes, part: &Part<'_, '_>) -> i64 {
        let &Part { clip, view, stretch, stop, is_last, after_gap, most } = part;
        let track = view.track;
        let packet = view.scale.of(packet(track)).max(1);
        if course.end().is_none() && stretch.at > 0 && self.fill {
            self.still(course, notes, clip, stretch.at);
        }
        let (at, start, exact) = match course.end() {
            None => (stretch.at, stretch.media.start, self.exact),
            Some(end) => {
                let gap = stretch.at - end;
                // What is less than a packet is left open, or taken from before the stretch if there is something.
                let earlier = || !after_gap && earlier(view, stretch, gap - packet / 2);
                let small = gap <= packet && (self.silence.is_none() || earlier());
                if gap * 2 > packet && !small {
                    self.still(course, notes, clip, stretch.at);
                }
                let at = course.end().unwrap_or(end);
                (at, stretch.media.start.saturating_add(view.back.of(at - stretch.at)), false)
            }
        };
        let Some(first) = nearest(track, start, exact) else { return 0 };
        // To the sample: the edit begins inside the packet.
        let begin = if exact { start.max(first.1) } else { first.1 };
        let until = begin.saturating_add(view.back.of(stop - at));
        let whole = is_last && !stretch.cut;
        let Some((end, end_time)) = boundary(track, until, is_last, whole, most) else { return 0 };
        if end <= first.0 || end_time <= begin {
            return 0;
        }
        let joined = course.last().is_some_and(|piece| {
            matches!(&piece.what, Content::Samples { range, .. } if range.end == first.0)
                && self.clips[piece.clip].spec.source == self.clips[clip].spec.source
        });
        let seam = if self.recode && !joined { self.seam(course, clip, track, first.0..end) } else { None };
        let begins = course.end().is_none();
        let hidden =
            if joined || (begins && !exact) || (!begins && self.one_edit) { 0 } else { hidden(track, first.0) };
        let range = first.0 - hidden..end;
        let low = first.1 - (walk::decode_time(track, first.0) - walk::decode_time(track, range.start));
        let scale = Scale::new(track.timescale, self.timescale);
        if let Some(join) = seam {
            let behind = self.put(course, join);
            let (start, low) = (first.0 + BESIDE, first.1 + BESIDE as i64 * self::packet(track));
            let shown = 0..scale.of(end_time - low);
            let heard = behind..at + view.scale.of(end_time - begin);
            let what = Content::Samples { range: start..end, low, shown: start, broken: None };
            course.add(clip, what, shown.end, shown, heard);
            return (stretch.at + view.scale.of(begin - stretch.media.start) - at).abs();
        }
        let shown = scale.of(begin - low)..scale.of(end_time - low);
        let heard = at..at + view.scale.of(end_time - begin);
        let what = Content::Samples { shown: range.start, range, low, broken: None };
        course.add(clip, what, shown.end, shown, heard);
        (stretch.at + view.scale.of(begin - stretch.media.start) - at).abs()
    }

    /// Adds packets of silence until about this time.
    fn still(&self, course: &mut Course, notes: &mut Notes, clip: usize, until: i64) {
        let begin = course.end().unwrap_or(0);
        let Some(silence) = &self.silence else {
            return self.lacking(notes, clip, begin..until);
        };
        let Some(rate) = Timescale::new(silence.rate) else { return };
        let ticks = Scale::new(rate, self.timescale).of(i64::from(silence.samples)).max(1);
        let length = Scale::new(self.timescale, self.film).of(ticks).max(1);
        let packets = (until - begin + length / 2) / length;
        let all = packets.saturating_add(course.silent_packets());
        if all.saturating_mul(silence.bytes.len() as i64) > MOST_SILENCE {
            return self.lacking(notes, clip, begin..until);
        }
        if packets > 0 {
            let (Ok(count), Ok(each)) = (u32::try_from(packets), u32::try_from(ticks)) else {
                return self.lacking(notes, clip, begin..until);
            };
            let what = Content::Silence { packets: count, ticks: each };
            course.add(clip, what, packets * ticks, 0..packets * ticks, begin..begin + packets * length);
        }
    }

    /// Names the clips up to this one that have no sound of their own for this gap, which silence cannot fill.
    fn lacking(&self, notes: &mut Notes, clip: usize, gap: Range<i64>) {
        let mute = |scene: &Scene<'_>| {
            let view = scene.views.get(self.place).and_then(Option::as_ref);
            view.is_none_or(|view| view.stretches.is_empty()) && scene.at.start < gap.end && scene.at.end > gap.start
        };
        let mut named = false;
        for (place, _) in self.scenes.iter().enumerate().take(clip + 1).filter(|(_, scene)| mute(scene)) {
            notes.refuse(&self.clips[place], &["audio"]);
            named = true;
        }
        if !named {
            notes.refuse(&self.clips[clip], &["audio"]);
        }
    }
}

/// How long packets of the track last: most of them.
pub(super) fn packet(track: &TrackIndex) -> i64 {
    let mut most = (0, 1);
    for &(count, duration) in track.tables.durations.runs() {
        if count > most.0 {
            most = (count, duration);
        }
    }
    i64::from(most.1).max(1)
}

/// Packets of so few claims to last longer than the others are believed to lie before a gap.
const MOST_GAPS: usize = 32;

/// The packets that claim to last longer than the others by more than half of that, where all really are alike: their
/// numbers and when they begin and end.
fn gaps(track: &TrackIndex) -> Vec<(u64, Range<i64>)> {
    let mut gaps = Vec::new();
    if !matches!(&track.entry().fourcc(), b"mp4a" | b".mp3" | b"Opus") {
        return gaps;
    }
    let usual = packet(track);
    for block in walk::Blocks::new(track).filter(|block| block.step > usual + usual / 2) {
        if gaps.len() as u64 + block.count > MOST_GAPS as u64 {
            return Vec::new();
        }
        for number in 0..block.count {
            let begin = block.shown() + number as i64 * block.step;
            gaps.push((block.first + number, begin..begin + block.step));
        }
    }
    gaps
}

/// What is heard of a stretch between its gaps. The very last packet has none.
fn split(view: &View<'_>, stretch: &Stretch, gaps: &[(u64, Range<i64>)], most: i64) -> Vec<Stretch> {
    let mut parts = Vec::with_capacity(gaps.len() + 1);
    let (begin, end) = (stretch.media.start, stretch.media.end);
    // What is heard from `from` to `to`, of packets that are composed so much earlier.
    let mut add = |from: i64, to: i64, earlier: i64| {
        let (from, to) = (from.max(begin), to.min(end));
        if from < to {
            let at = stretch.at + view.scale.of(from - begin);
            parts.push(Stretch { at, media: from - earlier..to - earlier, cut: stretch.cut || to < end });
        }
    };
    let mut from = begin;
    for (number, claimed) in gaps {
        if *number == 0 {
            add(claimed.end - most, claimed.end, claimed.end - most - claimed.start);
        } else {
            add(from, claimed.start + most, 0);
        }
        from = from.max(claimed.end);
    }
    add(from, end, 0);
    parts
}

/// How long the last packet lasts inside a film: a file states how much of it counts, which most decoders ignore.
fn last_packet(track: &TrackIndex, stated: i64) -> i64 {
    match &track.entry().fourcc() {
        b"fLaC" | b"alac" => stated,
        _ => stated.max(packet(track)),
    }
}

/// Whether there are packets so much earlier than the stretch begins.
fn earlier(view: &View<'_>, stretch: &Stretch, much: i64) -> bool {
    let wanted = stretch.media.start.saturating_sub(view.back.of(much));
    walk::at(view.track, wanted).is_some()
}

/// The packet that begins nearest to `time`, or for `exact` the one it lies in: its number and composition time.
fn nearest(track: &TrackIndex, time: i64, exact: bool) -> Option<(u64, i64)> {
    let Some((number, begin, length)) = walk::at(track, time) else {
        let (_, first) = walk::around(track, time, false);
        return first.map(|first| (0, first));
    };
    if exact || time - begin <= begin.saturating_add(length) - time {
        return Some((number, begin));
    }
    let next = (number + 1, begin + length);
    Some(if next.0 < track.tables.samples() { next } else { (number, begin) })
}

/// The end of packets nearest to `time`: how many packets that is, and when they end. A packet that is cut short at the
/// end of its file is a whole one inside a film. For `whole` the packet at `time` counts, as far as it is heard. None
/// lasts longer than `most`.
fn boundary(track: &TrackIndex, time: i64, is_last: bool, whole: bool, most: i64) -> Option<(u64, i64)> {
    let (number, begin, length) = walk::at(track, time - 1)?;
    let length = length.min(most);
    if whole {
        return Some((number + 1, time.min(begin + length)));
    }
    let samples = track.tables.samples();
    let length = if number + 1 == samples && !is_last { last_packet(track, length) } else { length };
    let end = begin + length;
    if number + 1 < samples || time < end {
        return Some(if time - begin < end - time && number > 0 { (number, begin) } else { (number + 1, end) });
    }
    Some((number + 1, end))
}

/// How many packets before this one are needed for it to decode as in its file.
pub(super) fn hidden(track: &TrackIndex, first: u64) -> u64 {
    let most = match &track.entry().fourcc() {
        b"mp4a" | b".mp3" => 2,
        // 80 ms (Encapsulation of Opus in ISO Base Media File Format s.4.3.6.2).
        b"Opus" => 4,
        _ => 0,
    };
    // Encoder delay at the beginning stays whole.
    let most = if most > 0 && first <= 4 { first } else { first.min(most) };
    // One that claims to last longer would be taken by its claim.
    let usual = packet(track);
    let odd = |block: &walk::Block| block.step != usual && block.first < first;
    let after = walk::Blocks::new(track).filter(odd).map(|block| (block.first + block.count).min(first)).last();
    most.min(first - after.unwrap_or(0))
}
