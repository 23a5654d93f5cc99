//! The boxes of fixed fields, read by hand: movie, track and media headers, edit lists, and what fragments say of
//! themselves. A box of a later version than is known is read as version 0, as most readers do.

use super::edits::Edit;
use super::read::{Child, u16_at, u32_at, u64_at};
use super::{BoxError, FourCc};

/// Reads the fields of one box in order; the first is behind version and flags.
struct Fields<'a> {
    child: Child<'a>,
    /// Of the body.
    at: usize,
    version: u8,
    flags: u32,
}

impl<'a> Fields<'a> {
    fn new(child: &Child<'a>) -> Result<Fields<'a>, BoxError> {
        let (version, flags, _) = child.full()?;
        Ok(Fields { child: *child, at: 4, version, flags })
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn u32(&mut self) -> Result<u32, BoxError> {
        let value = u32_at(self.child.body, self.at);
        self.at += 4;
        value.ok_or_else(|| self.child.torn(self.at as u64))
    }

    fn i32(&mut self) -> Result<i32, BoxError> {
        self.u32().map(u32::cast_signed)
    }

    fn u64(&mut self) -> Result<u64, BoxError> {
        let value = u64_at(self.child.body, self.at);
        self.at += 8;
        value.ok_or_else(|| self.child.torn(self.at as u64))
    }

    /// A number of 64 bits in version 1, of 32 bits else.
    fn wide(&mut self) -> Result<u64, BoxError> {
        if self.version == 1 { self.u64() } else { self.u32().map(u64::from) }
    }

    /// A field that is there where the flag is set.
    fn optional(&mut self, flag: u32) -> Result<Option<u32>, BoxError> {
        if self.flags & flag == 0 { Ok(None) } else { self.u32().map(Some) }
    }
}

/// `mvhd`, s.8.2.2, and the first fields of `mdhd`, s.8.4.2.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// Seconds since 1904.
    pub(crate) created: u64,
    /// Ticks a second; 0 in damaged files.
    pub(crate) timescale: u32,
    /// The packed language; of `mdhd` only.
    pub(crate) language: u16,
}

/// Reads `mvhd` or `mdhd`.
pub(crate) fn times(child: &Child<'_>) -> Result<Times, BoxError> {
    let mut fields = Fields::new(child)?;
    let created = fields.wide()?;
    fields.wide()?;
    let timescale = fields.u32()?;
    fields.wide()?;
    // Its absence breaks nothing.
    let language = u16_at(child.body, fields.at).unwrap_or(0);
    Ok(Times { created, timescale, language })
}

/// `tkhd`, s.8.3.2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tkhd {
    pub(crate) enabled: bool,
    pub(crate) id: u32,
    pub(crate) matrix: [i32; 9],
    /// Whole pixels; what is behind the point falls away.
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Reads `tkhd`.
pub(crate) fn tkhd(child: &Child<'_>) -> Result<Tkhd, BoxError> {
    let mut fields = Fields::new(child)?;
    fields.wide()?;
    fields.wide()?;
    let id = fields.u32()?;
    fields.u32()?;
    fields.wide()?;
    // Reserved, layer, group, volume, reserved.
    fields.skip(16);
    let mut matrix = [0; 9];
    for value in &mut matrix {
        *value = fields.i32()?;
    }
    let (width, height) = (fields.u32()? >> 16, fields.u32()? >> 16);
    Ok(Tkhd { enabled: fields.flags & 1 != 0, id, matrix, width, height })
}

/// The handler type in `hdlr`, s.8.4.3.
pub(crate) fn handler(child: &Child<'_>) -> Result<FourCc, BoxError> {
    let mut fields = Fields::new(child)?;
    fields.skip(4);
    fields.u32().map(u32::to_be_bytes)
}

/// The entries of `elst`, s.8.6.6; those that end with the box.
pub(crate) fn elst(child: &Child<'_>) -> Result<Vec<Edit>, BoxError> {
    let mut fields = Fields::new(child)?;
    let stated = fields.u32()? as usize;
    let row = if fields.version == 1 { 20 } else { 12 };
    let count = stated.min((child.body.len() - fields.at) / row);
    let mut edits = Vec::with_capacity(count);
    for _ in 0..count {
        let duration = fields.wide()?;
        let start = if fields.version == 1 { fields.u64()?.cast_signed() } else { i64::from(fields.i32()?) };
        edits.push(Edit { duration, start: (start != -1).then_some(start), rate: fields.i32()? });
    }
    Ok(edits)
}

/// `trex`, s.8.8.3.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trex {
    pub(crate) track_id: u32,
    pub(crate) entry: u32,
    pub(crate) duration: u32,
    pub(crate) size: u32,
    pub(crate) flags: u32,
}

/// Reads `trex`.
pub(crate) fn trex(child: &Child<'_>) -> Result<Trex, BoxError> {
    let mut fields = Fields::new(child)?;
    Ok(Trex {
        track_id: fields.u32()?,
        entry: fields.u32()?,
        duration: fields.u32()?,
        size: fields.u32()?,
        flags: fields.u32()?,
    })
}

/// `tfhd`, s.8.8.7.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tfhd {
    pub(crate) track_id: u32,
    pub(crate) base: Option<u64>,
    pub(crate) entry: Option<u32>,
    pub(crate) duration: Option<u32>,
    pub(crate) size: Option<u32>,
    pub(crate) flags: Option<u32>,
    pub(crate) base_is_moof: bool,
}

/// Reads `tfhd`.
pub(crate) fn tfhd(child: &Child<'_>) -> Result<Tfhd, BoxError> {
    let mut fields = Fields::new(child)?;
    let track_id = fields.u32()?;
    let base = if fields.flags & 1 == 0 { None } else { Some(fields.u64()?) };
    Ok(Tfhd {
        track_id,
        base,
        entry: fields.optional(0x2)?,
        duration: fields.optional(0x8)?,
        size: fields.optional(0x10)?,
        flags: fields.optional(0x20)?,
        base_is_moof: fields.flags & 0x2_0000 != 0,
    })
}

/// The decode time in `tfdt`, s.8.8.12.
pub(crate) fn tfdt(child: &Child<'_>) -> Result<u64, BoxError> {
    Fields::new(child)?.wide()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isobmff::Path;

    fn body(version: u8, bytes: &[u8]) -> Vec<u8> {
        [&[version, 0, 0, 0], bytes].concat()
    }

    fn child(body: &[u8]) -> Child<'_> {
        Child { kind: *b"elst", path: Path::top(*b"elst"), bytes: body, body }
    }

    #[test]
    fn edits_of_both_versions_are_read_and_those_cut_off_are_left_out() {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
        let narrow = body(0, &words(&[3, 10, u32::MAX, 0x1_0000, 20, u32::MAX - 4, 0, 1]));
        assert_eq!(elst(&child(&narrow)).unwrap(), [Edit::empty(10), Edit { duration: 20, start: Some(-5), rate: 0 }]);
        let wide = body(1, &words(&[1, 1, 0, 0, 7, 0x1_0000]));
        assert_eq!(elst(&child(&wide)).unwrap(), [Edit::media(1 << 32, 7)]);
        assert!(elst(&child(&body(0, &[0; 3]))).is_err());
    }
}
