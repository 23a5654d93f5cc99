//! What can happen to the studio worker: every browser callback and every finished task becomes one of these.

use onetake_core::draft::Entry;
use onetake_core::error::Failure;
use onetake_core::media::{Coding, TrackKind, VideoCodec};
use onetake_core::record::Ticket;
use onetake_core::time::Micros;
use wasm_bindgen::JsValue;
use web_sys::{EncodedAudioChunk, EncodedVideoChunk, File};

use crate::gl::Pixels;
use crate::media::frame::{OwnedFrame, OwnedSound};
use crate::media::sound::SoundSetup;
use crate::media::source::Samples;
use crate::media::video::VideoSetup;
use crate::studio::{Exported, Job, Journal, Made, OpenedDraft, Peeked, Said, Straightened};

pub(crate) use crate::studio::post;

pub(crate) enum Mail {
    /// A message of the page.
    Message(JsValue),
    /// The draft was read from disk.
    Opened { request: u32, result: Result<OpenedDraft, Failure> },
    /// A picture of camera number `camera`.
    Frame { camera: u32, frame: OwnedFrame, arrival: Micros },
    /// Pictures that came before the next one and were not caught.
    Missed { camera: u32, frames: u32 },
    /// The page has let this camera go: its end is no loss.
    CameraLeft { camera: u32 },
    /// That camera's track is over.
    CameraEnded { camera: u32 },
    /// A block of microphone number `microphone`.
    Block { microphone: u32, block: OwnedSound, arrival: Micros },
    /// The same from an audio graph.
    Samples { microphone: u32, samples: Samples },
    /// That microphone's track is over.
    MicrophoneEnded { microphone: u32 },
    /// An encoder configuration for the picture was found and tried.
    VideoReady(Result<VideoSetup, Failure>),
    /// Encoders of `video` code pictures in RGB so.
    RgbMeasured { video: VideoCodec, coding: Coding },
    /// The audio coding was chosen and measured.
    SoundReady(Result<SoundSetup, Failure>),
    /// A picture came out of encoder run `run`; the description where the configuration is new.
    VideoChunk { run: u32, chunk: EncodedVideoChunk, description: Option<Vec<u8>> },
    /// A packet came out of encoder run `run`.
    SoundChunk { run: u32, chunk: EncodedAudioChunk, description: Option<Vec<u8>> },
    /// An encoder gave up.
    EncoderFailed { run: u32, detail: String },
    /// Encoder run `run` has given out everything.
    Flushed { run: u32, track: TrackKind },
    /// The page says this of the browser's own recorder of this camera.
    Recorder { camera: u32, said: Said },
    /// An append is on disk, or is not.
    Stored { ticket: Ticket, result: Result<u64, Failure> },
    /// A segment's file is closed.
    Closed { file: String, result: Result<File, Failure> },
    /// A decision is in the journal. Only now is it true.
    Journaled { entry: Entry, request: Option<u32>, result: Result<u64, Failure> },
    /// Files of a discarded draft are gone.
    Discarded { request: u32, removed: Vec<String> },
    /// What opening the draft decided could not be written down.
    NoteFailed(Journal),
    /// A film's head was computed.
    Exported { request: u32, result: Result<Exported, Failure> },
    /// Segments that were stored turned have new files, or have not.
    Straightened { request: u32, result: Result<Straightened, Failure> },
    /// Work on files of the user's own is done.
    FilesDone { request: u32, result: Result<Made, Failure> },
    /// The pictures that chains name were read.
    Pictures { job: Job, result: Result<Vec<(u32, Pixels)>, Failure> },
    /// The GPU's context is lost, or there again.
    Gpu { lost: bool },
    /// A draft was read for a list.
    Peeked { request: u32, result: Result<Peeked, Failure> },
    /// A few times a second.
    Tick,
    /// The recorder's timeout.
    Alarm,
}
