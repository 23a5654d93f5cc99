//! Sample tables as `stbl` holds them (ISO/IEC 14496-12 s.8.6, s.8.7), written straight from [`Tables`] into bytes whose
//! number is known before: the head of a film is allocated once.

use super::boxes::word;
use crate::isobmff::FourCc;
use crate::isobmff::tables::{Chunk, Runs, Tables};
use crate::isobmff::write::full;

/// Bytes of a full box with a count.
const LIST: u64 = 16;

/// Which of the optional tables a track needs, and how long those are whose rows are not the runs themselves.
pub(super) struct Shape {
    composition: bool,
    /// Sync samples; `None` where all are, which is said by no table (s.8.6.2).
    syncs: Option<u64>,
    /// Runs of chunks of as many samples of the same entry.
    chunk_runs: u64,
    /// Every sample's size where they are alike.
    size: Option<u32>,
    roll: bool,
}

impl Shape {
    /// `roll`: whether every sample needs the one before it to sound right.
    pub(super) fn new(tables: &Tables, roll: bool) -> Shape {
        let some = tables.samples() > 0;
        let marked = |runs: &Runs<bool>| runs.runs().iter().filter(|run| run.1).map(|run| u64::from(run.0)).sum();
        let new = |pair: &[Chunk]| !alike(&pair[0], &pair[1]);
        Shape {
            composition: some && tables.offsets.only() != Some(0),
            syncs: (some && tables.syncs.only() != Some(true)).then(|| marked(&tables.syncs)),
            chunk_runs: tables.chunks.windows(2).filter(|pair| new(pair)).count() as u64
                + u64::from(!tables.chunks.is_empty()),
            // A size of zero would announce a list.
            size: tables.sizes.only().filter(|size| *size > 0),
            roll: some && roll,
        }
    }

    /// Bytes of all tables, with offsets of 32 bits.
    pub(super) fn bytes(&self, tables: &Tables) -> u64 {
        let composition = if self.composition { LIST + 8 * tables.offsets.runs().len() as u64 } else { 0 };
        let roll = if self.roll { 26 + 28 } else { 0 };
        LIST + 8 * tables.durations.runs().len() as u64
            + composition
            + self.syncs.map_or(0, |syncs| LIST + 4 * syncs)
            + LIST
            + 12 * self.chunk_runs
            + LIST
            + 4
            + self.size.map_or(4 * tables.samples(), |_| 0)
            + LIST
            + 4 * tables.chunks.len() as u64
            + roll
    }

    /// Appends the tables, chunk offsets moved by `base`, of 64 bits where `wide`.
    pub(super) fn write(&self, out: &mut Vec<u8>, tables: &Tables, base: u64, wide: bool) {
        pairs(out, *b"stts", 0, &tables.durations, |value| value);
        if self.composition {
            // Version 0 where no offset is negative, which is all that some players read (s.8.6.1.3).
            let signed = tables.offsets.runs().iter().any(|run| run.1 < 0);
            pairs(out, *b"ctts", u8::from(signed), &tables.offsets, i32::cast_unsigned);
        }
        if let Some(count) = self.syncs {
            stss(out, &tables.syncs, count);
        }
        stsc(out, &tables.chunks, self.chunk_runs);
        stsz(out, &tables.sizes, self.size);
        if wide {
            numbers(out, *b"co64", &tables.chunks, |chunk| (base + chunk.offset).to_be_bytes());
        } else {
            numbers(out, *b"stco", &tables.chunks, |chunk| ((base + chunk.offset) as u32).to_be_bytes());
        }
        if self.roll {
            roll(out, tables.samples() as u32);
        }
    }
}

/// Whether two chunks in a row share a row of `stsc`.
fn alike(one: &Chunk, other: &Chunk) -> bool {
    one.samples == other.samples && one.entry == other.entry
}

/// Room for so many bytes at the end of `out`.
fn room(out: &mut Vec<u8>, bytes: u64) -> &mut [u8] {
    let start = out.len();
    // The caller reserved the room, so it fits.
    out.resize(start + bytes as usize, 0);
    &mut out[start..]
}

/// Counts and values: `stts` and `ctts`.
fn pairs<T: Copy + PartialEq>(out: &mut Vec<u8>, kind: FourCc, version: u8, runs: &Runs<T>, value: fn(T) -> u32) {
    full(out, kind, version, 0, |out| {
        let runs = runs.runs();
        word(out, runs.len() as u32);
        for (row, run) in room(out, 8 * runs.len() as u64).chunks_exact_mut(8).zip(runs) {
            row[..4].copy_from_slice(&run.0.to_be_bytes());
            row[4..].copy_from_slice(&value(run.1).to_be_bytes());
        }
    });
}

/// `stss`, s.8.6.2: the numbers of the sync samples, counted from 1.
fn stss(out: &mut Vec<u8>, syncs: &Runs<bool>, count: u64) {
    full(out, *b"stss", 0, 0, |out| {
        word(out, count as u32);
        let mut rows = room(out, 4 * count).chunks_exact_mut(4);
        let mut number = 1_u32;
        for &(count, sync) in syncs.runs() {
            let next = number.saturating_add(count);
            if sync {
                for (number, row) in (number..next).zip(rows.by_ref()) {
                    row.copy_from_slice(&number.to_be_bytes());
                }
            }
            number = next;
        }
    });
}

/// `stsz`, s.8.7.3: one size for all where there is but one.
fn stsz(out: &mut Vec<u8>, sizes: &Runs<u32>, only: Option<u32>) {
    full(out, *b"stsz", 0, 0, |out| {
        word(out, only.unwrap_or(0));
        word(out, sizes.total() as u32);
        if only.is_some() {
            return;
        }
        let mut rest = room(out, 4 * sizes.total());
        for &(count, size) in sizes.runs() {
            let (rows, after) = rest.split_at_mut(4 * count as usize);
            for row in rows.chunks_exact_mut(4) {
                row.copy_from_slice(&size.to_be_bytes());
            }
            rest = after;
        }
    });
}

/// `stsc`, s.8.7.4.
fn stsc(out: &mut Vec<u8>, chunks: &[Chunk], runs: u64) {
    full(out, *b"stsc", 0, 0, |out| {
        word(out, runs as u32);
        let mut last: Option<&Chunk> = None;
        for (number, chunk) in (1_u32..).zip(chunks) {
            if !last.is_some_and(|last| alike(last, chunk)) {
                word(out, number);
                word(out, chunk.samples);
                word(out, chunk.entry + 1);
            }
            last = Some(chunk);
        }
    });
}

/// `stco` or `co64`, s.8.7.5.
fn numbers<const N: usize>(out: &mut Vec<u8>, kind: FourCc, chunks: &[Chunk], number: impl Fn(&Chunk) -> [u8; N]) {
    full(out, kind, 0, 0, |out| {
        word(out, chunks.len() as u32);
        for (row, chunk) in room(out, (N * chunks.len()) as u64).chunks_exact_mut(N).zip(chunks) {
            row.copy_from_slice(&number(chunk));
        }
    });
}

/// Every AAC packet needs the one before it (s.10.1): `sgpd` version 1 and `sbgp` of type `roll`, distance -1, without
/// which Apple's players assume 2112 samples of encoder delay.
fn roll(out: &mut Vec<u8>, samples: u32) {
    full(out, *b"sgpd", 1, 0, |out| {
        out.extend_from_slice(b"roll");
        word(out, 2);
        word(out, 1);
        out.extend_from_slice(&(-1_i16).to_be_bytes());
    });
    full(out, *b"sbgp", 0, 0, |out| {
        out.extend_from_slice(b"roll");
        [1, samples, 1].into_iter().for_each(|value| word(out, value));
    });
}
