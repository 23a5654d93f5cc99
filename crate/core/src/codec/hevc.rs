//! H.265: the HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 s.8.3.3), read only for its codec string and
//! for what of it a decoder needs.

use crate::isobmff::read::{u16_at, u32_at};

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

/// What a decoder needs of a record: profile and formats, and every parameter set; not the hints between them, nor SEI
/// messages, in which encoders tell of themselves. `None` where the record ends early.
pub(super) fn parameter_sets(record: &[u8]) -> Option<Vec<&[u8]>> {
    // Profile, tier and level; chroma and bit depths; the size of NAL lengths. Between them segmentation, parallelism
    // and frame rates.
    let mut needed = vec![record.get(..13)?, record.get(16..19)?, record.get(21..22)?];
    let mut at = 23;
    for _ in 0..*record.get(22)? {
        let kind = record.get(at)? & 0x3f;
        let count = u16_at(record, at + 1)?;
        at += 3;
        for _ in 0..count {
            let end = at + 2 + usize::from(u16_at(record, at)?);
            let set = record.get(at + 2..end)?;
            if !matches!(kind, 39 | 40) {
                needed.push(set);
            }
            at = end;
        }
    }
    Some(needed)
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
