//! The only words between the page and the upload worker. `www/onetake/src/upload-protocol.ts` is generated from this file
//! (`cargo xtask generate`). One worker serves all uploads of a page; each is a job with a number of the page's choice.
//!
//! Handles travel beside a message as documented at [`UploadCommand`]. Bytes and their counts are doubles: JavaScript has
//! nothing else. A token stands in [`UploadCommand::Token`] and [`UploadCommand::Discard`] alone, and in no event.

use serde::{Deserialize, Serialize};

use crate::error::Failure;

/// What the page says to the upload worker. It has no `Debug`, for it may hold a token.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct UploadRequest {
    /// Which upload is meant; chosen by the page, never reused. 0 means all of them.
    pub job: u32,
    /// What to do.
    pub command: UploadCommand,
}

/// The commands of the upload worker, in the form that [`super::Command`] has.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum UploadCommand {
    /// Begins an upload, or goes on with one. `file`: the Blob; `source`: how a later page finds it again, a plain object
    /// that is kept as it is. Ends with [`UploadEvent::Done`], [`UploadEvent::Failed`] or [`UploadEvent::Stopped`].
    Begin {
        /// What the application asked for.
        settings: UploadSettings,
    },
    /// All media of a growing source by now, in the order of the film (settings that say `growing`). `files`: paths by the
    /// numbers that spans name; `port`: where the store lets them be read, with the first and after each change of store;
    /// `file`: with the last, the film.
    Media {
        /// Stretches of files.
        spans: Vec<MediaSpan>,
        /// Whether this is the whole film: nothing comes after it.
        last: bool,
    },
    /// The token that [`UploadEvent::Token`] asked for.
    Token {
        /// It.
        token: String,
    },
    /// There is none: the upload fails.
    NoToken {
        /// Why; English, no secrets.
        detail: String,
    },
    /// Lets requests go and makes no new ones.
    Pause {},
    /// Goes on.
    Resume {},
    /// Gives up: nothing is sent after this. What was sent stays recorded.
    Stop {},
    /// Forgets a recorded upload, here and, with a token, on the server. Ends as an upload that is stopped.
    Discard {
        /// As it was begun with.
        settings: UploadSettings,
        /// Without one the server forgets it by itself, after a week.
        token: Option<String>,
    },
    /// How the page and its line are.
    Link {
        /// Whether there is a line at all.
        online: bool,
        /// Whether the page is seen.
        visible: bool,
    },
}

/// A stretch of a growing source.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MediaSpan {
    /// Which file; absent: the film's own bytes.
    pub source: Option<u32>,
    /// Its first byte.
    pub start: f64,
    /// The byte after its last.
    pub end: f64,
}

/// What the application asked for; absent means the default of api.d.ts.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct UploadSettings {
    /// Under which this upload is recorded.
    pub record: String,
    /// Whether it is recorded already; another record is never taken then.
    pub known: bool,
    /// Whether a record of the same file for the same place is gone on with.
    pub resume: bool,
    /// The object's key; absent: the server names it.
    pub key: Option<String>,
    /// What the file is known by, with its size and its date.
    pub name: String,
    /// Name of the file, as the server is told it.
    pub file_name: Option<String>,
    /// Its type, if the server is to be told.
    pub mime_type: Option<String>,
    /// When the file was changed last, milliseconds since 1970; 0 where it has no such date.
    pub last_modified: f64,
    /// Names and values of `x:` variables.
    pub vars: Vec<(String, String)>,
    /// Names and values of metadata.
    pub metadata: Vec<(String, String)>,
    /// Upload hosts, with scheme; none: the region is asked for.
    pub endpoints: Vec<String>,
    /// Base address of the region query.
    pub discovery: Option<String>,
    /// By which calls.
    pub api: UploadApi,
    /// Bytes of a part.
    pub part_size: Option<f64>,
    /// Most parts at a time.
    pub concurrency: Option<u32>,
    /// Where the object can be read once it is there; asked for its hash where the last answer was lost.
    pub address: Option<String>,
    /// A recording that goes on: its bytes come by [`UploadCommand::Media`].
    pub growing: bool,
    /// Of one that goes on: its film will be padded, so that all parts but the last have 4 MiB.
    pub pad_head: bool,
}

/// The ways to upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum UploadApi {
    /// By size.
    Auto,
    /// One form.
    Form,
    /// Blocks and contexts.
    V1,
    /// Parts.
    V2,
}

/// What the upload worker says.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum UploadEvent {
    /// A token is wanted; answered by [`UploadCommand::Token`] or [`UploadCommand::NoToken`].
    Token {
        /// For which upload.
        job: u32,
    },
    /// The upload goes on under this record: its own, or an earlier one of the same file.
    Opened {
        /// Which upload.
        job: u32,
        /// The record.
        record: String,
    },
    /// The upload moved on, at most ten times a second.
    Progress {
        /// Which.
        job: u32,
        /// What it does.
        state: UploadPhase,
        /// Bytes that the server has confirmed, and those on their way as far as they were handed over. Never goes back.
        done: f64,
        /// Bytes in all.
        total: f64,
        /// Bytes a second, smoothed.
        rate: f64,
        /// Seconds to go; absent while nothing can be said.
        eta: Option<f64>,
        /// Requests that were made again.
        retries: u32,
    },
    /// A request was not answered as it should be; for a log.
    Attempt {
        /// Of which upload.
        job: u32,
        /// It.
        attempt: AttemptView,
    },
    /// Something is not as it should be, and the upload goes on.
    Warning {
        /// Which upload.
        job: u32,
        /// Stable, snake case.
        code: String,
        /// The values that it is about; English, no secrets, empty where the code says all.
        detail: String,
    },
    /// The object is there.
    Done {
        /// Which.
        job: u32,
        /// Its key; null where the server's answer does not tell it.
        key: Option<String>,
        /// Its hash, compared with the file's own.
        hash: String,
        /// What the server answered, JSON.
        body: String,
        /// Of the last answer, for support.
        request_id: Option<String>,
        /// Bytes that an earlier page had sent.
        resumed_bytes: f64,
    },
    /// The upload failed; what was sent stays recorded where going on later can help.
    Failed {
        /// Which.
        job: u32,
        /// Why.
        failure: Failure,
    },
    /// The upload was given up, and nothing of it runs.
    Stopped {
        /// Which.
        job: u32,
    },
    /// The worker cannot go on; the page starts another, which goes on with what is recorded.
    Crashed {
        /// Why.
        failure: Failure,
    },
}

/// A request that was not answered as it should be. Holds no secret.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AttemptView {
    /// What was asked: `discover`, `initiate`, `part`, `block`, `list`, `complete`, `form` or `abort`.
    pub what: String,
    /// Scheme, host and port.
    pub host: String,
    /// The status; 0 where there was no answer.
    pub status: u16,
    /// What the server said.
    pub detail: String,
    /// The server's `X-Reqid`, which its support asks for.
    pub request_id: Option<String>,
    /// Seconds until it is asked again; null: it is not.
    pub wait: Option<f64>,
}

/// What an upload does: `Upload.state` of the public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum UploadPhase {
    /// It has not begun.
    Queued,
    /// It reads the file.
    Hashing,
    /// It sends.
    Sending,
    /// It waits for a line.
    Offline,
    /// It was told to wait.
    Paused,
    /// All bytes are there; the server makes the object.
    Finishing,
}

/// The whole of `upload-protocol.ts`.
#[cfg(feature = "ts")]
pub fn typescript() -> String {
    use ts_rs::TS;
    let config = ts_rs::Config::default();
    let mut text = String::from(
        "// Generated from crate/core/src/protocol/upload.rs by `cargo xtask generate`. Do not edit.\n\n\
         import type { Failure } from './protocol.js';\n",
    );
    macro_rules! declare {
        ($($name:ty),* $(,)?) => { $( text.push_str("\nexport "); text.push_str(&<$name as TS>::decl(&config)); text.push('\n'); )* };
    }
    declare!(UploadRequest, UploadCommand, MediaSpan, UploadSettings, UploadApi, UploadEvent, AttemptView, UploadPhase);
    text
}
