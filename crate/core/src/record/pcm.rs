//! The last seconds of the microphone, kept so that a segment can begin in the past, and read out at 48 kHz.
//!
//! Decides where in its ring an instant lies and what silence is; never how fast it is read ([`super::sound`]). Memory is
//! bounded: [`SECONDS`] of sound, whatever comes.

use std::collections::VecDeque;
use std::ops::Range;

use super::kernel::Kernel;
use crate::time::{Micros, SoundClock, SoundStep, TimeOrigins};

/// Sound kept, seconds.
const SECONDS: usize = 3;

/// One block from the microphone.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Of its first sample, on the device's clock.
    pub stamp: Micros,
    /// When it reached the worker, wall.
    pub arrival: Micros,
    /// Samples a second; 8 000 to 192 000 are read well, others are refused.
    pub rate: u32,
    /// Planes in `planes`. Of more than two the first two count (front left and right in every Web Audio layout).
    pub channels: u32,
    /// Planar, end to end: `channels` planes of equal length.
    pub planes: &'a [f32],
}

impl Block<'_> {
    /// Samples of each plane.
    pub(super) fn frames(&self) -> usize {
        self.planes.len() / (self.channels as usize).max(1)
    }

    /// Whether it can be used at all.
    pub(super) fn usable(&self) -> bool {
        (8_000..=192_000).contains(&self.rate) && self.channels > 0 && self.frames() > 0
    }
}

/// One track of one rate. A new track, rate or channel count is a new tape.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    clock: SoundClock,
    kernel: Kernel,
    rate: u32,
    planes: Vec<Vec<f32>>,
    /// Index of the first sample held.
    start: i64,
    /// Index after the last sample that is not zero.
    loud: i64,
    /// What was lost: held as zeros, counted as silence.
    gaps: VecDeque<Range<i64>>,
}

impl Tape {
    /// For blocks like this one.
    pub(super) fn new(origins: TimeOrigins, block: &Block<'_>) -> Tape {
        Tape {
            clock: SoundClock::new(origins, block.rate),
            kernel: Kernel::new(block.rate),
            rate: block.rate,
            planes: vec![Vec::new(); block.channels.clamp(1, 2) as usize],
            start: 0,
            loud: i64::MIN,
            gaps: VecDeque::new(),
        }
    }

    /// Whether the block can follow on this tape.
    pub(super) fn fits(&self, block: &Block<'_>) -> bool {
        self.rate == block.rate && self.planes.len() == block.channels.clamp(1, 2) as usize
    }

    /// Takes one block that fits.
    pub(super) fn handle_block(&mut self, block: &Block<'_>, recording: bool) {
        let frames = block.frames();
        let count = u32::try_from(frames).unwrap_or(u32::MAX);
        if let SoundStep::Gap { samples } = self.clock.handle_block(block.stamp, block.arrival, count, recording) {
            self.lose(samples);
        }
        for (plane, samples) in self.planes.iter_mut().zip(block.planes.chunks_exact(frames)) {
            let begin = plane.len();
            plane.extend_from_slice(samples);
            for sample in &mut plane[begin..] {
                // A device that gives infinities must not silence everything the filter reaches.
                if !sample.is_finite() {
                    *sample = 0.0;
                }
            }
            if let Some(last) = plane.iter().skip(begin).rposition(|sample| *sample != 0.0) {
                self.loud = self.loud.max(self.start + (begin + last) as i64 + 1);
            }
        }
        self.trim();
    }

    fn lose(&mut self, samples: u64) {
        let end = self.end();
        let after = end.saturating_add_unsigned(samples);
        self.gaps.push_back(end..after);
        match usize::try_from(samples).ok().filter(|samples| *samples < self.capacity()) {
            Some(samples) => self.planes.iter_mut().for_each(|plane| plane.resize(plane.len() + samples, 0.0)),
            None => {
                self.planes.iter_mut().for_each(Vec::clear);
                self.start = after;
            }
        }
    }

    fn trim(&mut self) {
        let capacity = self.capacity();
        // Twice the capacity before a cut: one move of the ring for every ring's length of sound.
        let surplus = self.held().checked_sub(capacity).filter(|surplus| *surplus >= capacity);
        if let Some(surplus) = surplus {
            for plane in &mut self.planes {
                plane.drain(..surplus);
            }
            self.start += surplus as i64;
        }
        while self.gaps.front().is_some_and(|gap| gap.end <= self.start) {
            self.gaps.pop_front();
        }
    }

    fn capacity(&self) -> usize {
        self.rate as usize * SECONDS
    }

    /// Samples held in each plane.
    pub(super) fn held(&self) -> usize {
        self.planes[0].len()
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.planes.iter().map(Vec::len).sum::<usize>() * size_of::<f32>()
    }

    fn end(&self) -> i64 {
        self.start + self.held() as i64
    }

    /// Samples the filter reaches ahead of a position.
    pub(super) fn lookahead(&self) -> f64 {
        self.kernel.half() as f64
    }

    /// Samples a second of wall time, as measured.
    pub(super) fn rate(&self) -> f64 {
        self.clock.rate()
    }

    /// The fractional index of this instant (nanoseconds of wall time).
    pub(super) fn index(&self, wall_nanos: i64) -> Option<f64> {
        self.clock.index(wall_nanos)
    }

    /// How many positions from `position` on, `step` apart, can be read for good.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "indices of hours of sound")]
    pub(super) fn readable(&self, position: f64, step: f64) -> usize {
        let last = (self.end() - 1 - self.kernel.half() as i64) as f64;
        if last < position { 0 } else { ((last - position) / step) as usize + 1 }
    }

    /// Reads `frames` positions into planes of the wanted number, appending; where the tape has nothing, silence.
    /// Gives the number of positions at which the microphone had nothing.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "indices of hours of sound")]
    pub(super) fn read(&self, position: f64, step: f64, frames: usize, out: &mut [Vec<f32>]) -> u64 {
        let (first, last) = (position.floor() as i64, (position + step * frames as f64).ceil() as i64);
        let half = self.kernel.half() as i64;
        if last.saturating_add(half) < self.start || first.saturating_sub(half) >= self.end() {
            out.iter_mut().for_each(|plane| plane.resize(plane.len() + frames, 0.0));
            return frames as u64;
        }
        let whole = first >= self.start && last < self.end() && self.gaps.is_empty();
        if whole && first - half >= self.loud {
            // Digital silence: what a muted microphone gives costs nothing.
            out.iter_mut().for_each(|plane| plane.resize(plane.len() + frames, 0.0));
            return 0;
        }
        let mixed = match (self.planes.as_slice(), out.len()) {
            ([left, right], 1) => Some((left, right)),
            _ => None,
        };
        let mut silent = 0;
        for frame in 0..frames {
            let at = position + step * frame as f64;
            let middle = at.floor();
            let (fraction, middle) = (at - middle, middle as i64);
            silent += u64::from(!whole && !self.has(middle));
            if let Some((left, right)) = mixed {
                let sum = self.sample(left, middle, fraction) + self.sample(right, middle, fraction);
                out[0].push(sum * 0.5);
                continue;
            }
            let first = self.sample(&self.planes[0], middle, fraction);
            for (channel, out) in out.iter_mut().enumerate() {
                let sample = match self.planes.get(channel) {
                    Some(plane) if channel > 0 => self.sample(plane, middle, fraction),
                    _ => first,
                };
                out.push(sample);
            }
        }
        silent
    }

    fn has(&self, index: i64) -> bool {
        (self.start..self.end()).contains(&index) && !self.gaps.iter().any(|gap| gap.contains(&index))
    }

    fn sample(&self, plane: &[f32], middle: i64, fraction: f64) -> f32 {
        let half = self.kernel.half() as i64;
        let first = middle - half + 1;
        let from = first.max(self.start);
        let to = (middle + half + 1).min(self.end()).min(self.loud);
        if from >= to {
            return 0.0;
        }
        let samples = &plane[(from - self.start) as usize..(to - self.start) as usize];
        self.kernel.sum(fraction, (from - first) as usize, samples)
    }
}
