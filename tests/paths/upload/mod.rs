//! A page, a line and a Kodo around an uploader.

pub(crate) mod bytes;
pub(crate) mod server;
pub(crate) mod world;
