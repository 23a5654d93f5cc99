//! The sound of a file as packets of a segment: copied where they are such packets already, else decoded and encoded anew,
//! a few seconds at a time. What is decoded and where it belongs is decided in `onetake_core::transcode`; here is when.

use std::collections::VecDeque;
use std::ops::Range;

use js_sys::Uint8Array;
use onetake_core::codec::{SampleEntry, silence};
use onetake_core::demux::FileIndex;
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{AudioCodec, TrackKind};
use onetake_core::time::{Micros, Ticks, Timescale};
use onetake_core::transcode::sound::{Decoded, FINE, SoundCoding, SoundCourse, SoundPacket, SoundSource, SoundWanted};
use wasm_bindgen::JsValue;
use web_sys::AudioDecoderConfig;

use crate::js;
use crate::media::sound::{SoundSetup, decodes};
use crate::media::stream::{Bell, SoundDecoder, SoundEncoder};
use crate::studio::desk::Desk;

/// Bits a second where nobody says how many.
const BITRATE: u32 = 128_000;
/// What is read of the file at once, in bytes and in packets.
const ROUND: u64 = 256 << 10;
const PACKETS: usize = 96;
/// How much further what a decoder was handed may be than what it gave, in microseconds.
const AHEAD_US: i64 = 2_000_000;
/// How many packets an encoder may hold.
const HELD: u64 = 64;
/// Packets that are encoded before others of this worker have their turn.
const PORTION: usize = 256;
/// A stamp that comes back so near to one handed in, in microseconds, is that one: some browsers round them to 100.
const NEAR_US: i64 = 400;
/// Packets that begin farther apart than this, in microseconds, do not follow each other.
const LEAP_US: i64 = 300_000;
/// Quarters of a second for which a codec may be silent.
const PATIENCE: u32 = 80;

/// The sound of a file as packets of a segment.
pub(super) struct Sound {
    reader: Reader,
    entry: SampleEntry,
    packet: u32,
    /// Packets in all, and how many of them were given.
    all: u64,
    given: u64,
    way: Way,
}

enum Way {
    /// As they are; behind the last one, packets of silence.
    Copied {
        silence: Vec<u8>,
    },
    Encoded(Box<Coder>),
}

impl Sound {
    /// The sound of `source`, a file of the desk; `None` where it has none. `bitrate`: encoded anew at so many bits a second;
    /// `None`: copied, or where it cannot be, encoded at 128 000. `length`: of the film, in ticks of 1/48 000 s.
    ///
    /// # Errors
    /// `not_supported` where this browser cannot decode or encode it, `load_failed` where the encoder package cannot be had,
    /// `encoder_failed`, `file_unsupported` where its edit list asks for what cannot be done.
    pub(super) async fn new(
        index: &FileIndex,
        source: u32,
        length: Ticks,
        bitrate: Option<u32>,
    ) -> Result<Option<Sound>, Failure> {
        let Some(track) = index.track(TrackKind::Audio).filter(|track| track.tables.samples() > 0) else {
            return Ok(None);
        };
        let track = SoundSource::new(index, track).map_err(|what| {
            Failure::new("file_unsupported", Retry::Never, ["the sound's edit list: ", what].concat())
        })?;
        let Some(coding) = track.coding(0) else { return Ok(None) };
        let copied = if bitrate.is_none() && track.is_plain() { copied(&track, &coding) } else { None };
        let (entry, packet, way) = match copied {
            Some((entry, codec, silence)) => (entry, codec.packet(), Way::Copied { silence }),
            None => {
                if !decodes(&decoder(&coding)).await {
                    return Err(undecoded(&coding));
                }
                let channels = if coding.channels == 1 { 1 } else { 2 };
                let bitrate = bitrate.unwrap_or(BITRATE).clamp(12_000, 510_000);
                let (setup, entry) = SoundSetup::for_files(channels, bitrate).await?;
                let packet = setup.codec.packet();
                (entry, packet, Way::Encoded(Box::new(Coder::new(setup, length)?)))
            }
        };
        let length = length.0.max(0);
        let all = length.unsigned_abs().div_ceil(packet.into());
        let end = Timescale::RECORDING.rescale(Ticks(length), FINE).unwrap_or(Ticks(i64::MAX));
        let reader = Reader { source, track, end, read: VecDeque::new(), is_over: false };
        Ok(Some(Sound { reader, entry, packet, all, given: 0, way }))
    }

    /// How its packets are described.
    pub(super) fn entry(&self) -> &SampleEntry {
        &self.entry
    }

    /// Ticks of a packet, of 1/48 000 s.
    pub(super) fn packet(&self) -> u32 {
        self.packet
    }

    /// Whether its packets are those of the file.
    pub(super) fn is_copied(&self) -> bool {
        matches!(self.way, Way::Copied { .. })
    }

    /// All packets that begin before `until`, in ticks of the film, and were not given yet.
    ///
    /// # Errors
    /// `aborted` once the request was given up; `file_damaged`, `not_supported`, `encoder_failed`. Nothing more can be asked
    /// for then.
    pub(super) async fn advance(&mut self, desk: &mut Desk, until: Ticks) -> Result<Vec<Vec<u8>>, Failure> {
        let begun = until.0.max(0).unsigned_abs().div_ceil(self.packet.into()).min(self.all);
        let mut packets = Vec::new();
        match &mut self.way {
            Way::Copied { silence } => {
                while self.given < begun {
                    let next = self.reader.next(desk).await?;
                    packets.push(next.map_or_else(|| silence.clone(), |(_, bytes)| bytes));
                    self.given += 1;
                }
            }
            Way::Encoded(coder) => {
                while self.given < begun {
                    packets.push(coder.next(desk, &mut self.reader).await?);
                    self.given += 1;
                }
            }
        }
        Ok(packets)
    }
}

/// How packets that are copied are described, their coding, and a packet of silence among them.
fn copied(track: &SoundSource, coding: &SoundCoding) -> Option<(SampleEntry, AudioCodec, Vec<u8>)> {
    let codec = track.entries().first()?.audio_codec()?;
    let (record, channels) = (coding.description.as_ref()?, u8::try_from(coding.channels).ok()?);
    // Made anew: one of QuickTime has no place in a segment.
    let entry = match codec {
        AudioCodec::Aac => SampleEntry::mp4a(record, channels, coding.rate),
        AudioCodec::Opus => SampleEntry::opus(record, channels),
    };
    let entry = entry.ok()?;
    let silence = silence(&entry, None, coding.rate)?;
    Some((entry, codec, silence.bytes))
}

/// The packets of the file, read some at a time.
struct Reader {
    source: u32,
    track: SoundSource,
    /// Of the film, in ticks of [`FINE`]: nothing behind it is read.
    end: Ticks,
    read: VecDeque<(SoundPacket, Vec<u8>)>,
    is_over: bool,
}

impl Reader {
    /// The next packet and its bytes; `None` behind the last one.
    async fn next(&mut self, desk: &mut Desk) -> Result<Option<(SoundPacket, Vec<u8>)>, Failure> {
        if self.read.is_empty() && !self.is_over {
            self.read(desk).await?;
        }
        Ok(self.read.pop_front())
    }

    async fn read(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        let (mut packets, mut wants, mut size): (_, Vec<(u32, Range<u64>)>, _) = (Vec::new(), Vec::new(), 0);
        while size < ROUND && packets.len() < PACKETS {
            let Some(packet) = self.track.poll_packet().filter(|packet| packet.at < self.end) else {
                self.is_over = true;
                break;
            };
            size += packet.range.end - packet.range.start;
            match wants.last_mut() {
                Some((_, range)) if range.end == packet.range.start => range.end = packet.range.end,
                _ => wants.push((self.source, packet.range.clone())),
            }
            packets.push(packet);
        }
        if packets.is_empty() {
            return Ok(());
        }
        let bytes = desk.read(&wants).await?;
        let mut rest = bytes.as_slice();
        for packet in packets {
            let (own, more) = rest.split_at((packet.range.end - packet.range.start) as usize);
            self.read.push_back((packet, own.to_vec()));
            rest = more;
        }
        Ok(())
    }
}

/// Sound on its way from packets of the file to packets of the segment.
struct Coder {
    setup: SoundSetup,
    course: SoundCourse,
    bell: Bell,
    decoding: Option<Decoding>,
    encoder: SoundEncoder,
    /// Packets of samples that the encoder was given, and packets that it gave.
    handed: u64,
    came: u64,
    is_flushed: bool,
    ready: VecDeque<Vec<u8>>,
    /// Samples that are carried over.
    planes: Vec<f32>,
}

/// Packets in a row at one decoder.
struct Decoding {
    decoder: SoundDecoder,
    coding: SoundCoding,
    heard: (Ticks, Ticks),
    /// Where the first packet lies in the film, in ticks of [`FINE`]: its stamp is 0.
    first: Ticks,
    /// Stamps handed in, and where their packets lie; all before the one that came back last are gone.
    stamps: VecDeque<(Micros, Ticks)>,
    /// The last stamp handed in, and the last that came back.
    handed: Micros,
    came: Micros,
}

impl Coder {
    fn new(setup: SoundSetup, length: Ticks) -> Result<Coder, Failure> {
        let bell = Bell::default();
        let encoder = SoundEncoder::to_sound(&setup, &bell).map_err(|reason| failed(&reason))?;
        let course = SoundCourse::new(SoundWanted {
            channels: setup.channels,
            packet: setup.codec.packet(),
            delay: setup.delay,
            dropped: setup.codec.dropped_packets(),
            length,
        });
        let (decoding, ready, planes) = (None, VecDeque::new(), Vec::new());
        Ok(Coder { setup, course, bell, decoding, encoder, handed: 0, came: 0, is_flushed: false, ready, planes })
    }

    /// The next packet of the segment.
    async fn next(&mut self, desk: &mut Desk, reader: &mut Reader) -> Result<Vec<u8>, Failure> {
        let mut silent = 0;
        loop {
            if let Some(packet) = self.ready.pop_front() {
                return Ok(packet);
            }
            desk.go_on()?;
            self.take_decoded()?;
            let all = self.encode()?;
            self.take_encoded()?;
            if !self.ready.is_empty() {
                continue;
            }
            if self.handed >= self.came + HELD || self.is_behind() {
                silent = if self.bell.wait().await { 0 } else { silent + 1 };
                if silent >= PATIENCE {
                    return Err(failed(&JsValue::from_str("the browser neither encodes nor decodes sound any longer")));
                }
            } else if !all {
                rest().await;
            } else if !self.course.is_done() {
                self.feed(desk, reader).await?;
            } else if self.is_flushed {
                let detail = format!("{} packets of sound, wanted {}", self.came, self.handed);
                return Err(Failure::new("encoder_failed", Retry::Later, detail));
            } else {
                self.decoding = None;
                self.encoder.flush().await.map_err(|reason| failed(&reason))?;
                self.is_flushed = true;
            }
        }
    }

    /// Whether the decoder was handed enough for now.
    fn is_behind(&self) -> bool {
        let behind = |decoding: &Decoding| (decoding.handed - decoding.came).0 > AHEAD_US;
        // A decoder that counts its samples may give stamps of its own: one without work is not waited for.
        self.decoding.as_ref().is_some_and(|decoding| behind(decoding) && decoding.decoder.queued() > 0)
    }

    /// Hands the decoder one packet more; behind the last one, tells the course.
    async fn feed(&mut self, desk: &mut Desk, reader: &mut Reader) -> Result<(), Failure> {
        let Some((packet, bytes)) = reader.next(desk).await? else {
            self.end_decoding().await?;
            self.course.handle_end();
            return Ok(());
        };
        if packet.anew || !self.decoding.as_ref().is_some_and(|decoding| decoding.goes_on(&packet)) {
            self.end_decoding().await?;
            let coding = reader.track.coding(packet.entry).ok_or_else(|| damaged("no sample entry"))?;
            self.decoding = Some(Decoding::new(coding, &packet, &self.bell)?);
        }
        match &mut self.decoding {
            Some(decoding) => decoding.hand_in(&packet, &bytes),
            None => Ok(()),
        }
    }

    /// Takes what is left in the decoder and closes it.
    async fn end_decoding(&mut self) -> Result<(), Failure> {
        if let Some(decoding) = &self.decoding {
            decoding.decoder.flush().await.map_err(|reason| decoding.refuse(&reason))?;
        }
        self.take_decoded()?;
        self.decoding = None;
        Ok(())
    }

    /// Gives the course what was decoded.
    fn take_decoded(&mut self) -> Result<(), Failure> {
        let Some(decoding) = &mut self.decoding else { return Ok(()) };
        while let Some(sound) = decoding.decoder.poll().map_err(|reason| decoding.refuse(&reason))? {
            let at = decoding.place(sound.stamp());
            sound.planes(&mut self.planes).map_err(|reason| decoding.refuse(&reason))?;
            let (rate, channels, planes) = (sound.rate(), sound.channels(), self.planes.as_slice());
            self.course.handle_block(&Decoded { at, heard: decoding.heard, rate, channels, planes });
        }
        Ok(())
    }

    /// Gives the encoder what the course has, as far as it may hold it; whether that is all.
    fn encode(&mut self) -> Result<bool, Failure> {
        let packet = i64::from(self.setup.codec.packet());
        for _ in 0..PORTION {
            if self.handed >= self.came + HELD {
                return Ok(false);
            }
            let Some(planes) = self.course.poll_packet() else { return Ok(true) };
            let stamp = Timescale::RECORDING.to_micros(Ticks(self.handed as i64 * packet));
            self.encoder.encode(stamp, &planes, self.setup.channels).map_err(|reason| failed(&reason))?;
            self.handed += 1;
            self.take_encoded()?;
        }
        Ok(false)
    }

    /// Takes what was encoded.
    fn take_encoded(&mut self) -> Result<(), Failure> {
        let dropped = u64::from(self.setup.codec.dropped_packets());
        while let Some(packet) = self.encoder.poll().map_err(|reason| failed(&reason))? {
            let packet = packet.map_err(|reason| failed(&reason))?;
            self.came += 1;
            if self.came > dropped {
                self.ready.push_back(packet);
            }
        }
        Ok(())
    }
}

impl Decoding {
    /// A fresh decoder for packets from this one on.
    fn new(coding: SoundCoding, packet: &SoundPacket, bell: &Bell) -> Result<Decoding, Failure> {
        let decoder = SoundDecoder::of_sound(&decoder(&coding), bell).map_err(|_| undecoded(&coding))?;
        let heard = (Ticks(packet.heard.start), Ticks(packet.heard.end));
        let (handed, came) = (Micros(0), Micros(0));
        Ok(Decoding { decoder, coding, heard, first: packet.at, stamps: VecDeque::new(), handed, came })
    }

    /// Whether the packet follows the last one: many decoders count on from the first stamp and never see a leap.
    fn goes_on(&self, packet: &SoundPacket) -> bool {
        (0..=LEAP_US).contains(&(FINE.to_micros(packet.at - self.first) - self.handed).0)
    }

    fn hand_in(&mut self, packet: &SoundPacket, bytes: &[u8]) -> Result<(), Failure> {
        let stamp = FINE.to_micros(packet.at - self.first);
        self.stamps.push_back((stamp, packet.at));
        self.handed = stamp;
        self.decoder.decode(bytes, stamp).map_err(|reason| self.refuse(&reason))
    }

    /// Where a block of this stamp lies: where its packet does, or as far behind it as its stamp is.
    fn place(&mut self, stamp: Micros) -> Ticks {
        self.came = stamp;
        while self.stamps.get(1).is_some_and(|(next, _)| (*next - stamp).0 <= NEAR_US) {
            self.stamps.pop_front();
        }
        let Some((given, at)) = self.stamps.front() else { return self.first };
        let late = stamp - *given;
        if late.0.abs() <= NEAR_US { *at } else { *at + FINE.from_micros(late) }
    }

    /// What is told of a decoder that fails.
    fn refuse(&self, reason: &JsValue) -> Failure {
        let told = js::describe(reason);
        if told.starts_with("NotSupportedError") { undecoded(&self.coding) } else { damaged(&told) }
    }
}

/// The configuration of a decoder.
fn decoder(coding: &SoundCoding) -> AudioDecoderConfig {
    let config = AudioDecoderConfig::new(&coding.codec, coding.channels, coding.rate);
    if let Some(description) = &coding.description {
        config.set_description_u8_array(&Uint8Array::from(description.as_slice()));
    }
    config
}

/// Lets others of this worker have their turn.
async fn rest() {
    js::within::<()>(0, &mut std::future::pending()).await;
}

fn undecoded(coding: &SoundCoding) -> Failure {
    Failure::new("not_supported", Retry::Never, ["this browser decodes no ", &coding.codec].concat())
}

fn damaged(told: &str) -> Failure {
    Failure::new("file_damaged", Retry::Never, ["sound: ", told].concat())
}

fn failed(reason: &JsValue) -> Failure {
    js::failure("encoder_failed", reason)
}
