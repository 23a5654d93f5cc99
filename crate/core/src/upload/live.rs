//! Which part of an object holds which bytes, while a recording that is uploaded still grows and shrinks.
//!
//! The object will be a head, then all media in the order of recording. Part 1 is the head and the first of the media; it
//! is sent last, for the head is made last. Parts from 2 on are cut as media is stored. A deleted segment's bytes are cut
//! out of every part that holds some; such a part is told anew under its number. No part but the last may be smaller than
//! 1 MiB (Kodo says so when the object is made), so what is left of a part joins a neighbour. It knows spans and nothing of
//! what they hold.

use super::options::SourceRange;

/// Smallest part but the last.
const SMALLEST: u64 = 1 << 20;

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

/// A stretch of a segment's media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    segment: u64,
    range: SourceRange,
}

/// A part from number 2 on.
#[derive(Clone, Debug)]
struct Planned {
    number: u32,
    spans: Vec<Span>,
    /// Its present bytes were told.
    told: bool,
}

/// The parts of a growing object.
#[derive(Clone, Debug)]
pub struct LivePlan {
    part_size: u64,
    /// Media that goes into part 1, behind the head.
    lead: Vec<Span>,
    lead_size: u64,
    /// Whole parts, by number.
    parts: Vec<Planned>,
    /// Media that is no whole part yet.
    open: Vec<Span>,
    /// Numbers that were told and are not used any more.
    withdrawn: Vec<u32>,
    out: Vec<LiveOutput>,
    finished: bool,
}

impl LivePlan {
    /// Parts of `part_size` bytes, 1 MiB to 1 GiB; `lead` bytes of media go with the head into part 1, 1 MiB or more.
    pub fn new(part_size: u64, lead: u64) -> LivePlan {
        LivePlan {
            part_size: part_size.clamp(SMALLEST, 1 << 30),
            lead: Vec::new(),
            lead_size: lead.max(SMALLEST),
            parts: Vec::new(),
            open: Vec::new(),
            withdrawn: Vec::new(),
            out: Vec::new(),
            finished: false,
        }
    }

    /// A segment's next bytes are stored. They lie behind all before them in the object.
    pub fn handle_span(&mut self, segment: u64, range: SourceRange) {
        if self.finished {
            return;
        }
        let mut span = Span { segment, range };
        let room = self.lead_size.saturating_sub(size(&self.lead));
        // The lead is filled only while nothing lies behind it.
        if room > 0 && self.parts.is_empty() && self.open.is_empty() {
            push(&mut self.lead, take(&mut span, room));
        }
        while span.range.length > 0 {
            let room = self.part_size.saturating_sub(size(&self.open)).max(1);
            push(&mut self.open, take(&mut span, room));
            if size(&self.open) >= self.part_size {
                self.close();
            }
        }
        self.tell();
    }

    /// A segment was deleted: none of its bytes may be in the object.
    pub fn handle_delete(&mut self, segment: u64) {
        if self.finished {
            return;
        }
        self.lead.retain(|span| span.segment != segment);
        self.open.retain(|span| span.segment != segment);
        for part in &mut self.parts {
            if part.spans.iter().any(|span| span.segment == segment) {
                part.spans.retain(|span| span.segment != segment);
                part.told = false;
            }
        }
        self.mend();
        self.tell();
    }

    /// No more media comes, and this is the head (none where the driver puts it elsewhere): the last parts are told.
    pub fn handle_finish(&mut self, head: Vec<SourceRange>) {
        if self.finished {
            return;
        }
        self.finished = true;
        if !self.open.is_empty() {
            self.close();
        }
        let mut first = head;
        first.extend(self.lead.iter().map(|span| span.range));
        let length = |ranges: &[SourceRange]| ranges.iter().map(|range| range.length).fold(0, u64::saturating_add);
        // Too small to have anything behind it: it takes the parts that follow.
        while length(&first) < SMALLEST && !self.parts.is_empty() {
            let part = self.parts.remove(0);
            first.extend(part.spans.iter().map(|span| span.range));
            self.withdrawn.push(part.number);
        }
        self.tell();
        self.out.push(LiveOutput::Part { number: 1, ranges: first });
        self.out.push(LiveOutput::Finish);
    }

    /// What the uploader is told next.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<LiveOutput> {
        (!self.out.is_empty()).then(|| self.out.remove(0))
    }

    /// The object's media in order: what follows the head, as the parts hold it.
    pub fn media(&self) -> Vec<SourceRange> {
        let parts = self.parts.iter().flat_map(|part| &part.spans);
        self.lead.iter().chain(parts).chain(&self.open).map(|span| span.range).collect()
    }

    /// The open media becomes a part.
    fn close(&mut self) {
        let number = self.parts.last().map_or(2, |part| part.number + 1);
        let spans = std::mem::take(&mut self.open);
        self.parts.push(Planned { number, spans, told: false });
    }

    /// After a deletion: parts without bytes go; the last part is open again where it is not full; what is too small joins
    /// the part before it, or where there is none the one behind.
    fn mend(&mut self) {
        let mut place = 0;
        while place < self.parts.len() {
            let length = size(&self.parts[place].spans);
            let changed = !self.parts[place].told;
            if length == 0 {
                let part = self.parts.remove(place);
                self.withdrawn.push(part.number);
            } else if changed && length < SMALLEST && place > 0 {
                let part = self.parts.remove(place);
                self.withdrawn.push(part.number);
                self.parts[place - 1].spans.extend(part.spans);
                self.parts[place - 1].told = false;
            } else if changed && length < SMALLEST && place + 1 < self.parts.len() {
                let part = self.parts.remove(place);
                self.withdrawn.push(part.number);
                self.parts[place].spans.splice(0..0, part.spans);
                self.parts[place].told = false;
            } else {
                place += 1;
            }
        }
        // Nothing lies behind the last part: what is missing in it may still come.
        if let Some(last) = self.parts.last()
            && !last.told
            && size(&last.spans) < self.part_size
        {
            let last = self.parts.remove(self.parts.len() - 1);
            self.withdrawn.push(last.number);
            self.open.splice(0..0, last.spans);
        }
        if size(&self.open) >= self.part_size {
            self.close();
        }
    }

    /// Tells what changed. A number that is used again is not withdrawn, but told anew.
    fn tell(&mut self) {
        let used = &self.parts;
        self.withdrawn.retain(|number| !used.iter().any(|part| part.number == *number));
        let gone = std::mem::take(&mut self.withdrawn).into_iter().map(LiveOutput::Withdraw);
        self.out.extend(gone);
        for part in self.parts.iter_mut().filter(|part| !part.told) {
            part.told = true;
            let ranges = part.spans.iter().map(|span| span.range).collect();
            self.out.push(LiveOutput::Part { number: part.number, ranges });
        }
    }
}

fn size(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.range.length).fold(0, u64::saturating_add)
}

/// Up to `length` bytes from the beginning of `span`.
fn take(span: &mut Span, length: u64) -> Span {
    let length = length.min(span.range.length);
    let taken = Span { segment: span.segment, range: SourceRange { length, ..span.range } };
    span.range.offset = span.range.offset.saturating_add(length);
    span.range.length -= length;
    taken
}

/// Appends; stretches that follow each other in one file are one.
fn push(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last)
            if last.segment == span.segment
                && last.range.source == span.range.source
                && last.range.offset.checked_add(last.range.length) == Some(span.range.offset) =>
        {
            last.range.length += span.range.length;
        }
        _ if span.range.length == 0 => {}
        _ => spans.push(span),
    }
}
