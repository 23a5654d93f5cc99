//! Finds sound that was lost on a route whose sample count hides it.
//!
//! Decides how much later than their count samples were really taken, from arrivals alone; never which sample lies where.
//! An audio graph counts what it renders: sound that is lost before it leaves no gap in the count, the count only falls
//! behind the wall clock. Runs in the studio worker and natively.

use super::Micros;

/// Blocks are looked at over this time: longer than a busy worker or system delays them.
const WINDOW: i64 = 1_000_000;
/// Arriving this much later throughout a window is a loss; less is a longer queue. Microseconds.
const LEAST: i64 = 40_000;
/// By so much a clock that runs slow may fall behind in a window without a loss: 1000 millionths.
const DRIFT: i64 = 1_000;

/// Watches one microphone. Order of calls: one `handle_block` for each block.
#[derive(Clone, Debug, Default)]
pub struct Slip {
    /// Lost so far.
    lost: i64,
    /// The smallest delay of a block, while nothing more was lost.
    least: Option<i64>,
    /// When the running window began, and the smallest delay in it.
    window: Option<(Micros, i64)>,
}

impl Slip {
    /// A microphone that has not been heard yet.
    pub fn new() -> Slip {
        Slip::default()
    }

    /// The stamp that a block would bear had the count never stopped. `end`: the block's end on its own clock.
    pub fn handle_block(&mut self, stamp: Micros, end: Micros, arrival: Micros) -> Micros {
        let delay = arrival.0.saturating_sub(end.0).saturating_sub(self.lost);
        let (since, least) = self.window.unwrap_or((arrival, delay));
        let smallest = least.min(delay);
        if (arrival - since).0 < WINDOW {
            self.window = Some((since, smallest));
            return stamp + Micros(self.lost);
        }
        self.window = None;
        match self.least {
            Some(usual) if smallest.saturating_sub(usual) >= LEAST => self.lost += smallest - usual,
            usual => self.least = Some(usual.map_or(smallest, |usual| smallest.min(usual + DRIFT))),
        }
        stamp + Micros(self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of 10 ms counted from `from`, each arriving `late` after its end; gives the last stamp minus its count.
    fn feed(slip: &mut Slip, blocks: std::ops::Range<i64>, late: impl Fn(i64) -> i64) -> i64 {
        let mut shift = 0;
        for block in blocks {
            let (stamp, end) = (Micros(block * 10_000), Micros((block + 1) * 10_000));
            shift = (slip.handle_block(stamp, end, end + Micros(500_000 + late(block))) - stamp).0;
        }
        shift
    }

    #[test]
    fn a_clock_that_runs_slow_loses_nothing_in_an_hour() {
        let mut slip = Slip::new();
        assert_eq!(feed(&mut slip, 0..360_000, |block| block * 2 + block % 7 * 900), 0);
    }

    #[test]
    fn sound_that_falls_behind_for_good_was_lost() {
        let mut slip = Slip::new();
        assert_eq!(feed(&mut slip, 0..300, |block| block % 7 * 900), 0, "jitter");
        assert_eq!(feed(&mut slip, 300..600, |block| 220_000 + block % 7 * 900), 220_000);
        assert_eq!(feed(&mut slip, 600..1_000, |_| 220_000), 220_000, "once");
        assert_eq!(feed(&mut slip, 1_000..1_300, |_| 320_000), 320_000, "and once more");
    }

    #[test]
    fn a_busy_reader_and_a_longer_queue_are_no_loss() {
        let mut slip = Slip::new();
        feed(&mut slip, 0..200, |_| 0);
        // Busy for three seconds: all that waited comes in one moment.
        assert_eq!(feed(&mut slip, 200..500, |block| (499 - block) * 10_000), 0);
        assert_eq!(feed(&mut slip, 500..900, |_| 30_000), 0);
        assert_eq!(feed(&mut slip, 900..1_200, |_| 0), 0);
    }
}
