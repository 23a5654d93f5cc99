//! What the machine asks of its driver, and what it hears back.

use std::fmt;

use super::digest::{Qetag, SideHasher};
use super::hosts::HostRecord;
use super::ledger::Ledger;
use super::options::SourceRange;
use super::progress::Event;

/// Names one attempt at one request; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Names bytes of the source that were read; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PieceId(pub u64);

/// A text that must not be seen: `Debug` hides it, nothing stores it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The text, for the request it belongs to and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// What is to be done next.
#[derive(Clone, Debug)]
pub enum Output {
    /// Read these bytes once, in this order, through [`Read::hasher`], and answer
    /// [`super::Uploader::handle_read`].
    Read(Read),
    /// No request will need this piece's bytes any more.
    Release(PieceId),
    /// Send it and answer [`super::Uploader::handle_reply`] or [`super::Uploader::handle_failure`], and
    /// [`super::Uploader::handle_progress`] in between.
    Send(Request),
    /// Cut it off; whatever it still says is ignored.
    Cancel(RequestId),
    /// Store it (replacing what was stored), then answer [`super::Uploader::handle_persisted`] with the ticket. It holds
    /// no token.
    Persist {
        /// Counts up; an answer vouches for all tickets before it.
        ticket: u64,
        /// What is known of the upload.
        ledger: Box<Ledger>,
    },
    /// Remove what was stored by [`Self::Persist`].
    Forget,
    /// Keep it for the next upload to this bucket ([`super::Options::hosts`]).
    Remember(HostRecord),
    /// Ask the user's server for a fresh token and answer [`super::Uploader::handle_token`].
    NeedToken,
    /// Ask whoever may know for the hash of this object and answer [`super::Uploader::handle_stat`]. Only where
    /// [`super::Options::can_stat`] says so.
    Stat {
        /// The object's key; `None` where the server named it, by its template or otherwise.
        key: Option<String>,
        /// What its hash should be.
        hash: Qetag,
    },
    /// Tell the user.
    Event(Event),
}

/// Bytes of the source that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What the bytes are called from here on.
    pub piece: PieceId,
    /// Where they lie; a piece is all of them, one after another.
    pub ranges: Vec<SourceRange>,
    /// For [`SideHasher::new`].
    pub step: u64,
    /// Whether the piece's MD5 is wanted: of v2 parts.
    pub md5: bool,
    /// Whether its CRC-32 is wanted: of forms and v1 blocks.
    pub crc32: bool,
    /// Whether a request will carry them: hold them until [`Output::Release`]. Else only their sums are wanted.
    pub keep: bool,
}

impl Read {
    /// Makes the sums that are wanted beside the SHA-1 of blocks, which all want.
    pub fn hasher(&self) -> SideHasher {
        SideHasher::new(self.step, self.md5, self.crc32)
    }
}

/// How a read failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFailure {
    /// The file is no longer what it was: it has other bytes, or fewer. What was sent of it is of no use.
    Changed,
    /// It cannot be read now: a busy disk, or one that was unplugged. It is read again, and what was sent is kept.
    Busy,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `DELETE`.
    Delete,
}

impl Method {
    /// As HTTP writes it.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// One attempt at one request. No credentials (cookies) go with it, and redirects are failures.
#[derive(Clone, Debug)]
pub struct Request {
    /// What its answers are told by.
    pub id: RequestId,
    /// Its method.
    pub method: Method,
    /// The whole address. Never holds a token.
    pub url: String,
    /// The value of the header `Authorization`, if any.
    pub authorization: Option<Secret>,
    /// Other headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Body,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub enum Body {
    /// None at all.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// Bytes of a piece that was read.
    Piece {
        /// Which.
        piece: PieceId,
        /// First byte within it.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// `multipart/form-data`.
    Form(Form),
}

/// The fields of a form: the token goes first, then [`Self::fields`] in order, the file last, so that a server can refuse
/// before it has read the file.
#[derive(Clone, Debug)]
pub struct Form {
    /// Field `token`.
    pub token: Secret,
    /// Names and values.
    pub fields: Vec<(String, String)>,
    /// Field `file`: this whole piece.
    pub piece: PieceId,
    /// The file part's name; never empty.
    pub file_name: String,
    /// The file part's type.
    pub mime_type: Option<String>,
    /// Nobody has to hear how much of it was sent: a browser that is asked to tell asks the server for leave before it sends
    /// the form to another origin, a round trip that is otherwise saved.
    pub is_quiet: bool,
}

/// An answer with a status, whatever it is.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The status, 200 to 999.
    pub status: u16,
    /// The body, at most the first 1 MiB of it.
    pub body: &'a [u8],
    /// Header `X-Reqid`.
    pub request_id: Option<&'a str>,
    /// Header `Retry-After` in seconds.
    pub retry_after: Option<u32>,
}

/// How a request ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// No answer: no network, no such name, a blocker, no CORS headers: a browser does not tell which.
    Network,
    /// The driver could not carry the piece's bytes: it reads them again.
    Source,
}

/// What is known of an object that may have been stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    /// It is there, with this hash.
    Found(Qetag),
    /// It is not there.
    Missing,
    /// Nobody can tell.
    Unknown,
}

/// What the device says of its line and of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// `online`, or the network changed: waits end, and old connections must prove themselves soon.
    Online,
    /// `offline`: nothing new is sent, and failures cost nothing.
    Offline,
    /// The page is seen again: old connections must prove themselves soon.
    Visible,
    /// The page is hidden. Nothing changes, but later pauses in progress are the system's, not the line's.
    Hidden,
}
