//! The recorder's numbers, and what it learns about the camera's rhythm.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::plan::DropReason;
use crate::time::{Micros, Ticks};

/// Intervals the nominal one is the median of.
const INTERVALS: usize = 31;
/// Of so many intervals the shorter ones are the camera's.
const SURE: usize = 8;
/// A median of so many of the intervals that a quarter of the frames keep: the others are missing between them.
const STARVED: RangeInclusive<i64> = 2..=4;

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
    /// Frames a second the camera takes, by recent intervals; 0 before the second frame.
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

    /// The nominal frame interval, microseconds: the median, or, where more than half of the frames seem to be missing, what the
    /// shorter ones say.
    pub(super) fn interval(&self) -> Option<i64> {
        // Sorted by insertion: they are few, and `sort` weighs kilobytes in the wasm.
        let mut sorted: Vec<i64> = Vec::with_capacity(self.intervals.len());
        for &interval in &self.intervals {
            sorted.insert(sorted.partition_point(|&other| other < interval), interval);
        }
        let (median, short) = (*sorted.get(sorted.len() / 2)?, *sorted.get(sorted.len() / 4)?);
        let frames = (median + short / 2) / short;
        // Of few intervals the shorter ones are one that came early, as a camera's first may.
        let starved = sorted.len() >= SURE
            && STARVED.contains(&frames)
            && median.abs_diff(frames * short) <= short.unsigned_abs() / 8;
        Some(if starved { short } else { median })
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
        rhythm.handle_break(true);
        let early = [0, 16_600, 50_000, 83_300, 116_600, 150_000].map(|at| rhythm.handle_stamp(Micros(at)));
        assert_eq!(early, [0, 0, 1, 0, 0, 0], "a first picture that came late, told at once of one that was missing");
    }

    #[test]
    fn more_than_half_the_frames_may_be_missing_and_a_camera_that_slows_down_is_believed_in_the_end() {
        let mut rhythm = Rhythm::default();
        let mut at = 0;
        let mut wait = |frames: i64| {
            at += frames * 33_333;
            rhythm.handle_stamp(Micros(at))
        };
        assert!((0..13).all(|_| wait(1) == 0));
        // A starved machine: the median is two frames by now.
        assert!((0..18).all(|_| wait(2) == 1));
        assert_eq!(wait(7), 6);
        assert!((0..24).map(|_| wait(2)).sum::<u32>() < 24);
        assert!((0..31).all(|_| wait(2) == 0), "it is its rhythm now");
    }
}
