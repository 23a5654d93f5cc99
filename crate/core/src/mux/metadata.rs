//! What a film says of itself in `udta` (ISO/IEC 14496-12 s.8.10.1): title and poster as the item list every player and
//! file manager reads (QuickTime File Format, "Metadata item list"), beside what a source said before.

use super::MuxError;
use super::boxes::word;
use crate::isobmff::read::{Children, Header, Parsed, fourcc_at};
use crate::isobmff::write::{boxed, full};
use crate::isobmff::{FourCc, Path};

const TITLE: FourCc = *b"\xa9nam";
const POSTER: FourCc = *b"covr";
/// Well-known types of values: UTF-8, JPEG, PNG.
const TEXT: u32 = 1;
const JPEG: u32 = 13;
const PNG: u32 = 14;
/// `hdlr` of the item list: no name, handler `mdir`, manufacturer `appl`.
const HANDLER: &[u8] = b"\0\0\0\x21hdlr\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0";

/// A `udta` box that is ready to be written.
#[derive(Debug, Default)]
pub(super) struct Metadata<'a> {
    /// The source's box, where nothing is said anew.
    whole: &'a [u8],
    /// Its boxes that stay beside the item list.
    beside: Vec<&'a [u8]>,
    /// Items of its list that stay.
    items: Vec<&'a [u8]>,
    title: Option<&'a str>,
    /// With the type of its value.
    poster: Option<(u32, &'a [u8])>,
}

impl<'a> Metadata<'a> {
    /// `udta` is a source's box, whole, or nothing.
    ///
    /// # Errors
    /// [`MuxError::Poster`] for a picture that is neither JPEG nor PNG; [`MuxError::Udta`] for bytes that are not one box.
    pub(super) fn new(
        udta: &'a [u8],
        title: Option<&'a str>,
        poster: Option<&'a [u8]>,
    ) -> Result<Metadata<'a>, MuxError> {
        let poster = poster.map(|bytes| Ok((image(bytes)?, bytes))).transpose()?;
        let mut metadata = Metadata { title, poster, ..Metadata::default() };
        let Some(body) = body(udta)? else { return Ok(metadata) };
        if title.is_none() && poster.is_none() {
            metadata.whole = udta;
            return Ok(metadata);
        }
        // What is not a box any more is left out, as every reader would.
        for child in Children::new(body, Path::top(*b"udta")).map_while(Result::ok) {
            if child.kind == *b"meta" {
                metadata.keep_items(child.body);
            } else {
                metadata.beside.push(child.bytes);
            }
        }
        Ok(metadata)
    }

    /// Takes over the items of a `meta` box that are not said anew. Lists of another handler cannot stand beside ours,
    /// for a box has one `meta` (s.8.11.1): they go.
    fn keep_items(&mut self, meta: &'a [u8]) {
        // QuickTime writes it without version and flags.
        let skip = if fourcc_at(meta, 4) == Some(*b"hdlr") { 0 } else { 4 };
        let boxes = |bytes: &'a [u8]| Children::new(bytes, Path::top(*b"meta")).map_while(Result::ok);
        let children = || boxes(meta.get(skip..).unwrap_or_default());
        if !children().any(|child| child.kind == *b"hdlr" && fourcc_at(child.body, 8) == Some(*b"mdir")) {
            return;
        }
        let Some(list) = children().find(|child| child.kind == *b"ilst") else { return };
        for item in boxes(list.body) {
            let anew = item.kind == TITLE && self.title.is_some() || item.kind == POSTER && self.poster.is_some();
            if !anew {
                self.items.push(item.bytes);
            }
        }
    }

    fn anew(&self) -> bool {
        self.title.is_some() || self.poster.is_some()
    }

    /// Bytes that [`Self::write`] appends.
    pub(super) fn bytes(&self) -> u64 {
        let sum = |boxes: &[&[u8]]| boxes.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
        let item = |length: Option<usize>| length.map_or(0, |length| 8 + 16 + length as u64);
        if !self.anew() {
            return self.whole.len() as u64;
        }
        let list = sum(&self.items) + item(self.title.map(str::len)) + item(self.poster.map(|(_, bytes)| bytes.len()));
        8 + sum(&self.beside) + 12 + HANDLER.len() as u64 + 8 + list
    }

    /// Appends the box, if there is anything to say.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.whole);
        if !self.anew() {
            return;
        }
        let item = |out: &mut Vec<u8>, kind: FourCc, well_known: u32, value: &[u8]| {
            boxed(out, kind, |out| {
                boxed(out, *b"data", |out| {
                    word(out, well_known);
                    word(out, 0);
                    out.extend_from_slice(value);
                });
            });
        };
        boxed(out, *b"udta", |out| {
            self.beside.iter().for_each(|bytes| out.extend_from_slice(bytes));
            full(out, *b"meta", 0, 0, |out| {
                out.extend_from_slice(HANDLER);
                boxed(out, *b"ilst", |out| {
                    self.items.iter().for_each(|bytes| out.extend_from_slice(bytes));
                    if let Some(title) = self.title {
                        item(out, TITLE, TEXT, title.as_bytes());
                    }
                    if let Some((kind, bytes)) = self.poster {
                        item(out, POSTER, kind, bytes);
                    }
                });
            });
        });
    }
}

/// The body of a `udta` box; `None` of no bytes.
fn body(udta: &[u8]) -> Result<Option<&[u8]>, MuxError> {
    if udta.is_empty() {
        return Ok(None);
    }
    match Header::parse(udta, Path::ROOT) {
        Ok(Parsed::Whole(Header { kind: [b'u', b'd', b't', b'a'], length, size: Some(size) }))
            if size == udta.len() as u64 =>
        {
            Ok(udta.get(length as usize..))
        }
        _ => Err(MuxError::Udta { bytes: udta.len() as u64 }),
    }
}

/// The well-known type of a picture, by its first bytes.
fn image(bytes: &[u8]) -> Result<u32, MuxError> {
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Ok(JPEG);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(PNG);
    }
    let mut begins = [0; 4];
    begins.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Err(MuxError::Poster { begins })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(udta: &[u8], title: Option<&str>, poster: Option<&[u8]>) -> Vec<u8> {
        let metadata = Metadata::new(udta, title, poster).unwrap();
        let mut out = Vec::new();
        metadata.write(&mut out);
        assert_eq!(out.len() as u64, metadata.bytes());
        out
    }

    #[test]
    fn what_a_source_said_stays_beside_what_is_said_anew() {
        let mut source = Vec::new();
        boxed(&mut source, *b"udta", |out| {
            boxed(out, *b"Xtra", |out| out.extend_from_slice(b"kept"));
            full(out, *b"meta", 0, 0, |out| {
                out.extend_from_slice(HANDLER);
                boxed(out, *b"ilst", |out| {
                    for kind in [TITLE, *b"\xa9too"] {
                        boxed(out, kind, |out| {
                            boxed(out, *b"data", |out| out.extend_from_slice(b"\0\0\0\x01\0\0\0\0old"));
                        });
                    }
                });
            });
        });
        assert_eq!(written(&source, None, None), source);
        let ours = written(&source, Some("new"), None);
        let has = |bytes: &[u8]| ours.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(b"kept") && has(b"\xa9too") && has(b"new"));
        assert_eq!(ours.windows(4).filter(|window| *window == TITLE).count(), 1);
        // Once more: what was said anew is what a source said.
        assert_eq!(written(&ours, Some("new"), None), ours);
    }

    #[test]
    fn posters_are_told_by_their_first_bytes() {
        assert!(Metadata::new(&[], None, Some(b"\xff\xd8\xff\xe0")).is_ok());
        assert!(Metadata::new(&[], None, Some(b"\x89PNG\r\n\x1a\nrest")).is_ok());
        let wrong = Metadata::new(&[], None, Some(b"GIF89a")).unwrap_err();
        assert_eq!(wrong, MuxError::Poster { begins: *b"GIF8" });
        assert_eq!(Metadata::new(&[], None, Some(b"")).unwrap_err(), MuxError::Poster { begins: [0; 4] });
        assert_eq!(Metadata::new(b"\0\0\0\x09udta", None, None).unwrap_err(), MuxError::Udta { bytes: 8 });
    }
}
