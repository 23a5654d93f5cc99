//! Which ticks a film counts, and turning the ticks of its clips into them.

use crate::time::{Ticks, Timescale};

/// The ticks of a film whose clips have no common ones: whole for every usual frame and sample rate.
const COMMON: Timescale = Timescale::new(705_600_000).expect("it is not zero");

/// The coarsest ticks in which those of all scales are whole; [`COMMON`] where 32 bits do not hold them.
pub(super) fn common(scales: impl Iterator<Item = Timescale>) -> Timescale {
    exact(scales).unwrap_or(COMMON)
}

/// The coarsest ticks in which those of all scales are whole.
pub(super) fn exact(mut scales: impl Iterator<Item = Timescale>) -> Option<Timescale> {
    let all = scales.try_fold(1_u32, |all, scale| (all / gcd(all, scale.get())).checked_mul(scale.get()))?;
    Timescale::new(all)
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// From the ticks of one scale to those of another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: Timescale,
    to: Timescale,
}

impl Scale {
    pub(super) fn new(from: Timescale, to: Timescale) -> Scale {
        Scale { from, to }
    }

    /// A time, or a length, to the nearest tick. Saturates, which times of [`crate::demux::walk::in_range`] do not.
    pub(super) fn of(self, time: i64) -> i64 {
        let scaled = self.from.rescale(Ticks(time), self.to);
        scaled.map_or(if time < 0 { i64::MIN / 4 } else { i64::MAX / 4 }, |ticks| ticks.0)
    }

    /// How many ticks one becomes, if they are whole.
    pub(super) fn factor(self) -> Option<u32> {
        let (from, to) = (self.from.get(), self.to.get());
        to.is_multiple_of(from).then_some(to / from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ticks_are_whole_for_all_or_those_of_every_usual_rate() {
        let scales = |list: &[u32]| list.iter().filter_map(|&ticks| Timescale::new(ticks)).collect::<Vec<_>>();
        let common = |list: &[u32]| common(scales(list).into_iter()).get();
        assert_eq!((common(&[48_000; 3]), common(&[15_360, 90_000])), (48_000, 5_760_000));
        assert_eq!(common(&[u32::MAX, u32::MAX - 1]), 705_600_000);
        let usual = [24_000, 25_000, 30_000, 60_000, 90_000, 44_100, 48_000, 88_200, 96_000];
        assert!(usual.into_iter().all(|ticks| 705_600_000 % ticks == 0));
    }
}
