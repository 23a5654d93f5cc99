//! What is done to pictures on the GPU, as text and numbers: filters read from `shaders/` ([`parse`]), a user's chain of
//! them checked ([`Chain::check`]) and fused into as few draws as can be ([`fuse()`]), and the values they are drawn with. It
//! never holds a GL name and draws nothing; the studio worker does. Also runs natively.
//!
//! ```
//! use onetake_core::filter::{Asked, Chain, Ends, Form, Given, Library, fuse};
//!
//! let mut library = Library::default();
//! let more = ("amount".to_owned(), Given::Number(0.2));
//! let asked = ["brightness", "contrast"].map(|name| Asked { name: name.to_owned(), params: vec![more.clone()] });
//! let chain = Chain::check(&asked, &mut library).unwrap();
//! let plan = fuse(&mut library, &chain.active(), Ends { orient: true, recode: false }, Form::Fused);
//! assert_eq!(plan.passes.len(), 1);
//! assert_eq!(plan.passes[0].key, "orient+brightness+contrast");
//! ```

mod chain;
mod cube;
mod define;
mod emit;
mod first;
mod fold;
mod fuse;
mod glsl;
mod library;
pub mod looks;
mod loops;
mod polynomial;
mod problem;
mod source;
mod spec;
mod table;
#[cfg(test)]
mod tests;
#[cfg(feature = "ts")]
mod typescript;
mod value;
mod view;

pub use chain::{Asked, Chain, Given, LONGEST, LOOK, Step};
pub use cube::{CubeError, CubeProblem, cube};
pub use define::{alone, compiler_error};
pub use first::{Recode, is_exact, laid, place, recode};
pub use fuse::{Ends, Form, Pass, Picture, Plan, Source, Uniform, fuse};
pub use library::Library;
pub use problem::{ChainError, Problem, SourceError};
pub use source::parse;
pub use spec::{Filter, Kind, Label, Param, Range, Stage, Value};
pub use table::{PICTURE_SIDE, Table};
#[cfg(feature = "ts")]
pub use typescript::typescript;
pub use value::{CURVE_STEPS, plain_curve};
pub use view::{DefaultView, FilterView, ParameterView, view};

/// The vertex shader of a pass that has no more to say: one triangle, no attributes. `u_target` is true where a target is drawn that a later
/// pass reads, and false at a canvas: their rows are in opposite order. `u_turn` is [`laid`].
pub const VERTEX: &str = concat!(include_str!("../../../shaders/base/vertex.glsl"), "\nvoid main() {\n    lay();\n}\n");
