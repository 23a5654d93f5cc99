//! Frames, blocks and encoders: WebCodecs as events, everything closed by Drop.

pub(crate) mod aac;
pub(crate) mod frame;
pub(crate) mod seam;
pub mod selftest;
pub(crate) mod sound;
pub(crate) mod source;
pub(crate) mod stream;
pub(crate) mod video;
