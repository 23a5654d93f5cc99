//! How fast a take runs: seconds of the world in a second of media, and which pictures that leaves room for.
//!
//! Decides media times and which frames are thinned out; never what a frame or a sample is ([`super::picture`],
//! [`super::stretch`]).

use crate::time::{Micros, Ticks};

/// Thousandths of the world's speed.
const ONE: i64 = 1_000;

/// Seconds of the world in one second of media, in thousandths: 2 000 films two seconds into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(i64);

impl Speed {
    /// As the world runs.
    pub const ONE: Speed = Speed(ONE);

    /// 250 to 4 000 thousandths; `None` for others.
    pub fn from_thousandths(thousandths: u32) -> Option<Speed> {
        (250..=4_000).contains(&thousandths).then_some(Speed(thousandths.into()))
    }

    /// A ratio, exact to the thousandth.
    #[expect(clippy::cast_precision_loss, reason = "at most 4 000")]
    pub(super) fn ratio(self) -> f32 {
        self.0 as f32 / ONE as f32
    }

    /// How much media a stretch of the world becomes, in the same unit, rounded to the nearest.
    pub(super) fn media(self, world: i64) -> i64 {
        if self == Speed::ONE {
            return world;
        }
        let doubled = i128::from(world) * i128::from(2 * ONE) + i128::from(self.0);
        i64::try_from(doubled.div_euclid(i128::from(2 * self.0))).unwrap_or(if world < 0 { i64::MIN } else { i64::MAX })
    }

    /// How much of the world a stretch of media shows, in the same unit, rounded to the nearest. Saturates.
    pub(super) fn world(self, media: i64) -> i64 {
        if self == Speed::ONE {
            return media;
        }
        media.saturating_mul(self.0).saturating_add(ONE / 2).div_euclid(ONE)
    }

    /// The same for an instant since an origin.
    pub(super) fn media_micros(self, world: Micros) -> Micros {
        Micros(self.media(world.0))
    }

    /// The same for a length of media.
    pub(super) fn world_micros(self, media: Micros) -> Micros {
        Micros(self.world(media.0))
    }
}

/// How a take is filmed, other than as the world runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Seconds of the world in a second of media.
    pub speed: Speed,
    /// Pictures of a take of another speed than 1 are thinned out where they would come faster than one in so many ticks:
    /// the draft's frame rate. At speed 1 every frame is taken.
    pub least_interval: Ticks,
    /// Whether the sound is silence. Else that of another speed than 1 is stretched, its pitch kept.
    pub muted: bool,
}

impl Default for Pace {
    /// As the world runs, with its sound.
    fn default() -> Pace {
        Pace { speed: Speed::ONE, least_interval: Ticks(1_600), muted: false }
    }
}

/// Chooses the pictures nearest to an even grid, which follows the camera so that no drift of its clock ever makes an
/// uneven step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thinner {
    /// Ticks from one picture to the next; `None` takes all.
    interval: Option<i64>,
    due: i64,
}

impl Thinner {
    pub(super) fn new(pace: Pace) -> Thinner {
        let interval = (pace.speed != Speed::ONE).then_some(pace.least_interval.0.max(1));
        Thinner { interval, due: i64::MIN }
    }

    /// Whether a frame at this time shall be taken, where frames come `spacing` ticks apart.
    pub(super) fn wants(&self, pts: Ticks, spacing: i64) -> bool {
        self.interval.is_none() || pts.0.saturating_add(spacing / 2) >= self.due
    }

    /// The frame at this time was taken.
    pub(super) fn take(&mut self, pts: Ticks) {
        let Some(interval) = self.interval else { return };
        let late = pts.0.saturating_sub(self.due).clamp(-interval, interval);
        // An eighth of what it is off: the grid settles on the camera's own steps within a few pictures.
        let due = self.due.saturating_add(interval + late / 8);
        // A camera that is slower than the grid is followed at once.
        self.due = if pts.0 - interval >= self.due { pts.0 + interval } else { due };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speed(thousandths: u32) -> Speed {
        Speed::from_thousandths(thousandths).unwrap()
    }

    #[test]
    fn media_and_world_are_each_others_inverse_and_round_to_the_nearest() {
        assert_eq!((Speed::from_thousandths(249), Speed::from_thousandths(4_001)), (None, None));
        for thousandths in [250, 333, 500, 1_000, 1_100, 2_000, 3_000, 4_000] {
            let speed = speed(thousandths);
            for media in [-960_i64, -1, 0, 1, 479, 172_800_000] {
                assert!((speed.media(speed.world(media)) - media).abs() <= 1, "{thousandths}: {media}");
            }
            assert_eq!(speed.world(1_000_000), i64::from(thousandths) * 1_000);
        }
        assert_eq!((speed(2_000).media(3), speed(2_000).media(-3), speed(3_000).media(100)), (2, -1, 33));
        assert_eq!((speed(250).media(i64::MAX), speed(4_000).world(i64::MIN) < 0), (i64::MAX, true));
    }

    /// Which of the frames that come every `spacing` ticks, off by up to `jitter`, are taken.
    fn taken(thousandths: u32, spacing: f64, jitter: i64) -> Vec<i64> {
        let pace = Pace { speed: speed(thousandths), ..Pace::default() };
        let mut thinner = Thinner::new(pace);
        let mut taken = Vec::new();
        for frame in 0..6_000_i64 {
            let pts = Ticks((frame as f64 * spacing) as i64 + (frame * 7_919 % (2 * jitter + 1)) - jitter);
            if thinner.wants(pts, spacing as i64) {
                thinner.take(pts);
                taken.push(frame);
            }
        }
        taken
    }

    #[test]
    fn frames_are_thinned_evenly_whatever_the_cameras_clock_and_jitter() {
        // Cameras that say 30 and give 29.9 to 30.1: every second frame at twice the speed, every third at three times.
        for drift in [0.997, 1.0, 1.003] {
            for jitter in [0, 100] {
                for every in [2, 3, 4] {
                    let taken = taken(every * 1_000, 1_600.0 * drift / f64::from(every), jitter);
                    let even = taken.windows(2).all(|two| two[1] - two[0] == i64::from(every));
                    assert!(even, "{every} x {drift}, jitter {jitter}");
                }
            }
        }
        // One and a half times: two of three, for good.
        let taken = taken(1_500, 1_600.0 / 1.5, 50);
        assert!(taken.len().abs_diff(4_000) < 5, "{} of 6000", taken.len());
        assert!(taken.windows(2).all(|two| two[1] - two[0] <= 2));
        // Slower than the grid, or as fast: all of them.
        for spacing in [1_600.0, 1_605.0, 3_200.0, 6_400.0] {
            assert_eq!(super::tests::taken(500, spacing, 90).len(), 6_000, "{spacing}");
        }
    }
}
