//! The server as a browser meets it: `site` asks for files over HTTP, `reach` is about who can connect and what the
//! program prints.

#![allow(clippy::unwrap_used, reason = "in helpers too, a panic is how a test fails")]

mod reach;
mod site;
mod support;
