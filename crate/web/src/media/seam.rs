//! Sound around a join, decoded and encoded anew: the coder for the packets that the core asks for. It decides nothing
//! about the film. Used by work on files in the studio worker.

use std::cell::Cell;

use js_sys::{Object, Uint8Array};
use onetake_core::codec::SampleEntry;
use onetake_core::error::{Failure, Retry};
use onetake_core::export::{Patch, Seam, Side};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AudioDecoderConfig, AudioEncoderConfig};

use super::selftest::sound::{decode, encode, microseconds};
use super::sound::is_supported;
use super::video::description;
use super::{aac, selftest, sound};
use crate::js;

thread_local! {
    /// The last measurement of this worker: whether of Opus, channels, packet, delay.
    static MEASURED: Cell<(bool, u32, u32, u32)> = const { Cell::new((false, 0, 0, 0)) };
}

/// The bytes of the packets of one side, in the order the seam names them.
pub(crate) type Packets<'a> = Vec<&'a [u8]>;

/// Makes what takes the place of a seam's packets.
///
/// # Errors
/// `not_supported` where this browser cannot decode or encode the coding or would encode it otherwise, `load_failed`
/// where the encoder package could and cannot be had, `encoder_failed`.
pub(crate) async fn patch(seam: &Seam, before: Packets<'_>, after: Packets<'_>) -> Result<Patch, Failure> {
    let coder = Coder::new(seam).await?;
    let (packet, length) = (seam.packet as usize, seam.packets_before + seam.packets_after);
    // The sound from as early as the encoder is to hear it; what there is none of is silence.
    let delay = coder.delay as usize;
    let lead = seam.dropped as usize * packet;
    let wanted = (lead + length * packet).saturating_add(delay).next_multiple_of(packet) + packet;
    let skip = |side: &Side| side.lead * packet;
    let past = match &seam.before {
        Some(side) => coder.decode(&before, skip(side)).await?,
        None => vec![Vec::new(); coder.channels as usize],
    };
    let next = coder.decode(&after, skip(&seam.after)).await?;
    // The first kept packet begins `packets_before` before the join, the first handed in so much before that.
    let back = (seam.packets_before * packet + lead).saturating_sub(delay);
    let planes = section(&past, &next, back, wanted);
    // What is heard around must stay the same: of the ways to encode, the one is taken that the packets around were made
    // in, which is seen from how well they decode beside it.
    let ahead = &before[..before.len() - seam.packets_before.min(before.len())];
    let behind = after.get(seam.after.lead + seam.packets_after..).unwrap_or_default();
    let mut best: Option<(f64, Patch)> = None;
    for loss in coder.losses() {
        let packets = coder.encode(seam, &planes, *loss).await?;
        let mut row = Vec::with_capacity(ahead.len() + packets.len() + behind.len());
        row.extend_from_slice(ahead);
        for packet in &packets {
            row.push(packet.as_slice());
        }
        row.extend_from_slice(behind);
        let heard = coder.decode(&row, seam.before.as_ref().map_or(0, skip)).await?;
        let error = apart(&heard, &past, &next);
        if best.as_ref().is_none_or(|(least, _)| error < *least) {
            best = Some((error, Patch { packets }));
        }
    }
    best.map(|(_, patch)| patch).ok_or_else(|| coder.refuse("encoder"))
}

/// This many samples of every channel, channel after channel, of which so many lie before the join; silence where there
/// are none.
fn section(past: &[Vec<f32>], next: &[Vec<f32>], back: usize, length: usize) -> Vec<f32> {
    let mut planes = vec![0.0; length * past.len()];
    for (channel, past) in past.iter().enumerate() {
        let next = &next[channel];
        for at in 0..length {
            let value = if at < back {
                past.len().checked_sub(back - at).map(|at| past[at])
            } else {
                next.get(at - back).copied()
            };
            planes[channel * length + at] = value.unwrap_or(0.0);
        }
    }
    planes
}

/// How far a decoded row lies from what it should be, in squares.
fn apart(heard: &[Vec<f32>], past: &[Vec<f32>], next: &[Vec<f32>]) -> f64 {
    let mut sum = 0.0;
    for (channel, heard) in heard.iter().enumerate() {
        let (past, next) = (&past[channel], &next[channel]);
        for (at, value) in heard.iter().enumerate() {
            let wanted = past.get(at).or_else(|| next.get(at - past.len())).copied().unwrap_or(0.0);
            sum += f64::from(value - wanted).powi(2);
        }
    }
    sum
}

/// How one coding is decoded and encoded.
struct Coder {
    codec: String,
    is_opus: bool,
    /// Whether the encoder package encodes it, for the browser does not.
    packaged: bool,
    channels: u32,
    rate: u32,
    packet: usize,
    decoder: AudioDecoderConfig,
    bitrate: u32,
    delay: u32,
}

impl Coder {
    async fn new(seam: &Seam) -> Result<Coder, Failure> {
        let (codec, channels) = (seam.entry.codec_string(), seam.entry.sound().0);
        let decoder = AudioDecoderConfig::new(&codec, channels, seam.rate);
        if let Some(description) = &seam.description {
            decoder.set_description_u8_array(&Uint8Array::from(description.as_slice()));
        }
        let bitrate = u32::try_from(seam.bitrate).unwrap_or(u32::MAX).clamp(12_000, 510_000);
        let packet = seam.packet as usize;
        let is_opus = codec == "opus";
        let mut coder =
            Coder { codec, is_opus, packaged: false, channels, rate: seam.rate, packet, decoder, bitrate, delay: 0 };
        if !is_supported(&coder.encoder(0)).await {
            if coder.codec != aac::CODEC {
                return Err(coder.refuse("encoder"));
            }
            aac::load().await?;
            coder.packaged = true;
        }
        coder.delay = coder.measured(seam).await?;
        Ok(coder)
    }

    /// Ways to encode, by the loss of packets that Opus is to reckon with: from 10 % on it does without its pitch filter.
    fn losses(&self) -> &'static [u8] {
        if self.is_opus { &[0, 20] } else { &[0] }
    }

    fn encoder(&self, loss: u8) -> AudioEncoderConfig {
        let config = AudioEncoderConfig::new(&self.codec, self.channels, self.rate);
        config.set_bitrate(self.bitrate);
        if self.is_opus {
            let opus = Object::new();
            js::set(&opus, "frameDuration", microseconds(self.packet as u32, self.rate));
            js::set(&opus, "packetlossperc", loss);
            js::set(config.unchecked_ref(), "opus", opus);
        }
        if self.packaged {
            aac::mark(&config);
        }
        config
    }

    /// The packets of a patch.
    async fn encode(&self, seam: &Seam, planes: &[f32], loss: u8) -> Result<Vec<Vec<u8>>, Failure> {
        let packets = encode(&self.encoder(loss), planes).await.map_err(|reason| failed(&reason))?;
        let entry = packets.iter().find_map(|packet| description(&packet.metadata)).unwrap_or_default();
        if !self.entry(&entry, seam).is_some_and(|entry| seam.takes(&entry)) {
            return Err(self.refuse("fitting encoder"));
        }
        let from = seam.dropped as usize;
        let Some(packets) = packets.get(from..from + seam.packets_before + seam.packets_after) else {
            return Err(self.refuse("fitting encoder"));
        };
        Ok(packets.iter().map(|packet| packet.bytes.to_vec()).collect())
    }

    /// The delay of the encoder, in samples; measured once.
    async fn measured(&self, seam: &Seam) -> Result<u32, Failure> {
        if self.rate != sound::RATE {
            return Err(self.refuse("fitting encoder"));
        }
        let (is_opus, channels, packet, delay) = MEASURED.get();
        if (is_opus, channels, packet) == (self.is_opus, self.channels, seam.packet) {
            return Ok(delay);
        }
        let facts = selftest::measure_sound(&self.encoder(0), seam.dropped).await?;
        if facts.packet != seam.packet {
            return Err(self.refuse("fitting encoder"));
        }
        MEASURED.set((self.is_opus, self.channels, facts.packet, facts.delay));
        Ok(facts.delay)
    }

    /// What packets decode to without so many samples at the beginning, a list for each channel.
    async fn decode(&self, packets: &[&[u8]], skip: usize) -> Result<Vec<Vec<f32>>, Failure> {
        let bytes: Vec<Uint8Array> = packets.iter().map(|packet| Uint8Array::from(*packet)).collect();
        let mut stamped = Vec::with_capacity(bytes.len());
        for (number, bytes) in bytes.iter().enumerate() {
            stamped.push((bytes, microseconds((number * self.packet) as u32, self.rate)));
        }
        let blocks = decode(&self.decoder, stamped).await.map_err(|_| self.refuse("decoder"))?;
        let mut heard = vec![Vec::new(); self.channels as usize];
        let mut planes = Vec::new();
        for block in blocks {
            block.planes(&mut planes).map_err(|reason| failed(&reason))?;
            if (block.rate(), block.channels()) != (self.rate, self.channels) {
                return Err(self.refuse("fitting decoder"));
            }
            let frames = planes.len() / heard.len();
            for (channel, all) in heard.iter_mut().enumerate() {
                all.extend_from_slice(&planes[channel * frames..(channel + 1) * frames]);
            }
        }
        // Else nobody knows which packet a sample is of.
        if heard.iter().any(|plane| plane.len() != packets.len() * self.packet) {
            return Err(self.refuse("fitting decoder"));
        }
        heard.iter_mut().for_each(|plane| drop(plane.drain(..skip)));
        Ok(heard)
    }

    /// The sample entry of what the encoder gives.
    fn entry(&self, description: &[u8], seam: &Seam) -> Option<SampleEntry> {
        let channels = u8::try_from(self.channels).ok()?;
        if self.is_opus {
            SampleEntry::opus(description, channels).ok()
        } else {
            SampleEntry::mp4a(description, channels, seam.rate).ok()
        }
    }

    fn refuse(&self, what: &str) -> Failure {
        Failure::new("not_supported", Retry::Never, ["this browser has no ", what, " for ", &self.codec].concat())
    }
}

fn failed(reason: &JsValue) -> Failure {
    js::failure("encoder_failed", reason)
}
