//! Codec strings (RFC 6381) that an encoder of pictures is asked for, and what a file must say of the codings whose encoders
//! describe themselves in no record. Decides by size and rate alone; what a browser makes of it is tried elsewhere.

use super::{CodecError, SampleEntry, av1, vp9};
use crate::media::{Coding, Size, VideoCodec};

/// The largest picture of a level, the most a second, and how codec strings number it.
type Level<const N: usize> = (u32, u32, [u8; N]);

/// ISO/IEC 14496-10 table A-1, in macroblocks; ten times the level. Both tables begin with a level that holds 480 x 720 at 30,
/// which trials of encoders use.
const AVC: [Level<1>; 9] = [
    (1_620, 40_500, [30]),
    (3_600, 108_000, [31]),
    (5_120, 216_000, [32]),
    (8_192, 245_760, [40]),
    (8_704, 522_240, [42]),
    (22_080, 589_824, [50]),
    (36_864, 983_040, [51]),
    (36_864, 2_073_600, [52]),
    (139_264, 4_177_920, [60]),
];
/// Levels 3 to 5.2 of H.265 (tables A.8 and A.9), of VP9 (as the WebM project defines them) and of AV1 (annex A.3), in samples
/// of brightness: what all three allow. Thirty times the level, ten times, and `seq_level_idx`.
const LATER: [Level<3>; 7] = [
    (552_960, 16_588_800, [90, 30, 4]),
    (983_040, 31_950_720, [93, 31, 5]),
    (2_228_224, 66_846_720, [120, 40, 8]),
    (2_228_224, 133_693_440, [123, 41, 9]),
    (8_912_896, 267_386_880, [150, 50, 12]),
    (8_912_896, 534_773_760, [153, 51, 13]),
    (8_912_896, 1_069_547_520, [156, 52, 14]),
];

impl VideoCodec {
    /// The coding that a codec string names.
    pub fn named(codec: &str) -> Option<VideoCodec> {
        let kind: [u8; 4] = *codec.as_bytes().first_chunk()?;
        VideoCodec::of(kind)
    }

    /// The coding of a sample entry of this type.
    pub(super) fn of(kind: [u8; 4]) -> Option<VideoCodec> {
        match &kind {
            b"avc1" | b"avc3" => Some(VideoCodec::Avc),
            b"hvc1" | b"hev1" => Some(VideoCodec::Hevc),
            b"vp09" => Some(VideoCodec::Vp9),
            b"av01" => Some(VideoCodec::Av1),
            _ => None,
        }
    }

    /// What to ask an encoder of this coding for, best first: the lowest level that holds pictures of `size` at so many a
    /// second, then level 5.1, for browsers that take levels for promises. Of H.264 High, then Main, then Constrained
    /// Baseline of each; of the others their main profile at 8 bits.
    pub fn strings(self, size: Size, frame_rate: f64) -> Vec<String> {
        let samples = size.width.saturating_mul(size.height);
        let blocks = size.width.div_ceil(16).saturating_mul(size.height.div_ceil(16));
        let holds =
            |frame: u32, most: u32, fastest: u32| frame <= most && f64::from(frame) * frame_rate <= f64::from(fastest);
        let later = LATER.iter().find(|(most, fastest, _)| holds(samples, *most, *fastest)).map(|(.., levels)| levels);
        // The lowest level, else the last there is; level 5.1; what stands before a level and after it.
        let (lowest, common, before, after): (_, _, &[&str], _) = match self {
            VideoCodec::Avc => {
                let level = AVC.iter().find(|(most, fastest, _)| holds(blocks, *most, *fastest));
                (level.map_or(62, |(.., [level])| *level), 51, &["avc1.6400", "avc1.4d00", "avc1.42e0"], "")
            }
            VideoCodec::Hevc => (later.map_or(186, |[level, ..]| *level), 153, &["hvc1.1.6.L"], ".B0"),
            VideoCodec::Vp9 => (later.map_or(62, |[_, level, _]| *level), 51, &["vp09.00."], ".08"),
            VideoCodec::Av1 => (later.map_or(18, |[.., level]| *level), 13, &["av01.0."], "M.08"),
        };
        let mut strings = Vec::new();
        for level in [lowest, common] {
            let level = if self == VideoCodec::Avc { format!("{level:02x}") } else { format!("{level:02}") };
            for before in before {
                strings.push([before, level.as_str(), after].concat());
            }
        }
        strings
    }

    /// The decoder's record of pictures that were asked for as `codec`, where their encoder gives none: `first` is their
    /// first sample, `coding` what is said of its colours. Empty where it cannot be known.
    pub fn record(codec: &str, coding: Coding, first: &[u8]) -> Vec<u8> {
        let record = match VideoCodec::named(codec) {
            Some(VideoCodec::Vp9) => vp9::record(codec, coding),
            Some(VideoCodec::Av1) => av1::record(first),
            _ => None,
        };
        record.unwrap_or_default()
    }
}

impl SampleEntry {
    /// The entry of pictures of this coding, around a decoder's record as WebCodecs gives it, or [`VideoCodec::record`].
    ///
    /// # Errors
    /// As [`SampleEntry::avc1`] and its like.
    pub fn of_pictures(coding: VideoCodec, record: &[u8], size: Size) -> Result<SampleEntry, CodecError> {
        match coding {
            VideoCodec::Avc => SampleEntry::avc1(record, size),
            VideoCodec::Hevc => SampleEntry::hvc1(record, size),
            VideoCodec::Vp9 => SampleEntry::vp09(record, size),
            VideoCodec::Av1 => SampleEntry::av01(record, size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FHD: Size = Size { width: 1920, height: 1080 };

    #[test]
    fn the_lowest_level_that_holds_the_picture_is_asked_for_first() {
        let small = Size { width: 640, height: 360 };
        assert_eq!(VideoCodec::Avc.strings(small, 30.0)[..2], ["avc1.64001e", "avc1.4d001e"]);
        assert_eq!(VideoCodec::Avc.strings(FHD, 30.0)[0], "avc1.640028");
        assert_eq!(
            VideoCodec::Hevc.strings(Size { width: 720, height: 1280 }, 30.0),
            ["hvc1.1.6.L93.B0", "hvc1.1.6.L153.B0"]
        );
        assert_eq!(VideoCodec::Hevc.strings(FHD, 60.0)[0], "hvc1.1.6.L123.B0");
        assert_eq!(VideoCodec::Vp9.strings(FHD, 30.0), ["vp09.00.40.08", "vp09.00.51.08"]);
        assert_eq!(VideoCodec::Av1.strings(small, 30.0), ["av01.0.04M.08", "av01.0.13M.08"]);
        let beyond = Size { width: 32_000, height: 32_000 };
        for coding in [VideoCodec::Avc, VideoCodec::Hevc, VideoCodec::Vp9, VideoCodec::Av1] {
            let strings = coding.strings(beyond, 120.0);
            assert!(strings.iter().all(|string| VideoCodec::named(string) == Some(coding)), "{strings:?}");
        }
        assert_eq!(VideoCodec::named("mp4v.20.9"), None);
        assert_eq!(VideoCodec::named("avc"), None);
    }

    #[test]
    fn codings_without_a_record_are_described_by_what_was_asked_and_what_came() {
        let coding = Coding { matrix: 6, full_range: false };
        let record = VideoCodec::record("vp09.00.31.08", coding, &[]);
        let vp9 = SampleEntry::of_pictures(VideoCodec::Vp9, &record, FHD).unwrap();
        assert_eq!((vp9.codec_string().as_str(), vp9.coding()), ("vp09.00.31.08", coding));
        // A temporal delimiter, then the sequence header of libaom for 640 x 360: level 2.1, whatever was asked for.
        let first = [0x12, 0, 0x0a, 0x0d, 0, 0, 0, 0x0c, 0xc4, 0xff, 0x67, 0, 0x68, 0x83, 3, 3, 2, 0x32];
        let record = VideoCodec::record("av01.0.04M.08", coding, &first);
        let av1 = SampleEntry::of_pictures(VideoCodec::Av1, &record, FHD).unwrap();
        assert_eq!(av1.codec_string(), "av01.0.01M.08");
        for torn in [&first[..6], &first[2..4], &[], &[0x32, 1, 0]] {
            assert_eq!(VideoCodec::record("av01.0.04M.08", coding, torn), [], "{torn:?}");
        }
        assert_eq!(VideoCodec::record("avc1.64001e", coding, &first), []);
    }
}
