//! The server as a browser meets it: `site` asks for files over HTTP, `reach` is about who can connect and what the
//! program prints. The store as clients meet it: `protocol` holds the rows of the fidelity plan that direct calls show
//! (Qiniu's own clients show the others in playwright/kodo.spec.ts), `objects` is about reading what was stored and about
//! restarts, `policies` about what a put policy asks for beside the upload, `hostile` about clients that mean no good, `faults` about the knobs of tests.

#![allow(clippy::unwrap_used, reason = "in helpers too, a panic is how a test fails")]

mod faults;
mod hostile;
mod objects;
mod policies;
mod protocol;
mod reach;
mod site;
mod store;
mod support;
