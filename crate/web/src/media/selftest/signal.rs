//! The sounds that are sent through an encoder, and how what comes back is compared with them. Pure arithmetic;
//! sines are the browser's, for ours would be 8 KB of wasm.

use std::f64::consts::TAU;
use std::ops::RangeInclusive;

use js_sys::Math;

/// Samples a second of everything here.
pub const RATE: u32 = 48_000;

/// A rising tone, 400 to 6000 Hz within 2048 samples, that fades in and out: like itself at one lag only.
pub fn chirp() -> Vec<f32> {
    const LENGTH: u32 = 2048;
    const FIRST_HZ: f64 = 400.0;
    const LAST_HZ: f64 = 6000.0;
    let duration = seconds(LENGTH);
    let sample = |index| {
        let t = seconds(index);
        let turns = FIRST_HZ * t + (LAST_HZ - FIRST_HZ) * t * t / (2.0 * duration);
        let hann = 0.5 * (1.0 - Math::cos(TAU * f64::from(index) / f64::from(LENGTH - 1)));
        narrow(0.5 * hann * Math::sin(TAU * turns))
    };
    (0..LENGTH).map(sample).collect()
}

/// 0.4 s of three steady tones, none a whole multiple of another; `hertz` is the lowest.
pub fn chord(hertz: f64) -> Vec<f32> {
    const LENGTH: u32 = 19_200;
    let sample = |index| {
        let tone = |multiple: f64| Math::sin(TAU * hertz * multiple * seconds(index));
        narrow(0.2 * (tone(1.0) + tone(4.3) + tone(11.7)))
    };
    (0..LENGTH).map(sample).collect()
}

/// Where a sound was found again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Samples by which it came later than it was sent.
    pub lag: i32,
    /// Magnitude of the normalised correlation, 0..=1.
    pub likeness: f64,
}

/// The lag within `lags` at which `heard` is most like `sound`, which was sent at sample `sent_at`; `None` where no lag
/// lies within `heard`.
pub fn find(sound: &[f32], heard: &[f32], sent_at: i32, lags: RangeInclusive<i32>) -> Option<Found> {
    let energy_sent = energy(sound);
    let at_lag = |lag| {
        let start = usize::try_from(sent_at.checked_add(lag)?).ok()?;
        let there = heard.get(start..)?.get(..sound.len())?;
        let product: f64 = sound.iter().zip(there).map(|(&s, &h)| f64::from(s) * f64::from(h)).sum();
        // Never 0 by 0: silence is like nothing.
        let likeness = product.abs() / (energy_sent * energy(there) + 1e-12).sqrt();
        Some(Found { lag, likeness })
    };
    lags.filter_map(at_lag).max_by(|one, other| one.likeness.total_cmp(&other.likeness))
}

/// The least signal-to-noise ratio, in dB, of the first `packets` packets of `heard` against `reference`, leaving the
/// first `overlap` samples out; `None` where either is shorter, or nothing is left.
pub fn least_snr(reference: &[f32], heard: &[f32], packet: usize, packets: usize, overlap: usize) -> Option<f64> {
    let length = packet.checked_mul(packets)?;
    let (reference, heard) = (reference.get(..length)?, heard.get(..length)?);
    let ratio = |index: usize| {
        let (start, end) = ((index * packet).max(overlap), (index + 1) * packet);
        (start < end).then(|| snr(&reference[start..end], &heard[start..end]))
    };
    (0..packets).filter_map(ratio).min_by(f64::total_cmp)
}

/// Energy of `reference` over that of its difference from `heard`, in dB. Equal samples count as a tiny difference.
pub fn snr(reference: &[f32], heard: &[f32]) -> f64 {
    let noise: f64 = reference.iter().zip(heard).map(|(&r, &h)| (f64::from(r) - f64::from(h)).powi(2)).sum();
    10.0 * Math::log10(energy(reference) / noise.max(1e-20))
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|&sample| f64::from(sample).powi(2)).sum()
}

fn seconds(samples: u32) -> f64 {
    f64::from(samples) / f64::from(RATE)
}

fn narrow(sample: f64) -> f32 {
    sample as f32
}
