//! The measurement of a video encoder: whether pictures come out in the order in which they went in. Some reorder them even
//! when asked for real time (Firefox's software H.264 above Baseline), and give none before they have seen many.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EncodedVideoChunk, VideoEncoder, VideoEncoderConfig, VideoEncoderEncodeOptions};

use super::engine::Engine;
use crate::media::frame::OwnedFrame;

/// Enough for any pattern of reordering to show.
const PICTURES: i64 = 8;

pub(super) async fn is_kept(
    config: &VideoEncoderConfig,
    picture: impl Fn(i64) -> Result<OwnedFrame, JsValue>,
) -> Result<bool, JsValue> {
    let engine =
        Engine::<VideoEncoder, f64>::new(config, |chunk, _| chunk.unchecked_into::<EncodedVideoChunk>().timestamp())?;
    for number in 0..PICTURES {
        let options = VideoEncoderEncodeOptions::new();
        options.set_key_frame(number == 0);
        engine.codec().encode_with_options(picture(number)?.frame(), &options)?;
    }
    let stamps = engine.finish().await?;
    Ok(stamps.windows(2).all(|pair| pair[0] < pair[1]))
}
