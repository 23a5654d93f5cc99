//! The measurement of a video encoder: one picture of which only a part is visible.

use std::cell::Cell;

use js_sys::{Array, Error, Uint8Array};
use onetake_core::codec::SampleEntry;
use onetake_core::media::{Coding, VideoCodec};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomRectInit, EncodedVideoChunk, LatencyMode, OffscreenCanvas, PlaneLayout, VideoDecoder, VideoDecoderConfig,
    VideoEncoder, VideoEncoderConfig, VideoEncoderEncodeOptions, VideoFrame, VideoFrameBufferInit, VideoFrameInit,
    VideoPixelFormat,
};

use super::PATIENCE_MS;
use super::engine::Engine;
use super::pattern::{self, EDGE, SCALED, VISIBLE};
use crate::js;
use crate::media::frame::{OwnedFrame, stated_coding};
use crate::media::video::record_of;

thread_local! {
    /// Codings whose decoder has not answered, a bit each.
    static SILENT: Cell<u32> = const { Cell::new(0) };
}

/// An error where nobody can tell: no decoder is there, or it does not answer or hides its pixels. One that does not answer
/// is not asked again for other pictures of its coding.
pub(super) async fn comes_back_cropped(codec: &str) -> Result<bool, JsValue> {
    let coding = VideoCodec::named(codec).map_or(0, |coding| 1 << coding as u32);
    if SILENT.get() & coding != 0 {
        return Err(Error::new("its decoder does not answer").into());
    }
    let (chunk, metadata) = encode(codec, picture()?).await?;
    let config = js::get(&metadata, "decoderConfig");
    if config.is_falsy() {
        return Err(Error::new("no decoderConfig with a key frame").into());
    }
    let config: VideoDecoderConfig = config.unchecked_into();
    // Only a software decoder is sure to answer and to show its pixels.
    if can_decode(&config, "prefer-software").await {
        return decodes_cropped(&config, &chunk).await;
    }
    // Chromium has none of HEVC.
    if !can_decode(&config, "no-preference").await {
        return Err(Error::new("no decoder").into());
    }
    match js::within(PATIENCE_MS, &mut Box::pin(decodes_cropped(&config, &chunk))).await {
        Some(answer) => answer,
        None => {
            SILENT.set(SILENT.get() | coding);
            Err(Error::new("its decoder did not answer").into())
        }
    }
}

/// Asks whether a decoder takes this with that preference, which it is left with.
async fn can_decode(config: &VideoDecoderConfig, preference: &str) -> bool {
    js::set(config, "hardwareAcceleration", preference);
    let support = JsFuture::from(VideoDecoder::is_config_supported(config)).await;
    support.is_ok_and(|support| js::get(&support, "supported").is_truthy())
}

async fn decodes_cropped(config: &VideoDecoderConfig, chunk: &EncodedVideoChunk) -> Result<bool, JsValue> {
    let engine =
        Engine::<VideoDecoder, _>::new(config, |frame, _| OwnedFrame::new(frame.unchecked_into::<VideoFrame>()))?;
    engine.codec().decode(chunk)?;
    let frames = engine.finish().await?;
    let frame = frames.first().ok_or_else(|| Error::new("nothing decoded"))?;
    let (_, _, size) = frame.visible();
    if size != SCALED {
        return Ok(false);
    }
    let (bytes, stride) = luma_plane(frame).await?;
    Ok(pattern::is_cropped(&bytes, stride))
}

/// Of matrix 2 where the encoder does not describe what it makes.
pub(super) async fn coding_of_rgb(codec: &str) -> Result<Coding, JsValue> {
    // Of a canvas, as what is drawn: pictures of a buffer Chromium codes in full range, those of a canvas in limited range.
    let canvas = OffscreenCanvas::new(SCALED.width, SCALED.height)?;
    // One in memory is coded like a buffer.
    canvas.get_context("2d")?;
    let init = VideoFrameInit::new();
    init.set_timestamp_f64(0.0);
    let frame = VideoFrame::new_with_offscreen_canvas_and_video_frame_init(&canvas, &init).map(OwnedFrame::new)?;
    let (chunk, metadata) = encode(codec, frame).await?;
    let described = VideoCodec::named(codec).zip(record_of(codec, &chunk, &metadata));
    let entry = described.and_then(|(coding, record)| SampleEntry::of_pictures(coding, &record, SCALED).ok());
    let said = entry.map(|entry| entry.coding()).filter(|coding| coding.matrix != 2);
    // AV1 says it in its pictures alone.
    Ok(said.unwrap_or_else(|| stated_coding(&js::get(&metadata, "decoderConfig"))))
}

/// A picture as one key frame, and what the encoder says of it.
async fn encode(codec: &str, frame: OwnedFrame) -> Result<(EncodedVideoChunk, JsValue), JsValue> {
    let config = VideoEncoderConfig::new(codec, SCALED.height, SCALED.width);
    config.set_bitrate(2_000_000);
    config.set_framerate(30.0);
    config.set_latency_mode(LatencyMode::Realtime);
    let engine = Engine::<VideoEncoder, _>::new(&config, |chunk, metadata| {
        (chunk.unchecked_into::<EncodedVideoChunk>(), metadata)
    })?;
    let options = VideoEncoderEncodeOptions::new();
    options.set_key_frame(true);
    engine.codec().encode_with_options(frame.frame(), &options)?;
    // The encoder has its own hold of it, however long it takes.
    drop(frame);
    Ok(engine.finish().await?.into_iter().next().ok_or_else(|| Error::new("nothing encoded"))?)
}

/// The source, cropped and to be scaled.
fn picture() -> Result<OwnedFrame, JsValue> {
    let pixels = Uint8Array::from(pattern::source().as_slice());
    let init = VideoFrameBufferInit::new_with_f64(EDGE, EDGE, VideoPixelFormat::I420, 0.0);
    let source = VideoFrame::new_with_u8_array_and_video_frame_buffer_init(&pixels, &init).map(OwnedFrame::new)?;
    let (left, top, size) = VISIBLE;
    let rect = DomRectInit::new();
    rect.set_x(left.into());
    rect.set_y(top.into());
    rect.set_width(size.width.into());
    rect.set_height(size.height.into());
    let init = VideoFrameInit::new();
    init.set_timestamp_f64(0.0);
    init.set_visible_rect(&rect);
    init.set_display_width(SCALED.width);
    init.set_display_height(SCALED.height);
    VideoFrame::new_with_video_frame_and_video_frame_init(source.frame(), &init).map(OwnedFrame::new)
}

/// Luma and the bytes of one row of it.
async fn luma_plane(frame: &OwnedFrame) -> Result<(Vec<u8>, usize), JsValue> {
    let frame = frame.frame();
    // In all of these luma comes first, a byte a sample.
    match frame.format() {
        Some(VideoPixelFormat::I420 | VideoPixelFormat::I420a | VideoPixelFormat::Nv12) => {}
        other => return Err(Error::new(&format!("decoded to {other:?}, wanted 8-bit 4:2:0")).into()),
    }
    let bytes = Uint8Array::new_with_length(frame.allocation_size()?);
    let layout: Array = JsFuture::from(frame.copy_to_with_u8_array(&bytes)).await?.unchecked_into();
    let luma: PlaneLayout = layout.get(0).unchecked_into();
    let bytes = bytes.subarray(luma.get_offset(), bytes.length());
    Ok((bytes.to_vec(), luma.get_stride() as usize))
}
