//! What is stored and what is on its way, in an embedded database: objects, multipart uploads with their parts, v1
//! contexts, and who refers to which blob.
//!
//! Every method is one transaction: it happens wholly or not at all, also across a crash, and an `Err` left no trace.
//! Methods that drop references return the blobs that nobody refers to any more; the caller removes their files.
//! Synchronous: it runs where blocking is allowed. It knows no policy and no HTTP but the statuses of its refusals.

use std::path::Path;

use onetake_core::upload::Qetag;
use onetake_core::upload::digest::PartSums;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, Table, TableDefinition, WriteTransaction};
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::{Granted, Refusal};
use super::blobs::Piece;

type Rows = TableDefinition<'static, &'static [u8], &'static [u8]>;
type Open<'txn> = Table<'txn, &'static [u8], &'static [u8]>;

/// `bucket NUL key` to [`Object`].
const OBJECTS: Rows = TableDefinition::new("objects");
/// Upload id to [`Upload`].
const UPLOADS: Rows = TableDefinition::new("uploads");
/// Upload id and part number (big endian) to [`Part`].
const PARTS: Rows = TableDefinition::new("parts");
/// Context to [`Context`].
const CONTEXTS: Rows = TableDefinition::new("contexts");
/// Blob id to the number of references.
const BLOBS: Rows = TableDefinition::new("blobs");
const SETTINGS: Rows = TableDefinition::new("settings");

/// A stored object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) hash: String,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) mime: String,
    pub(crate) pieces: Vec<Piece>,
    /// Unix milliseconds.
    pub(crate) put_time: i64,
    pub(crate) file_type: u32,
    pub(crate) end_user: Option<String>,
    pub(crate) delete_after_days: Option<u32>,
    /// Headers that go with a download: `x-qn-meta-*`, `cache-control` and the like.
    pub(crate) headers: Vec<(String, String)>,
}

/// A multipart upload that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) bucket: String,
    pub(crate) key: Option<String>,
    /// Unix seconds.
    pub(crate) expire_at: i64,
}

/// A part that arrived whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) piece: Piece,
    pub(crate) sums: PartSums,
    /// Unix seconds.
    pub(crate) put_time: i64,
}

impl Part {
    pub(crate) fn etag(&self) -> String {
        Qetag::of_blocks(&self.sums.blocks).to_string()
    }
}

/// A v1 block so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Context {
    pub(crate) bucket: String,
    /// What `mkblk` announced.
    pub(crate) block_size: u64,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) sums: PartSums,
    /// Unix seconds.
    pub(crate) expire_at: i64,
}

/// What an object is made from, and what ends when it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A blob that nothing refers to yet.
    Form,
    /// These contexts stay until they expire: a repeated `mkfile` makes the same object.
    Contexts(Vec<String>),
    /// The upload ends with the object. The pieces must still be its parts.
    Upload(String),
}

pub(crate) struct Catalog {
    database: Database,
}

impl Catalog {
    /// Opens or makes the database. Another process that has it open is an error.
    pub(crate) fn open(file: &Path) -> Result<Self, redb::Error> {
        let database = Database::create(file)?;
        let transaction = database.begin_write()?;
        for rows in [OBJECTS, UPLOADS, PARTS, CONTEXTS, BLOBS, SETTINGS] {
            transaction.open_table(rows)?;
        }
        transaction.commit()?;
        Ok(Self { database })
    }

    /// The text kept under `name`, made on first use.
    pub(crate) fn setting(&self, name: &str, make: impl FnOnce() -> String) -> Granted<String> {
        self.write(|transaction| {
            let mut settings = open(transaction, SETTINGS)?;
            if let Some(kept) = get(&settings, name.as_bytes())? {
                return Ok(kept);
            }
            let made = make();
            put(&mut settings, name.as_bytes(), &made)?;
            Ok(made)
        })
    }

    pub(crate) fn is_blob(&self, id: &str) -> Granted<bool> {
        self.look::<u32>(BLOBS, id.as_bytes()).map(|found| found.is_some())
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> Granted<Option<Object>> {
        self.look(OBJECTS, &name_of(bucket, key))
    }

    pub(crate) fn begin_upload(&self, id: &str, upload: &Upload) -> Granted<()> {
        self.write(|transaction| put(&mut open(transaction, UPLOADS)?, id.as_bytes(), upload))
    }

    /// 612 when there is none, or none for this bucket and key, or it is over.
    pub(crate) fn upload(&self, id: &str, bucket: &str, key: Option<&str>, now: i64) -> Granted<Upload> {
        let found = self.look::<Upload>(UPLOADS, id.as_bytes())?;
        found
            .filter(|found| found.bucket == bucket && found.key.as_deref() == key && now < found.expire_at)
            .ok_or_else(no_upload)
    }

    /// Stores a part, in place of an older one of this number. 612 when the upload ended meanwhile.
    pub(crate) fn put_part(&self, id: &str, number: u32, part: &Part) -> Granted<Vec<String>> {
        self.write(|transaction| {
            if get::<Upload>(&open(transaction, UPLOADS)?, id.as_bytes())?.is_none() {
                return Err(no_upload());
            }
            let mut parts = open(transaction, PARTS)?;
            let mut blobs = open(transaction, BLOBS)?;
            let older = get::<Part>(&parts, &part_name(id, number))?;
            hold(&mut blobs, &part.piece)?;
            put(&mut parts, &part_name(id, number), part)?;
            older.map_or(Ok(Vec::new()), |older| release(&mut blobs, &[older.piece]))
        })
    }

    /// At most `most` parts with numbers above `after`, ascending.
    pub(crate) fn parts(&self, id: &str, after: u32, most: usize) -> Granted<Vec<(u32, Part)>> {
        let transaction = self.database.begin_read().map_err(failed)?;
        let rows = transaction.open_table(PARTS).map_err(failed)?;
        let (first, last) = (part_name(id, after.saturating_add(1)), part_name(id, u32::MAX));
        let mut found = Vec::new();
        for row in rows.range(first.as_slice()..=last.as_slice()).map_err(failed)?.take(most) {
            let (name, part) = row.map_err(failed)?;
            found.push((part_number(name.value()), read(part.value())?));
        }
        Ok(found)
    }

    /// Forgets an upload and its parts.
    pub(crate) fn abort(&self, id: &str) -> Granted<Vec<String>> {
        self.write(|transaction| end_upload(transaction, id))
    }

    /// Puts the block's next state under `new` and ends `old`: a context is good for one continuation. 701 when another
    /// request was faster.
    pub(crate) fn advance(&self, old: Option<&str>, new: &str, context: &Context) -> Granted<()> {
        self.write(|transaction| {
            let mut contexts = open(transaction, CONTEXTS)?;
            if let Some(old) = old
                && contexts.remove(old.as_bytes()).map_err(failed)?.is_none()
            {
                return Err(Refusal::new(701, "invalid ctx"));
            }
            // The earlier pieces pass from the old context to the new one.
            if let Some(piece) = context.pieces.last() {
                hold(&mut open(transaction, BLOBS)?, piece)?;
            }
            put(&mut contexts, new.as_bytes(), context)
        })
    }

    /// 701 when there is none for this bucket, or it is over.
    pub(crate) fn context(&self, id: &str, bucket: &str, now: i64) -> Granted<Context> {
        let found = self.look::<Context>(CONTEXTS, id.as_bytes())?;
        found
            .filter(|found| found.bucket == bucket && now < found.expire_at)
            .ok_or_else(|| Refusal::new(701, "invalid ctx"))
    }

    /// Makes the object visible. Where one of other content has the name, `overwrites` decides between replacing it and
    /// 614; one of the same content stays as it is. 612 or 701 when the source ended or changed meanwhile.
    pub(crate) fn publish(
        &self,
        bucket: &str,
        key: &str,
        object: &Object,
        overwrites: bool,
        source: &Source,
    ) -> Granted<Vec<String>> {
        self.write(|transaction| {
            check_source(transaction, source, object)?;
            let name = name_of(bucket, key);
            let older = get::<Object>(&open(transaction, OBJECTS)?, &name)?;
            let is_same = older.as_ref().is_some_and(|older| older.hash == object.hash);
            if older.is_some() && !is_same && !overwrites {
                return Err(Refusal::new(614, "file exists"));
            }
            let mut unused = Vec::new();
            if !is_same || overwrites {
                let mut blobs = open(transaction, BLOBS)?;
                for piece in &object.pieces {
                    hold(&mut blobs, piece)?;
                }
                put(&mut open(transaction, OBJECTS)?, &name, object)?;
                unused.extend(release(&mut blobs, older.as_ref().map_or(&[], |older| older.pieces.as_slice()))?);
            } else if *source == Source::Form {
                unused.extend(object.pieces.iter().map(|piece| piece.blob.clone()));
            }
            if let Source::Upload(id) = source {
                unused.extend(end_upload(transaction, id)?);
            }
            Ok(unused)
        })
    }

    /// Ends the uploads and contexts whose time is over.
    pub(crate) fn expire(&self, now: i64) -> Granted<Vec<String>> {
        self.write(|transaction| {
            let mut over = Vec::new();
            for row in open(transaction, UPLOADS)?.iter().map_err(failed)? {
                let (id, upload) = row.map_err(failed)?;
                if read::<Upload>(upload.value())?.expire_at <= now {
                    over.push(String::from_utf8_lossy(id.value()).into_owned());
                }
            }
            let mut unused = Vec::new();
            for id in over {
                unused.extend(end_upload(transaction, &id)?);
            }
            let mut contexts = open(transaction, CONTEXTS)?;
            let mut over = Vec::new();
            for row in contexts.iter().map_err(failed)? {
                let (id, context) = row.map_err(failed)?;
                let context = read::<Context>(context.value())?;
                if context.expire_at <= now {
                    over.push((id.value().to_vec(), context.pieces));
                }
            }
            let mut blobs = open(transaction, BLOBS)?;
            for (id, pieces) in over {
                contexts.remove(id.as_slice()).map_err(failed)?;
                unused.extend(release(&mut blobs, &pieces)?);
            }
            Ok(unused)
        })
    }

    fn look<T: DeserializeOwned>(&self, rows: Rows, name: &[u8]) -> Granted<Option<T>> {
        let transaction = self.database.begin_read().map_err(failed)?;
        let rows = transaction.open_table(rows).map_err(failed)?;
        get(&rows, name)
    }

    fn write<T>(&self, change: impl FnOnce(&WriteTransaction) -> Granted<T>) -> Granted<T> {
        let transaction = self.database.begin_write().map_err(failed)?;
        // An early return drops the transaction, which undoes it.
        let done = change(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(done)
    }
}

fn check_source(transaction: &WriteTransaction, source: &Source, object: &Object) -> Granted<()> {
    match source {
        Source::Form => Ok(()),
        Source::Contexts(ids) => {
            let contexts = open(transaction, CONTEXTS)?;
            for id in ids {
                if get::<Context>(&contexts, id.as_bytes())?.is_none() {
                    return Err(Refusal::new(701, "invalid ctx"));
                }
            }
            Ok(())
        }
        Source::Upload(id) => {
            if get::<Upload>(&open(transaction, UPLOADS)?, id.as_bytes())?.is_none() {
                return Err(no_upload());
            }
            let blobs = open(transaction, BLOBS)?;
            for piece in &object.pieces {
                // A part that was sent again while the object was put together is another blob.
                if get::<u32>(&blobs, piece.blob.as_bytes())?.is_none() {
                    return Err(Refusal::new(400, "a part was replaced meanwhile"));
                }
            }
            Ok(())
        }
    }
}

fn end_upload(transaction: &WriteTransaction, id: &str) -> Granted<Vec<String>> {
    if open(transaction, UPLOADS)?.remove(id.as_bytes()).map_err(failed)?.is_none() {
        return Err(no_upload());
    }
    let mut parts = open(transaction, PARTS)?;
    let (first, last) = (part_name(id, 0), part_name(id, u32::MAX));
    let mut ended = Vec::new();
    for row in parts.range(first.as_slice()..=last.as_slice()).map_err(failed)? {
        let (name, part) = row.map_err(failed)?;
        ended.push((name.value().to_vec(), read::<Part>(part.value())?.piece));
    }
    let mut unused = Vec::new();
    let mut blobs = open(transaction, BLOBS)?;
    for (name, piece) in ended {
        parts.remove(name.as_slice()).map_err(failed)?;
        unused.extend(release(&mut blobs, &[piece])?);
    }
    Ok(unused)
}

fn hold(blobs: &mut Open<'_>, piece: &Piece) -> Granted<()> {
    let held = get::<u32>(blobs, piece.blob.as_bytes())?.unwrap_or(0);
    put(blobs, piece.blob.as_bytes(), &(held + 1))
}

fn release(blobs: &mut Open<'_>, pieces: &[Piece]) -> Granted<Vec<String>> {
    let mut unused = Vec::new();
    for piece in pieces {
        match get::<u32>(blobs, piece.blob.as_bytes())? {
            Some(held) if held > 1 => put(blobs, piece.blob.as_bytes(), &(held - 1))?,
            _ => {
                blobs.remove(piece.blob.as_bytes()).map_err(failed)?;
                unused.push(piece.blob.clone());
            }
        }
    }
    Ok(unused)
}

fn open<'txn>(transaction: &'txn WriteTransaction, rows: Rows) -> Granted<Open<'txn>> {
    transaction.open_table(rows).map_err(failed)
}

fn get<T: DeserializeOwned>(
    rows: &impl redb::ReadableTable<&'static [u8], &'static [u8]>,
    name: &[u8],
) -> Granted<Option<T>> {
    rows.get(name).map_err(failed)?.map(|found| read(found.value())).transpose()
}

fn put(rows: &mut Open<'_>, name: &[u8], value: &impl Serialize) -> Granted<()> {
    let bytes = postcard::to_allocvec(value).map_err(failed)?;
    rows.insert(name, bytes.as_slice()).map_err(failed)?;
    Ok(())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Granted<T> {
    postcard::from_bytes(bytes).map_err(failed)
}

/// A bucket's name has no NUL, so that no two pairs meet.
fn name_of(bucket: &str, key: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[0], key.as_bytes()].concat()
}

fn part_name(id: &str, number: u32) -> Vec<u8> {
    [id.as_bytes(), &number.to_be_bytes()].concat()
}

fn part_number(name: &[u8]) -> u32 {
    name.last_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

pub(crate) fn no_upload() -> Refusal {
    Refusal::new(612, "no such uploadId")
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::storage(&error)
}
