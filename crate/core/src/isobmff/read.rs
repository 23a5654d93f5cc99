//! Reading box headers and the children of a container. It never reads past the bytes it is given, never allocates,
//! and leaves every body as the bytes it was.

use super::{BoxError, FourCc, Path};

/// The first bytes of a box (ISO/IEC 14496-12 s.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its type.
    pub kind: FourCc,
    /// Bytes of the header itself: 8, or 16 with a 64-bit size.
    pub length: u64,
    /// Bytes of the whole box, header included; `None` where it lasts to the end of the file (size 0).
    pub size: Option<u64>,
}

/// What the first bytes of a box tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A header.
    Whole(Header),
    /// A header of this many bytes; more of them are needed.
    Needs(u64),
}

impl Header {
    /// Reads a header from the first bytes of a box.
    ///
    /// # Errors
    /// [`BoxError::Size`] where the size is smaller than the header.
    pub fn parse(bytes: &[u8], parent: Path) -> Result<Parsed, BoxError> {
        let (Some(size), Some(kind)) = (u32_at(bytes, 0), fourcc_at(bytes, 4)) else { return Ok(Parsed::Needs(8)) };
        let (length, size) = match size {
            0 => (8, None),
            1 => match u64_at(bytes, 8) {
                Some(size) => (16, Some(size)),
                None => return Ok(Parsed::Needs(16)),
            },
            size => (8, Some(u64::from(size))),
        };
        match size {
            Some(size) if size < length => Err(BoxError::Size { path: parent.child(kind)?, size }),
            _ => Ok(Parsed::Whole(Header { kind, length, size })),
        }
    }
}

/// A box inside bytes that are all there.
#[derive(Clone, Copy, Debug)]
pub struct Child<'a> {
    /// Its type.
    pub kind: FourCc,
    /// Its path, for errors.
    pub path: Path,
    /// The whole box, header included.
    pub bytes: &'a [u8],
    /// What follows the header.
    pub body: &'a [u8],
}

impl<'a> Child<'a> {
    /// The boxes inside it, from `skip` bytes into its body.
    ///
    /// # Errors
    /// [`BoxError::Torn`] where the body is shorter than `skip`.
    pub fn children_after(&self, skip: usize) -> Result<Children<'a>, BoxError> {
        Ok(Children::new(tail(self.body, skip, self.path)?, self.path))
    }

    /// The boxes inside it.
    pub fn children(&self) -> Children<'a> {
        Children::new(self.body, self.path)
    }

    /// The boxes inside it of which only these types matter: a broken one of another type ends the list, as it does for
    /// most readers.
    pub fn heeding(&self, kinds: &'static [FourCc]) -> Children<'a> {
        Children { heeded: Some(kinds), ..self.children() }
    }

    /// The only, or else the first, box of this type inside it.
    ///
    /// # Errors
    /// [`BoxError::Missing`] where there is none, or a broken box before it; the error of a broken one.
    pub fn one(&self, kind: FourCc) -> Result<Child<'a>, BoxError> {
        self.find(kind)?.ok_or(BoxError::Missing { path: self.path, kind })
    }

    /// The first box of this type inside it, if there is one before any broken box.
    ///
    /// # Errors
    /// Its own, where it is broken.
    pub fn find(&self, kind: FourCc) -> Result<Option<Child<'a>>, BoxError> {
        let mut children = self.children();
        loop {
            match children.next() {
                Some(Ok(child)) if child.kind == kind => return Ok(Some(child)),
                Some(Ok(_)) => {}
                Some(Err(error)) if children.broken == Some(kind) => return Err(error),
                Some(Err(_)) | None => return Ok(None),
            }
        }
    }

    /// Version, flags and the rest of a full box (ISO/IEC 14496-12 s.4.2).
    ///
    /// # Errors
    /// [`BoxError::Torn`] where the body is shorter than four bytes.
    pub fn full(&self) -> Result<(u8, u32, &'a [u8]), BoxError> {
        let word = u32_at(self.body, 0).ok_or_else(|| self.torn(4))?;
        Ok(((word >> 24) as u8, word & 0x00ff_ffff, &self.body[4..]))
    }

    /// The error for a body that should have had `needed` bytes.
    pub fn torn(&self, needed: u64) -> BoxError {
        BoxError::Torn { path: self.path, needed, present: self.body.len() as u64 }
    }

    /// The error for fields that make no sense.
    pub fn wrong(&self, what: impl Into<String>) -> BoxError {
        BoxError::Field { path: self.path, what: what.into() }
    }
}

/// The boxes of a container, in order. Fewer than eight bytes at the end, or four zero bytes, end the list as
/// QuickTime's terminator does. After an error it ends.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    rest: &'a [u8],
    path: Path,
    /// The types whose errors count; `None` for all.
    heeded: Option<&'static [FourCc]>,
    /// The type of the box that ended the list, where it has one.
    broken: Option<FourCc>,
}

impl<'a> Children<'a> {
    /// The boxes in `bytes`, which lie in the box of that path.
    pub fn new(bytes: &'a [u8], path: Path) -> Children<'a> {
        Children { rest: bytes, path, heeded: None, broken: None }
    }

    fn step(&mut self) -> Result<Option<Child<'a>>, BoxError> {
        if self.rest.len() < 8 || u64_at(self.rest, 0) == Some(0) {
            return Ok(None);
        }
        let header = match Header::parse(self.rest, self.path)? {
            Parsed::Whole(header) => header,
            Parsed::Needs(needed) => {
                let path = self.path.child(fourcc_at(self.rest, 4).unwrap_or_default())?;
                return Err(BoxError::Torn { path, needed, present: self.rest.len() as u64 });
            }
        };
        let path = self.path.child(header.kind)?;
        let present = self.rest.len() as u64;
        let size = header.size.unwrap_or(present);
        if size > present {
            return Err(BoxError::Torn { path, needed: size, present });
        }
        // Not above `present`, which came from a usize.
        let (bytes, rest) = self.rest.split_at(size as usize);
        self.rest = rest;
        Ok(Some(Child { kind: header.kind, path, bytes, body: &bytes[header.length as usize..] }))
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = Result<Child<'a>, BoxError>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = fourcc_at(self.rest, 4);
        let step = self.step().transpose();
        if matches!(step, Some(Err(_))) {
            self.rest = &[];
            self.broken = kind;
            let heeds = |kinds: &[FourCc]| kind.is_some_and(|kind| kinds.contains(&kind));
            return step.filter(|_| self.heeded.is_none_or(heeds));
        }
        step
    }
}

/// `bytes` from `skip` on.
fn tail(bytes: &[u8], skip: usize, path: Path) -> Result<&[u8], BoxError> {
    bytes.get(skip..).ok_or(BoxError::Torn { path, needed: skip as u64, present: bytes.len() as u64 })
}

/// The big-endian number at this offset, if it is there.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The big-endian number at this offset, if it is there.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The big-endian number at this offset, which must be there. For the rows of tables: a film of ten minutes has a hundred
/// thousand of these, and a call for each is what opening it would cost.
#[inline(always)]
pub(crate) fn be32(bytes: &[u8], at: usize) -> u32 {
    let word = &bytes[at..at + 4];
    u32::from_be_bytes([word[0], word[1], word[2], word[3]])
}

/// The big-endian number at this offset, if it is there.
pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The box type at this offset, if it is there.
pub fn fourcc_at(bytes: &[u8], at: usize) -> Option<FourCc> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(bytes: &[u8]) -> Vec<Result<FourCc, BoxError>> {
        Children::new(bytes, Path::top(*b"moov")).map(|child| child.map(|child| child.kind)).collect()
    }

    #[test]
    fn sizes_zero_and_one_are_read() {
        let long = [0, 0, 0, 1, b'f', b'r', b'e', b'e', 0, 0, 0, 0, 0, 0, 0, 18, 7, 7];
        assert_eq!(
            Header::parse(&long, Path::ROOT),
            Ok(Parsed::Whole(Header { kind: *b"free", length: 16, size: Some(18) }))
        );
        assert_eq!(Header::parse(&long[..12], Path::ROOT), Ok(Parsed::Needs(16)));
        assert_eq!(kinds(&long), [Ok(*b"free")]);
        assert_eq!(kinds(&[0, 0, 0, 0, b'f', b'r', b'e', b'e', 9]), [Ok(*b"free")]);
    }

    #[test]
    fn a_quicktime_terminator_ends_the_list() {
        let mut bytes = vec![0, 0, 0, 8, b's', b'k', b'i', b'p'];
        for zeros in [4, 8, 16] {
            bytes.resize(8 + zeros, 0);
            assert_eq!(kinds(&bytes), [Ok(*b"skip")], "{zeros} zero bytes");
        }
    }

    #[test]
    fn a_box_longer_than_its_parent_is_named() {
        let bytes = [0, 0, 0, 9, b't', b'r', b'a', b'k'];
        let errors = kinds(&bytes);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].as_ref().unwrap_err().to_string(), "moov/trak: 9 bytes needed, 8 present");
        assert_eq!(kinds(&[0, 0, 0, 7, b't', b'r', b'a', b'k']).len(), 1);
    }

    #[test]
    fn twenty_thousand_nested_boxes_stop_at_the_depth_limit() {
        let mut bytes = Vec::new();
        for level in (0..20_000_u32).rev() {
            bytes.extend_from_slice(&(8 * (level + 1)).to_be_bytes());
            bytes.extend_from_slice(b"edts");
        }
        fn descend(children: Children<'_>) -> Result<usize, BoxError> {
            let mut depth = 0;
            for child in children {
                depth = depth.max(1 + descend(child?.children())?);
            }
            Ok(depth)
        }
        let result = descend(Children::new(&bytes, Path::ROOT));
        assert!(matches!(result, Err(BoxError::Depth { .. })), "{result:?}");
    }
}
