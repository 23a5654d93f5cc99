//! Track fragment runs (ISO/IEC 14496-12 s.8.8.8), read sample by sample from their bytes: no list is made of
//! them first, for a run of foreign length must cost no memory.

use super::BoxError;
use super::read::{Child, u32_at};

/// Flags of the box.
const DATA_OFFSET: u32 = 0x1;
const FIRST_FLAGS: u32 = 0x4;
const DURATION: u32 = 0x100;
const SIZE: u32 = 0x200;
const FLAGS: u32 = 0x400;
const COMPOSITION: u32 = 0x800;

/// What samples have where the run does not say: from `tfhd`, else from `trex` (s.8.8.3, s.8.8.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Ticks.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// Sample flags, s.8.8.3.1.
    pub flags: u32,
}

/// One run of a track fragment.
#[derive(Clone, Copy, Debug)]
pub struct Trun<'a> {
    /// Where its data starts, from the base of the fragment; `None`: after the run before it.
    pub data_offset: Option<i32>,
    /// Samples it states. Without per-sample fields this costs the file nothing, so it may be any number.
    pub count: u32,
    /// Whether each sample has fields of its own: then `count` is backed by bytes.
    pub explicit: bool,
    first_flags: Option<u32>,
    version: u8,
    flags: u32,
    rows: &'a [u8],
    row: usize,
}

/// One sample as the run and its defaults give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrunSample {
    /// Ticks.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// Sample flags, s.8.8.3.1.
    pub flags: u32,
    /// Composition offset, ticks. Version 0 is read as signed too, as everybody does.
    pub offset: i32,
}

impl TrunSample {
    /// Whether decoding can start here: `sample_is_non_sync_sample` is not set, nor does `sample_depends_on` say that it
    /// needs another sample (s.8.8.3.1). Players heed both.
    pub fn sync(&self) -> bool {
        self.flags & 0x0101_0000 == 0
    }
}

impl<'a> Trun<'a> {
    /// Reads the box.
    ///
    /// # Errors
    /// [`BoxError::Torn`] where fields or samples are missing.
    pub fn parse(child: &Child<'a>) -> Result<Trun<'a>, BoxError> {
        let (version, flags, body) = child.full()?;
        let mut at = 0;
        let mut word = |present: bool| {
            if !present {
                return Ok(None);
            }
            let value = u32_at(body, at).ok_or_else(|| child.torn(at as u64 + 8))?;
            at += 4;
            Ok(Some(value))
        };
        let count = word(true)?.unwrap_or(0);
        let data_offset = word(flags & DATA_OFFSET != 0)?.map(u32::cast_signed);
        let first_flags = word(flags & FIRST_FLAGS != 0)?;
        let row = 4 * (flags & (DURATION | SIZE | FLAGS | COMPOSITION)).count_ones() as usize;
        let rows = &body[at..];
        let needed = u64::from(count) * row as u64;
        if needed > rows.len() as u64 {
            return Err(child.torn(4 + at as u64 + needed));
        }
        Ok(Trun { data_offset, count, explicit: row > 0, first_flags, version, flags, rows, row })
    }

    /// The composition version of the box, 0 or 1; both are read as signed.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The sample of this number in the run, counted from 0.
    pub fn sample(&self, index: u32, defaults: &Defaults) -> TrunSample {
        let mut at = index as usize * self.row;
        let mut field = |flag: u32| {
            if self.flags & flag == 0 {
                return None;
            }
            let value = u32_at(self.rows, at);
            at += 4;
            value
        };
        let duration = field(DURATION).unwrap_or(defaults.duration);
        let size = field(SIZE).unwrap_or(defaults.size);
        let own = field(FLAGS);
        let offset = field(COMPOSITION).unwrap_or(0).cast_signed();
        let first = if index == 0 { self.first_flags } else { None };
        TrunSample { duration, size, flags: first.or(own).unwrap_or(defaults.flags), offset }
    }
}
