//! The fuser: which draws a chain takes, and with which program each. One scan from left to right puts filters into a
//! pass as long as the pass is `(coord* fetch | area) point*`: what reads around a point needs a finished picture. Values
//! have no part in it, so a slider never makes another program. It runs in the studio worker and natively.

use std::borrow::Cow;
use std::rc::Rc;

use super::chain::Step;
use super::emit::{self, Body, Call};
use super::library::Library;
use super::spec::{Arg, Filter, Kind, Read};

/// How many samplers a program may have (OpenGL ES 3.0, table 6.33).
const SAMPLERS: usize = 16;
/// How many vectors its uniforms may be: 224 are promised (table 6.33); one each for what all passes share is left.
const VECTORS: usize = 200;

/// What a frame needs besides the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// It is turned, mirrored, cropped or scaled, by [`super::place`], before all else. Without, its size is the target's.
    pub orient: bool,
    /// Its colours become those that stand for the draft's, by [`super::recode`], after all else.
    pub recode: bool,
}

/// How filters share passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As few passes as the grammar allows.
    Fused,
    /// One pass for each filter's stage: what the fused form is compared with.
    Apart,
}

/// The draws that a chain takes, in order. The last one draws the picture; none means that there is nothing to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// In order.
    pub passes: Vec<Pass>,
}

/// One draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The names of its filters: equal keys have equal programs.
    pub key: String,
    /// The vertex shader: [`super::VERTEX`], and where neighbours are one step of arithmetic, what works that out.
    pub vertex: Cow<'static, str>,
    /// The fragment shader.
    pub fragment: String,
    /// Of its target to the picture, above 0, at most 1; 1 for the last.
    pub scale: f32,
    /// What `u_src` is. [`Source::Texel`] is the size of its texels.
    pub src: Picture,
    /// Whether each point reads `u_src` where it lies itself, but for the frame's place: no warp, nothing around it.
    pub own_point: bool,
    /// The uniforms but `u_src`.
    pub uniforms: Vec<Uniform>,
    /// Passes whose targets nobody reads after this one.
    pub done: Vec<usize>,
}

/// What a pass reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The frame as it is given.
    Frame,
    /// What this pass drew.
    Pass(usize),
}

/// A uniform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uniform {
    /// In the program.
    pub name: String,
    /// Of GLSL: `float`, `int`, `vec2`, `vec3`, `vec4`, `mat3`, `mat3x2` or `sampler2D`.
    pub kind: &'static str,
    /// Where its value comes from.
    pub source: Source,
}

/// Where a uniform's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// [`super::place`].
    Place,
    /// [`super::Recode::matrix`].
    Matrix,
    /// [`super::Recode::black`].
    Black,
    /// 1 by the width and the height of what `u_src` is.
    Texel,
    /// The target's size, pixels.
    Size,
    /// Seconds since the take began.
    Time,
    /// Another picture that is read.
    Picture(Picture),
    /// A value: `Chain::active()[step].values[param]`.
    Param {
        /// Which step.
        step: usize,
        /// Which of its parameters.
        param: usize,
    },
}

/// Which draws these steps take. They are [`super::Chain::active`], so that what changes nothing takes part in nothing.
pub fn fuse(library: &mut Library, steps: &[&Step], ends: Ends, form: Form) -> Plan {
    let mut units: Vec<(Rc<Filter>, usize)> = Vec::with_capacity(steps.len() + 2);
    let mut end = |name, wanted: bool| library.find(name).filter(|_| wanted).map(|filter| (filter, usize::MAX));
    let (orient, recode) = (end("orient", ends.orient), end("recode", ends.recode));
    let oriented = orient.is_some();
    units.extend(orient);
    units.extend(steps.iter().enumerate().map(|(place, step)| (Rc::clone(&step.filter), place)));
    units.extend(recode);

    let mut scan =
        Scan { plan: Plan::default(), open: Body::default(), last: Picture::Frame, original: Picture::Frame };
    let keep = units.iter().any(|(filter, _)| filter.reads_original());
    for (place, (filter, step)) in units.iter().enumerate() {
        scan.handle(filter, *step);
        if form == Form::Apart || (place == 0 && oriented && keep) {
            scan.close(1.0);
        }
        if place == 0 && oriented {
            scan.original = scan.last;
        }
    }
    scan.close(1.0);
    release(&mut scan.plan);
    scan.plan
}

/// The scan: what is closed, and the pass that is still open.
struct Scan {
    plan: Plan,
    open: Body,
    /// The finished picture before the open pass.
    last: Picture,
    /// The frame as it came into the chain, oriented.
    original: Picture,
}

impl Scan {
    fn handle(&mut self, filter: &Rc<Filter>, step: usize) {
        let call = |stage| Call { filter: Rc::clone(filter), stage, step, reads: Vec::new() };
        match filter.kind {
            Kind::Coord => {
                if self.open.area.is_some() || !self.open.points.is_empty() || self.is_full(filter, 0) {
                    self.close(1.0);
                }
                self.open.coords.push(call(0));
            }
            Kind::Point | Kind::Composite => {
                if self.is_full(filter, 0) {
                    self.close(1.0);
                }
                let reads = vec![self.original];
                self.open.points.push(Call { reads, ..call(0) });
            }
            Kind::Area => {
                self.close(1.0);
                let source = self.last;
                let first = self.plan.passes.len();
                let read = |read| match read {
                    Read::Source => source,
                    Read::Stage(stage) => Picture::Pass(first + stage),
                };
                for (place, stage) in filter.stages.iter().enumerate() {
                    let reads = stage
                        .args
                        .iter()
                        .filter_map(|arg| if let Arg::Read(one) = arg { Some(read(*one)) } else { None });
                    let reads = reads.collect();
                    self.last = read(stage.src);
                    self.open.area = Some(Call { reads, ..call(place) });
                    if place + 1 < filter.stages.len() {
                        self.close(stage.scale);
                    }
                }
            }
        }
    }

    /// Whether one more would be more than every GPU promises.
    fn is_full(&self, filter: &Filter, stage: usize) -> bool {
        let mut samplers = 1;
        let mut vectors = 0;
        let calls = self.open.coords.iter().chain(&self.open.area).chain(&self.open.points);
        let calls = calls.map(|call| (&*call.filter, call.stage)).chain([(filter, stage)]);
        for (filter, stage) in calls {
            for arg in filter.stages.get(stage).map_or(&[][..], |stage| &stage.args) {
                match arg {
                    Arg::Read(_) | Arg::Original => samplers += 1,
                    Arg::Param(at) => match filter.params.get(*at).map(|param| param.range.glsl()) {
                        Some("sampler2D") => samplers += 1,
                        Some("mat3" | "mat3x2") => vectors += 3,
                        _ => vectors += 1,
                    },
                    _ => {}
                }
            }
        }
        samplers > SAMPLERS || vectors > VECTORS
    }

    /// Ends the open pass, if there is anything in it.
    fn close(&mut self, scale: f32) {
        if self.open.is_empty() {
            return;
        }
        let body = std::mem::take(&mut self.open);
        let pass = emit::pass(&body, self.last, scale);
        self.last = Picture::Pass(self.plan.passes.len());
        self.plan.passes.push(pass);
    }
}

/// Says after which pass each target is free again.
fn release(plan: &mut Plan) {
    let last = plan.passes.len().saturating_sub(1);
    for target in 0..last {
        let reads = |pass: &Pass| {
            let picture = Picture::Pass(target);
            pass.src == picture || pass.uniforms.iter().any(|one| one.source == Source::Picture(picture))
        };
        // What nobody reads (a stage in vain) is free at once.
        let reader = plan.passes.iter().rposition(reads).unwrap_or(target);
        if let Some(pass) = plan.passes.get_mut(reader) {
            pass.done.push(target);
        }
    }
}

/// Where the value of a parameter comes from: a step's, or for the two filters that no chain names, the frame's.
pub(super) fn source(filter: &Filter, param: usize, step: usize) -> Source {
    match filter.params.get(param) {
        Some(one) if step == usize::MAX => match one.name.as_str() {
            "place" => Source::Place,
            "matrix" => Source::Matrix,
            _ => Source::Black,
        },
        _ => Source::Param { step, param },
    }
}
