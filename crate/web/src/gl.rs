//! WebGL2 in the studio worker: a chain of filters drawn on each picture of a camera, from the turn and the cut that bring
//! it into the draft's to the colours that the encoder is given. Which draws those are is decided in `onetake_core::filter`,
//! whether a picture is drawn at all in `onetake_core::picture`.
//!
//! Nothing that is recorded waits for the GPU or is read back (once a kind of picture, and one that is only looked at, see
//! [`Stage::learn`]): fences tell how many drawings are still under way. A chain that is
//! set is compiled beside, and the one before it goes on drawing.

mod binding;
mod drawing;
mod program;
mod route;
mod stage;
mod texture;

pub use drawing::Pixels;
pub use program::first_uses;
pub use stage::{Stage, View};
pub use texture::{copies, live_textures};
