//! H.265: the HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 s.8.3.3), read only for its codec string.

use crate::isobmff::read::u32_at;

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
