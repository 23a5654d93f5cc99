//! The pictures of one segment: which frames are its own, which of them the encoder owes, which it gave.
//!
//! Decides timestamps, key frames and what counts as swallowed. Frame times are stamp minus first stamp: arrival never
//! enters them.

use std::collections::VecDeque;

use super::file::Batch;
use super::speed::{Pace, Speed, Thinner};
use crate::time::{Micros, Ticks, Timescale};

/// A frame with the encoder.
#[derive(Clone, Copy, Debug)]
struct Admitted {
    timestamp: Micros,
    pts: i64,
}

/// What a chunk turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// Frames before it that the encoder swallowed, itself included if it cannot begin the file.
    pub(super) swallowed: u32,
    /// Whether it is in the file.
    pub(super) kept: bool,
}

/// An encoder may hold back so many frames before it gives the first; Firefox's H.264 holds some forty, for real time too.
const HOLDS: usize = 48;

/// One encoder run.
#[derive(Clone, Debug)]
pub(super) struct PictureTrack {
    /// Stamp of the origin frame on the camera's clock.
    first: Micros,
    speed: Speed,
    pub(super) thinner: Thinner,
    last: i64,
    last_key: i64,
    wants_key: bool,
    in_flight: VecDeque<Admitted>,
    /// Frames behind the first that the encoder gave, when it gave it.
    holds: Option<usize>,
    /// Frames from here on are after the pause.
    end: Option<i64>,
    pub(super) kept: Batch,
    frames: u64,
    surplus: u64,
}

impl PictureTrack {
    /// For a segment whose origin is the frame of this stamp; that frame is yet to be admitted.
    pub(super) fn new(first: Micros, pace: Pace) -> PictureTrack {
        PictureTrack {
            first,
            speed: pace.speed,
            thinner: Thinner::new(pace),
            last: -1,
            last_key: 0,
            wants_key: true,
            in_flight: VecDeque::new(),
            holds: None,
            end: None,
            kept: Batch::default(),
            frames: 0,
            surplus: 0,
        }
    }

    /// Microseconds of media since the origin, by the camera's clock.
    pub(super) fn timestamp(&self, stamp: Micros) -> Micros {
        self.speed.media_micros(stamp - self.first)
    }

    /// The camera's clock began anew: `stamp` shall lie `since` the origin, in the world, but after every frame before it.
    pub(super) fn rebase(&mut self, stamp: Micros, since: Micros) {
        let least = Timescale::RECORDING.to_micros(Ticks(self.last + 2));
        self.first = stamp - since.max(self.speed.world_micros(least));
    }

    /// Wall time of the origin in nanoseconds, through the camera's clock as it is now.
    pub(super) fn origin_nanos(&self, offset: Micros) -> i64 {
        (self.first + offset).0.saturating_mul(1000)
    }

    /// Whether a frame here would be later than all before it.
    pub(super) fn follows(&self, pts: Ticks) -> bool {
        pts.0 > self.last
    }

    /// Takes a frame that follows and that the gate let through. Whether it must be a key frame.
    pub(super) fn admit(&mut self, timestamp: Micros, pts: Ticks, key_interval: Ticks) -> bool {
        let key = self.wants_key || pts.0 - self.last_key >= key_interval.0;
        if key {
            self.last_key = pts.0;
            self.wants_key = false;
        }
        self.last = pts.0;
        self.thinner.take(pts);
        self.in_flight.push_back(Admitted { timestamp, pts: pts.0 });
        key
    }

    /// A frame was thinned out or refused by the gate: later ones must still be later than it.
    pub(super) fn refuse(&mut self, pts: Ticks) {
        self.last = pts.0;
    }

    /// Frames with the encoder.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Frames with the encoder beyond those that it holds back by its nature: how far it is behind.
    pub(super) fn late(&self) -> usize {
        self.in_flight.len().saturating_sub(self.holds.unwrap_or(HOLDS))
    }

    /// A chunk from the encoder; `None` if no frame of this timestamp is with it.
    pub(super) fn handle_chunk(&mut self, timestamp: Micros, sync: bool, data: &[u8]) -> Option<Taken> {
        let place = self.in_flight.iter().position(|one| one.timestamp == timestamp)?;
        self.holds.get_or_insert((self.in_flight.len() - 1 - place).min(HOLDS));
        let swallowed = self.give_up(place);
        let one = self.in_flight.pop_front()?;
        if self.end.is_some_and(|end| one.pts >= end) {
            self.surplus += 1;
            return Some(Taken { swallowed, kept: false });
        }
        if self.frames == 0 && !sync {
            // A file cannot begin with it; ask for one that can.
            self.wants_key = true;
            return Some(Taken { swallowed: swallowed.saturating_add(1), kept: false });
        }
        self.kept.push(Ticks(one.pts), sync, data);
        self.frames += 1;
        Some(Taken { swallowed, kept: true })
    }

    /// The encoder is empty: what it still owed was swallowed. How many frames.
    pub(super) fn handle_flushed(&mut self) -> u32 {
        self.give_up(self.in_flight.len())
    }

    /// The encoder will not give the oldest `count` frames. How many of them the file misses.
    fn give_up(&mut self, count: usize) -> u32 {
        let end = self.end.unwrap_or(i64::MAX);
        let missed = self.in_flight.drain(..count).filter(|one| one.pts < end).count();
        self.surplus += (count - missed) as u64;
        u32::try_from(missed).unwrap_or(u32::MAX)
    }

    /// The segment ends here: later frames that no fragment holds yet go. The first frame always stays.
    pub(super) fn end_at(&mut self, end: Ticks) {
        let end = end.0.max(1);
        self.end = Some(end);
        let gone = self.kept.truncate(end) as u64;
        self.frames -= gone;
        self.surplus += gone;
    }

    /// Time of the newest frame before the end that is kept or may still be, ticks.
    pub(super) fn newest(&self) -> Option<i64> {
        let end = self.end.unwrap_or(i64::MAX);
        let coming = self.in_flight.iter().rev().map(|one| one.pts).find(|pts| *pts < end);
        coming.or(self.kept.last())
    }

    /// Pictures kept, those in fragments included.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Frames that were encoded but lie after the pause.
    pub(super) fn surplus(&self) -> u64 {
        self.surplus
    }

    /// Time of the last frame delivered, ticks; -1 before the first.
    pub(super) fn last(&self) -> i64 {
        self.last
    }
}
