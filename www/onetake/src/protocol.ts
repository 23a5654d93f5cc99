// Generated from crate/core/src/protocol.rs by `cargo xtask generate`. Do not edit.

export type Size = { 
/**
 * Columns.
 */
width: number, 
/**
 * Rows.
 */
height: number, };

export type VideoCodec = "avc" | "hevc" | "vp9" | "av1";

export type AudioCodec = "aac" | "opus";

export type Facing = "user" | "environment";

export type Retry = "never" | "later" | "after-action";

export type Failure = { 
/**
 * Stable, snake case, listed in README.md ("Errors"); programs branch on it.
 */
code: string, 
/**
 * Whether trying again can help.
 */
retry: Retry, 
/**
 * For a log or a "details" line: the value seen and the value wanted. English, no secrets.
 */
detail: string, 
/**
 * Which clips cannot be joined by copying, and in what they differ; absent for any other code.
 */
mismatch?: Mismatch, };

export type Mismatch = { 
/**
 * The clips that differ from the first, counted from 0, in film order.
 */
clips: Array<number>, 
/**
 * What differs: `codec`, `size`, `orientation` ...
 */
fields: Array<string>, };

export type Request = { 
/**
 * Chosen by the page, never reused.
 */
id: number, 
/**
 * What to do.
 */
command: Command, };

export type Command = { "open": { 
/**
 * Folder name of the draft: letters, digits, `-` and `_`, at most 64.
 */
draft: string, 
/**
 * What the application asked for.
 */
settings: Settings, } } | { "camera": { 
/**
 * Which camera it is.
 */
camera: Camera, } } | { "recorder": { 
/**
 * Which camera it is.
 */
camera: Camera, } } | { "turn": { 
/**
 * See [`Camera::shown`].
 */
shown: Size | null, 
/**
 * See [`Camera::screen`].
 */
screen: number, } } | { "microphone": { 
/**
 * Whether there is a microphone; without one a new draft gets no sound track.
 */
live: boolean, } } | { "record": { 
/**
 * The instant of the press.
 */
pressUs: number, 
/**
 * Longest duration of this take, seconds.
 */
maxDuration: number | null, 
/**
 * Thousandths of the world's speed, 250 to 4 000.
 */
speed: number, 
/**
 * Whether its sound is silence; else that of another speed than 1 000 is stretched, its pitch kept.
 */
mute: boolean, } } | { "pause": { 
/**
 * The instant of the press; no later picture is admitted.
 */
atUs: number, } } | { "flip": { 
/**
 * The instant of the press.
 */
atUs: number, } } | { "mirror": { 
/**
 * Whether files are mirrored, as seen upright.
 */
recording: boolean, } } | { "look": { 
/**
 * What is seen.
 */
look: LookRequest, } } | { "try": { 
/**
 * Each for itself; its filters of the user's own and the pictures are those of all.
 */
looks: Array<LookRequest>, 
/**
 * Of what is drawn, pixels.
 */
width: number, 
/**
 * Whether it is mirrored, as seen upright.
 */
mirrored: boolean, } } | { "photo": { 
/**
 * Whether it is mirrored, as seen upright.
 */
mirrored: boolean, } } | { "define": { 
/**
 * Its file.
 */
source: string, } } | { "edit": { 
/**
 * The change.
 */
edit: EditRequest, } } | { "export": { 
/**
 * What the film shall be like.
 */
options: FilmOptions, } } | { "file": { 
/**
 * The segment.
 */
segment: string, } } | { "inspect": Record<symbol, never> } | { "compose": { 
/**
 * The clips of each film, in order.
 */
films: Array<Array<ClipRequest>>, 
/**
 * What they shall be like.
 */
options: FilmOptions, } } | { "repair": { 
/**
 * What it shall be like.
 */
options: FilmOptions, } } | { "compress": { 
/**
 * What it shall become.
 */
target: CompressRequest, 
/**
 * What it shall be like.
 */
options: FilmOptions, } } | { "peek": { 
/**
 * Whether somebody has it open: what is not sealed is being filmed then, and left out.
 */
busy: boolean, } } | { "cancel": { 
/**
 * The request to give up.
 */
request: number, } } | { "close": Record<symbol, never> };

export type LookRequest = { 
/**
 * In the order in which they work on a picture.
 */
chain: Array<Asked>, 
/**
 * The files of filters of the user's own that it may name.
 */
sources: Array<string>, 
/**
 * The handles of the pictures beside the command, in their order.
 */
pictures: Array<number>, };

export type Asked = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its parameters as far as they are given, by name.
 */
params: Array<[string, Given]>, };

export type Given = { "number": number } | { "text": string } | { "picture": number };

export type EditRequest = { "removeLast": Record<symbol, never> } | { "remove": { 
/**
 * The segment.
 */
segment: string, } } | { "move": { 
/**
 * The segment.
 */
segment: string, 
/**
 * Its new place; past the end means last.
 */
index: number, } } | { "undo": Record<symbol, never> } | { "redo": Record<symbol, never> } | { "discard": Record<symbol, never> };

export type Settings = { 
/**
 * The recorded picture.
 */
size: Size | null, 
/**
 * Frames a second, nominal.
 */
frameRate: number, 
/**
 * The coding of pictures; absent: H.264, which is also what comes where this one cannot be had.
 */
videoCodec: VideoCodec | null, 
/**
 * Bits a second of video.
 */
videoBitrate: number | null, 
/**
 * Longest distance between key frames, seconds.
 */
keyFrameInterval: number, 
/**
 * The audio coding; absent: the browser's AAC, else that of the package's encoder, else Opus.
 */
audioCodec: AudioCodec | null, 
/**
 * Bits a second of audio.
 */
audioBitrate: number, 
/**
 * Whether sound is wanted at all.
 */
sound: boolean, 
/**
 * Longest duration of the draft, seconds.
 */
maxDuration: number | null, 
/**
 * Whether pictures of another shape get bars instead of being cut.
 */
contain: boolean, 
/**
 * Whether pictures are mirrored in files, as seen upright.
 */
mirror: boolean, 
/**
 * Names this browser's engine: what was measured on it is kept under this name.
 */
engine: string, 
/**
 * The page's own `timeOrigin`: sound that waited before its stream reached the worker is stamped by it.
 */
originUs: number, };

export type Camera = { 
/**
 * Where it looks, if the browser says.
 */
facing: Facing | null, 
/**
 * The browser's `deviceId`; empty where it gives none.
 */
device: string, 
/**
 * Its nominal frames a second, if the browser says.
 */
frameRate: number | null, 
/**
 * Its picture as the browser shows it, if it says; for browsers whose frames do not say how they lie.
 */
shown: Size | null, 
/**
 * How far the screen is turned from its natural side, degrees.
 */
screen: number, };

export type ClipRequest = { 
/**
 * Which of the files beside the command, counted from 0.
 */
source: number, 
/**
 * Where it begins, seconds of what the file shows.
 */
start: number, 
/**
 * Where it ends; absent: with the file.
 */
end: number | null, };

export type FilmOptions = { 
/**
 * Whether clips begin and end where they say, by an edit list; else at the key frames around.
 */
exact: boolean, 
/**
 * Whether it is written in fragments; else with `moov` first.
 */
fragmented: boolean, 
/**
 * Whether a `free` box stands behind `moov`, so that the media begins where blocks of an upload want it.
 */
padded: boolean, 
/**
 * Of a draft: whether media lies in the order in which it was filmed; else as it is shown.
 */
filmed: boolean, 
/**
 * Of a draft: whether nothing is encoded for it; what lies otherwise than the rest is in the way then.
 */
copied: boolean, 
/**
 * Whether a track that a clip lacks is filled with coded silence; else it pauses there.
 */
silence: boolean, 
/**
 * Whether a track may have several sample entries, which few players follow.
 */
severalEntries: boolean, 
/**
 * Whether sound around joins is encoded anew, instead of packets hidden there by an edit list.
 */
recodeJoins: boolean, 
/**
 * When it was made, seconds since 1904-01-01; 0 for unknown.
 */
created: number, 
/**
 * Its title.
 */
title: string | null, };

export type CompressRequest = { 
/**
 * The upright picture, pixels: both sides even, 16 to 8 192.
 */
size: Size | null, 
/**
 * Frames a second, 1 to 120.
 */
frameRate: number | null, 
/**
 * Bits a second of video, 10 000 to 100 000 000.
 */
videoBitrate: number | null, 
/**
 * Bits a second of audio, 12 000 to 510 000.
 */
audioBitrate: number | null, 
/**
 * The most bytes that the film may have, more than 0.
 */
maxBytes: number | null, 
/**
 * The coding of pictures; absent: H.264, which plays everywhere.
 */
codec: VideoCodec | null, 
/**
 * What is drawn on the upright picture; absent: nothing.
 */
look: LookRequest | null, };

export type Event = { "type": "done", 
/**
 * The request.
 */
request: number, 
/**
 * What it asked for.
 */
answer: Answer, } | { "type": "failed", 
/**
 * The request.
 */
request: number, 
/**
 * Why.
 */
failure: Failure, } | { "type": "progress", 
/**
 * The request.
 */
request: number, 
/**
 * Seconds of media done.
 */
done: number, 
/**
 * Seconds of media in all.
 */
total: number, } | { "type": "draft", 
/**
 * All of it.
 */
draft: DraftView, } | { "type": "time", 
/**
 * Of the open segment.
 */
segment: number, 
/**
 * Of the whole draft.
 */
draft: number, } | { "type": "segment", 
/**
 * It.
 */
segment: SegmentView, } | { "type": "picture", 
/**
 * Its size as shown, upright.
 */
size: Size, } | { "type": "canvas", 
/**
 * Whether pictures are drawn on it: the files' own.
 */
shown: boolean, 
/**
 * Degrees clockwise to turn it by, to see it upright.
 */
rotation: number, 
/**
 * Whether to mirror it before.
 */
mirrored: boolean, 
/**
 * Whether the upright picture is the mirror of what the camera sees.
 */
flipped: boolean, } | { "type": "level", 
/**
 * Largest magnitude.
 */
peak: number, 
/**
 * Root of the mean square.
 */
rms: number, } | { "type": "drop", 
/**
 * How many.
 */
count: number, 
/**
 * Why.
 */
reason: DropReason, } | { "type": "interrupted", 
/**
 * What.
 */
reason: InterruptedReason, 
/**
 * Whether the take goes on by itself: [`Event::Resumed`] follows, or another interruption.
 */
goesOn: boolean, } | { "type": "resumed", 
/**
 * What: nothing else that was told is over by it.
 */
reason: InterruptedReason, } | { "type": "limit-reached", } | { "type": "stats", 
/**
 * The figures.
 */
stats: StatsView, } | { "type": "crashed", 
/**
 * Why; requests that wait are rejected with it.
 */
failure: Failure, };

export type Answer = { "type": "nothing", } | { "type": "opened", 
/**
 * As it stands.
 */
draft: DraftView, 
/**
 * Segments that a dead page had left unsealed and that were cut at their last whole second.
 */
recovered: number, 
/**
 * Their duration in seconds.
 */
recoveredSeconds: number, 
/**
 * Segments of the film whose files are gone from the disk.
 */
lost: number, } | { "type": "taken", 
/**
 * In the order they were filmed.
 */
segments: Array<SegmentView>, } | { "type": "film", 
/**
 * Its facts.
 */
report: FilmView, } | { "type": "file", } | { "type": "info", 
/**
 * It.
 */
info: InfoView, } | { "type": "filter", 
/**
 * What it takes.
 */
filter: FilterView, } | { "type": "pictures", } | { "type": "films", 
/**
 * Their facts.
 */
reports: Array<FilmView>, };

export type FilterView = { 
/**
 * Its name in a chain.
 */
name: string, 
/**
 * In both languages.
 */
label: Label, 
/**
 * How it works.
 */
kind: Kind, 
/**
 * Draws of it alone.
 */
stages: number, 
/**
 * Where a page lists it.
 */
categories: Array<string>, 
/**
 * In the order of its file.
 */
parameters: Array<ParameterView>, };

export type ParameterView = { 
/**
 * Its name in a chain.
 */
name: string, 
/**
 * In both languages.
 */
label: Label, 
/**
 * `number`, `color`, `choice`, `curve`, `image` or `table`.
 */
type: string, 
/**
 * Of a number.
 */
min?: number, 
/**
 * Of a number.
 */
max?: number, 
/**
 * The words of a choice.
 */
values?: Array<string>, 
/**
 * What it is where it is not given.
 */
default?: DefaultView, 
/**
 * Of a picture: whether it may be missing.
 */
optional?: boolean, };

export type DefaultView = number | string;

export type Kind = "coord" | "point" | "area" | "composite";

export type Label = { 
/**
 * English.
 */
en: string, 
/**
 * Chinese.
 */
zh: string, };

export type InfoView = { 
/**
 * What kind of file it is.
 */
container: ContainerView, 
/**
 * Seconds it plays.
 */
duration: number, 
/**
 * Of its first picture track, as shown, upright; null without a picture.
 */
size: Size | null, 
/**
 * Degrees clockwise that a player turns it: 0, 90, 180 or 270.
 */
rotation: number, 
/**
 * Whether a player mirrors it before turning.
 */
mirrored: boolean, 
/**
 * Whether it can be played before all of it is there.
 */
fastStart: boolean, 
/**
 * Its picture and sound tracks, in the order of the file.
 */
tracks: Array<TrackView>, };

export type ContainerView = "mp4" | "mov" | "fragmented-mp4";

export type TrackView = { 
/**
 * Picture or sound.
 */
kind: TrackKindView, 
/**
 * As RFC 6381 names it.
 */
codec: string, 
/**
 * How many samples it has.
 */
samples: number, 
/**
 * Seconds it plays.
 */
duration: number, 
/**
 * Where its first sample is shown, seconds.
 */
start: number, 
/**
 * How many of the samples decoding can start at.
 */
syncSamples: number, 
/**
 * Bits a second, on average.
 */
bitrate: number, 
/**
 * Pictures a second, on average.
 */
frameRate?: number, 
/**
 * Samples of sound a second.
 */
sampleRate?: number, 
/**
 * Channels of sound.
 */
channels?: number, };

export type TrackKindView = "video" | "audio";

export type DraftView = { 
/**
 * In film order.
 */
segments: Array<SegmentView>, 
/**
 * Seconds.
 */
duration: number, 
/**
 * Whether there is a change to take back.
 */
canUndo: boolean, 
/**
 * Whether there is one to make again.
 */
canRedo: boolean, };

export type SegmentView = { 
/**
 * Stable within its draft.
 */
id: string, 
/**
 * The press of record it belongs to, counted from 1.
 */
take: number, 
/**
 * Seconds.
 */
duration: number, 
/**
 * Pictures in it.
 */
frames: number, 
/**
 * Where the camera looked, if known.
 */
facing?: Facing, 
/**
 * Of the recorded picture.
 */
size: Size, 
/**
 * Degrees clockwise that a player must turn it: 0, 90, 180 or 270.
 */
rotation: number, 
/**
 * Whether a player must mirror it before turning.
 */
mirrored: boolean, 
/**
 * Its file, a plain name in the draft's folder; for us alone.
 */
file: string, 
/**
 * Bytes on disk.
 */
bytes: number, 
/**
 * Whether it was saved from a page that died.
 */
recovered: boolean, 
/**
 * Its sound coding; null without sound.
 */
audio: AudioCodec | null, 
/**
 * Its picture coding.
 */
video: VideoCodec, 
/**
 * Seconds by which sound outlasts picture.
 */
skew: number, };

export type FilmView = { 
/**
 * Seconds.
 */
duration: number, 
/**
 * As shown, upright.
 */
size: Size, 
/**
 * How its media came about.
 */
joined: Joined, 
/**
 * Pictures that were encoded for it.
 */
encodedFrames: number, 
/**
 * Bytes of media referred to, not read.
 */
copiedBytes: number, 
/**
 * Bytes of head that were made.
 */
headBytes: number, 
/**
 * Bytes of the sources that were read to make it: headers only.
 */
readBytes: number, 
/**
 * Its picture coding; null without a picture, or for a coding that the product has no name for.
 */
video: VideoCodec | null, 
/**
 * Its sound coding; null likewise.
 */
audio: AudioCodec | null, 
/**
 * The most by which picture and sound end apart, at a join or at the end, seconds.
 */
skew: number, 
/**
 * What a player or a person may notice.
 */
warnings: Array<string>, 
/**
 * What of a damaged file is not in it.
 */
lost?: LostView, 
/**
 * The segment files it refers to, as the store names them.
 */
files: Array<string>, 
/**
 * Where its bytes lie, in order; empty where no store has them.
 */
spans: Array<SpanView>, };

export type Joined = "copy" | "mixed" | "encoded";

export type SpanView = { 
/**
 * Which of the film's files it lies in, counted from 0; null: the film's own bytes, which no file has.
 */
source: number | null, 
/**
 * Its first byte there.
 */
start: number, 
/**
 * Behind its last byte there.
 */
end: number, };

export type LostView = { 
/**
 * Seconds, as far as the file tells.
 */
seconds: number, 
/**
 * Bytes of the file that no sample of the film lies in.
 */
bytes: number, 
/**
 * The tracks that are missing whole.
 */
tracks: Array<string>, };

export type DropReason = "source" | "encoder" | "storage" | "gpu";

export type InterruptedReason = "device-lost" | "size-changed" | "gpu-lost" | "encoder";

export type StatsView = { 
/**
 * Frames delivered while recording.
 */
captured: number, 
/**
 * Frames in the file.
 */
encoded: number, 
/**
 * Frames left out evenly because a take faster than the world has no room for them: no loss.
 */
thinned: number, 
/**
 * Frames not in the file, by reason.
 */
dropped: DroppedView, 
/**
 * Seconds of sound filled in.
 */
silence: number, 
/**
 * Frames a second, recently.
 */
fps: number, 
/**
 * Milliseconds from a frame's admission to its chunk, recently.
 */
encodeMs: number, 
/**
 * Frames in the encoder.
 */
queue: number, 
/**
 * Seconds of media that are not on disk yet.
 */
storedLag: number, 
/**
 * Bytes made.
 */
bytes: number, 
/**
 * Raw bytes over encoded bytes of the pictures.
 */
compressionRatio: number, 
/**
 * Draws a frame.
 */
passes: number, 
/**
 * Frames copied to the GPU: one for each that is drawn, none for one that is not.
 */
copies: number, 
/**
 * Textures of the GPU that are held: constant while nothing is changed.
 */
textures: number, 
/**
 * Programs of filters that have drawn: each one's first use keeps the GPU busy, and may cost pictures (`gpu`).
 */
programs: number, 
/**
 * Pictures held open.
 */
openFrames: number, 
/**
 * Seconds by which sound outlasts picture in the last segment.
 */
skew: number, };

export type DroppedView = { 
/**
 * See [`DropReason::Source`].
 */
source: number, 
/**
 * See [`DropReason::Encoder`].
 */
encoder: number, 
/**
 * See [`DropReason::Storage`].
 */
storage: number, 
/**
 * See [`DropReason::Gpu`].
 */
gpu: number, };
