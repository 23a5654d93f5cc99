//! The look: which chain of filters is drawn on the camera's pictures, which are tried aside for a drawer's thumbnails, and
//! photos with it. Whether a chain is one is decided in `onetake_core::filter`, whether a picture is drawn at all in
//! `onetake_core::picture`; here is when. A chain is seen from the picture on that finds it compiled.

mod pictures;

use std::rc::Rc;

use js_sys::Array;
use onetake_core::error::{Failure, Retry};
use onetake_core::filter::{Chain, Filter, LOOK, Library, PICTURE_SIDE, Range, Recode, Value, alone, looks, view};
use onetake_core::media::Size;
use onetake_core::orientation::Orientation;
use onetake_core::picture::Fit;
use onetake_core::protocol::{Answer, LookRequest};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageBitmap, OffscreenCanvas};

use self::pictures::pixels;
use super::Studio;
use super::import::cannot;
use super::picture::Picture;
use crate::gl::{Pixels, Stage, View};
use crate::mail::{Mail, post};
use crate::media::frame::OwnedFrame;
use crate::{clock, js, page};

/// Pictures that are kept although the chain names them no longer.
const KEPT: usize = 8;
/// Ticks after which the stage aside is let go: five seconds.
const IDLE: u32 = 50;
/// Ticks for which a picture of the camera is waited for: five seconds, for busy machines have been seen to take more than two. A
/// muted camera gives none.
const PATIENCE: u32 = 50;
/// The widest picture that is tried aside.
const WIDEST: u32 = 512;
/// Added to a picture's handle where a chain reads it as a table: that is another reading of the same file.
const TABLE: u32 = LOOK / 2;
/// The mirror of an upright picture.
const MIRROR: Orientation = Orientation::new(0, true);

/// The chain, and what waits for pictures or for the camera.
#[derive(Default)]
pub(super) struct LookDesk {
    library: Library,
    /// Filters of the user's own that the library knows, by name.
    sources: Vec<(String, String)>,
    chain: Chain,
    /// Of the user's own, by handle; the newest last.
    pictures: Vec<(u32, Pixels)>,
    /// Number of the last job, and of the last one that set the chain.
    jobs: u32,
    set: u32,
    /// What waits for the compiler, and the chain to go back to.
    compiling: Option<(u32, Chain)>,
    /// Tries whose pictures are being read.
    reading: Vec<u32>,
    tries: Vec<Try>,
    photos: Vec<(u32, bool)>,
    /// For tries and photos: a canvas that nobody sees. And since how many ticks nobody has used it.
    aside: Option<Stage>,
    idle: u32,
    /// Since how many ticks those who wait have seen no picture.
    waited: u32,
}

/// What pictures are read for.
pub(crate) struct Job {
    number: u32,
    request: u32,
    chains: Vec<Chain>,
    /// Of a try: its width and whether it is mirrored.
    aside: Option<(u32, bool)>,
}

/// Chains to be drawn aside, one on each picture of the camera.
struct Try {
    request: u32,
    chains: Vec<Chain>,
    width: u32,
    mirrored: bool,
    done: Array,
}

impl Studio {
    pub(super) fn set_look(&mut self, request: u32, look: LookRequest, message: &JsValue) {
        if self.import.is_on() && !look.chain.is_empty() {
            return page::fail(request, cannot("draw filters"));
        }
        self.read_looks(request, &[look], None, message);
    }

    pub(super) fn try_looks(
        &mut self,
        request: u32,
        looks: &[LookRequest],
        (width, mirrored): (u32, bool),
        message: &JsValue,
    ) {
        if self.import.is_on() {
            return page::fail(request, cannot("draw filters"));
        }
        if self.camera.is_none() {
            return page::fail(request, no_picture());
        }
        self.read_looks(request, looks, Some((width.clamp(16, WIDEST), mirrored)), message);
    }

    /// Checks the chains and reads the pictures that are not known yet.
    fn read_looks(&mut self, request: u32, looks: &[LookRequest], aside: Option<(u32, bool)>, message: &JsValue) {
        let files = js::get(message, "files");
        let files: Vec<Blob> = match files.dyn_into::<Array>() {
            Ok(files) => files.iter().filter_map(|file| file.dyn_into().ok()).collect(),
            Err(_) => Vec::new(),
        };
        let handles = looks.iter().flat_map(|look| look.pictures.iter().copied());
        let files: Vec<(u32, Blob)> = handles.zip(files).collect();
        let chains: Result<Vec<Chain>, Failure> = looks.iter().map(|look| self.look.check(look)).collect();
        let chains = match chains {
            Ok(chains) => chains,
            Err(failure) => return page::fail(request, failure),
        };
        self.look.jobs += 1;
        let job = Job { number: self.look.jobs, request, chains, aside };
        if aside.is_some() {
            self.look.reading.push(request);
        }
        let readings =
            files.into_iter().flat_map(|(handle, file)| [(handle, false, file.clone()), (handle | TABLE, true, file)]);
        let wanted = |handle| job.chains.iter().any(|chain| names(chain, handle)) && !self.look.knows(handle);
        let unknown: Vec<(u32, bool, Blob)> = readings.filter(|(handle, ..)| wanted(*handle)).collect();
        if unknown.is_empty() {
            return self.handle_pictures(job, Ok(Vec::new()));
        }
        js::spawn(async move {
            let mut read = Vec::with_capacity(unknown.len());
            for (handle, table, file) in unknown {
                match pixels(&file, table).await {
                    Ok(pixels) => read.push((handle, pixels)),
                    Err(failure) => return post(Mail::Pictures { job, result: Err(failure) }),
                }
            }
            post(Mail::Pictures { job, result: Ok(read) });
        });
    }

    pub(super) fn handle_pictures(&mut self, job: Job, result: Result<Vec<(u32, Pixels)>, Failure>) {
        // Given up meanwhile.
        if job.aside.is_some() && !self.look.forget_reading(job.request) {
            return;
        }
        let ready = result.and_then(|read| {
            self.look.pictures.extend(read);
            job.chains.iter().try_for_each(|chain| self.look.check_pictures(chain))
        });
        if let Err(failure) = ready {
            return page::fail(job.request, failure);
        }
        match job.aside {
            Some((width, mirrored)) => {
                let (request, mut chains) = (job.request, job.chains);
                chains.reverse();
                self.look.tries.push(Try { request, chains, width, mirrored, done: Array::new() });
            }
            // A later one was quicker: its pictures were known.
            None if job.number < self.look.set => page::answer(job.request, Answer::Nothing {}),
            None => {
                let chain = job.chains.into_iter().next().unwrap_or_default();
                match self.change_look(job.request, chain) {
                    Ok(()) => self.look.set = job.number,
                    Err(failure) => page::fail(job.request, failure),
                }
            }
        }
        self.look.tidy();
    }

    fn change_look(&mut self, request: u32, chain: Chain) -> Result<(), Failure> {
        if !chain.active().is_empty() {
            self.picture.start()?;
        }
        let before = std::mem::replace(&mut self.look.chain, chain);
        if let Some(stage) = &mut self.picture.stage
            && let Err(failure) = self.look.put_on(stage)
        {
            self.look.chain = before;
            return Err(failure);
        }
        let before = match self.look.compiling.take() {
            // It is never drawn; the one before it still is.
            Some((request, before)) => {
                page::answer(request, Answer::Nothing {});
                before
            }
            None => before,
        };
        self.look.compiling = Some((request, before));
        self.settle_look();
        Ok(())
    }

    /// Answers once the chain is drawn: asked on each picture, and on each tick where there is none.
    pub(super) fn settle_look(&mut self) {
        if self.look.compiling.is_none() {
            return;
        }
        // Without a context it is drawn when that is there again, and nobody waits for that.
        let lost = self.picture.is_lost();
        let settled = match &mut self.picture.stage {
            Some(stage) if !lost => stage.settle(false),
            _ => Ok(true),
        };
        match settled {
            Ok(false) => {}
            Ok(true) => {
                self.follow_look();
                if let Some((request, _)) = self.look.compiling.take() {
                    page::answer(request, Answer::Nothing {});
                }
            }
            Err(failure) => {
                if let Some((request, before)) = self.look.compiling.take() {
                    self.look.chain = before;
                    page::fail(request, failure);
                }
            }
        }
    }

    /// Whether pictures are drawn at all may have changed with the chain.
    pub(super) fn follow_look(&mut self) {
        self.picture.look = !self.look.chain.active().is_empty();
        self.follow_choice();
    }

    /// Draws what waits for a picture of the camera: of tries one chain on each, so that the recorder is never far away.
    pub(super) fn draw_aside(&mut self, frame: &OwnedFrame) {
        if self.look.tries.is_empty() && self.look.photos.is_empty() {
            return;
        }
        let Some(picture) = self.camera.as_ref().and_then(|track| track.picture) else { return };
        (self.look.idle, self.look.waited) = (0, 0);
        let fit = self.picture.fit;
        if let Some((request, mirrored)) = self.look.photos.pop() {
            let chain = self.look.chain.clone();
            let drawn = self.look.draw_aside(frame, &chain, &photo_view(&picture, fit, mirrored));
            let Some(stage) = drawn.transpose() else { return self.look.photos.push((request, mirrored)) };
            match stage.and_then(|stage| stage.jpeg().map_err(|reason| js::failure("internal", &reason))) {
                Ok(jpeg) => js::spawn(answer_photo(request, jpeg)),
                Err(failure) => page::fail(request, failure),
            }
            return;
        }
        let Some(mut one) = self.look.tries.pop() else { return };
        let Some(chain) = one.chains.pop() else {
            return page::answer_with_pictures(one.request, Answer::Pictures {}, &one.done);
        };
        let upright = picture.way.residual.upright(picture.way.size);
        let height = (u64::from(upright.height) * u64::from(one.width)).div_ceil(u64::from(upright.width.max(1)));
        let size = Size { width: one.width, height: u32::try_from(height).unwrap_or(1).clamp(1, 4 * WIDEST) };
        let drawn = self.look.draw_aside(frame, &chain, &seen(&picture, size, fit, one.mirrored));
        let Some(stage) = drawn.transpose() else {
            one.chains.push(chain);
            return self.look.tries.push(one);
        };
        match stage.and_then(|stage| stage.take_bitmap().map_err(|reason| js::failure("internal", &reason))) {
            Ok(bitmap) => {
                one.done.push(&bitmap);
                if one.chains.is_empty() {
                    self.look.tidy();
                    return page::answer_with_pictures(one.request, Answer::Pictures {}, &one.done);
                }
                self.look.tries.push(one);
            }
            Err(failure) => page::fail(one.request, failure),
        }
    }

    /// Nobody may wait for a camera that is gone; and what nobody uses is let go.
    pub(super) fn tick_look(&mut self) {
        self.settle_look();
        let waiting = !self.look.tries.is_empty() || !self.look.photos.is_empty();
        self.look.waited = if waiting { self.look.waited.saturating_add(1) } else { 0 };
        if self.camera.is_none() || self.look.waited > PATIENCE {
            for one in std::mem::take(&mut self.look.tries) {
                page::fail(one.request, no_picture());
            }
            for (request, _) in std::mem::take(&mut self.look.photos) {
                page::fail(request, no_picture());
            }
        }
        self.look.idle = self.look.idle.saturating_add(1);
        if self.look.idle > IDLE {
            self.look.aside = None;
        }
    }

    pub(super) fn cancel_try(&mut self, request: u32) {
        let before = self.look.tries.len();
        self.look.tries.retain(|one| one.request != request);
        if self.look.tries.len() < before || self.look.forget_reading(request) {
            page::fail(request, Failure::new("aborted", Retry::Later, "given up"));
        }
    }

    pub(super) fn take_photo(&mut self, request: u32, mirrored: bool) {
        match &self.camera {
            Some(_) if self.import.is_on() => page::fail(request, cannot("draw filters")),
            Some(_) => self.look.photos.push((request, mirrored)),
            None => page::fail(request, no_picture()),
        }
    }

    pub(super) fn define_filter(&mut self, request: u32, source: &str) {
        let defined = self.look.library.define(source).map_err(Failure::from).and_then(|filter| {
            // Its own, gone again at once: a page may define without ever filming.
            aside()?.compile(&alone(&mut self.look.library, &filter))?;
            let told = view(&filter);
            self.look.learn(source, filter);
            Ok(told)
        });
        match defined {
            Ok(filter) => page::answer(request, Answer::Filter { filter }),
            Err(failure) => page::fail(request, failure),
        }
    }
}

impl LookDesk {
    /// One of its own for work on a file: this look, and the pictures that it names.
    ///
    /// # Errors
    /// As setting a look has: `filter_invalid`, `shader_invalid`, `file_damaged`.
    pub(super) async fn of(look: &LookRequest, files: Vec<Blob>) -> Result<LookDesk, Failure> {
        let mut desk = LookDesk::default();
        let chain = desk.check(look)?;
        for (handle, file) in look.pictures.iter().copied().zip(files) {
            for (handle, table) in [(handle, false), (handle | TABLE, true)] {
                if names(&chain, handle) {
                    desk.pictures.push((handle, pixels(&file, table).await?));
                }
            }
        }
        desk.check_pictures(&chain)?;
        desk.chain = chain;
        Ok(desk)
    }

    /// Whether it changes anything.
    pub(super) fn is_seen(&self) -> bool {
        !self.chain.active().is_empty()
    }

    fn check(&mut self, look: &LookRequest) -> Result<Chain, Failure> {
        for source in &look.sources {
            if !self.sources.iter().any(|(_, known)| known == source) {
                let filter = self.library.define(source)?;
                self.learn(source, filter);
            }
        }
        let mut chain = Chain::check(&look.chain, &mut self.library)?;
        for step in &mut chain.steps {
            for (param, value) in step.filter.params.iter().zip(&mut step.values) {
                if let (Range::Table, Value::Picture(Some(handle @ ..TABLE))) = (&param.range, value) {
                    *handle |= TABLE;
                }
            }
        }
        Ok(chain)
    }

    fn learn(&mut self, source: &str, filter: Filter) {
        self.sources.retain(|(name, _)| *name != filter.name);
        self.sources.push((filter.name.clone(), source.to_owned()));
        self.library.handle_defined(filter);
    }

    fn forget_reading(&mut self, request: u32) -> bool {
        let before = self.reading.len();
        self.reading.retain(|reading| *reading != request);
        self.reading.len() < before
    }

    fn knows(&self, handle: u32) -> bool {
        self.pictures.iter().any(|(known, _)| *known == handle)
    }

    /// Whether each picture that a chain names is there, and is of the kind that is wanted.
    fn check_pictures(&self, chain: &Chain) -> Result<(), Failure> {
        let wrong = |what: &str| Err(Failure::new("filter_invalid", Retry::Never, what));
        for step in &chain.steps {
            for (param, value) in step.filter.params.iter().zip(&step.values) {
                // Tables of looks are ours.
                let Value::Picture(Some(handle @ ..LOOK)) = value else { continue };
                match (&param.range, pixels_of(&self.pictures, *handle)) {
                    (_, None) => return wrong("a picture of the chain is missing"),
                    (Range::Image { .. }, Some(Pixels::Table(_))) => return wrong("a .cube file is no picture"),
                    (Range::Table, Some(Pixels::Bitmap(bitmap))) if !is_table(&bitmap) => {
                        return wrong("a table is a .cube file or a picture of 512 x 512");
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Sets the chain of a stage.
    pub(super) fn put_on(&mut self, stage: &mut Stage) -> Result<(), Failure> {
        stage.set_chain(&mut self.library, &self.chain, &|handle| pixels_of(&self.pictures, handle))
    }

    /// Makes a stage again after its context was lost.
    pub(super) fn restore(&mut self, stage: &mut Stage) -> Result<(), Failure> {
        stage.handle_restored(&mut self.library, &self.chain, &|handle| pixels_of(&self.pictures, handle))
    }

    /// `None` while the chain is being compiled: the frame is the recorder's.
    fn draw_aside(&mut self, frame: &OwnedFrame, chain: &Chain, view: &View) -> Result<Option<&Stage>, Failure> {
        let unturned = frame.unturned();
        let drawn = unturned.map_err(|reason| js::failure("internal", &reason)).and_then(|unturned| {
            // One whose context is lost is made anew.
            let whole = self.aside.take().and_then(|mut stage| (stage.queue() < u32::MAX).then_some(stage));
            let stage = match whole {
                Some(stage) => stage,
                None => aside()?,
            };
            let stage = self.aside.insert(stage);
            stage.set_chain(&mut self.library, chain, &|handle| pixels_of(&self.pictures, handle))?;
            if !stage.settle(false)? {
                return Ok(false);
            }
            let (_, _, visible) = frame.visible();
            let drawn = stage.draw(unturned.frame(), visible, view);
            drawn.map(|()| true).map_err(|reason| js::failure("not_supported", &reason))
        });
        match drawn {
            Ok(true) => Ok(self.aside.as_ref()),
            Ok(false) => Ok(None),
            Err(failure) => {
                self.aside = None;
                Err(failure)
            }
        }
    }

    /// Forgets the oldest pictures that nobody draws with, now or soon.
    fn tidy(&mut self) {
        let back = self.compiling.iter().map(|(_, chain)| chain);
        let soon = self.tries.iter().flat_map(|one| &one.chains);
        let steps = std::iter::once(&self.chain).chain(back).chain(soon).flat_map(|chain| &chain.steps);
        let named: Vec<&Value> = steps.flat_map(|step| &step.values).collect();
        let is_named = |handle: u32| named.contains(&&Value::Picture(Some(handle)));
        let mut idle = self.pictures.iter().filter(|(handle, _)| !is_named(*handle)).count();
        self.pictures.retain(|(handle, _)| {
            let goes = idle > KEPT && !is_named(*handle);
            idle -= usize::from(goes);
            !goes
        });
    }
}

fn pixels_of(pictures: &[(u32, Pixels)], handle: u32) -> Option<Pixels> {
    if let Some(look) = handle.checked_sub(LOOK) {
        let look = looks::LOOKS.get(usize::try_from(look).ok()?)?;
        return Some(Pixels::Table(Rc::new(look.table())));
    }
    pictures.iter().find(|(known, _)| *known == handle).map(|(_, pixels)| pixels.clone())
}

/// A canvas that nobody sees.
pub(super) fn aside() -> Result<Stage, Failure> {
    let canvas = OffscreenCanvas::new(2, 2).map_err(|reason| js::failure("not_supported", &reason))?;
    Stage::new(canvas, |_| ())
}

fn names(chain: &Chain, handle: u32) -> bool {
    chain.steps.iter().any(|step| step.values.contains(&Value::Picture(Some(handle))))
}

fn is_table(bitmap: &ImageBitmap) -> bool {
    let side = u32::try_from(PICTURE_SIDE).unwrap_or(0);
    (bitmap.width(), bitmap.height()) == (side, side)
}

fn no_picture() -> Failure {
    Failure::new("camera_missing", Retry::AfterAction, "there is no picture of a camera")
}

/// A picture of the draft's shape as the preview shows it, upright.
fn seen(picture: &Picture, size: Size, fit: Fit, mirrored: bool) -> View {
    let turn = picture.given.orientation;
    let turn = if mirrored { turn.then(MIRROR) } else { turn };
    let seconds = (clock::now().0 % 1_000_000_000) as f32 / 1e6;
    View { size, turn, residual: Orientation::UPRIGHT, fit, recode: Recode::NONE, seconds }
}

/// As large as the camera's own resolution makes it.
fn photo_view(picture: &Picture, fit: Fit, mirrored: bool) -> View {
    let shown = picture.given.orientation.upright(picture.given.visible);
    let draft = picture.way.residual.upright(picture.way.size);
    let across = f64::from(shown.width) / f64::from(draft.width.max(1));
    let down = f64::from(shown.height) / f64::from(draft.height.max(1));
    let scale = if fit == Fit::Cover { across.min(down) } else { across.max(down) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturated by the cast")]
    let side = |pixels: u32| ((f64::from(pixels) * scale + 0.5) as u32).clamp(1, 8192);
    seen(picture, Size { width: side(draft.width), height: side(draft.height) }, fit, mirrored)
}

async fn answer_photo(request: u32, jpeg: js_sys::Promise) {
    match JsFuture::from(jpeg).await {
        Ok(blob) => page::answer_with_file(request, Answer::File {}, blob.unchecked_ref()),
        Err(reason) => page::fail(request, js::failure("internal", &reason)),
    }
}
