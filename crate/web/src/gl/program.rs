//! Programs by the key of their pass. A new one is compiled beside the drawing where the browser can, and asked for only
//! when it is done.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use onetake_core::filter::Pass;
use wasm_bindgen::JsValue;

use super::binding::{self as gl, Context};

/// Programs that are kept, the ones in use not counted.
const KEPT: usize = 48;

thread_local! {
    static FIRST_USES: Cell<u32> = const { Cell::new(0) };
}

/// Programs that have drawn, in all contexts, since the worker began.
pub fn first_uses() -> u32 {
    FIRST_USES.get()
}

/// A program of a pass.
pub(super) struct Program {
    context: Context,
    key: String,
    name: JsValue,
    /// Kept until its words are known.
    fragment: JsValue,
    uniforms: Vec<String>,
    places: OnceCell<Places>,
    /// Whether it has drawn: drivers finish their work with the first draw.
    used: Cell<bool>,
}

/// Where a program's uniforms are.
pub(super) struct Places {
    pub(super) src: JsValue,
    pub(super) target: JsValue,
    pub(super) turn: JsValue,
    /// In the order of [`Pass::uniforms`].
    pub(super) uniforms: Vec<JsValue>,
}

impl Program {
    fn new(context: &Context, pass: &Pass) -> Program {
        let name = context.create_program();
        let shader = |kind, source: &str| {
            let shader = context.create_shader(kind);
            context.shader_source(&shader, source);
            context.compile_shader(&shader);
            context.attach_shader(&name, &shader);
            shader
        };
        context.delete_shader(&shader(gl::VERTEX_SHADER, &pass.vertex));
        let fragment = shader(gl::FRAGMENT_SHADER, &pass.fragment);
        context.delete_shader(&fragment);
        context.link_program(&name);
        let uniforms = pass.uniforms.iter().map(|uniform| uniform.name.clone()).collect();
        Program {
            context: context.clone(),
            key: pass.key.clone(),
            name,
            fragment,
            uniforms,
            places: OnceCell::new(),
            used: Cell::new(false),
        }
    }

    /// Whether the browser is still at work on it. Asking later costs nothing; asking for more stops until it is done.
    fn is_compiling(&self) -> bool {
        let asked = || self.context.program_parameter(&self.name, gl::COMPLETION_STATUS_KHR);
        self.places.get().is_none() && asked().as_bool() == Some(false)
    }

    /// Whether this is its first use.
    pub(super) fn begin_use(&self) -> bool {
        let first = !self.used.replace(true);
        FIRST_USES.set(FIRST_USES.get() + u32::from(first));
        first
    }

    /// Its places, waiting for it.
    ///
    /// # Errors
    /// What the compiler or the linker says; nothing where the context is lost.
    pub(super) fn places(&self) -> Result<&Places, String> {
        if let Some(places) = self.places.get() {
            return Ok(places);
        }
        let context = &self.context;
        if context.program_parameter(&self.name, gl::LINK_STATUS).is_falsy() {
            let compiler = context.shader_info_log(&self.fragment).filter(|said| !said.is_empty());
            return Err(compiler.or_else(|| context.program_info_log(&self.name)).unwrap_or_default());
        }
        let place = |name: &str| context.uniform_location(&self.name, name);
        let uniforms = self.uniforms.iter().map(|name| place(name)).collect();
        let places = Places { src: place("u_src"), target: place("u_target"), turn: place("u_turn"), uniforms };
        Ok(self.places.get_or_init(|| places))
    }

    pub(super) fn bind(&self) {
        self.context.use_program(&self.name);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.context.delete_program(&self.name);
    }
}

/// All programs of a context.
pub(super) struct Programs {
    /// The one that was asked for last stands last.
    list: Vec<Rc<Program>>,
    /// Whether the browser compiles beside.
    beside: bool,
}

impl Programs {
    pub(super) fn new(context: &Context) -> Programs {
        Programs { list: Vec::new(), beside: !context.extension("KHR_parallel_shader_compile").is_null() }
    }

    /// The program of a pass, perhaps not compiled yet.
    pub(super) fn of(&mut self, context: &Context, pass: &Pass) -> Rc<Program> {
        let program = match self.list.iter().position(|program| program.key == pass.key) {
            Some(at) => self.list.remove(at),
            None => Rc::new(Program::new(context, pass)),
        };
        self.list.push(Rc::clone(&program));
        let mut idle = self.list.iter().filter(|program| Rc::strong_count(program) == 1).count();
        self.list.retain(|program| {
            let goes = idle > KEPT && Rc::strong_count(program) == 1;
            idle -= usize::from(goes);
            !goes
        });
        program
    }

    pub(super) fn is_compiling(&self, program: &Program) -> bool {
        self.beside && program.is_compiling()
    }
}
