//! What an upload is told at its start, and what time it is.

use super::hosts::HostRecord;
use super::ledger::Ledger;

/// The two clocks of a call, both in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Never goes back; from any origin. Every wait is counted on it, and [`super::Uploader::poll_timeout`] speaks of it.
    pub clock: u64,
    /// Since 1970 as the device believes; only compared with what servers date.
    pub unix: u64,
}

/// A stretch of bytes of one of the driver's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceRange {
    /// Which file; 0 where there is but one. The driver numbers the files of a growing source.
    pub source: u32,
    /// Its first byte.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
}

/// What is to be uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, or anything else whose length is known and whose bytes stay.
    Whole {
        /// In bytes.
        size: u64,
        /// With the size and the time below, what a ledger is told apart by before any byte is read. For films of our own:
        /// anything that names them.
        name: String,
        /// Milliseconds since 1970, 0 where unknown.
        last_modified: u64,
    },
    /// A recording that goes on: parts come through [`super::Uploader::handle_part`], in any order and again, until
    /// [`super::Uploader::handle_finish`]. Always v2.
    Growing {
        /// Names the recording, so that a ledger finds it again.
        name: String,
    },
}

/// Which of Kodo's interfaces is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Api {
    /// The form up to 4 MiB, v2 above.
    #[default]
    Auto,
    /// One `multipart/form-data` request; the server refuses more than about 1 GB.
    Form,
    /// Blocks of 4 MiB: `mkblk`, `bput`, `mkfile`.
    V1,
    /// Multipart.
    V2,
}

/// Everything an [`super::Uploader`] is told at its start. Times in milliseconds.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is uploaded.
    pub source: Source,
    /// The object's key. `None`: the server names it (by the policy's `saveKey`, else by its hash); an empty text is a key.
    pub key: Option<String>,
    /// The original name, for `fname`.
    pub file_name: Option<String>,
    /// The object's type.
    pub mime_type: Option<String>,
    /// Custom variables, each named `x:...`.
    pub vars: Vec<(String, String)>,
    /// Metadata, each named `x-qn-meta-...`; the prefix is put before a name that lacks it.
    pub metadata: Vec<(String, String)>,
    /// Upload hosts in order of preference, with or without `http://` or `https://` (which is meant where neither stands).
    /// Empty: asked of [`Self::discovery`].
    pub endpoints: Vec<String>,
    /// Base address of the region query; empty: Qiniu's.
    pub discovery: String,
    /// What was learnt of this bucket's hosts before ([`super::Output::Remember`]).
    pub hosts: Option<HostRecord>,
    /// Which interface.
    pub api: Api,
    /// Bytes in a v2 part, 1 MiB to 1 GiB; doubled until 10 000 parts hold the file. `None`: 4 MiB, where the hash is plain.
    pub part_size: Option<u64>,
    /// Bytes in a v1 chunk, at most 4 MiB. `None`: a block is one chunk.
    pub chunk_size: Option<u64>,
    /// The most requests with media at a time, 1 to 32. `None`: 6, or 8 where [`Self::is_quick`].
    pub concurrency: Option<u32>,
    /// The line is believed to carry the largest form within a few seconds. Then as many parts as may be are sent from the
    /// start, and of a form nobody hears how much was sent before it is answered ([`super::Form::is_quiet`]).
    pub is_quick: bool,
    /// What an earlier run left of this upload; ignored (and the server told to drop it) where it is another's.
    pub ledger: Option<Ledger>,
    /// Whether the driver can answer [`super::Output::Stat`].
    pub can_stat: bool,
    /// How long without any answer, while the device believes to be online, until the upload fails with `upload_network`; or,
    /// where no usable token is left and none comes, with `upload_token`. `None`: 10 minutes.
    pub patience: Option<u64>,
    /// A request that moves no byte for so long is cut and tried again. `None`: 20 s.
    pub stall: Option<u64>,
    /// Any number, another for each run: how waits are spread.
    pub entropy: u64,
}

impl Options {
    /// Of this source, everything else as it comes.
    pub fn new(source: Source) -> Options {
        Options {
            source,
            key: None,
            file_name: None,
            mime_type: None,
            vars: Vec::new(),
            metadata: Vec::new(),
            endpoints: Vec::new(),
            discovery: String::new(),
            hosts: None,
            api: Api::Auto,
            part_size: None,
            chunk_size: None,
            concurrency: None,
            is_quick: false,
            ledger: None,
            can_stat: false,
            patience: None,
            stall: None,
            entropy: 1,
        }
    }
}
