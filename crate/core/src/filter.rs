//! What is done to pictures on the GPU, as text and numbers: shader sources read from `shaders/`, and the values they are
//! drawn with. It never holds a GL name and draws nothing; the studio worker does. Also runs natively.

mod first;

pub use first::{Recode, place, recode};

/// The vertex shader of every pass: one triangle, no attributes.
pub const VERTEX: &str = include_str!("../../../shaders/base/vertex.glsl");

/// The fragment shader of the first pass: orient, mirror, fit, and the colours that the draft's samples stand for.
/// Its uniforms are `u_src`, `f0_place` ([`place`]), `f1_matrix` and `f1_black` ([`recode`]).
pub const FIRST: &str = concat!(
    include_str!("../../../shaders/base/fragment.glsl"),
    include_str!("../../../shaders/base/fetch.glsl"),
    include_str!("../../../shaders/coord/orient.glsl"),
    include_str!("../../../shaders/point/recode.glsl"),
    include_str!("../../../shaders/base/first.glsl"),
);
