//! Contents without their bytes: stretches of endless patterns, whose sums are computed once and kept.

use std::cell::RefCell;
use std::collections::HashMap;

use onetake_core::upload::{Digests, PieceHasher, Read, SourceRange};

/// Every pattern repeats after this many bytes.
const PERIOD: u64 = 251;

/// What was sent or stored: stretches of sources, neighbours joined; or something that was changed on the way.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Content {
    pub(crate) ranges: Vec<SourceRange>,
    pub(crate) damaged: bool,
}

impl Content {
    pub(crate) fn of(ranges: &[SourceRange]) -> Content {
        let mut content = Content::default();
        for range in ranges {
            content.push(*range);
        }
        content
    }

    fn push(&mut self, range: SourceRange) {
        match self.ranges.last_mut() {
            Some(last) if last.source == range.source && last.offset + last.length == range.offset => {
                last.length += range.length;
            }
            _ if range.length == 0 => {}
            _ => self.ranges.push(range),
        }
    }

    pub(crate) fn append(&mut self, other: &Content) {
        other.ranges.iter().for_each(|range| self.push(*range));
        self.damaged |= other.damaged;
    }

    pub(crate) fn size(&self) -> u64 {
        self.ranges.iter().map(|range| range.length).sum()
    }

    /// The sums that are asked for, and no others.
    pub(crate) fn sums(&self, wanted: &Read) -> Digests {
        let mut digests = self.digests(wanted.step);
        if !wanted.md5 {
            digests.md5 = [0; 16];
        }
        if !wanted.crc32 {
            digests.crc32 = 0;
        }
        digests
    }

    /// Some of it.
    pub(crate) fn slice(&self, offset: u64, length: u64) -> Content {
        let (mut from, end) = (offset, offset + length);
        let mut cut = Content { ranges: Vec::new(), damaged: self.damaged };
        let mut at = 0;
        for range in &self.ranges {
            let (start, stop) = (from.max(at), end.min(at + range.length));
            if start < stop {
                let offset = range.offset + start - at;
                cut.push(SourceRange { source: range.source, offset, length: stop - start });
                from = stop;
            }
            at += range.length;
        }
        cut
    }

    /// Its sums, with the running CRC-32 after each `step`.
    pub(crate) fn digests(&self, step: u64) -> Digests {
        type Known = HashMap<(Vec<(u64, u64)>, bool, u64), Digests>;
        thread_local!(static KNOWN: RefCell<Known> = RefCell::default());
        let phase = |range: &SourceRange| ((range.offset + u64::from(range.source) * 97) % PERIOD, range.length);
        let name = (self.ranges.iter().map(phase).collect::<Vec<_>>(), self.damaged, step);
        if let Some(known) = KNOWN.with_borrow(|known| known.get(&name).cloned()) {
            return known;
        }
        let mut hasher = PieceHasher::new(step);
        let mut damage = u8::from(self.damaged);
        for (phase, length) in &name.0 {
            let mut at = 0;
            while at < *length {
                let portion = (length - at).min(PERIOD * 4096);
                let mut bytes = pattern(phase + at, portion as usize);
                if let Some(first) = bytes.first_mut() {
                    *first ^= std::mem::take(&mut damage);
                }
                hasher.update(&bytes);
                at += portion;
            }
        }
        let digests = hasher.finish();
        KNOWN.with_borrow_mut(|known| known.insert(name, digests.clone()));
        digests
    }
}

/// `length` bytes of the pattern from `phase` on.
fn pattern(phase: u64, length: usize) -> Vec<u8> {
    let period = (0..PERIOD).map(|place| ((phase + place) * 31 % PERIOD) as u8).collect::<Vec<_>>();
    let mut bytes = period.repeat(length.div_ceil(PERIOD as usize));
    bytes.truncate(length);
    bytes
}
