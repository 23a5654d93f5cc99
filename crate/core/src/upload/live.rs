//! Which part of an object holds which bytes, while a recording that is uploaded still grows and changes.
//!
//! The object will be a head, then the media in the order in which the film has it. Part 1 is the head and the first of
//! the media; it is told last, for the head is made last. Parts from 2 on are cut as media is stored. Whatever the media
//! becomes (segments are deleted, moved, brought back), parts whose bytes still stand in it one after another, in the
//! order of their numbers, stay; all others are told anew or withdrawn, so that in the end the object is the media and
//! nothing else. No part but the last may be smaller than 1 MiB (Kodo says so when the object is made): what is left of
//! one joins a neighbour. Of a padded object every part but the last is a block. A plan that begins again only when the film is whole cuts as the one before it did. It knows
//! ranges and nothing of what they hold.

use super::digest::BLOCK;
use super::options::SourceRange;

/// Smallest part but the last.
const SMALLEST: u64 = 1 << 20;
/// Largest part that is made of what lies between others.
const LARGEST: u64 = 64 << 20;
/// The highest number of a part.
const LAST: u32 = 10_000;
/// After so many parts they become twice as large: 10 000 of 1 MiB are less than an hour of a good picture.
const GROWS: u32 = 1000;
/// Of a padded object the part in which the media begins: whole blocks of a head of hours have the numbers before it.
const BEGINS: u32 = 8;

/// What the plan wants of the uploader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveOutput {
    /// For [`super::Uploader::handle_part`].
    Part {
        /// Its number.
        number: u32,
        /// Its bytes.
        ranges: Vec<SourceRange>,
    },
    /// For [`super::Uploader::handle_withdraw`].
    Withdraw(u32),
    /// For [`super::Uploader::handle_finish`].
    Finish,
}

/// A part.
#[derive(Clone, Debug)]
struct Planned {
    number: u32,
    ranges: Vec<SourceRange>,
    told: bool,
}

/// A part whose bytes stand in the media, and where.
struct Standing {
    part: Planned,
    place: u64,
    size: u64,
}

/// The parts of a growing object.
#[derive(Clone, Debug)]
pub struct LivePlan {
    part_size: u64,
    /// What the object is to hold, as far as known, in order.
    media: Vec<SourceRange>,
    /// By number.
    parts: Vec<Planned>,
    out: Vec<LiveOutput>,
    finished: bool,
    padded: bool,
}

impl LivePlan {
    /// The source of bytes that are the film's own: its head, and whatever else is not there before it is whole.
    pub const OWN: u32 = u32::MAX;

    /// Bytes in a part of a padded object: what Kodo hashes at a time, so that its hash is that of the content alone.
    pub const BLOCK: u64 = BLOCK;
    /// Where in a block the media of a padded object begins: before it is room for the head of most of an hour.
    pub const PLACE: u64 = 1 << 20;

    /// Parts of `part_size` bytes, 1 MiB to 1 GiB.
    pub fn new(part_size: u64) -> LivePlan {
        LivePlan {
            part_size: part_size.clamp(SMALLEST, 1 << 30),
            media: Vec::new(),
            parts: Vec::new(),
            out: Vec::new(),
            finished: false,
            padded: false,
        }
    }

    /// Parts of [`Self::BLOCK`] bytes, for an object whose head is padded so that its media begins at [`Self::PLACE`] of a
    /// block. Which bytes are which part is fixed by that: what is deleted or moved changes all parts behind it. A film
    /// that is not padded is sent in such parts as well, from its first byte.
    pub fn padded() -> LivePlan {
        LivePlan { padded: true, ..LivePlan::new(BLOCK) }
    }

    /// This is all media by now, in the object's order; with `last` it is the whole object, the head before all. Nothing
    /// is taken after that.
    pub fn handle_media(&mut self, media: &[SourceRange], last: bool) {
        if self.finished {
            return;
        }
        if last && self.parts.is_empty() {
            // Begun again only now: the parts that an earlier run sent were cut where the media alone has them.
            self.take(media, false);
        }
        self.finished = last;
        self.take(media, true);
        if last {
            self.out.push(LiveOutput::Finish);
        }
    }

    /// Plans for this media, with the film's own bytes or without.
    fn take(&mut self, media: &[SourceRange], own: bool) {
        self.media.clear();
        let wanted = |range: &&SourceRange| own || range.source != Self::OWN;
        media.iter().filter(wanted).for_each(|range| push(&mut self.media, *range));
        let before = std::mem::take(&mut self.parts);
        let numbers: Vec<u32> = before.iter().map(|part| part.number).collect();
        if self.padded {
            self.cut_blocks(&before);
        } else {
            let standing = longest(before.into_iter().filter_map(|part| self.stand(part)).collect());
            self.cut(standing);
        }
        let parts = &mut self.parts;
        let gone = numbers.into_iter().filter(|old| parts.binary_search_by_key(old, |part| part.number).is_err());
        self.out.extend(gone.map(LiveOutput::Withdraw));
        // From the last on, so that the first is told last.
        for part in parts.iter_mut().rev().filter(|part| !part.told) {
            part.told = true;
            self.out.push(LiveOutput::Part { number: part.number, ranges: part.ranges.clone() });
        }
    }

    /// What the uploader is told next.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<LiveOutput> {
        (!self.out.is_empty()).then(|| self.out.remove(0))
    }

    /// Where in the object's bytes, as far as they are known, these stand; `None` where they do not, or not together.
    pub fn place(&self, range: &SourceRange) -> Option<u64> {
        let mut at = 0;
        for here in &self.media {
            let inside = range.offset.checked_sub(here.offset).filter(|_| range.source == here.source);
            if let Some(inside) = inside.filter(|inside| inside.saturating_add(range.length) <= here.length) {
                return Some(at + inside);
            }
            at += here.length;
        }
        None
    }

    /// Whether a part is still one stretch of the media.
    fn stand(&self, part: Planned) -> Option<Standing> {
        let place = self.place(part.ranges.first()?)?;
        let mut end = place;
        for range in &part.ranges {
            (self.place(range)? == end).then_some(())?;
            end += range.length;
        }
        Some(Standing { part, place, size: end - place })
    }

    /// Makes parts of everything around those that stand.
    fn cut(&mut self, standing: Vec<Standing>) {
        let (mut at, mut number) = (0, 0);
        for Standing { part, place, size } in standing {
            let (mut begin, mut last) = (at, number);
            if number == 0 {
                // Part 1 is there in any case. It is small, for it comes last; the head alone makes it larger.
                let rest = place.saturating_sub(SMALLEST);
                begin = if fits(rest, part.number - 2) { SMALLEST } else { place };
                last = 1;
                if place < SMALLEST || begin > if self.finished { LARGEST } else { 2 * SMALLEST } {
                    continue;
                }
            }
            let free = part.number - last - 1;
            if !fits(place - begin, free) {
                // Its bytes and its number go to what lies before it.
                continue;
            }
            if number == 0 {
                self.tell_first(begin);
            }
            let count = ((place - begin) / self.part_size).clamp(1, u64::from(free.max(1)));
            for piece in 0..count {
                let from = begin + (place - begin) * piece / count;
                self.tell(last + 1 + piece as u32, from, begin + (place - begin) * (piece + 1) / count);
            }
            (at, number) = (place + size, part.number);
            self.parts.push(part);
        }
        self.cut_rest(at, number);
    }

    /// What comes behind the last part that stands: whole parts, and when nothing more comes a last one of any size.
    fn cut_rest(&mut self, mut at: u64, mut number: u32) {
        let total = length(&self.media);
        if number == 0 {
            (at, number) = (total.min(SMALLEST), 1);
            self.tell_first(at);
        }
        while at < total && number < LAST {
            number += 1;
            let whole = (self.part_size << (number / GROWS)).min(1 << 30);
            let end = if number == LAST { total } else { total.min(at.saturating_add(whole)) };
            // The last number is that of all that is left, however much that will be.
            if (end - at < whole || number == LAST) && !self.finished {
                return;
            }
            self.tell(number, at, end);
            at = end;
        }
    }

    /// The blocks of a padded object, as if a head were there that ends where the media shall begin; the block that it ends
    /// in, and a last one that is short, are told with the head itself.
    fn cut_blocks(&mut self, before: &[Planned]) {
        let own = |range: &&SourceRange| self.finished && range.source == Self::OWN;
        let head = self.media.first().filter(own).map_or(0, |range| range.length);
        let missing = if self.finished { 0 } else { Self::PLACE };
        let total = length(&self.media) + missing;
        // What a head has beyond the numbers that are kept for it goes with the first part.
        let more = (head / BLOCK).saturating_sub(u64::from(BEGINS) - 1);
        let mut number = BEGINS - (head / BLOCK - more) as u32;
        let mut at = 0;
        while at < total {
            let whole = if at == 0 { BLOCK * (more + 1) } else { BLOCK };
            let end = if number == LAST { total } else { total.min(at + whole) };
            if self.finished || (at > 0 && end - at == BLOCK && number < LAST) {
                self.tell(number, at.saturating_sub(missing), end - missing);
            }
            if number == LAST {
                break;
            }
            (at, number) = (end, number + 1);
        }
        for part in &mut self.parts {
            let old = before.binary_search_by_key(&part.number, |old| old.number);
            part.told = old.is_ok_and(|old| before[old].ranges == part.ranges);
        }
    }

    /// The first part is told once there is a head.
    fn tell_first(&mut self, end: u64) {
        if self.finished {
            self.tell(1, 0, end);
        }
    }

    fn tell(&mut self, number: u32, from: u64, to: u64) {
        if from == to && number != 1 {
            return;
        }
        let (mut at, mut ranges) = (0, Vec::new());
        for here in &self.media {
            let (start, end) = (from.max(at), to.min(at + here.length));
            if start < end {
                ranges.push(SourceRange { offset: here.offset + (start - at), length: end - start, ..*here });
            }
            at += here.length;
        }
        self.parts.push(Planned { number, ranges, told: false });
    }
}

/// Whether so many bytes can be parts of so many numbers.
fn fits(bytes: u64, numbers: u32) -> bool {
    bytes == 0 || (bytes >= SMALLEST && numbers > 0 && bytes.div_ceil(u64::from(numbers)) <= LARGEST)
}

/// Of parts by number the most bytes that stand in the same order.
fn longest(mut parts: Vec<Standing>) -> Vec<Standing> {
    if parts.windows(2).all(|two| two[0].place < two[1].place) {
        return parts;
    }
    // For each part the most bytes up to it, and which one comes before it then.
    let mut best: Vec<(u64, Option<usize>)> = Vec::with_capacity(parts.len());
    for part in &parts {
        let before = (0..best.len()).filter(|one| parts[*one].place < part.place).max_by_key(|one| best[*one].0);
        best.push((part.size + before.map_or(0, |one| best[one].0), before));
    }
    let mut kept = Vec::new();
    let mut next = (0..best.len()).max_by_key(|one| best[*one].0);
    while let Some(one) = next {
        kept.push(one);
        next = best[one].1;
    }
    let mut place = 0;
    parts.retain(|_| {
        place += 1;
        kept.contains(&(place - 1))
    });
    parts
}

fn length(ranges: &[SourceRange]) -> u64 {
    ranges.iter().map(|range| range.length).fold(0, u64::saturating_add)
}

/// Appends; stretches that follow each other in one file are one.
fn push(ranges: &mut Vec<SourceRange>, range: SourceRange) {
    match ranges.last_mut() {
        _ if range.length == 0 => {}
        Some(last) if last.source == range.source && last.offset.checked_add(last.length) == Some(range.offset) => {
            last.length = last.length.saturating_add(range.length);
        }
        _ => ranges.push(range),
    }
}
