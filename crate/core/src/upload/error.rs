//! How an upload fails: one kind for each thing that somebody can do about it, after the table of Kodo's codes.

use std::fmt;

use crate::error::{Failure, Retry};

/// Why an upload failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// An option is outside its range.
    Argument,
    /// Given up by the user.
    Aborted,
    /// No server answered (status 0) for as long as patience lasts.
    Network,
    /// 400: the request is malformed; or the region is wrong and no other is known.
    Rejected,
    /// 401, also with a fresh token; or the token cannot be read, or is another bucket's; or none comes and none is left.
    Token,
    /// 403: key, type or size are not what the policy allows.
    Forbidden,
    /// 404, 405: no such address or method there.
    Address,
    /// 406, or sums that differ: bytes were changed on the way, thrice; or the stored object is not ours.
    Corrupt,
    /// 413: larger than the policy allows.
    TooLarge,
    /// 419: the account is frozen.
    Account,
    /// 429, 500, 502, 503, 504, 573, 599 ...: the service failed at each of many attempts.
    Busy,
    /// 501, 509: the service does not do it, or a quota is used up.
    Limit,
    /// 579: the object is stored, but the user's server could not be told. Never sent again.
    Callback,
    /// 608, or the source was changed while it was read.
    Changed,
    /// 612, 701: what was sent is gone from the server, twice.
    Expired,
    /// 614: another object has this key.
    Exists,
    /// 630, 631, 640: no such bucket.
    Bucket,
    /// An answer that is none: not JSON, or without what it must have.
    Answer,
    /// Any other code.
    Refused,
    /// The last answer was lost, and nobody can tell whether the object was made; making it anew might make a second one.
    /// The server has nothing left to go on with: the ledger is forgotten.
    Unconfirmed,
    /// The source cannot be read now; the ledger is kept.
    Source,
}

impl Problem {
    /// Stable, listed in README.md.
    pub fn code(self) -> &'static str {
        match self {
            Problem::Argument => "bad_argument",
            Problem::Aborted => "aborted",
            Problem::Network => "upload_network",
            Problem::Rejected => "upload_rejected",
            Problem::Token => "upload_token",
            Problem::Forbidden => "upload_forbidden",
            Problem::Address => "upload_address",
            Problem::Corrupt => "upload_corrupt",
            Problem::TooLarge => "upload_too_large",
            Problem::Account => "upload_account",
            Problem::Busy => "upload_busy",
            Problem::Limit => "upload_limit",
            Problem::Callback => "upload_callback",
            Problem::Changed => "upload_changed",
            Problem::Expired => "upload_expired",
            Problem::Exists => "upload_exists",
            Problem::Bucket => "upload_bucket",
            Problem::Answer => "upload_answer",
            Problem::Refused => "upload_refused",
            Problem::Unconfirmed => "upload_unconfirmed",
            Problem::Source => "upload_source",
        }
    }

    /// Whether trying again can help.
    pub fn retry(self) -> Retry {
        match self {
            Problem::Network | Problem::Busy | Problem::Answer | Problem::Expired | Problem::Corrupt => Retry::Later,
            Problem::Aborted => Retry::Later,
            Problem::Token | Problem::Account | Problem::Limit | Problem::Changed => Retry::AfterAction,
            Problem::Exists | Problem::Bucket | Problem::Unconfirmed | Problem::Source => Retry::AfterAction,
            Problem::Argument | Problem::Rejected | Problem::Forbidden | Problem::Address => Retry::Never,
            Problem::TooLarge | Problem::Callback | Problem::Refused => Retry::Never,
        }
    }
}

/// A failed upload, with what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadError {
    /// Its kind.
    pub problem: Problem,
    /// The status that said so; 0 for none.
    pub status: u16,
    /// The value seen and the value wanted, or the server's own words (at most 200 letters); without secrets.
    pub detail: String,
    /// The server's `X-Reqid`: what its support asks for.
    pub request_id: Option<String>,
}

impl UploadError {
    /// Without a status.
    pub fn new(problem: Problem, detail: impl Into<String>) -> UploadError {
        UploadError { problem, status: 0, detail: detail.into(), request_id: None }
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        if self.status != 0 {
            write!(f, " (status {})", self.status)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " [reqid {id}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UploadError {}

impl From<&UploadError> for Failure {
    fn from(error: &UploadError) -> Failure {
        Failure::new(error.problem.code(), error.problem.retry(), error.to_string())
    }
}
