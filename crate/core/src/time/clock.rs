//! Relates device clocks to the wall clock: which instant a camera stamp or a microphone sample belongs to.
//!
//! Decides offsets between clocks and what a jump of the microphone's stamps means. Never decides a frame's place in a
//! segment (that is stamp minus first stamp, untouched by arrival jitter) and never reads a clock itself. Runs in the
//! studio worker and natively.
//!
//! *Wall* below is `performance.timeOrigin + performance.now()` in microseconds: what arrivals are given in.

use std::collections::VecDeque;

use super::Micros;

/// How far back the smallest arrival delay is looked for.
const WINDOW: i64 = 10_000_000;
/// Delays are gathered in stretches of this length, so that a window is a few dozen numbers at any frame rate.
const STRETCH: i64 = 250_000;
/// Two clocks further apart than this are not the same clock.
const SAME_CLOCK: i64 = 100_000;
/// How far a map may be from the smallest delay before it follows.
const SLACK: u64 = 500;
/// A stamp this far from the one that was due is a jump; less is jitter.
const JUMP: i64 = 1_500;
/// Blocks that a microphone's time and rate are fitted to at most, and how many the first of a clock counts for.
const FITTED: (i64, i64) = (1024, 4);
/// A stamp this far from the fit, nanoseconds, means that the fit holds no longer: it counts for few blocks from then on.
const ASTRAY: (u64, i64) = (1_000_000, 64);
/// No device's rate is off by more than this, billionths.
const MOST_DRIFT: i64 = 1_000_000;
/// A camera stamp this far behind the last one means that the camera's clock began anew.
const RESTART: i64 = 1_000_000;
/// A camera stamp this far ahead of its arrival means the same. Far more than a busy worker lets a first frame wait, for
/// then the map is late and the frames that follow look as if they came early.
const EARLY: i64 = 60_000_000;

/// The smallest of the values seen in the last [`WINDOW`] of arrivals, held still.
///
/// It wanders by some ten microseconds as the window moves; what is given stays where it is until the two part by more
/// than [`SLACK`], so that segments filmed one after another have the same offset to the microsecond.
#[derive(Clone, Debug, Default)]
struct Smallest {
    stretches: VecDeque<(i64, i64)>,
    held: Option<i64>,
}

impl Smallest {
    fn insert(&mut self, arrival: Micros, value: i64) {
        let stretch = arrival.0.div_euclid(STRETCH);
        match self.stretches.back_mut() {
            Some((last, least)) if *last >= stretch => *least = (*least).min(value),
            _ => self.stretches.push_back((stretch, value)),
        }
        while self.stretches.front().is_some_and(|(first, _)| first + WINDOW / STRETCH < stretch) {
            self.stretches.pop_front();
        }
        let best = self.stretches.iter().map(|(_, least)| *least).min();
        self.held = match (self.held, best) {
            (Some(held), Some(best)) if held.abs_diff(best) <= SLACK => Some(held),
            (_, best) => best,
        };
    }
}

/// The camera's clock: wall = stamp + offset, the offset being the smallest arrival delay of the last ten seconds.
///
/// A frame cannot arrive before it was taken, so late arrivals never move the map, only early ones do.
#[derive(Clone, Debug, Default)]
pub struct ClockMap {
    delays: Smallest,
    last: Option<Micros>,
    guess: Option<i64>,
}

impl ClockMap {
    /// A map that knows nothing yet.
    pub fn new() -> ClockMap {
        ClockMap::default()
    }

    /// Learns from one delivery. `true` if the camera's clock began anew: a stamp a second or more behind the last, or one
    /// taken, by the map so far, a minute or more after its arrival.
    pub fn handle_stamp(&mut self, stamp: Micros, arrival: Micros) -> bool {
        let behind = self.last.is_some_and(|last| last.0.saturating_sub(stamp.0) >= RESTART);
        let restarted = behind || self.wall(stamp).is_some_and(|wall| wall.0.saturating_sub(arrival.0) >= EARLY);
        if restarted {
            self.delays = Smallest::default();
        }
        let delay = arrival.0.saturating_sub(stamp.0);
        if let Some(guess) = self.guess.take()
            && guess.abs_diff(delay) <= SAME_CLOCK.unsigned_abs()
        {
            self.delays.insert(arrival, guess);
        }
        self.delays.insert(arrival, delay);
        self.last = Some(stamp);
        restarted
    }

    /// A new track: an empty window. The old offset stays a first guess, used if the first frame agrees within 100 ms.
    pub fn handle_new_track(&mut self) {
        self.guess = self.delays.held.or(self.guess);
        self.delays = Smallest::default();
        self.last = None;
    }

    /// Wall minus stamp, microseconds; `None` before the first delivery.
    pub fn offset(&self) -> Option<Micros> {
        self.delays.held.map(Micros)
    }

    /// The wall time of a stamp.
    pub fn wall(&self, stamp: Micros) -> Option<Micros> {
        self.offset().map(|offset| stamp + offset)
    }
}

/// `performance.timeOrigin` of the two contexts whose clocks microphone stamps may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOrigins {
    /// The context that reads the blocks (the worker).
    pub own: Micros,
    /// The context that opened the microphone. Blocks queued before the readable was transferred carry its clock.
    pub document: Option<Micros>,
}

/// What a microphone block's stamp says about the sound before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundStep {
    /// The first block of a track: nothing came before it.
    First,
    /// It follows the one before without a gap.
    Continues,
    /// The stamps moved to the worker's clock; the sound itself goes on without a gap.
    Transferred,
    /// So many samples were lost before this block; silence belongs in their place.
    Gap {
        /// At the rate of the block, at least 1.
        samples: u64,
    },
    /// The stamps went to an unknown clock and were anchored by arrival; the sound goes on without a gap.
    Restarted,
}

/// The microphone's clock: which wall time a sample, counted from the start of the track, was taken at.
///
/// Order of calls: one `handle_block` for each block; all blocks of a track have one rate. A new track is a new clock.
#[derive(Clone, Debug)]
pub struct SoundClock {
    origins: TimeOrigins,
    rate: u32,
    ends: Smallest,
    /// Samples of the track so far, lost ones included.
    count: i64,
    /// Smoothed stamp of the sample `count`, nanoseconds on the device's clock.
    due: Option<i64>,
    /// How much longer its samples last than `rate` says, billionths.
    slow: i64,
    /// Blocks that `due` and `slow` rest on.
    fitted: (i64, i64),
    /// The stamp that the next block should carry, unsmoothed.
    expected: i64,
    transferred: bool,
}

impl SoundClock {
    /// A clock for a track of `rate` samples a second (not zero: a caller's bug would show as rate 1).
    pub fn new(origins: TimeOrigins, rate: u32) -> SoundClock {
        let ends = Smallest::default();
        SoundClock {
            origins,
            rate: rate.max(1),
            ends,
            count: 0,
            due: None,
            slow: 0,
            fitted: (0, FITTED.1),
            expected: 0,
            transferred: false,
        }
    }

    /// Learns from one block of `frames` samples whose first has this stamp. `recording` forbids guessing that a
    /// backward jump is the transfer where the document's time origin is not known.
    pub fn handle_block(&mut self, stamp: Micros, arrival: Micros, frames: u32, recording: bool) -> SoundStep {
        let step = self.step(stamp, arrival, frames, recording);
        match step {
            SoundStep::Transferred | SoundStep::Restarted => self.ends = Smallest::default(),
            SoundStep::Gap { samples } => {
                self.count = self.count.saturating_add_unsigned(samples);
                // The stamps of lost samples were never seen: start again from this one.
                self.due = None;
            }
            SoundStep::First | SoundStep::Continues => {}
        }
        let nanos = stamp.0.saturating_mul(1000);
        let length = self.duration(frames);
        let begin = match (self.due, step) {
            (Some(due), SoundStep::Continues) => due + self.fit(nanos - due, length),
            _ => {
                self.fitted.0 = FITTED.1;
                nanos
            }
        };
        self.due = Some(begin.saturating_add(self.stretched(length)));
        self.expected = stamp.0.saturating_add(length / 1000);
        self.count += i64::from(frames);
        self.ends.insert(arrival, arrival.0.saturating_sub(self.expected));
        step
    }

    /// Stamps jitter; the sound does not. A straight line is fitted to them by least squares, each stamp added as it comes
    /// (the gains of an alpha-beta filter of growing memory) and the old ones fading once there are many. Learns from the
    /// error of one block, nanoseconds; how much of it is the line's.
    fn fit(&mut self, error: i64, length: i64) -> i64 {
        let most = if error.unsigned_abs() > ASTRAY.0 { ASTRAY.1 } else { FITTED.0 };
        let (near, far) = ((self.fitted.0 + 1).min(most), (self.fitted.1 + 1).min(most));
        self.fitted = (near, far);
        let drift = i128::from(error) * 6_000_000_000 / (i128::from(length.max(1)) * i128::from(far * (far + 1)));
        self.slow = (self.slow + i64::try_from(drift).unwrap_or(0)).clamp(-MOST_DRIFT, MOST_DRIFT);
        error.saturating_mul(4 * near - 2) / (near * (near + 1))
    }

    fn step(&mut self, stamp: Micros, arrival: Micros, frames: u32, recording: bool) -> SoundStep {
        if self.due.is_none() && self.count == 0 {
            return SoundStep::First;
        }
        let jump = stamp.0.saturating_sub(self.expected);
        if jump.abs() <= JUMP {
            return SoundStep::Continues;
        }
        let transfer = match self.origins.document {
            Some(document) => (jump + self.origins.own.0 - document.0).abs() <= JUMP,
            None => jump < 0 && !recording,
        };
        if transfer && !self.transferred {
            self.transferred = true;
            return SoundStep::Transferred;
        }
        // A sample cannot arrive before it was taken: a jump ahead of the arrival is none of time.
        let end = stamp.0.saturating_add(self.duration(frames) / 1000);
        let early =
            self.offset().is_some_and(|offset| end.saturating_add(offset.0).saturating_sub(arrival.0) >= SAME_CLOCK);
        if jump > 0 && !early {
            return self.gap(jump);
        }
        // The new stamps say nothing about the old: only the arrival tells whether sound was lost in between.
        let before = self.wall_nanos(self.count).unwrap_or(0) / 1000;
        let begin = arrival.0.saturating_sub(self.duration(frames) / 1000);
        let lost = begin.saturating_sub(before);
        if lost >= SAME_CLOCK {
            self.ends = Smallest::default();
            return self.gap(lost);
        }
        SoundStep::Restarted
    }

    fn gap(&self, micros: i64) -> SoundStep {
        let samples = (i128::from(micros) * i128::from(self.rate) + 500_000) / 1_000_000;
        SoundStep::Gap { samples: u64::try_from(samples).unwrap_or(u64::MAX).clamp(1, i64::MAX.unsigned_abs() / 4) }
    }

    fn duration(&self, frames: u32) -> i64 {
        let rate = i64::from(self.rate);
        (i64::from(frames) * 1_000_000_000 + rate / 2) / rate
    }

    fn stretched(&self, nanos: i64) -> i64 {
        nanos + (i128::from(nanos) * i128::from(self.slow) / 1_000_000_000) as i64
    }

    /// Samples a second of wall time as measured: within 0.1 % of what the track says.
    #[expect(clippy::cast_precision_loss, reason = "billionths")]
    pub fn rate(&self) -> f64 {
        f64::from(self.rate) / (1.0 + self.slow as f64 / 1e9)
    }

    /// Samples of the track so far, lost ones included: the index of the next.
    pub fn count(&self) -> i64 {
        self.count
    }

    /// Wall minus stamp, microseconds. The device may stamp the end of a block and a sample cannot arrive before it
    /// was taken, so the smaller of the context's origin and the observed one holds; stamps that are 100 ms or more
    /// from the context's clock are on another one, and only arrivals tell.
    pub fn offset(&self) -> Option<Micros> {
        let observed = self.ends.held?;
        let own = self.origins.own.0;
        let foreign = own.abs_diff(observed) >= SAME_CLOCK.unsigned_abs();
        Some(Micros(if foreign { observed } else { own.min(observed) }))
    }

    /// When the sample of this index was taken, nanoseconds of wall time.
    pub fn wall_nanos(&self, index: i64) -> Option<i64> {
        let (due, offset) = (self.due?, self.offset()?);
        let behind = i128::from(index - self.count) * 1_000_000_000 / i128::from(self.rate);
        let behind = self.stretched(i64::try_from(behind).ok()?);
        Some(due.saturating_add(offset.0.saturating_mul(1000)).saturating_add(behind))
    }

    /// The fractional index of the sample taken at this wall time (nanoseconds); outside 0..count for sound that the
    /// track does not have.
    #[expect(clippy::cast_precision_loss, reason = "differences of hours in nanoseconds keep a millionth of a sample")]
    pub fn index(&self, wall_nanos: i64) -> Option<f64> {
        let newest = self.wall_nanos(self.count)?;
        let ahead = wall_nanos.saturating_sub(newest) as f64 * self.rate() / 1e9;
        Some(self.count as f64 + ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: i64 = 1_000_000_000_000;
    const ORIGINS: TimeOrigins = TimeOrigins { own: Micros(OWN), document: Some(Micros(OWN - 452_105)) };

    /// Feeds `blocks` blocks of 10 ms from `stamp` on, stamped at their end as the fake device does.
    fn feed(clock: &mut SoundClock, stamp: i64, blocks: i64, origin: i64) -> i64 {
        for block in 0..blocks {
            let at = stamp + block * 10_000;
            clock.handle_block(Micros(at), Micros(origin + at + 100), 480, false);
        }
        stamp + blocks * 10_000
    }

    #[test]
    fn late_arrivals_do_not_move_the_camera_map_and_early_ones_do() {
        let mut map = ClockMap::new();
        map.handle_stamp(Micros(0), Micros(900_000));
        for frame in 1..100_i64 {
            let late = if frame % 7 == 0 { 0 } else { 300_000 };
            map.handle_stamp(Micros(frame * 33_333), Micros(frame * 33_333 + 500_300 + late));
        }
        assert_eq!(map.offset(), Some(Micros(500_300)));
    }

    #[test]
    fn the_window_forgets_after_ten_seconds() {
        let mut map = ClockMap::new();
        for frame in 0..900_i64 {
            // The camera's clock runs 200 ppm slow: the offset grows by 2 ms in ten seconds.
            let wall = frame * 33_333;
            map.handle_stamp(Micros(wall - wall / 5_000), Micros(wall));
        }
        let newest = 899 * 33_333 / 5_000;
        let offset = map.offset().unwrap().0;
        assert!((newest - offset) <= 2_100 + SLACK.cast_signed() && offset > 0, "{offset} of {newest}");
        assert!(map.delays.stretches.len() <= 42);
    }

    #[test]
    fn the_camera_map_holds_still_while_the_smallest_delay_wanders() {
        let mut map = ClockMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for frame in 0..900_i64 {
            let delay = 320 + frame * 37 % 60;
            map.handle_stamp(Micros(frame * 33_333), Micros(frame * 33_333 + delay));
            seen.insert(map.offset());
        }
        assert_eq!(seen.len(), 1, "{seen:?}");
    }

    #[test]
    fn a_new_camera_keeps_the_old_offset_only_if_it_agrees() {
        let mut map = ClockMap::new();
        map.handle_stamp(Micros(0), Micros(500_000));
        map.handle_new_track();
        assert_eq!(map.offset(), None);
        map.handle_stamp(Micros(100_000), Micros(640_000));
        assert_eq!(map.offset(), Some(Micros(500_000)), "40 ms late, same clock");
        map.handle_new_track();
        map.handle_stamp(Micros(0), Micros(5_000_000));
        assert_eq!(map.offset(), Some(Micros(5_000_000)), "another clock");
    }

    #[test]
    fn the_transfer_jump_is_no_gap_and_maps_the_queued_sound_too() {
        let mut clock = SoundClock::new(ORIGINS, 48_000);
        // Nine blocks queued before the transfer, all arriving at once 700 ms late.
        for block in 0..9_i64 {
            let step = clock.handle_block(Micros(1_000_000 + block * 10_000), Micros(OWN + 1_250_000), 480, false);
            assert_eq!(step == SoundStep::First, block == 0);
        }
        let next = 1_090_000 - 452_116;
        let step = clock.handle_block(Micros(next), Micros(OWN + next + 100), 480, false);
        assert_eq!(step, SoundStep::Transferred);
        assert_eq!(clock.count(), 4800);
        // Stamped at the end of the block: its first sample was taken 10 ms before the stamp.
        let wall = clock.wall_nanos(4320).unwrap();
        assert_eq!(wall, (OWN + next - 10_000 + 100) * 1000);
        assert_eq!(clock.wall_nanos(0).unwrap(), wall - 90_000_000);
    }

    #[test]
    fn a_second_jump_back_is_a_restart_and_a_jump_ahead_a_gap_of_exactly_its_length() {
        let mut clock = SoundClock::new(ORIGINS, 48_000);
        let next = feed(&mut clock, 0, 100, OWN);
        let ahead = next + 220_004;
        let step = clock.handle_block(Micros(ahead), Micros(OWN + ahead + 90), 480, true);
        assert_eq!(step, SoundStep::Gap { samples: 10_560 });
        assert_eq!(clock.count(), 101 * 480 + 10_560);
        let step = clock.handle_block(Micros(ahead - 5_000), Micros(OWN + ahead + 10_000), 480, true);
        assert_eq!(step, SoundStep::Restarted);
        assert_eq!(clock.count(), 102 * 480 + 10_560);
    }

    #[test]
    fn a_jump_ahead_that_the_arrival_gives_the_lie_is_another_clock() {
        const HOUR: i64 = 3_600_000_000;
        let mut clock = SoundClock::new(ORIGINS, 48_000);
        let next = feed(&mut clock, 0, 100, OWN);
        let step = clock.handle_block(Micros(next + HOUR), Micros(OWN + next + 10_100), 480, true);
        assert_eq!(step, SoundStep::Restarted);
        assert_eq!(clock.count(), 101 * 480);
        let step = clock.handle_block(Micros(next + HOUR + 10_000), Micros(OWN + next + 20_100), 480, true);
        assert_eq!(step, SoundStep::Continues);
        assert_eq!(clock.offset(), Some(Micros(OWN - HOUR + 100)));

        let mut map = ClockMap::new();
        assert!(!map.handle_stamp(Micros(0), Micros(500_000)));
        assert!(!map.handle_stamp(Micros(HOUR), Micros(HOUR + 500_000)), "an hour's sleep");
        assert!(map.handle_stamp(Micros(3 * HOUR), Micros(HOUR + 533_333)));
        assert_eq!(map.offset(), Some(Micros(533_333 - 2 * HOUR)));
        assert!(map.handle_stamp(Micros(HOUR + 66_666), Micros(HOUR + 566_666)), "and back");
        assert_eq!(map.offset(), Some(Micros(500_000)));
    }

    #[test]
    fn stamps_of_a_foreign_clock_are_mapped_by_arrival() {
        let mut clock = SoundClock::new(ORIGINS, 48_000);
        feed(&mut clock, 0, 50, OWN - 7_000_000);
        assert_eq!(clock.offset(), Some(Micros(OWN - 7_000_000 - 9_900)));
    }

    #[test]
    fn the_rate_of_a_drifting_microphone_is_found_in_seconds() {
        for ppm in [-300_i64, 0, 200] {
            let mut clock = SoundClock::new(ORIGINS, 48_000);
            for block in 0..500_i64 {
                let at = block * 10_000 + block * ppm / 100;
                clock.handle_block(Micros(at), Micros(OWN + at + 10_200), 480, false);
            }
            let found = (48_000.0 / clock.rate() - 1.0) * 1e6;
            assert!((found - ppm as f64).abs() < 15.0, "{found} ppm, wanted {ppm}");
        }
    }

    #[test]
    fn stamps_rounded_at_random_leave_the_sound_where_it_is() {
        // Browsers round to 5 or, without cross-origin isolation, 100 microseconds, up or down by chance, so that the mean
        // is right. How far the clock is off in seconds 2 to 12 after the microphone began, in samples.
        let mut chance = 0x5EED_u64;
        for (grain, ppm, most) in [(5, 0, 0.1), (5, 200, 0.1), (100, 0, 0.9), (100, -200, 0.9)] {
            let mut clock = SoundClock::new(ORIGINS, 48_000);
            let (mut worst, mut settled) = (0.0_f64, 0.0_f64);
            for block in 0..2_000_i64 {
                let at = 777_013_000 + block * (10_000_000 + ppm * 10);
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let up = ((chance >> 33) as i64 % (grain * 1_000)) < at % (grain * 1_000);
                let stamp = at / 1_000 / grain * grain + i64::from(up) * grain;
                clock.handle_block(Micros(stamp), Micros(OWN + stamp + 10_200), 480, true);
                let off = (clock.wall_nanos(block * 480).unwrap() - OWN * 1_000 - at) as f64 * 48e-6;
                match block {
                    200..1_200 => worst = worst.max(off.abs()),
                    1_200.. => settled = settled.max(off.abs()),
                    _ => {}
                }
            }
            assert!(worst < most && settled < 0.5, "{grain} us, {ppm} ppm: {worst} samples, then {settled}");
        }
    }

    #[test]
    fn index_and_wall_time_are_inverse() {
        let mut clock = SoundClock::new(ORIGINS, 44_100);
        for block in 0..200_i64 {
            let at = block * 10_000 + (block % 3) * 400;
            clock.handle_block(Micros(at), Micros(OWN + at + 10_200), 441, false);
        }
        for index in [0, 1, 4_410, 88_200] {
            let back = clock.index(clock.wall_nanos(index).unwrap()).unwrap();
            assert!((back - index as f64).abs() < 1e-3, "{index} came back as {back}");
        }
    }
}
