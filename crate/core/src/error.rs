//! Stable error codes: what a failure is called at every edge, and whether trying again can help.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether the same call may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// It will fail the same way again.
    Never,
    /// It may pass by itself: a busy device, a lost connection.
    Later,
    /// Somebody must act first: grant a permission, free space.
    AfterAction,
}

/// A failure as it crosses a thread: a stable code, whether to retry, and what was seen and wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Failure {
    /// Stable, snake case, listed in README.md ("Errors"); programs branch on it.
    pub code: String,
    /// Whether trying again can help.
    pub retry: Retry,
    /// For a log or a "details" line: the value seen and the value wanted. English, no secrets.
    pub detail: String,
    /// Which clips cannot be joined by copying, and in what they differ; absent for any other code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub mismatch: Option<Mismatch>,
}

/// Why clips cannot be joined by copying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Mismatch {
    /// The clips that differ from the first, counted from 0, in film order.
    pub clips: Vec<u32>,
    /// What differs: `codec`, `size`, `orientation` ...
    pub fields: Vec<String>,
}

impl Failure {
    /// A failure of this code.
    pub fn new(code: &str, retry: Retry, detail: impl Into<String>) -> Failure {
        Failure { code: code.to_owned(), retry, detail: detail.into(), mismatch: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Failure {}

/// Words with commas between; `[T]::join` costs a kilobyte.
pub(crate) struct Commas<'a>(pub(crate) &'a [&'static str]);

impl fmt::Display for Commas<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(place, word)| {
            f.write_str(if place == 0 { "" } else { ", " })?;
            f.write_str(word)
        })
    }
}
