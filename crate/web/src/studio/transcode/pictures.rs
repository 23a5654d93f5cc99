//! The pictures: fed to a decoder, placed in the film, drawn where the encoder alone will not do, and encoded. Few are open
//! at any time, and each is closed as soon as the encoder has it.

use std::collections::VecDeque;
use std::iter::Peekable;

use js_sys::Uint8Array;
use onetake_core::codec::{Likeness, SampleEntry, av1, compare};
use onetake_core::demux::TrackIndex;
use onetake_core::error::{Failure, Retry};
use onetake_core::filter::recode;
use onetake_core::media::{Size, VideoCodec};
use onetake_core::orientation::Orientation;
use onetake_core::picture::{self, Given, Wanted, Way};
use onetake_core::time::{Micros, Ticks, Timescale};
use onetake_core::transcode::{Fed, Passage, Place, Rhythm};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    EncodedVideoChunk, EncodedVideoChunkInit, EncodedVideoChunkType, VideoDecoder, VideoDecoderConfig, VideoEncoder,
    VideoEncoderEncodeOptions, VideoFrame,
};

use super::Target;
use crate::gl::{Stage, View};
use crate::js;
use crate::media::frame::{OwnedFrame, micros, number};
use crate::media::stream::{Bell, Stream};
use crate::media::video::{bytes_of, record_of};
use crate::studio::desk::Desk;
use crate::studio::look::{LookDesk, aside};

/// Samples that a decoder is given before it has given back what it has.
const AHEAD: u32 = 8;
/// Pictures that wait in the encoder at most.
const QUEUE: u32 = 3;
/// What is read of the file at once: so many samples or bytes at most, unless one is larger.
const SAMPLES: usize = 128;
const BYTES: u64 = 1 << 20;
/// Quarters of a second for which codecs may be silent.
const PATIENCE: u32 = 80;
/// How often a lost GPU is looked for, and how long that may take between two looks.
const LOOKS: u32 = 100;
const LOOK_MS: u32 = 100;

/// An encoded picture.
pub(super) struct Coded {
    /// In ticks of 1/48 000 s.
    pub(super) pts: Ticks,
    pub(super) key: bool,
    pub(super) bytes: Vec<u8>,
    /// Where the encoder describes what it gives.
    pub(super) entry: Option<SampleEntry>,
}

type Output = (EncodedVideoChunk, Option<Vec<u8>>);

/// Everything from the first passage to the last.
pub(super) struct Pictures<'a> {
    target: Target,
    track: &'a TrackIndex,
    bell: Bell,
    encoder: Stream<VideoEncoder, Output>,
    stage: Option<Stage>,
    rhythm: Rhythm,
    /// What the encoder has and did not give back: the stamp it was handed in with, and its time.
    inside: VecDeque<(Micros, Ticks)>,
    /// Time of the last picture that was handed in, and of the last key frame among them.
    last: Option<Ticks>,
    last_key: Ticks,
    swallowed: u32,
    /// Of the film, in ticks of 1/48 000 s.
    end: Ticks,
    /// How its pictures are described: all alike.
    described: Option<SampleEntry>,
    /// Waits in a row in which nothing happened.
    silent: u32,
}

/// One passage at work.
pub(super) struct Pass<'a> {
    passage: &'a Passage,
    source: u32,
    fed: Peekable<Box<dyn Iterator<Item = Fed> + 'a>>,
    /// Read and not fed.
    read: VecDeque<(Fed, Vec<u8>)>,
    decoder: Option<Stream<VideoDecoder, OwnedFrame>>,
    /// The sample entry that the decoder was configured with.
    entry: usize,
    flushing: bool,
    /// The last picture before the passage.
    held: Option<OwnedFrame>,
}

impl<'a> Pictures<'a> {
    /// # Errors
    /// `not_supported` where something must be drawn and cannot be, `encoder_failed`, and what the look has.
    pub(super) fn new(target: Target, track: &'a TrackIndex, end: Ticks) -> Result<Pictures<'a>, Failure> {
        let bell = Bell::default();
        let codec = target.setup.codec.clone();
        let encoder = Stream::new(&target.setup.config(), &bell, move |chunk, metadata| {
            let chunk: EncodedVideoChunk = chunk.unchecked_into();
            let record = record_of(&codec, &chunk, &metadata);
            (chunk, record)
        });
        let encoder = encoder.map_err(|reason| js::failure("encoder_failed", &reason))?;
        let rhythm = Rhythm::new(target.frame_rate);
        let mut pictures = Pictures {
            target,
            track,
            bell,
            encoder,
            stage: None,
            rhythm,
            inside: VecDeque::new(),
            last: None,
            last_key: Ticks(i64::MIN),
            swallowed: 0,
            end,
            described: None,
            silent: 0,
        };
        if pictures.target.look.is_seen() {
            pictures.start()?;
        }
        Ok(pictures)
    }

    /// Begins a passage of the file with this number on the desk.
    pub(super) fn begin(&mut self, passage: &'a Passage, source: u32) -> Result<Pass<'a>, Failure> {
        let fed: Box<dyn Iterator<Item = Fed> + 'a> = Box::new(passage.fed(self.track));
        let (fed, read) = (fed.peekable(), VecDeque::new());
        Ok(Pass { passage, source, fed, read, decoder: None, entry: 0, flushing: false, held: None })
    }

    /// Goes on with a passage as far as it goes now, and waits where it does not go on at all. `false` at its end.
    ///
    /// # Errors
    /// What [`super::transcode`] has.
    pub(super) async fn go_on(&mut self, pass: &mut Pass<'_>, desk: &mut Desk) -> Result<bool, Failure> {
        desk.go_on()?;
        let mut moved = false;
        while self.encoder.codec().encode_queue_size() < QUEUE
            && let Some(frame) = pass.decoded()?
        {
            moved = true;
            match pass.passage.place(frame.stamp()) {
                Place::Before => pass.held = Some(frame),
                Place::Behind => {}
                Place::At(at) => {
                    if let Some(held) = pass.held.take().filter(|_| at > pass.passage.at) {
                        self.show(&held, pass.passage.at).await?;
                    }
                    self.show(&frame, at).await?;
                }
            }
        }
        moved |= self.feed(pass, desk).await?;
        if pass.is_over() {
            // One that failed at its end counts as emptied, too.
            pass.decoded()?;
            if let Some(held) = pass.held.take() {
                self.show(&held, pass.passage.at).await?;
            }
            return Ok(false);
        }
        if !moved {
            self.wait().await?;
        }
        Ok(true)
    }

    /// Feeds the decoder while it has nothing to give. Whether it was fed.
    async fn feed(&mut self, pass: &mut Pass<'_>, desk: &mut Desk) -> Result<bool, Failure> {
        let mut moved = false;
        loop {
            if pass.flushing {
                let done = pass.decoder.as_ref().is_none_or(|one| one.is_flushed() && one.waiting() == 0);
                if !done || pass.fed.peek().is_none() && pass.read.is_empty() {
                    return Ok(moved);
                }
                pass.decoded()?;
                // What follows is described otherwise.
                (pass.decoder, pass.flushing) = (None, false);
            }
            let busy =
                |one: &Stream<VideoDecoder, OwnedFrame>| one.waiting() > 0 || one.codec().decode_queue_size() >= AHEAD;
            if pass.decoder.as_ref().is_some_and(busy) {
                return Ok(moved);
            }
            if pass.read.is_empty() {
                pass.read(desk).await?;
            }
            let Some((next, _)) = pass.read.front() else {
                pass.flush();
                return Ok(moved);
            };
            if pass.decoder.is_some() && next.entry != pass.entry {
                pass.flush();
                return Ok(moved);
            }
            if pass.decoder.is_none() {
                pass.entry = next.entry;
                pass.decoder = Some(self.decoder(next.entry).await?);
            }
            let (Some((next, bytes)), Some(decoder)) = (pass.read.pop_front(), &pass.decoder) else { return Ok(moved) };
            let kind = if next.key { EncodedVideoChunkType::Key } else { EncodedVideoChunkType::Delta };
            let init = EncodedVideoChunkInit::new_with_u8_array(&Uint8Array::from(bytes.as_slice()), 0, kind);
            init.set_timestamp_f64(number(next.stamp.0));
            let fed = EncodedVideoChunk::new(&init).and_then(|chunk| decoder.codec().decode(&chunk));
            fed.map_err(|reason| damaged(&reason))?;
            moved = true;
        }
    }

    async fn decoder(&self, entry: usize) -> Result<Stream<VideoDecoder, OwnedFrame>, Failure> {
        let entry = self.track.entries.get(entry).unwrap_or_else(|| self.track.entry());
        let codec = entry.codec_string();
        let refused = || {
            let detail = ["this browser does not decode ", &codec].concat();
            Failure::new("not_supported", Retry::Never, detail)
        };
        if !js::get(&js_sys::global(), "VideoDecoder").is_function() {
            return Err(refused());
        }
        let config = VideoDecoderConfig::new(&codec);
        if let Some(description) = entry.description() {
            config.set_description_u8_array(&Uint8Array::from(description.as_slice()));
        }
        if let Some(Size { width, height }) = entry.size() {
            config.set_coded_width(width);
            config.set_coded_height(height);
        }
        let support = JsFuture::from(VideoDecoder::is_config_supported(&config)).await;
        if !support.is_ok_and(|support| js::get(&support, "supported").is_truthy()) {
            return Err(refused());
        }
        Stream::new(&config, &self.bell, |frame, _| OwnedFrame::new(frame.unchecked_into::<VideoFrame>()))
            .map_err(|_| refused())
    }

    /// Hands a picture to the encoder for this time of the film.
    async fn show(&mut self, frame: &OwnedFrame, at: Ticks) -> Result<(), Failure> {
        if !self.rhythm.takes(at) {
            return Ok(());
        }
        // The first picture begins with the film; of two that stand in one place the later comes a tick later, while there are some.
        let pts = self.last.map_or(Ticks(0), |last| at.max(last + Ticks(1)));
        if pts >= self.end && self.last.is_some() {
            return Ok(());
        }
        let stamp = Timescale::RECORDING.to_micros(pts);
        let way = self.way(frame);
        let encoded = match way.drawn {
            Some(_) => self.draw(frame, &way, (pts, stamp)).await?,
            None => frame.recorded(stamp, way.size).map_err(|reason| js::failure("encoder_failed", &reason))?,
        };
        let key = pts.0.saturating_sub(self.last_key.0) >= self.target.key_interval.0;
        let options = VideoEncoderEncodeOptions::new();
        options.set_key_frame(key);
        let handed = self.encoder.codec().encode_with_options(encoded.frame(), &options);
        handed.map_err(|reason| js::failure("encoder_failed", &reason))?;
        self.inside.push_back((micros(number(stamp.0)), pts));
        self.last = Some(pts);
        if key {
            self.last_key = pts;
        }
        Ok(())
    }

    fn way(&self, frame: &OwnedFrame) -> Way {
        let (_, _, visible) = frame.visible();
        let Target { size, residual, fit, setup, look, .. } = &self.target;
        let coding = self.target.joins.as_ref().map(SampleEntry::coding);
        let given = Given { visible, orientation: self.track.orientation, coding: frame.coding() };
        let (mirror, look) = (false, look.is_seen());
        let wanted =
            Wanted { size: *size, residual: Some(*residual), coding, fit: *fit, mirror, look, straightens: false };
        // An encoder that scales takes pixels for square.
        let crops = setup.crops && frame.displayed() == visible;
        picture::way(&given, &wanted, crops)
    }

    async fn draw(
        &mut self,
        frame: &OwnedFrame,
        way: &Way,
        (pts, stamp): (Ticks, Micros),
    ) -> Result<OwnedFrame, Failure> {
        self.start()?;
        self.regain().await?;
        let Target { fit, setup, joins, .. } = &self.target;
        let encoder = setup.of_rgb();
        let recode = recode(encoder, joins.as_ref().map_or(encoder, SampleEntry::coding));
        let seconds = Timescale::RECORDING.seconds(pts) as f32;
        let view = View { size: way.size, turn: way.turn, residual: way.residual, fit: *fit, recode, seconds };
        let failed = |reason: JsValue| js::failure("not_supported", &reason);
        let stage = self.stage.as_mut().ok_or_else(lost)?;
        // Also forgets the drawings that are over.
        stage.queue();
        let drawn = if frame.orientation() == Orientation::UPRIGHT {
            stage.learn(frame.frame());
            stage.draw(frame.frame(), frame.displayed(), &view)
        } else {
            frame.unturned().and_then(|frame| stage.draw(frame.frame(), frame.displayed(), &view))
        };
        drawn.map_err(failed)?;
        stage.picture(number(stamp.0)).map(OwnedFrame::new).map_err(failed)
    }

    /// Makes the stage, once.
    fn start(&mut self) -> Result<(), Failure> {
        if self.stage.is_none() {
            let mut stage = aside()?;
            self.target.look.put_on(&mut stage)?;
            stage.settle(true)?;
            self.stage = Some(stage);
        }
        Ok(())
    }

    /// Waits for a GPU that was lost.
    async fn regain(&mut self) -> Result<(), Failure> {
        for _ in 0..LOOKS {
            let stage = self.stage.as_mut().ok_or_else(lost)?;
            if !stage.is_lost() {
                return Ok(());
            }
            if stage.is_back() {
                stage.handle_lost();
                self.target.look.restore(stage)?;
                continue;
            }
            js::within(LOOK_MS, &mut Box::pin(std::future::pending::<()>())).await;
        }
        Err(lost())
    }

    /// What the encoder gave next.
    pub(super) fn take_coded(&mut self) -> Result<Option<Coded>, Failure> {
        let failed = |reason: &JsValue| js::failure("encoder_failed", reason);
        let Some((chunk, record)) = self.encoder.poll().map_err(|reason| failed(&reason))? else { return Ok(None) };
        self.silent = 0;
        let stamp = micros(chunk.timestamp());
        while self.inside.front().is_some_and(|(handed, _)| *handed < stamp) {
            self.inside.pop_front();
            self.swallowed += 1;
        }
        let known = self.inside.pop_front().filter(|(handed, _)| *handed == stamp);
        let (_, pts) = known.ok_or_else(|| failed(&"a picture that it was not given".into()))?;
        let (coding, size) = (self.target.setup.coding(), self.target.setup.size);
        let entry = record.map(|record| SampleEntry::of_pictures(coding, &record, size)).transpose();
        let entry = entry.map_err(|error| Failure::new("encoder_failed", Retry::Later, error.to_string()))?;
        let entry = entry.map(|entry| self.describe(entry)).transpose()?;
        let key = chunk.type_() == EncodedVideoChunkType::Key;
        let bytes = bytes_of(&chunk).map_err(|reason| failed(&reason))?;
        let bytes = if coding == VideoCodec::Av1 { av1::stored(&bytes).to_vec() } else { bytes };
        Ok(Some(Coded { pts, key, bytes, entry }))
    }

    /// The entry of the pictures that these join, where they are told apart by colours alone: they were drawn to have those. What
    /// an encoder describes anew must join what it gave before.
    fn describe(&mut self, entry: SampleEntry) -> Result<SampleEntry, Failure> {
        let joins = self.described.get_or_insert_with(|| self.target.joins.clone().unwrap_or_else(|| entry.clone()));
        match compare(joins, &entry) {
            Likeness::Same => Ok(entry),
            Likeness::SameButColour { .. } => Ok(joins.clone()),
            Likeness::Different(fields) => {
                let detail = ["what it encodes does not join: ", &fields.join(", ")].concat();
                Err(Failure::new("encoder_failed", Retry::Later, detail))
            }
        }
    }

    /// No further picture will be handed in.
    pub(super) fn finish(&mut self) {
        self.encoder.begin_flush();
    }

    /// Whether the encoder has given everything.
    pub(super) fn is_finished(&self) -> bool {
        self.encoder.is_flushed()
    }

    /// Until codecs have done something.
    pub(super) async fn wait(&mut self) -> Result<(), Failure> {
        self.silent = if self.bell.wait().await { 0 } else { self.silent + 1 };
        if self.silent < PATIENCE {
            return Ok(());
        }
        let detail = "the browser neither encodes nor decodes pictures any longer";
        Err(Failure::new("encoder_failed", Retry::Later, detail))
    }

    /// Time of the last picture that was handed in.
    pub(super) fn shown(&self) -> Ticks {
        self.last.unwrap_or_default()
    }

    /// The look that was drawn.
    pub(super) fn give_back(self) -> LookDesk {
        self.target.look
    }

    /// Pictures that went into the encoder and did not come out.
    pub(super) fn swallowed(&self) -> u32 {
        self.swallowed + u32::try_from(self.inside.len()).unwrap_or(u32::MAX)
    }
}

impl Pass<'_> {
    fn decoded(&self) -> Result<Option<OwnedFrame>, Failure> {
        let next = self.decoder.as_ref().map_or(Ok(None), Stream::poll);
        next.map_err(|reason| damaged(&reason))
    }

    /// Reads what is fed next.
    async fn read(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        let (mut next, mut size) = (Vec::new(), 0);
        while let Some(one) = self.fed.next_if(|one| {
            let more = one.range.end.saturating_sub(one.range.start);
            next.is_empty() || next.len() < SAMPLES && size + more <= BYTES
        }) {
            size += one.range.end.saturating_sub(one.range.start);
            next.push(one);
        }
        if next.is_empty() {
            return Ok(());
        }
        let wants: Vec<_> = next.iter().map(|one| (self.source, one.range.clone())).collect();
        let bytes = desk.read(&wants).await?;
        let mut rest = bytes.as_slice();
        for one in next {
            let (own, more) = rest.split_at((one.range.end - one.range.start) as usize);
            // A sample without bytes is no picture.
            if !own.is_empty() {
                self.read.push_back((one, own.to_vec()));
            }
            rest = more;
        }
        Ok(())
    }

    fn flush(&mut self) {
        if let Some(decoder) = self.decoder.as_ref().filter(|_| !self.flushing) {
            decoder.begin_flush();
        }
        self.flushing = true;
    }

    fn is_over(&mut self) -> bool {
        let empty = self.decoder.as_ref().is_none_or(|one| one.is_flushed() && one.waiting() == 0);
        self.flushing && empty && self.read.is_empty() && self.fed.peek().is_none()
    }
}

fn damaged(reason: &JsValue) -> Failure {
    Failure::new("file_damaged", Retry::Never, ["its pictures cannot be decoded: ", &js::describe(reason)].concat())
}

fn lost() -> Failure {
    Failure::new("not_supported", Retry::Later, "the GPU is lost")
}
