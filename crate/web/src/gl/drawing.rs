//! A chain as draws: its programs, its tables and the values they are drawn with.

use std::rc::Rc;

use onetake_core::filter::{
    CURVE_STEPS, Chain, Ends, Filter, Form, Library, PICTURE_SIDE, Picture, Plan, Range, Recode, Source, Table, Value,
    fuse, plain_curve,
};
use onetake_core::media::Size;
use wasm_bindgen::JsValue;
use web_sys::ImageBitmap;

use super::binding::{self as gl, Context};
use super::program::{Places, Program, Programs};
use super::texture::{Lease, Pool, Texture};

/// Pictures of chains that nobody draws with now and that may come back; a table may be of 4 MB.
const KEPT: usize = 8;

/// A picture that a chain names, where it can be read again after a lost context.
#[derive(Clone)]
pub enum Pixels {
    /// Of the user's own; where a table is wanted, one of [`PICTURE_SIDE`] squared.
    Bitmap(ImageBitmap),
    /// Of the `lut` filter.
    Table(Rc<Table>),
}

/// What this context has made.
pub(super) struct Device {
    pub(super) context: Context,
    pub(super) frame: Texture,
    programs: Programs,
    pub(super) pool: Pool,
    /// By handle; the one that was asked for last stands last.
    pictures: Vec<(u32, Rc<Texture>)>,
    /// What a chain does not name: a picture that is not there, a curve and a table that change nothing.
    blank: Option<Rc<Texture>>,
    straight: Option<Rc<Texture>>,
    same: Option<Rc<Texture>>,
}

impl Device {
    pub(super) fn new(context: &Context) -> Device {
        Device {
            context: context.clone(),
            frame: Texture::new(context),
            programs: Programs::new(context),
            pool: Pool::default(),
            pictures: Vec::new(),
            blank: None,
            straight: None,
            same: None,
        }
    }

    /// A handle stands for a picture or for a table, never for both.
    fn picture(
        &mut self,
        handle: u32,
        range: &Range,
        pixels: &dyn Fn(u32) -> Option<Pixels>,
    ) -> Result<Rc<Texture>, JsValue> {
        let context = &self.context;
        let texture = match self.pictures.iter().position(|(known, _)| *known == handle) {
            Some(at) => self.pictures.remove(at).1,
            None => Rc::new(match pixels(handle).ok_or("a picture is missing")? {
                Pixels::Bitmap(bitmap) => {
                    let picture = Texture::of_bitmap(context, &bitmap)?;
                    match range {
                        Range::Table => of_table(context, &Table::of_picture(&picture.read(PICTURE_SIDE as u32)))?,
                        _ => picture,
                    }
                }
                Pixels::Table(table) => of_table(context, &table)?,
            }),
        };
        self.pictures.push((handle, Rc::clone(&texture)));
        Ok(texture)
    }

    /// Compiles programs, waiting for them.
    pub(super) fn compile(&mut self, plan: &Plan) -> Result<(), String> {
        for pass in &plan.passes {
            self.programs.of(&self.context, pass).places()?;
        }
        Ok(())
    }

    /// Forgets the oldest pictures that nobody draws with.
    fn tidy(&mut self) {
        let mut idle = self.pictures.iter().filter(|(_, texture)| Rc::strong_count(texture) == 1).count();
        self.pictures.retain(|(_, texture)| {
            let goes = idle > KEPT && Rc::strong_count(texture) == 1;
            idle -= usize::from(goes);
            !goes
        });
    }

    /// The texture of a value that stands for nothing.
    fn nothing(&mut self, range: &Range) -> Result<Rc<Texture>, JsValue> {
        let context = &self.context;
        let slot = match range {
            Range::Curve => &mut self.straight,
            Range::Table => &mut self.same,
            _ => &mut self.blank,
        };
        if let Some(texture) = slot {
            return Ok(Rc::clone(texture));
        }
        let texture = Rc::new(match range {
            Range::Curve => Texture::of_bytes(context, CURVE, Some(&plain_curve()))?,
            Range::Table => of_table(context, &Table::plain())?,
            _ => Texture::of_bytes(context, Size { width: 1, height: 1 }, Some(&[0; 4]))?,
        });
        *slot = Some(Rc::clone(&texture));
        Ok(texture)
    }
}

const CURVE: Size = Size { width: CURVE_STEPS as u32, height: 1 };

/// What one picture is drawn with, besides its chain.
pub(super) struct Draw<'a> {
    /// Of the frame.
    pub(super) source: Size,
    /// Of the picture, upright.
    pub(super) upright: Size,
    /// Of the canvas.
    pub(super) canvas: Size,
    /// How the picture lies on it.
    pub(super) laid: [bool; 3],
    pub(super) place: &'a [f32; 6],
    /// Whether its pixels are the frame's.
    pub(super) exact: bool,
    pub(super) recode: &'a Recode,
    pub(super) seconds: f32,
}

/// A chain that can be drawn, or soon.
pub(super) struct Drawing {
    /// Of each step.
    filters: Vec<Rc<Filter>>,
    plan: Rc<Plan>,
    values: Vec<Vec<Value>>,
    /// Of each pass.
    programs: Vec<Rc<Program>>,
    /// Of each value that is a texture: its step, its parameter.
    textures: Vec<(usize, usize, Rc<Texture>)>,
}

impl Drawing {
    /// Begins to compile what it needs. Where `before` has the same filters, as a slider's move leaves them, it has that too.
    ///
    /// # Errors
    /// What the browser throws where a picture cannot become a texture.
    pub(super) fn new(
        device: &mut Device,
        library: &mut Library,
        chain: &Chain,
        pixels: &dyn Fn(u32) -> Option<Pixels>,
        before: Option<&Drawing>,
    ) -> Result<Drawing, JsValue> {
        let steps = chain.active();
        let mut textures = Vec::new();
        device.context.active_texture(gl::TEXTURE0);
        for (at, step) in steps.iter().enumerate() {
            for (place, (param, value)) in step.filter.params.iter().zip(&step.values).enumerate() {
                let texture = match value {
                    Value::Curve(Some(texels)) => Rc::new(Texture::of_bytes(&device.context, CURVE, Some(texels))?),
                    Value::Picture(Some(handle)) => device.picture(*handle, &param.range, pixels)?,
                    Value::Curve(None) | Value::Picture(None) => device.nothing(&param.range)?,
                    _ => continue,
                };
                textures.push((at, place, texture));
            }
        }
        device.tidy();
        let filters: Vec<Rc<Filter>> = steps.iter().map(|step| Rc::clone(&step.filter)).collect();
        let (plan, programs) = match before.filter(|before| are_same(&before.filters, &filters)) {
            Some(before) => (Rc::clone(&before.plan), before.programs.clone()),
            None => {
                let plan = fuse(library, &steps, Ends { orient: true, recode: true }, Form::Fused);
                let programs = plan.passes.iter().map(|pass| device.programs.of(&device.context, pass)).collect();
                (Rc::new(plan), programs)
            }
        };
        let values = steps.iter().map(|step| step.values.clone()).collect();
        Ok(Drawing { filters, plan, values, programs, textures })
    }

    /// How often each picture is drawn.
    pub(super) fn passes(&self) -> usize {
        self.plan.passes.len()
    }

    /// Whether the other one has the same programs: the same draws, with other values.
    pub(super) fn has_programs_of(&self, other: &Drawing) -> bool {
        are_same(&self.programs, &other.programs)
    }

    /// Whether a program is still being compiled beside.
    pub(super) fn is_compiling(&self, device: &Device) -> bool {
        self.programs.iter().any(|program| device.programs.is_compiling(program))
    }

    /// Draws a single pixel with each program that never drew, so that the next picture does not wait for the driver.
    ///
    /// # Errors
    /// What the compiler says.
    pub(super) fn warm(&self, device: &Device) -> Result<(), String> {
        let context = &device.context;
        for program in &self.programs {
            let places = program.places()?;
            if let Some(Ok(_target)) =
                program.begin_use().then(|| device.pool.lease(context, Size { width: 1, height: 1 }))
            {
                program.bind();
                context.uniform_1i(&places.target, 1);
                context.viewport(0, 0, 1, 1);
                context.draw_arrays(gl::TRIANGLES, 0, 3);
            }
        }
        Ok(())
    }

    /// Draws the frame that is in the device's texture. The last pass draws the canvas.
    ///
    /// # Errors
    /// What the browser throws where it has no memory for a target, or what the compiler says.
    pub(super) fn draw(&self, device: &Device, draw: &Draw<'_>) -> Result<(), JsValue> {
        let context = &device.context;
        let last = self.plan.passes.len().saturating_sub(1);
        let mut targets: Vec<Option<Lease>> = Vec::with_capacity(last);
        for (at, (pass, program)) in self.plan.passes.iter().zip(&self.programs).enumerate() {
            let places = program.places().map_err(|said| JsValue::from_str(&said))?;
            let size = if at == last {
                context.bind_framebuffer(gl::FRAMEBUFFER, &JsValue::NULL);
                context.viewport(0, 0, draw.canvas.width, draw.canvas.height);
                draw.upright
            } else {
                let size = scaled(draw.upright, pass.scale);
                targets.push(Some(device.pool.lease(context, size)?));
                context.viewport(0, 0, size.width, size.height);
                size
            };
            program.bind();
            let [exchanged, across, down] = if at == last { draw.laid.map(i32::from) } else { [0; 3] };
            context.uniform_1i(&places.target, i32::from(at != last));
            context.uniform_3i(&places.turn, exchanged, across, down);
            self.set_uniforms(device, at, places, &targets, size, draw);
            context.draw_arrays(gl::TRIANGLES, 0, 3);
            for done in &pass.done {
                if let Some(target) = targets.get_mut(*done) {
                    *target = None;
                }
            }
        }
        Ok(())
    }

    fn set_uniforms(
        &self,
        device: &Device,
        at: usize,
        places: &Places,
        targets: &[Option<Lease>],
        size: Size,
        draw: &Draw<'_>,
    ) {
        let context = &device.context;
        let Some(pass) = self.plan.passes.get(at) else { return };
        let target = |picture| match picture {
            Picture::Frame => None,
            Picture::Pass(at) => targets.get(at).and_then(Option::as_ref),
        };
        let read = target(pass.src).map_or(draw.source, Lease::size);
        let mut unit = 0;
        let mut bind = |place: &JsValue, texture: Option<&Texture>| {
            if let Some(texture) = texture {
                texture.bind(unit);
                context.uniform_1i(place, i32::try_from(unit).unwrap_or(0));
                unit += 1;
            }
        };
        let picture = |picture| match picture {
            Picture::Frame => Some(&device.frame),
            Picture::Pass(_) => target(picture).and_then(Lease::texture),
        };
        bind(&places.src, picture(pass.src));
        if pass.src == Picture::Frame {
            // Where nothing is mixed, software draws quicker unfiltered; a GPU draws the same.
            device.frame.set_filter(if pass.own_point && draw.exact { gl::NEAREST } else { gl::LINEAR });
        }
        for (uniform, place) in pass.uniforms.iter().zip(&places.uniforms) {
            match uniform.source {
                Source::Place => context.uniform_matrix_3x2fv(place, false, draw.place),
                Source::Matrix => context.uniform_matrix_3fv(place, false, &draw.recode.matrix),
                Source::Black => context.uniform_3fv(place, &draw.recode.black),
                Source::Texel => context.uniform_2f(place, 1.0 / read.width as f32, 1.0 / read.height as f32),
                Source::Size => context.uniform_2f(place, size.width as f32, size.height as f32),
                Source::Time => context.uniform_1f(place, draw.seconds),
                Source::Picture(one) => bind(place, picture(one)),
                Source::Param { step, param } => match self.values.get(step).and_then(|values| values.get(param)) {
                    Some(Value::Number(number)) => context.uniform_1f(place, *number),
                    Some(Value::Color(color)) => {
                        context.uniform_3fv(place, &color.map(|level| f32::from(level) / 255.0));
                    }
                    Some(Value::Vector(numbers)) if numbers.len() == 4 => context.uniform_4fv(place, numbers),
                    Some(Value::Vector(numbers)) => context.uniform_3fv(place, numbers),
                    Some(Value::Choice(choice)) => {
                        context.uniform_1i(place, i32::try_from(*choice).unwrap_or(0));
                    }
                    _ => {
                        let own = self.textures.iter().find(|(at, of, _)| (*at, *of) == (step, param));
                        bind(place, own.map(|(.., texture)| &**texture));
                    }
                },
            }
        }
    }
}

fn of_table(context: &Context, table: &Table) -> Result<Texture, JsValue> {
    let side = u32::try_from(table.side).unwrap_or(0);
    Texture::of_bytes(context, Size { width: side, height: side }, Some(&table.texels))
}

fn are_same<T>(one: &[Rc<T>], other: &[Rc<T>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Rc::ptr_eq(one, other))
}

/// A part of the picture's size, at least a pixel.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are positive, scales at most 1")]
fn scaled(size: Size, scale: f32) -> Size {
    let side = |pixels: u32| ((pixels as f32 * scale + 0.5) as u32).max(1);
    Size { width: side(size.width), height: side(size.height) }
}
