//! The samples of run-length tables one at a time, in decoding order, for who must regroup them. Nothing is expanded:
//! a walk is a place in each table.

use super::moof::Sample;
use crate::isobmff::tables::{Chunk, Runs, Tables};

/// A place in one run-length table.
#[derive(Clone, Copy, Debug)]
struct Place<'a, T> {
    runs: &'a [(u32, T)],
    used: u32,
}

impl<'a, T: Copy + PartialEq> Place<'a, T> {
    fn new(runs: &'a Runs<T>) -> Place<'a, T> {
        Place { runs: runs.runs(), used: 0 }
    }

    fn next(&mut self) -> Option<T> {
        let [(count, value), rest @ ..] = self.runs else { return None };
        self.used += 1;
        if self.used == *count {
            (self.runs, self.used) = (rest, 0);
        }
        Some(*value)
    }
}

/// A sample and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) sample: Sample,
    /// Decode time, ticks of the track.
    pub(super) time: u64,
    /// Where its first byte lies, from where chunk offsets count.
    pub(super) at: u64,
    /// Its sample entry, counted from 0.
    pub(super) entry: u32,
}

impl Step {
    /// When it is shown, ticks of the track; saturates at both ends.
    pub(super) fn composed(&self) -> u64 {
        self.time.saturating_add_signed(i64::from(self.sample.offset))
    }
}

/// A walk over the samples of a track. A copy of it goes on from the same place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    durations: Place<'a, u32>,
    sizes: Place<'a, u32>,
    offsets: Place<'a, i32>,
    syncs: Place<'a, bool>,
    chunks: &'a [Chunk],
    /// Samples and bytes of the first chunk that were walked.
    samples: u32,
    bytes: u64,
    time: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(tables: &'a Tables) -> Walk<'a> {
        Walk {
            durations: Place::new(&tables.durations),
            sizes: Place::new(&tables.sizes),
            offsets: Place::new(&tables.offsets),
            syncs: Place::new(&tables.syncs),
            chunks: &tables.chunks,
            samples: 0,
            bytes: 0,
            time: 0,
        }
    }

    /// Decode time of the next sample; where there is none, of the end.
    pub(super) fn time(&self) -> u64 {
        self.time
    }

    /// Whether all samples were walked.
    pub(super) fn done(&self) -> bool {
        self.chunks.is_empty()
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let [chunk, rest @ ..] = self.chunks else { return None };
        let row = (self.durations.next(), self.sizes.next(), self.offsets.next(), self.syncs.next());
        let (Some(duration), Some(size), Some(offset), Some(sync)) = row else {
            // Tables of fewer rows than the chunks say: the walk ends.
            self.chunks = &[];
            return None;
        };
        let sample = Sample { duration, size, offset, sync };
        let step = Step { sample, time: self.time, at: chunk.offset.saturating_add(self.bytes), entry: chunk.entry };
        self.samples += 1;
        self.bytes += u64::from(sample.size);
        if self.samples == chunk.samples {
            (self.chunks, self.samples, self.bytes) = (rest, 0, 0);
        }
        self.time = self.time.saturating_add(u64::from(sample.duration));
        Some(step)
    }
}
