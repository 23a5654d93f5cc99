//! Encoders that code nothing: a picture's chunk carries its number, a sound packet its samples, late by the delay of a
//! real encoder. So a test can decode exactly and see where every sample went.

use std::collections::BTreeSet;

use onetake_core::codec::SampleEntry;
use onetake_core::media::{AudioCodec, Size};

/// 1920 x 1080, High 4.0, as x264 writes it.
const SPS: [u8; 30] = [
    0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x5a, 0x80, 0x80, 0x80, 0xa0, 0x00, 0x00,
    0x03, 0x00, 0x20, 0x00, 0x00, 0x07, 0x81, 0xe3, 0x06, 0x32, 0xc0,
];
const PPS: [u8; 4] = [0x68, 0xce, 0x3c, 0x80];

pub(crate) const SIZE: Size = Size { width: 1920, height: 1080 };

/// What WebCodecs would give as `decoderConfig.description`.
pub(crate) fn description() -> Vec<u8> {
    let mut record = vec![1, SPS[1], SPS[2], SPS[3], 0xff, 0xe1, 0, SPS.len() as u8];
    record.extend_from_slice(&SPS);
    record.extend_from_slice(&[1, 0, PPS.len() as u8]);
    record.extend_from_slice(&PPS);
    record.extend_from_slice(&[0xfd, 0xf8, 0xf8, 0]);
    record
}

/// The sample entry of every picture.
pub(crate) fn video_entry() -> SampleEntry {
    SampleEntry::avc1(&description(), SIZE).expect("a record from x264")
}

/// The sample entry of every sound.
pub(crate) fn audio_entry(codec: AudioCodec, channels: u8) -> SampleEntry {
    match codec {
        AudioCodec::Opus => SampleEntry::opus(&[], channels),
        AudioCodec::Aac => SampleEntry::mp4a(&[0x11, 0x80 | channels << 3], channels, 48_000),
    }
    .expect("a plain description")
}

/// Pictures that a real encoder made: a group that leans on its first.
#[derive(Clone, Debug)]
pub(crate) struct Coded {
    pub(crate) entry: SampleEntry,
    pub(crate) pictures: Vec<Vec<u8>>,
}

/// Chunks of numbered pictures.
#[derive(Clone, Debug, Default)]
pub(crate) struct VideoEncoder {
    /// Pictures it takes and never gives, by camera number.
    pub(crate) swallow: BTreeSet<u32>,
    /// What it gives instead of numbers, from the first again where a key frame is asked for.
    pub(crate) coded: Option<Coded>,
    given: usize,
}

impl VideoEncoder {
    pub(crate) fn entry(&self) -> SampleEntry {
        self.coded.as_ref().map_or_else(video_entry, |coded| coded.entry.clone())
    }

    pub(crate) fn size(&self) -> Size {
        self.entry().size().expect("an entry of pictures")
    }

    pub(crate) fn encode(&mut self, number: u32, key: bool) -> Option<Vec<u8>> {
        if let Some(coded) = &self.coded {
            self.given = if key { 0 } else { self.given + 1 };
            return Some(coded.pictures[self.given].clone());
        }
        let mut data = number.to_le_bytes().to_vec();
        data.resize(if key { 400 } else { 40 }, 0xEE);
        (!self.swallow.contains(&number)).then_some(data)
    }
}

/// The number of a picture.
pub(crate) fn number(data: &[u8]) -> u32 {
    u32::from_le_bytes(data[..4].try_into().expect("a picture of ours"))
}

/// Packet k carries the input samples k*n - d .. (k+1)*n - d of its first plane: what a decoder would give for it.
#[derive(Clone, Debug)]
pub(crate) struct AudioEncoder {
    packet: usize,
    /// Samples not yet in a packet; it begins with the d zeros of its delay.
    waiting: Vec<f32>,
    delay: usize,
    pub(crate) handed_in: i64,
}

impl AudioEncoder {
    pub(crate) fn new(codec: AudioCodec, delay: u32) -> AudioEncoder {
        let (packet, delay) = (codec.packet() as usize, delay as usize);
        AudioEncoder { packet, waiting: vec![0.0; delay], delay, handed_in: 0 }
    }

    /// A real encoder gives packet k once it has (k+1)*n samples.
    pub(crate) fn encode(&mut self, samples: &[f32]) -> Vec<Vec<u8>> {
        self.handed_in += samples.len() as i64;
        self.waiting.extend_from_slice(samples);
        let mut packets = Vec::new();
        while self.waiting.len() >= self.packet + self.delay {
            packets.push(self.take());
        }
        packets
    }

    /// The rest, padded with silence.
    pub(crate) fn flush(&mut self) -> Vec<Vec<u8>> {
        let rest = self.waiting.len().div_ceil(self.packet);
        self.waiting.resize(rest * self.packet, 0.0);
        (0..rest).map(|_| self.take()).collect()
    }

    fn take(&mut self) -> Vec<u8> {
        let rest = self.waiting.split_off(self.packet);
        let samples = std::mem::replace(&mut self.waiting, rest);
        if samples.iter().all(|sample| *sample == 0.0) {
            return vec![0];
        }
        samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
    }
}

/// The samples of a packet; none for digital silence.
pub(crate) fn decode(data: &[u8]) -> Vec<f32> {
    // Silence is one byte.
    let samples = data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")));
    samples.collect()
}
