//! Bytes on disk, under random names that tell nothing of the key or the content.
//!
//! A blob is written once and never changed; what it belongs to is the catalog's business. A blob that nobody kept is
//! removed by Drop, one that a crash left behind by the next start. Memory holds at most [`BATCH`] of it.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use onetake_core::upload::{Digests, PieceHasher};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::answer::{Granted, Refusal};
use super::keys::random_id;

/// So much is gathered before it is hashed and written at once, off the runtime's threads.
const BATCH: usize = 256 << 10;

/// A stretch of an object: one blob, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Piece {
    pub(crate) blob: String,
    /// Bytes.
    pub(crate) size: u64,
}

/// The folder of all blobs.
#[derive(Clone)]
pub(crate) struct Blobs {
    folder: Arc<Path>,
}

impl Blobs {
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.into() })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// Removes blobs that nothing refers to any more. What cannot be removed now is an orphan of the next start.
    pub(crate) fn remove(&self, ids: &[String]) {
        for id in ids {
            let _ = fs::remove_file(self.path(id));
        }
    }

    /// Removes every file that `is_known` does not vouch for.
    pub(crate) fn sweep(&self, is_known: impl Fn(&str) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(&is_known) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// At most `length` bytes of a piece from `from` on; fewer at its end.
    pub(crate) fn read(&self, id: &str, from: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.path(id))?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The first bytes of an object, at most `length`.
    pub(crate) fn head(&self, pieces: &[Piece], length: usize) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        for piece in pieces {
            head.extend(self.read(&piece.blob, 0, length - head.len())?);
            if head.len() >= length {
                break;
            }
        }
        Ok(head)
    }

    /// Begins a blob. Its sums continue those of `before`, earlier stretches of the same v1 block.
    pub(crate) async fn spool(&self, before: Vec<Piece>) -> Granted<Spool> {
        let blobs = self.clone();
        let begun = blocking(move || {
            let mut hasher = PieceHasher::new(0);
            for piece in &before {
                hasher.update(&blobs.read(&piece.blob, 0, piece.size as usize)?);
            }
            let id = random_id();
            let path = blobs.path(&id);
            let file = File::create_new(&path)?;
            Ok(Open { file, hasher, blob: Blob { id, path, size: 0, is_kept: false } })
        });
        Ok(Spool { open: Some(begun.await?), pending: Vec::new(), waiting: 0, size: 0 })
    }
}

/// A blob that is being written.
pub(crate) struct Spool {
    /// `None` only while a batch is being written.
    open: Option<Open>,
    pending: Vec<Bytes>,
    waiting: usize,
    size: u64,
}

struct Open {
    file: File,
    hasher: PieceHasher,
    blob: Blob,
}

/// A whole blob on disk that goes away with this value unless it is kept.
pub(crate) struct Blob {
    id: String,
    path: PathBuf,
    size: u64,
    is_kept: bool,
}

impl Blob {
    pub(crate) fn piece(&self) -> Piece {
        Piece { blob: self.id.clone(), size: self.size }
    }

    /// The catalog refers to it now.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Spool {
    /// Bytes taken so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) async fn push(&mut self, bytes: Bytes) -> Granted<()> {
        self.size += bytes.len() as u64;
        self.waiting += bytes.len();
        self.pending.push(bytes);
        if self.waiting >= BATCH { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Granted<()> {
        let batch = std::mem::take(&mut self.pending);
        self.waiting = 0;
        let Some(mut open) = self.open.take() else { return Err(Refusal::storage(&"a batch failed before")) };
        let written = blocking(move || {
            for bytes in batch {
                open.hasher.update(&bytes);
                open.file.write_all(&bytes)?;
                open.blob.size += bytes.len() as u64;
            }
            Ok(open)
        });
        self.open = Some(written.await?);
        Ok(())
    }

    /// The blob, safe on the disk, and its sums.
    pub(crate) async fn finish(mut self) -> Granted<(Blob, Digests)> {
        self.flush().await?;
        let Some(open) = self.open.take() else { return Err(Refusal::storage(&"a batch failed before")) };
        blocking(move || {
            open.file.sync_data()?;
            Ok((open.blob, open.hasher.finish()))
        })
        .await
    }
}

/// Runs disk work where it may block; its failure is ours (599).
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Granted<T> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| Refusal::storage(&error)),
        Err(panicked) => Err(Refusal::storage(&panicked)),
    }
}
