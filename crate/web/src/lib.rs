//! onetake inside a browser worker. Everything decided here is when to call whom; what is decided about media is
//! decided in `onetake-core`.
//!
//! Each browser callback only posts [`mail::Mail`]; one turn of the [`mailbox`] borrows the state and runs to its end.
//! Pictures never enter wasm memory; encoded samples enter it once.

#![cfg(target_arch = "wasm32")]
// The artefact of uploads needs less of what all share.
#![cfg_attr(not(any(feature = "studio", feature = "bench")), allow(dead_code))]

#[cfg(feature = "bench")]
pub mod bench;
mod clock;
#[cfg(any(feature = "studio", feature = "bench"))]
pub mod gl;
mod js;
#[cfg(any(feature = "studio", feature = "bench"))]
mod mail;
pub mod mailbox;
#[cfg(any(feature = "studio", feature = "bench"))]
pub mod media;
#[cfg(any(feature = "studio", feature = "bench"))]
mod page;
#[cfg(any(feature = "studio", feature = "bench"))]
pub mod store;
#[cfg(any(feature = "studio", feature = "bench"))]
mod studio;
#[cfg(feature = "upload")]
mod upload;
pub mod wire;

#[cfg(any(feature = "studio", feature = "bench"))]
pub use studio::receive;
#[cfg(feature = "upload")]
pub use upload::receive_upload;
