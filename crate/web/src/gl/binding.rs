//! The few calls of WebGL2 that are made, bound by hand: objects of GL are plain values here, `null` once the context is
//! lost. Every call is harmless then.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{ImageBitmap, VideoFrame};

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    #[wasm_bindgen(js_name = WebGL2RenderingContext)]
    pub(super) type Context;

    #[wasm_bindgen(method, js_name = isContextLost)]
    pub(super) fn is_context_lost(this: &Context) -> bool;

    #[wasm_bindgen(method, js_name = getExtension)]
    pub(super) fn extension(this: &Context, name: &str) -> JsValue;

    #[wasm_bindgen(method, js_name = createShader)]
    pub(super) fn create_shader(this: &Context, kind: u32) -> JsValue;
    #[wasm_bindgen(method, js_name = shaderSource)]
    pub(super) fn shader_source(this: &Context, shader: &JsValue, source: &str);
    #[wasm_bindgen(method, js_name = compileShader)]
    pub(super) fn compile_shader(this: &Context, shader: &JsValue);
    #[wasm_bindgen(method, js_name = deleteShader)]
    pub(super) fn delete_shader(this: &Context, shader: &JsValue);

    #[wasm_bindgen(method, js_name = getShaderInfoLog)]
    pub(super) fn shader_info_log(this: &Context, shader: &JsValue) -> Option<String>;

    #[wasm_bindgen(method, js_name = createProgram)]
    pub(super) fn create_program(this: &Context) -> JsValue;
    #[wasm_bindgen(method, js_name = attachShader)]
    pub(super) fn attach_shader(this: &Context, program: &JsValue, shader: &JsValue);
    #[wasm_bindgen(method, js_name = deleteProgram)]
    pub(super) fn delete_program(this: &Context, program: &JsValue);
    #[wasm_bindgen(method, js_name = linkProgram)]
    pub(super) fn link_program(this: &Context, program: &JsValue);
    #[wasm_bindgen(method, js_name = getProgramParameter)]
    pub(super) fn program_parameter(this: &Context, program: &JsValue, name: u32) -> JsValue;
    #[wasm_bindgen(method, js_name = getProgramInfoLog)]
    pub(super) fn program_info_log(this: &Context, program: &JsValue) -> Option<String>;
    #[wasm_bindgen(method, js_name = useProgram)]
    pub(super) fn use_program(this: &Context, program: &JsValue);
    #[wasm_bindgen(method, js_name = getUniformLocation)]
    pub(super) fn uniform_location(this: &Context, program: &JsValue, name: &str) -> JsValue;
    #[wasm_bindgen(method, js_name = uniform1i)]
    pub(super) fn uniform_1i(this: &Context, place: &JsValue, value: i32);
    #[wasm_bindgen(method, js_name = uniform1f)]
    pub(super) fn uniform_1f(this: &Context, place: &JsValue, value: f32);
    #[wasm_bindgen(method, js_name = uniform2f)]
    pub(super) fn uniform_2f(this: &Context, place: &JsValue, x: f32, y: f32);
    #[wasm_bindgen(method, js_name = uniform3i)]
    pub(super) fn uniform_3i(this: &Context, place: &JsValue, x: i32, y: i32, z: i32);
    #[wasm_bindgen(method, js_name = uniform3fv)]
    pub(super) fn uniform_3fv(this: &Context, place: &JsValue, values: &[f32]);
    #[wasm_bindgen(method, js_name = uniform4fv)]
    pub(super) fn uniform_4fv(this: &Context, place: &JsValue, values: &[f32]);
    #[wasm_bindgen(method, js_name = uniformMatrix3fv)]
    pub(super) fn uniform_matrix_3fv(this: &Context, place: &JsValue, transpose: bool, values: &[f32]);
    #[wasm_bindgen(method, js_name = uniformMatrix3x2fv)]
    pub(super) fn uniform_matrix_3x2fv(this: &Context, place: &JsValue, transpose: bool, values: &[f32]);

    #[wasm_bindgen(method, js_name = createTexture)]
    pub(super) fn create_texture(this: &Context) -> JsValue;
    #[wasm_bindgen(method, js_name = bindTexture)]
    pub(super) fn bind_texture(this: &Context, target: u32, texture: &JsValue);
    #[wasm_bindgen(method, js_name = deleteTexture)]
    pub(super) fn delete_texture(this: &Context, texture: &JsValue);
    #[wasm_bindgen(method, js_name = activeTexture)]
    pub(super) fn active_texture(this: &Context, unit: u32);
    #[wasm_bindgen(method, js_name = texParameteri)]
    pub(super) fn tex_parameter(this: &Context, target: u32, name: u32, value: u32);
    #[wasm_bindgen(method, catch, js_name = texImage2D)]
    pub(super) fn tex_image(
        this: &Context,
        target: u32,
        level: u32,
        internal: u32,
        format: u32,
        kind: u32,
        picture: &VideoFrame,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = texSubImage2D)]
    pub(super) fn tex_sub_image(
        this: &Context,
        target: u32,
        level: u32,
        x: u32,
        y: u32,
        format: u32,
        kind: u32,
        picture: &VideoFrame,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = texImage2D)]
    pub(super) fn tex_bitmap(
        this: &Context,
        target: u32,
        level: u32,
        internal: u32,
        format: u32,
        kind: u32,
        picture: &ImageBitmap,
    ) -> Result<(), JsValue>;
    /// Without bytes they are undefined.
    #[wasm_bindgen(method, catch, js_name = texImage2D)]
    pub(super) fn tex_bytes(
        this: &Context,
        target: u32,
        level: u32,
        internal: u32,
        width: u32,
        height: u32,
        border: u32,
        format: u32,
        kind: u32,
        bytes: Option<&[u8]>,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, js_name = createFramebuffer)]
    pub(super) fn create_framebuffer(this: &Context) -> JsValue;
    #[wasm_bindgen(method, js_name = bindFramebuffer)]
    pub(super) fn bind_framebuffer(this: &Context, target: u32, framebuffer: &JsValue);
    #[wasm_bindgen(method, js_name = framebufferTexture2D)]
    pub(super) fn framebuffer_texture(
        this: &Context,
        target: u32,
        attachment: u32,
        texture_target: u32,
        texture: &JsValue,
        level: u32,
    );
    #[wasm_bindgen(method, js_name = readPixels)]
    pub(super) fn read_pixels(
        this: &Context,
        x: u32,
        y: u32,
        width: u32,
        height: u32,
        format: u32,
        kind: u32,
        into: &mut [u8],
    );
    #[wasm_bindgen(method, js_name = deleteFramebuffer)]
    pub(super) fn delete_framebuffer(this: &Context, framebuffer: &JsValue);

    #[wasm_bindgen(method)]
    pub(super) fn viewport(this: &Context, x: u32, y: u32, width: u32, height: u32);
    #[wasm_bindgen(method, js_name = drawArrays)]
    pub(super) fn draw_arrays(this: &Context, mode: u32, first: u32, count: u32);

    #[wasm_bindgen(method, js_name = fenceSync)]
    pub(super) fn fence_sync(this: &Context, condition: u32, flags: u32) -> JsValue;
    #[wasm_bindgen(method, js_name = getSyncParameter)]
    pub(super) fn sync_parameter(this: &Context, fence: &JsValue, name: u32) -> JsValue;
    #[wasm_bindgen(method, js_name = deleteSync)]
    pub(super) fn delete_sync(this: &Context, fence: &JsValue);
    #[wasm_bindgen(method)]
    pub(super) fn flush(this: &Context);
}

// Names of OpenGL ES 3.0.
pub(super) const FRAGMENT_SHADER: u32 = 0x8b30;
pub(super) const VERTEX_SHADER: u32 = 0x8b31;
pub(super) const LINK_STATUS: u32 = 0x8b82;
pub(super) const COMPLETION_STATUS_KHR: u32 = 0x91b1;
pub(super) const TEXTURE0: u32 = 0x84c0;
pub(super) const FRAMEBUFFER: u32 = 0x8d40;
pub(super) const COLOR_ATTACHMENT0: u32 = 0x8ce0;
pub(super) const RGBA8: u32 = 0x8058;
pub(super) const TEXTURE_2D: u32 = 0x0de1;
pub(super) const TEXTURE_MAG_FILTER: u32 = 0x2800;
pub(super) const TEXTURE_MIN_FILTER: u32 = 0x2801;
pub(super) const TEXTURE_WRAP_S: u32 = 0x2802;
pub(super) const TEXTURE_WRAP_T: u32 = 0x2803;
pub(super) const LINEAR: u32 = 0x2601;
pub(super) const NEAREST: u32 = 0x2600;
pub(super) const CLAMP_TO_EDGE: u32 = 0x812f;
pub(super) const RGBA: u32 = 0x1908;
pub(super) const UNSIGNED_BYTE: u32 = 0x1401;
pub(super) const TRIANGLES: u32 = 0x0004;
pub(super) const SYNC_GPU_COMMANDS_COMPLETE: u32 = 0x9117;
pub(super) const SYNC_STATUS: u32 = 0x9114;
pub(super) const SIGNALED: f64 = 0x9119 as f64;
