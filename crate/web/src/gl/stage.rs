//! The canvas that pictures are drawn on: its context, whether that is lost, and how far the GPU is behind.

use std::collections::VecDeque;

use js_sys::Object;
use onetake_core::error::{Failure, Retry};
use onetake_core::filter::{self, Recode};
use onetake_core::media::Size;
use onetake_core::orientation::Orientation;
use onetake_core::picture::Fit;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, OffscreenCanvas, VideoFrame, VideoFrameInit};

use super::binding::{self as gl, Context};
use super::pass::Pass;
use crate::js;

/// How a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Of the drawn picture.
    pub size: Size,
    /// Done to the camera's.
    pub turn: Orientation,
    /// Into another shape.
    pub fit: Fit,
    /// Into other colours.
    pub recode: Recode,
}

/// A canvas with a WebGL2 context. Dropped, it forgets its listeners; the context dies with the canvas.
pub struct Stage {
    canvas: OffscreenCanvas,
    context: Context,
    /// `None` while the context is lost.
    pass: Option<Pass>,
    /// Drawings that the GPU had not finished when it was last asked, oldest first.
    fences: VecDeque<JsValue>,
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
        let pass = Pass::new(&context)?;
        let listener = Closure::new(move |event: Event| {
            let lost = event.type_() == EVENTS[0];
            // Else it is lost for good.
            event.prevent_default();
            on_change(lost);
        });
        for name in EVENTS {
            let _ = canvas.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        Ok(Stage { canvas, context, pass: Some(pass), fences: VecDeque::new(), listener })
    }

    /// Forgets what was lost with the context.
    pub fn handle_lost(&mut self) {
        self.pass = None;
        self.fences.clear();
    }

    /// Makes it again.
    ///
    /// # Errors
    /// As [`Stage::new`].
    pub fn handle_restored(&mut self) -> Result<(), Failure> {
        self.pass = Some(Pass::new(&self.context)?);
        Ok(())
    }

    /// Drawings under way; without a context, more than anybody waits for.
    pub fn queue(&mut self) -> u32 {
        if self.pass.is_none() || self.context.is_context_lost() {
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

    /// Draws a picture whose visible part is of `source` size and that carries no orientation.
    ///
    /// # Errors
    /// What the browser throws; and where the context is lost.
    pub fn draw(&mut self, frame: &VideoFrame, source: Size, look: &Look) -> Result<(), JsValue> {
        let pass = self.pass.as_ref().ok_or("the GPU is lost")?;
        let Size { width, height } = look.size;
        // Setting a canvas's size, even to what it is, clears it.
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        self.context.viewport(0, 0, width, height);
        let place = filter::place(source, look.turn, look.size, look.fit);
        pass.draw(&self.context, frame, &place, &look.recode)?;
        self.fences.push_back(self.context.fence_sync(gl::SYNC_GPU_COMMANDS_COMPLETE, 0));
        self.context.flush();
        Ok(())
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
    }
}
