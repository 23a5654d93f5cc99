//! The program of the first pass and the texture it reads.

use onetake_core::error::{Failure, Retry};
use onetake_core::filter::{FIRST, Recode, VERTEX};
use wasm_bindgen::JsValue;
use web_sys::VideoFrame;

use super::binding::{self as gl, Context};

/// Linked, and drawn once. Its objects die with their context.
pub(super) struct Pass {
    program: JsValue,
    texture: JsValue,
    place: JsValue,
    matrix: JsValue,
    black: JsValue,
}

impl Pass {
    /// Links the program and draws a single pixel with it, so that the first picture does not wait for the compiler.
    ///
    /// # Errors
    /// `not_supported` where the shaders do not compile.
    pub(super) fn new(context: &Context) -> Result<Pass, Failure> {
        let program = context.create_program();
        for (kind, source) in [(gl::VERTEX_SHADER, VERTEX), (gl::FRAGMENT_SHADER, FIRST)] {
            let shader = context.create_shader(kind);
            context.shader_source(&shader, source);
            context.compile_shader(&shader);
            context.attach_shader(&program, &shader);
            context.delete_shader(&shader);
        }
        context.link_program(&program);
        if context.program_parameter(&program, gl::LINK_STATUS).is_falsy() && !context.is_context_lost() {
            let log = context.program_info_log(&program).unwrap_or_default();
            return Err(Failure::new("not_supported", Retry::Never, log));
        }
        let texture = context.create_texture();
        context.bind_texture(gl::TEXTURE_2D, &texture);
        for (name, value) in [
            (gl::TEXTURE_MIN_FILTER, gl::LINEAR),
            (gl::TEXTURE_MAG_FILTER, gl::LINEAR),
            (gl::TEXTURE_WRAP_S, gl::CLAMP_TO_EDGE),
            (gl::TEXTURE_WRAP_T, gl::CLAMP_TO_EDGE),
        ] {
            context.tex_parameter(gl::TEXTURE_2D, name, value);
        }
        let uniform = |name| context.uniform_location(&program, name);
        let (place, matrix, black) = (uniform("f0_place"), uniform("f1_matrix"), uniform("f1_black"));
        let pass = Pass { program, texture, place, matrix, black };
        context.use_program(&pass.program);
        context.viewport(0, 0, 1, 1);
        context.draw_arrays(gl::TRIANGLES, 0, 3);
        Ok(pass)
    }

    /// Draws `frame`, which carries no orientation (browsers would turn it on the way into the texture), over the whole
    /// of the canvas.
    ///
    /// # Errors
    /// What the browser throws where it cannot read the frame.
    pub(super) fn draw(
        &self,
        context: &Context,
        frame: &VideoFrame,
        place: &[f32; 6],
        recode: &Recode,
    ) -> Result<(), JsValue> {
        context.use_program(&self.program);
        context.bind_texture(gl::TEXTURE_2D, &self.texture);
        context.tex_image(gl::TEXTURE_2D, 0, gl::RGBA, gl::RGBA, gl::UNSIGNED_BYTE, frame)?;
        context.uniform_matrix_3x2fv(&self.place, false, place);
        context.uniform_matrix_3fv(&self.matrix, false, &recode.matrix);
        context.uniform_3fv(&self.black, &recode.black);
        context.draw_arrays(gl::TRIANGLES, 0, 3);
        Ok(())
    }
}
