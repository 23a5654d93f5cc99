//! Draws plans, as playwright/support/plans-page.js does in a browser: targets are leased and never made anew.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, bail};
use glow::{HasContext as _, NativeFramebuffer, NativeProgram, NativeTexture, NativeUniformLocation, PixelUnpackData};

use crate::chains::{Chain, Chains, Measured, Picture, Source, Texels, Uniform, Value};

pub(crate) type Size = [u32; 2];

/// GL_EXT_disjoint_timer_query.
const TIME_ELAPSED: u32 = 0x88bf;
const GPU_DISJOINT: u32 = 0x8fbb;
/// How often a clock that was disturbed is asked again.
const DISTURBED: u32 = 20;
/// What the extension's clock says of drivers that draw on the CPU is not when they were done.
const ON_CPU: [&str; 3] = ["llvmpipe", "softpipe", "SwiftShader"];

#[derive(Clone, Copy)]
pub(crate) struct Surface {
    texture: NativeTexture,
    framebuffer: Option<NativeFramebuffer>,
    size: Size,
    texels: Texels,
}

struct Program {
    name: NativeProgram,
    places: HashMap<String, Option<NativeUniformLocation>>,
}

pub(crate) struct Drawer<'a> {
    gl: &'a glow::Context,
    chains: &'a Chains,
    programs: HashMap<&'a str, Program>,
    /// What values name: curves, tables.
    tables: HashMap<Vec<u8>, Surface>,
    free: Vec<Surface>,
    timer: bool,
    /// Whether floats can be read filtered; else they are read unfiltered.
    filtered: bool,
}

impl<'a> Drawer<'a> {
    pub(crate) fn new(gl: &'a glow::Context, chains: &'a Chains) -> Drawer<'a> {
        // SAFETY: the context is current as long as the program runs; so it is for every call below.
        let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) };
        let timer = gl.supported_extensions().contains("GL_EXT_disjoint_timer_query")
            && !ON_CPU.iter().any(|name| renderer.contains(name));
        let filtered = gl.supported_extensions().contains("GL_OES_texture_float_linear");
        Drawer { gl, chains, programs: HashMap::new(), tables: HashMap::new(), free: Vec::new(), timer, filtered }
    }

    /// How time is taken.
    pub(crate) fn clock(&self) -> &'static str {
        if self.timer { "the GPU's own clock" } else { "wall clock until all is drawn" }
    }

    /// A picture of this size to begin with: soft slopes in the colours of skin, and noise.
    pub(crate) fn frame(&mut self, size: Size) -> Result<Surface> {
        let mut seed = 9_u32;
        let mut texels = Vec::new();
        for y in 0..size[1] {
            for x in 0..size[0] {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (across, down) = (x * 90 / size[0], y * 60 / size[1]);
                let noise = seed >> 28;
                let levels = [150 + across, 110 + down, 90 + (across + down) / 3].map(|level| level + noise);
                texels.extend(levels.map(|level| u8::try_from(level).unwrap_or(u8::MAX)));
                texels.push(u8::MAX);
            }
        }
        self.surface(size, Texels::Bytes, Some(&texels))
    }

    /// Milliseconds that a frame takes, over that many of them.
    pub(crate) fn time(&mut self, one: &Measured, frame: Surface, frames: u32) -> Result<f64> {
        let gl = self.gl;
        for _ in 0..DISTURBED {
            // SAFETY: see `new`.
            let query = unsafe {
                gl.finish();
                if self.timer {
                    gl.get_parameter_i32(GPU_DISJOINT); // forgets what was
                    let query = gl.create_query().map_err(|error| anyhow!(error))?;
                    gl.begin_query(TIME_ELAPSED, query);
                    Some(query)
                } else {
                    None
                }
            };
            let begun = Instant::now();
            for _ in 0..frames {
                let drawn = self.draw(&one.chain, one.between, frame)?;
                self.free.push(drawn);
            }
            // SAFETY: see `new`.
            let seconds = unsafe {
                if query.is_some() {
                    gl.end_query(TIME_ELAPSED);
                }
                gl.finish();
                let wall = begun.elapsed().as_secs_f64();
                query.map_or(wall, |query| {
                    let nanoseconds = gl.get_query_parameter_u32(query, glow::QUERY_RESULT);
                    gl.delete_query(query);
                    f64::from(nanoseconds) / 1e9
                })
            };
            self.expect_no_error("timing")?;
            // SAFETY: see `new`.
            if query.is_none() || unsafe { gl.get_parameter_i32(GPU_DISJOINT) } == 0 {
                return Ok(seconds * 1000.0 / f64::from(frames));
            }
        }
        bail!("the GPU's clock is disturbed again and again")
    }

    /// What a chain makes of a frame: RGBA.
    pub(crate) fn pixels(&mut self, chain: &Chain, frame: Surface) -> Result<Vec<u8>> {
        let drawn = self.draw(chain, Texels::Bytes, frame)?;
        let [width, height] = drawn.size.map(|side| side as i32);
        let mut pixels = vec![0; drawn.size[0] as usize * drawn.size[1] as usize * 4];
        let gl = self.gl;
        let own = drawn.framebuffer.map_or_else(|| self.framebuffer(drawn.texture), Ok)?;
        // SAFETY: see `new`; there is room for all pixels.
        unsafe {
            gl.bind_framebuffer(glow::FRAMEBUFFER, Some(own));
            let into = glow::PixelPackData::Slice(Some(&mut pixels));
            gl.read_pixels(0, 0, width, height, glow::RGBA, glow::UNSIGNED_BYTE, into);
        }
        if drawn.framebuffer.is_some() {
            self.free.push(drawn);
        }
        self.expect_no_error("reading pixels")?;
        Ok(pixels)
    }

    /// Targets of other sizes are dropped.
    pub(crate) fn tidy(&mut self) {
        for one in self.free.drain(..) {
            // SAFETY: see `new`; nobody has them any more.
            unsafe {
                one.framebuffer.into_iter().for_each(|name| self.gl.delete_framebuffer(name));
                self.gl.delete_texture(one.texture);
            }
        }
    }

    fn draw(&mut self, chain: &Chain, between: Texels, frame: Surface) -> Result<Surface> {
        let gl = self.gl;
        let mut targets: Vec<Option<Surface>> = Vec::new();
        for (at, pass) in chain.passes.iter().enumerate() {
            let side = |length: u32| ((length as f32 * pass.scale + 0.5) as u32).max(1);
            let texels = if at + 1 == chain.passes.len() { Texels::Bytes } else { between };
            let target = self.lease(frame.size.map(side), texels)?;
            let read = |picture: &Picture| match picture {
                Picture::Frame(_) => Some(frame),
                Picture::Pass(at) => targets.get(*at).copied().flatten(),
            };
            let src = read(&pass.src).with_context(|| format!("{}: its source is not there", pass.key))?;
            // SAFETY: see `new`.
            unsafe {
                gl.bind_framebuffer(glow::FRAMEBUFFER, target.framebuffer);
                gl.viewport(0, 0, target.size[0] as i32, target.size[1] as i32);
                gl.use_program(Some(self.program(&pass.key)?.name));
            }
            self.set(&pass.key, "u_target", |gl, place| unsafe { gl.uniform_1_i32(place, 1) })?;
            let mut unit = 0;
            self.bind(&pass.key, "u_src", src, &mut unit)?;
            for uniform in &pass.uniforms {
                let Uniform { name, source, .. } = uniform;
                let pair = match source {
                    Source::Word(word) if word == "texel" => Some(src.size.map(|side| 1.0 / side as f32)),
                    Source::Word(word) if word == "size" => Some(target.size.map(|side| side as f32)),
                    _ => None,
                };
                match (pair, source) {
                    (Some([x, y]), _) => {
                        self.set(&pass.key, name, |gl, place| unsafe { gl.uniform_2_f32(place, x, y) })?;
                    }
                    (None, Source::Picture { picture }) => {
                        let other = read(picture).with_context(|| format!("{}: {name} is not there", pass.key))?;
                        self.bind(&pass.key, name, other, &mut unit)?;
                    }
                    (None, Source::Param { step, param }) => {
                        let value = chain.values.get(*step).and_then(|values| values.get(*param));
                        let value = value.with_context(|| format!("{}: {name} has no value", pass.key))?;
                        self.set_value(&pass.key, uniform, value, &mut unit)?;
                    }
                    (None, Source::Word(word)) => bail!("{}: nobody gives {word} here", pass.key),
                }
            }
            // SAFETY: see `new`.
            unsafe { gl.draw_arrays(glow::TRIANGLES, 0, 3) };
            targets.push(Some(target));
            for done in &pass.done {
                self.free.extend(targets.get_mut(*done).and_then(Option::take));
            }
        }
        Ok(targets.pop().flatten().unwrap_or(frame))
    }

    fn set_value(&mut self, key: &str, uniform: &Uniform, value: &Value, unit: &mut u32) -> Result<()> {
        let name = &uniform.name;
        match value {
            Value::Number(number) if uniform.kind == "int" => {
                self.set(key, name, |gl, place| unsafe { gl.uniform_1_i32(place, *number as i32) })
            }
            Value::Number(number) => self.set(key, name, |gl, place| unsafe { gl.uniform_1_f32(place, *number) }),
            Value::Color([r, g, b]) => self.set(key, name, |gl, place| unsafe { gl.uniform_3_f32(place, *r, *g, *b) }),
            Value::Vector([x, y, z, w]) => {
                self.set(key, name, |gl, place| unsafe { gl.uniform_4_f32(place, *x, *y, *z, *w) })
            }
            Value::Curve { texels } => {
                let table = self.table(texels, || ([texels.len() as u32 / 4, 1], texels.clone()))?;
                self.bind(key, name, table, unit)
            }
            // What a table says takes no time: it is one that changes nothing.
            Value::Picture { .. } => {
                let table = self.table(&[], || ([512; 2], plain_table()))?;
                self.bind(key, name, table, unit)
            }
            Value::Word(word) => bail!("{key}: no chain here leaves out a {word}"),
        }
    }

    fn set(
        &mut self,
        key: &str,
        name: &str,
        set: impl FnOnce(&glow::Context, Option<&NativeUniformLocation>),
    ) -> Result<()> {
        let gl = self.gl;
        let program = self.program(key)?;
        if !program.places.contains_key(name) {
            // SAFETY: see `new`.
            let place = unsafe { gl.get_uniform_location(program.name, name) };
            program.places.insert(name.to_owned(), place);
        }
        set(gl, program.places.get(name).and_then(Option::as_ref));
        Ok(())
    }

    fn bind(&mut self, key: &str, name: &str, surface: Surface, unit: &mut u32) -> Result<()> {
        let at = *unit;
        *unit += 1;
        // SAFETY: see `new`.
        unsafe {
            self.gl.active_texture(glow::TEXTURE0 + at);
            self.gl.bind_texture(glow::TEXTURE_2D, Some(surface.texture));
        }
        self.set(key, name, |gl, place| unsafe { gl.uniform_1_i32(place, at as i32) })
    }

    fn program(&mut self, key: &str) -> Result<&mut Program> {
        let (key, fragment) = self.chains.programs.get_key_value(key).with_context(|| format!("no program {key}"))?;
        if !self.programs.contains_key(key.as_str()) {
            let vertex = self.chains.vertices.get(key).unwrap_or(&self.chains.vertex);
            let name = compile(self.gl, vertex, fragment).with_context(|| key.clone())?;
            self.programs.insert(key, Program { name, places: HashMap::new() });
        }
        self.programs.get_mut(key.as_str()).context("it was just made")
    }

    fn table(&mut self, key: &[u8], make: impl FnOnce() -> (Size, Vec<u8>)) -> Result<Surface> {
        if let Some(known) = self.tables.get(key) {
            return Ok(*known);
        }
        let (size, texels) = make();
        let made = self.surface(size, Texels::Bytes, Some(&texels))?;
        self.tables.insert(key.to_vec(), made);
        Ok(made)
    }

    fn lease(&mut self, size: Size, texels: Texels) -> Result<Surface> {
        if let Some(at) = self.free.iter().position(|one| (one.size, one.texels) == (size, texels)) {
            return Ok(self.free.swap_remove(at));
        }
        let made = self.surface(size, texels, None)?;
        Ok(Surface { framebuffer: Some(self.framebuffer(made.texture)?), ..made })
    }

    fn surface(&self, size: Size, texels: Texels, bytes: Option<&[u8]>) -> Result<Surface> {
        let (gl, [width, height]) = (self.gl, size.map(|side| side as i32));
        // SAFETY: see `new`; no program reads this unit, and there are texels for the whole picture.
        unsafe {
            let texture = gl.create_texture().map_err(|error| anyhow!(error))?;
            gl.active_texture(glow::TEXTURE0 + 15);
            gl.bind_texture(glow::TEXTURE_2D, Some(texture));
            let (internal, kind) = match texels {
                Texels::Bytes => (glow::RGBA8, glow::UNSIGNED_BYTE),
                Texels::Half => (glow::RGBA16F, glow::HALF_FLOAT),
                Texels::Float => (glow::RGBA32F, glow::FLOAT),
            };
            let data = PixelUnpackData::Slice(bytes);
            gl.tex_image_2d(glow::TEXTURE_2D, 0, internal as i32, width, height, 0, glow::RGBA, kind, data);
            let filter = if texels == Texels::Float && !self.filtered { glow::NEAREST } else { glow::LINEAR };
            for name in [glow::TEXTURE_MIN_FILTER, glow::TEXTURE_MAG_FILTER] {
                gl.tex_parameter_i32(glow::TEXTURE_2D, name, filter as i32);
            }
            for name in [glow::TEXTURE_WRAP_S, glow::TEXTURE_WRAP_T] {
                gl.tex_parameter_i32(glow::TEXTURE_2D, name, glow::CLAMP_TO_EDGE as i32);
            }
            Ok(Surface { texture, framebuffer: None, size, texels })
        }
    }

    fn framebuffer(&self, texture: NativeTexture) -> Result<NativeFramebuffer> {
        let gl = self.gl;
        // SAFETY: see `new`.
        unsafe {
            let made = gl.create_framebuffer().map_err(|error| anyhow!(error))?;
            gl.bind_framebuffer(glow::FRAMEBUFFER, Some(made));
            let (target, place) = (glow::FRAMEBUFFER, glow::COLOR_ATTACHMENT0);
            gl.framebuffer_texture_2d(target, place, glow::TEXTURE_2D, Some(texture), 0);
            Ok(made)
        }
    }

    fn expect_no_error(&self, what: &str) -> Result<()> {
        // SAFETY: see `new`.
        match unsafe { self.gl.get_error() } {
            glow::NO_ERROR => Ok(()),
            error => bail!("{what}: GL error {error:#x}"),
        }
    }
}

fn compile(gl: &glow::Context, vertex: &str, fragment: &str) -> Result<NativeProgram> {
    // SAFETY: see `Drawer::new`.
    unsafe {
        let program = gl.create_program().map_err(|error| anyhow!(error))?;
        for (kind, text) in [(glow::VERTEX_SHADER, vertex), (glow::FRAGMENT_SHADER, fragment)] {
            let shader = gl.create_shader(kind).map_err(|error| anyhow!(error))?;
            gl.shader_source(shader, text);
            gl.compile_shader(shader);
            if !gl.get_shader_compile_status(shader) {
                bail!("{}", gl.get_shader_info_log(shader));
            }
            gl.attach_shader(program, shader);
        }
        gl.link_program(program);
        if !gl.get_program_link_status(program) {
            bail!("{}", gl.get_program_info_log(program));
        }
        Ok(program)
    }
}

/// A table of the `lut` filter that changes next to nothing, as large as a look's: 16 x 16 tiles of 32 x 32 steps.
fn plain_table() -> Vec<u8> {
    let places = (0..512_u32).flat_map(|y| (0..512_u32).map(move |x| (x, y)));
    places
        .flat_map(|(x, y)| [x % 32 * 255 / 31, y % 32 * 255 / 31, y / 32 * 16 + x / 32, 255].map(|level| level as u8))
        .collect()
}
