//! The resampling filter: a windowed sinc, tabulated by phase.
//!
//! Decides coefficients only; [`super::pcm`] applies them. 32 taps up to 48 kHz, more in proportion above it, where the
//! filter must also keep what 48 kHz cannot hold out of the sound.

/// Zero crossings on each side.
const CROSSINGS: usize = 16;
/// Tabulated positions between two samples; between them coefficients are interpolated.
const PHASES: usize = 256;
/// Kaiser window: about 90 dB of stop band.
const BETA: f64 = 9.0;

/// Coefficients for one source rate.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    half: usize,
    rows: Vec<f32>,
}

impl Kernel {
    /// For a source of `rate` samples a second, read out at 48 000.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a few hundred taps")]
    pub(crate) fn new(rate: u32) -> Kernel {
        let cutoff = (48_000.0 / f64::from(rate.max(1))).min(1.0);
        let half = (CROSSINGS as f64 / cutoff).ceil() as usize;
        let scale = 1.0 / bessel(BETA);
        let mut rows = Vec::with_capacity((PHASES + 1) * 2 * half);
        for phase in 0..=PHASES {
            let fraction = phase as f64 / PHASES as f64;
            let taps = (0..2 * half).map(|tap| {
                let distance = tap as f64 - (half as f64 - 1.0) - fraction;
                sinc(distance * cutoff) * kaiser(distance / half as f64) * scale
            });
            let row: Vec<f64> = taps.collect();
            let sum: f64 = row.iter().sum();
            rows.extend(row.iter().map(|tap| (tap / sum) as f32));
        }
        Kernel { half, rows }
    }

    /// Samples needed on each side of a position.
    pub(crate) fn half(&self) -> usize {
        self.half
    }

    /// The sum at `fraction` (0..1) past the sample in the middle. `samples` begin `skip` taps into the filter; what is
    /// missing at either end is silence.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "256 phases")]
    pub(crate) fn sum(&self, fraction: f64, skip: usize, samples: &[f32]) -> f32 {
        let at = fraction * PHASES as f64;
        let phase = (at as usize).min(PHASES - 1);
        let blend = (at - phase as f64) as f32;
        let taps = 2 * self.half;
        let low = &self.rows[phase * taps + skip..(phase + 1) * taps];
        let high = &self.rows[(phase + 1) * taps + skip..(phase + 2) * taps];
        let (mut near, mut far) = (0.0_f32, 0.0_f32);
        for ((sample, low), high) in samples.iter().zip(low).zip(high) {
            near += sample * low;
            far += sample * high;
        }
        near + (far - near) * blend
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    // Whole distances are exact zeros, so that an unmoved 48 kHz source passes bit for bit.
    if x.fract() == 0.0 {
        return 0.0;
    }
    sin_pi(x) / (std::f64::consts::PI * x)
}

/// The sine of `x` half turns, by its series around the nearest whole `x`: a few lines where libm's takes kilobytes of
/// wasm, and the same bits everywhere.
fn sin_pi(x: f64) -> f64 {
    let nearest = x.round();
    let angle = std::f64::consts::PI * (x - nearest);
    let (mut term, mut sum) = (angle, angle);
    for k in 1..12 {
        term *= -angle * angle / f64::from(2 * k * (2 * k + 1));
        sum += term;
    }
    if nearest as i64 % 2 == 0 { sum } else { -sum }
}

/// The Kaiser window at `x` in -1..=1, not yet scaled to 1 at its top; zero outside.
fn kaiser(x: f64) -> f64 {
    let inside = 1.0 - x * x;
    if inside < 0.0 { 0.0 } else { bessel(BETA * inside.sqrt()) }
}

/// The modified Bessel function of order zero, by its series.
fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..40 {
        term *= quarter / f64::from(k * k);
        sum += term;
        if term < sum * 1e-12 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_the_sine() {
        for step in -4000..4000 {
            let x = f64::from(step) * 0.0173;
            assert!((sin_pi(x) - (std::f64::consts::PI * x).sin()).abs() < 1e-13, "{x}");
        }
    }

    #[test]
    fn at_whole_positions_of_a_48_khz_source_a_sample_passes_unchanged() {
        let kernel = Kernel::new(48_000);
        let samples: Vec<f32> = (0..32_u8).map(|n| f32::from(n) * 0.01 - 0.2).collect();
        assert_eq!(kernel.half(), 16);
        assert!((kernel.sum(0.0, 0, &samples) - samples[15]).abs() < 1e-7);
    }

    /// Largest error, and for what should vanish the largest value, of a sine read at every position.
    fn worst(rate: u32, frequency: f64, wanted: bool) -> f64 {
        let kernel = Kernel::new(rate);
        let tone = |at: f64| (std::f64::consts::TAU * frequency * at / f64::from(rate)).sin();
        let half = kernel.half() as i64;
        let samples: Vec<f32> = (-half + 1..=half + 200).map(|n| tone(n as f64) as f32).collect();
        let mut worst = 0.0_f64;
        for step in 0..1000 {
            let at = f64::from(step) * 0.1987;
            let whole = at.floor() as usize;
            let got = f64::from(kernel.sum(at.fract(), 0, &samples[whole..whole + 2 * kernel.half()]));
            worst = worst.max((got - if wanted { tone(at) } else { 0.0 }).abs());
        }
        worst
    }

    #[test]
    fn audible_tones_survive_any_rate_and_what_48_khz_cannot_hold_vanishes() {
        for rate in [8_000, 16_000, 44_100, 48_000, 96_000, 192_000] {
            assert!(worst(rate, f64::from(rate.min(48_000)) * 0.35, true) < 1e-3, "{rate} Hz");
        }
        for rate in [96_000, 192_000] {
            assert!(worst(rate, 32_000.0, false) < 1e-3, "{rate} Hz folds");
        }
    }
}
