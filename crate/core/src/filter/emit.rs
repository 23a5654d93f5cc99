//! The text of a pass's program. Coordinates are worked out backwards, for the last warp is the first to see the target's
//! point; colours forwards, and each sees the target's point, not the warped one.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use super::VERTEX;
use super::fold;
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

    /// The place of the first point.
    pub(super) fn before(&self) -> usize {
        self.coords.len() + usize::from(self.area.is_some())
    }
}

/// A call and its place in the pass.
pub(super) type Placed<'a> = (usize, &'a Call);

/// The pass of this body.
pub(super) fn pass(body: &Body, src: Picture, scale: f32) -> Pass {
    let runs = fold::runs(body);
    let calls = body.coords.iter().chain(&body.area).chain(&body.points).enumerate();
    let mut key = String::new();
    calls.clone().for_each(|(_, call)| name(&mut key, call));
    let flat = fold::flat(&calls.clone().collect::<Vec<_>>());
    let is_folded = |(place, _): &Placed<'_>| runs.iter().any(|run| run.contains(place));
    let (folded, own): (Vec<Placed<'_>>, Vec<Placed<'_>>) = calls.partition(is_folded);
    let (passed, pictures): (Vec<_>, Vec<_>) = self::uniforms(&flat).into_iter().partition(|one| fold::goes(one.kind));
    let is_flat = |(place, _): &Placed<'_>| flat.iter().any(|(other, _)| other == place);
    let read: Vec<Placed<'_>> = own.iter().filter(|call| !is_flat(call)).copied().collect();

    let mut uniforms = uniforms(&read);
    uniforms.extend(pictures);
    let mut fragment = String::from(HEAD);
    declare(&mut fragment, &uniforms);
    fold::varyings(&mut fragment, &runs, &passed, "in");
    if !body.coords.is_empty() {
        fragment.push('\n');
        fragment.push_str(FETCH);
    }
    functions(&mut fragment, &own);
    fragment.push_str("\nvoid main() {\n");
    main(&mut fragment, body, &runs, &flat);
    fragment.push_str("    o_color = color;\n}\n");

    let vertex = if runs.is_empty() && flat.is_empty() {
        Cow::Borrowed(VERTEX)
    } else {
        let folds = self::uniforms(&folded);
        let vertex = fold::vertex(&runs, &folded, &folds, &passed);
        uniforms.extend(folds);
        uniforms.extend(passed);
        Cow::Owned(vertex)
    };
    let own_point = body.area.is_none() && body.coords.iter().all(|call| call.filter.name == "orient");
    Pass { key, vertex, fragment, scale, src, own_point, uniforms, done: Vec::new() }
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

/// The functions of these calls, each once.
pub(super) fn functions(out: &mut String, calls: &[Placed<'_>]) {
    for (at, (_, call)) in calls.iter().enumerate() {
        let same = |(_, other): &Placed<'_>| other.filter.name == call.filter.name && other.stage == call.stage;
        if !calls.get(..at).is_some_and(|before| before.iter().any(same)) {
            items(out, call);
        }
    }
}

/// What a call's stage and the stages of its filter share. Of a user's own, the compiler is told the file's lines.
fn items(out: &mut String, call: &Call) {
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

/// What the program's head says of uniforms.
pub(super) fn declare(out: &mut String, uniforms: &[Uniform]) {
    for uniform in uniforms {
        line(out, "", &["uniform ", uniform.kind, " ", &uniform.name, ";"]);
    }
}

/// The uniforms that these calls take.
fn uniforms(calls: &[Placed<'_>]) -> Vec<Uniform> {
    let mut uniforms: Vec<Uniform> = Vec::new();
    for (place, call) in calls {
        let Some(stage) = call.filter.stages.get(call.stage) else { continue };
        let mut reads = 0;
        for arg in stage.args.iter().filter(|arg| !matches!(arg, Arg::Color | Arg::Uv | Arg::Src)) {
            let uniform = uniform(call, *arg, *place, &mut reads);
            if !uniforms.iter().any(|known| known.name == uniform.name) {
                uniforms.push(uniform);
            }
        }
    }
    uniforms
}

/// The body of `main`.
fn main(out: &mut String, body: &Body, runs: &[Range<usize>], flat: &[Placed<'_>]) {
    debug_assert!(body.area.is_none() || body.coords.is_empty(), "what reads around a point follows no warp");
    let mut say = |parts: &[&str]| line(out, "    ", parts);
    // Later warps see the target's point first; each is bounded by the picture that it would have read.
    for (turn, (place, call)) in body.coords.iter().enumerate().rev().enumerate() {
        if turn == 0 {
            say(&["vec2 uv = ", &called(call, place, "", "v_uv", ""), ";"]);
        } else {
            say(&[if turn == 1 { "float seen = " } else { "seen *= " }, "within(uv);"]);
            say(&["uv = ", &called(call, place, "", "uv", ""), ";"]);
        }
    }
    match &body.area {
        Some(call) => say(&["vec4 color = clamp(", &called(call, 0, "", "v_uv", ""), ", 0.0, 1.0);"]),
        None if body.coords.is_empty() => say(&["vec4 color = texture(u_src, v_uv);"]),
        None => say(&["vec4 color = fetch(u_src, uv);"]),
    }
    if body.coords.len() > 1 {
        say(&["color.rgb *= seen;"]);
    }
    for (place, call) in (body.before()..).zip(&body.points) {
        match runs.iter().find(|run| run.contains(&place)) {
            Some(run) if run.start == place => fold::step(out, place),
            Some(_) => {}
            None => {
                let tail = if flat.iter().any(|(other, _)| *other == place) { fold::FLAT } else { "" };
                let text = called(call, place, "color", "v_uv", tail);
                match &*call.filter {
                    // A user's own may do to alpha what it likes; the shipped leave it alone.
                    Filter { revision: 1.., .. } => line(out, "    ", &["color = clamp(", &text, ", 0.0, 1.0);"]),
                    Filter { bounded: true, .. } => line(out, "    ", &["color.rgb = ", &text, ".rgb;"]),
                    _ => line(out, "    ", &["color.rgb = clamp(", &text, ".rgb, 0.0, 1.0);"]),
                }
            }
        }
    }
}

/// Puts a line behind those before.
pub(super) fn line(out: &mut String, indent: &str, parts: &[&str]) {
    out.push_str(indent);
    parts.iter().for_each(|part| out.push_str(part));
    out.push('\n');
}

/// A call; `place` is its own in the pass, which begins the names of its uniforms, and `tail` ends them.
pub(super) fn called(call: &Call, place: usize, color: &str, uv: &str, tail: &str) -> String {
    let mut text = String::new();
    let Some(stage) = call.filter.stages.get(call.stage) else { return text };
    text.push_str(&stage.function);
    let mut reads = 0;
    for (at, arg) in stage.args.iter().enumerate() {
        text.push_str(if at == 0 { "(" } else { ", " });
        match arg {
            Arg::Color => text.push_str(color),
            Arg::Uv => text.push_str(uv),
            Arg::Src => text.push_str("u_src"),
            _ => {
                let uniform = uniform(call, *arg, place, &mut reads);
                text.push_str(&uniform.name);
                text.push_str(if fold::goes(uniform.kind) { tail } else { "" });
            }
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
