//! A place in the tables of a sound track that is kept beside them: what [`crate::demux::walk`] borrows is owned here. Nothing
//! is expanded.

use crate::isobmff::tables::{Runs, Tables};

/// Samples of sound that is not compressed are taken so many bytes at a time.
const GROUP: u32 = 32 << 10;

/// Samples in a row that are alike and lie in a row in the file.
pub(super) struct Piece {
    pub(super) count: u64,
    pub(super) size: u32,
    /// Composition time of the first, from the decode time of the track's first.
    pub(super) shown: i64,
    /// Where the first lies in the file.
    pub(super) offset: u64,
    pub(super) entry: u32,
}

/// A place in all tables of a track.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    /// Of the next sample, counted from 0.
    pub(super) number: u64,
    /// Decode time from that of the first sample.
    time: i64,
    chunk: usize,
    /// Samples and bytes of the chunk that were passed.
    samples: u32,
    bytes: u64,
    durations: Place,
    sizes: Place,
    offsets: Place,
}

impl Cursor {
    /// Takes samples that are alike: `most` at most and, unless they are empty, `group` or what [`GROUP`] holds. `None` at
    /// the end of any table.
    pub(super) fn take(&mut self, tables: &Tables, most: u64, group: u32) -> Option<Piece> {
        let chunk = tables.chunks.get(self.chunk)?;
        let (left, size) = self.sizes.here(&tables.sizes)?;
        let (long, step) = self.durations.here(&tables.durations)?;
        let (wide, offset) = self.offsets.here(&tables.offsets)?;
        let mut count = left.min(long).min(wide).min(chunk.samples.saturating_sub(self.samples).max(1));
        count = u32::try_from(most).map_or(count, |most| count.min(most.max(1)));
        if size > 0 && group < u32::MAX {
            count = count.min(group).min(GROUP / size).max(1);
        }
        let piece = Piece {
            count: u64::from(count),
            size,
            shown: self.time + i64::from(offset),
            offset: chunk.offset.saturating_add(self.bytes),
            entry: chunk.entry,
        };
        self.sizes.pass(count, left);
        self.durations.pass(count, long);
        self.offsets.pass(count, wide);
        self.number += u64::from(count);
        self.time = self.time.saturating_add(i64::from(step) * i64::from(count));
        self.samples += count;
        self.bytes = self.bytes.saturating_add(u64::from(size) * u64::from(count));
        if self.samples >= chunk.samples {
            (self.chunk, self.samples, self.bytes) = (self.chunk + 1, 0, 0);
        }
        Some(piece)
    }
}

/// A place in one table.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    run: usize,
    used: u32,
}

impl Place {
    /// How many values alike are left here, and which.
    fn here<T: Copy + PartialEq>(&self, runs: &Runs<T>) -> Option<(u32, T)> {
        runs.runs().get(self.run).map(|&(count, value)| (count - self.used, value))
    }

    /// Passes `count` of the `left` values here.
    fn pass(&mut self, count: u32, left: u32) {
        *self = if count >= left {
            Place { run: self.run + 1, used: 0 }
        } else {
            Place { used: self.used + count, ..*self }
        };
    }
}
