//! When an encoder that failed may film again.
//!
//! Within a take there is no way back: it goes on with what took over. Between takes the preferred encoder is tried again once
//! some have gone well without it: one after its first failure, twice as many after each further one, so that a device whose
//! encoder always dies has ever fewer takes in two segments, and one that was short of encoders for a moment films with
//! its best again. Each take that goes well with it halves what a later failure costs. Counts takes, knows no encoder and no
//! clock.

/// The most takes that an encoder waits.
const MOST: u32 = 64;

/// How far the preferred encoder is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probation {
    /// Good takes that its next trial waits for, from its last failure on.
    wait: u32,
    /// How many of them are left.
    left: u32,
}

impl Probation {
    /// A take is over; `lost`: an encoder of pictures failed in it; `fallen`: it was not, or no longer, filmed with the preferred
    /// one. Whether the next take is to try that again.
    pub fn handle_take(&mut self, lost: bool, fallen: bool) -> bool {
        if lost {
            self.wait = (self.wait * 2).clamp(1, MOST);
            self.left = self.wait;
        } else if fallen {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                // Where the trial finds that it cannot be had, the next one comes as late.
                self.left = self.wait;
                return true;
            }
        } else {
            self.wait /= 2;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes of a device whose preferred encoder dies where `dies` says so: `!` lost it, `-` went well without, `+` with it.
    fn takes(dies: &str) -> String {
        let (mut probation, mut fallen) = (Probation::default(), false);
        let mut told = String::new();
        for bad in dies.chars().map(|state| state == 'x') {
            let lost = bad && !fallen;
            told.push(if lost {
                '!'
            } else if fallen {
                '-'
            } else {
                '+'
            });
            fallen |= lost;
            if probation.handle_take(lost, fallen) {
                fallen = false;
            }
        }
        told
    }

    #[test]
    fn an_encoder_that_failed_once_films_again_after_one_good_take_without_it() {
        assert_eq!(takes("..x...."), "++!-+++");
    }

    #[test]
    fn one_that_always_fails_is_tried_ever_more_seldom() {
        assert_eq!(takes(&"x".repeat(34)), "!-!--!----!--------!--------------");
    }

    #[test]
    fn good_takes_win_trust_back_as_slowly_as_it_was_lost() {
        // Lost twice, it waits for two takes; after a good one with it for two again, after two for one.
        assert_eq!(takes("x.x...x..."), "!-!--+!--+");
        assert_eq!(takes("x.x....x.."), "!-!--++!-+");
    }

    #[test]
    fn a_trial_that_finds_nothing_comes_again_after_as_many_takes() {
        let mut probation = Probation::default();
        probation.handle_take(true, true);
        probation.handle_take(true, true);
        let tried: Vec<bool> = (0..6).map(|_| probation.handle_take(false, true)).collect();
        assert_eq!(tried, [false, true, false, true, false, true]);
    }
}
