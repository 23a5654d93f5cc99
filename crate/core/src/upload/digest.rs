//! The sums that Kodo knows a file by: qetag, MD5, CRC-32 and the SHA-1 of each block, from one pass over the bytes.
//!
//! It decides what is hashed together and never reads anything: whoever carries the bytes feeds them. It runs where the
//! bytes are: the upload worker, the embedded store, tests.

use std::fmt;

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};

use super::wire;

/// Bytes in a block of a qetag, and in a block of the v1 interface.
pub const BLOCK: u64 = 4 << 20;

/// CRC-32 of zip and Ethernet; 1 KiB of table.
static CRC32: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// A running CRC-32 (IEEE), as the form's field `crc32` and the answers of v1 give it.
#[derive(Clone)]
pub struct Crc32(crc::Digest<'static, u32, Table<1>>);

impl Crc32 {
    /// Over no byte yet.
    pub fn new() -> Crc32 {
        Crc32(CRC32.digest())
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of all bytes so far.
    pub fn value(&self) -> u32 {
        self.0.clone().finalize()
    }
}

impl Default for Crc32 {
    fn default() -> Crc32 {
        Crc32::new()
    }
}

/// SHA-1 of these bytes.
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}

/// MD5 of these bytes.
pub fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// CRC-32 (IEEE) of these bytes.
pub fn crc32(bytes: &[u8]) -> u32 {
    CRC32.checksum(bytes)
}

/// Kodo's name for a content: one byte that says how it was made, and a SHA-1. Shown as 28 letters, never padded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Qetag {
    /// 0x16 for a content of at most one block, 0x96 for more, 0x9e for parts of other sizes.
    pub kind: u8,
    /// Of the content, of the blocks' sums, or of the parts' sums.
    pub sha1: [u8; 20],
}

impl Qetag {
    /// Of a content with these sums of its blocks; none of them for no bytes.
    pub fn of_blocks(blocks: &[[u8; 20]]) -> Qetag {
        match blocks {
            [] => Qetag { kind: 0x16, sha1: sha1(&[]) },
            [one] => Qetag { kind: 0x16, sha1: *one },
            many => Qetag { kind: 0x96, sha1: of_sums(many.iter()) },
        }
    }

    /// Of an object that was put together from these parts, in order: plain where every part but the last is one block
    /// long, else the sum over the parts' own.
    pub fn of_parts(parts: &[PartSums]) -> Qetag {
        let whole = parts.split_last().is_none_or(|(_, before)| before.iter().all(|part| part.size == BLOCK));
        if whole {
            return Qetag::plain(parts).expect("blocks of whole parts follow each other");
        }
        let sums = parts.iter().map(|part| Qetag::of_blocks(&part.blocks).sha1).collect::<Vec<_>>();
        Qetag { kind: 0x9e, sha1: of_sums(sums.iter()) }
    }

    /// Of the content of these parts, however it was sent; `None` where the ends of parts are not ends of blocks.
    pub fn plain(parts: &[PartSums]) -> Option<Qetag> {
        let (_, before) = parts.split_last().unwrap_or((&NO_PART, &[]));
        if !before.iter().all(|part| part.size % BLOCK == 0) {
            return None;
        }
        let mut blocks = Vec::new();
        for part in parts {
            blocks.extend_from_slice(&part.blocks);
        }
        Some(Qetag::of_blocks(&blocks))
    }

    /// Reads the 28 letters; `None` for anything else.
    pub fn parse(text: &str) -> Option<Qetag> {
        let bytes = wire::us64_decode(text)?;
        let (&kind, sum) = bytes.split_first()?;
        let sha1 = sum.try_into().ok()?;
        matches!(kind, 0x16 | 0x96 | 0x9e).then_some(Qetag { kind, sha1 })
    }

    /// Whether this is the sum over parts (0x9e) and not over the content.
    pub fn is_of_parts(&self) -> bool {
        self.kind == 0x9e
    }
}

impl fmt::Display for Qetag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 21];
        bytes[0] = self.kind;
        bytes[1..].copy_from_slice(&self.sha1);
        f.write_str(&wire::us64(&bytes))
    }
}

impl fmt::Debug for Qetag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const NO_PART: PartSums = PartSums { size: 0, blocks: Vec::new() };

/// What the name of a whole object is made of, from one of its parts.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartSums {
    /// In bytes.
    pub size: u64,
    /// SHA-1 of each stretch of [`BLOCK`] bytes, counted from the part's first; none for no bytes.
    pub blocks: Vec<[u8; 20]>,
}

fn of_sums<'a>(sums: impl Iterator<Item = &'a [u8; 20]>) -> [u8; 20] {
    let mut all = Sha1::new();
    for sum in sums {
        all.update(sum);
    }
    all.finalize().into()
}

/// A running qetag of a content as a whole.
#[derive(Clone, Default)]
pub struct QetagHasher {
    blocks: Vec<[u8; 20]>,
    open: Sha1,
    size: u64,
}

impl QetagHasher {
    /// Over no byte yet.
    pub fn new() -> QetagHasher {
        QetagHasher::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = BLOCK - self.size % BLOCK;
            let take = room.min(bytes.len() as u64) as usize;
            let (now, rest) = bytes.split_at(take);
            self.open.update(now);
            self.size += take as u64;
            if self.size.is_multiple_of(BLOCK) {
                self.blocks.push(self.open.finalize_reset().into());
            }
            bytes = rest;
        }
    }

    /// Bytes taken so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The sums of the blocks so far, the last one perhaps short.
    pub fn sums(&self) -> PartSums {
        let mut blocks = self.blocks.clone();
        if !self.size.is_multiple_of(BLOCK) {
            blocks.push(self.open.clone().finalize().into());
        }
        PartSums { size: self.size, blocks }
    }

    /// Of all bytes so far.
    pub fn value(&self) -> Qetag {
        Qetag::of_blocks(&self.sums().blocks)
    }
}

/// What one pass over a piece of the source tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// Size and the blocks' SHA-1.
    pub sums: PartSums,
    /// Of the whole piece; zeros where it was not wanted.
    pub md5: [u8; 16],
    /// Of the whole piece; 0 where it was not wanted.
    pub crc32: u32,
    /// CRC-32 of everything up to the end of each step, see [`PieceHasher::new`]; none without steps.
    pub steps: Vec<u32>,
}

impl Digests {
    /// The piece's own qetag.
    pub fn qetag(&self) -> Qetag {
        Qetag::of_blocks(&self.sums.blocks)
    }

    /// The piece's MD5 as Kodo writes it: 32 lower hex digits.
    pub fn md5_hex(&self) -> String {
        wire::hex(&self.md5)
    }
}

/// All sums of a piece in one pass: feed the bytes in any portions, then [`Self::finish`].
#[derive(Clone)]
pub struct PieceHasher {
    qetag: QetagHasher,
    md5: Option<Md5>,
    crc32: Option<Crc32>,
    step: u64,
    steps: Vec<u32>,
}

impl PieceHasher {
    /// `step` is the length of a v1 chunk where the running CRC-32 is wanted at the end of each, else 0.
    pub fn new(step: u64) -> PieceHasher {
        PieceHasher::of(step, true, true)
    }

    /// The same without sums that nobody asks for: each costs as much time as the SHA-1, and half of a small upload's.
    pub fn of(step: u64, md5: bool, crc32: bool) -> PieceHasher {
        let (md5, crc32) = (md5.then(Md5::new), (crc32 || step != 0).then(Crc32::new));
        PieceHasher { qetag: QetagHasher::new(), md5, crc32, step, steps: Vec::new() }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let done = self.qetag.size();
            let room = if self.step == 0 { u64::MAX } else { self.step - done % self.step };
            let (now, rest) = bytes.split_at(room.min(bytes.len() as u64) as usize);
            self.qetag.update(now);
            if let Some(md5) = &mut self.md5 {
                md5.update(now);
            }
            if let Some(crc32) = &mut self.crc32 {
                crc32.update(now);
            }
            if self.step != 0 && self.qetag.size().is_multiple_of(self.step) {
                self.steps.push(self.crc32());
            }
            bytes = rest;
        }
    }

    /// Bytes taken so far.
    pub fn size(&self) -> u64 {
        self.qetag.size()
    }

    /// The sums of all bytes.
    pub fn finish(mut self) -> Digests {
        let size = self.qetag.size();
        if self.step != 0 && !size.is_multiple_of(self.step) {
            self.steps.push(self.crc32());
        }
        Digests {
            sums: self.qetag.sums(),
            crc32: self.crc32(),
            md5: self.md5.map_or([0; 16], |md5| md5.finalize().into()),
            steps: self.steps,
        }
    }

    fn crc32(&self) -> u32 {
        self.crc32.as_ref().map_or(0, Crc32::value)
    }
}
