//! The audio encoder: which coding this browser gives, what was measured of it, and runs of it, one a segment.

use js_sys::{Float32Array, Object};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{AudioCodec, TrackKind};
use onetake_core::time::Micros;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioData, AudioDataInit, AudioEncoder, AudioEncoderConfig, AudioEncoderInit, AudioEncoderSupport,
    AudioSampleFormat, CodecState, EncodedAudioChunk,
};

use super::selftest;
use super::video::{description, next_number};
use crate::js;
use crate::mail::{Mail, post};
use crate::store::{self, Store};

/// Everything is resampled to this before it is encoded.
pub(crate) const RATE: u32 = 48_000;

/// The sound of all segments of a draft, and what is known of its encoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SoundSetup {
    pub(crate) codec: AudioCodec,
    pub(crate) channels: u8,
    pub(crate) bitrate: u32,
    /// Samples by which the decoded sound lags what was handed in.
    pub(crate) delay: u32,
    /// Whether packets decode right after those of another run.
    pub(crate) joins_clean: bool,
}

/// Where measurements of this browser's engine are kept.
const FACTS: &str = "engine";

/// What is kept of one engine.
#[derive(Serialize, Deserialize)]
struct Facts {
    engine: String,
    setups: Vec<SoundSetup>,
}

impl SoundSetup {
    /// The wanted coding, else the browser's AAC, else Opus; measured once per engine and kept.
    ///
    /// # Errors
    /// `not_supported` where the browser has none of them, `encoder_failed` where measuring fails.
    pub(crate) async fn choose(
        wanted: Option<AudioCodec>,
        channels: u8,
        bitrate: u32,
        engine: &str,
        store: &Store,
    ) -> Result<SoundSetup, Failure> {
        let candidates = wanted.map_or(vec![AudioCodec::Aac, AudioCodec::Opus], |codec| vec![codec]);
        for codec in candidates {
            if is_supported(&config(codec, channels, bitrate)).await {
                return SoundSetup::measured(codec, channels, bitrate, engine, store).await;
            }
        }
        Err(Failure::new("not_supported", Retry::Never, format!("no encoder for {channels} channels of {wanted:?}")))
    }

    /// RFC 6381.
    pub(crate) fn codec_string(&self) -> &'static str {
        codec_string(self.codec)
    }

    async fn measured(
        codec: AudioCodec,
        channels: u8,
        bitrate: u32,
        engine: &str,
        store: &Store,
    ) -> Result<SoundSetup, Failure> {
        let mut facts = read_facts(engine, store).await;
        let known = |setup: &&SoundSetup| (setup.codec, setup.channels, setup.bitrate) == (codec, channels, bitrate);
        if let Some(setup) = facts.setups.iter().find(known) {
            return Ok(setup.clone());
        }
        let measured = selftest::measure_sound(&config(codec, channels, bitrate), codec.dropped_packets()).await?;
        if measured.packet != codec.packet() {
            let detail = format!("{codec:?} packets of {} samples, wanted {}", measured.packet, codec.packet());
            return Err(Failure::new("not_supported", Retry::Never, detail));
        }
        let setup = SoundSetup { codec, channels, bitrate, delay: measured.delay, joins_clean: measured.joins_clean };
        facts.setups.push(setup.clone());
        // A full disk costs only that it is measured again.
        if let Ok(bytes) = postcard::to_allocvec(&facts) {
            let _ = store.append(FACTS, &bytes, Some(0)).await;
            let _ = store.close(FACTS).await;
        }
        Ok(setup)
    }
}

/// One encoder from its configuration to its close; says what comes out as mail under its number.
pub(crate) struct SoundRun {
    pub(crate) number: u32,
    channels: u8,
    encoder: AudioEncoder,
    _output: Closure<dyn FnMut(EncodedAudioChunk, JsValue)>,
    _error: Closure<dyn FnMut(JsValue)>,
}

impl SoundRun {
    /// Configures a fresh encoder; nothing is fed to it, for what was measured holds for fresh ones.
    ///
    /// # Errors
    /// `encoder_failed`.
    pub(crate) fn new(setup: &SoundSetup) -> Result<SoundRun, Failure> {
        let number = next_number();
        let output = Closure::new(move |chunk: EncodedAudioChunk, metadata: JsValue| {
            post(Mail::SoundChunk { run: number, chunk, description: description(&metadata) });
        });
        let error = Closure::new(move |reason: JsValue| {
            post(Mail::EncoderFailed { run: number, detail: js::describe(&reason) });
        });
        let init = AudioEncoderInit::new(error.as_ref().unchecked_ref(), output.as_ref().unchecked_ref());
        let encoder = AudioEncoder::new(&init).map_err(|reason| js::failure("encoder_failed", &reason))?;
        let configured = encoder.configure(&config(setup.codec, setup.channels, setup.bitrate));
        configured.map_err(|reason| js::failure("encoder_failed", &reason))?;
        Ok(SoundRun { number, channels: setup.channels, encoder, _output: output, _error: error })
    }

    /// Hands over `frames` samples a channel, channel after channel.
    pub(crate) fn encode(&self, timestamp: Micros, planes: &[f32], frames: u32) -> Result<(), JsValue> {
        let samples = Float32Array::from(planes);
        let init = AudioDataInit::new(
            samples.unchecked_ref(),
            AudioSampleFormat::F32Planar,
            self.channels.into(),
            frames,
            RATE as f32,
            0,
        );
        init.set_timestamp_f64(super::frame::number(timestamp.0));
        let data = AudioData::new(&init)?;
        let encoded = self.encoder.encode(&data);
        data.close();
        encoded
    }

    /// Asks for everything inside; answered by [`Mail::Flushed`], also where the encoder has failed.
    pub(crate) fn flush(&self) {
        let flushed = self.encoder.flush();
        let run = self.number;
        js::spawn(async move {
            // A failure was told through the error callback already.
            let _ = JsFuture::from(flushed).await;
            post(Mail::Flushed { run, track: TrackKind::Audio });
        });
    }
}

impl Drop for SoundRun {
    fn drop(&mut self) {
        if self.encoder.state() != CodecState::Closed {
            let _ = self.encoder.close();
        }
    }
}

/// The configuration that design decision 3 rests on.
fn config(codec: AudioCodec, channels: u8, bitrate: u32) -> AudioEncoderConfig {
    let config = AudioEncoderConfig::new(codec_string(codec), channels.into(), RATE);
    config.set_bitrate(bitrate);
    if codec == AudioCodec::Opus {
        // Makes packets independent enough to decode right after those of another run.
        let opus = Object::new();
        js::set(&opus, "packetlossperc", 20);
        js::set(config.unchecked_ref(), "opus", opus);
    }
    config
}

fn codec_string(codec: AudioCodec) -> &'static str {
    match codec {
        AudioCodec::Aac => "mp4a.40.2",
        AudioCodec::Opus => "opus",
    }
}

pub(super) async fn is_supported(config: &AudioEncoderConfig) -> bool {
    match JsFuture::from(AudioEncoder::is_config_supported(config)).await {
        Ok(support) => support.unchecked_into::<AudioEncoderSupport>().get_supported().unwrap_or(false),
        Err(_) => false,
    }
}

async fn read_facts(engine: &str, store: &Store) -> Facts {
    let fresh = || Facts { engine: engine.to_owned(), setups: Vec::new() };
    let Ok(Some(file)) = store.file(FACTS).await else { return fresh() };
    let Ok(bytes) = store::read(&file, 0, store::length(file.size())).await else { return fresh() };
    let kept = postcard::from_bytes::<Facts>(&bytes).ok();
    kept.filter(|facts| facts.engine == engine).unwrap_or_else(fresh)
}
