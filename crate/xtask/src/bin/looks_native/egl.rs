//! A context of OpenGL ES 3 without a window: on the first device that EGL names, which is a GPU where there is one, else on
//! Mesa's surfaceless platform, else on the default display.

use std::ffi::c_void;
use std::mem::transmute;
use std::ptr::null;

use anyhow::{Context as _, Result, bail};
use glow::HasContext as _;
use khronos_egl as egl;

type Egl = egl::DynamicInstance<egl::EGL1_4>;
type QueryDevices = unsafe extern "system" fn(i32, *mut *mut c_void, *mut i32) -> egl::Boolean;
type PlatformDisplay = unsafe extern "system" fn(egl::Enum, *mut c_void, *const egl::Int) -> egl::EGLDisplay;

/// EGL_EXT_platform_device, EGL_MESA_platform_surfaceless, EGL_KHR_create_context.
const PLATFORM_DEVICE: egl::Enum = 0x313f;
const PLATFORM_SURFACELESS: egl::Enum = 0x31dd;
const OPENGL_ES3_BIT: egl::Int = 0x40;

/// A current context; it ends with the process.
pub(crate) struct Display {
    pub(crate) gl: glow::Context,
    /// The driver's names.
    pub(crate) renderer: String,
    _egl: Egl,
}

pub(crate) fn open() -> Result<Display> {
    // SAFETY: libEGL has no other duties when it is loaded.
    let egl = unsafe { Egl::load_required() }.ok().context("there is no EGL here (libEGL.so.1)")?;
    let mut refusals = Vec::new();
    for (name, display) in displays(&egl) {
        match context(&egl, display) {
            Ok(()) => {
                // SAFETY: the context is current, and `egl` outlives it.
                let gl = unsafe {
                    glow::Context::from_loader_function(|name| {
                        egl.get_proc_address(name).map_or(null(), |function| function as *const c_void)
                    })
                };
                // SAFETY: as before.
                let renderer = unsafe {
                    [gl.get_parameter_string(glow::RENDERER), gl.get_parameter_string(glow::VERSION)].join(", ")
                };
                return Ok(Display { gl, renderer, _egl: egl });
            }
            Err(error) => refusals.push(format!("{name}: {error}")),
        }
    }
    let why = if refusals.is_empty() { "it has no display".to_owned() } else { refusals.join("; ") };
    bail!("this EGL gives no context of OpenGL ES 3: {why}")
}

fn displays(egl: &Egl) -> Vec<(String, egl::Display)> {
    let mut found = Vec::new();
    let extensions = egl.query_string(None, egl::EXTENSIONS).map(|text| text.to_string_lossy()).unwrap_or_default();
    let has = |name: &str| extensions.split(' ').any(|one| one == name);
    let platform = egl.get_proc_address("eglGetPlatformDisplayEXT");
    if let Some(platform) = platform.filter(|_| has("EGL_EXT_platform_base")) {
        // SAFETY: its signature, as the extension has it.
        let platform: PlatformDisplay = unsafe { transmute(platform) };
        let mut add = |name: String, kind, native| {
            // SAFETY: the platform is one that the library lists; a display or null comes back.
            let display = unsafe { platform(kind, native, null()) };
            if !display.is_null() {
                // SAFETY: it is a display.
                found.push((name, unsafe { egl::Display::from_ptr(display) }));
            }
        };
        if has("EGL_EXT_platform_device") {
            for (at, device) in devices(egl).into_iter().enumerate() {
                add(format!("device {at}"), PLATFORM_DEVICE, device);
            }
        }
        if has("EGL_MESA_platform_surfaceless") {
            add("surfaceless".to_owned(), PLATFORM_SURFACELESS, std::ptr::null_mut());
        }
    }
    // SAFETY: the default display is always a valid wish.
    found.extend(unsafe { egl.get_display(egl::DEFAULT_DISPLAY) }.map(|one| ("default".to_owned(), one)));
    found
}

fn devices(egl: &Egl) -> Vec<*mut c_void> {
    let Some(query) = egl.get_proc_address("eglQueryDevicesEXT") else { return Vec::new() };
    let mut devices = vec![std::ptr::null_mut(); 32];
    let mut count = 0;
    // SAFETY: its signature, as EGL_EXT_device_enumeration has it; the room is as large as it is told.
    let query: QueryDevices = unsafe { transmute(query) };
    let done = unsafe { query(32, devices.as_mut_ptr(), &mut count) };
    devices.truncate(if done == egl::TRUE { usize::try_from(count).unwrap_or(0) } else { 0 });
    devices
}

/// Makes a context of OpenGL ES 3 current.
fn context(egl: &Egl, display: egl::Display) -> Result<(), egl::Error> {
    egl.initialize(display)?;
    egl.bind_api(egl::OPENGL_ES_API)?;
    let wanted = [egl::SURFACE_TYPE, egl::PBUFFER_BIT, egl::RENDERABLE_TYPE, OPENGL_ES3_BIT, egl::NONE];
    let config = egl.choose_first_config(display, &wanted)?.ok_or(egl::Error::BadConfig)?;
    let context = egl.create_context(display, config, None, &[egl::CONTEXT_CLIENT_VERSION, 3, egl::NONE])?;
    let surface = egl.create_pbuffer_surface(display, config, &[egl::WIDTH, 1, egl::HEIGHT, 1, egl::NONE])?;
    egl.make_current(display, Some(surface), Some(surface), Some(context))
}
