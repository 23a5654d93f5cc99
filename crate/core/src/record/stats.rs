//! The recorder's numbers, and what it learns about the camera's rhythm.

use std::collections::VecDeque;

use super::plan::DropReason;
use crate::time::{Micros, Ticks};

/// Intervals the nominal one is the median of.
const INTERVALS: usize = 31;

/// Frames missing, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The camera or browser never delivered them.
    pub source: u64,
    /// The encoder was behind or swallowed them.
    pub encoder: u64,
    /// The disk was behind.
    pub storage: u64,
    /// The filter chain was behind.
    pub gpu: u64,
}

impl Dropped {
    pub(super) fn add(&mut self, reason: DropReason, count: u32) {
        let sum = match reason {
            DropReason::Source => &mut self.source,
            DropReason::Encoder => &mut self.encoder,
            DropReason::Storage => &mut self.storage,
            DropReason::Gpu => &mut self.gpu,
        };
        *sum += u64::from(count);
    }
}

/// Counts since the recorder was made; all but the last six only grow.
///
/// `captured = encoded + thinned + dropped.encoder + dropped.storage + dropped.gpu + surplus + in_flight`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Frames delivered inside a segment with a usable stamp.
    pub captured: u64,
    /// Of them, in a file or on the way to it.
    pub encoded: u64,
    /// Missing ones by reason; those of `source` are not among the captured.
    pub dropped: Dropped,
    /// Of the captured, encoded but taken after the pause and thrown away.
    pub surplus: u64,
    /// Of the captured, left out because a take faster than the world has no room for them.
    pub thinned: u64,
    /// Sound for which the microphone had nothing, 48 000 ticks a second.
    pub silence: Ticks,
    /// Bytes appended to files.
    pub bytes: u64,
    /// What the same pictures and sound take uncoded (4:2:0, 16 bit): over `bytes` it is the compression ratio.
    pub raw_bytes: u64,
    /// Of the captured, with the encoder now.
    pub in_flight: u64,
    /// Encoded bytes that the disk has not acknowledged.
    pub unstored_bytes: u64,
    /// Media time recorded that a crash now would cost, 48 000 ticks a second.
    pub stored_lag: Ticks,
    /// Video length minus sound length of the last sealed segment, ticks.
    pub skew: Ticks,
    /// Frames a second the camera delivers, by the median of recent intervals; 0 before the second frame.
    pub frame_rate: f64,
    /// Bytes of sound and pictures held in memory.
    pub held_bytes: u64,
}

/// The camera's rhythm.
#[derive(Clone, Debug, Default)]
pub(super) struct Rhythm {
    last: Option<Micros>,
    intervals: VecDeque<i64>,
}

impl Rhythm {
    /// Frames that should have come between the last one and this.
    pub(super) fn handle_stamp(&mut self, stamp: Micros) -> u32 {
        let Some(last) = self.last.replace(stamp) else {
            return 0;
        };
        let gap = stamp.0.saturating_sub(last.0);
        if gap <= 0 {
            self.last = Some(last.max(stamp));
            return 0;
        }
        let missing = match self.interval() {
            // 1.5 intervals, in whole numbers.
            Some(interval) if 2 * gap > 3 * interval => (gap + interval / 2) / interval - 1,
            _ => 0,
        };
        if self.intervals.len() == INTERVALS {
            self.intervals.pop_front();
        }
        self.intervals.push_back(gap);
        u32::try_from(missing).unwrap_or(u32::MAX)
    }

    /// A new track or a new clock: the next interval means nothing.
    pub(super) fn handle_break(&mut self, new_camera: bool) {
        self.last = None;
        if new_camera {
            self.intervals.clear();
        }
    }

    /// The nominal frame interval, microseconds.
    pub(super) fn interval(&self) -> Option<i64> {
        // Sorted by insertion: they are few, and `sort` weighs kilobytes in the wasm.
        let mut sorted: Vec<i64> = Vec::with_capacity(self.intervals.len());
        for &interval in &self.intervals {
            sorted.insert(sorted.partition_point(|&other| other < interval), interval);
        }
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_frames_are_counted_by_the_median_interval() {
        let mut rhythm = Rhythm::default();
        let mut at = 0;
        for interval in [33_333, 33_334, 20_000, 33_333, 33_333, 46_000, 33_333] {
            assert_eq!(rhythm.handle_stamp(Micros(at)), 0);
            at += interval;
        }
        assert_eq!(rhythm.handle_stamp(Micros(at)), 0);
        assert_eq!(rhythm.interval(), Some(33_333));
        assert_eq!(rhythm.handle_stamp(Micros(at + 49_900)), 0, "less than one and a half");
        assert_eq!(rhythm.handle_stamp(Micros(at + 49_900 + 66_600)), 1);
        assert_eq!(rhythm.handle_stamp(Micros(at + 49_900 + 66_600 + 333_333)), 9);
        assert_eq!(rhythm.handle_stamp(Micros(at)), 0, "a stamp that falls back misses nothing");
        rhythm.handle_break(true);
        assert_eq!(rhythm.handle_stamp(Micros(0)), 0);
        assert_eq!(rhythm.handle_stamp(Micros(900_000)), 0);
    }
}
