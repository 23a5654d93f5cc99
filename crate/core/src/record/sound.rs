//! The sound of one segment: what its encoder is given, and which packets are kept.
//!
//! Decides the reading speed, silence, and the packet count; never a segment's length. The sound handed in begins at
//! origin + d - p*n, so that sample 0 of the first kept packet is the origin once decoded.

use super::file::Batch;
use super::pcm::Tape;
use super::plan::{RecordOutput, SoundPlan};
use crate::time::{Ticks, Timescale};

/// The reading position may be off by this much before it is steered, seconds.
const TOLERANCE: f64 = 0.002;
/// How much faster or slower the sound is read while it is steered.
const STEER: f64 = 0.002;

/// Packets handed out in one call, some ten seconds: after a frozen hour the silence comes in portions.
const PORTION: usize = 512;

/// One encoder run.
#[derive(Clone, Debug)]
pub(super) struct SoundTrack {
    plan: SoundPlan,
    /// Samples read so far at 48 kHz, from the first handed in.
    read: i64,
    /// Read but not yet a whole packet.
    waiting: Vec<Vec<f32>>,
    /// Position on the tape of that name.
    cursor: Option<(u32, f64)>,
    /// -1, 0 or 1.
    steering: f64,
    silence: i64,
    /// Packets the encoder gave.
    received: u64,
    /// Packets the run must give, dropped ones included; known once the segment's end is.
    wanted: Option<u64>,
    pub(super) kept: Batch,
}

impl SoundTrack {
    pub(super) fn new(plan: SoundPlan) -> SoundTrack {
        let waiting = vec![Vec::new(); usize::from(plan.channels)];
        let kept = Batch::default();
        SoundTrack { plan, read: 0, waiting, cursor: None, steering: 0.0, silence: 0, received: 0, wanted: None, kept }
    }

    /// n: samples, and so ticks, of one packet.
    pub(super) fn packet(&self) -> i64 {
        i64::from(self.plan.codec.packet())
    }

    fn dropped(&self) -> u64 {
        u64::from(self.plan.dropped)
    }

    /// Where the next sample read lies, ticks from the origin; negative before it.
    fn next(&self) -> i64 {
        self.read + i64::from(self.plan.delay) - i64::from(self.plan.dropped) * self.packet()
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
        while self.wanted.is_none_or(|wanted| self.read < self.total(wanted)) {
            if packets == PORTION {
                return true;
            }
            let room = self.packet() - self.waiting[0].len() as i64;
            let wall = origin.saturating_add(nanos(self.next()));
            let given_up = wall.saturating_add(nanos(room)) <= silent_until;
            let frames = match tape.and_then(|(name, tape)| Some((name, tape, tape.index(wall)?))) {
                Some((name, tape, ideal)) => self.advance(name, tape, ideal, room as usize, given_up),
                None if given_up => {
                    self.waiting.iter_mut().for_each(|plane| plane.resize(plane.len() + room as usize, 0.0));
                    self.count_silence(room, room);
                    room as usize
                }
                None => 0,
            };
            if frames == 0 {
                return false;
            }
            self.read += frames as i64;
            if frames as i64 == room {
                emit(self.packet_of_sound());
                packets += 1;
            }
        }
        false
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
        let silent = tape.read(cursor, step, frames, &mut self.waiting);
        self.count_silence(silent as i64, frames as i64);
        self.cursor = Some((name, cursor + step * frames as f64));
        frames
    }

    /// Of `frames` samples from the next on, `silent` were missing; only those inside the segment count.
    fn count_silence(&mut self, silent: i64, frames: i64) {
        let begin = self.next();
        let end = self.wanted.map_or(i64::MAX, |wanted| self.total(wanted - self.dropped().min(wanted)));
        let inside = (begin + frames).min(end) - begin.max(0);
        self.silence += silent.min(inside.max(0));
    }

    fn packet_of_sound(&mut self) -> RecordOutput {
        let frames = self.plan.codec.packet();
        let timestamp = Timescale::RECORDING.to_micros(Ticks(self.read - i64::from(frames)));
        let mut planes = Vec::with_capacity(frames as usize * self.waiting.len());
        for plane in &mut self.waiting {
            planes.append(plane);
        }
        RecordOutput::EncodeSound { timestamp, planes, frames }
    }

    /// The tape is about to end: what its filter still waits for will not come. Of silence that is still behind (a hole
    /// of hours a moment ago) one portion is handed out here; the rest follows from `pump`, which needs no tape for it.
    pub(super) fn handle_tape_end(&mut self, name: u32, tape: &Tape, mut emit: impl FnMut(RecordOutput)) {
        let mut packets = 0;
        while let Some((_, cursor)) = self.cursor.filter(|(tape, _)| *tape == name && packets < PORTION) {
            let step = tape.rate() / 48_000.0;
            let left = tape.readable(cursor - tape.lookahead(), step);
            let open = self.wanted.map_or(i64::MAX, |wanted| self.total(wanted) - self.read).max(0);
            let room = (self.packet() - self.waiting[0].len() as i64).min(open) as usize;
            let frames = left.min(room);
            if frames == 0 {
                break;
            }
            let silent = tape.read(cursor, step, frames, &mut self.waiting);
            self.count_silence(silent as i64, frames as i64);
            self.cursor = Some((name, cursor + step * frames as f64));
            self.read += frames as i64;
            if self.waiting[0].len() as i64 == self.packet() {
                emit(self.packet_of_sound());
                packets += 1;
            }
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
        self.wanted.is_some_and(|wanted| self.read >= self.total(wanted))
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
        self.silence
    }

    /// Samples handed in or waiting, for the compression ratio.
    pub(super) fn samples(&self) -> i64 {
        self.read * i64::from(self.plan.channels)
    }
}

/// Nanoseconds of so many samples at 48 kHz, rounded down.
fn nanos(samples: i64) -> i64 {
    samples.saturating_mul(62_500).div_euclid(3)
}
