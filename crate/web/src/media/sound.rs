//! The audio encoder: which coding this browser or the encoder package gives, what was measured of it, and runs of it,
//! one a segment.

use std::cell::RefCell;

use js_sys::{Float32Array, Object};
use onetake_core::codec::SampleEntry;
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{AudioCodec, TrackKind};
use onetake_core::time::Micros;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioData, AudioDataInit, AudioDecoder, AudioDecoderConfig, AudioDecoderSupport, AudioEncoder, AudioEncoderConfig,
    AudioEncoderInit, AudioEncoderSupport, AudioSampleFormat, CodecState, EncodedAudioChunk,
};

use super::aac;
use super::selftest::{self, SoundFacts};
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
    /// The version of the encoder package, where that encodes and not the browser.
    pub(crate) package: Option<String>,
}

/// Ways to encode, best first, and whether it is the package's.
const WAYS: [(AudioCodec, bool); 3] = [(AudioCodec::Aac, false), (AudioCodec::Aac, true), (AudioCodec::Opus, false)];

/// How often an encoder for files is measured before another one is tried.
const ATTEMPTS: usize = 3;
/// Where measurements of this browser's engine are kept.
const FACTS: &str = "encoders";

thread_local! {
    /// What this worker measured for [`SoundSetup::for_files`].
    static FOR_FILES: RefCell<Vec<(SoundSetup, SampleEntry)>> = const { RefCell::new(Vec::new()) };
}

/// What is kept of one engine.
#[derive(Serialize, Deserialize)]
struct Facts {
    engine: String,
    setups: Vec<SoundSetup>,
}

impl SoundSetup {
    /// The wanted coding, else AAC, by the browser or by the encoder package, else Opus; measured once per engine and
    /// kept.
    ///
    /// # Errors
    /// `not_supported` where nobody encodes it, `load_failed` where the package could but cannot be had,
    /// `encoder_failed` where measuring fails.
    pub(crate) async fn choose(
        wanted: Option<AudioCodec>,
        channels: u8,
        bitrate: u32,
        engine: &str,
        store: &Store,
    ) -> Result<SoundSetup, Failure> {
        let mut refusal: Option<Failure> = None;
        for (codec, package) in WAYS {
            if wanted.is_some_and(|wanted| wanted != codec) {
                continue;
            }
            match SoundSetup::found(codec, channels, bitrate, package, engine, store).await {
                Ok(setup) => {
                    if let Some(refusal) = refusal.filter(|_| codec == AudioCodec::Opus && wanted.is_none()) {
                        let told = ["onetake: sound is Opus, for ", &refusal.detail].concat();
                        web_sys::console::warn_1(&told.into());
                    }
                    return Ok(setup);
                }
                // What may work another time is worth telling more than what the browser lacks.
                Err(failure) if refusal.as_ref().is_none_or(|first| first.retry == Retry::Never) => {
                    refusal = Some(failure);
                }
                Err(_) => {}
            }
        }
        Err(refusal.unwrap_or_else(none))
    }

    /// What encodes sound of files anew, and how its packets are described: AAC, by the browser or by the encoder package,
    /// else Opus; measured once a worker.
    ///
    /// # Errors
    /// As [`SoundSetup::choose`].
    pub(crate) async fn for_files(channels: u8, bitrate: u32) -> Result<(SoundSetup, SampleEntry), Failure> {
        let same = |(setup, _): &&(SoundSetup, SampleEntry)| (setup.channels, setup.bitrate) == (channels, bitrate);
        if let Some(known) = FOR_FILES.with_borrow(|known| known.iter().find(same).cloned()) {
            return Ok(known);
        }
        let mut refusal: Option<Failure> = None;
        for (codec, package) in WAYS {
            // On a starved machine a measurement may fail; nobody waits for this one.
            for _ in 0..ATTEMPTS {
                match SoundSetup::described(codec, channels, bitrate, package).await {
                    Ok(found) => {
                        FOR_FILES.with_borrow_mut(|known| known.push(found.clone()));
                        return Ok(found);
                    }
                    Err(failure) => {
                        let final_word = failure.retry == Retry::Never;
                        if refusal.as_ref().is_none_or(|first| first.retry == Retry::Never) {
                            refusal = Some(failure);
                        }
                        if final_word {
                            break;
                        }
                    }
                }
            }
        }
        Err(refusal.unwrap_or_else(none))
    }

    /// One way to encode sound of files, if there is that way here.
    async fn described(
        codec: AudioCodec,
        channels: u8,
        bitrate: u32,
        package: bool,
    ) -> Result<(SoundSetup, SampleEntry), Failure> {
        let config = config(codec, channels, bitrate, package);
        let package = ready(codec, &config, package).await?;
        let (setup, record) = SoundSetup::measured(codec, &config, package).await?;
        let entry = match codec {
            // Where nothing could be measured: AAC-LC, 48 kHz (ISO/IEC 14496-3 s.1.6.2.1).
            AudioCodec::Aac if record.is_empty() => SampleEntry::mp4a(&[0x11, 0x80 | channels << 3], channels, RATE)?,
            AudioCodec::Aac => SampleEntry::mp4a(&record, channels, RATE)?,
            AudioCodec::Opus => SampleEntry::opus(&record, channels)?,
        };
        Ok((setup, entry))
    }

    /// The configuration of its encoder.
    pub(super) fn config(&self) -> AudioEncoderConfig {
        config(self.codec, self.channels, self.bitrate, self.package.is_some())
    }

    /// RFC 6381.
    pub(crate) fn codec_string(&self) -> &'static str {
        codec_string(self.codec)
    }

    /// One way to encode, if there is that way here.
    async fn found(
        codec: AudioCodec,
        channels: u8,
        bitrate: u32,
        package: bool,
        engine: &str,
        store: &Store,
    ) -> Result<SoundSetup, Failure> {
        let config = config(codec, channels, bitrate, package);
        let package = ready(codec, &config, package).await?;
        let mut facts = read_facts(engine, store).await;
        let known = |setup: &&SoundSetup| {
            (setup.codec, setup.channels, setup.bitrate, &setup.package) == (codec, channels, bitrate, &package)
        };
        if let Some(setup) = facts.setups.iter().find(known) {
            return Ok(setup.clone());
        }
        let (setup, _) = SoundSetup::measured(codec, &config, package).await?;
        facts.setups.push(setup.clone());
        // A full disk costs only that it is measured again.
        if let Ok(bytes) = postcard::to_allocvec(&facts) {
            let _ = store.append(FACTS, &bytes, Some(0)).await;
            let _ = store.close(FACTS).await;
        }
        Ok(setup)
    }

    /// What an encoder of this configuration does, and the description that comes with its packets; empty where none does.
    async fn measured(
        codec: AudioCodec,
        config: &AudioEncoderConfig,
        package: Option<String>,
    ) -> Result<(SoundSetup, Vec<u8>), Failure> {
        let measured = if package.is_some() && !is_decodable(config).await {
            SoundFacts { packet: codec.packet(), delay: aac::DELAY, joins_clean: true, entry: Vec::new() }
        } else {
            selftest::measure_sound(config, codec.dropped_packets()).await?
        };
        if measured.packet != codec.packet() {
            let detail = format!("{codec:?} packets of {} samples, wanted {}", measured.packet, codec.packet());
            return Err(Failure::new("not_supported", Retry::Never, detail));
        }
        let SoundFacts { delay, joins_clean, entry, .. } = measured;
        let (channels, bitrate) =
            (config.get_number_of_channels() as u8, config.get_bitrate().unwrap_or_default() as u32);
        Ok((SoundSetup { codec, channels, bitrate, delay, joins_clean, package }, entry))
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
        let config = setup.config();
        let configured = new_encoder(&config, &init).and_then(|encoder| encoder.configure(&config).map(|()| encoder));
        let encoder = configured.map_err(|reason| js::failure("encoder_failed", &reason))?;
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
        hand_in(&self.encoder, &init)
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

/// The encoder package's version where that is meant, once it is loaded; else nothing, once the browser says that it encodes.
async fn ready(codec: AudioCodec, config: &AudioEncoderConfig, package: bool) -> Result<Option<String>, Failure> {
    if package {
        return Ok(Some(aac::load().await?));
    }
    if is_supported(config).await {
        return Ok(None);
    }
    let detail = ["no encoder of this browser for ", codec_string(codec)].concat();
    Err(Failure::new("not_supported", Retry::Never, detail))
}

fn none() -> Failure {
    Failure::new("not_supported", Retry::Never, "no sound is encoded here")
}

/// The configuration that design decision 3 rests on; `package`: for an encoder of the package.
fn config(codec: AudioCodec, channels: u8, bitrate: u32, package: bool) -> AudioEncoderConfig {
    let config = AudioEncoderConfig::new(codec_string(codec), channels.into(), RATE);
    config.set_bitrate(bitrate);
    if codec == AudioCodec::Opus {
        // Makes packets independent enough to decode right after those of another run.
        let opus = Object::new();
        js::set(&opus, "packetlossperc", 20);
        js::set(config.unchecked_ref(), "opus", opus);
    }
    if package {
        aac::mark(&config);
    }
    config
}

/// A fresh encoder of the browser's, or of the package's where the configuration is for that.
pub(super) fn new_encoder(config: &AudioEncoderConfig, init: &AudioEncoderInit) -> Result<AudioEncoder, JsValue> {
    if aac::is_marked(config) { aac::encoder(init) } else { AudioEncoder::new(init) }
}

/// Gives an encoder sound. The package's takes it as it is described.
pub(super) fn hand_in(encoder: &AudioEncoder, sound: &AudioDataInit) -> Result<(), JsValue> {
    if !encoder.is_instance_of::<AudioEncoder>() {
        return encoder.encode(sound.unchecked_ref());
    }
    let data = AudioData::new(sound)?;
    let encoded = encoder.encode(&data);
    data.close();
    encoded
}

fn codec_string(codec: AudioCodec) -> &'static str {
    match codec {
        AudioCodec::Aac => aac::CODEC,
        AudioCodec::Opus => "opus",
    }
}

/// Whether this browser encodes it by itself. Asking an interface that is not there would end the worker.
pub(super) async fn is_supported(config: &AudioEncoderConfig) -> bool {
    if !js::get(&js_sys::global(), "AudioEncoder").is_function() {
        return false;
    }
    match JsFuture::from(AudioEncoder::is_config_supported(config)).await {
        Ok(support) => support.unchecked_into::<AudioEncoderSupport>().get_supported().unwrap_or(false),
        Err(_) => false,
    }
}

/// Whether this browser decodes what comes out.
async fn is_decodable(config: &AudioEncoderConfig) -> bool {
    let (channels, rate) = (config.get_number_of_channels(), config.get_sample_rate());
    decodes(&AudioDecoderConfig::new(&config.get_codec(), channels, rate)).await
}

/// Whether this browser decodes sound of this kind.
pub(crate) async fn decodes(config: &AudioDecoderConfig) -> bool {
    if !js::get(&js_sys::global(), "AudioDecoder").is_function() {
        return false;
    }
    match JsFuture::from(AudioDecoder::is_config_supported(config)).await {
        Ok(support) => support.unchecked_into::<AudioDecoderSupport>().get_supported().unwrap_or(false),
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
