//! What the container bench measures and no public call offers: finding a key frame in a file, and filling a film in
//! memory unit by unit. It measures the engine, so it decides nothing that the engine does not. Only the artefact of the
//! benches has it (wasm-pack.toml); it runs on the bench's page.

use js_sys::{Array, Uint8Array};
use onetake_core::codec::{CodecError, SampleEntry};
use onetake_core::demux::{FileIndex, Scan, TrackIndex};
use onetake_core::isobmff::tables::{Chunk, Tables};
use onetake_core::media::{Size, TrackKind};
use onetake_core::mux::MuxError;
use onetake_core::mux::flat::{self, Film, FilmTrack, UNDETERMINED};
use onetake_core::orientation::Orientation;
use onetake_core::time::Timescale;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Blob, BlobPropertyBag};

use crate::store;

/// Opens a file anew and finds the key frame that shows at `seconds` or before: when it shows, seconds.
///
/// # Errors
/// A text where the file cannot be read or has no such frame.
#[wasm_bindgen(js_name = openAndSeek)]
pub async fn open_and_seek(file: Blob, seconds: f64) -> Result<f64, JsValue> {
    let length = store::length(file.size());
    let mut scan = Scan::new(length);
    // As the studio does (studio/desk.rs).
    let mut beginning = store::Beginning::of(&file, length).await.map_err(said)?;
    while let Some(range) = scan.poll_read()
        && let Some(bytes) = beginning.get(&range).await.map_err(said)?
    {
        scan.handle_read(range.start, bytes).map_err(said)?;
    }
    while let Some(range) = scan.poll_read() {
        let bytes = store::read(&file, range.start, range.end).await.map_err(said)?;
        scan.handle_read(range.start, &bytes).map_err(said)?;
    }
    let index: FileIndex = scan.finish().map_err(said)?;
    let track = index.track(TrackKind::Video).ok_or("no picture")?;
    key_frame(track, seconds).ok_or_else(|| JsValue::from_str("no key frame"))
}

fn key_frame(track: &TrackIndex, seconds: f64) -> Option<f64> {
    let rate = f64::from(track.timescale.get());
    // The bench's films begin with one edit, which hides the delay of their B frames.
    let from = track.edits.first().map_or(0, |edit| edit.start.unwrap_or(0));
    let at = (seconds * rate) as i64 + from;
    let (mut time, mut found) = (track.start as i64, None);
    let tables = &track.tables;
    for ((duration, offset), sync) in tables.durations.iter().zip(tables.offsets.iter()).zip(tables.syncs.iter()) {
        let shown = time + i64::from(offset);
        if sync && shown <= at {
            found = Some(shown);
        }
        if time > at {
            break;
        }
        time += i64::from(duration);
    }
    found.map(|shown| (shown - from) as f64 / rate)
}

/// Bytes of units that are gathered before they become part of the film.
const STAGE: u32 = 4 << 20;

/// A film of H.264 pictures at a constant rate and Opus packets of 20 ms, in memory. Units enter no wasm memory: they are
/// copied once, into the film's own bytes.
#[wasm_bindgen]
pub struct Muxer {
    video: Track,
    audio: Track,
    stage: Uint8Array,
    /// Bytes in the stage, and in all.
    filled: u32,
    payload: u64,
    parts: Array,
}

struct Track {
    entry: SampleEntry,
    scale: Timescale,
    ticks: u32,
    tables: Tables,
}

impl Track {
    fn add(&mut self, size: u32, sync: bool, offset: u64) {
        let tables = &mut self.tables;
        tables.durations.push(1, self.ticks);
        tables.sizes.push(1, size);
        tables.offsets.push(1, 0);
        tables.syncs.push(1, sync);
        tables.duration += u64::from(self.ticks);
        match tables.chunks.last_mut() {
            Some(chunk) if chunk.end() == offset => {
                chunk.samples += 1;
                chunk.bytes += u64::from(size);
            }
            _ => tables.chunks.push(Chunk { offset, samples: 1, bytes: size.into(), entry: 0 }),
        }
    }

    fn of_film(&self, kind: TrackKind) -> FilmTrack<'_> {
        FilmTrack {
            kind,
            entries: std::slice::from_ref(&self.entry),
            size: None,
            matrix: Orientation::UPRIGHT.matrix(self.entry.size().unwrap_or(Size { width: 0, height: 0 })),
            timescale: self.scale,
            language: UNDETERMINED,
            edits: &[],
            tables: &self.tables,
        }
    }
}

#[wasm_bindgen]
impl Muxer {
    /// A film of pictures of this size and rate, and stereo sound.
    ///
    /// # Errors
    /// A text where the decoder's configuration is none.
    #[wasm_bindgen(constructor)]
    pub fn new(avcc: &[u8], width: u32, height: u32, fps: u32) -> Result<Muxer, JsValue> {
        let entry = |made: Result<SampleEntry, CodecError>| made.map_err(said);
        let picture = entry(SampleEntry::avc1(avcc, Size { width, height }))?;
        let sound = entry(SampleEntry::opus(&[], 2))?;
        let scale = Timescale::RECORDING;
        let ticks = |rate: u32| scale.get() / rate;
        let track = |entry, ticks| Track { entry, scale, ticks, tables: Tables::default() };
        Ok(Muxer {
            video: track(picture, ticks(fps)),
            audio: track(sound, ticks(50)),
            stage: Uint8Array::new_with_length(STAGE),
            filled: 0,
            payload: 0,
            parts: Array::of1(&JsValue::UNDEFINED),
        })
    }

    /// The next picture.
    pub fn video(&mut self, unit: &Uint8Array, key: bool) {
        let at = self.payload;
        let size = self.keep(unit);
        self.video.add(size, key, at);
    }

    /// The next packet of sound.
    pub fn audio(&mut self, unit: &Uint8Array) {
        let at = self.payload;
        let size = self.keep(unit);
        self.audio.add(size, true, at);
    }

    /// The film.
    ///
    /// # Errors
    /// A text for a film beyond the format.
    pub fn finish(mut self) -> Result<Blob, JsValue> {
        self.leave();
        let tracks = [self.video.of_film(TrackKind::Video), self.audio.of_film(TrackKind::Audio)];
        let film = Film::new(&tracks, Timescale::RECORDING, self.payload);
        let head = flat::head(&film).map_err(|error: MuxError| said(error))?;
        self.parts.set(0, Uint8Array::from(head.as_slice()).into());
        let options = BlobPropertyBag::new();
        options.set_type("video/mp4");
        Blob::new_with_blob_sequence_and_options(&self.parts, &options)
    }

    fn keep(&mut self, unit: &Uint8Array) -> u32 {
        let size = unit.length();
        if self.filled + size > self.stage.length() {
            self.leave();
            self.stage = Uint8Array::new_with_length(STAGE.max(size));
        }
        self.stage.set(unit, self.filled);
        self.filled += size;
        self.payload += u64::from(size);
        size
    }

    /// The stage becomes part of the film.
    fn leave(&mut self) {
        self.parts.push(&self.stage.subarray(0, self.filled));
        self.filled = 0;
    }
}

fn said(error: impl std::fmt::Display) -> JsValue {
    JsValue::from_str(&error.to_string())
}
