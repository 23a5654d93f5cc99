//! Figures for people: bytes that only grow, a smoothed rate, the time left.

/// Time over which the rate is smoothed.
const SMOOTH: u64 = 3000;
/// Shortest time that a rate is taken over.
const SAMPLE: u64 = 250;
/// More bytes than any line carries between two samples.
const MOST: u64 = 1 << 40;

/// Follows bytes over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    shown: u64,
    rate: u64,
    /// When, and at which count, the rate was last taken.
    last: Option<(u64, u64)>,
}

impl Meter {
    /// `done` bytes of `total` are confirmed or handed to the line; `moving` says whether any are under way.
    pub(super) fn handle_bytes(&mut self, done: u64, total: u64, moving: bool, clock: u64) {
        self.shown = self.shown.max(done).min(total);
        if !moving {
            (self.rate, self.last) = (0, None);
            return;
        }
        let Some((then, before)) = self.last else {
            self.last = Some((clock, done));
            return;
        };
        let time = clock.saturating_sub(then);
        if time < SAMPLE {
            return;
        }
        // Bounded, so that no product overflows: a saturating one becomes a division of 128 bits, which is 1 KB of wasm.
        let now = done.saturating_sub(before).min(MOST) * 1000 / time;
        // The first is taken as it is.
        let weight = if self.rate == 0 { SMOOTH } else { time.min(SMOOTH) };
        self.rate = (self.rate * (SMOOTH - weight) + now * weight) / SMOOTH;
        self.last = Some((clock, done));
    }

    /// Bytes were taken away: figures begin anew.
    pub(super) fn handle_change(&mut self) {
        self.shown = 0;
        self.last = None;
    }

    /// Bytes to show; they never go back.
    pub(super) fn shown(&self) -> u64 {
        self.shown
    }

    /// Bytes a second.
    pub(super) fn rate(&self) -> u64 {
        self.rate
    }

    /// Milliseconds until `total` at that rate.
    pub(super) fn eta(&self, total: u64) -> Option<u64> {
        (self.rate > 0).then(|| total.saturating_sub(self.shown).min(u64::MAX / 1000) * 1000 / self.rate)
    }
}
