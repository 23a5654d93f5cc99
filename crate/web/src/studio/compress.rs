//! A file of the user's own encoded anew: smaller, at another rate, with a look. What is asked for becomes a target for
//! [`super::transcode`]; the segment that comes of it becomes a film like any other.

use js_sys::Array;
use onetake_core::demux::{FileIndex, MediaInfo, describe};
use onetake_core::draft::{CameraInfo, OpenedSegment, SegmentId};
use onetake_core::error::{Failure, Retry};
use onetake_core::export::{Poster, film};
use onetake_core::media::{AudioCodec, Size, TrackKind, VideoCodec};
use onetake_core::orientation::Orientation;
use onetake_core::picture::Fit;
use onetake_core::protocol::{ClipRequest, CompressRequest, FilmOptions, FilmView, Joined};
use onetake_core::time::{Ticks, Timescale};
use onetake_core::transcode::{frame_rate, length};
use web_sys::Blob;

use super::desk::Desk;
use super::draft::thousandths;
use super::files::{open, recipe};
use super::look::{LookDesk, aside};
use super::transcode::{Sink, Target, Transcoded, transcode};
use crate::media::video::{Joining, VideoSetup, usual_bitrate};
use crate::store;

/// Ticks from one key frame to the next: two seconds.
const KEY_INTERVAL: Ticks = Ticks(96_000);
/// Least and most bits a second of sound in a film of a promised size, where nobody says otherwise: a fifth of all.
const SOUND: (f64, f64) = (24_000.0, 128_000.0);
/// The fewest bits for a pixel of such a film: below, fewer pixels look better.
const DENSITY: f64 = 0.04;
/// Of a promised size, the part that is media: the rest is tables, and what encoders give beyond their rate.
const MEDIA: f64 = 0.95;
/// The shortest side that pictures are made smaller to.
const SMALLEST: u32 = 32;
/// What was too large is encoded again at so much of what would do.
const HASTE: f64 = 0.95;
/// How often a film that became too large is encoded again, smaller.
const ATTEMPTS: i32 = 5;
/// The fewest bits a second that pictures are encoded at.
const LEAST: f64 = 4_000.0;
/// Stable code: the encoder left pictures out.
const FRAMES_LOST: &str = "frames_lost";

/// The first file on the desk as it is asked for; `pictures` are those of the look.
pub(super) async fn compress(
    desk: &mut Desk,
    asked: CompressRequest,
    options: &FilmOptions,
    poster: Option<Poster>,
    pictures: Vec<Blob>,
) -> Result<(Blob, FilmView), Failure> {
    let look = match &asked.look {
        Some(look) => LookDesk::of(look, pictures).await?,
        None => LookDesk::default(),
    };
    let indexes = desk.index().await?;
    let index = indexes.first().ok_or_else(no_picture)?;
    let whole = length(index).map_err(|what| Failure::new("file_unsupported", Retry::Never, what))?;
    let seconds = Timescale::RECORDING.seconds(whole);
    desk.count_to(seconds);
    let mut plan = Plan::of(asked, index, seconds, look)?;
    for attempt in 1..=ATTEMPTS {
        // Nobody knows yet whether this is the last attempt.
        let span = match plan.asked.max_bytes {
            Some(_) => (1.0 - 0.5_f64.powi(attempt - 1), 1.0 - 0.5_f64.powi(attempt)),
            None => (0.0, 1.0),
        };
        let (blob, made) = plan.run(desk, index, span).await?;
        let (result, pictures) = finish(desk, (blob, made), options, poster.clone(), &plan).await?;
        let Some(most) = plan.asked.max_bytes.filter(|most| result.0.size() > *most) else { return Ok(result) };
        // What is no picture stays as large as it is.
        plan.shrink(pictures * 8.0 / seconds.max(0.1), 1.0 - (result.0.size() - most) / pictures.max(1.0));
        if attempt == ATTEMPTS || plan.bitrate < LEAST {
            break;
        }
    }
    Err(too_small())
}

/// What is encoded, but for its promised size.
struct Plan {
    asked: CompressRequest,
    /// Upright.
    size: Size,
    residual: Orientation,
    /// Thousandths of a picture a second at most, if that was asked for; and what the encoder is told.
    rate: (Option<u32>, f64),
    bitrate: f64,
    /// Bits for a pixel below which there are too many.
    density: f64,
    look: LookDesk,
}

impl Plan {
    fn of(mut asked: CompressRequest, index: &FileIndex, seconds: f64, look: LookDesk) -> Result<Plan, Failure> {
        let media = describe(index);
        let size = asked.size.or(media.size).map(even).ok_or_else(no_picture)?;
        let track = index.track(TrackKind::Video).ok_or_else(no_picture)?;
        let own = frame_rate(index);
        let wanted = asked.frame_rate.map(thousandths);
        let rate = f64::from(wanted.map_or(own, |wanted| wanted.min(own))) / 1000.0;
        let suited = || suited(&media, index, (size, rate), asked.codec);
        let mut bitrate = asked.video_bitrate.map_or_else(suited, f64::from);
        if let Some(most) = asked.max_bytes {
            let all = most * 8.0 / seconds.max(0.1) * MEDIA;
            let share = (all / 5.0).clamp(SOUND.0, SOUND.1);
            let sound = media.tracks.iter().find(|track| track.kind == TrackKind::Audio);
            // What has no more than its share may be copied.
            let own = sound.map_or(0.0, |track| store::number(track.bitrate));
            let given = asked.audio_bitrate.map(f64::from).or((own > share).then_some(share));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let told = given.map(|given| given.min(share) as u32);
            asked.audio_bitrate = told;
            bitrate = bitrate.min(all - told.map_or(own, f64::from));
        }
        if bitrate < LEAST {
            return Err(too_small());
        }
        // Without a GPU a turn is left to players, as in a recording.
        let residual = match (track.orientation, look.is_seen()) {
            (Orientation::UPRIGHT, false) => Orientation::UPRIGHT,
            (turned, seen) => match aside() {
                Ok(_) => Orientation::UPRIGHT,
                Err(failure) if seen => return Err(failure),
                Err(_) => turned,
            },
        };
        let mut plan = Plan { asked, size, residual, rate: (wanted, rate), bitrate, density: DENSITY, look };
        plan.follow_bitrate();
        Ok(plan)
    }

    /// A film in which pictures took so many bits a second was too large: this part of them would do.
    fn shrink(&mut self, took: f64, part: f64) {
        // An encoder that gives more than it was told has too many pixels.
        self.density *= (took / self.bitrate).max(1.0);
        self.bitrate *= part * HASTE;
        self.follow_bitrate();
    }

    /// Of a film that may be only so large: fewer pixels where there are too few bits for them, unless they were asked for.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes are positive and become smaller"
    )]
    fn follow_bitrate(&mut self) {
        let pixels = f64::from(self.size.width) * f64::from(self.size.height);
        let scale = (self.bitrate.max(0.0) / (self.rate.1 * self.density * pixels)).sqrt();
        if self.asked.max_bytes.is_some() && self.asked.size.is_none() && scale < 1.0 {
            let side = |pixels: u32| ((f64::from(pixels) * scale) as u32).max(SMALLEST);
            self.size = even(Size { width: side(self.size.width), height: side(self.size.height) });
        }
    }

    /// `span`: the part of the way that this is.
    async fn run(
        &mut self,
        desk: &mut Desk,
        index: &FileIndex,
        span: (f64, f64),
    ) -> Result<(Blob, Transcoded), Failure> {
        let stored = self.residual.inverse().upright(self.size);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a range of u32")]
        let bitrate = self.bitrate.clamp(LEAST, 100_000_000.0) as u32;
        let codec = self.asked.codec.unwrap_or(VideoCodec::Avc);
        let joining = Joining::Nothing;
        let setup = VideoSetup::choose_offline((stored, self.rate.1), Some(bitrate), codec, joining).await?;
        let target = Target {
            size: self.size,
            fit: Fit::Cover,
            frame_rate: self.rate.0,
            joins: None,
            setup,
            residual: self.residual,
            look: std::mem::take(&mut self.look),
            key_interval: KEY_INTERVAL,
            audio_bitrate: self.asked.audio_bitrate,
            opened: OpenedSegment {
                id: SegmentId(1),
                take: 1,
                file: String::new(),
                camera: CameraInfo::default(),
                sound: None,
                size: stored,
                orientation: self.residual,
                mirrored: false,
            },
        };
        let mut sink = Sink::Memory(Array::new());
        let tell = |desk: &mut Desk, part: f64| desk.say_progress(span.0 + part * (span.1 - span.0));
        let (made, look) = transcode(desk, (0, index), target, &mut sink, &tell).await?;
        self.look = look;
        let blob = sink.blob()?.ok_or_else(no_picture)?;
        Ok((blob, made))
    }
}

/// The film of a segment, and the bytes of its pictures.
async fn finish(
    desk: &mut Desk,
    (blob, made): (Blob, Transcoded),
    options: &FilmOptions,
    poster: Option<Poster>,
    plan: &Plan,
) -> Result<((Blob, FilmView), f64), Failure> {
    let length = store::length(blob.size());
    let before = desk.turn_to(vec![(blob, length)]);
    let indexes = desk.index().await?;
    let mut recipe = recipe(&[ClipRequest { source: 0, start: 0.0, end: None }], options, poster);
    open(desk, &indexes, &mut recipe).await?;
    let (blob, mut view) = desk.film(&film(&indexes, &recipe)?)?;
    desk.turn_to(before);
    view.joined = Joined::Encoded;
    view.encoded_frames = u32::try_from(made.record.frames).unwrap_or(u32::MAX);
    if made.swallowed > 0 {
        view.warnings.push(FRAMES_LOST.to_owned());
    }
    if plan.asked.codec.is_some_and(|wanted| view.video != Some(wanted)) {
        view.warnings.push("video_codec".to_owned());
    }
    if view.audio == Some(AudioCodec::Opus) && !made.sound_copied {
        view.warnings.push("audio_opus".to_owned());
    }
    let bytes = |kind| {
        let tracks = indexes.iter().filter_map(|index| index.track(kind));
        let sizes = tracks.flat_map(|track| track.tables.sizes.runs());
        store::number(sizes.map(|(count, size)| u64::from(*count) * u64::from(*size)).sum())
    };
    view.copied_bytes = if made.sound_copied { bytes(TrackKind::Audio) } else { 0.0 };
    Ok(((blob, view), bytes(TrackKind::Video)))
}

/// What suits pictures of this size and rate, but no more than the file spends itself on as many as stay.
fn suited(media: &MediaInfo, index: &FileIndex, (size, rate): (Size, f64), codec: Option<VideoCodec>) -> f64 {
    let usual = f64::from(usual_bitrate(codec.unwrap_or(VideoCodec::Avc), size, rate));
    let track = media.tracks.iter().find(|track| track.kind == TrackKind::Video);
    let own = track.map_or(0.0, |track| store::number(track.bitrate));
    // Other codings do with two thirds of what H.264 needs.
    let coding = index.track(TrackKind::Video).and_then(|track| track.entry().video_codec());
    let own = if coding == Some(VideoCodec::Avc) { own } else { own * 1.5 };
    if own > LEAST { usual.min(own) } else { usual }
}

/// Encoders take even sides.
fn even(size: Size) -> Size {
    let side = |pixels: u32| (pixels & !1).max(2);
    Size { width: side(size.width), height: side(size.height) }
}

fn no_picture() -> Failure {
    Failure::new("film_empty", Retry::Never, "the file has no picture")
}

fn too_small() -> Failure {
    Failure::new("bad_argument", Retry::Never, "maxBytes: too few for a film that long")
}
