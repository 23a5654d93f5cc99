//! When pictures are shown, from their picture order counts (ISO/IEC 14496-10 s.8.2.1) alone: the composition offsets that
//! a lost `moov` took with it. It decides ranks, never times in seconds.

use crate::codec::slice::Slice;
use crate::isobmff::tables::Runs;

/// Pictures a decoder may hold back (`max_dec_frame_buffering`, annex E.2.1): with so many, shown in order of their
/// counts, none is late.
const DEPTH: usize = 16;
/// Pictures that may wait for one held back. Legal streams stay near [`DEPTH`]; others are shown as they come.
const MOST: usize = 64;

/// Puts pictures into the order they are shown in.
#[derive(Clone, Debug, Default)]
pub(super) struct Reorder {
    /// Pictures not shown yet: number in decoding order, order count.
    held: Vec<(u64, i64)>,
    /// Place in showing order of the picture `settled` and those after it, where known.
    places: Vec<Option<u64>>,
    settled: u64,
    shown: u64,
    /// Place less number, of every settled picture.
    shifts: Runs<i32>,
    /// The most places a picture is shown before its number.
    early: i32,
    /// High part and low part of the last reference picture's count.
    last: (i64, u32),
}

impl Reorder {
    /// The next picture in decoding order.
    pub(super) fn push(&mut self, slice: &Slice) {
        if slice.idr {
            self.flush();
        }
        let number = self.settled + self.places.len() as u64;
        let count = match (slice.order.lsb_bits, slice.lsb) {
            (Some(bits), Some(lsb)) => self.count(slice, bits, lsb),
            // Type 2 shows pictures as they are decoded; type 1 may not, but hardly anybody uses it.
            _ => i64::try_from(number).unwrap_or(i64::MAX),
        };
        self.held.push((number, count));
        self.places.push(None);
        if self.held.len() > DEPTH {
            self.show();
        }
        if self.places.len() > MOST {
            self.flush();
        }
    }

    /// How many pictures later than it is decoded each is shown, all delayed by the number given with them, which is the
    /// least that keeps every offset from being negative.
    pub(super) fn finish(mut self) -> (Runs<i32>, i32) {
        self.flush();
        let mut offsets = Runs::default();
        for &(count, shift) in self.shifts.runs() {
            offsets.push(count, shift + self.early);
        }
        (offsets, self.early)
    }

    /// s.8.2.1.1
    fn count(&mut self, slice: &Slice, bits: u32, lsb: u32) -> i64 {
        let (mut high, low) = if slice.idr { (0, 0) } else { self.last };
        let (whole, half) = (1_i64 << bits, 1_u32 << (bits - 1));
        if lsb < low && low - lsb >= half {
            high += whole;
        } else if lsb > low && lsb - low > half {
            high -= whole;
        }
        if slice.reference {
            self.last = (high, lsb);
        }
        high + i64::from(lsb)
    }

    fn flush(&mut self) {
        while !self.held.is_empty() {
            self.show();
        }
    }

    /// Shows the held picture of the lowest count.
    fn show(&mut self) {
        let mut lowest = 0;
        for (place, held) in self.held.iter().enumerate() {
            if held.1 < self.held[lowest].1 {
                lowest = place;
            }
        }
        let (number, _) = self.held.remove(lowest);
        // Held pictures are not settled, so their places are there.
        self.places[(number - self.settled) as usize] = Some(self.shown);
        self.shown += 1;
        let known = self.places.iter().take_while(|place| place.is_some()).count();
        for place in self.places.drain(..known).flatten() {
            // Neither strays further than `MOST`.
            let shift = (place as i64 - self.settled as i64) as i32;
            self.early = self.early.max(-shift);
            self.shifts.push(1, shift);
            self.settled += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::avc::Order;

    /// Offsets of pictures with these low parts of 4 bits; 0 begins a sequence, odd ones are no references.
    fn offsets(counts: &[u32]) -> (Vec<i32>, i32) {
        let order = Order { frame_num_bits: 4, lsb_bits: Some(4), frames_only: true, ..Order::default() };
        let mut reorder = Reorder::default();
        for (number, &count) in counts.iter().enumerate() {
            let (idr, reference) = (number == 0 || count == 100, count % 2 == 0);
            let lsb = Some(if count == 100 { 0 } else { count });
            reorder.push(&Slice { first: true, idr, reference, frame_num: 0, field: None, lsb, order });
        }
        let (offsets, delay) = reorder.finish();
        (offsets.iter().collect(), delay)
    }

    #[test]
    fn pictures_are_shown_by_their_counts() {
        assert_eq!(offsets(&[0, 2, 4, 6]), (vec![0; 4], 0));
        // I P b b P b b: shown 0 2 3 1 5 6 4, and a count that runs over its 4 bits.
        assert_eq!(offsets(&[0, 6, 1, 3, 12, 7, 9]), (vec![1, 3, 0, 0, 3, 0, 0], 1));
        assert_eq!(offsets(&[0, 6, 12, 2, 8]).1, 0);
        // A second IDR begins again.
        assert_eq!(offsets(&[0, 6, 1, 3, 100, 6, 1, 3]), (vec![1, 3, 0, 0, 1, 3, 0, 0], 1));
    }

    #[test]
    fn nonsense_costs_no_memory() {
        let mut counts = vec![0];
        counts.extend([14, 7, 1, 8, 3].repeat(1000));
        let (offsets, _) = offsets(&counts);
        assert_eq!(offsets.len(), counts.len());
        assert!(offsets.iter().all(|offset| (0..=2 * MOST as i32).contains(offset)));
    }
}
