//! What happens again and again, and what the page is told then: the level of sound and the figures.

use onetake_core::protocol::{DroppedView, Event, StatsView};
use onetake_core::time::Timescale;

use super::Studio;
use crate::gl::{copies, first_uses, live_textures};
use crate::media::frame::open_frames;
use crate::{page, store};

impl Studio {
    pub(super) fn handle_tick(&mut self) {
        self.choose_sound_unheard();
        self.count_camera_ticks();
        self.tick_look();
        if let Some((peak, rms)) = self.sound.level.taken() {
            page::say(&Event::Level { peak, rms });
        }
        self.say_stats();
    }

    pub(super) fn say_stats(&self) {
        let Some(recorder) = &self.recorder else { return };
        let stats = if self.import.is_on() { self.import.stats() } else { recorder.stats() };
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let seconds = |ticks| Timescale::RECORDING.seconds(ticks);
        let stats = StatsView {
            // Frames taken after the pause are no part of the take.
            captured: count(stats.captured.saturating_sub(stats.surplus)),
            encoded: count(stats.encoded),
            thinned: count(stats.thinned),
            dropped: DroppedView {
                source: count(stats.dropped.source),
                encoder: count(stats.dropped.encoder),
                storage: count(stats.dropped.storage),
                gpu: count(stats.dropped.gpu),
            },
            silence: seconds(stats.silence),
            fps: stats.frame_rate,
            encode_ms: self.video.encode_ms,
            queue: count(stats.in_flight),
            stored_lag: seconds(stats.stored_lag),
            bytes: store::number(stats.bytes),
            compression_ratio: store::number(stats.raw_bytes) / store::number(stats.bytes.max(1)),
            passes: self.passes(),
            copies: copies(),
            textures: live_textures(),
            programs: first_uses(),
            open_frames: open_frames(),
            skew: seconds(stats.skew),
        };
        page::say(&Event::Stats { stats });
    }
}
