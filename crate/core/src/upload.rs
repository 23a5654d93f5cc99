//! Uploading to Qiniu Kodo: which request goes where, when, and what its answer means.
//!
//! An island: it knows no MP4, no browser and no file, only ranges of bytes whose sums it is told. [`Uploader`] is the
//! machine; a driver (the upload worker) carries its requests, reads and notes. It never keeps a token beyond the requests
//! that need it, and shows it nowhere. Runs in the upload worker; the sums ([`digest`]) and spellings ([`wire`]) also serve
//! the embedded store.

mod backoff;
mod codes;
pub mod digest;
mod error;
mod flow;
mod hosts;
mod json;
mod ledger;
mod live;
mod meter;
mod options;
mod pack;
pub mod policy;
mod progress;
mod request;
mod text;
mod uploader;
pub mod wire;

pub use digest::{BLOCK, Digests, PieceHasher, Qetag, QetagHasher, SideHasher};
pub use error::{Problem, UploadError};
pub use hosts::{HostRecord, Region};
pub use ledger::{Identity, Ledger, LedgerBlock, LedgerPart, Resumable};
pub use live::{LiveOutput, LivePlan};
pub use options::{Api, Now, Options, Source, SourceRange};
pub use progress::{Attempt, Done, Event, Progress, State, Warning};
pub use request::{
    Body, Broken, Form, Link, Method, Output, PieceId, Read, ReadFailure, Reply, Request, RequestId, Secret, Stat,
};
pub use uploader::{FORM, Uploader};
