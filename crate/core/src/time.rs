//! Time is an integer: ticks of a [`Timescale`], rescaled exactly in 128 bits. [`Micros`] exists only where
//! JavaScript hands in capture times.

mod clock;
mod slip;

pub use clock::{ClockMap, SoundClock, SoundStep, TimeOrigins};
pub use slip::Slip;

use std::num::NonZeroU32;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Whole microseconds on a capture or wall clock; never a media time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Micros(pub i64);

/// A count of ticks of some [`Timescale`]; which one is said by where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ticks(pub i64);

/// Ticks a second (ISO/IEC 14496-12 s.8.4.2); never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Timescale(NonZeroU32);

impl Timescale {
    /// 48 000 ticks a second: both tracks of every recording, so that an audio packet is a whole tick in both.
    pub const RECORDING: Timescale = Timescale(NonZeroU32::new(48_000).expect("48 000 is not zero"));

    /// Refuses zero, which foreign files do contain.
    pub const fn new(ticks_per_second: u32) -> Option<Timescale> {
        match NonZeroU32::new(ticks_per_second) {
            Some(value) => Some(Timescale(value)),
            None => None,
        }
    }

    /// Ticks a second.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// `time` of this scale in ticks of `to`, rounded to the nearest tick, halves up. `None` where it leaves 64 bits.
    pub fn rescale(self, time: Ticks, to: Timescale) -> Option<Ticks> {
        divide_rounded(i128::from(time.0) * i128::from(to.get()), i128::from(self.get())).map(Ticks)
    }

    /// Whole ticks nearest to `time`. Saturates, which no capture clock reaches.
    pub fn from_micros(self, time: Micros) -> Ticks {
        let ticks = divide_rounded(i128::from(time.0) * i128::from(self.get()), 1_000_000);
        Ticks(ticks.unwrap_or(if time.0 < 0 { i64::MIN } else { i64::MAX }))
    }

    /// Whole microseconds nearest to `time`. Saturates.
    pub fn to_micros(self, time: Ticks) -> Micros {
        let micros = divide_rounded(i128::from(time.0) * 1_000_000, i128::from(self.get()));
        Micros(micros.unwrap_or(if time.0 < 0 { i64::MIN } else { i64::MAX }))
    }

    /// Seconds, for reports and the JavaScript edge only.
    #[expect(clippy::cast_precision_loss, reason = "a report, not a time that is computed with")]
    pub fn seconds(self, time: Ticks) -> f64 {
        time.0 as f64 / f64::from(self.get())
    }
}

impl Add for Micros {
    type Output = Micros;
    fn add(self, other: Micros) -> Micros {
        Micros(self.0.saturating_add(other.0))
    }
}

impl Sub for Micros {
    type Output = Micros;
    fn sub(self, other: Micros) -> Micros {
        Micros(self.0.saturating_sub(other.0))
    }
}

impl Add for Ticks {
    type Output = Ticks;
    fn add(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_add(other.0))
    }
}

impl Sub for Ticks {
    type Output = Ticks;
    fn sub(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_sub(other.0))
    }
}

/// Nearest whole quotient, halves towards plus infinity; `divisor` is positive.
fn divide_rounded(dividend: i128, divisor: i128) -> Option<i64> {
    i64::try_from((dividend * 2 + divisor).div_euclid(divisor * 2)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rescaling_is_exact_both_ways_where_the_ticks_are_whole() {
        let micros = Timescale::new(1_000_000).unwrap();
        for packet in 0..10_000 {
            let ticks = Ticks(packet * 960);
            let there = Timescale::RECORDING.rescale(ticks, micros).unwrap();
            assert_eq!(micros.rescale(there, Timescale::RECORDING), Some(ticks));
        }
    }

    #[test]
    fn halves_round_up_on_both_sides_of_zero() {
        let two = Timescale::new(2).unwrap();
        let one = Timescale::new(1).unwrap();
        assert_eq!(two.rescale(Ticks(3), one), Some(Ticks(2)));
        assert_eq!(two.rescale(Ticks(-3), one), Some(Ticks(-1)));
        assert_eq!(Timescale::RECORDING.rescale(Ticks(i64::MAX), Timescale::new(u32::MAX).unwrap()), None);
    }
}
