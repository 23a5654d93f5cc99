//! The measurement of an audio encoder: a chirp gives its delay, two joined runs tell whether packets stand alone.

use js_sys::{Error, Float32Array, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AudioData, AudioDataInit, AudioDecoder, AudioDecoderConfig, AudioEncoder, AudioEncoderConfig, AudioSampleFormat,
    EncodedAudioChunk, EncodedAudioChunkInit, EncodedAudioChunkType,
};

use super::SoundFacts;
use super::engine::Engine;
use super::signal::{self, RATE};
use crate::js;
use crate::media::frame::OwnedSound;
use crate::media::sound::hand_in;
use crate::media::video::description;

/// Where the chirp begins, and how much is sent in all.
const CHIRP_AT: u16 = 4800;
const CHIRP_RUN: usize = 14_400;
/// Below this likeness it was not the chirp that was found; a good encoder gives 0.99, a starved one 0.8.
const LEAST_LIKENESS: f64 = 0.5;
/// Packets of the run before a join, of the run behind it, and those of the latter that are compared.
const BEFORE: usize = 8;
const BEHIND: usize = 6;
const COMPARED: usize = 5;
/// Clean joins were measured at 57 dB and more, others at 9 dB and less.
const CLEAN_DB: f64 = 30.0;

pub(super) async fn measure(config: &AudioEncoderConfig, dropped: u32) -> Result<SoundFacts, JsValue> {
    if config.get_sample_rate() != RATE {
        return Err(error(&format!("encoder of {} Hz, wanted {RATE}", config.get_sample_rate())));
    }
    let chirp = signal::chirp();
    let mut sent = vec![0.0; CHIRP_RUN];
    sent[usize::from(CHIRP_AT)..][..chirp.len()].copy_from_slice(&chirp);
    let packets = encode_mono(config, &sent).await?;
    let source = packets.iter().find_map(Source::of).ok_or_else(|| error("no decoderConfig with any packet"))?;
    let stamped = packets.iter().map(|packet| (&packet.bytes, packet.timestamp)).collect();
    let heard = heard(decode(&source.config, stamped).await?)?;
    let found = signal::find(&chirp, &heard.samples, CHIRP_AT.into(), -1024..=6000);
    let found = found.filter(|found| found.likeness >= LEAST_LIKENESS);
    let found = found.ok_or_else(|| error(&format!("chirp not found in {} samples", heard.samples.len())))?;
    let delay = u32::try_from(found.lag).map_err(|_| error(&format!("sound came {} samples early", -found.lag)))?;
    // The first block may be cut short by what the decoder knows of the delay.
    let packet = *heard.blocks.get(1).ok_or_else(|| error("fewer than two blocks decoded"))?;
    let joins_clean = join_snr(config, &source, dropped as usize, packet as usize).await? >= CLEAN_DB;
    Ok(SoundFacts { packet, delay, joins_clean, entry: source.entry })
}

/// Decodes packets of one run behind those of another, and by themselves, and compares.
async fn join_snr(config: &AudioEncoderConfig, source: &Source, dropped: usize, packet: usize) -> Result<f64, JsValue> {
    let first = encode_mono(config, &signal::chord(140.0)).await?;
    let second = encode_mono(config, &signal::chord(230.0)).await?;
    let too_short = || error(&format!("{} and {} packets, too few to join", first.len(), second.len()));
    let before = first.get(dropped..dropped + BEFORE).ok_or_else(too_short)?;
    let alone = second.get(..dropped + BEHIND).ok_or_else(too_short)?;
    let whole = heard(decode(&source.config, in_time(alone, packet)).await?)?;
    let joined = heard(decode(&source.config, in_time(before.iter().chain(&alone[dropped..]), packet)).await?)?;
    let whole = whole.samples.get(dropped * packet..).unwrap_or_default();
    let joined = joined.samples.get(BEFORE * packet..).unwrap_or_default();
    signal::least_snr(whole, joined, packet, COMPARED, source.overlap(packet)).ok_or_else(|| {
        error(&format!("{} and {} samples decoded, wanted {COMPARED} packets of {packet}", whole.len(), joined.len()))
    })
}

/// What came out of an encoder.
pub(in crate::media) struct Packet {
    pub(in crate::media) bytes: Uint8Array,
    timestamp: f64,
    pub(in crate::media) metadata: JsValue,
}

/// How a decoder must be configured for the packets.
struct Source {
    config: AudioDecoderConfig,
    entry: Vec<u8>,
    is_opus: bool,
}

impl Source {
    /// `None` where this packet brings no decoder configuration: only the first of a run does.
    fn of(packet: &Packet) -> Option<Source> {
        let entry = description(&packet.metadata)?;
        let delivered = js::get(&packet.metadata, "decoderConfig");
        let config = Object::assign(&Object::new(), delivered.unchecked_ref());
        let config: AudioDecoderConfig = config.unchecked_into();
        let is_opus = config.get_codec() == "opus";
        let mut patched = entry.clone();
        // PreSkip (RFC 7845 s.5.1): with 0 the decoder trims nothing, as in the files we write.
        if let (true, Some(pre_skip)) = (is_opus, patched.get_mut(10..12)) {
            pre_skip.fill(0);
            config.set_description_u8_array(&Uint8Array::from(patched.as_slice()));
        }
        Some(Source { config, entry, is_opus })
    }

    /// Samples behind a join that both packets make together: 2.5 ms in Opus (RFC 6716 s.4.3.7), all of them in AAC.
    fn overlap(&self, packet: usize) -> usize {
        if self.is_opus { 120 } else { packet }
    }
}

/// Runs a fresh encoder over `samples`, the same in every channel.
async fn encode_mono(config: &AudioEncoderConfig, samples: &[f32]) -> Result<Vec<Packet>, JsValue> {
    encode(config, &samples.repeat(config.get_number_of_channels() as usize)).await
}

/// Runs a fresh encoder over samples, channel after channel.
pub(in crate::media) async fn encode(config: &AudioEncoderConfig, samples: &[f32]) -> Result<Vec<Packet>, JsValue> {
    const BLOCK: usize = 960;
    let channels = config.get_number_of_channels();
    let engine = Engine::<AudioEncoder, _>::new(config, |chunk, metadata| {
        let chunk: EncodedAudioChunk = chunk.unchecked_into();
        let bytes = Uint8Array::new_with_length(chunk.byte_length());
        chunk.copy_to_with_u8_array(&bytes).map(|()| Packet { bytes, timestamp: chunk.timestamp(), metadata })
    })?;
    let rate = config.get_sample_rate();
    let length = samples.len() / channels as usize;
    let mut planes = Vec::with_capacity(BLOCK * channels as usize);
    for start in (0..length).step_by(BLOCK) {
        let frames = BLOCK.min(length - start);
        planes.clear();
        samples.chunks_exact(length).for_each(|plane| planes.extend_from_slice(&plane[start..start + frames]));
        let planes = Float32Array::from(planes.as_slice());
        let format = AudioSampleFormat::F32Planar;
        let init = AudioDataInit::new(planes.unchecked_ref(), format, channels, frames as u32, rate as f32, 0);
        init.set_timestamp_f64(microseconds(start as u32, rate));
        hand_in(engine.codec(), &init)?;
    }
    engine.finish().await?.into_iter().collect()
}

/// What came out of a decoder: the first channel, and how many samples each block brought.
struct Heard {
    samples: Vec<f32>,
    blocks: Vec<u32>,
}

/// Runs a fresh decoder over packets and their stamps.
pub(in crate::media) async fn decode(
    config: &AudioDecoderConfig,
    packets: Vec<(&Uint8Array, f64)>,
) -> Result<Vec<OwnedSound>, JsValue> {
    let engine =
        Engine::<AudioDecoder, _>::new(config, |sound, _| OwnedSound::new(sound.unchecked_into::<AudioData>()))?;
    for (bytes, timestamp) in packets {
        let init = EncodedAudioChunkInit::new_with_u8_array(bytes, 0, EncodedAudioChunkType::Key);
        init.set_timestamp_f64(timestamp);
        engine.codec().decode(&EncodedAudioChunk::new(&init)?)?;
    }
    engine.finish().await
}

/// The first channel of decoded blocks.
fn heard(blocks: Vec<OwnedSound>) -> Result<Heard, JsValue> {
    let mut heard = Heard { samples: Vec::new(), blocks: Vec::new() };
    let mut planes = Vec::new();
    for sound in blocks {
        if sound.rate() != RATE {
            return Err(error(&format!("decoder of {} Hz, wanted {RATE}", sound.rate())));
        }
        sound.planes(&mut planes)?;
        let frames = planes.len() / (sound.channels() as usize).max(1);
        heard.samples.extend_from_slice(&planes[..frames]);
        heard.blocks.push(frames as u32);
    }
    Ok(heard)
}

/// Stamps packets one behind the other: joined runs have stamps of their own.
fn in_time<'a>(packets: impl IntoIterator<Item = &'a Packet>, length: usize) -> Vec<(&'a Uint8Array, f64)> {
    let duration = microseconds(length as u32, RATE);
    packets.into_iter().zip(0u32..).map(move |(packet, index)| (&packet.bytes, f64::from(index) * duration)).collect()
}

pub(in crate::media) fn microseconds(samples: u32, rate: u32) -> f64 {
    f64::from(samples) * 1e6 / f64::from(rate)
}

fn error(detail: &str) -> JsValue {
    Error::new(detail).into()
}
