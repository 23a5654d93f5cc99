//! The way of the camera's picture into the draft, and the drawing where it needs one. What way it is, is decided in
//! `onetake_core::picture`; here is when: with a camera's first frame, when it lies or measures otherwise, and when what is
//! wished changes. A change that the running segment cannot hold ends it, and the take goes on with another.

use onetake_core::codec::{Likeness, SampleEntry, compare};
use onetake_core::error::Failure;
use onetake_core::filter::recode;
use onetake_core::media::{Coding, Size, VideoCodec};
use onetake_core::orientation::Orientation;
use onetake_core::picture::{self, Fit, Given, Need, Wanted, Way};
use onetake_core::protocol::{Answer, Camera, Event, InterruptedReason};
use onetake_core::record::{GateLimits, RecordState};
use onetake_core::time::Micros;
use wasm_bindgen::JsValue;
use web_sys::OffscreenCanvas;

use super::Studio;
use super::capture::CameraTrack;
use crate::gl::{Stage, View};
use crate::mail::{Mail, post};
use crate::media::frame::{OwnedFrame, number};
use crate::media::selftest::OF_RGB;
use crate::media::video::VideoSetup;
use crate::{clock, js, page};

/// A camera's picture and how it is recorded.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Picture {
    pub(super) given: Given,
    pub(super) way: Way,
}

/// What the first segment of a draft decided for the others; in a draft that began turned, the first upright one for those
/// that are stored upright.
pub(super) struct Model {
    /// Upright.
    size: Size,
    residual: Orientation,
    /// What its camera said of its colours, for cameras after it; unknown of a draft from disk.
    coding: Option<Coding>,
    /// Whose coding of RGB that is, where it is only believed.
    believed: Option<VideoCodec>,
    /// What its encoder said.
    pub(super) entry: Option<SampleEntry>,
}

impl Model {
    /// How pictures are coded that join it.
    fn coding(&self) -> Option<Coding> {
        self.coding.or_else(|| self.entry.as_ref().map(SampleEntry::coding))
    }

    /// Of its pictures in the file.
    pub(super) fn stored_size(&self) -> Size {
        self.residual.inverse().upright(self.size)
    }
}

/// The drawing.
#[derive(Default)]
pub(super) struct PictureDesk {
    /// The page's canvas, until it is drawn on.
    pub(super) canvas: Option<OffscreenCanvas>,
    pub(super) stage: Option<Stage>,
    /// Why nothing can be drawn in this worker.
    failure: Option<Failure>,
    /// Whether that stands against recording.
    refused: bool,
    first: Option<Model>,
    /// Where the first one is turned: of the upright ones.
    straight: Option<Model>,
    /// How the pictures of the segment lie that was opened last.
    opened: Orientation,
    /// How the encoder codes RGB, and the fit and mirror that were asked for.
    of_rgb: Option<Coding>,
    pub(super) fit: Fit,
    mirror: bool,
    /// Whether filters are drawn.
    pub(super) look: bool,
    /// What the page was told to see on the canvas; and whether it is told again whatever it was.
    shown: Option<(Orientation, bool)>,
    untold: bool,
}

/// Pictures in RGB, as H.273 writes it.
const RGB: Coding = Coding { matrix: 0, full_range: true };
/// Drawings from which on a picture is not drawn for the preview alone: one fewer than where the gate refuses frames, so that
/// what is only looked at never takes the last place, and with it a frame, from what is recorded right after it.
const PREVIEWED: u32 = GateLimits::GPU_QUEUE - 1;

impl Studio {
    /// Chooses the way of a camera's first frame, and again when its frames lie or measure otherwise.
    pub(super) fn look_at(&mut self, frame: &OwnedFrame) {
        let Some(track) = &self.camera else { return };
        let (_, _, visible) = frame.visible();
        let Camera { facing, shown, screen, .. } = track.camera;
        let guess = || Orientation::guessed(visible, shown.unwrap_or(visible), screen, facing);
        let orientation = frame.stated_orientation().unwrap_or_else(guess);
        let before = track.picture;
        if before.is_some_and(|before| (before.given.visible, before.given.orientation) == (visible, orientation)) {
            return;
        }
        self.choose_picture(Given { visible, orientation, coding: frame.coding() });
        let Some(picture) = self.camera.as_ref().and_then(|track| track.picture) else { return };
        page::say(&Event::Picture { size: orientation.upright(visible) });
        if let Some(before) = before {
            self.follow_camera(before, picture);
        }
    }

    /// The draft's picture, else the application's, else the largest the camera gives.
    pub(super) fn choose_picture(&mut self, given: Given) {
        let setup = self.video.setup.as_ref();
        self.picture.of_rgb = setup.map(VideoSetup::of_rgb).or(self.picture.of_rgb);
        self.picture.mirror = self.settings.mirror;
        self.picture.fit = if self.settings.contain { Fit::Contain } else { Fit::Cover };
        let crops = setup.is_none_or(|setup| setup.crops);
        let shown = given.orientation.upright(given.visible);
        let wanted = self.wanted(shown);
        let given_as_coded = Given { coding: self.picture.coded(given.coding), ..given };
        let mut way = picture::way(&given_as_coded, &wanted, crops);
        if let Some(need) = way.drawn
            && let Err(failure) = self.picture.start()
        {
            if need == Need::Wish {
                self.picture.refused = true;
                return self.fail_record(failure.clone(), |studio| studio.video.failure = Some(failure));
            }
            way = picture::undrawn_way(&given, &wanted, crops);
        }
        if let Some(track) = &mut self.camera {
            track.picture = Some(Picture { given, way });
        }
        if way.drawn.is_none() {
            self.picture.hide();
        }
        self.choose_video(way.size);
    }

    fn wanted(&self, shown: Size) -> Wanted {
        let PictureDesk { fit, mirror, look, .. } = self.picture;
        let straightens = self.straightens();
        let straight = self.straight().filter(|_| straightens);
        if let Some(model) = straight.or(self.picture.first.as_ref()).filter(|_| self.has_model()) {
            let (residual, coding) = (Some(model.residual), model.coding());
            return Wanted { size: model.size, residual, straightens, coding, fit, mirror, look };
        }
        let size = self.settings.size.unwrap_or_else(|| match fit {
            Fit::Cover => picture::default_size(shown),
            Fit::Contain => picture::default_containing_size(shown),
        });
        Wanted { size, residual: None, straightens: false, coding: None, fit, mirror, look }
    }

    /// Whether what is stored turned can be encoded anew for the film, so that what lies otherwise may be stored upright: else
    /// the draft's pictures are all drawn to lie as they began.
    fn straightens(&self) -> bool {
        let decodes = js::get(&js_sys::global(), "VideoDecoder").is_function();
        decodes && self.picture.failure.is_none() && !self.import.is_on()
    }

    /// What decides for upright pictures of a draft that began turned, once it has such, or they are being made.
    fn straight(&self) -> Option<&Model> {
        let begun = self.is_recording() || self.draft.as_ref().is_some_and(|draft| draft.straight().is_some());
        self.picture.straight.as_ref().filter(|_| begun)
    }

    /// Whether the draft has a first segment, or one is being made.
    fn has_model(&self) -> bool {
        self.is_recording() || self.draft_settings().is_some()
    }

    fn is_recording(&self) -> bool {
        self.recorder.as_ref().is_some_and(|recorder| recorder.state() != RecordState::Idle)
    }

    /// A segment opens: the first one decides for the others, and the first upright one after turned ones for such.
    pub(super) fn note_model(&mut self, stored: Size, residual: Orientation) {
        let Some(picture) = self.camera.as_ref().and_then(|track| track.picture) else { return };
        self.picture.opened = residual;
        let coding = if picture.way.drawn.is_some() { RGB } else { picture.given.coding };
        let setup = self.video.setup.as_ref().filter(|setup| coding.matrix == RGB.matrix && !setup.is_heard());
        let model = Model {
            size: residual.upright(stored),
            residual,
            coding: Some(self.picture.coded(coding)),
            believed: setup.map(VideoSetup::coding),
            entry: None,
        };
        // One that was noted and is not in the draft held nothing.
        let stands = self.draft.as_ref().is_some_and(|draft| draft.straight().is_some());
        if self.draft_settings().is_none() {
            (self.picture.first, self.picture.straight) = (Some(model), None);
        } else if !stands || self.picture.straight.is_none() {
            self.picture.straight = Some(model).filter(|model| self.picture.is_straight(model));
        }
    }

    /// A draft from disk: its first segment has decided, and its first upright one.
    pub(super) fn restore_model(&mut self, entry: Option<SampleEntry>, straight: Option<SampleEntry>) {
        let (Some(settings), Some(draft)) = (self.draft_settings(), &self.draft) else { return };
        let model = |entry, residual| Model { size: settings.size, residual, coding: None, believed: None, entry };
        let first = draft.first().map(|first| model(entry, first.opened.orientation));
        let straight = draft.straight().map(|_| model(straight, Orientation::UPRIGHT));
        self.picture.first = first;
        self.picture.straight = straight.filter(|model| self.picture.is_straight(model));
    }

    /// What decides for the camera's pictures as they are stored; where there is no camera, for those of the next one.
    pub(super) fn model(&self) -> Option<&Model> {
        let stored = self.camera.as_ref().and_then(|track| track.picture).map(|picture| picture.way.residual);
        let upright = stored.map_or_else(|| self.straightens(), |residual| residual == Orientation::UPRIGHT);
        // The first upright ones are at least of the coding of those before.
        self.straight().filter(|_| upright).or(self.picture.first.as_ref())
    }

    /// What decides for upright pictures, as turned ones become when they are relaid.
    pub(super) fn upright_model(&self) -> Option<&Model> {
        let first = self.picture.first.as_ref().filter(|model| model.residual == Orientation::UPRIGHT);
        first.or_else(|| self.straight())
    }

    /// A segment was relaid in pictures with this entry: where none was upright before, it decides for those to come.
    pub(super) fn note_relaid(&mut self, entry: SampleEntry) {
        let Some(size) = self.draft_settings().map(|settings| settings.size) else { return };
        if self.upright_model().is_none() {
            self.picture.straight =
                Some(Model { size, residual: Orientation::UPRIGHT, coding: None, believed: None, entry: Some(entry) });
        }
    }

    /// The camera's picture lies or measures otherwise.
    fn follow_camera(&mut self, before: Picture, after: Picture) {
        self.follow(before, after, true);
    }

    /// The way has changed. The running segment goes on where it can: a smaller crop is the encoder's business, and what is
    /// drawn is drawn otherwise from this picture on. Encoders do not take other colours in the middle of a run, so what is
    /// drawn stays drawn until the segment ends. `camera`: whether the camera is why.
    pub(super) fn follow(&mut self, before: Picture, after: Picture, camera: bool) {
        let (old, new) = (before.way, after.way);
        if !self.segment_is_open() || old == new {
            return;
        }
        if old.drawn.is_some() && old.residual == new.residual {
            if let Some(picture) = self.camera.as_mut().and_then(|track| track.picture.as_mut()) {
                picture.way.drawn = old.drawn;
            }
            return;
        }
        if camera {
            page::say(&Event::Interrupted { reason: InterruptedReason::SizeChanged, goes_on: true });
        }
        self.reopen(clock::now(), camera);
    }

    /// What the ended segment had to be drawn for may be over.
    pub(super) fn choose_again(&mut self) {
        if let Some(picture) = self.camera.as_ref().and_then(|track| track.picture) {
            self.choose_picture(picture.given);
        }
    }

    /// Encoders of `video` code RGB so. The draft's pictures are as they are, whatever was believed; from the next one on, what
    /// is drawn is drawn for that.
    pub(super) fn handle_rgb_measured(&mut self, video: VideoCodec, coding: Coding) {
        for model in self.picture.first.iter_mut().chain(&mut self.picture.straight) {
            if model.believed.take_if(|one| *one == video).is_some() {
                model.coding = Some(coding);
            }
        }
        self.follow_choice();
    }

    /// Chooses the way again, and follows where that leads elsewhere.
    pub(super) fn follow_choice(&mut self) {
        let Some(before) = self.camera.as_ref().and_then(|track| track.picture) else { return };
        self.choose_picture(before.given);
        let after = self.camera.as_ref().and_then(|track| track.picture);
        if let Some(after) = after.filter(|after| *after != before) {
            self.follow(before, after, false);
        }
    }

    pub(super) fn turn_camera(&mut self, request: u32, shown: Option<Size>, screen: u32) {
        if let Some(track) = &mut self.camera {
            (track.camera.shown, track.camera.screen) = (shown, screen);
        }
        page::answer(request, Answer::Nothing {});
    }

    pub(super) fn mirror(&mut self, request: u32, recording: bool) {
        let before = self.camera.as_ref().and_then(|track| track.picture);
        if self.settings.mirror != recording {
            self.settings.mirror = recording;
            if std::mem::take(&mut self.picture.refused) {
                self.video.failure = None;
            }
            if let Some(before) = before {
                self.choose_picture(before.given);
                if self.camera.as_ref().and_then(|track| track.picture) != Some(before) {
                    self.reopen(clock::now(), false);
                }
            }
        }
        page::answer(request, Answer::Nothing {});
    }

    /// Pictures that the GPU has not drawn yet, where they are drawn at all.
    pub(super) fn gpu_queue(&mut self) -> u32 {
        match self.picture.drawn(self.camera.as_ref()) {
            Some(_) => self.picture.queue(),
            None => 0,
        }
    }

    /// Shows a picture that is not recorded, unless the GPU is behind.
    pub(super) fn preview(&mut self, frame: &OwnedFrame, gpu_queue: u32) {
        if let Some((view, way)) = self.picture.drawn(self.camera.as_ref()).filter(|_| gpu_queue < PREVIEWED) {
            if let Some(stage) = &self.picture.stage
                && !self.take_is_open()
                && frame.orientation() == Orientation::UPRIGHT
            {
                stage.learn(frame.frame());
            }
            // One that cannot be drawn is not seen.
            let _ = self.picture.draw(frame, &view, &way);
        }
    }

    pub(super) fn handle_gpu(&mut self, lost: bool) {
        let Some(stage) = &mut self.picture.stage else { return };
        if lost {
            stage.handle_lost();
            self.picture.hide();
            page::say(&Event::Interrupted { reason: InterruptedReason::GpuLost, goes_on: true });
            return;
        }
        match self.look.restore(stage) {
            Ok(()) => {
                page::say(&Event::Resumed { reason: InterruptedReason::GpuLost });
                self.follow_look();
            }
            // This canvas will draw no more: another worker has another one.
            Err(failure) => self.lose_worker(&failure),
        }
    }

    /// How often each frame is drawn.
    pub(super) fn passes(&self) -> u32 {
        let drawn = self.camera.as_ref().and_then(|track| track.picture).and_then(|picture| picture.way.drawn);
        let stage = self.picture.stage.as_ref().filter(|_| drawn.is_some());
        stage.map_or(0, |stage| u32::try_from(stage.passes()).unwrap_or(u32::MAX))
    }
}

impl PictureDesk {
    /// Makes the stage, once; a browser that has no WebGL2 is not asked again.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        if self.stage.is_some() {
            return Ok(());
        }
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let canvas = match self.canvas.take() {
            Some(canvas) => Ok(canvas),
            None => OffscreenCanvas::new(2, 2).map_err(|reason| js::failure("not_supported", &reason)),
        };
        match canvas.and_then(|canvas| Stage::new(canvas, |lost| post(Mail::Gpu { lost }))) {
            Ok(stage) => self.stage = Some(stage),
            Err(failure) => {
                self.failure = Some(failure.clone());
                return Err(failure);
            }
        }
        Ok(())
    }

    /// The next segment is the first of a draft.
    pub(super) fn forget_model(&mut self) {
        (self.first, self.straight) = (None, None);
    }

    /// How the draft's first segment describes its pictures, if it is known.
    pub(super) fn entry(&self) -> Option<&SampleEntry> {
        self.first.as_ref().and_then(|model| model.entry.as_ref())
    }

    /// Whether a segment of this model is upright, in the draft's size, in a draft that began turned.
    fn is_straight(&self, model: &Model) -> bool {
        let turned = self.first.as_ref().filter(|first| first.residual != Orientation::UPRIGHT);
        turned.is_some_and(|first| model.residual == Orientation::UPRIGHT && model.size == first.size)
    }

    /// What decides for pictures that are left so to players.
    fn model(&self, residual: Orientation) -> Option<&Model> {
        match &self.first {
            Some(first) if residual != first.residual && residual == Orientation::UPRIGHT => self.straight.as_ref(),
            first => first.as_ref(),
        }
    }

    /// How the camera's pictures are drawn, if they are.
    pub(super) fn drawn(&self, camera: Option<&CameraTrack>) -> Option<(View, Way)> {
        let way = camera?.picture.filter(|picture| picture.way.drawn.is_some())?.way;
        let entry = self.model(way.residual).and_then(|model| model.entry.as_ref());
        let encoder = self.of_rgb.unwrap_or(OF_RGB);
        let recode = recode(encoder, entry.map_or(encoder, SampleEntry::coding));
        let seconds = (clock::now().0 % 1_000_000_000) as f32 / 1e6;
        Some((View { size: way.size, turn: way.turn, residual: way.residual, fit: self.fit, recode, seconds }, way))
    }

    /// What the encoder makes of a coding: it knows RGB only from outside.
    fn coded(&self, coding: Coding) -> Coding {
        if coding.matrix == RGB.matrix { self.of_rgb.unwrap_or(OF_RGB) } else { coding }
    }

    fn queue(&mut self) -> u32 {
        self.stage.as_mut().map_or(0, Stage::queue)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.stage.as_ref().is_some_and(Stage::is_lost)
    }

    /// Draws a frame for the encoder, and for whoever looks at the canvas.
    pub(super) fn draw_recorded(
        &mut self,
        frame: &OwnedFrame,
        timestamp: Micros,
        view: &View,
        way: &Way,
    ) -> Result<OwnedFrame, JsValue> {
        self.draw(frame, view, way)?;
        let stage = self.stage.as_ref().ok_or("nothing to draw on")?;
        stage.picture(number(timestamp.0)).map(OwnedFrame::new)
    }

    fn draw(&mut self, frame: &OwnedFrame, view: &View, way: &Way) -> Result<(), JsValue> {
        let stage = self.stage.as_mut().ok_or("nothing to draw on")?;
        let (_, _, visible) = frame.visible();
        if frame.orientation() == Orientation::UPRIGHT {
            stage.draw(frame.frame(), visible, view)?;
        } else {
            stage.draw(frame.unturned()?.frame(), visible, view)?;
        }
        let shown = Some((way.residual, self.mirror));
        if std::mem::take(&mut self.untold) || self.shown != shown {
            self.shown = shown;
            page::say(&Event::Canvas {
                shown: true,
                rotation: way.residual.degrees(),
                mirrored: way.residual.mirrored(),
                flipped: self.mirror,
            });
        }
        Ok(())
    }

    /// The page may have hidden the canvas with the camera before, or shows that one's last picture on it: it is told again
    /// with the next picture, drawn or not.
    pub(super) fn forget_shown(&mut self) {
        self.untold = true;
    }

    fn hide(&mut self) {
        if std::mem::take(&mut self.untold) | self.shown.take().is_some() {
            page::say(&Event::Canvas { shown: false, rotation: 0, mirrored: false, flipped: false });
        }
    }

    /// The entry of the segment that was opened last: the draft's own where only the colours are said to be others, for they
    /// were drawn to be the same.
    pub(super) fn describe(&mut self, entry: SampleEntry, drawn: bool) -> SampleEntry {
        let straight = self.straight.as_mut().filter(|model| model.residual == self.opened);
        let Some(model) = straight.or(self.first.as_mut()) else { return entry };
        let draft = model.entry.get_or_insert_with(|| entry.clone());
        match compare(draft, &entry) {
            Likeness::SameButColour { .. } if drawn => draft.clone(),
            _ => entry,
        }
    }
}
