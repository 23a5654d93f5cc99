//! Work on files of the user's own: what they hold, films of stretches of them, repair. It needs no draft, no camera and
//! no store; what belongs into a film is decided in the core.

use js_sys::Array;
use onetake_core::demux::{Container, FileIndex, MediaInfo, TrackInfo, describe};
use onetake_core::error::{Failure, Retry};
use onetake_core::export::{ClipSpec, Entries, Form, Missing, Patch, Poster, Recipe, Seam, film, openings, seams};
use onetake_core::media::TrackKind;
use onetake_core::mux::flat::Padding;
use onetake_core::protocol::{
    Answer, ClipRequest, Command, ContainerView, FilmOptions, FilmView, InfoView, LostView, TrackKindView, TrackView,
};
use onetake_core::repair::{How, Lost, Repair};
use onetake_core::time::{Micros, Timescale};
use onetake_core::upload::LivePlan;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use super::Studio;
use super::compress::compress;
use super::desk::{Desk, read_whole};
use crate::mail::{Mail, post};
use crate::media::seam;
use crate::{js, page, store};

/// What came of a request.
pub(crate) enum Made {
    /// What the file holds.
    Info(InfoView),
    /// Films.
    Films(Vec<(Blob, FilmView)>),
}

impl Studio {
    /// Carries out one of the commands that files stand beside.
    pub(super) fn work_on_files(&mut self, request: u32, command: Command, message: &JsValue) {
        let files: Vec<(Blob, u64)> = match js::get(message, "files").dyn_into::<Array>() {
            Ok(files) => files.iter().filter_map(|file| file.dyn_into().ok()).map(with_length).collect(),
            Err(_) => Vec::new(),
        };
        let poster = page::handle(message, "poster");
        // Pictures of a look stand behind the file.
        let mut files = files;
        let pictures = match &command {
            Command::Compress { .. } if !files.is_empty() => files.split_off(1),
            _ => Vec::new(),
        };
        let total = match &command {
            Command::Compress { .. } => 0,
            _ => files.iter().map(|(_, length)| length).sum(),
        };
        let desk = self.open_desk(request, files, store::number(total));
        js::spawn(async move {
            let result = carry_out(desk, command, poster, pictures).await;
            post(Mail::FilesDone { request, result });
        });
    }

    pub(super) fn handle_files_done(&mut self, request: u32, result: Result<Made, Failure>) {
        self.close_desk(request);
        match result {
            Ok(Made::Info(info)) => page::answer(request, Answer::Info { info }),
            Ok(Made::Films(films)) => {
                let (files, reports): (Array, Vec<FilmView>) = films.into_iter().unzip();
                page::answer_with_files(request, Answer::Films { reports }, &files);
            }
            Err(failure) => page::fail(request, failure),
        }
    }
}

fn with_length(file: Blob) -> (Blob, u64) {
    let length = store::length(file.size());
    (file, length)
}

/// The most bytes a poster may have: it is read into memory, and stands in front of the media.
const LARGEST_POSTER: u64 = 16 << 20;

async fn carry_out(
    mut desk: Desk,
    command: Command,
    poster: Option<Blob>,
    pictures: Vec<(Blob, u64)>,
) -> Result<Made, Failure> {
    let poster = read_poster(poster).await?;
    let (films, options, indexes, saved) = match command {
        Command::Compose { films, options } => (films, options, desk.index().await?, None),
        Command::Compress { target, options } => {
            let pictures = pictures.into_iter().map(|(picture, _)| picture).collect();
            let film = compress(&mut desk, target, &options, poster, pictures).await?;
            desk.go_on()?;
            return Ok(Made::Films(vec![film]));
        }
        Command::Repair { options } => {
            let (index, saved) = repair(&mut desk).await?;
            let whole = ClipRequest { source: 0, start: 0.0, end: None };
            (vec![vec![whole]], options, vec![index], Some(saved))
        }
        _ => {
            desk.length()?;
            let indexes = desk.index().await?;
            desk.go_on()?;
            return Ok(Made::Info(info(describe(indexes.first().expect("there is a file, and none failed")))));
        }
    };
    let (mut made, halves) = (Vec::with_capacity(films.len()), films.len() > 1);
    for clips in films {
        let mut recipe = Recipe { halves, ..recipe(&clips, &options, poster.clone()) };
        open(&mut desk, &indexes, &mut recipe).await?;
        if options.recode_joins {
            recipe.patches = patches(&mut desk, seams(&indexes, &recipe)?).await?;
        }
        let (blob, mut view) = desk.film(&film(&indexes, &recipe)?)?;
        if let Some((how, lost)) = &saved {
            tell_lost(&mut view, *how, lost);
        }
        made.push((blob, view));
    }
    desk.go_on()?;
    Ok(Made::Films(made))
}

/// The bytes of a film's poster, if it shall have one.
pub(super) async fn read_poster(poster: Option<Blob>) -> Result<Option<Poster>, Failure> {
    let Some(poster) = poster else { return Ok(None) };
    if store::length(poster.size()) > LARGEST_POSTER {
        return Err(Failure::new("bad_argument", Retry::Never, "poster: at most 16 MiB are wanted"));
    }
    Ok(Some(Poster { bytes: read_whole(&poster).await? }))
}

/// Looks at the pictures that parts begin with behind others: a kilobyte of each, or all of one that must be changed.
pub(super) async fn open(desk: &mut Desk, indexes: &[FileIndex], recipe: &mut Recipe) -> Result<(), Failure> {
    loop {
        let asked = openings(indexes, recipe)?;
        if asked.is_empty() {
            return Ok(());
        }
        let wants: Vec<_> = asked.iter().map(|one| (one.source, one.range.clone())).collect();
        let bytes = desk.read(&wants).await?;
        let mut rest = bytes.as_slice();
        for opening in asked {
            let (own, more) = rest.split_at((opening.range.end - opening.range.start) as usize);
            recipe.openings.push(opening.settle(own.to_vec()));
            rest = more;
        }
    }
}

/// Encodes the sound of every seam anew: some kilobytes of each are read.
async fn patches(desk: &mut Desk, seams: Vec<Seam>) -> Result<Vec<Patch>, Failure> {
    let mut patches = Vec::with_capacity(seams.len());
    for seam in seams {
        let (mut wants, mut split) = (Vec::new(), 0);
        for side in seam.before.iter().chain([&seam.after]) {
            split = wants.len();
            for range in &side.packets {
                wants.push((side.source, range.clone()));
            }
        }
        let bytes = desk.read(&wants).await?;
        let mut packets = Vec::with_capacity(wants.len());
        let mut at = 0;
        for (_, range) in &wants {
            let end = at + (range.end - range.start) as usize;
            packets.push(&bytes[at..end]);
            at = end;
        }
        let after = packets.split_off(split);
        patches.push(seam::patch(&seam, packets, after).await?);
    }
    Ok(patches)
}

async fn repair(desk: &mut Desk) -> Result<(FileIndex, (How, Lost)), Failure> {
    let length = desk.length()?;
    let mut repair = Repair::new(length);
    while let Some(range) = repair.poll_read() {
        let at = range.start;
        let bytes = desk.read(&[(0, range)]).await?;
        repair.handle_read(at, &bytes)?;
        desk.say_progress(repair.position() as f64 / length as f64);
    }
    let repaired = repair.finish()?;
    Ok((repaired.index, (repaired.how, repaired.lost)))
}

fn tell_lost(view: &mut FilmView, how: How, lost: &Lost) {
    view.lost = Some(LostView {
        seconds: Timescale::RECORDING.seconds(lost.duration),
        bytes: store::number(lost.bytes),
        tracks: lost.tracks.clone(),
    });
    if how == (How::Rebuilt { rate_assumed: true }) {
        view.warnings.push("frame_rate_assumed".to_owned());
    }
}

pub(super) fn recipe(clips: &[ClipRequest], options: &FilmOptions, poster: Option<Poster>) -> Recipe {
    Recipe {
        clips: clips.iter().map(clip).collect(),
        exact: options.exact,
        halves: false,
        missing: if options.silence { Missing::Silence } else { Missing::Empty },
        entries: if options.several_entries { Entries::Several } else { Entries::One },
        created: store::length(options.created),
        title: options.title.clone(),
        poster,
        form: match options {
            FilmOptions { fragmented: true, .. } => Form::Fragmented,
            FilmOptions { padded: true, .. } => {
                Form::Padded(Padding { block: LivePlan::BLOCK, place: LivePlan::PLACE })
            }
            _ => Form::FastStart,
        },
        patches: Vec::new(),
        openings: Vec::new(),
        ranks: Vec::new(),
    }
}

fn clip(request: &ClipRequest) -> ClipSpec {
    let end = request.end.map_or(Micros(i64::MAX), micros);
    let whole = request.start == 0.0 && request.end.is_none();
    ClipSpec { source: request.source, range: (!whole).then(|| micros(request.start)..end) }
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn micros(seconds: f64) -> Micros {
    Micros((seconds * 1e6).round() as i64)
}

fn info(media: MediaInfo) -> InfoView {
    InfoView {
        container: match media.container {
            Container::Mp4 => ContainerView::Mp4,
            Container::Mov => ContainerView::Mov,
            Container::Fragmented => ContainerView::Fragmented,
        },
        duration: Timescale::RECORDING.seconds(media.duration),
        size: media.size,
        rotation: media.rotation,
        mirrored: media.mirrored,
        fast_start: media.fast_start,
        tracks: media.tracks.into_iter().map(track).collect(),
    }
}

fn track(track: TrackInfo) -> TrackView {
    TrackView {
        kind: match track.kind {
            TrackKind::Video => TrackKindView::Video,
            TrackKind::Audio => TrackKindView::Audio,
        },
        codec: track.codec,
        samples: store::number(track.samples),
        duration: track.timescale.seconds(track.duration),
        start: track.timescale.seconds(track.start),
        sync_samples: store::number(track.sync_samples),
        bitrate: store::number(track.bitrate),
        frame_rate: track.frame_rate.map(|(pictures, seconds)| store::number(pictures) / store::number(seconds)),
        sample_rate: track.sample_rate,
        channels: track.channels,
    }
}
