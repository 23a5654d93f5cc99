//! What a user is told: state, progress that never goes back, warnings, the end.

use super::error::UploadError;

/// Where an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It asks for a token, or where to send.
    Queued,
    /// It reads the source: to know it again, or to prove that what an earlier run sent is still the same.
    Hashing,
    /// Bytes are under way.
    Sending,
    /// The line is gone; it goes on by itself.
    Offline,
    /// By the user.
    Paused,
    /// All bytes are there; the object is being made.
    Finishing,
    /// The object is there and its hash is right.
    Done,
    /// It is over.
    Failed,
}

impl State {
    /// As the page's interface names it.
    pub fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Hashing => "hashing",
            State::Sending => "sending",
            State::Offline => "offline",
            State::Paused => "paused",
            State::Finishing => "finishing",
            State::Done => "done",
            State::Failed => "failed",
        }
    }
}

/// How far it is. `done` and, but for a growing source whose bytes were deleted, `total` never go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// Bytes confirmed by the server and bytes handed to the line.
    pub done: u64,
    /// Of these, confirmed and noted in the ledger.
    pub confirmed: u64,
    /// Bytes in all; of a growing source, those announced so far.
    pub total: u64,
    /// Bytes a second, smoothed; 0 before the first are known and while nothing moves.
    pub rate: u64,
    /// Milliseconds left at that rate.
    pub eta: Option<u64>,
    /// Attempts that failed and were made again.
    pub retries: u32,
}

/// What the user may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// New figures, a new state, or both.
    Progress(Progress),
    /// An attempt failed; for a log.
    Attempt(Attempt),
    /// Something is not as it should be, but the upload goes on.
    Warning(Warning),
    /// The last event of a good upload.
    Done(Done),
    /// The last event of any other.
    Failed(UploadError),
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was asked: `discover`, `initiate`, `part`, `block`, `list`, `complete`, `form`, `abort`.
    pub what: &'static str,
    /// Scheme, host and port.
    pub host: String,
    /// The status; 0 for none.
    pub status: u16,
    /// What the server said of it, at most 200 letters, without secrets.
    pub detail: String,
    /// The server's `X-Reqid`.
    pub request_id: Option<String>,
    /// Milliseconds until the next one; `None` where none is made.
    pub wait: Option<u64>,
}

/// Something is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The ledger could not be stored: after a reload this upload begins anew.
    NotStored,
    /// The object's hash over parts (0x9e) is not what its published rule gives; each part's own sums were right.
    HashOfParts {
        /// By our own sums.
        ours: String,
        /// As the server says.
        theirs: String,
    },
    /// The answer has no hash, for the policy's `returnBody` or callback left it out; each part's own sums were right.
    NoHash,
    /// The ledger of an earlier run was of something else; the upload began anew.
    LedgerDropped(&'static str),
}

/// A stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its key; `None` where the answer does not say (a `returnBody` without it).
    pub key: Option<String>,
    /// Its hash: the server's, or ours where the answer has none.
    pub hash: String,
    /// The server's answer as it came, JSON; empty where it was lost and the object was found otherwise.
    pub body: String,
    /// The server's `X-Reqid`.
    pub request_id: Option<String>,
    /// Bytes that an earlier run had sent.
    pub resumed_bytes: u64,
}
