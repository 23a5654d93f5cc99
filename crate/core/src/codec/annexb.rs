//! H.264 and H.265 between the two ways of telling where a NAL unit ends: a length before each, as MP4 stores it (ISO/IEC
//! 14496-15 s.4.3.3 and s.8.3.3), and start codes between them, as streams carry it (ISO/IEC 14496-10 and 23008-2, annex B).
//!
//! Decides which bytes belong to which unit. What comes back after there and back again is the same bytes, or there is an
//! error: a unit that start codes cannot carry is refused, not cut. It never looks inside a unit beyond its type, asks for
//! no more memory than its input is long (times four), and runs natively.

use std::fmt;

use super::avc::Sps;
use super::slice::Sets;

/// Whose NAL unit types are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// H.264.
    Avc,
    /// H.265.
    Hevc,
}

impl Coding {
    /// Whether this unit is a video, sequence or picture parameter set.
    pub fn is_set(self, unit: &[u8]) -> bool {
        let head = unit.first().copied().unwrap_or_default();
        match self {
            Coding::Avc => matches!(head & 0x1f, 7 | 8),
            Coding::Hevc => matches!(head >> 1 & 0x3f, 32..=34),
        }
    }
}

/// Bytes that are no access unit. Offsets are bytes from the beginning of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnnexBError {
    /// A size of lengths that does not exist; 1, 2 or 4 bytes are wanted.
    LengthSize {
        /// The size given.
        size: u8,
    },
    /// A length that goes beyond the end, or is itself cut off.
    Length {
        /// Where the length stands.
        offset: usize,
        /// What it states; the bytes of a length where it is cut off.
        stated: usize,
        /// Bytes there are.
        present: usize,
    },
    /// A unit of no bytes.
    Empty {
        /// Where it should begin.
        offset: usize,
    },
    /// Something other than zeros and a start code.
    Stray {
        /// Where it stands.
        offset: usize,
    },
    /// A unit that holds a start code or ends in a zero, which start codes would lose.
    NotCarried {
        /// Where the start code or the zero stands.
        offset: usize,
    },
    /// A unit that no length of this size can state.
    Long {
        /// Where it begins.
        offset: usize,
        /// Its bytes.
        length: usize,
        /// The most that can be stated.
        most: usize,
    },
    /// No sequence and picture parameter set that belong together are among the units.
    NoSets,
}

impl fmt::Display for AnnexBError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnnexBError::LengthSize { size } => write!(f, "lengths of {size} bytes, wanted 1, 2 or 4"),
            AnnexBError::Length { offset, stated, present } => {
                write!(f, "byte {offset}: {stated} bytes needed, {present} present")
            }
            AnnexBError::Empty { offset } => write!(f, "byte {offset}: a unit of no bytes"),
            AnnexBError::Stray { offset } => write!(f, "byte {offset}: no start code, and no unit"),
            AnnexBError::NotCarried { offset } => write!(f, "byte {offset}: bytes that start codes cannot carry"),
            AnnexBError::Long { offset, length, most } => {
                write!(f, "byte {offset}: a unit of {length} bytes, at most {most} can be stated")
            }
            AnnexBError::NoSets => f.write_str("no sequence and picture parameter set"),
        }
    }
}

impl std::error::Error for AnnexBError {}

/// The largest length that so many bytes state.
fn most(size: u8) -> Result<usize, AnnexBError> {
    match size {
        1 => Ok(usize::from(u8::MAX)),
        2 => Ok(usize::from(u16::MAX)),
        4 => Ok(u32::MAX as usize),
        _ => Err(AnnexBError::LengthSize { size }),
    }
}

/// A NAL unit and where it begins in its input.
pub type Unit<'a> = (usize, &'a [u8]);

/// The units of a sample with a length of `size` bytes before each. Nothing follows an error.
///
/// # Errors
/// [`AnnexBError::LengthSize`]; the items: [`AnnexBError::Length`] and [`AnnexBError::Empty`].
pub fn lengths(sample: &[u8], size: u8) -> Result<impl Iterator<Item = Result<Unit<'_>, AnnexBError>>, AnnexBError> {
    most(size)?;
    Ok(Walk { bytes: sample, at: 0, next: move |bytes: &[u8], at| next_by_length(bytes, at, usize::from(size)) })
}

/// The units between start codes of three or four bytes, without the zeros before and behind them. Nothing follows an
/// error.
///
/// The items are errors where something else stands before a start code ([`AnnexBError::Stray`]) or nothing stands behind
/// one ([`AnnexBError::Empty`]).
pub fn start_codes(stream: &[u8]) -> impl Iterator<Item = Result<Unit<'_>, AnnexBError>> {
    Walk { bytes: stream, at: 0, next: next_by_start_code }
}

/// Where a unit lies and where the search goes on behind it; `None` at the end.
type Found = Result<Option<(std::ops::Range<usize>, usize)>, AnnexBError>;

struct Walk<'a, F> {
    bytes: &'a [u8],
    at: usize,
    next: F,
}

impl<'a, F: Fn(&[u8], usize) -> Found> Iterator for Walk<'a, F> {
    type Item = Result<Unit<'a>, AnnexBError>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.next)(self.bytes, self.at) {
            Ok(None) => None,
            Ok(Some((range, behind))) => {
                self.at = behind;
                Some(Ok((range.start, &self.bytes[range])))
            }
            Err(error) => {
                self.bytes = &[];
                self.at = 0;
                Some(Err(error))
            }
        }
    }
}

fn next_by_length(bytes: &[u8], at: usize, size: usize) -> Found {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(None);
    }
    let Some((length, rest)) = rest.split_at_checked(size) else {
        return Err(AnnexBError::Length { offset: at, stated: size, present: rest.len() });
    };
    let stated = length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let begin = at + size;
    if stated == 0 {
        return Err(AnnexBError::Empty { offset: begin });
    }
    if stated > rest.len() {
        return Err(AnnexBError::Length { offset: at, stated, present: rest.len() });
    }
    Ok(Some((begin..begin + stated, begin + stated)))
}

/// From `at`, where zeros and a start code stand, or the end.
fn next_by_start_code(bytes: &[u8], at: usize) -> Found {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(zeros) = rest.iter().position(|&byte| byte != 0) else { return Ok(None) };
    if zeros < 2 || rest[zeros] != 1 {
        return Err(AnnexBError::Stray { offset: at + zeros });
    }
    let begin = at + zeros + 1;
    let behind = begin + boundary(&bytes[begin..]).unwrap_or(bytes.len() - begin);
    let end = begin + last(&bytes[begin..behind]).map_or(0, |last| last + 1);
    if end == begin { Err(AnnexBError::Empty { offset: begin }) } else { Ok(Some((begin..end, behind))) }
}

/// The first place where three bytes cannot stand inside a unit: a start code, or zeros before one.
fn boundary(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|three| matches!(three, [0, 0, 0 | 1]))
}

/// The last byte that is not zero.
fn last(bytes: &[u8]) -> Option<usize> {
    bytes.iter().rposition(|&byte| byte != 0)
}

/// A sample with lengths of `size` bytes as a stream with start codes: of four bytes before the first unit and before
/// parameter sets, as annex B.1.2 asks, of three before all others.
///
/// # Errors
/// As [`lengths`], and [`AnnexBError::NotCarried`].
pub fn to_start_codes(coding: Coding, sample: &[u8], size: u8) -> Result<Vec<u8>, AnnexBError> {
    let mut out = Vec::new();
    for unit in lengths(sample, size)? {
        let (offset, unit) = unit?;
        let kept = last(unit).map_or(0, |last| last + 1);
        if let Some(place) = boundary(unit).or((kept < unit.len()).then_some(kept)) {
            return Err(AnnexBError::NotCarried { offset: offset + place });
        }
        push(coding, &mut out, unit);
    }
    Ok(out)
}

/// Appends one unit behind its start code. For what is to be inserted, such as parameter sets from a configuration record.
pub fn push(coding: Coding, out: &mut Vec<u8>, unit: &[u8]) {
    if out.is_empty() || coding.is_set(unit) {
        out.push(0);
    }
    out.extend_from_slice(&[0, 0, 1]);
    out.extend_from_slice(unit);
}

/// A stream with start codes as a sample with lengths of `size` bytes.
///
/// # Errors
/// As [`start_codes`], [`AnnexBError::LengthSize`] and [`AnnexBError::Long`].
pub fn to_lengths(stream: &[u8], size: u8) -> Result<Vec<u8>, AnnexBError> {
    let most = most(size)?;
    let mut out = Vec::new();
    for unit in start_codes(stream) {
        let (offset, unit) = unit?;
        if unit.len() > most {
            return Err(AnnexBError::Long { offset, length: unit.len(), most });
        }
        let length = (unit.len() as u64).to_be_bytes();
        out.extend_from_slice(&length[8 - usize::from(size)..]);
        out.extend_from_slice(unit);
    }
    Ok(out)
}

/// The AVCDecoderConfigurationRecord (`avcC`, ISO/IEC 14496-15 s.5.3.3.1) of the H.264 parameter sets in a stream with start
/// codes, for samples with lengths of four bytes, and the first set that it holds.
///
/// # Errors
/// As [`start_codes`], and [`AnnexBError::NoSets`].
pub fn avc_record(stream: &[u8]) -> Result<(Vec<u8>, Sps), AnnexBError> {
    let mut sets = Sets::default();
    for unit in start_codes(stream) {
        sets.add(unit?.1);
    }
    let first = sets.first().cloned().ok_or(AnnexBError::NoSets)?;
    Ok((sets.record().ok_or(AnnexBError::NoSets)?, first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::avc::{Config, tests::sps};
    use proptest::prelude::*;

    /// A unit as an encoder writes it: no start code inside, no zero at the end.
    fn unit() -> impl Strategy<Value = Vec<u8>> {
        let bytes =
            prop::collection::vec(prop_oneof![4 => Just(0_u8), 1 => Just(1), 1 => Just(3), 4 => any::<u8>()], 0..40);
        (any::<u8>(), bytes, 1_u8..).prop_map(|(head, bytes, end)| {
            let mut unit = vec![head];
            for byte in bytes.into_iter().chain([end]) {
                // Emulation prevention (s.7.4.1).
                if byte <= 3 && unit.ends_with(&[0, 0]) {
                    unit.push(3);
                }
                unit.push(byte);
            }
            unit
        })
    }

    fn sample(units: &[Vec<u8>], size: u8) -> Vec<u8> {
        let length = |unit: &[u8]| (unit.len() as u32).to_be_bytes()[4 - usize::from(size)..].to_vec();
        units.iter().flat_map(|unit| [length(unit), unit.clone()].concat()).collect()
    }

    proptest! {
        #[test]
        fn any_access_unit_comes_back_as_it_was(
            units in prop::collection::vec(unit(), 0..8),
            size in prop::sample::select(vec![1_u8, 2, 4]),
            zeros in prop::collection::vec(0_usize..5, 9),
            hevc in any::<bool>(),
        ) {
            let coding = if hevc { Coding::Hevc } else { Coding::Avc };
            let whole = sample(&units, size);
            let stream = to_start_codes(coding, &whole, size).unwrap();
            prop_assert!(stream.len() <= 4 * whole.len());
            prop_assert_eq!(&to_lengths(&stream, size).unwrap(), &whole);
            // Start codes of either size, with zeros before the first and behind the last.
            let loose: Vec<u8> = units.iter().zip(&zeros).flat_map(|(unit, zeros)| [&vec![0; *zeros][..], &[0, 0, 1], unit].concat()).collect();
            let loose = [loose, vec![0; zeros[8]]].concat();
            prop_assert_eq!(&to_lengths(&loose, size).unwrap(), &whole);
            let again = to_start_codes(coding, &to_lengths(&stream, size).unwrap(), size).unwrap();
            prop_assert_eq!(again, stream);
        }

        #[test]
        fn any_bytes_are_read_or_refused_and_never_changed(
            bytes in prop::collection::vec(prop_oneof![3 => Just(0_u8), 3 => Just(1), 1 => any::<u8>()], 0..60),
            size in prop::sample::select(vec![1_u8, 2, 4]),
        ) {
            if let Ok(stream) = to_start_codes(Coding::Avc, &bytes, size) {
                prop_assert_eq!(to_lengths(&stream, size).unwrap(), bytes.clone());
            }
            if let Ok(whole) = to_lengths(&bytes, size) {
                let back = to_start_codes(Coding::Avc, &whole, size).unwrap();
                prop_assert_eq!(to_lengths(&back, size).unwrap(), whole);
            }
        }
    }

    #[test]
    fn refusals_name_the_byte() {
        use AnnexBError::{Empty, Length, LengthSize, Long, NotCarried, Stray};
        let to = |bytes: &[u8], size| to_start_codes(Coding::Avc, bytes, size).unwrap_err();
        assert_eq!(to(&[], 3), LengthSize { size: 3 });
        assert_eq!(to(&[0, 1, 9, 0], 2), Length { offset: 3, stated: 2, present: 1 });
        assert_eq!(to(&[1, 9, 3, 9, 9], 1), Length { offset: 2, stated: 3, present: 2 });
        assert_eq!(to(&[0xff, 0xff, 0xff, 0xff, 1], 4), Length { offset: 0, stated: 0xffff_ffff, present: 1 });
        assert_eq!(to(&[1, 9, 0, 1, 9], 1), Empty { offset: 3 });
        assert_eq!(to(&[5, 9, 0, 0, 1, 9], 1), NotCarried { offset: 2 });
        assert_eq!(to(&[3, 9, 9, 0], 1), NotCarried { offset: 3 });
        let from = |bytes: &[u8]| to_lengths(bytes, 1).unwrap_err();
        assert_eq!(from(&[0, 0, 2]), Stray { offset: 2 });
        assert_eq!(from(&[0, 1, 9]), Stray { offset: 1 });
        assert_eq!(from(&[0, 0, 1, 9, 0, 0, 0, 7]), Stray { offset: 7 });
        assert_eq!(from(&[0, 0, 1, 9, 0, 0, 1]), Empty { offset: 7 });
        assert_eq!(from(&[0, 0, 1, 0, 0, 1, 9]), Empty { offset: 3 });
        assert_eq!(from(&[&[0, 0, 1][..], &[9; 256]].concat()), Long { offset: 3, length: 256, most: 255 });
        assert_eq!(to_lengths(&[0; 7], 4), Ok(Vec::new()));
    }

    #[test]
    fn a_record_is_made_of_the_sets_in_a_stream() {
        let (sps, pps) = (sps(None, 1), [0x68, 0xce, 0x3c, 0x80]);
        let mut stream = Vec::new();
        [&[9, 0xf0][..], &sps, &pps, &[0x65, 0x88, 0x87]].iter().for_each(|unit| push(Coding::Avc, &mut stream, unit));
        let (record, first) = avc_record(&stream).unwrap();
        let config = Config::parse(&record).unwrap();
        assert_eq!((config.length_size, config.sps, config.pps), (4, vec![sps], vec![pps.to_vec()]));
        assert_eq!(first.size, crate::media::Size { width: 1280, height: 720 });
        assert_eq!(avc_record(&[0, 0, 1, 0x65, 0x88]), Err(AnnexBError::NoSets));
    }
}
