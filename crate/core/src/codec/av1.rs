//! AV1: the AV1CodecConfigurationRecord (AV1 Codec ISO Media File Format Binding s.2.3), read only for its codec string.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_profile_record_is_named() {
        assert_eq!(codec_string(&[0x81, 8, 0x0c, 0]).as_deref(), Some("0.08M.08"));
        assert_eq!(codec_string(&[0x81, 8]), None);
    }
}
