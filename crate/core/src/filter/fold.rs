//! Neighbours in a pass that are one step of arithmetic. A filter whose file says `affine` gives each primary a factor and
//! an offset and is cut to 0..=1; several behind each other are then one factor, one offset and two bounds, exactly. The
//! vertex shader works those out with the filters' own functions, from what they make of black and of white, so that no
//! pixel pays for them. A filter that says `flat` has its parameters read there too. It runs in the studio worker and natively.

use std::ops::Range;

use super::emit::{self, Body, Call, Placed, line};
use super::fuse::Uniform;
use super::spec::{Filter, Kind};

/// The triangle that every vertex shader draws.
const TRIANGLE: &str = include_str!("../../../../shaders/base/vertex.glsl");
/// Most runs of a pass: each takes four of the 15 vectors that go from the vertex shader to a pixel (table 6.33), the place one.
const MOST: usize = 2;
/// What is left of them for filters that say `flat`.
const VECTORS: usize = 6;
/// What goes there.
const STEP: [&str; 4] = ["by", "plus", "low", "high"];
/// Ends the names of parameters that go there.
pub(super) const FLAT: &str = "_flat";

/// The runs of two and more, by their places in the pass.
pub(super) fn runs(body: &Body) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let (mut begin, before) = (0, body.before());
    // Of a user's own, errors are told of the fragment shader.
    let is_affine = |call: &Call| call.filter.affine && call.filter.revision == 0;
    for end in 0..=body.points.len() {
        if !body.points.get(end).is_some_and(is_affine) {
            if end > begin + 1 && runs.len() < MOST {
                runs.push(before + begin..before + end);
            }
            begin = end + 1;
        }
    }
    runs
}

/// The calls whose parameters go from the vertex shader to a pixel, but for pictures.
pub(super) fn flat<'a>(calls: &[Placed<'a>]) -> Vec<Placed<'a>> {
    let mut left = VECTORS;
    let mut fits = |(_, call): &&Placed<'a>| {
        let Filter { flat, affine, kind, revision, params, .. } = &*call.filter;
        let vectors = params.iter().filter(|param| goes(param.range.glsl())).count();
        let fits = *flat && !affine && *kind == Kind::Point && *revision == 0 && vectors <= left;
        left -= if fits { vectors } else { 0 };
        fits
    };
    calls.iter().filter(|call| fits(call)).copied().collect()
}

/// Whether a parameter of this kind can go there.
pub(super) fn goes(kind: &str) -> bool {
    kind != "sampler2D"
}

/// What goes from the vertex shader (`out`) to a pixel (`in`).
pub(super) fn varyings(out: &mut String, runs: &[Range<usize>], passed: &[Uniform], way: &str) {
    for run in runs {
        for name in STEP {
            line(out, "", &["flat ", way, " vec3 ", &own(run.start, name), ";"]);
        }
    }
    for one in passed {
        line(out, "", &["flat ", way, " ", one.kind, " ", &one.name, FLAT, ";"]);
    }
}

/// The step of the run that begins here.
pub(super) fn step(out: &mut String, place: usize) {
    let [by, plus, low, high] = STEP.map(|name| own(place, name));
    line(out, "    ", &["color.rgb = clamp(color.rgb * ", &by, " + ", &plus, ", ", &low, ", ", &high, ");"]);
}

/// The vertex shader that works the steps out, from the uniforms `folds`, and passes others on.
pub(super) fn vertex(runs: &[Range<usize>], folded: &[Placed<'_>], folds: &[Uniform], passed: &[Uniform]) -> String {
    let mut text = String::from(TRIANGLE);
    emit::declare(&mut text, folds);
    emit::declare(&mut text, passed);
    varyings(&mut text, runs, passed, "out");
    emit::functions(&mut text, folded);
    text.push_str("\nvoid main() {\n    lay();\n");
    for one in passed {
        line(&mut text, "    ", &[&one.name, FLAT, " = ", &one.name, ";"]);
    }
    if !runs.is_empty() {
        text.push_str("    vec4 zero, one, low, high;\n");
    }
    for run in runs {
        text.push_str("    low = zero = vec4(0.0, 0.0, 0.0, 1.0);\n    high = one = vec4(1.0);\n");
        for (place, call) in folded.iter().filter(|(place, _)| run.contains(place)) {
            for end in ["zero", "one"] {
                line(&mut text, "    ", &[end, " = ", &emit::called(call, *place, end, "v_uv", ""), ";"]);
            }
            for bound in ["low", "high"] {
                let cut = emit::called(call, *place, bound, "v_uv", "");
                line(&mut text, "    ", &[bound, " = clamp(", &cut, ", 0.0, 1.0);"]);
            }
        }
        let [by, plus, low, high] = STEP.map(|name| own(run.start, name));
        line(&mut text, "    ", &[&by, " = one.rgb - zero.rgb;"]);
        line(&mut text, "    ", &[&plus, " = zero.rgb;"]);
        // A negative changes them.
        line(&mut text, "    ", &[&low, " = min(low, high).rgb;"]);
        line(&mut text, "    ", &[&high, " = max(low, high).rgb;"]);
    }
    text.push_str("}\n");
    text
}

/// The name of what the run that begins here has alone.
fn own(place: usize, name: &str) -> String {
    ["f", &place.to_string(), "_", name].concat()
}
