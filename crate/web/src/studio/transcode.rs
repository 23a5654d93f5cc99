//! A file's pictures and sound as an ordinary segment: decoded, drawn where they must be, encoded, written in fragments.
//! Nothing is left out and nobody waits for a picture: it goes as fast as decoder, GPU and encoder do, and stops pulling
//! where one of them is behind. Which samples, and what stands where, is decided in `onetake_core::transcode`.

mod pictures;
mod sound;

use js_sys::{Array, Uint8Array};
use onetake_core::codec::SampleEntry;
use onetake_core::demux::FileIndex;
use onetake_core::draft::{OpenedSegment, SegmentRecord};
use onetake_core::error::{Failure, Retry};
use onetake_core::media::{Size, TrackKind};
use onetake_core::orientation::Orientation;
use onetake_core::picture::Fit;
use onetake_core::time::Ticks;
use onetake_core::transcode::{Writer, length, passages};
use web_sys::{Blob, BlobPropertyBag};

use self::pictures::{Coded, Pictures};
use self::sound::Sound;
use super::desk::Desk;
use super::look::LookDesk;
use crate::js;
use crate::media::video::VideoSetup;
use crate::store::Store;

/// The longest film that is made: a picture's duration has 32 bits.
const LONGEST: Ticks = Ticks(24 * 3600 * 48_000);
const SECOND: Ticks = Ticks(48_000);

/// What a segment is made of a file as.
pub(super) struct Target {
    /// Upright.
    pub(super) size: Size,
    /// How another shape is brought into this one.
    pub(super) fit: Fit,
    /// Thousandths of a picture a second at most; absent: all pictures.
    pub(super) frame_rate: Option<u32>,
    /// How the pictures are described that its own must join, if there are such.
    pub(super) joins: Option<SampleEntry>,
    /// What the encoder is configured with; its size is the stored one.
    pub(super) setup: VideoSetup,
    /// What players do to the pictures; they are drawn to lie so.
    pub(super) residual: Orientation,
    pub(super) look: LookDesk,
    /// Ticks of 1/48 000 s from one key frame to the next.
    pub(super) key_interval: Ticks,
    /// Bits a second that sound is encoded anew at; absent: copied where it can be.
    pub(super) audio_bitrate: Option<u32>,
    /// What the segment is said to be.
    pub(super) opened: OpenedSegment,
}

/// Where the segment's bytes go.
pub(super) enum Sink {
    /// Into Blobs, which browsers keep outside of what a script may fill.
    Memory(Array),
    /// Into a file of the store, which begins anew.
    Store { store: Store, path: String, begun: bool },
}

impl Sink {
    async fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Sink::Memory(parts) => {
                let parts_of = Array::of1(&Uint8Array::from(bytes));
                let blob = Blob::new_with_u8_array_sequence(&parts_of);
                parts.push(blob.map_err(|reason| js::failure("internal", &reason))?.as_ref());
                Ok(())
            }
            Sink::Store { store, path, begun } => {
                let cut = (!std::mem::replace(begun, true)).then_some(0);
                store.append(path, bytes, cut).await.map(drop)
            }
        }
    }

    /// What was appended, as one Blob, where it went into Blobs.
    pub(super) fn blob(&self) -> Result<Option<Blob>, Failure> {
        let Sink::Memory(parts) = self else { return Ok(None) };
        let options = BlobPropertyBag::new();
        options.set_type("video/mp4");
        let whole = Blob::new_with_blob_sequence_and_options(parts, &options);
        whole.map(Some).map_err(|reason| js::failure("internal", &reason))
    }
}

/// What came of it.
pub(super) struct Transcoded {
    pub(super) record: SegmentRecord,
    /// How its pictures are described.
    pub(super) entry: SampleEntry,
    /// Whether its sound is the file's own, packet by packet.
    pub(super) sound_copied: bool,
    /// Pictures that the encoder kept to itself.
    pub(super) swallowed: u32,
}

/// Turns the file with this number on the desk into a segment, and gives the look back. `tell` is told how much of it is
/// done, 0 to 1.
///
/// # Errors
/// `film_empty` where it has no picture, `file_unsupported`, `file_damaged` where what it holds cannot be decoded,
/// `not_supported` where this browser cannot decode, draw or encode it, `encoder_failed`, `aborted`, and what reading and
/// storing have.
pub(super) async fn transcode(
    desk: &mut Desk,
    (source, index): (u32, &FileIndex),
    target: Target,
    sink: &mut Sink,
    tell: &dyn Fn(&mut Desk, f64),
) -> Result<(Transcoded, LookDesk), Failure> {
    let nothing = || Failure::new("film_empty", Retry::Never, "the file has no picture");
    let unsupported = |what: &str| Failure::new("file_unsupported", Retry::Never, what);
    let track = index.track(TrackKind::Video).ok_or_else(nothing)?;
    let passages = passages(index.head(), track).map_err(unsupported)?;
    if passages.is_empty() {
        return Err(nothing());
    }
    let whole = length(index).map_err(unsupported)?;
    if whole > LONGEST {
        return Err(unsupported("more than a day"));
    }
    let sound = Sound::new(index, source, whole, target.audio_bitrate).await?;
    let packet = sound.as_ref().map_or(1, |sound| i64::from(sound.packet()));
    let end = Ticks((whole.0.max(1) + packet - 1) / packet * packet);
    let writer = Writer::new(target.opened.clone());
    let mut pictures = Pictures::new(target, track, end)?;
    let mut film = Film { writer, sound, sink, entry: None, sounds: Ticks(0) };
    for passage in &passages {
        let mut pass = pictures.begin(passage, source)?;
        while pictures.go_on(&mut pass, desk).await? {
            desk.wait_turn().await?;
            film.take(&mut pictures, desk).await?;
            tell(desk, pictures.shown().0 as f64 / end.0 as f64);
        }
    }
    pictures.finish();
    while !pictures.is_finished() {
        desk.go_on()?;
        film.take(&mut pictures, desk).await?;
        pictures.wait().await?;
    }
    film.take(&mut pictures, desk).await?;
    let made = film.finish(end, desk, &pictures).await?;
    Ok((made, pictures.give_back()))
}

/// The segment as it grows.
struct Film<'a> {
    writer: Writer,
    sound: Option<Sound>,
    sink: &'a mut Sink,
    entry: Option<SampleEntry>,
    /// To where its sound was asked for.
    sounds: Ticks,
}

impl Film<'_> {
    /// Writes what the encoder has given by now, and the sound beside it.
    async fn take(&mut self, pictures: &mut Pictures<'_>, desk: &mut Desk) -> Result<(), Failure> {
        while let Some(Coded { pts, key, bytes, entry }) = pictures.take_coded()? {
            if let Some(entry) = entry {
                self.begin(entry);
            }
            self.advance(desk, pts).await?;
            self.writer.handle_picture(pts, key, &bytes);
            self.append().await?;
        }
        Ok(())
    }

    async fn append(&mut self) -> Result<(), Failure> {
        while let Some(bytes) = self.writer.poll_append() {
            self.sink.append(&bytes).await?;
        }
        Ok(())
    }

    fn begin(&mut self, entry: SampleEntry) {
        if self.writer.begun() {
            return;
        }
        let sound = self.sound.as_ref().map(|sound| (sound.entry().clone(), sound.packet()));
        self.writer.begin(entry.clone(), sound);
        self.entry = Some(entry);
    }

    /// The sound, a second at a time: under a picture that stands for hours it is not held at once.
    async fn advance(&mut self, desk: &mut Desk, until: Ticks) -> Result<(), Failure> {
        while self.sounds < until {
            desk.go_on()?;
            let Some(sound) = &mut self.sound else { return Ok(()) };
            self.sounds = until.min(self.sounds + SECOND);
            for packet in sound.advance(desk, self.sounds).await? {
                self.writer.handle_packet(&packet);
            }
            self.writer.cut_if_due();
            self.append().await?;
        }
        Ok(())
    }

    async fn finish(mut self, end: Ticks, desk: &mut Desk, pictures: &Pictures<'_>) -> Result<Transcoded, Failure> {
        self.advance(desk, end).await?;
        let empty = || Failure::new("file_damaged", Retry::Never, "no picture of the file could be decoded");
        let record = self.writer.finish(end).ok_or_else(empty)?;
        self.append().await?;
        let entry = self.entry.ok_or_else(empty)?;
        let sound_copied = self.sound.as_ref().is_some_and(Sound::is_copied);
        Ok(Transcoded { record, entry, sound_copied, swallowed: pictures.swallowed() })
    }
}
