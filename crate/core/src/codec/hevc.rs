//! H.265: the HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 s.8.3.3), read only for its codec string, for what of it a
//! decoder needs, and for what its sequence parameter set says of colours.

mod sps;

use super::avc::Colour;
use crate::isobmff::read::{u16_at, u32_at};

/// `nal_unit_type` of a sequence parameter set, and of SEI messages (ITU-T H.265 table 7-1).
const SPS: u8 = 33;
const SEI: [u8; 2] = [39, 40];

/// What follows `hvc1.` in the codec string (ISO/IEC 14496-15 annex E.3); `None` where the record is too short or not
/// of version 1.
pub fn codec_string(record: &[u8]) -> Option<String> {
    let head = record.get(..23)?;
    if head[0] != 1 {
        return None;
    }
    let space = ["", "A", "B", "C"][usize::from(head[1] >> 6)];
    let tier = if head[1] & 0x20 == 0 { 'L' } else { 'H' };
    let compatibility = u32_at(head, 2)?.reverse_bits();
    let mut text = format!("{space}{}.{compatibility:X}.{tier}{}", head[1] & 0x1f, head[12]);
    let constraints = &head[6..12];
    let used = constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    for byte in &constraints[..used] {
        text.push_str(&format!(".{byte:X}"));
    }
    Some(text)
}

/// What a decoder needs of a record, in a row: profile and formats, and every parameter set after its length, without what
/// describes colour alone; not the hints between them, nor SEI messages, in which encoders tell of themselves. `None` where
/// the record ends early.
pub(super) fn needed(record: &[u8]) -> Option<Vec<u8>> {
    // A set has a length of two bytes there and of four here, and may be a byte longer.
    let mut needed = Vec::with_capacity(2 * record.len());
    // Profile, tier and level; chroma and bit depths; the size of NAL lengths. Between them segmentation, parallelism
    // and frame rates.
    for range in [0..13, 16..19, 21..22] {
        needed.extend_from_slice(record.get(range)?);
    }
    each_unit(record, &mut |kind, unit| {
        if SEI.contains(&kind) {
            return;
        }
        let set = if kind == SPS { sps::split(unit) } else { None };
        let unit = set.as_ref().map_or(unit, |(rest, _)| rest);
        needed.extend_from_slice(&(unit.len() as u32).to_be_bytes());
        needed.extend_from_slice(unit);
    })?;
    Some(needed)
}

/// What the first sequence parameter set says of colours.
pub(super) fn colour(record: &[u8]) -> Option<Colour> {
    let mut first = None;
    each_unit(record, &mut |kind, unit| {
        if kind == SPS {
            first.get_or_insert(unit);
        }
    })?;
    sps::split(first?).map(|(_, colour)| colour)
}

/// Shows every NAL unit of the record, with the type of its array; `None` where the record ends early.
fn each_unit<'a>(record: &'a [u8], show: &mut dyn FnMut(u8, &'a [u8])) -> Option<()> {
    let mut at = 23;
    for _ in 0..*record.get(22)? {
        let kind = record.get(at)? & 0x3f;
        let count = u16_at(record, at + 1)?;
        at += 3;
        for _ in 0..count {
            let end = at + 2 + usize::from(u16_at(record, at)?);
            show(kind, record.get(at + 2..end)?);
            at = end;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        let mut record = [0; 23];
        record[..13].copy_from_slice(&[1, 1, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93]);
        assert_eq!(codec_string(&record).as_deref(), Some("1.6.L93.B0"));
        assert_eq!(codec_string(&record[..22]), None);
    }
}
