//! Measures what no specification promises of this browser's encoders: how late sound comes out, whether packets of
//! two runs may stand side by side, and whether pictures are cropped and scaled on the way in.
//!
//! Each measurement encodes a signal made here, decodes what came out and compares. It decides nothing else, keeps
//! nothing but whose decoder never answers, and is meant to run once per engine, in the worker that will encode. Measured in Chromium, optimised: some
//! 35 ms for sound and 20 ms for pictures; the very first codecs of a process take three times as long.

pub(crate) mod engine;
mod order;
pub mod pattern;
mod picture;
pub mod signal;
pub(in crate::media) mod sound;

use onetake_core::error::Failure;
use onetake_core::media::Coding;
use wasm_bindgen::JsValue;
use web_sys::{AudioEncoderConfig, VideoEncoderConfig};

use crate::js;
use crate::media::frame::OwnedFrame;

/// What one run of this browser's audio encoder does. It holds for fresh encoders of the same configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundFacts {
    /// Samples in one packet, at 48 kHz.
    pub packet: u32,
    /// Samples at 48 kHz by which the decoded sound lags what was handed in, when nothing is trimmed.
    pub delay: u32,
    /// Whether a packet decodes right behind one of another run, the overlap of the two excepted.
    pub joins_clean: bool,
    /// `decoderConfig.description` as delivered; empty where the browser gave none.
    pub entry: Vec<u8>,
}

/// Measures the encoder of `config`, which must be 48 kHz, by runs whose first `dropped` packets are thrown away.
///
/// # Errors
/// `encoder_failed` where this browser cannot encode or decode it, or the signal does not come back recognisable.
pub async fn measure_sound(config: &AudioEncoderConfig, dropped: u32) -> Result<SoundFacts, Failure> {
    sound::measure(config, dropped).await.map_err(|reason| js::failure("encoder_failed", &reason))
}

/// Whether the video encoder of `codec` (RFC 6381) takes only the visible part of a picture and scales it to the
/// configured size. Where that cannot be told, because this browser fails on the way or cannot decode what it encodes, it
/// is taken not to: its pictures are drawn then, which is always right.
pub async fn honours_crop(codec: &str) -> bool {
    picture::comes_back_cropped(codec).await.unwrap_or(false)
}

/// How long the answer of [`coding_of_rgb`], or of a decoder in hardware, is worth waiting for, milliseconds. It needs some
/// 50, and four times as many where other pages draw.
pub(in crate::media) const PATIENCE_MS: u32 = 1000;
/// What an encoder that says nothing is taken to make of RGB: what most of them do.
pub const OF_RGB: Coding = Coding { matrix: 6, full_range: false };
/// What is believed until an encoder has answered: only Chromium has been seen not to, and this is what it answers.
pub(in crate::media) const UNHEARD: Coding = Coding { matrix: 1, full_range: false };

/// How the video encoder of `codec` codes the colours of pictures in RGB, as it says. The answer may be long in coming: the
/// picture is read back from the GPU, which in Chromium waits for as long as pages of other processes keep that busy.
pub async fn coding_of_rgb(codec: &str) -> Coding {
    let coding = picture::coding_of_rgb(codec).await.ok();
    coding.filter(|coding| coding.matrix != 2).unwrap_or(OF_RGB)
}

/// Whether this configuration encodes, and gives pictures in the order in which it takes them. `picture` makes one by its
/// number.
pub(in crate::media) async fn keeps_order(
    config: &VideoEncoderConfig,
    picture: impl Fn(i64) -> Result<OwnedFrame, JsValue>,
) -> bool {
    order::is_kept(config, picture).await.unwrap_or(false)
}
