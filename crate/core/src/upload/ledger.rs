//! What outlives a page of an upload, and when it may be believed.
//!
//! It never holds a token, and no byte of the file. It is believed only where everything that could make its parts those of
//! another file or another object is the same; after that the server's list decides, and each local part is hashed again.

use serde::{Deserialize, Serialize};

use super::digest::PartSums;
use super::options::Api;

/// The shape of the stored ledger.
const SCHEMA: u32 = 1;

/// Which of the two resumable interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// What [`Self::to_bytes`] wrote; `None` for anything else, and for what another version wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Ledger> {
        postcard::from_bytes::<Ledger>(bytes).ok().filter(|ledger| ledger.schema == SCHEMA)
    }
}
