//! AV1: the AV1CodecConfigurationRecord (AV1 Codec ISO Media File Format Binding s.2.3), read only for its codec string. Its
//! encoders give none: it is made of the sequence header in their first sample.

/// What follows `av01.` in the codec string (s.5 of the binding); `None` where the record is too short or of another
/// version.
pub fn codec_string(record: &[u8]) -> Option<String> {
    let &[0x81, levels, flags, ..] = record else { return None };
    let (profile, level) = (levels >> 5, levels & 0x1f);
    let tier = if flags & 0x80 == 0 { 'M' } else { 'H' };
    let depth = match (flags & 0x40 != 0, flags & 0x20 != 0) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    Some(format!("{profile}.{level:02}{tier}.{depth:02}"))
}

/// A temporal delimiter OBU with its size: what may stand before the others of a sample, and should not in a file (s.2.4 of
/// the binding).
const DELIMITER: [u8; 2] = [0x12, 0];

/// A sample as it goes into a file.
pub fn stored(sample: &[u8]) -> &[u8] {
    sample.strip_prefix(&DELIMITER).unwrap_or(sample)
}

/// The record of main profile pictures at 8 bits that begin with this sample; the sequence header itself stays in the
/// samples, where it may say other colours for each of them (s.2.3.4).
pub(super) fn record(first: &[u8]) -> Option<Vec<u8>> {
    // An OBU header without extension but with a size below 128 (s.5.3 of the bitstream specification), then the profile
    // and, where neither timing nor delays are said, in the fourth byte level and tier of the first operating point.
    let &[0x0a, 5..=127, head, _, _, level, ..] = stored(first) else { return None };
    if head & 0xfc != 0 {
        return None;
    }
    let tier = if level >> 3 > 7 { level & 4 } else { 0 };
    Some(vec![0x81, level >> 3, tier << 5 | 0x0c, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_profile_record_is_named() {
        assert_eq!(codec_string(&[0x81, 8, 0x0c, 0]).as_deref(), Some("0.08M.08"));
        assert_eq!(codec_string(&[0x81, 8]), None);
    }
}
