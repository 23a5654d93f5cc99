//! Which bytes of which file a film refers to, in the order of the film, and where each of them lies in its payload. Of
//! each clip the bytes its samples need, with what lies between them unless that is much.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::isobmff::tables::Chunk;

/// Bytes nobody needs that are carried along rather than skipped: a span costs more than they do.
const NEAR: u64 = 1 << 20;

/// A stretch of a source file that stands in the film as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Which file.
    pub source: u32,
    /// Which of its bytes.
    pub range: Range<u64>,
}

/// The bytes of one clip.
#[derive(Clone, Debug, Default)]
pub(super) struct Needed {
    /// In order, none near the next.
    pub(super) ranges: Vec<Range<u64>>,
    /// Where each of them begins in the payload.
    pub(super) places: Vec<u64>,
}

impl Needed {
    /// Adds the bytes of a chunk.
    pub(super) fn add(&mut self, chunk: &Chunk) {
        let mut range = chunk.offset..chunk.end();
        if range.is_empty() {
            return;
        }
        let first = self.ranges.partition_point(|one| one.end.saturating_add(NEAR) < range.start);
        let end = first + self.ranges[first..].partition_point(|one| one.start <= range.end.saturating_add(NEAR));
        if let [one] = &mut self.ranges[first..end] {
            (one.start, one.end) = (one.start.min(range.start), one.end.max(range.end));
            return;
        }
        if let [one, .., last] = &self.ranges[first..end] {
            range = one.start.min(range.start)..last.end.max(range.end);
        }
        self.ranges.splice(first..end, [range]);
    }

    /// Puts it at this place of the payload; the place after it, `None` beyond 64 bits.
    pub(super) fn put(&mut self, mut place: u64) -> Option<u64> {
        for range in &self.ranges {
            self.places.push(place);
            place = place.checked_add(range.end - range.start)?;
        }
        Some(place)
    }

    /// Where a needed byte of the file lies in the payload. An empty chunk lies anywhere.
    pub(super) fn place(&self, offset: u64) -> u64 {
        let after = self.ranges.partition_point(|one| one.start <= offset);
        match (self.ranges[..after].last(), self.places[..after].last()) {
            (Some(range), Some(place)) if offset <= range.end => place + (offset - range.start),
            _ => self.places.first().copied().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(chunks: &[(u64, u64)]) -> Needed {
        let mut needed = Needed::default();
        let chunk = |&(offset, bytes): &(u64, u64)| Chunk { offset, samples: 1, bytes, entry: 0 };
        chunks.iter().for_each(|one| needed.add(&chunk(one)));
        needed
    }

    #[test]
    fn bytes_in_any_order_become_few_spans_with_every_byte_in_its_place() {
        let far = 3 << 20;
        let mut one = needed(&[(far, 10), (100, 10), (far + 500, 10), (50, 5), (2 * far, 1), (7, 0)]);
        assert_eq!(one.ranges, [50..110, far..far + 510, 2 * far..2 * far + 1]);
        assert_eq!(one.put(1000), Some(1000 + 60 + 510 + 1));
        assert_eq!((one.place(100), one.place(far + 500), one.place(2 * far)), (1050, 1560, 1570));
        // A chunk that bridges two spans makes them one.
        assert_eq!(needed(&[(0, 10), (far, 10), (20, far), (4 * far, 1)]).ranges, [0..far + 20, 4 * far..4 * far + 1]);
    }
}
