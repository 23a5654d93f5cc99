//! Textures and the targets that pictures are drawn into. Each is deleted with its last owner; a target goes back to its
//! pool instead, so that in the steady state nothing is made.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use onetake_core::media::Size;
use wasm_bindgen::JsValue;
use web_sys::{ImageBitmap, VideoFrame};

use super::binding::{self as gl, Context};
use super::route::{self, Route};

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
    static COPIES: Cell<u32> = const { Cell::new(0) };
}

/// Textures that are held, in all contexts.
pub fn live_textures() -> u32 {
    LIVE.get()
}

/// Frames that were copied into textures, in all contexts, since the worker began.
pub fn copies() -> u32 {
    COPIES.get()
}

/// A texture, clamped to its edge and sampled linearly, if nobody says otherwise.
pub(super) struct Texture {
    context: Context,
    name: JsValue,
    filter: Cell<u32>,
    /// Of the room it has for pictures that go into it.
    room: Cell<Size>,
}

const NONE: Size = Size { width: 0, height: 0 };

impl Texture {
    /// Without a picture yet; bound to the active unit.
    pub(super) fn new(context: &Context) -> Texture {
        let name = context.create_texture();
        context.bind_texture(gl::TEXTURE_2D, &name);
        for (parameter, value) in [
            (gl::TEXTURE_MIN_FILTER, gl::LINEAR),
            (gl::TEXTURE_MAG_FILTER, gl::LINEAR),
            (gl::TEXTURE_WRAP_S, gl::CLAMP_TO_EDGE),
            (gl::TEXTURE_WRAP_T, gl::CLAMP_TO_EDGE),
        ] {
            context.tex_parameter(gl::TEXTURE_2D, parameter, value);
        }
        LIVE.set(LIVE.get() + 1);
        Texture { context: context.clone(), name, filter: Cell::new(gl::LINEAR), room: Cell::new(NONE) }
    }

    /// RGBA texels, rows from the top; undefined ones without bytes.
    pub(super) fn of_bytes(context: &Context, size: Size, bytes: Option<&[u8]>) -> Result<Texture, JsValue> {
        let texture = Texture::new(context);
        let Size { width, height } = size;
        context.tex_bytes(gl::TEXTURE_2D, 0, gl::RGBA8, width, height, 0, gl::RGBA, gl::UNSIGNED_BYTE, bytes)?;
        Ok(texture)
    }

    pub(super) fn of_bitmap(context: &Context, bitmap: &ImageBitmap) -> Result<Texture, JsValue> {
        let texture = Texture::new(context);
        context.tex_bitmap(gl::TEXTURE_2D, 0, gl::RGBA, gl::RGBA, gl::UNSIGNED_BYTE, bitmap)?;
        Ok(texture)
    }

    /// The RGBA texels of one so wide and high, which waits for the GPU.
    pub(super) fn read(&self, side: u32) -> Vec<u8> {
        let mut texels = vec![0; (side * side * 4) as usize];
        let framebuffer = framebuffer(&self.context, self);
        self.context.read_pixels(0, 0, side, side, gl::RGBA, gl::UNSIGNED_BYTE, &mut texels);
        self.context.delete_framebuffer(&framebuffer);
        texels
    }

    /// Its picture from now on; the browser turns its samples into RGB.
    pub(super) fn set(&self, frame: &VideoFrame, route: Route) -> Result<(), JsValue> {
        self.bind(0);
        let (target, format, kind) = (gl::TEXTURE_2D, gl::RGBA, gl::UNSIGNED_BYTE);
        if route == Route::Anew {
            self.room.set(NONE);
            return self.context.tex_image(target, 0, format, format, kind, frame);
        }
        let size = Size { width: frame.display_width(), height: frame.display_height() };
        if self.room.replace(size) != size {
            self.context.tex_bytes(target, 0, gl::RGBA8, size.width, size.height, 0, format, kind, None)?;
        }
        self.context.tex_sub_image(target, 0, 0, 0, format, kind, frame)
    }

    /// The picture of a frame on its way to be drawn, by the best way that is known for it.
    pub(super) fn take(&self, frame: &VideoFrame) -> Result<(), JsValue> {
        COPIES.set(COPIES.get() + 1);
        self.set(frame, route::of(frame))
    }

    /// How it is sampled from now on; it must be bound to the active unit.
    pub(super) fn set_filter(&self, filter: u32) {
        if self.filter.replace(filter) != filter {
            for parameter in [gl::TEXTURE_MIN_FILTER, gl::TEXTURE_MAG_FILTER] {
                self.context.tex_parameter(gl::TEXTURE_2D, parameter, filter);
            }
        }
    }

    pub(super) fn bind(&self, unit: u32) {
        self.context.active_texture(gl::TEXTURE0 + unit);
        self.context.bind_texture(gl::TEXTURE_2D, &self.name);
    }
}

impl Drop for Texture {
    fn drop(&mut self) {
        self.context.delete_texture(&self.name);
        LIVE.set(LIVE.get() - 1);
    }
}

/// A texture that is drawn into.
struct Target {
    texture: Texture,
    framebuffer: JsValue,
    size: Size,
}

impl Drop for Target {
    fn drop(&mut self) {
        self.texture.context.delete_framebuffer(&self.framebuffer);
    }
}

/// Targets that nobody uses now.
#[derive(Default)]
pub(super) struct Pool(Rc<RefCell<Vec<Target>>>);

impl Pool {
    /// A target of this size, to be drawn into now.
    pub(super) fn lease(&self, context: &Context, size: Size) -> Result<Lease, JsValue> {
        let free = {
            let mut free = self.0.borrow_mut();
            free.iter().position(|target| target.size == size).map(|at| free.swap_remove(at))
        };
        let target = match free {
            Some(target) => target,
            None => make(context, size)?,
        };
        context.bind_framebuffer(gl::FRAMEBUFFER, &target.framebuffer);
        Ok(Lease { target: Some(target), home: Rc::downgrade(&self.0) })
    }

    /// Sizes or chains have changed: what the next picture needs is made again.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

fn make(context: &Context, size: Size) -> Result<Target, JsValue> {
    let texture = Texture::of_bytes(context, size, None)?;
    Ok(Target { framebuffer: framebuffer(context, &texture), texture, size })
}

/// A new framebuffer, in use from now on.
fn framebuffer(context: &Context, texture: &Texture) -> JsValue {
    let framebuffer = context.create_framebuffer();
    context.bind_framebuffer(gl::FRAMEBUFFER, &framebuffer);
    context.framebuffer_texture(gl::FRAMEBUFFER, gl::COLOR_ATTACHMENT0, gl::TEXTURE_2D, &texture.name, 0);
    framebuffer
}

/// A target in use. Dropped, it goes back; where its pool is gone with a lost context, it is forgotten.
pub(super) struct Lease {
    target: Option<Target>,
    home: Weak<RefCell<Vec<Target>>>,
}

impl Lease {
    pub(super) fn texture(&self) -> Option<&Texture> {
        self.target.as_ref().map(|target| &target.texture)
    }

    pub(super) fn size(&self) -> Size {
        self.target.as_ref().map_or(Size { width: 1, height: 1 }, |target| target.size)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let (Some(target), Some(home)) = (self.target.take(), self.home.upgrade()) {
            home.borrow_mut().push(target);
        }
    }
}
