//! One `moof` (ISO/IEC 14496-12 s.8.8.4): the samples of each track in the fewest bytes, every offset counted from the
//! `moof` itself. It says what is in the `mdat` that follows and never decides what goes there.

use super::MuxError;
use super::boxes::{long, word};
use crate::isobmff::write::{boxed, full, mdat_header};
use crate::media::TrackKind;

/// Sample flags (s.8.8.3.1) of a sample that depends on no other.
pub const SYNC: u32 = 0x0200_0000;
/// Sample flags of a sample that depends on others and where decoding cannot start.
pub const NON_SYNC: u32 = 0x0101_0000;

/// One sample of a fragment, in ticks of its track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// How long until the next one is decoded.
    pub duration: u32,
    /// In bytes.
    pub size: u32,
    /// Composition offset.
    pub offset: i32,
    /// Whether decoding can start here.
    pub sync: bool,
}

/// What the samples of a track have where a fragment does not say (`trex`, s.8.8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// Ticks; 0 where fragments say.
    pub duration: u32,
    /// Bytes; 0 where fragments say.
    pub size: u32,
    /// Sample flags.
    pub flags: u32,
}

impl Defaults {
    /// Nothing but the flags that most samples of a kind have.
    pub fn of(kind: TrackKind) -> Defaults {
        Defaults { duration: 0, size: 0, flags: if kind == TrackKind::Video { NON_SYNC } else { SYNC } }
    }
}

/// Samples in a row whose bytes lie in a row: one `trun`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How many of the samples.
    pub samples: u32,
    /// Where their first byte lies in the payload of the `mdat`.
    pub offset: u64,
}

/// The samples of one track and one sample entry in a fragment: one `traf`.
#[derive(Clone, Debug)]
pub struct Traf {
    /// The track's identifier.
    pub id: u32,
    /// The sample entry, counted from 0.
    pub entry: u32,
    /// Decode time of the first sample, ticks of the track.
    pub time: u64,
    /// What `trex` says of the track.
    pub defaults: Defaults,
    /// All samples, in decoding order; not empty.
    pub samples: Vec<Sample>,
    /// Where their bytes lie, in the same order; they count as many samples.
    pub pieces: Vec<Piece>,
}

/// Appends `moof` and the header of an `mdat` with this much payload.
///
/// # Errors
/// [`MuxError::TooLarge`] where a piece begins 2 GiB or more after the `moof`, where the offsets of s.8.8.8 end; then
/// nothing is appended.
pub fn write(out: &mut Vec<u8>, sequence: u32, trafs: &[Traf], payload: u64) -> Result<(), MuxError> {
    let start = out.len();
    // Places of the data offsets: they count from the `moof`, whose size is known when it is written.
    let mut places = Vec::new();
    boxed(out, *b"moof", |out| {
        full(out, *b"mfhd", 0, 0, |out| word(out, sequence));
        trafs.iter().for_each(|traf| boxed(out, *b"traf", |out| traf.write(out, &mut places)));
    });
    mdat_header(out, payload);
    let base = (out.len() - start) as u64;
    let pieces = trafs.iter().flat_map(|traf| &traf.pieces);
    for (place, piece) in places.into_iter().zip(pieces) {
        let amount = piece.offset.saturating_add(base);
        let Ok(offset) = i32::try_from(amount) else {
            out.truncate(start);
            return Err(MuxError::TooLarge { what: "bytes in a fragment", amount });
        };
        out[place..place + 4].copy_from_slice(&offset.to_be_bytes());
    }
    Ok(())
}

/// How the flags of samples are said in the fewest bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flags {
    /// All but perhaps the first have the traf's default.
    Default { first: Option<u32> },
    /// One for each.
    Each,
}

impl Traf {
    fn write(&self, out: &mut Vec<u8>, places: &mut Vec<usize>) {
        let same = |value: fn(&Sample) -> u32| {
            let first = self.samples.first().map(value);
            first.filter(|first| self.samples.iter().all(|sample| value(sample) == *first))
        };
        let duration = same(|sample| sample.duration);
        // Samples of no bytes are listed: readers refuse a bare number of them.
        let size = same(|sample| sample.size).filter(|size| *size > 0);
        let (default_flags, flags) = self.flags();
        let own = [
            (0x02, (self.entry > 0).then(|| self.entry.saturating_add(1))),
            (0x08, duration.filter(|duration| *duration != self.defaults.duration)),
            (0x10, size.filter(|size| *size != self.defaults.size)),
            (0x20, Some(default_flags).filter(|flags| *flags != self.defaults.flags)),
        ];
        // 0x02_0000: offsets count from the moof.
        let said = own.iter().filter(|(_, value)| value.is_some()).fold(0x02_0000, |bits, (bit, _)| bits | bit);
        full(out, *b"tfhd", 0, said, |out| {
            word(out, self.id);
            own.iter().filter_map(|(_, value)| *value).for_each(|value| word(out, value));
        });
        full(out, *b"tfdt", 1, 0, |out| long(out, self.time));
        let said = 0x1
            | if duration.is_none() { 0x100 } else { 0 }
            | if size.is_none() { 0x200 } else { 0 }
            | if flags == Flags::Each { 0x400 } else { 0 }
            | if self.samples.iter().any(|sample| sample.offset != 0) { 0x800 } else { 0 };
        let mut rest = self.samples.as_slice();
        for piece in &self.pieces {
            let (samples, after) = rest.split_at((piece.samples as usize).min(rest.len()));
            let first = match flags {
                Flags::Default { first } if rest.len() == self.samples.len() => first,
                _ => None,
            };
            rest = after;
            trun(out, samples, said, first, places);
        }
    }

    /// The default of the fragment, and what is said beside it.
    fn flags(&self) -> (u32, Flags) {
        let of = |sample: &Sample| if sample.sync { SYNC } else { NON_SYNC };
        let [first, rest @ ..] = self.samples.as_slice() else {
            return (self.defaults.flags, Flags::Default { first: None });
        };
        let most = rest.first().map_or(of(first), of);
        if rest.iter().any(|sample| of(sample) != most) {
            return (self.defaults.flags, Flags::Each);
        }
        (most, Flags::Default { first: Some(of(first)).filter(|flags| *flags != most) })
    }
}

/// `trun`, s.8.8.8, whose data offset is left for later; `said` are its flags but for the one of `first`.
fn trun(out: &mut Vec<u8>, samples: &[Sample], said: u32, first: Option<u32>, places: &mut Vec<usize>) {
    // Version 1 has signed offsets.
    let version = u8::from(said & 0x800 != 0 && samples.iter().any(|sample| sample.offset < 0));
    let first_bit = if first.is_some() { 0x4 } else { 0 };
    full(out, *b"trun", version, said | first_bit, |out| {
        word(out, samples.len() as u32);
        places.push(out.len());
        word(out, 0);
        if let Some(flags) = first {
            word(out, flags);
        }
        out.reserve(samples.len() * 4 * (said & 0xf00).count_ones() as usize);
        for sample in samples {
            let flags = if sample.sync { SYNC } else { NON_SYNC };
            let fields = [
                (0x100, sample.duration),
                (0x200, sample.size),
                (0x400, flags),
                (0x800, sample.offset.cast_unsigned()),
            ];
            fields.into_iter().filter(|(bit, _)| said & bit != 0).for_each(|(_, value)| word(out, value));
        }
    });
}
