//! Whether a decoder begins anew with a picture, or goes on with what it decoded before: only the kind of the picture's
//! NAL units tells, a sample table calls both sync samples (ISO/IEC 14496-10 s.7.4.1, 23008-2 s.7.4.2.2). A clean
//! random access picture of HEVC, which does not begin anew in the middle of a stream, can be made one that does, a
//! broken link, by its NAL headers alone. It never decodes. Runs natively and in the studio worker.

use super::SampleEntry;

/// Bytes of a sample that mostly reach to its first slice, parameter sets and messages before it included.
pub(crate) const ENOUGH: u64 = 1024;

/// What a picture marked as a place to start is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Decoding begins anew with it.
    Anew,
    /// HEVC: it depends on nothing, but a decoder in the middle of a stream takes it for its continuation.
    Clean,
    /// The same in H.264, or no place to start at all: nothing but encoding makes it one that begins anew.
    Leans,
}

/// How pictures lie in samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packing {
    /// HEVC, else H.264.
    pub(crate) hevc: bool,
    /// Bytes of the length before each NAL unit, 1 to 4.
    length: usize,
}

impl Packing {
    /// Of samples under this entry; `None` for other codings, whose sync samples always begin anew.
    pub(crate) fn of(entry: &SampleEntry) -> Option<Packing> {
        let (hevc, kind, at) = match &entry.fourcc() {
            b"avc1" | b"avc3" => (false, *b"avcC", 4),
            b"hvc1" | b"hev1" => (true, *b"hvcC", 21),
            _ => return None,
        };
        let length = usize::from(entry.child(kind)?.get(at)? & 3) + 1;
        Some(Packing { hevc, length })
    }

    /// What a picture is, from the first bytes of its sample; `None` where its first slice is not among them.
    pub(crate) fn access(self, sample: &[u8]) -> Option<Access> {
        let mut at = 0;
        while let Some((head, next)) = self.unit(sample, at) {
            if next == at + self.length {
                at = next;
                continue;
            }
            let kind = if self.hevc { head >> 1 & 0x3f } else { head & 0x1f };
            match (self.hevc, kind) {
                (true, 16..=20) | (false, 5) => return Some(Access::Anew),
                (true, CRA) => return Some(Access::Clean),
                (true, 0..=31) | (false, 1..=4) => return Some(Access::Leans),
                _ => at = next,
            }
        }
        None
    }

    /// Makes every clean random access slice of a whole sample one of a broken link: all that differs is the kind in its
    /// NAL header. Its leading pictures are no longer shown then.
    pub(crate) fn break_link(self, sample: &mut [u8]) {
        let mut at = 0;
        while let Some((head, next)) = self.unit(sample, at) {
            if self.hevc && head >> 1 & 0x3f == CRA && next > at + self.length {
                sample[at + self.length] = head & 0x81 | BLA << 1;
            }
            at = next;
        }
    }

    /// The first byte of the NAL unit whose length lies there, not its own where it is empty, and where the next one's lies.
    fn unit(self, sample: &[u8], at: usize) -> Option<(u8, usize)> {
        let begin = at.checked_add(self.length)?;
        let length = sample.get(at..begin)?.iter().fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
        Some((*sample.get(begin)?, begin.checked_add(length)?))
    }
}

/// `CRA_NUT`.
const CRA: u8 = 21;
/// `BLA_W_LP`.
const BLA: u8 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_slice_tells_and_a_broken_link_changes_one_byte_a_slice() {
        let hevc = Packing { hevc: true, length: 2 };
        // A message, then two slices of a clean random access picture in layer 0.
        let mut sample = vec![0, 3, 39 << 1, 1, 9, 0, 3, CRA << 1, 1, 7, 0, 2, CRA << 1, 1];
        assert_eq!(hevc.access(&sample), Some(Access::Clean));
        assert_eq!(hevc.access(&sample[..7]), None, "the slice is not there");
        hevc.break_link(&mut sample);
        assert_eq!(sample, [0, 3, 39 << 1, 1, 9, 0, 3, BLA << 1, 1, 7, 0, 2, BLA << 1, 1]);
        assert_eq!(hevc.access(&sample), Some(Access::Anew));
        assert_eq!(hevc.access(&[0, 2, 1 << 1, 1]), Some(Access::Leans));
        let avc = Packing { hevc: false, length: 4 };
        assert_eq!(avc.access(&[0, 0, 0, 2, 9, 16, 0, 0, 0, 1, 0x65]), Some(Access::Anew));
        assert_eq!(avc.access(&[0, 0, 0, 2, 6, 6, 0, 0, 0, 1, 0x41]), Some(Access::Leans));
        assert_eq!(avc.access(&[0, 0, 0, 0, 0, 0, 0, 1, 0x65]), Some(Access::Anew), "behind an empty unit");
        // Lengths beyond the sample, or none at all.
        assert_eq!(avc.access(&[0xff; 8]), None);
        assert_eq!(avc.access(&[0, 0, 0, 0]), None);
    }
}
