//! The sums that Kodo knows a file by: qetag, MD5, CRC-32 and the SHA-1 of each block, from one pass over the bytes;
//! SHA-1 apart, where another makes it quicker.
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

/// A page loads 1 KiB of table; a server has room for 16, with which it is five times as quick.
const LANES: usize = if cfg!(target_family = "wasm") { 1 } else { 16 };
/// CRC-32 of zip and Ethernet.
static CRC32: Crc<u32, Table<LANES>> = Crc::<u32, Table<LANES>>::new(&CRC_32_ISO_HDLC);

/// A running CRC-32 (IEEE), as the form's field `crc32` and the answers of v1 give it.
#[derive(Clone)]
pub struct Crc32(crc::Digest<'static, u32, Table<LANES>>);

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
    others: SideHasher,
}

impl PieceHasher {
    /// `step` is the length of a v1 chunk where the running CRC-32 is wanted at the end of each, else 0.
    pub fn new(step: u64) -> PieceHasher {
        PieceHasher { qetag: QetagHasher::new(), others: SideHasher::new(step, true, true) }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.qetag.update(bytes);
        self.others.update(bytes);
    }

    /// Bytes taken so far.
    pub fn size(&self) -> u64 {
        self.others.size
    }

    /// The sums of all bytes.
    pub fn finish(self) -> Digests {
        self.others.finish(self.qetag.sums().blocks)
    }
}

/// The sums beside the SHA-1 of blocks, for platforms that make that one quicker than we do.
#[derive(Clone)]
pub struct SideHasher {
    md5: Option<Md5>,
    crc32: Option<Crc32>,
    size: u64,
    step: u64,
    steps: Vec<u32>,
}

impl SideHasher {
    /// Those that are wanted: each costs as much time as the other. `step` as in [`PieceHasher::new`].
    pub fn new(step: u64, md5: bool, crc32: bool) -> SideHasher {
        let (md5, crc32) = (md5.then(Md5::new), (crc32 || step != 0).then(Crc32::new));
        SideHasher { md5, crc32, size: 0, step, steps: Vec::new() }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = if self.step == 0 { u64::MAX } else { self.step - self.size % self.step };
            let (now, rest) = bytes.split_at(room.min(bytes.len() as u64) as usize);
            self.size += now.len() as u64;
            if let Some(md5) = &mut self.md5 {
                md5.update(now);
            }
            if let Some(crc32) = &mut self.crc32 {
                crc32.update(now);
            }
            if self.step != 0 && self.size.is_multiple_of(self.step) {
                self.steps.push(self.crc32());
            }
            bytes = rest;
        }
    }

    /// The sums of all bytes, with the SHA-1 of each stretch of [`BLOCK`] of them.
    ///
    /// # Panics
    /// In debug builds, where these are not as many as the bytes have.
    pub fn finish(mut self, blocks: Vec<[u8; 20]>) -> Digests {
        debug_assert_eq!(blocks.len() as u64, self.size.div_ceil(BLOCK));
        if self.step != 0 && !self.size.is_multiple_of(self.step) {
            self.steps.push(self.crc32());
        }
        Digests {
            sums: PartSums { size: self.size, blocks },
            crc32: self.crc32(),
            md5: self.md5.map_or([0; 16], |md5| md5.finalize().into()),
            steps: self.steps,
        }
    }

    fn crc32(&self) -> u32 {
        self.crc32.as_ref().map_or(0, Crc32::value)
    }
}
