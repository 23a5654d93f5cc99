//! Sound of another speed than 1: 48 kHz of the world in, 48 kHz of media out, with its pitch kept.
//!
//! Decides where the stretcher begins, so that its time map has no constant error; the stretching itself (WSOLA:
//! overlapping pieces of the sound, laid down at another distance where they fit best) is the crate `wsola`'s. A piece
//! may lie up to [`SEARCH`] from where it should, and sound within a piece runs at its own speed: what happens at `t`
//! stands within (8 ms + 10 ms * |speed - 1|) / speed of `t / speed`. It never adds up: pieces are placed by their
//! number. The speed is a 32-bit float to `wsola`: 0.2 ms an hour at most, none at 0.25, 0.5, 2, 3 and 4.

use std::num::{NonZeroU16, NonZeroU32};

use wsola::{Config, TimeStretch};

use super::speed::Speed;

/// Samples of one step: half a piece.
pub(super) const HOP: usize = 480;
/// How far from its place a piece is looked for, samples: one period of the deepest voice, both ways together.
const SEARCH: usize = 384;
const RATE: NonZeroU32 = NonZeroU32::new(48_000).expect("48 000 is not zero");

/// One stretcher from its first sample to its last.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    stretcher: TimeStretch,
    /// Samples of the world read into it.
    read: i64,
    /// Where the first of them lies, ticks of the world from the origin.
    begin: i64,
    /// Steps that come out before the first sample wanted: the first one only fades in.
    lead: u32,
    interleaved: Vec<f32>,
    step: Vec<f32>,
}

impl Stretch {
    /// For media that begin `first` ticks from the origin; `None` at speed 1, where nothing is to be done.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
    pub(super) fn new(speed: Speed, channels: u8, first: i64) -> Option<Stretch> {
        let channels = NonZeroU16::new(channels.into()).filter(|_| speed != Speed::ONE)?;
        let milliseconds = |samples: usize| samples as f32 / 48.0;
        let config = Config { hop_ms: milliseconds(HOP), search_ms: milliseconds(SEARCH) };
        let mut stretcher = TimeStretch::with_config(RATE, channels, config).ok()?;
        stretcher.set_tempo(speed.ratio());
        // A piece shows the world right where its window is largest, in its middle: that of the first piece lies at
        // `first`, for the step before it is thrown away.
        let begin = speed.world(first).saturating_sub(HOP as i64);
        let step = vec![0.0; stretcher.min_output_buff_size()];
        Some(Stretch { stretcher, read: 0, begin, lead: 1, interleaved: Vec::new(), step })
    }

    /// Where the next sample to be read lies, ticks of the world from the origin.
    pub(super) fn next(&self) -> i64 {
        self.begin.saturating_add(self.read)
    }

    /// Takes the samples that `planes` hold, all of one length, and leaves them empty; appends what is ready to `media`.
    pub(super) fn pass(&mut self, planes: &mut [Vec<f32>], media: &mut [Vec<f32>]) {
        let frames = planes[0].len();
        self.interleaved.clear();
        for frame in 0..frames {
            self.interleaved.extend(planes.iter().map(|plane| plane[frame]));
        }
        planes.iter_mut().for_each(Vec::clear);
        self.stretcher.push(&self.interleaved);
        self.read += frames as i64;
        // An error means that it wants more first.
        while self.stretcher.pull(&mut self.step).is_ok() {
            if self.lead > 0 {
                self.lead -= 1;
                continue;
            }
            for (channel, plane) in media.iter_mut().enumerate() {
                plane.extend(self.step.iter().skip(channel).step_by(planes.len()));
            }
        }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.stretcher.buffered() * usize::from(self.stretcher.channels().get()) * size_of::<f32>()
    }
}
