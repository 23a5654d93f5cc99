//! The sound of one segment: what its encoder is given, and which packets are kept.
//!
//! Decides the reading speed, silence, and the packet count; never a segment's length. The sound handed in begins at
//! origin + d - p*n, so that sample 0 of the first kept packet is the origin once decoded.

use super::file::Batch;
use super::pcm::Tape;
use super::plan::{RecordOutput, SoundPlan};
use super::speed::{Pace, Speed};
use super::stretch::{HOP, Stretch};
use crate::time::{Ticks, Timescale};

/// The reading position may be off by this much before it is steered, seconds.
const TOLERANCE: f64 = 0.002;
/// How much faster or slower the sound is read while it is steered.
const STEER: f64 = 0.002;

/// Packets handed out in one call, some ten seconds: after a frozen hour the silence comes in portions.
const PORTION: usize = 512;
/// The same where they are stretched, which takes a hundred times as long.
const STRETCHED_PORTION: usize = 32;

/// One encoder run.
#[derive(Clone, Debug)]
pub(super) struct SoundTrack {
    plan: SoundPlan,
    pace: Pace,
    /// Samples so far at 48 kHz, from the first handed in: read, or made by the stretcher of what was read.
    made: i64,
    /// Made but not yet a whole packet.
    waiting: Vec<Vec<f32>>,
    /// Of another speed than 1, and the sound just read for it.
    stretch: Option<(Stretch, Vec<Vec<f32>>)>,
    /// Position on the tape of that name.
    cursor: Option<(u32, f64)>,
    /// -1, 0 or 1.
    steering: f64,
    /// Samples of the world.
    silence: i64,
    /// Packets the encoder gave.
    received: u64,
    /// Packets the run must give, dropped ones included; known once the segment's end is.
    wanted: Option<u64>,
    pub(super) kept: Batch,
}

impl SoundTrack {
    pub(super) fn new(plan: SoundPlan, pace: Pace) -> SoundTrack {
        let waiting = vec![Vec::new(); usize::from(plan.channels)];
        // Silence is as long at any speed.
        let pace = if pace.muted { Pace { speed: Speed::ONE, ..pace } } else { pace };
        let mut track = SoundTrack {
            plan,
            pace,
            made: 0,
            waiting: waiting.clone(),
            stretch: None,
            cursor: None,
            steering: 0.0,
            silence: 0,
            received: 0,
            wanted: None,
            kept: Batch::default(),
        };
        track.stretch = Stretch::new(pace.speed, plan.channels, track.next()).map(|stretch| (stretch, waiting));
        track
    }

    /// n: samples, and so ticks, of one packet.
    pub(super) fn packet(&self) -> i64 {
        i64::from(self.plan.codec.packet())
    }

    fn dropped(&self) -> u64 {
        u64::from(self.plan.dropped)
    }

    /// Where the next sample read lies, ticks of the world from the origin; negative before it.
    fn next(&self) -> i64 {
        match &self.stretch {
            Some((stretch, _)) => stretch.next(),
            None => self.made + i64::from(self.plan.delay) - i64::from(self.plan.dropped) * self.packet(),
        }
    }

    /// How many samples to read at once.
    fn room(&self) -> i64 {
        if self.stretch.is_some() { HOP as i64 } else { self.packet() - self.waiting[0].len() as i64 }
    }

    fn portion(&self) -> usize {
        if self.stretch.is_some() { STRETCHED_PORTION } else { PORTION }
    }

    /// So many samples were read: whole packets of what they make go out. How many packets.
    fn handle_read(&mut self, frames: usize, emit: &mut impl FnMut(RecordOutput)) -> usize {
        let before = self.waiting[0].len();
        match &mut self.stretch {
            Some((stretch, heard)) => {
                stretch.pass(heard, &mut self.waiting);
                self.made += (self.waiting[0].len() - before) as i64;
            }
            None => self.made += frames as i64,
        }
        let mut packets = 0;
        while self.waiting[0].len() as i64 >= self.packet() {
            emit(self.packet_of_sound());
            packets += 1;
        }
        packets
    }

    /// Reads whatever the tape has up to the end, if that is known, and hands out whole packets.
    ///
    /// `tape` comes with the name of its generation; `origin` is the wall time of the segment's origin in nanoseconds;
    /// up to `silent_until` (the same clock) the microphone is given up and silence takes its place. `true` if there is
    /// more to hand out than one call may.
    pub(super) fn pump(
        &mut self,
        tape: Option<(u32, &Tape)>,
        origin: i64,
        silent_until: i64,
        mut emit: impl FnMut(RecordOutput),
    ) -> bool {
        let mut packets = 0;
        while self.wanted.is_none_or(|wanted| self.made < self.total(wanted)) {
            if packets >= self.portion() {
                return true;
            }
            let room = self.room();
            let wall = origin.saturating_add(nanos(self.next()));
            let given_up = wall.saturating_add(nanos(room)) <= silent_until;
            let frames = match tape.and_then(|(name, tape)| Some((name, tape, tape.index(wall)?))) {
                Some((name, tape, ideal)) => self.advance(name, tape, ideal, room as usize, given_up),
                None if given_up => {
                    self.heard().iter_mut().for_each(|plane| plane.resize(plane.len() + room as usize, 0.0));
                    self.count_silence(room, room);
                    room as usize
                }
                None => 0,
            };
            if frames == 0 {
                return false;
            }
            packets += self.handle_read(frames, &mut emit);
        }
        false
    }

    /// Where sound that is read goes.
    fn heard(&mut self) -> &mut Vec<Vec<f32>> {
        match &mut self.stretch {
            Some((_, heard)) => heard,
            None => &mut self.waiting,
        }
    }

    /// Reads up to `room` samples; how many it was.
    fn advance(&mut self, name: u32, tape: &Tape, ideal: f64, room: usize, given_up: bool) -> usize {
        let cursor = match self.cursor {
            Some((tape, cursor)) if tape == name => cursor,
            _ => ideal,
        };
        let rate = tape.rate();
        let late = (ideal - cursor) / rate;
        if late.abs() > TOLERANCE {
            self.steering = late.signum();
        } else if late * self.steering <= 0.0 {
            self.steering = 0.0;
        }
        let step = rate / 48_000.0 * (1.0 + STEER * self.steering);
        let frames = if given_up { room } else { tape.readable(cursor, step).min(room) };
        let silent = tape.read(cursor, step, frames, self.heard());
        self.count_silence(silent as i64, frames as i64);
        self.cursor = Some((name, cursor + step * frames as f64));
        frames
    }

    /// Of `frames` samples from the next on, `silent` were missing; only those inside the segment count.
    fn count_silence(&mut self, silent: i64, frames: i64) {
        if self.pace.muted {
            return;
        }
        let begin = self.next();
        let end = self.wanted.map_or(i64::MAX, |wanted| self.total(wanted - self.dropped().min(wanted)));
        let end = self.pace.speed.world(end);
        let inside = (begin + frames).min(end) - begin.max(0);
        self.silence += silent.min(inside.max(0));
    }

    fn packet_of_sound(&mut self) -> RecordOutput {
        let frames = self.plan.codec.packet();
        let given = self.made - self.waiting[0].len() as i64;
        let timestamp = Timescale::RECORDING.to_micros(Ticks(given));
        let mut planes = Vec::with_capacity(frames as usize * self.waiting.len());
        for plane in &mut self.waiting {
            planes.extend(plane.drain(..frames as usize));
        }
        RecordOutput::EncodeSound { timestamp, planes, frames }
    }

    /// The tape is about to end: what its filter still waits for will not come. Of silence that is still behind (a hole
    /// of hours a moment ago) one portion is handed out here; the rest follows from `pump`, which needs no tape for it.
    pub(super) fn handle_tape_end(&mut self, name: u32, tape: &Tape, mut emit: impl FnMut(RecordOutput)) {
        let mut packets = 0;
        while let Some((_, cursor)) = self.cursor.filter(|(tape, _)| *tape == name && packets < self.portion()) {
            let step = tape.rate() / 48_000.0;
            let left = tape.readable(cursor - tape.lookahead(), step);
            let open = self.wanted.map_or(i64::MAX, |wanted| self.total(wanted) - self.made).max(0);
            let room = self.room().min(open) as usize;
            let frames = left.min(room);
            if frames == 0 {
                break;
            }
            let silent = tape.read(cursor, step, frames, self.heard());
            self.count_silence(silent as i64, frames as i64);
            self.cursor = Some((name, cursor + step * frames as f64));
            packets += self.handle_read(frames, &mut emit);
        }
        self.cursor = None;
    }

    fn total(&self, packets: u64) -> i64 {
        i64::try_from(packets).unwrap_or(i64::MAX).saturating_mul(self.packet())
    }

    /// The segment has so many packets: what is kept beyond them goes.
    pub(super) fn end_at(&mut self, packets: u64) {
        self.wanted = Some(packets + self.dropped());
        self.kept.truncate(self.total(packets));
    }

    /// Whether everything was handed in.
    pub(super) fn fed(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.made >= self.total(wanted))
    }

    /// One packet from the encoder.
    pub(super) fn handle_packet(&mut self, data: &[u8]) {
        let number = self.received;
        self.received += 1;
        if number < self.dropped() || self.wanted.is_some_and(|wanted| number >= wanted) {
            return;
        }
        let pts = self.total(number - self.dropped());
        self.kept.push(Ticks(pts), true, data);
    }

    /// End of the packets kept so far, ticks.
    pub(super) fn end(&self) -> i64 {
        let packets = self.wanted.map_or(self.received, |wanted| self.received.min(wanted));
        self.total(packets.saturating_sub(self.dropped()))
    }

    /// Samples inside the segment for which the microphone had nothing.
    pub(super) fn silence(&self) -> i64 {
        self.pace.speed.media(self.silence)
    }

    /// Bytes that the stretcher holds.
    pub(super) fn stretching_bytes(&self) -> usize {
        self.stretch.as_ref().map_or(0, |(stretch, _)| stretch.bytes())
    }

    /// Samples handed in or waiting, for the compression ratio.
    pub(super) fn samples(&self) -> i64 {
        self.made * i64::from(self.plan.channels)
    }
}

/// Nanoseconds of so many samples at 48 kHz, rounded down.
fn nanos(samples: i64) -> i64 {
    samples.saturating_mul(62_500).div_euclid(3)
}
