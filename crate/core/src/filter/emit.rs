//! The text of a pass's program. Coordinates are worked out backwards, for the last warp is the first to see the target's
//! point; colours forwards, and each sees the target's point, not the warped one.

use std::rc::Rc;

use super::fuse::{self, Pass, Picture, Source, Uniform};
use super::spec::{Arg, Filter};

/// Head of each program.
const HEAD: &str = include_str!("../../../../shaders/base/fragment.glsl");
/// The source's picture, with bars around it.
const FETCH: &str = include_str!("../../../../shaders/base/fetch.glsl");

/// A filter's stage in a pass.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) filter: Rc<Filter>,
    pub(super) stage: usize,
    /// Whose values it is called with.
    pub(super) step: usize,
    /// What its [`Arg::Read`] are, in order; of a composite, the original.
    pub(super) reads: Vec<Picture>,
}

/// What a pass consists of: either `coords` or `area`, then `points`.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) coords: Vec<Call>,
    pub(super) area: Option<Call>,
    pub(super) points: Vec<Call>,
}

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        self.coords.is_empty() && self.area.is_none() && self.points.is_empty()
    }
}

/// The pass of this body.
pub(super) fn pass(body: &Body, src: Picture, scale: f32) -> Pass {
    let calls: Vec<&Call> = body.coords.iter().chain(&body.area).chain(&body.points).collect();
    let mut writer = Writer { main: String::new(), uniforms: Vec::new() };
    writer.body(body);

    let mut key = String::new();
    let mut fragment = String::from(HEAD);
    for uniform in &writer.uniforms {
        for word in ["uniform ", uniform.kind, " ", &uniform.name, ";\n"] {
            fragment.push_str(word);
        }
    }
    if !body.coords.is_empty() {
        fragment.push('\n');
        fragment.push_str(FETCH);
    }
    for (place, call) in calls.iter().enumerate() {
        name(&mut key, call);
        let same = |other: &&&Call| other.filter.name == call.filter.name && other.stage == call.stage;
        if !calls.get(..place).is_some_and(|before| before.iter().any(|other| same(&other))) {
            functions(&mut fragment, call);
        }
    }
    fragment.push_str("\nvoid main() {\n");
    fragment.push_str(&writer.main);
    fragment.push_str("    o_color = color;\n}\n");
    Pass { key, fragment, scale, src, uniforms: writer.uniforms, done: Vec::new() }
}

/// Puts a call's name behind those before.
fn name(key: &mut String, call: &Call) {
    if !key.is_empty() {
        key.push('+');
    }
    key.push_str(&call.filter.name);
    if call.filter.revision > 0 {
        key.push('#');
        key.push_str(&call.filter.revision.to_string());
    }
    if let Some(stage) = call.filter.stages.get(call.stage).filter(|_| call.filter.stages.len() > 1) {
        key.push('.');
        key.push_str(&stage.name);
    }
}

/// What a call's stage and the stages of its filter share. Of a user's own, the compiler is told the file's lines.
fn functions(out: &mut String, call: &Call) {
    for item in call.filter.items.iter().filter(|item| item.stage.is_none_or(|stage| stage == call.stage)) {
        out.push('\n');
        if call.filter.revision > 0 {
            out.push_str("#line ");
            out.push_str(&item.line.to_string());
            out.push_str(" 1\n");
        }
        for line in item.text.lines() {
            // Where comments were.
            if call.filter.revision > 0 || !line.trim_ascii_end().is_empty() {
                out.push_str(line.trim_ascii_end());
                out.push('\n');
            }
        }
    }
    if call.filter.revision > 0 {
        out.push_str("#line 1 0\n");
    }
}

/// The body of `main`, and the uniforms that it takes.
struct Writer {
    main: String,
    uniforms: Vec<Uniform>,
}

impl Writer {
    fn body(&mut self, body: &Body) {
        debug_assert!(body.area.is_none() || body.coords.is_empty(), "what reads around a point follows no warp");
        // Later warps see the target's point first; each is bounded by the picture that it would have read.
        for (turn, (place, call)) in body.coords.iter().enumerate().rev().enumerate() {
            if turn == 0 {
                self.line(&["vec2 uv = ", &call_text(call, place, "v_uv"), ";"]);
            } else {
                self.line(&[if turn == 1 { "float seen = " } else { "seen *= " }, "within(uv);"]);
                self.line(&["uv = ", &call_text(call, place, "uv"), ";"]);
            }
        }
        let before = body.coords.len() + usize::from(body.area.is_some());
        match &body.area {
            Some(call) => self.line(&["vec4 color = clamp(", &call_text(call, 0, "v_uv"), ", 0.0, 1.0);"]),
            None if body.coords.is_empty() => self.line(&["vec4 color = texture(u_src, v_uv);"]),
            None => self.line(&["vec4 color = fetch(u_src, uv);"]),
        }
        if body.coords.len() > 1 {
            self.line(&["color.rgb *= seen;"]);
        }
        for (place, call) in body.points.iter().enumerate() {
            self.line(&["color = clamp(", &call_text(call, before + place, "v_uv"), ", 0.0, 1.0);"]);
        }
        for (place, call) in body.coords.iter().chain(&body.area).chain(&body.points).enumerate() {
            self.declare(call, place);
        }
    }

    fn line(&mut self, parts: &[&str]) {
        self.main.push_str("    ");
        parts.iter().for_each(|part| self.main.push_str(part));
        self.main.push('\n');
    }

    fn declare(&mut self, call: &Call, place: usize) {
        let Some(stage) = call.filter.stages.get(call.stage) else { return };
        let mut reads = 0;
        for arg in stage.args.iter().filter(|arg| !matches!(arg, Arg::Color | Arg::Uv | Arg::Src)) {
            let uniform = uniform(call, *arg, place, &mut reads);
            if !self.uniforms.iter().any(|known| known.name == uniform.name) {
                self.uniforms.push(uniform);
            }
        }
    }
}

/// A call; `place` is its own in the pass, which begins the names of its uniforms.
fn call_text(call: &Call, place: usize, uv: &str) -> String {
    let mut text = String::new();
    let Some(stage) = call.filter.stages.get(call.stage) else { return text };
    text.push_str(&stage.function);
    let mut reads = 0;
    for (at, arg) in stage.args.iter().enumerate() {
        text.push_str(if at == 0 { "(" } else { ", " });
        match arg {
            Arg::Color => text.push_str("color"),
            Arg::Uv => text.push_str(uv),
            Arg::Src => text.push_str("u_src"),
            _ => text.push_str(&uniform(call, *arg, place, &mut reads).name),
        }
    }
    text.push(')');
    text
}

/// The uniform of an argument. `reads`: how many of the pictures that the call reads came before.
fn uniform(call: &Call, arg: Arg, place: usize, reads: &mut usize) -> Uniform {
    let shared = |name: &str, kind, source| Uniform { name: name.to_owned(), kind, source };
    let own = |name: &str| ["f", &place.to_string(), "_", name].concat();
    match arg {
        Arg::Texel => shared("u_texel", "vec2", Source::Texel),
        Arg::Size => shared("u_size", "vec2", Source::Size),
        Arg::Time => shared("u_time", "float", Source::Time),
        Arg::Param(at) => {
            let (name, kind) =
                call.filter.params.get(at).map_or(("", "float"), |one| (one.name.as_str(), one.range.glsl()));
            Uniform { name: own(name), kind, source: fuse::source(&call.filter, at, call.step) }
        }
        _ => {
            let picture = call.reads.get(*reads).copied().unwrap_or(Picture::Frame);
            // Digits: no parameter is called so.
            let name = own(&reads.to_string());
            *reads += 1;
            Uniform { name, kind: "sampler2D", source: Source::Picture(picture) }
        }
    }
}
