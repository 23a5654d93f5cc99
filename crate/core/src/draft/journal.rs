//! The decision log: bytes that are only ever appended, and what they say.
//!
//! Layout: one version byte, then records of `length: u32 LE`, `CRC-32 of the payload: u32 LE`, payload (postcard). A
//! crash leaves at most a torn end; reading stops at the first record that does not check, and says how many bytes to
//! cut before anything is appended again. Decides nothing about segments; runs in the studio worker and natively.

use std::fmt;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

use serde::{Deserialize, Serialize};

use super::model::{Edit, OpenedSegment, PictureSettings, SegmentId, SegmentRecord};

/// The version this code writes, and the only one it reads.
pub const VERSION: u8 = 1;

/// What a new journal begins with, before its first entry.
pub const HEADER: [u8; 1] = [VERSION];

/// Length and checksum before each payload.
const FRAME: usize = 8;

/// One decision, or one fact about a file that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// The draft's picture and sound were chosen.
    Created(PictureSettings),
    /// A segment's file is about to be begun.
    Opened(OpenedSegment),
    /// The segment's file is complete; it ends the timeline.
    Sealed(SegmentRecord),
    /// As `Sealed`, for a segment that a crash left unsealed.
    Recovered(SegmentRecord),
    /// A sealed segment's file lost its end; this is what is left.
    Shortened(SegmentRecord),
    /// An opened segment holds nothing usable; its file belongs to nobody.
    Discarded(SegmentId),
    /// The timeline was edited.
    Edited(Edit),
    /// The last edit was taken back.
    Undone,
    /// The last edit taken back was made again.
    Redone,
    /// This file is really gone from the disk.
    Forgotten {
        /// A plain name in the draft's folder.
        file: String,
    },
    /// A page opened the draft: edits before this can no longer be undone.
    Started,
    /// A sealed segment is in another file from now on, encoded anew to lie upright. The one before is nobody's, unless this one
    /// is lost before it.
    Relaid(SegmentRecord),
}

/// Why a journal cannot be read at all. A torn end is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalError {
    /// Written by a version of the product that this one does not know.
    UnknownVersion {
        /// The version byte found.
        found: u8,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalError::UnknownVersion { found } => write!(f, "journal version {found}, wanted {VERSION}"),
        }
    }
}

impl std::error::Error for JournalError {}

/// A journal as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Its whole entries in order.
    pub entries: Vec<Entry>,
    /// Bytes that stand: the version byte and whole records. 0 for a journal not yet begun.
    pub whole: u64,
    /// Bytes after them that must be cut off before the next append.
    pub torn: u64,
}

/// One record, ready to be appended after [`HEADER`] and the records before it.
pub fn encode(entry: &Entry) -> Vec<u8> {
    let Ok(payload) = postcard::to_allocvec(entry) else {
        unreachable!("entries hold only plain data, which always serializes")
    };
    let length = u32::try_from(payload.len()).expect("an entry is a few hundred bytes");
    let mut record = Vec::with_capacity(FRAME + payload.len());
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(&checksum(&payload).to_le_bytes());
    record.extend_from_slice(&payload);
    record
}

/// Reads as far as the records check.
///
/// # Errors
/// Only for another version; damage anywhere else shortens the log instead.
pub fn read(bytes: &[u8]) -> Result<Log, JournalError> {
    let Some((&version, mut rest)) = bytes.split_first() else {
        return Ok(Log::default());
    };
    if version != VERSION {
        return Err(JournalError::UnknownVersion { found: version });
    }
    let mut entries = Vec::new();
    while let Some((entry, after)) = record(rest) {
        entries.push(entry);
        rest = after;
    }
    let torn = rest.len() as u64;
    Ok(Log { entries, whole: bytes.len() as u64 - torn, torn })
}

fn record(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (stated, rest) = rest.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    if checksum(payload) != u32::from_le_bytes(*stated) {
        return None;
    }
    let (entry, left) = postcard::take_from_bytes(payload).ok()?;
    left.is_empty().then_some((entry, rest))
}

/// CRC-32 (ISO/IEC 3309). Without a table: a journal is a few kilobytes, and a table would weigh more than this room.
fn checksum(bytes: &[u8]) -> u32 {
    Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC).checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{record as sealed, relaid};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_checksum_is_the_one_everybody_means_by_crc_32() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum(b""), 0);
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let id = || (0..50_u32).prop_map(SegmentId);
        prop_oneof![
            (1..50_u32, 1..9_u32, 0..90_i64).prop_map(|(id, take, length)| Entry::Sealed(sealed(id, take, length))),
            (1..50_u32, 1..9_u32).prop_map(|(id, take)| Entry::Opened(sealed(id, take, 0).opened)),
            (1..50_u32).prop_map(|id| Entry::Recovered(sealed(id, 1, 1))),
            (1..50_u32).prop_map(|id| Entry::Relaid(relaid(id))),
            id().prop_map(Entry::Discarded),
            (0..9_u32).prop_map(|take| Entry::Edited(Edit::RemoveTake(take))),
            (id(), 0..9_u32).prop_map(|(id, index)| Entry::Edited(Edit::Move { id, index })),
            Just(Entry::Undone),
            Just(Entry::Redone),
            Just(Entry::Started),
            "[a-z0-9]{0,12}".prop_map(|file| Entry::Forgotten { file }),
        ]
    }

    fn written(entries: &[Entry]) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = HEADER.to_vec();
        let mut ends = vec![bytes.len()];
        for entry in entries {
            bytes.extend(encode(entry));
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    proptest! {
        #![proptest_config(crate::draft::seeded())]

        #[test]
        fn any_prefix_of_the_log_is_a_prefix_of_the_decisions(
            entries in proptest::collection::vec(entry(), 0..8), cut in any::<proptest::sample::Index>(),
        ) {
            let (bytes, ends) = written(&entries);
            let cut = cut.index(bytes.len() + 1);
            let log = read(&bytes[..cut]).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count().saturating_sub(1);
            prop_assert_eq!(&log.entries[..], &entries[..whole]);
            prop_assert_eq!(log.whole + log.torn, cut as u64);
            if cut > 0 {
                prop_assert_eq!(log.whole, ends[whole] as u64);
            }
        }

        #[test]
        fn any_mutation_keeps_what_stood_before_it(
            entries in proptest::collection::vec(entry(), 1..8), at in any::<proptest::sample::Index>(), flip in 1..=255_u8,
        ) {
            let (mut bytes, ends) = written(&entries);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            match read(&bytes) {
                Err(JournalError::UnknownVersion { found }) => prop_assert!(at == 0 && found != VERSION),
                Ok(log) => {
                    let before = ends.iter().filter(|end| **end <= at).count() - 1;
                    prop_assert_eq!(&log.entries[..], &entries[..before]);
                    prop_assert_eq!(log.torn, (bytes.len() - ends[before]) as u64);
                }
            }
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut journal = HEADER.to_vec();
            journal.extend(bytes);
            let log = read(&journal).unwrap();
            prop_assert_eq!(log.whole + log.torn, journal.len() as u64);
        }
    }

    #[test]
    fn a_tail_of_zeros_is_torn() {
        let (mut bytes, ends) = written(&[Entry::Started]);
        bytes.extend([0; 64]);
        let log = read(&bytes).unwrap();
        assert_eq!((log.entries.len(), log.whole, log.torn), (1, ends[1] as u64, 64));
    }
}
