//! WebGL2 in the studio worker: one drawing that brings a camera's picture into the draft's. Which values it is drawn with
//! is decided in `onetake_core::filter`; whether it is drawn at all in `onetake_core::picture`.
//!
//! Nothing here waits for the GPU or reads pixels back: fences tell how many drawings are still under way.

mod binding;
mod pass;
mod stage;

pub use stage::{Look, Stage};
