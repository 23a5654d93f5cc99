//! How long to wait before the next attempt, and the numbers that spread such waits.

/// The upper bound of the wait after one failure: a single request may just have had bad luck.
const SOON: u64 = 100;
/// That of the wait after two; it doubles with each more.
const FIRST: u64 = 500;
/// The longest wait.
const LONGEST: u64 = 30_000;
/// The longest wait that a server may ask for.
const ASKED: u64 = 120_000;

/// A sequence of numbers from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// 0 to `most`, each as likely.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        mixed % most.saturating_add(1).max(1)
    }
}

/// Why an attempt is made again, as far as the wait depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// Exponential with full jitter.
    Short,
    /// At least a second more: the service is pressed (573).
    Long,
    /// The server named seconds.
    Asked(u32),
}

/// Milliseconds before the attempt after `failures` failed ones.
pub(super) fn wait(pause: Pause, failures: u32, dice: &mut Dice) -> u64 {
    let bound = if failures < 2 { SOON } else { (FIRST << (failures - 2).min(10)).min(LONGEST) };
    match pause {
        Pause::Short => dice.up_to(bound),
        Pause::Long => 1000 + dice.up_to(bound),
        Pause::Asked(seconds) => (u64::from(seconds) * 1000).min(ASKED) + dice.up_to(FIRST),
    }
}
