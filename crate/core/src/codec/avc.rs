//! H.264: the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 s.5.3.3) and the sequence parameter set (ISO/IEC 14496-10
//! s.7.3.2.1.1 and annex E.1). A parameter set is taken apart into what a decoder needs and what only describes colour,
//! because the same encoder writes another colour description for every camera.

use super::CodecError;
use super::bits::{Bits, unescape};
use crate::media::Size;

/// A decoder configuration record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `profile_idc`.
    pub profile: u8,
    /// The constraint flags and two reserved bits.
    pub constraints: u8,
    /// `level_idc`, ten times the level.
    pub level: u8,
    /// Bytes before each NAL unit, 1..=4.
    pub length_size: u8,
    /// Sequence parameter sets, NAL header included.
    pub sps: Vec<Vec<u8>>,
    /// Picture parameter sets, NAL header included.
    pub pps: Vec<Vec<u8>>,
}

impl Config {
    /// Reads a record.
    ///
    /// # Errors
    /// [`CodecError::Record`] where it breaks its format or has no parameter sets.
    pub fn parse(record: &[u8]) -> Result<Config, CodecError> {
        let wrong = |what: String| CodecError::Record { kind: "avcC", what };
        let short = || wrong(format!("{} bytes, too few for what they announce", record.len()));
        let &[version, profile, constraints, level, sizes, count, ref rest @ ..] = record else {
            return Err(short());
        };
        if version != 1 {
            return Err(wrong(format!("version {version}, wanted 1")));
        }
        let (sps, rest) = parameter_sets(rest, count & 31).ok_or_else(short)?;
        let (&count, rest) = rest.split_first().ok_or_else(short)?;
        let (pps, _) = parameter_sets(rest, count).ok_or_else(short)?;
        if sps.is_empty() || pps.is_empty() {
            return Err(wrong("no parameter sets".to_owned()));
        }
        Ok(Config { profile, constraints, level, length_size: (sizes & 3) + 1, sps, pps })
    }
}

/// So many parameter sets, each after its length, and the bytes behind them.
fn parameter_sets(mut bytes: &[u8], count: u8) -> Option<(Vec<Vec<u8>>, &[u8])> {
    let mut sets = Vec::new();
    for _ in 0..count {
        let (length, rest) = bytes.split_first_chunk()?;
        let (set, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        sets.push(set.to_vec());
        bytes = rest;
    }
    Some((sets, bytes))
}

/// What follows `avc1.` in the codec string (RFC 6381 s.3.3).
pub fn codec_string(record: &[u8]) -> Option<String> {
    let &[1, profile, constraints, level, ..] = record else { return None };
    Some(format!("{profile:02x}{constraints:02x}{level:02x}"))
}

/// What annex E.2.1 calls the video signal type: how samples become light. Decoding does not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    /// `video_full_range_flag`.
    pub full_range: bool,
    /// `colour_primaries`, 2 where unspecified.
    pub primaries: u8,
    /// `transfer_characteristics`, 2 where unspecified.
    pub transfer: u8,
    /// `matrix_coefficients`, 2 where unspecified.
    pub matrix: u8,
}

impl Default for Colour {
    /// What a parameter set that says nothing means: limited range, all else unspecified.
    fn default() -> Colour {
        Colour { full_range: false, primaries: 2, transfer: 2, matrix: 2 }
    }
}

impl Colour {
    /// Whether the two matrices give other pictures. 5 and 6 have the same coefficients (table E-5).
    pub fn matrix_differs(&self, other: &Colour) -> bool {
        let alike = |matrix| if matrix == 5 { 6 } else { matrix };
        alike(self.matrix) != alike(other.matrix)
    }
}

/// The fields of a sequence parameter set that say how its slice headers are read and ordered (s.7.4.2.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// `seq_parameter_set_id`, 0..=31.
    pub id: u32,
    /// Bits of `frame_num`, 4..=16.
    pub frame_num_bits: u32,
    /// Frames may be left out of the count on purpose.
    pub gaps: bool,
    /// Bits of `pic_order_cnt_lsb`, 4..=16, where `pic_order_cnt_type` is 0.
    pub lsb_bits: Option<u32>,
    /// Every picture is a frame: slices do not say.
    pub frames_only: bool,
    /// Slices say which colour plane they are of.
    pub separate_planes: bool,
    /// `chroma_format_idc` and the two bit depths less 8, where the profile has them.
    pub format: Option<[u8; 3]>,
}

/// A sequence parameter set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sps {
    /// `profile_idc`.
    pub profile: u8,
    /// The constraint flags and two reserved bits.
    pub constraints: u8,
    /// `level_idc`.
    pub level: u8,
    /// The picture after cropping.
    pub size: Size,
    /// How samples become light.
    pub colour: Colour,
    /// What slices under it are read by.
    pub order: Order,
    /// `num_units_in_tick` and `time_scale` of the VUI; a frame lasts two such units.
    pub timing: Option<(u32, u32)>,
    /// Every other value in the order of the syntax, one for each field: two sets with the same `shape` decode alike.
    /// A VUI that is absent stands as one that says nothing.
    pub shape: Vec<u32>,
}

impl Sps {
    /// Reads a parameter set, NAL header included.
    ///
    /// # Errors
    /// [`CodecError::Record`] where it is none, ends early, or its numbers are outside the specification's ranges.
    pub fn parse(nal: &[u8]) -> Result<Sps, CodecError> {
        let wrong = |what: &str| CodecError::Record { kind: "SPS", what: what.to_owned() };
        match nal.first() {
            Some(head) if head & 0x1f == 7 => {}
            _ => return Err(wrong("no NAL unit of type 7")),
        }
        let plain = unescape(&nal[1..]);
        let mut reader = Reader::new(&plain);
        reader.sps().ok_or_else(|| wrong("ends early, or a value is out of range"))
    }
}

/// Reads fields and notes each in `shape`.
pub(super) struct Reader<'a> {
    pub(super) bits: Bits<'a>,
    shape: Vec<u32>,
    timing: Option<(u32, u32)>,
}

impl Reader<'_> {
    /// Of a parameter set without emulation prevention.
    pub(super) fn new(plain: &[u8]) -> Reader<'_> {
        Reader { bits: Bits::new(plain), shape: Vec::new(), timing: None }
    }

    fn bits(&mut self, count: u32) -> Option<u32> {
        let value = self.bits.bits(count)?;
        self.shape.push(value);
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.bits(1)? == 1)
    }

    fn ue(&mut self) -> Option<u32> {
        let value = self.bits.ue()?;
        self.shape.push(value);
        Some(value)
    }

    fn se(&mut self) -> Option<i32> {
        let value = self.bits.se()?;
        self.shape.push(value.cast_unsigned());
        Some(value)
    }

    /// s.7.3.2.1.1
    fn sps(&mut self) -> Option<Sps> {
        let profile = self.bits(8)? as u8;
        let constraints = self.bits(8)? as u8;
        let level = self.bits(8)? as u8;
        let id = self.ue()?;
        let (chroma, separate_planes, format) = self.chroma(profile)?;
        let frame_num_bits = self.ue()?.saturating_add(4);
        let lsb_bits = self.order_count()?;
        self.ue()?; // max_num_ref_frames
        let gaps = self.flag()?;
        let columns = self.ue()?.checked_add(1)?.checked_mul(16)?;
        let rows = self.ue()?.checked_add(1)?.checked_mul(16)?;
        let frames_only = self.flag()?;
        if !frames_only {
            self.flag()?; // mb_adaptive_frame_field_flag
        }
        self.flag()?; // direct_8x8_inference_flag
        let fields = if frames_only { 1 } else { 2 };
        let coded = Size { width: columns, height: rows.checked_mul(fields)? };
        let size = if self.flag()? { self.crop(coded, chroma, separate_planes, fields)? } else { coded };
        let colour = self.vui()?;
        let shape = std::mem::take(&mut self.shape);
        let order = Order { id, frame_num_bits, gaps, lsb_bits, frames_only, separate_planes, format };
        Some(Sps { profile, constraints, level, size, colour, order, timing: self.timing, shape })
    }

    /// The chroma format, whether its planes are coded apart, both with the bit depths, and the scaling lists of the High
    /// profiles.
    fn chroma(&mut self, profile: u8) -> Option<(u32, bool, Option<[u8; 3]>)> {
        if !matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
            return Some((1, false, None));
        }
        let chroma = self.ue()?;
        if chroma > 3 {
            return None;
        }
        let separate_planes = chroma == 3 && self.flag()?;
        let depths = [self.ue()?, self.ue()?];
        self.flag()?; // qpprime_y_zero_transform_bypass_flag
        if self.flag()? {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if self.flag()? {
                    self.scaling_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
        // Depths past 14 bits do not exist; their readers refuse them.
        let format = [chroma as u8, depths[0].min(7) as u8, depths[1].min(7) as u8];
        Some((chroma, separate_planes, Some(format)))
    }

    /// s.7.3.2.1.1.1
    fn scaling_list(&mut self, length: u32) -> Option<()> {
        let (mut last, mut next) = (8_i32, 8_i32);
        for _ in 0..length {
            if next != 0 {
                next = last.checked_add(self.se()?)?.rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
        Some(())
    }

    /// `pic_order_cnt_type` and its fields; of type 0 the bits of `pic_order_cnt_lsb`.
    fn order_count(&mut self) -> Option<Option<u32>> {
        match self.ue()? {
            0 => return Some(Some(self.ue()?.saturating_add(4))),
            1 => {
                self.flag()?;
                self.se()?;
                self.se()?;
                let frames = self.ue()?;
                if frames > 255 {
                    return None;
                }
                for _ in 0..frames {
                    self.se()?;
                }
            }
            2 => {}
            _ => return None,
        }
        Some(None)
    }

    /// Equations 7-19 to 7-22.
    fn crop(&mut self, coded: Size, chroma: u32, separate_planes: bool, fields: u32) -> Option<Size> {
        let (left, right, top, bottom) = (self.ue()?, self.ue()?, self.ue()?, self.ue()?);
        let (across, down) = match chroma {
            _ if separate_planes => (1, 1),
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        let width = coded.width.checked_sub(left.checked_add(right)?.checked_mul(across)?)?;
        let height = coded.height.checked_sub(top.checked_add(bottom)?.checked_mul(down * fields)?)?;
        if width == 0 || height == 0 { None } else { Some(Size { width, height }) }
    }

    /// Annex E.1.1. Out of `shape` stay the colour, the timing, for which a file has tables of its own, and whether there is
    /// a VUI at all.
    fn vui(&mut self) -> Option<Colour> {
        if !self.bits.bit()? {
            // Aspect ratio, overscan, chroma location, both HRDs, picture structure, restriction: all absent.
            self.shape.extend([0; 7]);
            return Some(Colour::default());
        }
        let colour = self.signal_type()?;
        if self.flag()? {
            self.ue()?;
            self.ue()?;
        }
        if self.bits.bit()? {
            let (units, scale) = (self.bits.bits(32)?, self.bits.bits(32)?);
            self.timing = (units > 0 && scale > 0).then_some((units, scale));
            self.bits.bit()?; // fixed_frame_rate_flag
        }
        let nal = self.flag()?;
        if nal {
            self.hrd()?;
        }
        let vcl = self.flag()?;
        if vcl {
            self.hrd()?;
        }
        if nal || vcl {
            self.flag()?; // low_delay_hrd_flag
        }
        self.flag()?; // pic_struct_present_flag
        if self.flag()? {
            self.flag()?;
            for _ in 0..6 {
                self.ue()?;
            }
        }
        Some(colour)
    }

    /// The beginning of a VUI, as far as the colours, which stay out of `shape`.
    fn signal_type(&mut self) -> Option<Colour> {
        self.aspect()?;
        self.colour()
    }

    /// What stands in a VUI before the colours; that of H.265 is the same.
    pub(super) fn aspect(&mut self) -> Option<()> {
        if self.flag()? && self.bits(8)? == 255 {
            self.bits(16)?;
            self.bits(16)?;
        }
        if self.flag()? {
            self.flag()?; // overscan_appropriate_flag
        }
        Some(())
    }

    /// The colours of a VUI; those of H.265 are the same.
    pub(super) fn colour(&mut self) -> Option<Colour> {
        let mut colour = Colour::default();
        if self.bits.bit()? {
            self.bits.bits(3)?; // video_format
            colour.full_range = self.bits.bit()?;
            if self.bits.bit()? {
                colour.primaries = self.bits.bits(8)? as u8;
                colour.transfer = self.bits.bits(8)? as u8;
                colour.matrix = self.bits.bits(8)? as u8;
            }
        }
        Some(colour)
    }

    /// Annex E.1.2. Out of `shape` stay the rates and buffers, which say how bits may come in (annex C) and nothing of what they
    /// decode to: encoders write them from the bit rate they are asked for.
    fn hrd(&mut self) -> Option<()> {
        let count = self.ue()?;
        if count > 31 {
            return None;
        }
        self.bits.bits(8)?; // bit_rate_scale, cpb_size_scale
        for _ in 0..=count {
            self.bits.ue()?;
            self.bits.ue()?;
            self.bits.bit()?; // cbr_flag
        }
        // How long fields of SEI messages are: those after it are read by them.
        for _ in 0..4 {
            self.bits(5)?;
        }
        Some(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Writes bits, most significant first.
    #[derive(Default)]
    pub(crate) struct BitWriter(Vec<bool>);

    impl BitWriter {
        pub(crate) fn bits(&mut self, count: u32, value: u32) -> &mut Self {
            self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
            self
        }

        pub(crate) fn ue(&mut self, value: u32) -> &mut Self {
            let length = 31 - (value + 1).leading_zeros();
            self.bits(length, 0).bits(length + 1, value + 1)
        }

        /// With the stop bit, and emulation prevention.
        pub(crate) fn nal(&mut self, head: u8) -> Vec<u8> {
            self.bits(1, 1);
            let mut nal = vec![head];
            let mut zeros = 0;
            for byte in self
                .0
                .chunks(8)
                .map(|bits| bits.iter().enumerate().fold(0, |byte, (index, &bit)| byte | u8::from(bit) << (7 - index)))
            {
                if zeros >= 2 && byte <= 3 {
                    nal.push(3);
                    zeros = 0;
                }
                zeros = if byte == 0 { zeros + 1 } else { 0 };
                nal.push(byte);
            }
            nal
        }
    }

    /// A Baseline set of 1280 x 720 (45 rows of macroblocks, no crop needed) with this colour, or without a VUI.
    pub(crate) fn sps(colour: Option<Colour>, references: u32) -> Vec<u8> {
        let mut bits = BitWriter::default();
        bits.bits(8, 66).bits(8, 0xc0).bits(8, 31).ue(0).ue(0).ue(2).ue(references).bits(1, 0);
        bits.ue(79).ue(44).bits(1, 1).bits(1, 1).bits(1, 0);
        match colour {
            None => bits.bits(1, 0),
            Some(colour) => {
                bits.bits(1, 1).bits(2, 0).bits(1, 1).bits(3, 5).bits(1, colour.full_range.into()).bits(1, 1);
                bits.bits(8, colour.primaries.into()).bits(8, colour.transfer.into()).bits(8, colour.matrix.into());
                bits.bits(6, 0)
            }
        };
        bits.nal(0x67)
    }

    /// A record around that set.
    pub(crate) fn record(sps: &[u8]) -> Vec<u8> {
        let pps = [0x68, 0xce, 0x3c, 0x80];
        let mut record = vec![1, sps[1], sps[2], sps[3], 0xff, 0xe1];
        record.extend_from_slice(&(sps.len() as u16).to_be_bytes());
        record.extend_from_slice(sps);
        record.extend_from_slice(&[1, 0, pps.len() as u8]);
        record.extend_from_slice(&pps);
        record
    }

    pub(crate) const BT601: Colour = Colour { full_range: false, primaries: 6, transfer: 6, matrix: 6 };

    #[test]
    fn colour_is_kept_apart_from_what_decoding_needs() {
        let plain = Sps::parse(&sps(None, 1)).unwrap();
        let coloured = Sps::parse(&sps(Some(BT601), 1)).unwrap();
        assert_eq!((plain.profile, plain.level, plain.size), (66, 31, Size { width: 1280, height: 720 }));
        assert_eq!(plain.shape, coloured.shape);
        assert_eq!((plain.colour, coloured.colour), (Colour::default(), BT601));
        assert_ne!(plain.shape, Sps::parse(&sps(None, 2)).unwrap().shape);
    }

    #[test]
    fn a_cropped_high_profile_set_as_x264_writes_it() {
        // 1920 x 1080, High 4.0, BT.709, from x264 (crop of 8 rows, VUI with timing and restriction).
        let nal = [
            0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x5a, 0x80, 0x80, 0x80, 0xa0, 0x00,
            0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x07, 0x81, 0xe3, 0x06, 0x32, 0xc0,
        ];
        let sps = Sps::parse(&nal).unwrap();
        assert_eq!((sps.profile, sps.level, sps.size), (100, 40, Size { width: 1920, height: 1080 }));
        assert_eq!((sps.timing, sps.order.lsb_bits, sps.order.frame_num_bits), (Some((1, 60)), Some(6), 4));
        // Its `time_scale` is told apart from what decoding needs.
        let mut slower = nal;
        assert_eq!(slower[24], 7);
        slower[24] = 15;
        let slower = Sps::parse(&slower).unwrap();
        assert!(slower.timing.is_some_and(|timing| timing != (1, 60)) && slower.shape == sps.shape);
    }

    #[test]
    fn the_rates_and_buffers_of_a_set_are_no_part_of_what_decoding_needs() {
        let set = |scale, rate, length| {
            let mut bits = BitWriter::default();
            bits.bits(8, 66).bits(8, 0xc0).bits(8, 31).ue(0).ue(0).ue(2).ue(1).bits(1, 0).ue(79).ue(44).bits(3, 0b110);
            // Nothing up to the HRD of NAL units, which has two schedules; nothing after it.
            bits.bits(1, 1).bits(5, 0).bits(1, 1).ue(1).bits(4, scale).bits(4, 3).ue(rate).ue(7).bits(1, 0);
            bits.ue(rate + 1).ue(2 * rate).bits(1, 1).bits(5, 23).bits(5, length).bits(10, 0).bits(4, 0);
            Sps::parse(&bits.nal(0x67)).unwrap().shape
        };
        assert_eq!(set(0, 1000, 15), set(4, 77_777, 15));
        assert_ne!(set(0, 1000, 15), set(0, 1000, 16), "what tells how SEI messages are read");
        assert_ne!(set(0, 1000, 15), Sps::parse(&sps(None, 1)).unwrap().shape, "one that has none");
    }

    #[test]
    fn every_cut_of_a_set_is_refused_or_read_without_a_panic() {
        let whole = sps(Some(BT601), 1);
        for length in 0..whole.len() - 1 {
            assert!(Sps::parse(&whole[..length]).is_err(), "{length} bytes");
        }
        assert_eq!(Config::parse(&record(&whole)).unwrap().sps, [whole]);
    }
}
