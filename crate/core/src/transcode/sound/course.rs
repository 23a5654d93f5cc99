//! Decoded sound put where it belongs in the film, mixed to the channels wanted, read out at 48 kHz, and cut into the packets
//! that an encoder is given. It decides what is silence and what is cut off; never what is decoded. Memory is bounded by what
//! came since the last packet was asked for, and a second of sound.

use std::collections::VecDeque;
use std::ops::Range;

use super::FINE;
use crate::record::kernel::Kernel;
use crate::time::{Ticks, Timescale};

/// Samples a second that come out.
const RATE: i64 = 48_000;
/// Ticks of [`FINE`] in each of them.
const EACH: i64 = (FINE.get() / Timescale::RECORDING.get()) as i64;
/// Blocks follow each other though their times lie apart by this much, in parts of a second: writers round, and clocks of
/// devices differ. It never adds up.
const TOLERANCE: i64 = 50;
/// Rates that are read, in samples a second.
const RATES: Range<u32> = 1_000..768_001;
/// The longest film, in ticks of 1/48 000 s: eight years.
const LONGEST: i64 = RATE << 28;
/// The share of a middle or rear channel in each side (Web Audio API s.9.4).
const HALF_POWER: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// What an encoder is to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundWanted {
    /// 1 or 2.
    pub channels: u8,
    /// Samples in a packet; not zero.
    pub packet: u32,
    /// Samples by which the decoded sound lags what the encoder is given.
    pub delay: u32,
    /// Packets at the beginning that are not kept.
    pub dropped: u32,
    /// How long the film is, in ticks of 1/48 000 s.
    pub length: Ticks,
}

/// A block of decoded sound, and where it belongs.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// Where its first sample lies in the film, in ticks of [`FINE`].
    pub at: Ticks,
    /// When samples of it are heard, first and end, in ticks of [`FINE`].
    pub heard: (Ticks, Ticks),
    /// Samples a second; 1 000 to 768 000 are read, others are silence.
    pub rate: u32,
    /// Planes in `planes`, in the order of Web Audio: left, right, middle ...
    pub channels: u32,
    /// Planar, end to end: `channels` planes of equal length.
    pub planes: &'a [f32],
}

/// Takes blocks in the order in which they are heard, and gives packets.
///
/// After each [`SoundCourse::handle_block`], and after [`SoundCourse::handle_end`], poll until there is nothing; the block
/// comes out then but for what the filter still waits for. Sample 0 of the film is sample `delay` behind the packets that
/// are dropped.
#[derive(Clone, Debug)]
pub struct SoundCourse {
    wanted: SoundWanted,
    /// The filter of each rate there was.
    kernels: Vec<(u32, Kernel)>,
    runs: VecDeque<Run>,
    /// Where the next sample lies that is made, in ticks of 1/48 000 s.
    next: i64,
    /// Made but not yet a whole packet.
    waiting: Vec<Vec<f32>>,
    /// Packets given.
    given: u64,
    ended: bool,
}

impl SoundCourse {
    /// A course from the beginning of the film.
    pub fn new(wanted: SoundWanted) -> SoundCourse {
        let channels = wanted.channels.clamp(1, 2);
        let wanted = SoundWanted {
            channels,
            packet: wanted.packet.max(1),
            length: Ticks(wanted.length.0.clamp(0, LONGEST)),
            ..wanted
        };
        SoundCourse {
            wanted,
            kernels: Vec::new(),
            runs: VecDeque::new(),
            next: i64::from(wanted.delay) - i64::from(wanted.dropped) * i64::from(wanted.packet),
            waiting: vec![Vec::new(); usize::from(channels)],
            given: 0,
            ended: false,
        }
    }

    /// Packets of the film, those dropped not counted: the last one may reach beyond its end.
    pub fn packets(&self) -> u64 {
        self.wanted.length.0.unsigned_abs().div_ceil(u64::from(self.wanted.packet))
    }

    /// Whether all packets were given, those dropped included.
    pub fn is_done(&self) -> bool {
        self.given >= self.packets() + u64::from(self.wanted.dropped)
    }

    /// Takes a block. One that cannot be read, or that comes when all is done, is left out.
    pub fn handle_block(&mut self, block: &Decoded<'_>) {
        let frames = block.planes.len() / (block.channels as usize).max(1);
        if self.is_done() || frames == 0 || block.channels == 0 || !RATES.contains(&block.rate) {
            return;
        }
        let planes = if block.channels == 1 { 1 } else { self.waiting.len() };
        if !self.runs.back().is_some_and(|run| run.takes(block, planes)) {
            let kernel = self.kernel(block.rate);
            self.runs.push_back(Run::new(block, kernel, planes));
        }
        if let Some(run) = self.runs.back_mut() {
            mix(block, frames, &mut run.planes);
        }
    }

    /// Nothing follows: the rest is silence.
    pub fn handle_end(&mut self) {
        self.ended = true;
    }

    /// The next packet, channel after channel; `None` until more is known, or when all is done.
    pub fn poll_packet(&mut self) -> Option<Vec<f32>> {
        let packet = self.wanted.packet as usize;
        while !self.is_done() && self.waiting[0].len() < packet {
            let room = packet - self.waiting[0].len();
            self.make(room)?;
        }
        if self.is_done() {
            return None;
        }
        self.given += 1;
        let mut planes = Vec::with_capacity(packet * self.waiting.len());
        self.waiting.iter_mut().for_each(|plane| planes.extend(plane.drain(..packet)));
        Some(planes)
    }

    /// Makes up to `room` samples, or goes on to the next run. `None` where it must wait.
    fn make(&mut self, room: usize) -> Option<()> {
        let open = self.runs.len() == 1 && !self.ended;
        let Some(run) = self.runs.front_mut() else {
            return if self.ended { self.rest(room) } else { None };
        };
        let heard = run.heard();
        if self.next < heard.start {
            let silent = usize::try_from(heard.start - self.next).map_or(room, |silent| silent.min(room));
            return self.rest(silent);
        }
        let kernel = &self.kernels[run.kernel].1;
        let end = if open { heard.end.min(run.readable(kernel)) } else { heard.end };
        let frames = usize::try_from(end - self.next).map_or(0, |ready| ready.min(room));
        if frames > 0 {
            run.read(kernel, self.next, frames, &mut self.waiting);
            self.next += frames as i64;
            run.trim(kernel, self.next);
        } else if open {
            return None;
        } else {
            self.runs.pop_front();
        }
        Some(())
    }

    /// Makes silence.
    fn rest(&mut self, frames: usize) -> Option<()> {
        self.waiting.iter_mut().for_each(|plane| plane.resize(plane.len() + frames, 0.0));
        self.next += frames as i64;
        Some(())
    }

    /// The place of the filter for this rate.
    fn kernel(&mut self, rate: u32) -> usize {
        let known = self.kernels.iter().position(|(known, _)| *known == rate);
        known.unwrap_or_else(|| {
            self.kernels.push((rate, Kernel::new(rate)));
            self.kernels.len() - 1
        })
    }
}

/// Samples in a row of one rate. Sample `i` of it lies at `(zero + i * 48 000) / rate` of 48 kHz.
#[derive(Clone, Debug)]
struct Run {
    rate: u32,
    kernel: usize,
    zero: i128,
    /// As blocks say it.
    stretch: (Ticks, Ticks),
    /// One or two; where two are wanted, one is both.
    planes: Vec<Vec<f32>>,
    /// Number of the first sample held.
    start: i64,
}

impl Run {
    fn new(block: &Decoded<'_>, kernel: usize, planes: usize) -> Run {
        let zero = zero(block);
        Run { rate: block.rate, kernel, zero, stretch: block.heard, planes: vec![Vec::new(); planes], start: 0 }
    }

    /// Whether the block goes on where this ends.
    fn takes(&self, block: &Decoded<'_>, planes: usize) -> bool {
        let alike = (self.rate, self.stretch, self.planes.len()) == (block.rate, block.heard, planes);
        let apart = zero(block) - self.zero - i128::from(self.end()) * i128::from(RATE);
        alike && apart.unsigned_abs() <= (i64::from(self.rate) * RATE / TOLERANCE).unsigned_abs().into()
    }

    /// The number after the last sample held.
    fn end(&self) -> i64 {
        self.start + self.planes[0].len() as i64
    }

    /// The first sample of 48 kHz that does not lie before sample `number`.
    fn after(&self, number: i64) -> i64 {
        let (place, rate) = (self.zero + i128::from(number) * i128::from(RATE), i128::from(self.rate));
        narrow(place.div_euclid(rate) + i128::from(place.rem_euclid(rate) > 0))
    }

    /// The samples of 48 kHz that are made of it.
    fn heard(&self) -> Range<i64> {
        let (begin, end) = self.stretch;
        let (begin, end) = (ceil(begin.0), ceil(end.0));
        self.after(0).clamp(begin.min(end), end)..self.after(self.end()).min(end)
    }

    /// The end of what the filter can make without what comes next.
    fn readable(&self, kernel: &Kernel) -> i64 {
        self.after(self.end() - kernel.half() as i64)
    }

    /// Where sample `at` of 48 kHz lies: the number of the sample before it, and how far behind that it is, in parts of 48 000.
    fn place(&self, at: i64) -> (i64, i64) {
        let place = i128::from(at) * i128::from(self.rate) - self.zero;
        (narrow(place.div_euclid(RATE.into())), narrow(place.rem_euclid(RATE.into())))
    }

    /// Appends what it makes of `frames` samples from `at` on.
    #[expect(clippy::cast_precision_loss, reason = "a fraction of 48 000")]
    fn read(&self, kernel: &Kernel, at: i64, frames: usize, out: &mut [Vec<f32>]) {
        let (first, second) = (i64::from(self.rate) / RATE, i64::from(self.rate) % RATE);
        for (channel, out) in out.iter_mut().enumerate() {
            let Some(plane) = self.planes.get(channel).or(self.planes.first()) else { continue };
            let (mut middle, mut parts) = self.place(at);
            for _ in 0..frames {
                out.push(self.sample(kernel, plane, middle, parts as f64 / RATE as f64));
                (middle, parts) = (middle + first, parts + second);
                if parts >= RATE {
                    (middle, parts) = (middle + 1, parts - RATE);
                }
            }
        }
    }

    fn sample(&self, kernel: &Kernel, plane: &[f32], middle: i64, fraction: f64) -> f32 {
        let half = kernel.half() as i64;
        let first = middle - half + 1;
        let (from, to) = (first.max(self.start), (middle + half + 1).min(self.end()));
        if from >= to {
            return 0.0;
        }
        let samples = &plane[(from - self.start) as usize..(to - self.start) as usize];
        kernel.sum(fraction, (from - first) as usize, samples)
    }

    /// Lets go what nothing from `next` on is made of, once that is a second.
    fn trim(&mut self, kernel: &Kernel, next: i64) {
        let surplus = (self.place(next).0 - kernel.half() as i64).min(self.end()) - self.start;
        if surplus >= i64::from(self.rate) {
            self.planes.iter_mut().for_each(|plane| drop(plane.drain(..surplus as usize)));
            self.start += surplus;
        }
    }
}

/// [`Run::zero`] of a run that begins with this block.
fn zero(block: &Decoded<'_>) -> i128 {
    let each = i128::from(EACH);
    (i128::from(block.at.0) * i128::from(block.rate) + each / 2).div_euclid(each)
}

/// The first sample of 48 kHz that does not lie before this time.
fn ceil(fine: i64) -> i64 {
    fine.div_euclid(EACH) + i64::from(fine.rem_euclid(EACH) > 0)
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// Appends the samples of a block to one or two planes.
fn mix(block: &Decoded<'_>, frames: usize, out: &mut [Vec<f32>]) {
    let wanted = out.len();
    for (side, out) in out.iter_mut().enumerate() {
        let begin = out.len();
        out.resize(begin + frames, 0.0);
        for (channel, plane) in block.planes.chunks_exact(frames).enumerate() {
            let (left, right) = share(block.channels, channel);
            let share = match (wanted, side) {
                // The only one there is; else both sides together.
                (1, _) => (left + right) * 0.5,
                (_, 0) => left,
                _ => right,
            };
            if share != 0.0 {
                for (sum, sample) in out[begin..].iter_mut().zip(plane) {
                    // A decoder that gives infinities must not silence everything the filter reaches.
                    *sum += if sample.is_finite() { sample * share } else { 0.0 };
                }
            }
        }
    }
}

/// How much of a channel is heard on the left and on the right, as browsers mix where they play (Web Audio API s.9.4); of
/// layouts it does not know, the ones with a middle as the one of six.
fn share(channels: u32, channel: usize) -> (f32, f32) {
    match (channels, channel) {
        (1, _) => (1.0, 1.0),
        (4, 0 | 2) => (0.5, 0.0),
        (4, 1 | 3) => (0.0, 0.5),
        (_, 0) => (1.0, 0.0),
        (_, 1) => (0.0, 1.0),
        (3 | 5 | 6 | 7 | 8, 2) => (HALF_POWER, HALF_POWER),
        (7, 4) => (0.5, 0.5),
        (5, 3) | (6 | 8, 4) | (7, 5) | (8, 6) => (HALF_POWER, 0.0),
        (5, 4) | (6 | 8, 5) | (7, 6) | (8, 7) => (0.0, HALF_POWER),
        _ => (0.0, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FOREVER: (Ticks, Ticks) = (Ticks(0), Ticks(i64::MAX));

    fn course(delay: u32, dropped: u32, length: i64) -> SoundCourse {
        SoundCourse::new(SoundWanted { channels: 1, packet: 1024, delay, dropped, length: Ticks(length) })
    }

    /// Ticks of [`FINE`] at sample `number` of this rate.
    fn at(number: i64, rate: u32) -> Ticks {
        Timescale::new(rate).unwrap().rescale(Ticks(number), FINE).unwrap()
    }

    fn drain(course: &mut SoundCourse, out: &mut Vec<f32>) {
        while let Some(packet) = course.poll_packet() {
            assert_eq!(packet.len(), 1024 * course.waiting.len());
            out.extend(packet);
        }
    }

    /// What comes of these samples of one channel, handed in as blocks of these lengths.
    fn pass(course: &mut SoundCourse, rate: u32, samples: &[f32], blocks: &[usize]) -> Vec<f32> {
        let (mut out, mut place) = (Vec::new(), 0);
        for length in blocks.iter().cycle() {
            let planes = &samples[place..samples.len().min(place + length)];
            if planes.is_empty() {
                break;
            }
            let at = at(place as i64, rate);
            course.handle_block(&Decoded { at, heard: FOREVER, rate, channels: 1, planes });
            drain(course, &mut out);
            place += planes.len();
        }
        course.handle_end();
        drain(course, &mut out);
        out
    }

    fn loudest(samples: &[f32]) -> i64 {
        let louder = |one: &(usize, &f32), other: &(usize, &f32)| one.1.abs().total_cmp(&other.1.abs());
        samples.iter().enumerate().max_by(louder).map_or(-1, |(place, _)| place as i64)
    }

    proptest! {
        #![proptest_config(super::super::seeded())]

        #[test]
        fn a_click_comes_out_where_it_was_however_blocks_are_cut(
            rate in prop::sample::select(vec![8_000_u32, 22_050, 44_100, 48_000, 88_200, 96_000]),
            click in 0..9_000_usize,
            blocks in prop::collection::vec(1..3_000_usize, 1..6),
            delay in 0..2_000_u32,
            dropped in 0..4_u32,
        ) {
            let mut samples = vec![0.0; 10_000];
            samples[click] = 1.0;
            let length = samples.len() as i64 * 48_000 / i64::from(rate);
            let mut cut = course(delay, dropped, length);
            let out = pass(&mut cut, rate, &samples, &blocks);
            let wanted = click as i64 * 48_000 / i64::from(rate) - i64::from(delay) + i64::from(dropped) * 1024;
            // The encoder is given nothing of what its delay would put before the film.
            if wanted > 0 {
                prop_assert!((loudest(&out) - wanted).abs() <= 1, "{} for {wanted}", loudest(&out));
            }
            prop_assert_eq!(out.len() as u64, (length as u64).div_ceil(1024) * 1024 + u64::from(dropped) * 1024);
            prop_assert!(cut.is_done());
            prop_assert_eq!(out, pass(&mut course(delay, dropped, length), rate, &samples, &[10_000]));
        }
    }

    #[test]
    fn sound_at_48_khz_passes_bit_for_bit() {
        let samples: Vec<f32> = (0..5000_u16).map(|n| f32::from(n % 251) / 251.0 - 0.4).collect();
        let out = pass(&mut course(0, 0, 5000), 48_000, &samples, &[960]);
        assert!(out.iter().zip(&samples).all(|(out, sample)| (out - sample).abs() < 1e-6));
        assert!(out[5000..].iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn gaps_are_silence_of_their_length_and_what_overlaps_is_cut() {
        let mut course = course(0, 0, 20_480);
        let mut out = Vec::new();
        let ones = [1.0; 2000];
        // A gap of 3000 samples; then 1000 that were heard already; then within what clocks may differ by.
        for begin in [0, 5000, 6000, 8010] {
            let at = at(begin, 48_000);
            course.handle_block(&Decoded { at, heard: FOREVER, rate: 48_000, channels: 1, planes: &ones });
            drain(&mut course, &mut out);
        }
        course.handle_end();
        drain(&mut course, &mut out);
        let lengths: Vec<usize> = out.chunk_by(|a, b| (*a > 0.5) == (*b > 0.5)).map(<[f32]>::len).collect();
        assert_eq!(lengths, [2000, 3000, 5000, 10_480]);
        assert_eq!(out.len(), 20_480);
    }

    #[test]
    fn only_what_is_heard_of_a_stretch_comes_out() {
        let mut course = course(0, 0, 4096);
        let heard = (at(1000, 48_000), at(1500, 48_000));
        let block = Decoded { at: at(-100, 48_000), heard, rate: 48_000, channels: 1, planes: &[1.0; 3000] };
        course.handle_block(&block);
        let next = (at(1500, 48_000), at(1600, 48_000));
        course.handle_block(&Decoded { at: at(1400, 48_000), heard: next, planes: &[-1.0; 3000], ..block });
        course.handle_end();
        let mut out = Vec::new();
        drain(&mut course, &mut out);
        let runs: Vec<(f32, usize)> = out.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
        assert_eq!(runs, [(0.0, 1000), (1.0, 500), (-1.0, 100), (0.0, 2496)]);
    }

    #[test]
    fn channels_are_mixed_as_browsers_mix_them() {
        let mixed = |wanted: u8, channels: u32, planes: &[f32]| {
            let wanted = SoundWanted { channels: wanted, packet: 1, delay: 0, dropped: 0, length: Ticks(1) };
            let mut course = SoundCourse::new(wanted);
            course.handle_block(&Decoded { at: Ticks(0), heard: FOREVER, rate: 48_000, channels, planes });
            course.handle_end();
            course.poll_packet().unwrap().iter().map(|sample| (sample * 1000.0).round() as i32).collect::<Vec<_>>()
        };
        assert_eq!(mixed(2, 1, &[0.5]), [500, 500]);
        assert_eq!(mixed(1, 2, &[0.5, 0.1]), [300]);
        assert_eq!(mixed(2, 2, &[0.5, 0.1]), [500, 100]);
        assert_eq!(mixed(2, 6, &[0.1, 0.2, 0.4, 0.9, 0.2, 0.0]), [100 + 283 + 141, 200 + 283]);
        assert_eq!(mixed(2, 2, &[f32::NAN, 0.1]), [0, 100]);
    }

    #[test]
    fn hours_of_silence_hold_no_memory_and_times_beyond_reason_do_no_harm() {
        let mut course = course(312, 1, 48_000 * 3600);
        for begin in [i64::MIN, i64::MAX, 0, i64::MAX / 2] {
            let heard = (Ticks(begin), Ticks(i64::MAX));
            let at = Ticks(begin);
            course.handle_block(&Decoded { at, heard, rate: 768_000, channels: 2, planes: &[0.5; 64] });
        }
        course.handle_end();
        let mut packets = 0;
        while course.poll_packet().is_some() {
            packets += 1;
        }
        assert_eq!(packets, course.packets() + 1);
        assert!(course.is_done() && course.waiting[0].capacity() < 8192);
    }
}
