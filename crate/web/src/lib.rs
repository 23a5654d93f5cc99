//! onetake inside a browser worker. Everything decided here is when to call whom; what is decided about media is
//! decided in `onetake-core`.
//!
//! Each browser callback only posts [`mail::Mail`]; one turn of the [`mailbox`] borrows the state and runs to its end.
//! Pictures never enter wasm memory; encoded samples enter it once.

#![cfg(target_arch = "wasm32")]

#[cfg(feature = "bench")]
pub mod bench;
mod clock;
pub mod gl;
mod js;
mod mail;
pub mod mailbox;
pub mod media;
mod page;
pub mod store;
mod studio;
pub mod wire;

pub use studio::receive;
