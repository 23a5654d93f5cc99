//! What outlives a page of an upload, and when it may be believed.
//!
//! It never holds a token, and no byte of the file. It is believed only where everything that could make its parts those of
//! another file or another object is the same; after that the server's list decides, and each local part is hashed again.

use super::digest::PartSums;
use super::options::Api;
use super::pack::{Packer, Unpacker};

/// The shape of the stored ledger.
const SCHEMA: u32 = 1;

/// Which of the two resumable interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize, serde::Deserialize))]
pub enum Resumable {
    /// `mkblk`, `bput`, `mkfile`.
    V1,
    /// Multipart.
    V2,
}

impl Resumable {
    /// The option that asks for it.
    pub fn api(self) -> Api {
        match self {
            Resumable::V1 => Api::V1,
            Resumable::V2 => Api::V2,
        }
    }
}

/// Everything that must be the same for parts sent earlier to belong to this upload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize, serde::Deserialize))]
pub struct Identity {
    /// The access key of the token (not a secret).
    pub access_key: String,
    /// The bucket.
    pub bucket: String,
    /// The object's key as the caller gave it.
    pub key: Option<String>,
    /// The interface.
    pub api: Resumable,
    /// Bytes in a part; the chunk of v1.
    pub part_size: u64,
    /// Of the source, in bytes; `None` while it grows.
    pub size: Option<u64>,
    /// Of the source.
    pub name: String,
    /// Of the source, milliseconds since 1970.
    pub last_modified: u64,
    /// SHA-1 of the source's first and last 64 KiB, one after the other (of all of it where it is shorter than both); zeros
    /// while it grows.
    pub edges: [u8; 20],
}

/// A v2 part that the server confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize, serde::Deserialize))]
pub struct LedgerPart {
    /// Its number, from 1.
    pub number: u32,
    /// Size and SHA-1 sums of what was sent.
    pub sums: PartSums,
    /// MD5 of what was sent.
    pub md5: [u8; 16],
    /// The server's name for it; opaque.
    pub etag: String,
}

/// A v1 block, or the first chunks of it, that the server confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize, serde::Deserialize))]
pub struct LedgerBlock {
    /// Counted from 0.
    pub index: u32,
    /// Size and SHA-1 of the whole block.
    pub sums: PartSums,
    /// The server's name for what it has; valid for the next chunk only.
    pub ctx: String,
    /// Bytes of the block that it has.
    pub offset: u64,
    /// Until when, seconds since 1970.
    pub expired_at: u64,
    /// Where the next chunk goes: scheme, host and port.
    pub host: String,
}

/// Persisted upload state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize, serde::Deserialize))]
pub struct Ledger {
    schema: u32,
    /// Whose it is.
    pub identity: Identity,
    /// The region it lives in; empty where hosts were given by hand.
    pub region: String,
    /// The host it was begun at: scheme, host and port.
    pub host: String,
    /// Of v2.
    pub upload_id: String,
    /// When the server forgets it, seconds since 1970; 0 for v1, whose blocks have their own.
    pub expire_at: u64,
    /// Confirmed parts of v2, by number.
    pub parts: Vec<LedgerPart>,
    /// Confirmed blocks of v1, by index.
    pub blocks: Vec<LedgerBlock>,
    /// Bytes in all; of a growing source, those announced so far.
    pub total: u64,
    /// The last request may have arrived: the object may be there.
    pub finishing: bool,
    /// Milliseconds since 1970.
    pub created_at: u64,
}

impl Ledger {
    /// The server has this part now, in place of any other of its number.
    pub(super) fn note(&mut self, part: LedgerPart) {
        self.parts.retain(|other| other.number != part.number);
        let order = self.parts.iter().position(|other| other.number > part.number).unwrap_or(self.parts.len());
        self.parts.insert(order, part);
    }

    /// One that knows nothing yet.
    pub(super) fn new(identity: Identity, total: u64, created_at: u64) -> Ledger {
        Ledger {
            schema: SCHEMA,
            identity,
            region: String::new(),
            host: String::new(),
            upload_id: String::new(),
            expire_at: 0,
            parts: Vec::new(),
            blocks: Vec::new(),
            total,
            finishing: false,
            created_at,
        }
    }

    /// Bytes that the server has confirmed.
    pub fn sent(&self) -> u64 {
        let parts = self.parts.iter().map(|part| part.sums.size).fold(0, u64::saturating_add);
        self.blocks.iter().map(|block| block.offset).fold(parts, u64::saturating_add)
    }

    /// For a store of bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Packer::default();
        to.number(self.schema.into());
        self.identity.pack(&mut to);
        to.text(&self.region);
        to.text(&self.host);
        to.text(&self.upload_id);
        to.number(self.expire_at);
        to.number(self.parts.len() as u64);
        for part in &self.parts {
            to.number(part.number.into());
            pack_sums(&part.sums, &mut to);
            to.raw(&part.md5);
            to.text(&part.etag);
        }
        to.number(self.blocks.len() as u64);
        for block in &self.blocks {
            to.number(block.index.into());
            pack_sums(&block.sums, &mut to);
            to.text(&block.ctx);
            to.number(block.offset);
            to.number(block.expired_at);
            to.text(&block.host);
        }
        to.number(self.total);
        to.flag(self.finishing);
        to.number(self.created_at);
        to.finish()
    }

    /// What [`Self::to_bytes`] wrote; `None` for anything else, and for what another version wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Ledger> {
        let from = &mut Unpacker::new(bytes);
        Some(Ledger {
            schema: from.small().filter(|schema| *schema == SCHEMA)?,
            identity: Identity::unpack(from)?,
            region: from.text()?,
            host: from.text()?,
            upload_id: from.text()?,
            expire_at: from.number()?,
            parts: from.list(|from| {
                Some(LedgerPart {
                    number: from.small()?,
                    sums: unpack_sums(from)?,
                    md5: from.raw(16)?.try_into().ok()?,
                    etag: from.text()?,
                })
            })?,
            blocks: from.list(|from| {
                Some(LedgerBlock {
                    index: from.small()?,
                    sums: unpack_sums(from)?,
                    ctx: from.text()?,
                    offset: from.number()?,
                    expired_at: from.number()?,
                    host: from.text()?,
                })
            })?,
            total: from.number()?,
            finishing: from.flag()?,
            created_at: from.number()?,
        })
    }
}

impl Identity {
    fn pack(&self, to: &mut Packer) {
        to.text(&self.access_key);
        to.text(&self.bucket);
        to.flag(self.key.is_some());
        if let Some(key) = &self.key {
            to.text(key);
        }
        to.flag(self.api == Resumable::V2);
        to.number(self.part_size);
        to.flag(self.size.is_some());
        if let Some(size) = self.size {
            to.number(size);
        }
        to.text(&self.name);
        to.number(self.last_modified);
        to.raw(&self.edges);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Identity> {
        Some(Identity {
            access_key: from.text()?,
            bucket: from.text()?,
            key: if from.flag()? { Some(from.text()?) } else { None },
            api: if from.flag()? { Resumable::V2 } else { Resumable::V1 },
            part_size: from.number()?,
            size: if from.flag()? { Some(from.number()?) } else { None },
            name: from.text()?,
            last_modified: from.number()?,
            edges: from.raw(20)?.try_into().ok()?,
        })
    }
}

fn pack_sums(sums: &PartSums, to: &mut Packer) {
    to.number(sums.size);
    to.number(sums.blocks.len() as u64);
    for block in &sums.blocks {
        to.raw(block);
    }
}

fn unpack_sums(from: &mut Unpacker<'_>) -> Option<PartSums> {
    Some(PartSums { size: from.number()?, blocks: from.list(|from| from.raw(20)?.try_into().ok())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        let sums = PartSums { size: (4 << 20) + 1, blocks: vec![[7; 20], [0xff; 20]] };
        let identity = Identity {
            access_key: "ak".to_owned(),
            bucket: "b".to_owned(),
            key: Some("录.mp4".to_owned()),
            api: Resumable::V2,
            part_size: 4 << 20,
            size: Some(u64::MAX),
            name: "n".repeat(300),
            last_modified: 1 << 41,
            edges: [9; 20],
        };
        Ledger {
            region: "z0".to_owned(),
            host: "https://h".to_owned(),
            upload_id: "id".to_owned(),
            expire_at: 127,
            parts: vec![LedgerPart { number: 10_000, sums: sums.clone(), md5: [1; 16], etag: "e".to_owned() }],
            blocks: vec![LedgerBlock {
                index: 0,
                sums,
                ctx: "c".to_owned(),
                offset: 128,
                expired_at: 1 << 32,
                host: String::new(),
            }],
            finishing: true,
            ..Ledger::new(identity, 5, 6)
        }
    }

    #[test]
    fn bytes_are_those_of_postcard_and_what_is_cut_or_of_another_version_is_none() {
        let mut v1 = ledger();
        (v1.identity.api, v1.identity.key, v1.identity.size) = (Resumable::V1, None, None);
        for ledger in [ledger(), v1] {
            let bytes = ledger.to_bytes();
            assert_eq!(bytes, postcard::to_allocvec(&ledger).unwrap());
            assert_eq!(Ledger::from_bytes(&bytes).as_ref(), Some(&ledger));
            assert_eq!(postcard::from_bytes::<Ledger>(&bytes).unwrap(), ledger);
            for length in 0..bytes.len() {
                assert_eq!(Ledger::from_bytes(&bytes[..length]), None);
            }
            let other = Ledger { schema: SCHEMA + 1, ..ledger };
            assert_eq!(Ledger::from_bytes(&other.to_bytes()), None);
        }
        let endless = [&[1_u8][..], &[0xff; 64]].concat();
        assert_eq!(Ledger::from_bytes(&endless), None);
    }
}
