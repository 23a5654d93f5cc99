//! The part of onetake that needs no browser: time, orientation, MP4 bytes, the recording machine and drafts.
//!
//! Every stateful type here is a sans-IO machine: `handle_*` takes what happened (with the time it happened at),
//! `poll_*` gives what to do next, getters take `&self`. Nothing in this crate reads a clock, a random number or a
//! file, so the same inputs always give the same bytes. It runs natively (tests) and in the studio worker.

#![forbid(unsafe_code)]

pub mod codec;
pub mod demux;
pub mod draft;
pub mod error;
pub mod export;
pub mod filter;
pub mod isobmff;
pub mod media;
pub mod mux;
pub mod orientation;
pub mod picture;
pub mod protocol;
pub mod record;
pub mod repair;
pub mod time;
pub mod transcode;
pub mod upload;
