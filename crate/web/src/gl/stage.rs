//! The canvas that pictures are drawn on: its context, whether that is lost, how far the GPU is behind, and which chain is
//! drawn: the one that was set last, as soon as its programs are compiled.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Function, Object};
use onetake_core::error::{Failure, Retry};
use onetake_core::filter::{self, Chain, Library, Plan, Recode, compiler_error};
use onetake_core::media::Size;
use onetake_core::orientation::Orientation;
use onetake_core::picture::Fit;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, ImageBitmap, ImageEncodeOptions, OffscreenCanvas, VideoFrame, VideoFrameInit};

use super::binding::{self as gl, Context};
use super::drawing::{Device, Draw, Drawing, Pixels};
use super::route;
use crate::js;

/// How a picture is drawn, besides its chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Of the drawn picture, as it lies on the canvas.
    pub size: Size,
    /// Done to the camera's picture, to lie so.
    pub turn: Orientation,
    /// What is still to be done to see it upright.
    pub residual: Orientation,
    /// Into another shape.
    pub fit: Fit,
    /// Into other colours.
    pub recode: Recode,
    /// Seconds of the film's clock, for filters that move.
    pub seconds: f32,
}

/// A canvas with a WebGL2 context. Dropped, it forgets its listeners and gives the context up: browsers have few of them, and
/// take the oldest away where canvases wait to be collected.
pub struct Stage {
    canvas: OffscreenCanvas,
    context: Context,
    /// `None` while the context is lost.
    device: Option<Device>,
    /// What is drawn; the pictures without a filter, where there is none.
    drawing: Option<Drawing>,
    /// What is drawn once it is compiled.
    next: Option<Drawing>,
    /// Of the last picture: another one needs other targets.
    drawn: Size,
    /// Drawings that the GPU had not finished when it was last asked, oldest first.
    fences: VecDeque<JsValue>,
    /// Whether the context was lost since all was made: also one that is there again knows nothing of it.
    lost: Rc<Cell<bool>>,
    listener: Closure<dyn FnMut(Event)>,
}

const EVENTS: [&str; 2] = ["webglcontextlost", "webglcontextrestored"];

impl Stage {
    /// Takes the canvas over. `on_change` is told when the context is lost (`true`) and when it is there again.
    ///
    /// # Errors
    /// `not_supported` where there is no WebGL2.
    pub fn new(canvas: OffscreenCanvas, on_change: fn(bool)) -> Result<Stage, Failure> {
        let missing = || Failure::new("not_supported", Retry::Never, "this browser has no WebGL2 in workers");
        let options = Object::new();
        for name in ["alpha", "antialias", "depth", "stencil"] {
            js::set(&options, name, false);
        }
        js::set(&options, "powerPreference", "high-performance");
        let context = canvas.get_context_with_context_options("webgl2", &options).ok().flatten();
        let context: Context = context.ok_or_else(missing)?.unchecked_into();
        let lost = Rc::new(Cell::new(false));
        let noted = Rc::clone(&lost);
        let listener = Closure::new(move |event: Event| {
            let lost = event.type_() == EVENTS[0];
            noted.set(noted.get() || lost);
            // Else it is lost for good.
            event.prevent_default();
            on_change(lost);
        });
        for name in EVENTS {
            let _ = canvas.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        let size = Size { width: 0, height: 0 };
        let (drawing, next) = (None, None);
        let fences = VecDeque::new();
        let mut stage = Stage { canvas, context, device: None, drawing, next, drawn: size, fences, lost, listener };
        stage.handle_restored(&mut Library::default(), &Chain::default(), &|_| None)?;
        Ok(stage)
    }

    /// Forgets what was lost with the context.
    pub fn handle_lost(&mut self) {
        (self.device, self.drawing, self.next) = (None, None, None);
        self.fences.clear();
    }

    /// Makes it again, with this chain.
    ///
    /// # Errors
    /// `not_supported` where it cannot be drawn.
    pub fn handle_restored(
        &mut self,
        library: &mut Library,
        chain: &Chain,
        pixels: &dyn Fn(u32) -> Option<Pixels>,
    ) -> Result<(), Failure> {
        self.lost.set(false);
        self.device = Some(Device::new(&self.context));
        self.set_chain(library, chain, pixels)?;
        self.take_next()
    }

    /// Draws this chain on the pictures from then on when it is compiled.
    ///
    /// # Errors
    /// `not_supported` where the browser has no room for its pictures.
    pub fn set_chain(
        &mut self,
        library: &mut Library,
        chain: &Chain,
        pixels: &dyn Fn(u32) -> Option<Pixels>,
    ) -> Result<(), Failure> {
        // Without a context it is set when that is there again.
        let Some(device) = &mut self.device else { return Ok(()) };
        let drawing = Drawing::new(device, library, chain, pixels, self.drawing.as_ref());
        self.next = Some(drawing.map_err(|reason| js::failure("not_supported", &reason))?);
        Ok(())
    }

    /// Whether the chain that was set last is drawn, or why it never will be: the one before it still is then. `wait`: for the
    /// compiler.
    ///
    /// # Errors
    /// `shader_invalid` where the compiler refuses a program.
    pub fn settle(&mut self, wait: bool) -> Result<bool, Failure> {
        match (&self.next, &self.device) {
            (Some(next), Some(device)) if !wait && next.is_compiling(device) => Ok(false),
            _ => self.take_next().map(|()| true),
        }
    }

    fn take_next(&mut self) -> Result<(), Failure> {
        let (Some(device), Some(next)) = (&self.device, self.next.take()) else { return Ok(()) };
        if !self.drawing.as_ref().is_some_and(|drawing| drawing.has_programs_of(&next)) {
            if let Err(said) = next.warm(device) {
                // A lost context says nothing of programs.
                return if self.context.is_context_lost() { Ok(()) } else { Err(compiler_error(&said).into()) };
            }
            device.pool.clear();
        }
        self.drawing = Some(next);
        Ok(())
    }

    /// Compiles the programs of these draws, waiting for them, and draws nothing.
    ///
    /// # Errors
    /// `shader_invalid` with what the compiler says of the first that it refuses; `not_supported` where the context is lost.
    pub fn compile(&mut self, plan: &Plan) -> Result<(), Failure> {
        let device = self.device.as_mut().filter(|_| !self.context.is_context_lost());
        let lost = || Failure::new("not_supported", Retry::Later, "the GPU is lost");
        let refused = device.ok_or_else(lost)?.compile(plan);
        refused.map_err(|said| if self.context.is_context_lost() { lost() } else { compiler_error(&said).into() })
    }

    /// How often each picture is drawn.
    pub fn passes(&self) -> usize {
        self.drawing.as_ref().map_or(0, Drawing::passes)
    }

    /// Whether nothing can be drawn until the context is there again.
    pub fn is_lost(&self) -> bool {
        self.lost.get() || self.device.is_none() || self.context.is_context_lost()
    }

    /// Whether the context was lost and is there again, without anything that was made with it.
    pub fn is_back(&self) -> bool {
        self.lost.get() && !self.context.is_context_lost()
    }

    /// Drawings under way; without a context, more than anybody waits for. Asked once a picture: each question costs the
    /// browser a message to its GPU.
    pub fn queue(&mut self) -> u32 {
        if self.is_lost() {
            return u32::MAX;
        }
        while let Some(fence) = self.fences.front() {
            if self.context.sync_parameter(fence, gl::SYNC_STATUS).as_f64() != Some(gl::SIGNALED) {
                break;
            }
            self.context.delete_sync(fence);
            self.fences.pop_front();
        }
        u32::try_from(self.fences.len()).unwrap_or(u32::MAX)
    }

    /// Finds the quickest way of pictures like this one to the GPU, once in this worker, which takes as long as some pictures:
    /// for where nobody waits. Until then the way is taken that is right everywhere.
    pub fn learn(&self, frame: &VideoFrame) {
        if !self.is_lost() {
            route::learn(&self.context, frame);
        }
    }

    /// Draws a picture whose visible part is of `source` size and that carries no orientation (browsers would turn it on the
    /// way into the texture).
    ///
    /// # Errors
    /// What the browser throws; and where the context is lost.
    pub fn draw(&mut self, frame: &VideoFrame, source: Size, view: &View) -> Result<(), JsValue> {
        let device = self.device.as_ref().ok_or("the GPU is lost")?;
        let drawing = self.drawing.as_ref().ok_or("nothing to draw with")?;
        let Size { width, height } = view.size;
        if self.drawn != view.size {
            self.drawn = view.size;
            device.pool.clear();
            // Setting a canvas's size, even to what it is, clears it.
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        let upright = view.residual.upright(view.size);
        let place = filter::place(source, view.turn.then(view.residual), upright, view.fit);
        // The texture is as large as the frame is shown.
        let shown = Size { width: frame.display_width(), height: frame.display_height() };
        let exact = shown == source && filter::is_exact(&place, source, upright);
        device.frame.take(frame)?;
        let (laid, recode) = (filter::laid(view.residual), &view.recode);
        let seconds = view.seconds;
        let draw = Draw { source, upright, canvas: view.size, laid, place: &place, exact, recode, seconds };
        drawing.draw(device, &draw)?;
        self.fences.push_back(self.context.fence_sync(gl::SYNC_GPU_COMMANDS_COMPLETE, 0));
        self.context.flush();
        Ok(())
    }

    /// What was drawn last, in this turn of the worker; the canvas is empty then.
    ///
    /// # Errors
    /// What the browser throws.
    pub fn take_bitmap(&self) -> Result<ImageBitmap, JsValue> {
        self.canvas.transfer_to_image_bitmap()
    }

    /// What was drawn last, in this turn of the worker, as a JPEG.
    ///
    /// # Errors
    /// What the browser throws.
    pub fn jpeg(&self) -> Result<js_sys::Promise, JsValue> {
        let options = ImageEncodeOptions::new();
        options.set_type("image/jpeg");
        options.set_quality(0.92);
        self.canvas.convert_to_blob_with_options(&options)
    }

    /// What was drawn last, in this turn of the worker; it must be closed.
    ///
    /// # Errors
    /// What the browser throws.
    pub fn picture(&self, timestamp: f64) -> Result<VideoFrame, JsValue> {
        let init = VideoFrameInit::new();
        init.set_timestamp_f64(timestamp);
        VideoFrame::new_with_offscreen_canvas_and_video_frame_init(&self.canvas, &init)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for name in EVENTS {
            let _ = self.canvas.remove_event_listener_with_callback(name, self.listener.as_ref().unchecked_ref());
        }
        (self.device, self.drawing, self.next) = (None, None, None);
        let extension = self.context.extension("WEBGL_lose_context");
        if let Ok(lose) = js::get(&extension, "loseContext").dyn_into::<Function>() {
            let _ = lose.call0(&extension);
        }
    }
}
