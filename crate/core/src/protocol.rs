//! The only words between the page and the studio worker. `www/onetake/src/protocol.ts` is generated from this file
//! (`cargo xtask generate`), so both sides of a message are checked by a compiler.
//!
//! JavaScript handles (streams, ports, Blobs) travel beside a message under the names that [`Request`] and [`Event`]
//! document. Times are seconds, instants are microseconds of the shared wall clock (`timeOrigin + now()`).

mod film;
mod info;
mod stats;
pub mod upload;

use serde::{Deserialize, Serialize};

pub use film::{ClipRequest, CompressRequest, FilmOptions, Joined};
pub use info::{ContainerView, InfoView, SpanView, TrackKindView, TrackView};
pub use stats::{DroppedView, StatsView};

use crate::error::Failure;
use crate::filter::{Asked, FilterView};
use crate::media::{AudioCodec, Facing, Size, VideoCodec};
use crate::record::DropReason;

/// What the page asks of the studio worker. Answered by exactly one [`Event::Done`] or [`Event::Failed`] of its `id`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Request {
    /// Chosen by the page, never reused.
    pub id: u32,
    /// What to do.
    pub command: Command,
}

/// The commands of the studio worker. An object with one key, which names the command: the form that serde reads
/// without buffering (a `type` field inside costs 30 KB of gzipped wasm).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
    /// Opens or recovers a draft. `port`: the store worker's; `canvas`: an OffscreenCanvas to show drawn pictures on, if
    /// the page has one. Answered by [`Answer::Opened`].
    Open {
        /// Folder name of the draft: letters, digits, `-` and `_`, at most 64.
        draft: String,
        /// What the application asked for.
        settings: Settings,
    },
    /// A camera's frames begin. `readable`: a stream of `VideoFrame`s. Opens the next segment of a flip in progress.
    Camera {
        /// Which camera it is.
        camera: Camera,
    },
    /// A camera comes that only the browser's own recorder films. `port`: to the page, which runs it and brings what it
    /// writes. Opens the next segment of a flip in progress.
    Recorder {
        /// Which camera it is.
        camera: Camera,
    },
    /// The screen was turned, or the camera's picture with it.
    Turn {
        /// See [`Camera::shown`].
        shown: Option<Size>,
        /// See [`Camera::screen`].
        screen: u32,
    },
    /// A microphone's blocks begin, if `live` with `readable`: a stream of `AudioData`.
    Microphone {
        /// Whether there is a microphone; without one a new draft gets no sound track.
        live: bool,
    },
    /// Begins a take; answered once its first frame is admitted.
    Record {
        /// The instant of the press.
        press_us: f64,
        /// Longest duration of this take, seconds.
        max_duration: Option<f64>,
        /// Thousandths of the world's speed, 250 to 4 000.
        speed: u32,
        /// Whether its sound is silence; else that of another speed than 1 000 is stretched, its pitch kept.
        mute: bool,
    },
    /// Ends the take; answered by [`Answer::Taken`] once it is safe on disk.
    Pause {
        /// The instant of the press; no later picture is admitted.
        at_us: f64,
    },
    /// Seals the open segment, if any, but keeps the take: the next [`Command::Camera`] goes on with it.
    Flip {
        /// The instant of the press.
        at_us: f64,
    },
    /// Mirrors the pictures from now on, or no longer. While recording, another segment of the take begins.
    Mirror {
        /// Whether files are mirrored, as seen upright.
        recording: bool,
    },
    /// Replaces the chain of filters between two pictures; answered once pictures are drawn with it. `files`: the pictures
    /// that it names. Where pictures were not drawn before, another segment of a running take begins.
    Look {
        /// What is seen.
        look: LookRequest,
    },
    /// Draws chains on the camera's next pictures, small, as the preview shows them. `files`: the pictures that they name.
    /// Answered by [`Answer::Pictures`].
    Try {
        /// Each for itself; its filters of the user's own and the pictures are those of all.
        looks: Vec<LookRequest>,
        /// Of what is drawn, pixels.
        width: u32,
        /// Whether it is mirrored, as seen upright.
        mirrored: bool,
    },
    /// A photo of the camera's next picture with the chain of [`Command::Look`], a JPEG; answered by [`Answer::File`].
    Photo {
        /// Whether it is mirrored, as seen upright.
        mirrored: bool,
    },
    /// Reads a filter of the user's own and compiles it. Needs no draft; answered by [`Answer::Filter`].
    Define {
        /// Its file.
        source: String,
    },
    /// Changes the draft. Answered after the decision is stored.
    Edit {
        /// The change.
        edit: EditRequest,
    },
    /// Joins the segments; answered by [`Answer::Film`], with `file`: the Blob. `poster`: a picture's bytes, if there is one.
    Export {
        /// What the film shall be like.
        options: FilmOptions,
    },
    /// Answered by [`Answer::File`], with `file`: a segment's bytes as they lie on disk.
    File {
        /// The segment.
        segment: String,
    },
    /// Reads what a file holds. `files`: it alone. Needs no draft; answered by [`Answer::Info`].
    Inspect {},
    /// Makes films of stretches of files. `files`: the Blobs, which are read by box headers and sample tables alone;
    /// `poster`: a picture's bytes, if there is one. Needs no draft; answered by [`Answer::Films`].
    Compose {
        /// The clips of each film, in order.
        films: Vec<Vec<ClipRequest>>,
        /// What they shall be like.
        options: FilmOptions,
    },
    /// Makes a film of what a damaged file still holds. `files`: it alone; `poster` as above. Needs no draft; answered by
    /// [`Answer::Films`].
    Repair {
        /// What it shall be like.
        options: FilmOptions,
    },
    /// Makes a film of a file by decoding and encoding what must be. `files`: it, and behind it the pictures that the look
    /// names, as with [`Command::Look`]; `poster` as above. Needs no draft; answered by [`Answer::Films`], of one film.
    Compress {
        /// What it shall become.
        target: CompressRequest,
        /// What it shall be like.
        options: FilmOptions,
    },
    /// Reads a draft without opening it: nothing is written, cut or held. `files`: those of its folder. Needs no draft;
    /// answered by [`Answer::Opened`], with `file`: its first segment, if it has one.
    Peek {
        /// Whether somebody has it open: what is not sealed is being filmed then, and left out.
        busy: bool,
    },
    /// Gives up the request of that id, if it still runs; that one answers `aborted`.
    Cancel {
        /// The request to give up.
        request: u32,
    },
    /// Ends the take, if one runs, closes every file and ends the worker's work.
    Close {},
}

/// A chain of filters.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LookRequest {
    /// In the order in which they work on a picture.
    pub chain: Vec<Asked>,
    /// The files of filters of the user's own that it may name.
    pub sources: Vec<String>,
    /// The handles of the pictures beside the command, in their order.
    pub pictures: Vec<u32>,
}

/// A change of the draft.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum EditRequest {
    /// Removes the last take, all its segments.
    RemoveLast {},
    /// Removes one segment.
    Remove {
        /// The segment.
        segment: String,
    },
    /// Moves one segment to a place in the film, counted from 0.
    Move {
        /// The segment.
        segment: String,
        /// Its new place; past the end means last.
        index: u32,
    },
    /// Takes back the last change.
    Undo {},
    /// Makes it again.
    Redo {},
    /// Forgets the draft and deletes its files.
    Discard {},
}

/// What the application asked for when it opened the studio; absent means the default of api.d.ts.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The recorded picture.
    pub size: Option<Size>,
    /// Frames a second, nominal.
    pub frame_rate: f64,
    /// The coding of pictures; absent: H.264, which is also what comes where this one cannot be had.
    pub video_codec: Option<VideoCodec>,
    /// Bits a second of video.
    pub video_bitrate: Option<u32>,
    /// Longest distance between key frames, seconds.
    pub key_frame_interval: f64,
    /// The audio coding; absent: the browser's AAC, else that of the package's encoder, else Opus.
    pub audio_codec: Option<AudioCodec>,
    /// Bits a second of audio.
    pub audio_bitrate: u32,
    /// Whether sound is wanted at all.
    pub sound: bool,
    /// Longest duration of the draft, seconds.
    pub max_duration: Option<f64>,
    /// Whether pictures of another shape get bars instead of being cut.
    pub contain: bool,
    /// Whether pictures are mirrored in files, as seen upright.
    pub mirror: bool,
    /// Names this browser's engine: what was measured on it is kept under this name.
    pub engine: String,
    /// The page's own `timeOrigin`: sound that waited before its stream reached the worker is stamped by it.
    pub origin_us: f64,
}

/// Which camera films.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Camera {
    /// Where it looks, if the browser says.
    pub facing: Option<Facing>,
    /// The browser's `deviceId`; empty where it gives none.
    pub device: String,
    /// Its nominal frames a second, if the browser says.
    pub frame_rate: Option<f64>,
    /// Its picture as the browser shows it, if it says; for browsers whose frames do not say how they lie.
    pub shown: Option<Size>,
    /// How far the screen is turned from its natural side, degrees.
    pub screen: u32,
}

/// What the studio worker says.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// A request succeeded. Handles of the answer stand beside it.
    Done {
        /// The request.
        request: u32,
        /// What it asked for.
        answer: Answer,
    },
    /// A request failed; nothing was lost.
    Failed {
        /// The request.
        request: u32,
        /// Why.
        failure: Failure,
    },
    /// A long request moved on.
    Progress {
        /// The request.
        request: u32,
        /// Seconds of media done.
        done: f64,
        /// Seconds of media in all.
        total: f64,
    },
    /// The draft changed.
    Draft {
        /// All of it.
        draft: DraftView,
    },
    /// Media time written so far, seconds; never a timer.
    Time {
        /// Of the open segment.
        segment: f64,
        /// Of the whole draft.
        draft: f64,
    },
    /// A segment is safe on disk.
    Segment {
        /// It.
        segment: SegmentView,
    },
    /// The first frame of a camera arrived.
    Picture {
        /// Its size as shown, upright.
        size: Size,
    },
    /// What the canvas of [`Command::Open`] shows from now on.
    Canvas {
        /// Whether pictures are drawn on it: the files' own.
        shown: bool,
        /// Degrees clockwise to turn it by, to see it upright.
        rotation: u16,
        /// Whether to mirror it before.
        mirrored: bool,
        /// Whether the upright picture is the mirror of what the camera sees.
        flipped: bool,
    },
    /// How loud the last tenth of a second was, 0..=1.
    Level {
        /// Largest magnitude.
        peak: f64,
        /// Root of the mean square.
        rms: f64,
    },
    /// Frames were refused or never came.
    Drop {
        /// How many.
        count: u32,
        /// Why.
        reason: DropReason,
    },
    /// Something outside stopped the take or changed it; what was filmed is kept.
    Interrupted {
        /// What.
        reason: InterruptedReason,
        /// Whether the take goes on by itself: [`Event::Resumed`] follows, or another interruption.
        goes_on: bool,
    },
    /// What stopped or changed something is over: a take that went on does so in a new segment, or has ended.
    Resumed {
        /// What: nothing else that was told is over by it.
        reason: InterruptedReason,
    },
    /// The take ended by itself at its longest duration; its segments are on disk.
    LimitReached {},
    /// Live figures, a few times a second.
    Stats {
        /// The figures.
        stats: StatsView,
    },
    /// The worker cannot go on; the page starts another, which recovers the draft.
    Crashed {
        /// Why; requests that wait are rejected with it.
        failure: Failure,
    },
}

/// What a successful request brings.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Answer {
    /// Nothing but success.
    Nothing {},
    /// The draft is open.
    Opened {
        /// As it stands.
        draft: DraftView,
        /// Segments that a dead page had left unsealed and that were cut at their last whole second.
        recovered: u32,
        /// Their duration in seconds.
        recovered_seconds: f64,
        /// Segments of the film whose files are gone from the disk.
        lost: u32,
    },
    /// The take's segments.
    Taken {
        /// In the order they were filmed.
        segments: Vec<SegmentView>,
    },
    /// The film; `file` stands beside it.
    Film {
        /// Its facts.
        report: FilmView,
    },
    /// `file` stands beside it.
    File {},
    /// What a file holds.
    Info {
        /// It.
        info: InfoView,
    },
    /// A filter compiles.
    Filter {
        /// What it takes.
        filter: FilterView,
    },
    /// `pictures`, one ImageBitmap each, stand beside it.
    Pictures {},
    /// Films of files; `files`, one Blob each, stand beside it.
    Films {
        /// Their facts.
        reports: Vec<FilmView>,
    },
}

/// A draft as the page shows it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DraftView {
    /// In film order.
    pub segments: Vec<SegmentView>,
    /// Seconds.
    pub duration: f64,
    /// Whether there is a change to take back.
    pub can_undo: bool,
    /// Whether there is one to make again.
    pub can_redo: bool,
}

/// A segment as the page shows it: `Segment` of the public API.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SegmentView {
    /// Stable within its draft.
    pub id: String,
    /// The press of record it belongs to, counted from 1.
    pub take: u32,
    /// Seconds.
    pub duration: f64,
    /// Pictures in it.
    pub frames: u32,
    /// Where the camera looked, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub facing: Option<Facing>,
    /// Of the recorded picture.
    pub size: Size,
    /// Degrees clockwise that a player must turn it: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Whether a player must mirror it before turning.
    pub mirrored: bool,
    /// Its file, a plain name in the draft's folder; for us alone.
    pub file: String,
    /// Bytes on disk.
    pub bytes: f64,
    /// Whether it was saved from a page that died.
    pub recovered: bool,
    /// Its sound coding; null without sound.
    pub audio: Option<AudioCodec>,
    /// Its picture coding.
    pub video: VideoCodec,
    /// Seconds by which sound outlasts picture.
    pub skew: f64,
}

/// The facts of a film.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FilmView {
    /// Seconds.
    pub duration: f64,
    /// As shown, upright.
    pub size: Size,
    /// How its media came about.
    pub joined: Joined,
    /// Pictures that were encoded for it.
    pub encoded_frames: u32,
    /// Bytes of media referred to, not read.
    pub copied_bytes: f64,
    /// Bytes of head that were made.
    pub head_bytes: u32,
    /// Bytes of the sources that were read to make it: headers only.
    pub read_bytes: f64,
    /// Its picture coding; null without a picture, or for a coding that the product has no name for.
    pub video: Option<VideoCodec>,
    /// Its sound coding; null likewise.
    pub audio: Option<AudioCodec>,
    /// The most by which picture and sound end apart, at a join or at the end, seconds.
    pub skew: f64,
    /// What a player or a person may notice.
    pub warnings: Vec<String>,
    /// What of a damaged file is not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub lost: Option<LostView>,
    /// The segment files it refers to, as the store names them.
    pub files: Vec<String>,
    /// Where its bytes lie, in order; empty where no store has them.
    pub spans: Vec<SpanView>,
}

/// What of a damaged file is not in the film.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LostView {
    /// Seconds, as far as the file tells.
    pub seconds: f64,
    /// Bytes of the file that no sample of the film lies in.
    pub bytes: f64,
    /// The tracks that are missing whole.
    pub tracks: Vec<String>,
}

/// What interrupted a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum InterruptedReason {
    /// The camera is gone.
    DeviceLost,
    /// The camera's picture lies or measures otherwise: the take goes on with another segment.
    SizeChanged,
    /// The GPU is gone: pictures that need it are dropped until it is back, the sound goes on.
    GpuLost,
    /// The encoder failed.
    Encoder,
}

/// The whole of `protocol.ts`.
#[cfg(feature = "ts")]
pub fn typescript() -> String {
    use ts_rs::TS;
    let config = ts_rs::Config::default();
    let mut text =
        String::from("// Generated from crate/core/src/protocol.rs by `cargo xtask generate`. Do not edit.\n");
    macro_rules! declare {
        ($($name:ty),* $(,)?) => { $( text.push_str("\nexport "); text.push_str(&<$name as TS>::decl(&config)); text.push('\n'); )* };
    }
    declare!(
        Size,
        VideoCodec,
        AudioCodec,
        Facing,
        crate::error::Retry,
        Failure,
        crate::error::Mismatch,
        Request,
        Command,
        LookRequest,
        Asked,
        crate::filter::Given,
        EditRequest,
        Settings,
        Camera,
        ClipRequest,
        FilmOptions,
        CompressRequest,
        Event,
        Answer,
        FilterView,
        crate::filter::ParameterView,
        crate::filter::DefaultView,
        crate::filter::Kind,
        crate::filter::Label,
        InfoView,
        ContainerView,
        TrackView,
        TrackKindView,
        DraftView,
        SegmentView,
        FilmView,
        Joined,
        SpanView,
        LostView,
        DropReason,
        InterruptedReason,
        StatsView,
        DroppedView,
    );
    text
}
