//! The video encoder: which configuration this browser takes, and runs of it, one a segment.
//!
//! The first encoder of a browser process is slow to start, so a throw-away one is fed a few dummy pictures while
//! previewing. The runs themselves stay fresh: dummies, or an earlier take, would upset the rate control of the take's
//! first second (measured: 36.6 instead of 37.4 dB, worst frame 33.8 instead of 36.8).

mod rgb;
mod standby;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Object, Uint8Array};
use onetake_core::codec::SampleEntry;
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{Coding, Size, TrackKind, VideoCodec};
use onetake_core::time::Micros;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CodecState, EncodedVideoChunk, LatencyMode, VideoEncoder, VideoEncoderBitrateMode, VideoEncoderConfig,
    VideoEncoderEncodeOptions, VideoEncoderInit, VideoEncoderSupport, VideoFrame, VideoFrameBufferInit,
    VideoPixelFormat,
};

pub(crate) use self::standby::Joining;
use super::frame::{OwnedFrame, stated_coding};
use super::selftest;
use crate::js;
use crate::mail::{Mail, post};

/// Stable code: what this browser encodes does not join the draft.
pub(crate) const DRAFT_CODING: &str = "draft_coding";

/// Why an encoder will not do.
enum Refusal {
    /// The browser says that it has none.
    Unsupported,
    /// It says that it has one, which encodes nothing now.
    Failed,
    /// What it makes cannot be stored as it comes.
    Unfit,
}

/// One configuration for all segments of a draft.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VideoSetup {
    /// Codec string (RFC 6381).
    pub(crate) codec: String,
    /// Of the stored picture.
    pub(crate) size: Size,
    /// Bits a second; absent: what suits the coding.
    bitrate: Option<u32>,
    /// Frames a second, nominal; the encoder writes its level from it.
    pub(crate) frame_rate: f64,
    /// Whether the encoder crops and scales by a frame's visible rectangle.
    pub(crate) crops: bool,
    /// The coding that is wanted: where it cannot be had, H.264 is.
    wanted: VideoCodec,
    /// Whether an encoder of it has failed already.
    again: bool,
    /// Whether hardware shall be left alone: it has failed twice, or does not join.
    software: bool,
    /// Whether it took over from another one, whose encoders failed.
    fallen: bool,
    /// Whether nobody waits for a picture: it may take its time, and leaves none out.
    offline: bool,
}

impl VideoSetup {
    /// The first configuration for pictures of `size` that this browser supports and that encodes pictures in order. Of a
    /// draft without pictures: of the `wanted` coding, else of H.264, which the console is told then. Of one with pictures: the
    /// first whose pictures join those, in hardware or not, at the bit rate asked for or, if none does, at the usual one: some
    /// write into their parameter sets what follows from it, such as a level.
    ///
    /// # Errors
    /// `not_supported` where there is none; [`DRAFT_CODING`] where there is none that joins; `encoder_failed` where none of those
    /// that might join encodes now.
    pub(crate) async fn choose(
        size: Size,
        frame_rate: f64,
        bitrate: Option<u32>,
        wanted: VideoCodec,
        joining: Joining,
    ) -> Result<VideoSetup, Failure> {
        VideoSetup::choose_for(false, (size, frame_rate), bitrate, wanted, joining).await
    }

    /// The same for pictures of a file, which may take their time.
    ///
    /// # Errors
    /// As [`Self::choose`].
    pub(crate) async fn choose_offline(
        picture: (Size, f64),
        bitrate: Option<u32>,
        wanted: VideoCodec,
        joining: Joining,
    ) -> Result<VideoSetup, Failure> {
        VideoSetup::choose_for(true, picture, bitrate, wanted, joining).await
    }

    async fn choose_for(
        offline: bool,
        (size, frame_rate): (Size, f64),
        bitrate: Option<u32>,
        wanted: VideoCodec,
        joining: Joining,
    ) -> Result<VideoSetup, Failure> {
        let joins = joining.coding().is_some();
        let wanted = joining.coding().unwrap_or(wanted);
        let codecs = joining.candidates(wanted, size, frame_rate);
        let asked = [(bitrate, false), (bitrate, true), (None, false), (None, true)];
        let (mut failed, mut encoded) = (false, false);
        // All codecs in both ways at one bit rate come before another.
        for ways in asked.chunks(2).take(if joins && bitrate.is_some() { 2 } else { 1 }) {
            for codec in &codecs {
                for &(bitrate, software) in &ways[..if joins { 2 } else { 1 }] {
                    let codec = codec.clone();
                    let setup = VideoSetup {
                        codec,
                        size,
                        bitrate,
                        frame_rate,
                        crops: false,
                        wanted,
                        again: false,
                        software,
                        fallen: false,
                        offline,
                    };
                    match setup.try_out().await {
                        Ok(record) if joining.takes(&setup, &record) => {
                            setup.tell_other();
                            return Ok(setup.measured().await);
                        }
                        Ok(_) | Err(Refusal::Unfit) => encoded = true,
                        Err(Refusal::Failed) => failed = true,
                        Err(Refusal::Unsupported) => {}
                    }
                }
            }
        }
        let asked = codecs.first().map_or("", String::as_str);
        if joins && failed && !encoded {
            let detail = ["no encoder that might join the draft's pictures encodes now, such as ", asked].concat();
            return Err(Failure::new("encoder_failed", Retry::Later, detail));
        }
        if joins {
            let detail = ["no encoder here makes pictures that join the draft's, such as ", asked].concat();
            return Err(Failure::new(DRAFT_CODING, Retry::AfterAction, detail));
        }
        let detail = format!("no H.264 encoder for {} x {} at {}", size.width, size.height, frame_rate.round() as u32);
        Err(Failure::new("not_supported", Retry::Never, detail))
    }

    /// Tells the console where another coding was asked for.
    fn tell_other(&self) {
        if self.coding() != self.wanted {
            let told = ["onetake: this browser does not encode what was asked for; pictures are ", &self.codec];
            web_sys::console::warn_1(&told.concat().into());
        }
    }

    /// Whether it is what these would be chosen for, of a draft without pictures.
    pub(crate) fn is_as_asked(&self, frame_rate: f64, bitrate: Option<u32>, wanted: VideoCodec) -> bool {
        (self.frame_rate, self.bitrate, self.wanted) == (frame_rate, bitrate, wanted)
    }

    /// The decoder's record of what it makes.
    async fn try_out(&self) -> Result<Vec<u8>, Refusal> {
        if !is_supported(&self.config()).await {
            return Err(Refusal::Unsupported);
        }
        let record = self.warm_up().await.map_err(|_| Refusal::Failed)?;
        // One whose record says nothing that a film can be made of would fail within the take.
        let storable = SampleEntry::of_pictures(self.coding(), &record, self.size).is_ok();
        if storable && self.keeps_order().await { Ok(record) } else { Err(Refusal::Unfit) }
    }

    /// With what else must be known of its encoder; how it codes RGB only where that is soon said.
    async fn measured(self) -> VideoSetup {
        let crops = selftest::honours_crop(&self.codec).await;
        rgb::ask(self.coding(), &self.codec, selftest::PATIENCE_MS).await;
        VideoSetup { crops, ..self }
    }

    /// How it codes the colours of pictures in RGB: as it said, else what is believed meanwhile.
    pub(crate) fn of_rgb(&self) -> Coding {
        rgb::heard(self.coding()).unwrap_or(selftest::UNHEARD)
    }

    /// Whether it has said so.
    pub(crate) fn is_heard(&self) -> bool {
        rgb::heard(self.coding()).is_some()
    }

    /// The coding of its pictures.
    pub(crate) fn coding(&self) -> VideoCodec {
        VideoCodec::named(&self.codec).unwrap_or(VideoCodec::Avc)
    }

    /// Encodes two dummies with an encoder that is thrown away; gives the decoder's record.
    async fn warm_up(&self) -> Result<Vec<u8>, JsValue> {
        let run = VideoRun::new(self)?;
        for index in 0..2 {
            run.encode(&grey(self.size, Micros(index * 33_333))?, index == 0)?;
        }
        JsFuture::from(run.encoder.flush()).await?;
        Ok(run.described.take())
    }

    /// Whether it gives pictures in the order in which it takes them. One that reorders them will not do: a recorder that
    /// stores a fragment a second takes them as they come.
    async fn keeps_order(&self) -> bool {
        selftest::keeps_order(&self.config(), |number| grey(self.size, Micros(number * 33_333))).await
    }

    /// What an encoder of it is configured with.
    pub(crate) fn config(&self) -> VideoEncoderConfig {
        let config = VideoEncoderConfig::new(&self.codec, self.size.height, self.size.width);
        let bitrate = self.bitrate.unwrap_or_else(|| usual_bitrate(self.coding(), self.size, self.frame_rate));
        config.set_bitrate(bitrate);
        config.set_framerate(self.frame_rate);
        config.set_bitrate_mode(VideoEncoderBitrateMode::Variable);
        // Realtime encoders leave pictures out to keep their rate.
        config.set_latency_mode(if self.offline { LatencyMode::Quality } else { LatencyMode::Realtime });
        if self.software {
            js::set(config.unchecked_ref(), "hardwareAcceleration", "prefer-software");
        }
        // Length-prefixed NAL units, as they go into `mdat`.
        let format = match self.coding() {
            VideoCodec::Avc => "avc",
            VideoCodec::Hevc => "hevc",
            VideoCodec::Vp9 | VideoCodec::Av1 => return config,
        };
        let packed = Object::new();
        js::set(&packed, "format", format);
        js::set(config.unchecked_ref(), format, packed);
        config
    }
}

/// One encoder from its configuration to its close; says what comes out as mail under its number.
pub(crate) struct VideoRun {
    pub(crate) number: u32,
    /// Of what it gives. Pictures still come of it when another setup is chosen already.
    pub(crate) coding: VideoCodec,
    pub(crate) size: Size,
    /// Whether something it gave could not be stored: what comes after may lean on that.
    pub(crate) spoilt: Cell<bool>,
    encoder: VideoEncoder,
    /// The decoder's record, once it gave one.
    described: Rc<RefCell<Vec<u8>>>,
    _output: Closure<dyn FnMut(EncodedVideoChunk, JsValue)>,
    _error: Closure<dyn FnMut(JsValue)>,
}

impl VideoRun {
    /// Configures a fresh encoder.
    ///
    /// # Errors
    /// What the browser throws.
    pub(crate) fn new(setup: &VideoSetup) -> Result<VideoRun, JsValue> {
        let number = next_number();
        let described: Rc<RefCell<Vec<u8>>> = Rc::default();
        let (record, codec) = (Rc::clone(&described), setup.codec.clone());
        let output = Closure::new(move |chunk: EncodedVideoChunk, metadata: JsValue| {
            let description = record_of(&codec, &chunk, &metadata);
            if let Some(bytes) = &description {
                record.replace(bytes.clone());
            }
            post(Mail::VideoChunk { run: number, chunk, description });
        });
        let error = Closure::new(move |reason: JsValue| {
            post(Mail::EncoderFailed { run: number, detail: js::describe(&reason) });
        });
        let init = VideoEncoderInit::new(error.as_ref().unchecked_ref(), output.as_ref().unchecked_ref());
        let encoder = VideoEncoder::new(&init)?;
        let (coding, size) = (setup.coding(), setup.size);
        let spoilt = Cell::new(false);
        let run = VideoRun { number, coding, size, spoilt, encoder, described, _output: output, _error: error };
        run.encoder.configure(&setup.config())?;
        Ok(run)
    }

    /// Hands a picture over; `key` asks for a key frame.
    pub(crate) fn encode(&self, frame: &OwnedFrame, key: bool) -> Result<(), JsValue> {
        let options = VideoEncoderEncodeOptions::new();
        options.set_key_frame(key);
        self.encoder.encode_with_options(frame.frame(), &options)
    }

    /// Pictures waiting in it.
    pub(crate) fn queue(&self) -> u32 {
        self.encoder.encode_queue_size()
    }

    /// Asks for everything inside; answered by [`Mail::Flushed`], also where the encoder has failed.
    pub(crate) fn flush(&self) {
        let flushed = self.encoder.flush();
        let run = self.number;
        js::spawn(async move {
            // A failure was told through the error callback already.
            let _ = JsFuture::from(flushed).await;
            post(Mail::Flushed { run, track: TrackKind::Video });
        });
    }
}

impl Drop for VideoRun {
    fn drop(&mut self) {
        if self.encoder.state() != CodecState::Closed {
            let _ = self.encoder.close();
        }
    }
}

/// The decoder's record, where the browser gives a new one with a chunk.
pub(crate) fn description(metadata: &JsValue) -> Option<Vec<u8>> {
    let config = js::get(metadata, "decoderConfig");
    if config.is_falsy() {
        return None;
    }
    let description = js::get(&config, "description");
    if description.is_falsy() {
        return Some(Vec::new());
    }
    // An ArrayBuffer, or a view of one.
    let bytes = match description.dyn_ref::<js_sys::ArrayBuffer>() {
        Some(buffer) => Uint8Array::new(buffer),
        None => {
            let view: &js_sys::DataView = description.unchecked_ref();
            Uint8Array::new_with_byte_offset_and_length(
                &view.buffer(),
                whole(view.byte_offset()),
                whole(view.byte_length()),
            )
        }
    };
    Some(bytes.to_vec())
}

/// Numbers encoder runs of both kinds.
pub(crate) fn next_number() -> u32 {
    thread_local! {
        static NEXT: Cell<u32> = const { Cell::new(1) };
    }
    NEXT.with(|next| next.replace(next.get() + 1))
}

/// The decoder's record of pictures that were asked for as `codec`, where the browser describes them anew with this one.
pub(crate) fn record_of(codec: &str, chunk: &EncodedVideoChunk, metadata: &JsValue) -> Option<Vec<u8>> {
    let given = description(metadata)?;
    if !given.is_empty() {
        return Some(given);
    }
    let coding = stated_coding(&js::get(metadata, "decoderConfig"));
    Some(VideoCodec::record(codec, coding, &bytes_of(chunk).unwrap_or_default()))
}

/// The bytes of a picture.
///
/// # Errors
/// What the browser throws.
pub(crate) fn bytes_of(chunk: &EncodedVideoChunk) -> Result<Vec<u8>, JsValue> {
    let mut bytes = vec![0; chunk.byte_length() as usize];
    chunk.copy_to_with_u8_slice(&mut bytes)?;
    Ok(bytes)
}

/// 0.14 bits a pixel of H.264: 3.9 Mbit/s for 720 x 1280 at 30; the others need two thirds of it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a range of u32")]
pub(crate) fn usual_bitrate(coding: VideoCodec, size: Size, frame_rate: f64) -> u32 {
    let pixels = f64::from(size.width) * f64::from(size.height);
    let bits = if coding == VideoCodec::Avc { 0.14 } else { 0.09 };
    (pixels * frame_rate * bits).clamp(300_000.0, 40_000_000.0) as u32
}

async fn is_supported(config: &VideoEncoderConfig) -> bool {
    // Asking an interface that is not there would end the worker.
    if !js::get(&js_sys::global(), "VideoEncoder").is_function() {
        return false;
    }
    match JsFuture::from(VideoEncoder::is_config_supported(config)).await {
        Ok(support) => support.unchecked_into::<VideoEncoderSupport>().get_supported().unwrap_or(false),
        Err(_) => false,
    }
}

/// A grey picture, I420.
fn grey(size: Size, timestamp: Micros) -> Result<OwnedFrame, JsValue> {
    let length = size.width * size.height * 3 / 2;
    let pixels = Uint8Array::new_with_length(length).fill(128, 0, length);
    let init = VideoFrameBufferInit::new_with_f64(
        size.height,
        size.width,
        VideoPixelFormat::I420,
        super::frame::number(timestamp.0),
    );
    VideoFrame::new_with_u8_array_and_video_frame_buffer_init(&pixels, &init).map(OwnedFrame::new)
}

fn whole(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
