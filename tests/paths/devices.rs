//! A camera and a microphone with the faults of real ones: clocks of their own, drift, late arrivals, bursts, holes.

use std::collections::BTreeSet;
use std::ops::Range;

/// A small generator of repeatable chance (xorshift64*).
#[derive(Clone, Debug)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as i64 % limit.max(1)
    }
}

/// When the worker does nothing: what arrives then is seen at the end.
pub(crate) type Busy = Vec<Range<i64>>;

fn seen(busy: &Busy, arrival: i64) -> i64 {
    busy.iter().find(|window| window.contains(&arrival)).map_or(arrival, |window| window.end)
}

/// One delivered frame; all times in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) number: u32,
    pub(crate) stamp: i64,
    pub(crate) arrival: i64,
}

/// Frames at an even pace, stamped by a clock of the camera's own.
#[derive(Clone, Debug)]
pub(crate) struct Camera {
    /// Wall time of frame 0.
    pub(crate) begin: i64,
    /// Wall microseconds from frame to frame.
    pub(crate) interval: f64,
    /// Stamp of wall time 0.
    pub(crate) zero: i64,
    /// How much faster its clock runs, millionths.
    pub(crate) ppm: f64,
    /// Largest random delay beyond the usual 300 µs.
    pub(crate) jitter: i64,
    /// Frames that never come.
    pub(crate) holes: BTreeSet<u32>,
    pub(crate) chance: Chance,
    pub(crate) next: u32,
}

impl Camera {
    pub(crate) fn new(begin: i64, frame_rate: f64) -> Camera {
        Camera {
            begin,
            interval: 1e6 / frame_rate,
            zero: -777_000_000,
            ppm: 0.0,
            jitter: 900,
            holes: BTreeSet::new(),
            chance: Chance(0x5EED),
            next: 0,
        }
    }

    pub(crate) fn taken(&self, number: u32) -> f64 {
        self.begin as f64 + self.interval * f64::from(number)
    }

    pub(crate) fn stamp(&self, wall: f64) -> i64 {
        (wall * (1.0 + self.ppm / 1e6)).round() as i64 + self.zero
    }

    pub(crate) fn deliver(&mut self, busy: &Busy) -> Frame {
        while self.holes.contains(&self.next) {
            self.next += 1;
        }
        let number = self.next;
        self.next += 1;
        let wall = self.taken(number);
        let late = if number.is_multiple_of(10) { 0 } else { self.chance.below(self.jitter + 1) };
        Frame { number, stamp: self.stamp(wall), arrival: seen(busy, wall.round() as i64 + 300 + late) }
    }
}

/// One delivered block; `begin` is the true wall time of its first sample.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    pub(crate) stamp: i64,
    pub(crate) arrival: i64,
    pub(crate) begin: f64,
    /// True microseconds from sample to sample.
    pub(crate) step: f64,
    pub(crate) frames: usize,
}

/// Blocks of sound without end, stamped at their first sample by the worker's `performance.now()`.
#[derive(Clone, Debug)]
pub(crate) struct Microphone {
    pub(crate) begin: i64,
    pub(crate) rate: u32,
    pub(crate) channels: u32,
    pub(crate) block: usize,
    /// How much faster it samples than it says, millionths.
    pub(crate) ppm: f64,
    pub(crate) jitter: i64,
    /// `timeOrigin` of the worker.
    pub(crate) own: i64,
    /// `timeOrigin` of the document, and the wall time of the transfer before which blocks carry it.
    pub(crate) document: Option<(i64, i64)>,
    /// Wall times in which sound is lost.
    pub(crate) holes: Vec<Range<i64>>,
    /// Wall time from which on nothing comes any more.
    pub(crate) end: i64,
    pub(crate) chance: Chance,
    pub(crate) next: i64,
}

impl Microphone {
    pub(crate) fn new(begin: i64, rate: u32, own: i64) -> Microphone {
        Microphone {
            begin,
            rate,
            channels: 1,
            block: rate as usize / 100,
            ppm: 0.0,
            jitter: 2_000,
            own,
            document: None,
            holes: Vec::new(),
            end: i64::MAX,
            chance: Chance(0xB10C),
            next: 0,
        }
    }

    pub(crate) fn deliver(&mut self, busy: &Busy) -> Option<Sound> {
        let step = 1e6 / (f64::from(self.rate) * (1.0 + self.ppm / 1e6));
        loop {
            let begin = self.begin as f64 + (self.next * self.block as i64) as f64 * step;
            let whole = begin.round() as i64;
            self.next += 1;
            if whole >= self.end {
                return None;
            }
            if self.holes.iter().any(|hole| hole.contains(&whole)) {
                continue;
            }
            let late = if self.next % 8 == 0 { 0 } else { self.chance.below(self.jitter + 1) };
            let done = (begin + step * self.block as f64).round() as i64;
            let (origin, waits) = match self.document {
                Some((origin, transfer)) if whole < transfer => (origin, transfer),
                _ => (self.own, 0),
            };
            let arrival = seen(busy, (done + 150 + late).max(waits));
            return Some(Sound { stamp: whole - origin, arrival, begin, step, frames: self.block });
        }
    }
}

/// What the microphone hears: silence and clicks, each band-limited, at true wall times; a tone; bursts of one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Room {
    clicks: Vec<f64>,
    /// A tone of so many Hz, for good; 0 for none.
    pub(crate) tone: f64,
    /// Where bursts of 60 ms of 1 kHz, fading in and out, begin.
    pub(crate) bursts: Vec<f64>,
}

impl Room {
    pub(crate) fn click(&mut self, wall: f64) {
        self.clicks.push(wall);
    }

    /// The samples of a block, planar.
    pub(crate) fn hear(&mut self, sound: &Sound, channels: u32) -> Vec<f32> {
        let reach = 12.0 * sound.step;
        let end = sound.begin + sound.step * sound.frames as f64;
        // Sound comes in order: clicks long past are heard.
        self.clicks.retain(|click| *click > sound.begin - 60e6);
        let mut plane = vec![0.0_f32; sound.frames];
        for click in self.clicks.iter().filter(|click| **click > sound.begin - reach && **click < end + reach) {
            for (at, sample) in plane.iter_mut().enumerate() {
                let distance = (sound.begin + sound.step * at as f64 - click) / sound.step;
                if distance.abs() < 12.0 {
                    let angle = std::f64::consts::PI * distance * 0.7;
                    let sinc = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
                    let window = 0.5 + 0.5 * (std::f64::consts::PI * distance / 12.0).cos();
                    *sample += (0.8 * sinc * window) as f32;
                }
            }
        }
        let turns = |hertz: f64, micros: f64| (std::f64::consts::TAU * (hertz * micros / 1e6).fract()).sin();
        let bursts: Vec<f64> =
            self.bursts.iter().copied().filter(|begin| *begin < end && begin + 60e3 > sound.begin).collect();
        for (at, sample) in plane.iter_mut().enumerate() {
            let wall = sound.begin + sound.step * at as f64;
            if self.tone > 0.0 {
                // Counted from a round second near by: 10^15 microseconds leave no digits for a phase.
                *sample += (0.5 * turns(self.tone, wall % 1e9)) as f32;
            }
            for since in bursts.iter().map(|begin| wall - begin).filter(|since| (0.0..60e3).contains(since)) {
                let window = 0.5 - 0.5 * (std::f64::consts::TAU * since / 60e3).cos();
                *sample += (0.6 * window * turns(1_000.0, since)) as f32;
            }
        }
        plane.repeat(channels as usize)
    }
}
