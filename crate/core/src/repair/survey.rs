//! A walk over the top-level boxes of a damaged file that does not stop where the chain of sizes breaks: it looks for the
//! next `moov` or `moof` byte by byte, and notes which sizes would make the chain whole. It reads headers, and media only
//! while it searches.

use std::ops::Range;

use super::WINDOW;
use super::retold::Fix;
use crate::isobmff::read::{Header, Parsed, fourcc_at, u32_at};
use crate::isobmff::{FourCc, Path};

/// Sizes that are put right; after more the rest of the file is left.
const MAX_FIXES: usize = 64;
/// Bytes by which a metadata box is recognised: its header, and that of its first child.
const MARK: u64 = 16;

/// The walk. Drive it like [`crate::demux::Scan`].
#[derive(Clone, Debug)]
pub(super) struct Survey {
    length: u64,
    at: u64,
    want: Want,
    /// The box before `at`.
    before: Option<Top>,
    found: Found,
}

/// What the walk found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The first `moov`, as far as it is in the file.
    pub(super) moov: Option<Range<u64>>,
    /// There is a `moof`.
    pub(super) moof: bool,
    /// The payload of the largest `mdat`, as far as it is in the file; without one, what does not look like a box.
    pub(super) media: Option<Range<u64>>,
    /// What makes the chain whole.
    pub(super) fixes: Vec<Fix>,
    /// What ends the last box with the file, where it states more.
    pub(super) clamp: Option<Fix>,
    /// Where the file would end if it were as long as its last box states.
    pub(super) stated: u64,
    /// What is told as `free`, since no box can be read there.
    pub(super) gaps: Vec<Range<u64>>,
    /// Bytes at the end in which nothing was found.
    pub(super) rest: u64,
}

/// A top-level box.
#[derive(Clone, Copy, Debug)]
struct Top {
    kind: FourCc,
    at: u64,
    header: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    /// This many bytes of a header at `at`.
    Header(u64),
    /// Search from here on; `at` is where the chain broke.
    Search(u64),
    Nothing,
}

impl Survey {
    pub(super) fn new(length: u64) -> Survey {
        let found = Found { stated: length, ..Found::default() };
        let mut survey = Survey { length, at: 0, want: Want::Nothing, before: None, found };
        survey.go_to(0);
        survey
    }

    /// Goes on with the walk that found this, behind a fragment at `at` that cannot be read.
    pub(super) fn beyond(length: u64, at: u64, found: Found) -> Survey {
        let mut survey = Survey { length, at, want: Want::Nothing, before: None, found };
        if length.saturating_sub(at) >= 2 * MARK && survey.found.fixes.len() < MAX_FIXES {
            survey.want = Want::Search(at + MARK);
        }
        survey
    }

    pub(super) fn poll_read(&self) -> Option<Range<u64>> {
        match self.want {
            Want::Header(bytes) => Some(self.at..self.at + bytes),
            Want::Search(from) => Some(from..self.length.min(from + WINDOW)),
            Want::Nothing => None,
        }
    }

    pub(super) fn handle_read(&mut self, bytes: &[u8]) {
        match self.want {
            Want::Header(_) => self.read_header(bytes),
            Want::Search(from) => self.search(from, bytes),
            Want::Nothing => {}
        }
    }

    pub(super) fn finish(self) -> Found {
        self.found
    }

    fn go_to(&mut self, at: u64) {
        self.at = at;
        if self.length.saturating_sub(at) >= 8 {
            self.want = Want::Header(8);
        } else if self.wanting() {
            self.look();
        } else {
            self.want = Want::Nothing;
        }
    }

    /// Whether a search can help: there is no `moov` yet, or there may be more fragments.
    fn wanting(&self) -> bool {
        self.found.moov.is_none() || self.found.moof
    }

    fn read_header(&mut self, bytes: &[u8]) {
        let header = match Header::parse(bytes, Path::ROOT) {
            Ok(Parsed::Whole(header)) if header.kind.iter().all(|byte| matches!(byte, 0x20..=0x7e | 0xa9)) => header,
            Ok(Parsed::Needs(needed)) if needed <= self.length - self.at => {
                self.want = Want::Header(needed);
                return;
            }
            _ => {
                if fourcc_at(bytes, 4) == Some(*b"mdat") {
                    self.media(self.at + 8..self.length);
                    self.before = Some(Top { kind: *b"mdat", at: self.at, header: 8 });
                }
                return self.broken();
            }
        };
        let present = self.length - self.at;
        let size = header.size.unwrap_or(present);
        let top = Top { kind: header.kind, at: self.at, header: header.length };
        let end = self.at.saturating_add(size).min(self.length);
        let known = matches!(&header.kind, b"moov" | b"moof" | b"mdat");
        if size > present && !known {
            return self.broken();
        }
        match &header.kind {
            b"moov" if self.found.moov.is_none() => self.found.moov = Some(self.at..end),
            b"moof" => self.found.moof = true,
            b"mdat" => self.media(self.at + header.length..end),
            _ => {}
        }
        self.before = Some(top);
        if size > present {
            self.found.stated = self.at.saturating_add(size);
            self.found.clamp = Some(resize(&top, self.length));
            self.at = self.length;
            self.want = Want::Nothing;
            // A fragment cut short is that; an `mdat` may have swallowed what comes after it.
            if header.kind == *b"mdat" && self.wanting() {
                self.look();
            }
        } else {
            self.go_to(end);
        }
    }

    /// Keeps the largest.
    fn media(&mut self, payload: Range<u64>) {
        let length = |range: &Range<u64>| range.end.saturating_sub(range.start);
        if self.found.media.as_ref().is_none_or(|media| length(media) < length(&payload)) {
            self.found.media = Some(payload);
        }
    }

    /// No box can begin at `at`.
    fn broken(&mut self) {
        if self.before.is_none_or(|before| before.kind != *b"mdat") && self.found.media.is_none() {
            self.found.media = Some(self.at..self.length);
        }
        if self.wanting() { self.look() } else { self.end() }
    }

    /// Searches from the box before on: its size may be what is wrong.
    fn look(&mut self) {
        let from = self.before.map_or(self.at, |before| before.at + before.header);
        self.want = Want::Search(from);
        if self.length.saturating_sub(from) < MARK || self.found.fixes.len() == MAX_FIXES {
            self.end();
        }
    }

    /// Nothing more was found: an `mdat` before lasts to the end, and anything else is left.
    fn end(&mut self) {
        self.want = Want::Nothing;
        if self.at >= self.length {
            return;
        }
        match self.before {
            Some(before) if before.kind == *b"mdat" => {
                self.found.fixes.push(resize(&before, self.length));
                self.media(before.at + before.header..self.length);
            }
            Some(before) if before.kind == *b"moof" && self.length - self.at >= 8 => {
                self.found.fixes.push(Fix::header(self.at, *b"mdat", self.length - self.at));
            }
            _ => self.found.rest = self.length - self.at,
        }
    }

    fn search(&mut self, from: u64, bytes: &[u8]) {
        let Some(place) = bytes.windows(MARK as usize).position(marked) else {
            let next = from + (bytes.len() as u64).saturating_sub(MARK - 1);
            if self.length - next < MARK || bytes.len() < MARK as usize {
                self.end();
            } else {
                self.want = Want::Search(next);
            }
            return;
        };
        let next = from + place as u64;
        match self.before {
            Some(before) if before.kind == *b"mdat" => {
                self.found.fixes.push(resize(&before, next));
                // The largest so far may be this one as it was stated.
                let payload = before.at + before.header..next;
                if self.found.media.as_ref().is_some_and(|media| media.start == payload.start) {
                    self.found.media = Some(payload);
                } else {
                    self.media(payload);
                }
            }
            // Behind a `moof` stands its `mdat`, even if its header is gone.
            Some(before) if before.kind == *b"moof" && next >= self.at + 8 => {
                self.found.fixes.push(Fix::header(self.at, *b"mdat", next - self.at));
            }
            _ => {
                // What cannot be read lasts from where the chain broke, or from the box before where that hid it.
                let start = if next >= self.at + 8 { self.at } else { self.before.map_or(self.at, |before| before.at) };
                if next >= start + 8 {
                    self.found.fixes.push(Fix::header(start, *b"free", next - start));
                    self.found.gaps.push(start..next);
                }
            }
        }
        self.found.stated = self.length;
        self.found.clamp = None;
        self.before = None;
        self.go_to(next);
    }
}

/// The header of a box that ends at `end`.
fn resize(top: &Top, end: u64) -> Fix {
    match top.header {
        16 => Fix::long(top.at, top.kind, end - top.at),
        _ => Fix::header(top.at, top.kind, end - top.at),
    }
}

/// Whether these bytes begin a `moov` or a `moof`: their first child says so too.
fn marked(bytes: &[u8]) -> bool {
    let (Some(size), Some(kind)) = (u32_at(bytes, 0), fourcc_at(bytes, 4)) else { return false };
    let (Some(inner), Some(child)) = (u32_at(bytes, 8), fourcc_at(bytes, 12)) else { return false };
    let fits = (8..=size.saturating_sub(8)).contains(&inner);
    match &kind {
        b"moov" => fits && matches!(&child, b"mvhd" | b"trak" | b"mvex" | b"udta" | b"iods" | b"meta" | b"free"),
        b"moof" => inner == 16 && fits && child == *b"mfhd",
        _ => false,
    }
}
