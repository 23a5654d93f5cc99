//! The ordinary reader over a file of which some headers are told otherwise than they stand there: a size put right, a
//! box that cannot be read named `free`. The file itself stays as it is.

use std::borrow::Cow;
use std::ops::Range;

use crate::demux::{DemuxError, FileIndex, Scan};
use crate::isobmff::FourCc;
use crate::isobmff::write::mdat_header;

/// Bytes of a file that are told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fix {
    at: u64,
    bytes: [u8; 16],
    length: usize,
}

impl Fix {
    /// A box header at `at` of this type for a box of `size` bytes, 8 and more. From 4 GiB on it takes 16 bytes, of media
    /// too where there were only 8: the reader does not look at those.
    pub(super) fn header(at: u64, kind: FourCc, size: u64) -> Fix {
        let mut made = Vec::with_capacity(16);
        let header = if u32::try_from(size).is_ok() { 8 } else { 16 };
        mdat_header(&mut made, size.saturating_sub(header));
        made[4..8].copy_from_slice(&kind);
        let mut bytes = [0; 16];
        bytes[..made.len()].copy_from_slice(&made);
        Fix { at, bytes, length: made.len() }
    }

    /// A box header at `at` whose size is 64 bits wide already.
    pub(super) fn long(at: u64, kind: FourCc, size: u64) -> Fix {
        let mut bytes = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes[4..8].copy_from_slice(&kind);
        bytes[8..].copy_from_slice(&size.to_be_bytes());
        Fix { at, bytes, length: 16 }
    }

    /// Another type for the box at `at`.
    pub(super) fn kind(at: u64, kind: FourCc) -> Fix {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&kind);
        Fix { at: at + 4, bytes, length: 4 }
    }
}

/// These bytes of the file, as they are told.
pub(super) fn tell<'a>(offset: u64, bytes: &'a [u8], fixes: &[Fix]) -> Cow<'a, [u8]> {
    let mut told = Cow::Borrowed(bytes);
    let end = offset + bytes.len() as u64;
    for fix in fixes {
        for (at, byte) in (fix.at..).zip(&fix.bytes[..fix.length]) {
            if (offset..end).contains(&at) {
                told.to_mut()[(at - offset) as usize] = *byte;
            }
        }
    }
    told
}

/// A scan of the file as it is told.
#[derive(Clone, Debug)]
pub(super) struct Retold {
    scan: Scan,
    fixes: Vec<Fix>,
    /// Bytes that are really there.
    present: u64,
    failed: Option<DemuxError>,
}

impl Retold {
    /// Of a file of `length` bytes, of which `present` are really there.
    pub(super) fn new(length: u64, present: u64, fixes: Vec<Fix>) -> Retold {
        Retold { scan: Scan::new(length), fixes, present, failed: None }
    }

    /// Which bytes of the real file are needed next; `None` also after a failure, and where they are not there.
    pub(super) fn poll_read(&self) -> Option<Range<u64>> {
        if self.failed.is_some() {
            return None;
        }
        self.scan.poll_read().filter(|range| range.end <= self.present)
    }

    /// Takes these bytes. A failure is kept for the end.
    pub(super) fn handle_read(&mut self, offset: u64, bytes: &[u8]) {
        self.failed = self.scan.handle_read(offset, &tell(offset, bytes, &self.fixes)).err();
    }

    /// Whether the reader gave up.
    pub(super) fn failed(&self) -> bool {
        self.failed.is_some()
    }

    /// What was read.
    pub(super) fn finish(self) -> Result<FileIndex, DemuxError> {
        match self.failed {
            Some(error) => Err(error),
            None => self.scan.finish(),
        }
    }
}
