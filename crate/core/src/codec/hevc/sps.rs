//! The sequence parameter set of H.265 (ITU-T H.265 s.7.3.2.2), read up to what annex E calls the video signal type: the same
//! encoder writes another colour description for every camera, and slices decode alike under all of them.

use std::ops::Range;

use crate::codec::avc::{Colour, Reader};
use crate::codec::bits::unescape;

/// The most short-term and long-term sets, and pictures in one (s.7.4.3.2.1, 7.4.8).
const MOST: (u32, u32, u32) = (64, 32, 16);
/// Fields of one bit in a VUI that says nothing, but for its colours: each absent (annex E.2.1).
const SILENT: u32 = 9;

/// Everything but the colours, bit after bit, and the colours; `None` where it ends early or breaks the specification's
/// ranges. A VUI that is absent stands as one that says nothing.
pub(super) fn split(nal: &[u8]) -> Option<(Vec<u8>, Colour)> {
    let plain = unescape(nal);
    let mut reader = Reader::new(&plain);
    reader.up_to_vui()?;
    // Each field is a code of its own, so bits that are alike are fields that are alike, wherever one ends. They are kept as
    // bits: a foreign file may have 64 KiB of them in each of many sets.
    let mut rest = Packed { bytes: Vec::with_capacity(plain.len() + 2), room: 0 };
    rest.extend(&plain, 0..reader.bits.place());
    let mut colour = Colour::default();
    if reader.bits.bit()? {
        let begin = reader.bits.place();
        reader.aspect()?;
        rest.extend(&plain, begin..reader.bits.place());
        colour = reader.colour()?;
    } else {
        (0..SILENT).for_each(|_| rest.push(false));
    }
    rest.extend(&plain, reader.bits.place()..8 * plain.len());
    // Where the set ends within its last byte depends on what was said of colours.
    while rest.bytes.last() == Some(&0) {
        rest.bytes.pop();
    }
    Some((rest.bytes, colour))
}

/// Bits, most significant first.
struct Packed {
    bytes: Vec<u8>,
    /// Bits free in the last byte.
    room: u32,
}

impl Packed {
    fn push(&mut self, bit: bool) {
        if self.room == 0 {
            self.bytes.push(0);
            self.room = 8;
        }
        self.room -= 1;
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << self.room;
        }
    }

    /// These bits of the bytes.
    fn extend(&mut self, bytes: &[u8], places: Range<usize>) {
        for place in places {
            self.push(bytes.get(place / 8).is_some_and(|byte| byte << (place % 8) & 0x80 != 0));
        }
    }
}

impl Reader<'_> {
    fn skip(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.bits.bit().map(|_| ()))
    }

    /// So many codes, `ue(v)` or `se(v)`: they are as long.
    fn codes(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.bits.ue().map(|_| ()))
    }

    fn up_to_vui(&mut self) -> Option<()> {
        // The NAL header, and which video parameter set it belongs to.
        self.skip(20)?;
        let layers = self.bits.bits(3)?;
        self.skip(1)?;
        self.profiles(layers)?;
        self.bits.ue()?;
        if self.bits.ue()? == 3 {
            self.skip(1)?;
        }
        self.codes(2)?;
        if self.bits.bit()? {
            self.codes(4)?;
        }
        self.codes(2)?;
        let order_bits = self.bits.ue()?.checked_add(4).filter(|bits| *bits <= 16)?;
        let told = if self.bits.bit()? { layers + 1 } else { 1 };
        self.codes(3 * told)?;
        self.codes(6)?;
        if self.bits.bit()? && self.bits.bit()? {
            self.scaling_lists()?;
        }
        self.skip(2)?;
        if self.bits.bit()? {
            self.skip(8)?;
            self.codes(2)?;
            self.skip(1)?;
        }
        self.short_term_sets()?;
        if self.bits.bit()? {
            let pictures = self.bits.ue().filter(|count| *count <= MOST.1)?;
            self.skip(pictures * (order_bits + 1))?;
        }
        self.skip(2)
    }

    /// s.7.3.3
    fn profiles(&mut self, layers: u32) -> Option<()> {
        self.skip(96)?;
        let mut present = 0;
        for _ in 0..layers {
            let (profile, level) = (self.bits.bit()?, self.bits.bit()?);
            present += if profile { 88 } else { 0 } + if level { 8 } else { 0 };
        }
        if layers > 0 {
            self.skip(2 * (8 - layers))?;
        }
        self.skip(present)
    }

    /// s.7.3.4
    fn scaling_lists(&mut self) -> Option<()> {
        for size in 0..4 {
            for _ in 0..if size == 3 { 2 } else { 6 } {
                let own = self.bits.bit()?;
                let values = if size > 1 { 65 } else { 16 << (2 * size) };
                self.codes(if own { values } else { 1 })?;
            }
        }
        Some(())
    }

    /// s.7.3.7
    fn short_term_sets(&mut self) -> Option<()> {
        let sets = self.bits.ue().filter(|count| *count <= MOST.0)?;
        let mut pictures = 0;
        for set in 0..sets {
            if set > 0 && self.bits.bit()? {
                self.skip(1)?;
                self.bits.ue()?;
                let before = pictures;
                pictures = 0;
                for _ in 0..=before {
                    // Used by the current picture, or else perhaps by later ones.
                    pictures += u32::from(self.bits.bit()? || self.bits.bit()?);
                }
                continue;
            }
            let (before, after) = (self.bits.ue()?, self.bits.ue()?);
            pictures = before.checked_add(after).filter(|count| *count <= MOST.2)?;
            for _ in 0..pictures {
                self.bits.ue()?;
                self.skip(1)?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::avc::tests::BitWriter;

    /// Of 640 x 360 as x265 writes it, up to its VUI, and from what follows the colours on.
    const BEFORE: [u8; 30] = [
        0x42, 1, 1, 1, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f, 0xa0, 5, 2, 1, 0x69, 0x65, 0x92, 0xa4, 0x93,
        0x2b, 0xc0, 0x5a,
    ];
    const AFTER: [u8; 11] = [0, 0, 3, 0, 2, 0, 0, 3, 0, 0x3c, 0x10];

    #[test]
    fn sets_of_one_encoder_differ_in_their_colours_alone() {
        let set = |colours: &[u8]| split(&[BEFORE.as_slice(), colours, &AFTER].concat()).expect("a whole set");
        let colour = |matrix| Colour { full_range: false, primaries: 1, transfer: 1, matrix };
        let (shape, first) = set(&[0x80, 0x80, 0x80, 0x82]);
        assert_eq!(first, colour(1));
        assert_eq!(set(&[0x80, 0x80, 0x83, 0x02]), (shape.clone(), colour(6)));
        assert_eq!(set(&[0x80, 0x80, 0x84, 0x82]), (shape.clone(), colour(9)));
        assert_eq!(set(&[0x02]), (shape.clone(), Colour::default()));
        let mut larger = BEFORE;
        larger[19] = 4;
        let larger = split(&[larger.as_slice(), &[0x02], &AFTER].concat());
        assert_ne!(larger.map(|(shape, _)| shape), Some(shape));
        assert_eq!(split(&BEFORE), None);
    }

    /// A set with everything that may stand before the VUI, then a VUI of these colours alone, or none.
    fn everything(colour: Option<Colour>) -> Vec<u8> {
        let mut bits = BitWriter::default();
        bits.bits(8, 1).bits(4, 0).bits(3, 1).bits(1, 1).bits(32, 1).bits(32, 2).bits(32, 3);
        // One more layer, with profile and level.
        bits.bits(2, 3).bits(14, 0).bits(32, 4).bits(32, 5).bits(32, 6);
        bits.ue(0).ue(1).ue(639).ue(359).bits(1, 1).ue(0).ue(1).ue(0).ue(2).ue(0).ue(0).ue(4).bits(1, 0).ue(4).ue(2);
        bits.ue(5).ue(0).ue(3).ue(0).ue(3).ue(1).ue(1);
        // Scaling lists: the first of 4 x 4 and the first of 16 x 16 their own, all others like ones before.
        bits.bits(2, 3);
        for list in 0..20 {
            let values = [(0, 16), (12, 65)].into_iter().find(|(own, _)| *own == list);
            bits.bits(1, values.is_some().into());
            (0..values.map_or(1, |(_, values)| values)).for_each(|_| _ = bits.ue(7));
        }
        bits.bits(2, 3).bits(1, 1).bits(8, 0x77).ue(0).ue(2).bits(1, 1);
        // Three sets of references: one behind and one ahead, the same moved, and that moved with one left out.
        bits.ue(3).ue(1).ue(1).ue(0).bits(1, 1).ue(3).bits(1, 0);
        bits.bits(2, 3).ue(0).bits(1, 1).bits(2, 1).bits(2, 0);
        bits.bits(2, 2).ue(1).bits(1, 1).bits(2, 0).bits(1, 1);
        // Two long-term ones, in eight bits of order.
        bits.bits(1, 1).ue(2).bits(9, 0x101).bits(9, 0x55).bits(2, 2);
        match colour {
            None => bits.bits(1, 0),
            Some(Colour { full_range, primaries, transfer, matrix }) => {
                bits.bits(3, 0b100).bits(1, 1).bits(3, 5).bits(1, full_range.into()).bits(1, 1);
                bits.bits(8, primaries.into()).bits(8, transfer.into()).bits(8, matrix.into()).bits(7, 0)
            }
        };
        bits.bits(1, 0).nal(0x42)
    }

    #[test]
    fn what_may_stand_before_the_colours_is_read_over() {
        let colour = Colour { full_range: true, primaries: 12, transfer: 13, matrix: 5 };
        let (shape, found) = split(&everything(Some(colour))).expect("a whole set");
        assert_eq!(found, colour);
        assert_eq!(split(&everything(None)), Some((shape, Colour::default())), "a VUI that is absent says nothing");
        let whole = everything(Some(colour));
        for end in 0..whole.len() - 4 {
            assert_eq!(split(&whole[..end]), None, "{end} bytes");
        }
    }
}
